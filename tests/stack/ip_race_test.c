// SPDX-License-Identifier: Apache-2.0
/*
 * IPv4 and IPv6 from all CPUs at once: two machines with a link for each CPU, whose
 * frames come in on that CPU.  Datagrams of both families, whole and in pieces,
 * over the links, over loopback and to groups, while adapters go and come, routers
 * and addresses come and go, neighbours fill the caches, groups are asked for,
 * errors of ICMP arrive, tables are read, and sockets are opened and closed; then once more when all that was learnt has expired.
 *
 * What arrives is what was sent, a closed socket hears nothing, and nothing is left.
 * Under MODE=tsan it shows who shares memory without a lock.
 *
 *	ip_race_test             SEEDS seeds, or 50 of them with NTR_LONG=1
 */
#include "two.h"

#include "drivers/inet/table.h"
#include "ndis/ndis.h"
#include "net.h"

#define SEEDS 3u
#define LONG 50u
#define LINKS 4u
#define MS UINT64_C(1000000)
#define STEP (MS / 8)                 /* all happens at multiples of it, so that it
					happens at once */
#define FRAME 1514u
#define RING 64u
#define ROUNDS 24u
#define ECHO_PORT 7u
#define ROWS 64u

/* --- a link: the frames of an end come in on its CPU --------------------------------- */

struct end {
	struct ex *x;
	struct ndis_adapter *a;
	struct end *peer;
	struct ndis_adapter_info info;
	struct ke_dpc dpc;
	struct ke_latch latch;       /* of what follows */
	bool up;
	u32 inside, head, tail, len[RING];
	u8 frame[RING][FRAME];
};

static bool begin(struct end *e)
{
	bool up;

	ke_latch(&e->latch);
	up = e->up;
	e->inside += up;
	ke_unlatch(&e->latch);
	return up;
}

static bool take(struct end *e, struct ndis_packet *p)
{
	u32 n = 0, i;

	ke_latch(&e->latch);
	if (e->up && e->tail != e->head) {
		i = e->tail++ % RING;
		n = e->len[i];
		memcpy(p->head->data, e->frame[i], n);
	}
	ke_unlatch(&e->latch);
	ndis_packet_trim(p, n);
	return n;
}

static void comes_in(void *ctx, void *a, void *b)
{
	struct end *e = ctx;
	struct ndis_packet *p;

	(void)a;
	(void)b;
	if (!begin(e))
		return;
	while ((p = ndis_packet_new(e->x, 0, FRAME)) && take(e, p))
		ndis_indicate_packet(e->a, p);
	if (p)
		ndis_packet_put(p);
	ndis_indicate_complete(e->a);
	ke_latch(&e->latch);
	e->inside--;
	ke_unlatch(&e->latch);
}

static enum ex_status send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct end *to = ((struct end *)ndis_context(a))->peer;
	bool fits;

	ke_latch(&to->latch);
	fits = to->up && to->head - to->tail < RING && p->length <= FRAME;
	if (fits) {
		u32 i = to->head++ % RING;

		to->len[i] = ndis_packet_copy(p, 0, to->frame[i], FRAME);
	}
	ke_unlatch(&to->latch);
	if (fits)
		(void)ex_interrupt(to->x, &to->dpc, NULL, NULL);
	return EX_SUCCESS;
}

static u32 inside(struct end *e)
{
	u32 n;

	ke_latch(&e->latch);
	e->up = false;
	e->head = e->tail;
	n = e->inside;
	ke_unlatch(&e->latch);
	return n;
}

static void halt(struct ndis_adapter *a)
{
	struct end *e = ndis_context(a);

	while (inside(e))
		ke_sleep(MS);
}

static const struct ndis_miniport miniport = {
	.name = "race", .send = send, .request = ndis_answer, .halt = halt };

static bool plug(struct end *e)
{
	struct ndis_adapter *a = ndis_add(e->x, &miniport, &e->info, e);

	ke_latch(&e->latch);
	e->a = a;
	e->up = a;
	ke_unlatch(&e->latch);
	return a;
}

/* --- two machines ------------------------------------------------------------------------ */

struct race {
	struct sched *s;
	struct ex *x[2];
	unsigned cpus;
	struct end end[2][LINKS];
	struct io_driver *driver[2][2]; /* of a machine: tcpip, tcpip6 */
	u32 sent, got[LINKS], bad, errors, late, tables, rows, left, failed;
	u32 most[2];                 /* neighbours of a, as its looker saw them */
};

/* In threads of the machines, which CHECK() is not for. */
static void want(struct race *r, bool ok)
{
	(void)KE_ADD(&r->failed, !ok);
}

static const char *const udp_of[2] = { "\\Device\\Udp", "\\Device\\Udp6" };
static const char *const raw_of[2] = { "\\Device\\RawIp", "\\Device\\RawIp6" };

static struct tdi_address at(bool six, u32 link, u32 machine, u16 port)
{
	struct tdi_address v4 = { .family = 4, .port = port, .ip = {
		10, 0, (u8)link, (u8)(machine + 1) } };
	struct tdi_address v6 = { .family = 6, .port = port, .ip = {
		0x20, 1, 0xd, 0xb8, [7] = (u8)link,
		[15] = (u8)(machine + 1) } };

	return six ? v6 : v4;
}

static void options(const struct race *r, u32 machine, bool six, char *text,
		    size_t size)
{
	size_t n = (size_t)snprintf(text, size, six ? "dad=0" : "");

	for (u32 k = 0; k < r->cpus; k++)
		n += (size_t)snprintf(text + n, size - n, six ?
			" dev=eth%u ip=2001:db8:0:%x::%u/64" :
			" dev=eth%u ip=10.0.%u.%u/24", k, k, machine + 1);
	if (!six && !machine)        /* the other machine is its router */
		snprintf(text + n, size - n, " gw=10.0.%u.2", r->cpus - 1);
}

static void open_all(struct race *r, u64 seed, unsigned cpus)
{
	const char *b = getenv("B");
	char text[512];

	r->cpus = cpus;
	r->s = sched_new(&(struct sched_config){ .seed = seed,
						 .max_steps = 100000000 });
	for (u32 i = 0; i < 2; i++) {
		r->x[i] = ex_new(&(struct ex_config){
			.name = i ? "b" : "a", .cpus = cpus,
			.special_pool = true }, r->s);
		ex_log_to(r->x[i], two_log, r->x[i]);
		snprintf(text, sizeof(text), "%s/drivers",
			 b ? b : "build/dev");
		io_driver_path(r->x[i], text);
	}
	for (u32 i = 0; i < 2; i++)
		for (u32 k = 0; k < cpus; k++) {
			struct end *e = &r->end[i][k];

			e->x = r->x[i];
			e->peer = &r->end[!i][k];
			ke_dpc_init(&e->dpc, comes_in, e);
			e->dpc.target = (s32)k;
			snprintf(text, sizeof(text), "eth%u", k);
			e->info = (struct ndis_adapter_info){
				.name = k == 0 ? "eth0" : k == 1 ? "eth1" :
					k == 2 ? "eth2" : "eth3",
				.address = { 2, 0, 0, 0, (u8)k, (u8)(i + 1) },
				.max_frame = 1500, .link_bps_100 = 10000000 };
			CHECK(plug(e));
		}
	for (u32 i = 0; i < 2; i++)
		for (u32 six = 0; six < 2; six++) {
			options(r, i, six, text, sizeof(text));
			CHECK_EQ(io_load(r->x[i], six ? "tcpip6" : "tcpip",
					 text, &r->driver[i][six]),
				 EX_SUCCESS);
		}
	(void)sched_run_to(r->s, 1500 * MS);
}

static void close_all(struct race *r)
{
	for (u32 i = 0; i < 2; i++)
		for (u32 six = 0; six < 2; six++)
			CHECK_EQ(io_unload(r->driver[i][six]), EX_SUCCESS);
	for (u32 i = 0; i < 2; i++) {
		check_none_left(r->x[i], "TcIpTArpTRteTRasTIgmT6IpT6NbT6RaT6Gr"
					 "NDPtNDbfNDbk");
		ex_free(r->x[i]);
	}
	sched_free(r->s);
}

/* --- sockets ------------------------------------------------------------------------------ */

struct socket {
	struct race *r;
	struct io_file *f;
	u32 link;                    /* whose datagrams are counted */
	bool open;
};

/* A byte that says the length, then its sum with the place. */
static void fill(u8 *b, u32 n)
{
	for (u32 i = 0; i < n; i++)
		b[i] = (u8)(n / 8 + i);
}

static bool is_whole(const u8 *b, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (b[i] != (u8)(n / 8 + i))
			return false;
	return true;
}

/* A handler takes its time: others have theirs meanwhile. */
static void linger(void)
{
	for (u32 i = 0; i < 16; i++)
		ke_point(SCHED_USER, "handler");
}

static enum ex_status datagram(void *ctx, const struct tdi_address *from,
			       const struct tdi_address *to, u32 indicated,
			       u32 available, u32 *taken, const u8 *data,
			       struct irp **irp)
{
	struct socket *s = ctx;

	(void)from;
	(void)to;
	(void)irp;
	linger();
	if (!KE_GET(&s->open))
		(void)KE_ADD(&s->r->late, 1);
	else if (indicated != available || !is_whole(data, indicated))
		(void)KE_ADD(&s->r->bad, 1);
	else
		(void)KE_ADD(&s->r->got[s->link], 1);
	*taken = indicated;
	return EX_SUCCESS;
}

static void error(void *ctx, void *connection,
		  const struct tdi_address *remote, enum ex_status why)
{
	struct socket *s = ctx;

	(void)connection;
	(void)remote;
	(void)why;
	linger();
	(void)KE_ADD(KE_GET(&s->open) ? &s->r->errors : &s->r->late, 1);
}

static struct io_file *open_file(struct race *r, u32 machine,
				 const char *device, u8 protocol,
				 const struct tdi_address *local)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE, .protocol = protocol,
			      .address = *local, .reuse = true };
	struct io_file *f = NULL;

	if (ex_failed(io_open(r->x[machine], device, &o, sizeof(o), &f)))
		return NULL;
	return f;
}

static bool sock_open(struct race *r, struct socket *s, u32 machine, bool six,
		      u32 link, u16 port)
{
	struct tdi_address any = { .family = six ? 6 : 4, .port = port };

	*s = (struct socket){ .r = r, .link = link, .open = true };
	s->f = open_file(r, machine, udp_of[six], 17, &any);
	if (!s->f)
		return false;
	return !tdi_set_event(s->f, TDI_EVENT_RECEIVE_DATAGRAM,
			      (void *)datagram, s) &&
	       !tdi_set_event(s->f, TDI_EVENT_ERROR, (void *)error, s);
}

static void sock_close(struct socket *s)
{
	if (s->f)
		io_close(s->f);
	KE_SET(&s->open, false);     /* no handler sees it so */
	s->f = NULL;
}

static void set(struct race *r, struct io_file *f, enum tdi_info info, u32 v)
{
	struct tdi_request q = { .info = info, .value = &v,
				 .value_length = sizeof(v) };

	want(r, tdi_call(f, TDI_SET_INFORMATION, &q) == EX_SUCCESS);
}

/* --- who sends ------------------------------------------------------------------------------ */

struct worker {
	struct race *r;
	u32 machine, link;
	u64 seed;
};

static void to(struct race *r, struct io_file *f, struct tdi_address remote,
	       u8 *b, u32 n)
{
	struct tdi_request q = { .remote = remote, .data = b, .length = n };

	fill(b, n);
	if (!ex_failed(tdi_call(f, TDI_SEND_DATAGRAM, &q)))
		(void)KE_ADD(&r->sent, 1);
}

static struct tdi_address group_of(bool six, u32 link)
{
	struct tdi_address g = { .family = 6, .port = ECHO_PORT, .ip = {
		0xff, 2, [14] = 9, [15] = (u8)link } };

	if (!six)
		g = (struct tdi_address){ .family = 4, .port = ECHO_PORT,
					  .ip = { 239, 0, 9, (u8)link } };
	return g;
}

static void grouped(struct io_file *f, bool six, u32 link, enum tdi_info how)
{
	struct tdi_address g = group_of(six, link);
	struct tdi_request q = { .info = how, .value = &g,
				 .value_length = sizeof(g) };

	(void)tdi_call(f, TDI_SET_INFORMATION, &q);
}

/* Over its link, to a port that nobody has, to itself, and to a group. */
static void one_round(const struct worker *w, struct socket *s, bool six,
		      u32 i, u8 *b)
{
	struct race *r = w->r;
	u32 n = i % 3 ? 64 : 3000;

	to(r, s->f, at(six, w->link, !w->machine, ECHO_PORT), b, n);
	to(r, s->f, at(six, w->link, w->machine, ECHO_PORT), b, n);
	to(r, s->f, at(six, w->link, !w->machine, 9), b, 40);
	to(r, s->f, at(six, w->link, (i & 3) + 7, ECHO_PORT), b, 48);
	if (i % 4)
		return;
	grouped(s->f, six, w->link, TDI_MULTICAST_JOIN);
	to(r, s->f, group_of(six, w->link), b, n);
	set(r, s->f, TDI_TTL, i + 1);
	grouped(s->f, six, w->link, TDI_MULTICAST_LEAVE);
}

static void sends(void *ctx)
{
	struct worker *w = ctx;
	struct race *r = w->r;
	u8 *b = ex_alloc_zero(ke_machine(), EX_NONPAGED, 4096, 1);
	struct socket s[2];

	for (u32 six = 0; six < 2; six++)
		want(r, sock_open(r, &s[six], w->machine, six, w->link,
				ECHO_PORT));
	for (u32 phase = 0; phase < 2; phase++) {
		for (u32 i = 0; i < ROUNDS; i++) {
			one_round(w, &s[i & 1], i & 1, i / 2, b);
			ke_sleep((2 + ex_random(ke_machine()) % 8) * STEP);
		}
		/* ARP and reassembly are over; neighbours are stale */
		ke_sleep(phase ? 100 * MS : 130000 * MS);
	}
	for (u32 six = 0; six < 2; six++)
		sock_close(&s[six]);
	ex_free_pool(ke_machine(), b, 1);
	(void)KE_ADD(&r->left, -1);
}

/* --- who comes and goes ------------------------------------------------------------------------- */

static void opens_and_closes(void *ctx)
{
	struct worker *w = ctx;
	struct race *r = w->r;
	u8 *b = ex_alloc_zero(ke_machine(), EX_NONPAGED, 4096, 1);
	struct socket s;

	for (u32 i = 0; KE_GET(&r->left); i++) {
		want(r, sock_open(r, &s, w->machine, i & 1, w->link,
				i % 3 ? ECHO_PORT : 0));
		to(r, s.f, at(i & 1, w->link, !w->machine, 9), b, 40);
		ke_sleep((i + 1) % 256 ? STEP : 8000 * MS);
		sock_close(&s);
		ke_sleep(STEP);
	}
	ex_free_pool(ke_machine(), b, 1);
}

static void plugs(void *ctx)
{
	struct worker *w = ctx;
	struct race *r = w->r;

	while (KE_GET(&r->left)) {
		struct end *e = &r->end[w->machine][w->link];

		ke_sleep(3 * MS);
		ndis_remove(e->a);
		ke_sleep(ex_random(e->x) % 16 * STEP);
		want(r, plug(e));
		ke_sleep(KE_GET(&r->left) % 2 ? 4 * MS : 2000 * MS);
	}
}

/* --- what is heard from a router --------------------------------------------------------------- */

static void put(u8 *to, u32 v, u32 bytes)
{
	while (bytes--) {
		to[bytes] = (u8)v;
		v >>= 8;
	}
}

/* The quoted header of a datagram that a sent to `dst`. */
static u32 quote4(u8 *b, u32 link, u32 dst, u16 from)
{
	memset(b, 0, 28);
	b[0] = 0x45;
	put(b + 2, 1500, 2);
	b[8] = 64;
	b[9] = 17;
	put(b + 12, 0x0a000001 | link << 8, 4);
	put(b + 16, dst, 4);
	put(b + 20, from, 2);
	put(b + 22, 9, 2);
	return 28;
}

static void icmp4(struct io_file *f, u32 link, u8 type, u8 code, u32 word,
		  u32 dst)
{
	u8 b[36] = { type, code };
	struct tdi_request q = { .remote = at(false, link, 0, 0), .data = b,
				 .length = sizeof(b) };

	put(b + 4, word, 4);
	(void)quote4(b + 8, link, dst, ECHO_PORT);
	net_put16(b + 2, net_sum(b, sizeof(b), 0));
	(void)tdi_call(f, TDI_SEND_DATAGRAM, &q);
}

/* RFC 4861 4.2, 4.6.2: a router for a second, with a prefix for two. */
static u32 advertisement(u8 *b, u32 i)
{
	memset(b, 0, 56);
	b[0] = 134;
	b[4] = (u8)(60 + i % 4);
	put(b + 6, i % 3, 2);
	put(b + 12, 1000 + i % 5, 4);
	b[16] = 5;                   /* MTU */
	b[17] = 1;
	put(b + 20, 1400 + i % 100, 4);
	b[24] = 3;                   /* prefix */
	b[25] = 4;
	b[26] = 64;
	b[27] = 0xc0;
	put(b + 28, 2, 4);
	put(b + 32, 1, 4);
	put(b + 40, 0x20010db8, 4);
	put(b + 44, 0xf000 + i % 5, 4);
	return 56;
}

/* RFC 4443 3.2 of a datagram from a's address on the link. */
static u32 too_big(u8 *b, u32 link, u32 i)
{
	struct tdi_address from = at(true, link, 0, 0);

	memset(b, 0, 56);
	b[0] = 2;
	put(b + 4, 1280 + i % 64, 4);
	b[8] = 0x60;
	b[14] = 17;
	memcpy(b + 16, from.ip, 16);
	memcpy(b + 32, from.ip, 16);
	b[47] = (u8)(2 + i % 4);
	put(b + 48, ECHO_PORT, 2);
	put(b + 50, 9, 2);
	return 56;
}

static void routes(void *ctx)
{
	static const u8 all[16] = { 0xff, 2, [15] = 1 };
	struct worker *w = ctx;
	struct race *r = w->r;
	u32 k = w->link;
	struct tdi_address link_local = { .family = 6, .ip = {
		0xfe, 0x80, [11] = 0xff, 0xfe, 0, (u8)k, 2 } };
	struct tdi_address from4 = at(false, k, 1, 0);
	struct io_file *four, *six;
	u8 b[64];

	four = open_file(r, 1, raw_of[0], 1, &from4);
	six = open_file(r, 1, raw_of[1], 58, &link_local);
	want(r, four && six);
	if (!four || !six)
		return;
	set(r, six, TDI_TTL, 255);
	for (u32 i = 0; KE_GET(&r->left); i++) {
		struct tdi_request q = { .remote = at(true, k, 0, 0),
					 .data = b };
		u32 dst = 0xc6336400 | i % 8;

		icmp4(four, k, 5, 1, 0x0a000009 | k << 8, dst);
		icmp4(four, k, 3, 4, 600 + i % 64, 0x0a000002 | k << 8);
		icmp4(four, k, 3, 3, 0, 0x0a000002 | k << 8);
		q.length = too_big(b, k, i);
		(void)tdi_call(six, TDI_SEND_DATAGRAM, &q);
		q.length = advertisement(b, i);
		memcpy(q.remote.ip, all, 16);
		(void)tdi_call(six, TDI_SEND_DATAGRAM, &q);
		ke_sleep(i % 16 ? MS / 2 : 700 * MS);
	}
	io_close(four);
	io_close(six);
}

/* --- what is heard on a link ------------------------------------------------------------------- */

static void inject(struct end *e, const u8 *frame, u32 n)
{
	bool fits;

	ke_latch(&e->latch);
	fits = e->up && e->head - e->tail < RING;
	if (fits) {
		u32 i = e->head++ % RING;

		memcpy(e->frame[i], frame, n);
		e->len[i] = n;
	}
	ke_unlatch(&e->latch);
	if (fits)
		(void)ex_interrupt(e->x, &e->dpc, NULL, NULL);
}

/* Neighbours beyond what the caches hold ask for a's address, and one says that it
 * has moved. */
static void arp(struct end *e, u32 link, u32 i)
{
	u8 f[60] = { 2, 0, 0, 0, (u8)link, 1, 2, 0, 1, 0, (u8)i, 3, 8, 6, 0, 1,
		     8, 0, 6, 4, 0, (u8)(1 + (i & 1)) };

	memcpy(f + 22, f + 6, 6);
	put(f + 28, 0x0a000000 | link << 8 | (10 + i / 2 % 240), 4);
	memcpy(f + 32, f, 6);
	put(f + 38, 0x0a000001 | link << 8, 4);
	inject(e, f, 42);
}

static void igmp(struct end *e, u32 link, u32 i)
{
	u8 f[60] = { 1, 0, 0x5e, 0, 0, 1, 2, 0, 1, 0, 0, 9, 8, 0, 0x45, 0, 0,
		     28, 0, 1, 0, 0, 1, 2, 0, 0, 10, 0, (u8)link, 9, 224, 0,
		     0, 1, 0x11, (u8)(i % 3) };

	net_sum_ip(f);
	net_put16(f + 36, net_sum(f + 34, 8, 0));
	inject(e, f, 42);
}

/* The message at f + at, behind addresses that are in place (RFC 8200 8.1). */
static void inject6(struct end *e, u8 *f, u32 at, u32 n)
{
	u8 pseudo[40] = { [39] = 58 };
	u32 sum = 0;

	memcpy(pseudo, f + 22, 32);
	net_put16(pseudo + 34, (u16)(n - at));
	for (u32 i = 0; i < 40; i += 2)
		sum += (u32)pseudo[i] << 8 | pseudo[i + 1];
	net_put16(f + at + 2, net_sum(f + at, n - at, sum));
	inject(e, f, n);
}

static void begin6(u8 *f, u32 link, u32 length, u8 next, u8 hops, u32 from)
{
	struct tdi_address own = at(true, link, 0, 0);

	put(f, 0x02000000 | link >> 8, 4);
	put(f + 4, link << 8 | 1, 2);
	put(f + 6, 0x02000100, 4);
	put(f + 10, (from & 0xff) << 8 | 3, 2);
	put(f + 12, 0x86dd, 2);
	put(f + 14, 0x60000000, 4);
	put(f + 18, length, 2);
	f[20] = next;
	f[21] = hops;
	put(f + 22, 0xfe800000, 4);
	put(f + 34, 0xff000000 | from, 4);
	memcpy(f + 38, own.ip, 16);
}

/* A solicitation for a's address, an advertisement of who solicited it. */
static void neighbours(struct end *e, u32 link, u32 i)
{
	u8 f[86] = { 0 };

	begin6(f, link, 32, 58, 255, i / 2 % 300);
	f[54] = i & 1 ? 136 : 135;
	if (i & 1)
		f[58] = 0x60;
	memcpy(f + 62, i & 1 ? f + 22 : f + 38, 16);
	f[78] = i & 1 ? 2 : 1;
	f[79] = 1;
	put(f + 80, 0x02000100 | i % 7, 4);
	inject6(e, f, 54, sizeof(f));
}

static void mld(struct end *e, u32 link, u32 i)
{
	static const u8 all[16] = { 0xff, 2, [15] = 1 };
	static const u8 alert[8] = { 58, 0, 5, 2, 0, 0, 1, 0 };
	u8 f[90] = { 0 };
	u32 n = i & 1 ? 28 : 24;

	begin6(f, link, 8 + n, 0, 1, 9);
	memcpy(f + 38, all, 16);
	put(f, 0x33330000, 4);
	put(f + 4, 1, 2);
	memcpy(f + 54, alert, 8);
	f[62] = 130;
	put(f + 66, 100, 2);
	inject6(e, f, 62, 62 + n);
}

static void speaks(void *ctx)
{
	struct worker *w = ctx;
	struct race *r = w->r;
	struct end *e = &r->end[0][w->link];

	for (u32 i = 0; KE_GET(&r->left); i++) {
		arp(e, w->link, i);
		neighbours(e, w->link, i);
		if (!(i % 8)) {
			igmp(e, w->link, i / 8);
			mld(e, w->link, i / 8);
		}
		ke_sleep((i + 1) % 640 ? STEP : 40000 * MS);
	}
}

/* --- who looks -------------------------------------------------------------------------------- */

static void looks(void *ctx)
{
	static const char *const device[2] = { "\\Device\\Tcp",
					       "\\Device\\Tcp6" };
	struct worker *w = ctx;
	struct ex *x = w->r->x[w->machine];
	struct net_asked *q = ex_alloc_zero(x, EX_NONPAGED, sizeof(*q), 1);
	struct inet_row *rows = ex_alloc_zero(x, EX_NONPAGED,
					      ROWS * sizeof(*rows), 1);

	for (u32 i = 0; KE_GET(&w->r->left); i++) {
		*q = (struct net_asked){ .x = x, .device = device[i & 1] };
		q->a.table = (enum inet_table)(i / 2 % (INET_ADDRESSES + 1));
		q->a.row = rows;
		q->a.room = ROWS;
		net_ask(q);
		want(w->r, q->a.n <= ROWS && q->a.n <= q->a.total);
		if (q->a.table == INET_NEIGHBOURS && !w->machine &&
		    q->a.total > w->r->most[i & 1])
			w->r->most[i & 1] = q->a.total;
		(void)KE_ADD(&w->r->tables, 1);
		(void)KE_ADD(&w->r->rows, q->a.n);
		ke_sleep(i % 16 ? 3 * STEP : 500 * MS);
	}
	ex_free_pool(x, rows, 1);
	ex_free_pool(x, q, 1);
}

/* --- all of it --------------------------------------------------------------------------------- */

static void start(struct race *r, struct worker *w)
{
	static const struct {
		const char *name;
		ke_thread_fn *fn;
		u32 machine;
		bool last;           /* on the last link, else on the first */
	} others[] = {
		{ "opens", opens_and_closes, 0, true },
		{ "opens", opens_and_closes, 1, false },
		{ "plugs", plugs, 0, true },
		{ "routes", routes, 1, true },
		{ "speaks", speaks, 1, true },
		{ "speaks", speaks, 1, false },
		{ "looks", looks, 0, false },
		{ "looks", looks, 1, false },
	};

	r->left = 2 * r->cpus;
	for (u32 i = 0; i < 2; i++)
		for (u32 k = 0; k < r->cpus; k++) {
			*w = (struct worker){ .r = r, .machine = i, .link = k };
			thread_of(r->x[i], "sends", sends, w);
			w++;
		}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		*w = (struct worker){ .r = r, .machine = others[i].machine,
				      .link = others[i].last ? r->cpus - 1 : 0 };
		thread_of(r->x[w->machine], others[i].name, others[i].fn, w);
		w++;
	}
}

static void race(u64 seed, unsigned cpus)
{
	static struct race r;
	static struct worker w[2 * LINKS + 8];

	memset(&r, 0, sizeof(r));
	open_all(&r, seed, cpus);
	start(&r, w);
	if (sched_run(r.s, NULL, NULL) != EX_IDLE) {
		TEST_FAIL("seed %llu, %u CPUs: %s %s",
			  (unsigned long long)seed, cpus,
			  ex_stop_text(r.x[0]) ? ex_stop_text(r.x[0]) : "",
			  ex_stop_text(r.x[1]) ? ex_stop_text(r.x[1]) : "");
		return;
	}
	CHECK_EQ(r.left, 0);
	CHECK_EQ(r.failed, 0);
	CHECK_EQ(r.bad, 0);
	CHECK_EQ(r.late, 0);
	/* Of the first link nothing goes: both of each round, of both. */
	CHECK(r.got[0] >= 2 * 2 * ROUNDS);
	CHECK(r.errors > 0);
	CHECK(r.tables > 0 && r.rows > r.tables);
	/* Two links fill the caches to their caps of 256; what was of the one that
	 * went is not there any more. */
	for (int i = 0; i < 2; i++)
		CHECK(r.most[i] > 100 && r.most[i] <= 256);
	if (test_.bad)
		printf("seed %llu, %u CPUs: got %u, errors %u, late %u, bad %u, rows %u most %u %u\n",
		       (unsigned long long)seed, cpus, r.got[0], r.errors,
		       r.late, r.bad, r.rows, r.most[0], r.most[1]);
	close_all(&r);
}

static void all_at_once(void)
{
	u32 seeds = getenv("NTR_LONG") ? LONG : SEEDS;

	for (u64 seed = 1; seed <= seeds && !test_.bad; seed++)
		race(seed, 2 + (unsigned)seed % 3);
}

int main(void)
{
	RUN(all_at_once);
	return test_done();
}
