// SPDX-License-Identifier: Apache-2.0
/* The network stack: !tcpip !ndis !afd !netbt. */
#include "base/text.h"
#include "cmd.h"
#include "kobj/device.h"
#include "kobj/ndis.h"
#include "kobj/netbios.h"
#include "triage/nettag.h"

#include <stdio.h>
#include <string.h>

#define BIT(part) (1u << NTR_NET_##part)

/* What a command shows: parts, and what it cannot show. */
struct view {
	unsigned parts;
	bool lists, headers;   /* NDIS's own lists; NetBIOS headers */
	const char *closing;
};

struct show {
	struct ntr_kd *k;
	const struct view *v;
	struct ntr_pool *pool;
	struct ntr_net net;
	struct ntr_net_tags tags;
	u64 shown;
};

static bool wanted(const struct show *s, enum ntr_net_part part)
{
	return part < NTR_NET_NPARTS && s->v->parts >> part & 1;
}

static void addr(const struct show *s, char out[24], u64 va)
{
	ntr_va_text(out, va, s->k->t->ptr_size);
}

/* A heading, and the list of that name. */
static void begin(struct show *s, const char *key, const char *heading)
{
	ntr_out_list(s->k->o, key);
	ntr_out_line(s->k->o, "%s", heading);
}

static void end(struct show *s, const char *key, u64 n, const char *why)
{
	char name[48];

	ntr_out_list_end(s->k->o);
	snprintf(name, sizeof(name), "%.30s_lacking", key);
	ntr_out_str(s->k->o, name, NULL, *why ? why : NULL);
	if (!n)
		ntr_out_line(s->k->o, "  none%s", *why ? " found" : "");
	if (*why)
		ntr_out_para(s->k->o, "  ", "(%s)", why);
	s->shown += n;
}

static const char *device_name(const struct ntr_net_device *d)
{
	return d && *d->name ? d->name : "(unnamed)";
}

/* --- drivers and devices --------------------------------------------------------- */

static void one_driver(struct show *s, const struct ntr_net_driver *d)
{
	struct ntr_out *o = s->k->o;
	char at[24];

	addr(s, at, d->va);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "driver", NULL, d->va);
	ntr_out_str(o, "name", NULL, *d->name ? d->name : NULL);
	ntr_out_str(o, "part", NULL, ntr_net_part_name(d->part));
	ntr_out_str(o, "image", NULL, d->module ? d->module->image : NULL);
	ntr_out_bool(o, "by_name", NULL, d->by_name);
	ntr_out_str(o, "from", NULL, ntr_net_from_name(d->from));
	ntr_out_uint(o, "devices", NULL, d->ndevices);
	ntr_out_str(o, "lacking", NULL, *d->why ? d->why : NULL);
	ntr_out_close(o);
	ntr_out_line(o, "  %s %-20s %-14s %3u devices  (%s%s)", at,
		     *d->name ? d->name : "????????",
		     d->module ? d->module->image : "????????", d->ndevices,
		     ntr_net_from_name(d->from),
		     d->by_name ? ", by its name only" : "");
	if (*d->why)
		ntr_out_para(o, "    ", "(%s)", d->why);
}

static void drivers(struct show *s)
{
	u64 n = 0;

	begin(s, "drivers", "Drivers:");
	for (size_t i = 0; i < s->net.drivers.n && !ntr_kd_stopped(s->k); i++)
		if (wanted(s, s->net.drivers.v[i].part)) {
			one_driver(s, &s->net.drivers.v[i]);
			n++;
		}
	end(s, "drivers", n, s->net.drivers_why);
}

static void one_device(struct show *s, const struct ntr_net_device *d)
{
	const struct ntr_net_driver *r = ntr_net_driver_at(&s->net, d->driver);
	const char *type = d->has_type ? ntr_device_type_name(d->type) : NULL;
	struct ntr_out *o = s->k->o;
	char at[24];

	addr(s, at, d->va);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "device", NULL, d->va);
	ntr_out_str(o, "name", NULL, *d->name ? d->name : NULL);
	ntr_out_hex(o, "driver", NULL, d->driver);
	ntr_out_str(o, "driver_name", NULL, r && *r->name ? r->name : NULL);
	ntr_out_uint_if(o, "type", NULL, d->has_type, d->type);
	ntr_out_str(o, "type_name", NULL, type);
	ntr_out_str(o, "from", NULL, ntr_net_from_name(d->from));
	ntr_out_close(o);
	ntr_out_line(o, "  %s %-32s %-18s %s", at, device_name(d),
		     type ? type : d->has_type ? "other type" : "????????",
		     r && *r->name ? r->name : "????????");
}

static void devices(struct show *s)
{
	u64 n = 0;

	begin(s, "devices", "Devices:");
	for (size_t i = 0; i < s->net.devices.n && !ntr_kd_stopped(s->k); i++)
		if (wanted(s, s->net.devices.v[i].part)) {
			one_device(s, &s->net.devices.v[i]);
			n++;
		}
	end(s, "devices", n, n || !*s->net.drivers_why ? "" :
	    "drivers and requests lead to them");
}

/* --- requests and file objects --------------------------------------------------- */

static void irp_line(struct show *s, const struct ntr_net_irp *p,
		     const char *name)
{
	char at[24], thread[24], file[24], span[48];
	struct ntr_out *o = s->k->o;

	addr(s, at, p->va);
	addr(s, thread, p->thread);
	addr(s, file, p->file);
	ntr_out_line(o, "  %s %s(%x,%x) %s%s%s  (%s)", at, name ? name : "N/A",
		     p->major, p->minor,
		     device_name(ntr_net_device_at(&s->net, p->device)),
		     p->pending ? " pending" : "",
		     p->cancelled ? " cancelled" : "",
		     p->from == NTR_IRP_POOL ? "pool" : "thread's list");
	ntr_span_text(span, p->waited);
	ntr_out_line(o, "      file %s thread %s%s%s%s%s", p->file ? file :
		     "none", p->thread ? thread : "none",
		     *p->process ? " " : "", p->process,
		     p->waits ? ", which waits for " : "",
		     p->waits ? span : "");
}

static void one_irp(struct show *s, const struct ntr_net_irp *p)
{
	const struct ntr_net_device *d = ntr_net_device_at(&s->net, p->device);
	const char *name = ntr_net_irp_name(p);
	struct ntr_out *o = s->k->o;

	ntr_out_open(o, NULL);
	ntr_out_hex(o, "irp", NULL, p->va);
	ntr_out_str(o, "request", NULL, name);
	ntr_out_uint(o, "major", NULL, p->major);
	ntr_out_uint(o, "minor", NULL, p->minor);
	ntr_out_hex(o, "device", NULL, p->device);
	ntr_out_str(o, "device_name", NULL, d && *d->name ? d->name : NULL);
	ntr_out_hex_if(o, "file", NULL, p->file, p->file);
	ntr_out_hex_if(o, "thread", NULL, p->thread, p->thread);
	ntr_out_str(o, "process", NULL, *p->process ? p->process : NULL);
	ntr_out_uint_if(o, "thread_waits_ms", NULL, p->waits,
			p->waited / 10000);
	ntr_out_bool(o, "pending", NULL, p->pending);
	ntr_out_bool(o, "cancelled", NULL, p->cancelled);
	ntr_out_str(o, "from", NULL, p->from == NTR_IRP_POOL ? "pool" :
		    "thread");
	ntr_out_close(o);
	irp_line(s, p, name);
}

static void irps(struct show *s)
{
	u64 n = 0;

	begin(s, "irps", "Requests that are with these devices:");
	for (size_t i = 0; i < s->net.irps.n && !ntr_kd_stopped(s->k); i++)
		if (wanted(s, s->net.irps.v[i].part)) {
			one_irp(s, &s->net.irps.v[i]);
			n++;
		}
	end(s, "irps", n, s->net.irps_why);
}

static void one_file(struct show *s, const struct ntr_net_file *f)
{
	const struct ntr_net_device *d = ntr_net_device_at(&s->net, f->device);
	const char *kind = ntr_net_file_kind_name(f->kind);
	char at[24], context[24], context2[24];
	struct ntr_out *o = s->k->o;

	addr(s, at, f->va);
	addr(s, context, f->context);
	addr(s, context2, f->context2);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "file", NULL, f->va);
	ntr_out_str(o, "kind", NULL, kind);
	ntr_out_hex(o, "device", NULL, f->device);
	ntr_out_str(o, "device_name", NULL, d && *d->name ? d->name : NULL);
	ntr_out_hex(o, "context", NULL, f->context);
	ntr_out_hex(o, "context2", NULL, f->context2);
	ntr_out_str(o, "name", NULL, *f->name ? f->name : NULL);
	ntr_out_str(o, "from", NULL, ntr_net_from_name(f->from));
	ntr_out_close(o);
	ntr_out_line(o, "  %s %-15s %s%s FsContext %s FsContext2 %s  (%s)", at,
		     kind ? kind : "of no TDI kind", device_name(d), f->name,
		     context, context2, ntr_net_from_name(f->from));
}

static void files(struct show *s)
{
	u64 n = 0;

	begin(s, "files", "File objects:");
	for (size_t i = 0; i < s->net.files.n && !ntr_kd_stopped(s->k); i++)
		if (wanted(s, s->net.files.v[i].part)) {
			one_file(s, &s->net.files.v[i]);
			n++;
		}
	end(s, "files", n, s->net.files_why);
}

/* --- code that is queued or runs ------------------------------------------------------ */

static void run_line(struct show *s, const struct ntr_net_run *r,
		     const char *site)
{
	char at[24], code[24], param[24], span[48];
	struct ntr_out *o = s->k->o;

	addr(s, at, r->va);
	addr(s, code, r->at);
	addr(s, param, r->parameter);
	ntr_span_text(span, r->waited);
	site = *site ? site : code;
	if (r->kind == NTR_NR_WORK)
		ntr_out_line(o, "  Work item %s %s(%s)  on the %s queue", at,
			     site, param, r->queue ? r->queue : "unnamed");
	else if (r->kind == NTR_NR_DPC)
		ntr_out_line(o, "  DPC       %s %s(%s)  on CPU %" PRIu32, at,
			     site, param, r->cpu);
	else
		ntr_out_line(o, "  THREAD    %s %s %s  in frame %" PRIu32
			     " [%s]%s%s", at, *r->process ? r->process :
			     "????????", site, r->frame,
			     ntr_trust_name(r->trust), r->has_waited ? ", waits for " :
			     r->blocked ? ", waits" : "",
			     r->has_waited ? span : "");
}

static void one_run(struct show *s, const struct ntr_net_run *r)
{
	struct ntr_out *o = s->k->o;
	char site[300] = "";

	if (r->at)
		ntr_kd_symbol(s->k, r->at, site, sizeof(site));
	ntr_out_open(o, NULL);
	ntr_out_str(o, "kind", NULL, ntr_net_run_kind_name(r->kind));
	ntr_out_str(o, "part", NULL, ntr_net_part_name(r->part));
	ntr_out_hex(o, "address", NULL, r->va);
	ntr_out_hex(o, "code", NULL, r->at);
	ntr_out_str(o, "symbol", NULL, *site ? site : NULL);
	ntr_out_hex_if(o, "parameter", NULL, r->kind != NTR_NR_THREAD,
		       r->parameter);
	ntr_out_str(o, "queue", NULL, r->queue);
	ntr_out_uint_if(o, "cpu", NULL, r->kind == NTR_NR_DPC, r->cpu);
	ntr_out_uint_if(o, "frame", NULL, r->kind == NTR_NR_THREAD, r->frame);
	ntr_out_str(o, "trust", NULL, r->kind == NTR_NR_THREAD ?
		    ntr_trust_name(r->trust) : NULL);
	ntr_out_str(o, "process", NULL, *r->process ? r->process : NULL);
	ntr_out_uint_if(o, "waits_ms", NULL, r->has_waited, r->waited / 10000);
	ntr_out_close(o);
	run_line(s, r, site);
}

static void runs(struct show *s)
{
	const struct ntr_net *n = &s->net;
	char why[640];
	u64 count = 0;

	begin(s, "code", "Code that is queued, or on a thread's stack:");
	for (size_t i = 0; i < n->runs.n && !ntr_kd_stopped(s->k); i++)
		if (wanted(s, n->runs.v[i].part)) {
			one_run(s, &n->runs.v[i]);
			count++;
		}
	snprintf(why, sizeof(why), "%s%s%s%s%s%s%s%s",
		 *n->work_why ? "work items: " : "", n->work_why,
		 *n->work_why && (*n->dpcs_why || *n->threads_why) ? "; " : "",
		 *n->dpcs_why ? "DPCs: " : "", n->dpcs_why,
		 *n->dpcs_why && *n->threads_why ? "; " : "",
		 *n->threads_why ? "threads: " : "", n->threads_why);
	end(s, "code", count, why);
}

/* --- pool ------------------------------------------------------------------------------- */

static void one_tag(struct show *s, const struct ntr_net_tag *t)
{
	const struct ntr_pool_tag *r = t->row;
	struct ntr_out *o = s->k->o;
	char tag[5];

	ntr_pool_tag_text(r->tag, tag);
	ntr_out_open(o, NULL);
	ntr_out_str(o, "tag", NULL, tag);
	ntr_out_str(o, "part", NULL, ntr_net_part_name(t->part));
	ntr_out_uint(o, "nonpaged_bytes", NULL, r->bytes[NTR_NONPAGED]);
	ntr_out_uint(o, "paged_bytes", NULL, r->bytes[NTR_PAGED]);
	ntr_out_uint(o, "allocs", NULL, r->allocs[0] + r->allocs[1]);
	ntr_out_uint(o, "frees", NULL, r->frees[0] + r->frees[1]);
	ntr_out_str(o, "about", NULL, t->info->text);
	ntr_out_close(o);
	ntr_out_line(o, "  %s %12" PRIu64 " nonpaged %12" PRIu64 " paged %8"
		     PRId64 " live  %s: %s", tag, r->bytes[NTR_NONPAGED],
		     r->bytes[NTR_PAGED], ntr_pool_live(r, NTR_NONPAGED) +
		     ntr_pool_live(r, NTR_PAGED), t->info->module,
		     t->info->text);
}

static void tags(struct show *s)
{
	u64 n = 0;

	begin(s, "tags", "Pool by tag, bytes:");
	for (size_t i = 0; i < s->tags.t.n && !ntr_kd_stopped(s->k); i++)
		if (wanted(s, s->tags.t.v[i].part)) {
			one_tag(s, &s->tags.t.v[i]);
			n++;
		}
	end(s, "tags", n, s->pool->tags_why ? s->pool->tags_why : "");
}

/* --- NetBIOS headers ----------------------------------------------------------------------- */

static void header_line(struct show *s, const struct ntr_nbt_header *h,
			const char *tag)
{
	const char *type = ntr_nbt_type_name(h->type);
	struct ntr_out *o = s->k->o;
	char at[24];

	addr(s, at, h->data);
	ntr_out_line(o, "  %s %s  looks like a %s (0x%02x), flags 0x%02x, "
		     "length %" PRIu32 ": %s", at, tag,
		     type ? type : "header of no type", h->type, h->flags,
		     h->length, ntr_nbt_sign_text(h->sign));
	if (*h->fault)
		ntr_out_para(o, "      ", "***** %s", h->fault);
	if (h->beyond)
		ntr_out_line(o, "      (the block has room for %" PRIu64 ")",
			     h->room);
}

static void one_header(struct show *s, const struct ntr_nbt_header *h)
{
	struct ntr_out *o = s->k->o;
	char tag[5];

	ntr_pool_tag_text(h->tag, tag);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "block", NULL, h->block);
	ntr_out_hex(o, "data", NULL, h->data);
	ntr_out_str(o, "tag", NULL, tag);
	ntr_out_uint(o, "type", NULL, h->type);
	ntr_out_str(o, "type_name", NULL, ntr_nbt_type_name(h->type));
	ntr_out_hex(o, "flags", NULL, h->flags);
	ntr_out_uint(o, "length", NULL, h->length);
	ntr_out_uint(o, "room", NULL, h->room);
	ntr_out_bool(o, "beyond", NULL, h->beyond);
	ntr_out_str(o, "sign", NULL, ntr_nbt_sign_text(h->sign));
	ntr_out_str(o, "fault", NULL, *h->fault ? h->fault : NULL);
	ntr_out_close(o);
	header_line(s, h, tag);
}

static enum ntr_st headers(struct show *s, struct ntr_err *e)
{
	struct ntr_nbt_scan r;
	enum ntr_st st = ntr_nbt_scan(s->pool, &r, e);
	bool known;

	if (st)
		return st;
	begin(s, "headers", "NetBIOS session headers at the start of NetBT's "
	      "blocks:");
	for (size_t i = 0; i < r.h.n && !ntr_kd_stopped(s->k); i++)
		one_header(s, &r.h.v[i]);
	end(s, "headers", r.h.n, r.why);
	known = r.blocks || !*r.why;
	ntr_out_uint_if(s->k->o, "blocks", NULL, known, r.blocks);
	ntr_out_uint_if(s->k->o, "headers_found", NULL, known, r.found);
	ntr_out_uint_if(s->k->o, "headers_faulty", NULL, known, r.faults);
	if (known)
		ntr_out_line(s->k->o, "  %" PRIu64 " blocks, %" PRIu64 " of "
			     "them not in the dump; %" PRIu64 " headers, %"
			     PRIu64 " with a fault", r.blocks, r.absent,
			     r.found, r.faults);
	ntr_nbt_scan_fini(&r);
	return NTR_OK;
}

/* --- NDIS's lists ------------------------------------------------------------------------- */

static const char *protocol_name(const struct ntr_ndis *n, u64 va)
{
	for (size_t i = 0; i < n->protocols.n; i++)
		if (n->protocols.v[i].va == va && *n->protocols.v[i].name)
			return n->protocols.v[i].name;
	return NULL;
}

static void adapter_bindings(struct show *s, const struct ntr_ndis *n,
			     const struct ntr_ndis_adapter *a)
{
	char at[24];

	ntr_out_list(s->k->o, "bindings");
	for (size_t i = 0; i < n->bindings.n; i++) {
		const struct ntr_ndis_binding *b = &n->bindings.v[i];
		const char *name = protocol_name(n, b->protocol);

		if (b->adapter != a->va)
			continue;
		ntr_out_open(s->k->o, NULL);
		ntr_out_hex(s->k->o, "open", NULL, b->va);
		ntr_out_hex_if(s->k->o, "protocol", NULL, b->protocol,
			       b->protocol);
		ntr_out_str(s->k->o, "name", NULL, name);
		ntr_out_close(s->k->o);
		addr(s, at, b->va);
		ntr_out_line(s->k->o, "      open %s to %s", at,
			     name ? name : "????????");
	}
	ntr_out_list_end(s->k->o);
}

static void lists_of(struct show *s, const struct ntr_ndis *n)
{
	char at[24];

	begin(s, "adapters", "Adapters, with the protocols bound to them:");
	for (size_t i = 0; i < n->adapters.n && !ntr_kd_stopped(s->k); i++) {
		const struct ntr_ndis_adapter *a = &n->adapters.v[i];

		addr(s, at, a->va);
		ntr_out_open(s->k->o, NULL);
		ntr_out_hex(s->k->o, "adapter", NULL, a->va);
		ntr_out_str(s->k->o, "name", NULL, *a->name ? a->name : NULL);
		ntr_out_line(s->k->o, "  %s %s", at,
			     *a->name ? a->name : "????????");
		adapter_bindings(s, n, a);
		ntr_out_close(s->k->o);
	}
	end(s, "adapters", n->adapters.n, n->adapters_why);
	begin(s, "protocols", "Protocols:");
	for (size_t i = 0; i < n->protocols.n && !ntr_kd_stopped(s->k); i++) {
		const struct ntr_ndis_protocol *p = &n->protocols.v[i];

		addr(s, at, p->va);
		ntr_out_open(s->k->o, NULL);
		ntr_out_hex(s->k->o, "protocol", NULL, p->va);
		ntr_out_str(s->k->o, "name", NULL, *p->name ? p->name : NULL);
		ntr_out_close(s->k->o);
		ntr_out_line(s->k->o, "  %s %s", at,
			     *p->name ? p->name : "????????");
	}
	end(s, "protocols", n->protocols.n, n->protocols_why);
}

static enum ntr_st lists(struct show *s, struct ntr_err *e)
{
	struct ntr_ndis n;
	enum ntr_st st = ntr_ndis_read(s->k->t, &n, e);

	if (st)
		return st;
	lists_of(s, &n);
	ntr_ndis_fini(&n);
	return NTR_OK;
}

/* --- the commands -------------------------------------------------------------------------- */

static enum ntr_st sections(struct show *s, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	drivers(s);
	devices(s);
	if (s->v->lists)
		st = lists(s, e);
	if (st)
		return st;
	irps(s);
	files(s);
	runs(s);
	tags(s);
	if (s->v->headers)
		st = headers(s, e);
	if (st)
		return st;
	ntr_out_str(s->k->o, "not_shown", NULL, s->v->closing);
	ntr_out_para(s->k->o, "", "Not shown: %s", s->v->closing);
	return s->shown ? NTR_OK : ntr_fail(e, NTR_ABSENT, "nothing of it is "
					    "in this dump");
}

static enum ntr_st show(struct ntr_kd *k, const struct ntr_call *c,
			const struct view *v, struct ntr_err *e)
{
	struct show s = { .k = k, .v = v };
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);

	if (!st && !k->t->is_nt)
		st = ntr_fail(e, NTR_ABSENT, "this is no Windows NT");
	if (!st)
		st = ntr_pool_open(&s.pool, k->t, e);
	if (st)
		return st;
	st = ntr_net_tags(s.pool, &s.tags, e);
	if (!st) {
		st = ntr_net_read(k->t, s.pool, &s.net, e);
		if (!st) {
			st = sections(&s, e);
			ntr_net_fini(&s.net);
		}
		ntr_net_tags_fini(&s.tags);
	}
	ntr_pool_close(s.pool);
	return st;
}

#define PRIVATE(what, image) what " are in structures of " image " alone, whose " \
	"types Microsoft's public symbols leave out; FsContext of the file "      \
	"objects leads to them."

static enum ntr_st run_tcpip(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	static const struct view v = {
		.parts = BIT(TCPIP) | BIT(TRANSPORT),
		.closing = PRIVATE("addresses, ports, the state of connections "
				   "and routes", "tcpip.sys"),
	};

	return show(k, c, &v, e);
}

static enum ntr_st run_ndis(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	static const struct view v = {
		.parts = BIT(NDIS) | BIT(CARD), .lists = true,
		.closing = "the state of adapters, requests to them (OIDs) and "
			   "packets: they need the types of ndis.sys's symbol "
			   "file, for dt.",
	};

	return show(k, c, &v, e);
}

static enum ntr_st run_afd(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	static const struct view v = {
		.parts = BIT(AFD),
		.closing = PRIVATE("the state, addresses and buffers of "
				   "sockets", "afd.sys")
			   " Whose a socket is, the handle tables of the "
			   "processes say.",
	};

	return show(k, c, &v, e);
}

static enum ntr_st run_netbt(struct ntr_kd *k, const struct ntr_call *c,
			     struct ntr_err *e)
{
	static const struct view v = {
		.parts = BIT(NETBT), .headers = true,
		.closing = PRIVATE("names, sessions and their peers",
				   "netbt.sys"),
	};

	return show(k, c, &v, e);
}

#define SECTIONS "its drivers and devices by the object directory and by the "  \
	"devices of requests; the requests (IRPs) that are with these devices, " \
	"TDI's by name; file objects on them, as requests and pool lead to them; " \
	"work items, DPCs and threads in its code; and its pool by tag. "

const struct ntr_cmd ntr_cmd_bang_tcpip = {
	.names = "!tcpip",
	.summary = "TCP/IP and other transports",
	.operands = "",
	.help = "What can be shown without private types: " SECTIONS
		"A transport's file object says in FsContext2 whether it is an "
		"address, a connection or a control channel.",
	.example = "!tcpip", .does = "which TDI requests are under way",
	.run = run_tcpip,
};

const struct ntr_cmd ntr_cmd_bang_ndis = {
	.names = "!ndis",
	.summary = "network cards and NDIS",
	.operands = "",
	.help = "What can be shown without private types: " SECTIONS
		"A driver of network cards is one with a device of that type. "
		"With a symbol file of ndis.sys that has its types, also the "
		"adapters, the protocols and which are bound to which.",
	.example = "!ndis", .does = "which cards there are, and what they do",
	.run = run_ndis,
};

const struct ntr_cmd ntr_cmd_bang_afd = {
	.names = "!afd",
	.summary = "sockets",
	.operands = "",
	.help = "What can be shown without private types: " SECTIONS
		"Each file object on \\Device\\Afd is an endpoint, a socket.",
	.example = "!afd", .does = "how many sockets, and what they wait for",
	.run = run_afd,
};

const struct ntr_cmd ntr_cmd_bang_netbt = {
	.names = "!netbt",
	.summary = "NetBIOS over TCP/IP",
	.operands = "",
	.help = "What can be shown without private types: " SECTIONS
		"Then what looks like a NetBIOS session header at the start of a "
		"block with a tag of netbt.sys: with what speaks for it, and "
		"what of type, flags and length RFC 1002 does not allow.",
	.example = "!netbt", .does = "whether a peer sent a malformed header",
	.run = run_netbt,
};
