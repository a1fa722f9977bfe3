// SPDX-License-Identifier: Apache-2.0
/* The network stack of forged machines of each generation, and of a triage
 * dump; what is expected is written down here. */
#include "kobj/ndis.h"
#include "kobj/netbios.h"
#include "kobj/netstack.h"
#include "triage/nettag.h"

#include "objects.h"

static const char *const gens[] = { "x86 nt3.51", "x86 nt4", "x86 2000",
				    "x86 2003", "x64 2003", "x64 7",
				    "x64 10" };
enum { W2K = 2, X64_7 = 5, NGENS = 7 };

struct opened {
	struct machine m;
	struct ntr_pool *p;
	struct ntr_net n;
};

static bool open_as(struct opened *x, unsigned gen, const char *container)
{
	struct ntr_err e = { "" };
	bool ok = machine_open_as(&x->m, "net-x64-7", gens[gen], container);

	CHECK(ok);
	if (!ok)
		return false;
	CHECK_EQ(ntr_pool_open(&x->p, x->m.t, &e), NTR_OK);
	return true;
}

static bool read_net(struct opened *x)
{
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_net_read(x->m.t, x->p, &x->n, &e);

	CHECK_STR(e.msg, "");
	CHECK_EQ(st, NTR_OK);
	return st == NTR_OK;
}

static bool open_net(struct opened *x, unsigned gen, const char *container)
{
	return open_as(x, gen, container) && read_net(x);
}

static void close_net(struct opened *x)
{
	ntr_net_fini(&x->n);
	ntr_pool_close(x->p);
	machine_close(&x->m);
}

static const struct ntr_net_driver *driver(const struct opened *x,
					   const char *name)
{
	static const struct ntr_net_driver none = { .part = NTR_NET_NPARTS };

	for (size_t i = 0; i < x->n.drivers.n; i++)
		if (!strcmp(x->n.drivers.v[i].name, name))
			return &x->n.drivers.v[i];
	CHECK_STR(name, "(a driver that was found)");
	return &none;
}

static const struct ntr_net_device *device(const struct opened *x,
					   const char *name)
{
	static const struct ntr_net_device none;

	for (size_t i = 0; i < x->n.devices.n; i++)
		if (!strcmp(x->n.devices.v[i].name, name))
			return &x->n.devices.v[i];
	CHECK_STR(name, "(a device that was found)");
	return &none;
}

static const struct ntr_net_file *file(const struct opened *x, uint64_t context,
				       const char *dev)
{
	static const struct ntr_net_file none;
	uint64_t va = device(x, dev)->va;

	for (size_t i = 0; i < x->n.files.n; i++)
		if (x->n.files.v[i].context == context &&
		    x->n.files.v[i].device == va)
			return &x->n.files.v[i];
	CHECK_STR(dev, "(a device with that file)");
	return &none;
}

static void check_drivers(const struct opened *x)
{
	CHECK_EQ(x->n.drivers.n, 5); /* the disk's is none of them */
	CHECK_EQ(x->n.devices.n, 7);
	CHECK_STR(x->n.drivers_why, "");
	CHECK_EQ(driver(x, "\\Driver\\Tcpip")->part, NTR_NET_TCPIP);
	CHECK_EQ(driver(x, "\\Driver\\Tcpip")->ndevices, 3);
	CHECK_EQ(driver(x, "\\Driver\\NetBT")->part, NTR_NET_NETBT);
	CHECK_EQ(driver(x, "\\Driver\\AFD")->part, NTR_NET_AFD);
	CHECK_EQ(driver(x, "\\Driver\\NDIS")->part, NTR_NET_NDIS);
	CHECK_EQ(driver(x, "\\Driver\\E100B")->part, NTR_NET_CARD);
	CHECK(!driver(x, "\\Driver\\E100B")->by_name);
	CHECK_STR(driver(x, "\\Driver\\E100B")->module ?
		  driver(x, "\\Driver\\E100B")->module->image : "none",
		  "e100b.sys");
	CHECK_EQ(device(x, "\\Device\\{A1}")->type, 0x17);
	CHECK(ntr_net_is_card(device(x, "\\Device\\{A1}")));
	CHECK(!ntr_net_is_card(device(x, "\\Device\\Tcp")));
	CHECK_EQ(device(x, "\\Device\\NetBT_Tcpip_{A1}")->type, 0x12);
	CHECK_EQ(device(x, "\\Device\\Afd")->driver,
		 driver(x, "\\Driver\\AFD")->va);
}

/* NT 3.51 and 4 have no debugger block, and here no symbols: drivers are those
 * that requests are with, and their devices. */
static void check_met(const struct opened *x)
{
	CHECK_HAS(x->n.drivers_why, "ObpRootDirectoryObject");
	CHECK_EQ(x->n.drivers.n, 3);
	CHECK_EQ(x->n.devices.n, 5);
	CHECK_EQ(driver(x, "\\Driver\\Tcpip")->part, NTR_NET_TCPIP);
	CHECK_EQ(driver(x, "\\Driver\\Tcpip")->ndevices, 3);
	CHECK_EQ(driver(x, "\\Driver\\NetBT")->from, NTR_NET_IRP);
	CHECK_EQ(device(x, "\\Device\\Ip")->from, NTR_NET_IRP);
}

static void check_irps(const struct opened *x)
{
	const struct ntr_net_irp *p = x->n.irps.v;

	CHECK_EQ(x->n.irps_seen, 5);
	CHECK_EQ(x->n.irps.n, 3); /* not the disk's, not the one with nobody */
	if (x->n.irps.n != 3)
		return;
	CHECK_STR(ntr_net_irp_name(&p[0]), "TDI_SEND");
	CHECK_EQ(p[0].device, device(x, "\\Device\\Tcp")->va);
	CHECK_EQ(p[0].file, file(x, 0x2222, "\\Device\\Tcp")->va);
	CHECK(p[0].pending && !p[0].cancelled && p[0].has_thread);
	CHECK_STR(p[0].process, "app.exe");
	CHECK(p[0].waits);
	CHECK_EQ((p[0].waited + 5000000) / 10000000, 30);
	CHECK_EQ(p[0].from, NTR_IRP_THREAD);
	CHECK_STR(ntr_net_irp_name(&p[1]), "TDI_RECEIVE");
	CHECK_EQ(p[1].part, NTR_NET_NETBT);
	CHECK(p[1].cancelled && !p[1].pending);
	CHECK_STR(ntr_net_irp_name(&p[2]), "IRP_MJ_DEVICE_CONTROL");
	CHECK_EQ(p[2].part, NTR_NET_AFD);
}

static void check_files(const struct opened *x)
{
	CHECK_EQ(x->n.files.n, 5); /* the volume's is none */
	CHECK_STR(x->n.files_why, "");
	CHECK_EQ(file(x, 0x1111, "\\Device\\Tcp")->kind, NTR_NF_ADDRESS);
	CHECK_EQ(file(x, 0x2222, "\\Device\\Tcp")->kind, NTR_NF_CONNECTION);
	CHECK_EQ(file(x, 0, "\\Device\\Tcp")->kind, NTR_NF_CONTROL);
	CHECK_EQ(file(x, 0x3333, "\\Device\\Afd")->kind, NTR_NF_ENDPOINT);
	CHECK_STR(file(x, 0x3333, "\\Device\\Afd")->name, "\\Endpoint");
	CHECK_EQ(file(x, 0x3333, "\\Device\\Afd")->from, NTR_NET_IRP);
	CHECK_EQ(file(x, 0, "\\Device\\Udp")->from, NTR_NET_POOL);
	CHECK_EQ(file(x, 0, "\\Device\\Udp")->kind, NTR_NF_ADDRESS);
}

static void check_runs(struct opened *x)
{
	unsigned work = 0, dpcs = 0, threads = 0;
	char name[64];

	CHECK_EQ(x->n.runs.n, 4);
	CHECK_STR(x->n.dpcs_why, "");
	for (size_t i = 0; i < x->n.runs.n; i++) {
		const struct ntr_net_run *r = &x->n.runs.v[i];

		if (r->kind == NTR_NR_WORK) {
			work++;
			CHECK_STR(name_of(&x->m, r->at, name),
				  "ndis!ndisDoRequest");
			CHECK_EQ(r->parameter, 0x77);
			CHECK_EQ(r->part, NTR_NET_NDIS);
		} else if (r->kind == NTR_NR_DPC) {
			dpcs++;
			CHECK_STR(name_of(&x->m, r->at, name),
				  "ndis!ndisMDpc");
			CHECK_EQ(r->cpu, 1);
			CHECK_EQ(r->parameter, 0x5a);
		} else {
			threads++;
			CHECK_STR(name_of(&x->m, r->at, name), "afd!AfdSend");
			CHECK_STR(r->process, "app.exe");
			CHECK(r->blocked && r->has_waited);
			CHECK_EQ(r->part, NTR_NET_AFD);
			CHECK_EQ(r->frame, 2);
			CHECK_EQ(r->trust == NTR_TRUST_SCAN, false);
		}
	}
	CHECK_EQ(work, 1);
	CHECK_EQ(dpcs, 2);
	CHECK_EQ(threads, 1);
}

static uint64_t tag_blocks(const struct ntr_net_tags *t, const char *tag,
			   enum ntr_net_part part)
{
	char text[5];

	for (size_t i = 0; i < t->t.n; i++) {
		ntr_pool_tag_text(t->t.v[i].row->tag, text);
		if (strcmp(text, tag))
			continue;
		CHECK_EQ(t->t.v[i].part, part);
		return (uint64_t)ntr_pool_live(t->t.v[i].row, NTR_NONPAGED);
	}
	return 0;
}

static void check_tags(const struct opened *x)
{
	struct ntr_net_tags t;
	struct ntr_err e = { "" };

	CHECK_EQ(ntr_net_tags(x->p, &t, &e), NTR_OK);
	CHECK_EQ(tag_blocks(&t, "AfdB", NTR_NET_AFD), 3);
	CHECK_EQ(tag_blocks(&t, "NDPt", NTR_NET_NDIS), 1);
	CHECK_EQ(tag_blocks(&t, "NbtD", NTR_NET_NETBT), 4);
	CHECK_EQ(tag_blocks(&t, "File", NTR_NET_NPARTS), 0);
	for (size_t i = 1; i < t.t.n; i++)
		CHECK(ntr_net_tag_bytes(&t.t.v[i - 1]) >=
		      ntr_net_tag_bytes(&t.t.v[i]));
	ntr_net_tags_fini(&t);
}

static void generations(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct opened x;

		if (!open_net(&x, g, "full"))
			return;
		if (g >= W2K)
			check_drivers(&x);
		else
			check_met(&x);
		check_irps(&x);
		check_files(&x);
		check_runs(&x);
		check_tags(&x);
		close_net(&x);
	}
}

/* --- NetBIOS headers in pool ----------------------------------------------------- */

static void check_headers(const struct ntr_nbt_scan *s)
{
	static const struct {
		const char *tag;
		unsigned type, flags, length, sign;
		const char *fault;
	} want[7] = {
		{ "NbtD", 0, 0, 35, NTR_NBT_SMB1, "" },
		{ "NbtC", 0x81, 0, 68, NTR_NBT_NAMES, "" },
		{ "Nbt4", 0x85, 0, 16, NTR_NBT_ALONE,
		  "length 16, a session keep alive has 0" },
		{ "NbtD", 0, 0xfe, 16, NTR_NBT_SMB1,
		  "reserved flag bits 0xfe (over port 445 they are of the "
		  "length); length 16, the SMB header alone has 32" },
		{ "NbtD", 0, 0, 0x1ffff, NTR_NBT_SMB2, "" },
		{ "NbL0", 0x84, 0, 6, NTR_NBT_ALONE, "" },
		{ "Nb06", 0x7f, 0, 48, NTR_NBT_SMB1, "type 0x7f is none" },
	};
	char tag[5];

	CHECK_EQ(s->h.n, 7);
	CHECK_EQ(s->blocks, 8);
	CHECK_EQ(s->found, 7);
	CHECK_EQ(s->faults, 3);
	CHECK_STR(s->why, "");
	for (size_t i = 0; i < s->h.n && i < 7; i++) {
		const struct ntr_nbt_header *h = &s->h.v[i];

		ntr_pool_tag_text(h->tag, tag);
		CHECK_STR(tag, want[i].tag);
		CHECK_EQ(h->type, want[i].type);
		CHECK_EQ(h->flags, want[i].flags);
		CHECK_EQ(h->length, want[i].length);
		CHECK_EQ(h->sign, want[i].sign);
		CHECK_STR(h->fault, want[i].fault);
		CHECK_EQ(h->beyond, i == 4); /* nothing else is so long */
	}
}

static void put_address(struct machine *m, u64 at, u32 ip)
{
	machine_patch(m, at, 0x0002000e00000001, 8);
	machine_patch(m, at + 8, 0xb80b | (u64)ip << 16, 8);
	machine_patch(m, at + 16, 0, 6);
}

/* 192.168.1.77 in TDI's form; one that is cut short, one of no host, one that is
 * not on a multiple of four. */
static void addresses(void)
{
	struct ntr_tdi_addresses a = { 0 };
	struct ntr_nbt_scan s;
	struct opened x;
	u64 at;

	if (!open_as(&x, 0, "full"))
		return;
	CHECK_EQ(ntr_nbt_scan(x.p, &s, NULL), NTR_OK);
	CHECK_EQ(s.addresses.n, 0);
	at = (s.h.v[0].data & ~UINT64_C(0xfff)) + 0x400; /* any page will do */
	ntr_nbt_scan_fini(&s);
	put_address(&x.m, at, 0x4d01a8c0);
	put_address(&x.m, at + 0x40, 0x4d01a8ff);
	put_address(&x.m, at + 0x82, 0x4d01a8c0);
	put_address(&x.m, at + 0x1f8, 0x4d01a8c0);
	CHECK(ntr_tdi_addresses_add(&a, x.m.t, at, 0x1f8 + 22,
				    0x4474624e));
	CHECK_EQ(a.n, 2);
	CHECK_EQ(a.v[0].va, at);
	CHECK_EQ(a.v[0].ip, 0xc0a8014d);
	CHECK_EQ(a.v[0].port, 3000);
	CHECK_EQ(a.v[0].tag, 0x4474624e);
	CHECK_EQ(a.v[1].va, at + 0x1f8); /* over two pieces */
	CHECK(ntr_tdi_addresses_add(&a, x.m.t, at, 21, 0));
	CHECK(ntr_tdi_addresses_add(&a, x.m.t, 0x10, 0x1000, 0));
	CHECK_EQ(a.n, 2);
	ntr_vec_fini(&a);
	ntr_pool_close(x.p);
	machine_close(&x.m);
}

static void headers(void)
{
	for (unsigned g = 0; g < NGENS; g++) {
		struct ntr_nbt_scan s;
		struct ntr_err e = { "" };
		struct opened x;

		if (!open_as(&x, g, "full"))
			return;
		CHECK_EQ(ntr_nbt_scan(x.p, &s, &e), NTR_OK);
		check_headers(&s);
		/* The first block's header: its SMB, then all of it. */
		machine_patch(&x.m, s.h.v[0].data + 5, 'X', 1);
		machine_patch(&x.m, s.h.v[1].data, 0x85, 1);
		ntr_nbt_scan_fini(&s);
		CHECK_EQ(ntr_nbt_scan(x.p, &s, &e), NTR_OK);
		CHECK_EQ(s.found, 6);
		CHECK_EQ(s.h.v[0].type, 0x85);
		CHECK_STR(s.h.v[0].fault, "length 68, a session keep alive has "
			  "0; names follow, which only a session request has");
		ntr_nbt_scan_fini(&s);
		ntr_pool_close(x.p);
		machine_close(&x.m);
	}
}

/* --- one header -------------------------------------------------------------------- */

#define NAME "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B(text) text, sizeof(text) - 1

static void one_header(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		uint64_t size;   /* of the block */
		const char *fault; /* NULL: no header */
	} cases[] = {
		{ B("\0\0\0\x23\xffSMB"), 39, "" },
		{ B("\0\0\0\x20\xffSMB"), 36, "" },
		{ B("\0\0\0\x1f\xffSMB"), 36,
		  "length 31, the SMB header alone has 32" },
		{ B("\0\0\0\x3f\xfeSMB"), 80,
		  "length 63, the SMB header alone has 64" },
		{ B("\0\1\xff\xff\xffSMB"), 64, "" },
		{ B("\0\2\0\x23\xffSMB"), 64,
		  "reserved flag bits 0x02 (over port 445 they are of the "
		  "length)" },
		{ B("\x81\0\0\x44\x20" NAME), 72, "" },
		{ B("\x81\0\0\x43\x20" NAME), 72,
		  "length 67, a session request has 68 to 512" },
		{ B("\x81\x80\0\x44\x20" NAME), 72, "reserved flag bits 0x80" },
		{ B("\x81\0\0\x44\0\0\0\0"), 72, "" },
		{ B("\x81\0\0\x45\0\0\0\0"), 72, NULL },
		{ B("\x82\0\0\0"), 4, "" },
		{ B("\x82\0\0\1"), 8,
		  "length 1, a positive session response has 0" },
		{ B("\x83\0\0\1\x82"), 8, "" },
		{ B("\x83\0\0\0\x82"), 8,
		  "length 0, a negative session response has 1" },
		{ B("\x84\0\0\6"), 16, "" },
		{ B("\x84\0\0\7"), 16, NULL },
		{ B("\x84\0\0\7\xffSMB"), 16,
		  "length 7, a retarget session response has 6; an SMB follows, "
		  "which only a session message has" },
		{ B("\x85\0\0\0"), 4, "" },
		{ B("\x85\1\0\0"), 4, NULL },
		{ B("\x85\2\0\0"), 4, NULL },
		{ B("\0\0\0\0"), 64, NULL },
		{ B("\0\0\0\x23\xffSMC"), 64, NULL },
		{ B("\0\0\0\x23\xffSM"), 64, NULL },
		{ B("\x99\0\0\x23 not"), 64, NULL },
		{ B("\x82\0\0"), 64, NULL },
		{ B(""), 0, NULL },
	};

	for (size_t i = 0; i < NTR_COUNT(cases); i++) {
		struct ntr_nbt_header h;
		bool is = ntr_nbt_header_check((const u8 *)cases[i].bytes,
					       cases[i].n, cases[i].size, &h);

		CHECK_EQ(is, cases[i].fault != NULL);
		if (is && cases[i].fault)
			CHECK_STR(h.fault, cases[i].fault);
	}
	CHECK_STR(ntr_nbt_type_name(0x84), "retarget session response");
	CHECK(ntr_nbt_type_name(0x80) == NULL);
}

/* --- damage: x64 7 ------------------------------------------------------------------- */

static void damaged(void)
{
	struct opened x;
	uint64_t tcp, tcpip, conn, irp;

	if (!open_net(&x, X64_7, "full"))
		return;
	tcp = device(&x, "\\Device\\Tcp")->va;
	tcpip = driver(&x, "\\Driver\\Tcpip")->va;
	conn = file(&x, 0x2222, "\\Device\\Tcp")->va;
	irp = x.n.irps.v[0].va;
	ntr_net_fini(&x.n);

	machine_patch(&x.m, tcp + 0x10, tcp, 8);   /* NextDevice: itself */
	machine_patch(&x.m, conn + 0x20, 0x44, 8); /* FsContext2 */
	machine_patch(&x.m, irp + 0xd1, 0x0f, 1);  /* minor: none of TDI's */
	if (!read_net(&x))
		return;
	CHECK_HAS(driver(&x, "\\Driver\\Tcpip")->why, "leads back");
	CHECK_EQ(file(&x, 0x2222, "\\Device\\Tcp")->kind, NTR_NF_UNKNOWN);
	CHECK_STR(ntr_net_irp_name(&x.n.irps.v[0]),
		  "IRP_MJ_INTERNAL_DEVICE_CONTROL");
	ntr_net_fini(&x.n);

	machine_patch(&x.m, tcpip + 0x18, 0, 8); /* DriverStart: by its name */
	machine_patch(&x.m, conn, 6, 2);         /* no file object any more */
	if (!read_net(&x))
		return;
	CHECK(driver(&x, "\\Driver\\Tcpip")->by_name);
	CHECK(driver(&x, "\\Driver\\Tcpip")->module == NULL);
	CHECK_EQ(x.n.files.n, 4);
	ntr_net_fini(&x.n);

	machine_patch(&x.m, tcp, 7, 1); /* no device any more */
	if (!read_net(&x))
		return;
	CHECK_EQ(x.n.irps.n, 2);
	CHECK_HAS(driver(&x, "\\Driver\\Tcpip")->why, "type 7");
	close_net(&x);
}

/* A small dump has no lists: nothing is made up. */
static void triage(void)
{
	struct ntr_nbt_scan s;
	struct ntr_err e = { "" };
	struct opened x;

	if (!open_net(&x, X64_7, "triage"))
		return;
	CHECK_EQ(x.n.drivers.n + x.n.devices.n + x.n.irps.n + x.n.files.n, 0);
	CHECK(*x.n.drivers_why && *x.n.irps_why && *x.n.files_why);
	CHECK_EQ(ntr_nbt_scan(x.p, &s, &e), NTR_OK);
	CHECK_EQ(s.found + s.blocks, 0);
	CHECK(*s.why);
	ntr_nbt_scan_fini(&s);
	close_net(&x);
}

/* --- NDIS's lists: types as a symbol file would have them ------------------------------ */

static bool made_types(void *ctx, const char *name, struct ntr_type_hit *hit)
{
	static const struct {
		const char *name;
		u32 off;
		enum ntr_type_kind kind;
	} rows[] = {
		{ "_NDIS_MINIPORT_BLOCK.NextGlobalMiniport", 0x08,
		  NTR_TK_POINTER },
		{ "_NDIS_MINIPORT_BLOCK.OpenQueue", 0x10, NTR_TK_POINTER },
		{ "_NDIS_MINIPORT_BLOCK.MiniportName", 0x18, NTR_TK_STRUCT },
		{ "_NDIS_OPEN_BLOCK.NdisCommonOpenBlock", 0x00, NTR_TK_STRUCT },
		{ "_NDIS_OPEN_BLOCK.NdisCommonOpenBlock.ProtocolHandle", 0x00,
		  NTR_TK_POINTER },
		{ "_NDIS_OPEN_BLOCK.NdisCommonOpenBlock.MiniportNextOpen", 0x08,
		  NTR_TK_POINTER },
		{ "_NDIS_PROTOCOL_BLOCK.NextProtocol", 0x00, NTR_TK_POINTER },
		{ "_NDIS_PROTOCOL_BLOCK.Name", 0x08, NTR_TK_STRUCT },
	};

	(void)ctx;
	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		if (!strcmp(rows[i].name, name)) {
			*hit = (struct ntr_type_hit){
				.off = rows[i].off, .kind = rows[i].kind,
				.width = 8, .source = NTR_SRC_EXACT };
			return true;
		}
	return false;
}

/* In the 64 KiB of pages at BASE: heads 0 and 8, two adapters, two openings of
 * the first, one protocol. */
#define BASE UINT64_C(0xfffff88009000000)
static const char ndis_text[] =
	"machine x64 7\nmodule \"ndis.sys\"\n"
	"page 0xfffff88009000000 valid\n"
	"poke 0xfffff88009000000 00010009 80f8ffff 00030009 80f8ffff\n"
	/* adapters: next, openings, name */
	"poke 0xfffff88009000108 80010009 80f8ffff 00020009 80f8ffff\n"
	"poke 0xfffff88009000118 04000400 00000000 00040009 80f8ffff\n"
	"poke 0xfffff88009000188 00000000 00000000 00000000 00000000\n"
	"poke 0xfffff88009000198 02000200 00000000 00040009 80f8ffff\n"
	/* openings: protocol, next */
	"poke 0xfffff88009000200 00030009 80f8ffff 40020009 80f8ffff\n"
	"poke 0xfffff88009000240 08030009 80f8ffff 00000000 00000000\n"
	/* protocol: next, name */
	"poke 0xfffff88009000300 00000000 00000000\n"
	"poke 0xfffff88009000308 06000600 00000000 04040009 80f8ffff\n"
	"poke 0xfffff88009000400 41003100 54004300 5000\n";

static bool read_ndis(struct machine *m, struct ntr_ndis *n)
{
	struct ntr_types y = { .machine = m->t->machine, .ptr_size = 8,
			       .better = made_types };
	struct ntr_err e = { "" };

	CHECK_EQ(ntr_ndis_read_with(m->t, &y, BASE, BASE + 8, n, &e), NTR_OK);
	CHECK_STR(e.msg, "");
	return !*e.msg;
}

static void ndis_lists(void)
{
	struct ntr_ndis n;
	struct machine m;

	CHECK(machine_open(&m, ndis_text, "full"));
	if (!read_ndis(&m, &n))
		return;
	CHECK_EQ(n.adapters.n, 2);
	CHECK_STR(n.adapters.v[0].name, "A1");
	CHECK_STR(n.adapters.v[1].name, "A");
	CHECK(n.adapters.v[0].has_bindings);
	CHECK_EQ(n.protocols.n, 1);
	CHECK_STR(n.protocols.v[0].name, "TCP");
	CHECK_EQ(n.bindings.n, 2);
	CHECK_EQ(n.bindings.v[0].adapter, BASE + 0x100);
	CHECK_EQ(n.bindings.v[0].protocol, BASE + 0x300);
	CHECK_EQ(n.bindings.v[1].protocol, BASE + 0x308);
	CHECK_STR(n.adapters_why, "");
	ntr_ndis_fini(&n);

	machine_patch(&m, BASE + 0x188, BASE + 0x100, 8); /* a ring */
	machine_patch(&m, BASE + 0x248, 0x1234, 8);       /* no address */
	if (!read_ndis(&m, &n))
		return;
	CHECK_EQ(n.adapters.n, 2);
	CHECK_HAS(n.adapters_why, "met before");
	CHECK_EQ(n.bindings.n, 2);
	CHECK_HAS(n.bindings_why, "no address of the kernel");
	ntr_ndis_fini(&n);
	machine_close(&m);
}

/* Exports are no types: the file that would have them is named. */
static void ndis_without_types(void)
{
	struct ntr_ndis n;
	struct ntr_err e = { "" };
	struct opened x;

	if (!open_as(&x, X64_7, "full"))
		return;
	CHECK_EQ(ntr_ndis_read(x.m.t, &n, &e), NTR_OK);
	CHECK_EQ(n.adapters.n + n.protocols.n + n.bindings.n, 0);
	CHECK_HAS(n.adapters_why, "symbol file of ndis.sys");
	CHECK_HAS(n.protocols_why, "ndisProtocolList");
	ntr_ndis_fini(&n);
	ntr_pool_close(x.p);
	machine_close(&x.m);
}

int main(void)
{
	RUN(generations);
	RUN(headers);
	RUN(addresses);
	RUN(one_header);
	RUN(damaged);
	RUN(triage);
	RUN(ndis_lists);
	RUN(ndis_without_types);
	return test_done();
}
