// SPDX-License-Identifier: Apache-2.0
#include "host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVERS_MAX 16
#define FRAMES_MAX 65536u            /* that nobody has taken from the wire */

const u8 host_outside[6] = { 2, 0, 0, 0, 0, 0xfe };

struct frame {
	struct frame *next;
	u64 when;
	u32 n;
	u8 b[];
};

struct link {                        /* of two hosts; freed with the second */
	struct nic_pair *pair;
	unsigned refs;
};

struct host {
	struct ex *x;
	struct ndis_adapter_info info;
	char name[32];
	struct nic_wire *wire;
	struct nic_tap *tap;
	struct link *link;
	unsigned end;                /* which of the link's */
	bool answers;                /* ARP and neighbour discovery */
	struct frame *head, *tail;
	u32 frames;
	struct nic_capture *capture;
	struct io_driver *driver[DRIVERS_MAX];
	unsigned ndrivers;
	struct ke_latch calling;     /* of calls: threads of the machine call, too */
	struct host_call *calls;
	struct tdi_address address[2]; /* the first of IPv4 and of IPv6 */
	char why[512];               /* the machine's last line */
};

/* --- the wire ----------------------------------------------------------------------- */

/* Who has target? The outside, unless the machine asks for itself (RFC 5227:
 * a probe has no sender, an announcement asks for its own address). */
static void answer_arp(struct host *h, const u8 *f)
{
	static const u8 zero[4];
	u8 a[42];

	if (f[20] != 0 || f[21] != 1 || !memcmp(f + 28, zero, 4) ||
	    !memcmp(f + 28, f + 38, 4))
		return;
	memcpy(a, f + 6, 6);
	memcpy(a + 6, host_outside, 6);
	memcpy(a + 12, f + 12, 8);
	a[20] = 0;
	a[21] = 2;
	memcpy(a + 22, host_outside, 6);
	memcpy(a + 28, f + 38, 4);
	memcpy(a + 32, f + 22, 10);
	(void)nic_wire_inject(h->wire, a, sizeof(a));
}

/* The checksum of an ICMPv6 message m, with its pseudo-header (RFC 8200 8.1). */
static void sum_icmp6(u8 *ip, u8 *m, u32 n)
{
	u8 tail[8] = { 0, 0, (u8)(n >> 8), (u8)n, 0, 0, 0, 58 };
	u16 sum;

	m[2] = m[3] = 0;
	sum = ndis_fold(ndis_sum(m, n, ndis_sum(tail, 8,
						ndis_sum(ip + 8, 32, 0))));
	memcpy(m + 2, &sum, 2);
}

/* A neighbour solicitation that is no probe (RFC 4861 7.2.4). */
static void answer_neighbour(struct host *h, const u8 *f, u32 n)
{
	static const u8 any[16];
	u8 a[86] = { 0 };

	if (n < 78 || f[20] != 58 || f[54] != 135 || !memcmp(f + 22, any, 16))
		return;
	memcpy(a, f + 6, 6);
	memcpy(a + 6, host_outside, 6);
	a[12] = 0x86;
	a[13] = 0xdd;
	a[14] = 0x60;
	a[19] = 32;
	a[20] = 58;
	a[21] = 255;
	memcpy(a + 22, f + 62, 16);
	memcpy(a + 38, f + 22, 16);
	a[54] = 136;
	a[58] = 0x60;                /* solicited, override */
	memcpy(a + 62, f + 62, 16);
	a[78] = 2;
	a[79] = 1;
	memcpy(a + 80, host_outside, 6);
	sum_icmp6(a + 14, a + 54, 32);
	(void)nic_wire_inject(h->wire, a, sizeof(a));
}

static void wire_out(void *ctx, const u8 *b, u32 n, u64 when)
{
	struct host *h = ctx;
	struct frame *f;

	if (h->capture)
		nic_capture_frame(h->capture, when, b, n);
	if (h->answers && n >= 42 && b[12] == 8 && b[13] == 6)
		answer_arp(h, b);
	if (h->answers && n >= 62 && b[12] == 0x86 && b[13] == 0xdd)
		answer_neighbour(h, b, n);
	if (h->frames >= FRAMES_MAX || !(f = malloc(sizeof(*f) + n)))
		return;
	f->next = NULL;
	f->when = when;
	f->n = n;
	memcpy(f->b, b, n);
	if (h->tail)
		h->tail->next = f;
	else
		h->head = f;
	h->tail = f;
	h->frames++;
}

bool host_inject_frame(struct host *h, const void *frame, size_t n)
{
	if (!h->wire || n > UINT32_MAX)
		return false;
	if (h->capture)
		nic_capture_frame(h->capture, ex_now(h->x), frame, (u32)n);
	return nic_wire_inject(h->wire, frame, (u32)n);
}

/* Where a frame with this IP packet goes to. */
static void mac_of(const struct host *h, const u8 *p, size_t n, u8 *mac)
{
	static const u8 all[6] = { 255, 255, 255, 255, 255, 255 };

	memcpy(mac, h->info.address, 6);
	if (p[0] >> 4 == 4 && n >= 20) {
		if (!memcmp(p + 16, all, 4))
			memcpy(mac, all, 6);
		if (p[16] >> 4 == 0xe)
			memcpy(mac, (u8[]){ 1, 0, 0x5e, p[17] & 0x7f, p[18],
					    p[19] }, 6);
	} else if (p[0] >> 4 == 6 && n >= 40 && p[24] == 0xff) {
		memcpy(mac, (u8[]){ 0x33, 0x33, p[36], p[37], p[38], p[39] },
		       6);
	}
}

bool host_inject(struct host *h, const void *packet, size_t n)
{
	const u8 *p = packet;
	u8 *f = n && n <= 65535 ? malloc(n + 14) : NULL;
	bool ok;

	if (!f)
		return false;
	mac_of(h, p, n, f);
	memcpy(f + 6, host_outside, 6);
	f[12] = p[0] >> 4 == 6 ? 0x86 : 8;
	f[13] = p[0] >> 4 == 6 ? 0xdd : 0;
	memcpy(f + 14, p, n);
	ok = host_inject_frame(h, f, n + 14);
	free(f);
	return ok;
}

size_t host_extract_frame(struct host *h, void *frame, size_t room, u64 *when)
{
	struct frame *f = h->head;
	size_t n;

	if (!f)
		return 0;
	h->head = f->next;
	if (!h->head)
		h->tail = NULL;
	h->frames--;
	n = f->n < room ? f->n : room;
	memcpy(frame, f->b, n);
	if (when)
		*when = f->when;
	free(f);
	return n;
}

static bool is_ip(const struct frame *f)
{
	return f->n > 14 && ((f->b[12] == 8 && f->b[13] == 0) ||
			     (f->b[12] == 0x86 && f->b[13] == 0xdd));
}

/* Frames of other protocols before it are gone then. */
static bool has_packet(void *ctx)
{
	struct host *h = ctx;
	u8 drop;

	while (h->head && !is_ip(h->head))
		(void)host_extract_frame(h, &drop, 0, NULL);
	return h->head;
}

size_t host_extract(struct host *h, void *packet, size_t room, u64 *when)
{
	if (!has_packet(h))
		return 0;
	h->head->n -= 14;
	memmove(h->head->b, h->head->b + 14, h->head->n);
	return host_extract_frame(h, packet, room, when);
}

void host_capture(struct host *h, struct nic_capture *c)
{
	h->capture = c;
	if (h->link)
		nic_pair_capture(h->link->pair, c);
}

/* --- links ---------------------------------------------------------------------------- */

bool host_link(struct host *a, struct host *b, const struct nic_pair_config *c)
{
	static const struct nic_pair_config perfect;
	struct link *l;

	if (a->link || b->link || a->wire || b->wire || a->tap || b->tap)
		return false;
	l = calloc(1, sizeof(*l));
	if (!l)
		return false;
	l->pair = nic_pair_new(a->x, &a->info, b->x, &b->info,
			       c ? c : &perfect);
	if (!l->pair) {
		free(l);
		return false;
	}
	l->refs = 2;
	a->link = b->link = l;
	b->end = 1;
	return true;
}

const struct nic_pair_counters *host_link_counters(const struct host *h)
{
	return h->link ? nic_pair_counters(h->link->pair, h->end) : NULL;
}

static void unlink_host(struct host *h)
{
	if (!h->link || --h->link->refs)
		return;
	nic_pair_free(h->link->pair);
	free(h->link);
}

/* --- calls -------------------------------------------------------------------------------- */

struct host_call {
	struct host_call *next;
	struct host *h;
	void (*fn)(void *ctx);
	void *ctx;
	bool done;
};

static void call_thread(void *context)
{
	struct host_call *c = context;

	c->fn(c->ctx);
	KE_SET(&c->done, true);
}

struct host_call *host_call(struct host *h, const char *name,
			    void (*fn)(void *ctx), void *ctx)
{
	struct host_call *c = calloc(1, sizeof(*c));
	struct ke_thread *t;

	if (!c)
		return NULL;
	c->fn = fn;
	c->ctx = ctx;
	t = ke_thread_create(h->x, name, 8, call_thread, c);
	if (!t) {
		free(c);
		return NULL;
	}
	ke_thread_put(t);
	c->h = h;
	ke_latch(&h->calling);
	c->next = h->calls;
	h->calls = c;
	ke_unlatch(&h->calling);
	return c;
}

bool host_done(const struct host_call *c)
{
	return KE_GET(&c->done);
}

/* One that is still waiting goes on; its memory is kept as long as the host. */
void host_call_free(struct host_call *c)
{
	struct host_call **at;

	if (!c || !host_done(c))
		return;
	ke_latch(&c->h->calling);
	at = &c->h->calls;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	ke_unlatch(&c->h->calling);
	free(c);
}

/* --- an outer clock --------------------------------------------------------------------- */

/* What is due next is done. false: it would be later than until_ns, to which the
 * clock goes, or than the scheduler's own end. */
static bool step(struct host *h, u64 until_ns)
{
	struct sched *s = ex_sched(h->x);
	u64 next = sched_next_timer(s);

	if (ex_stopped(h->x))
		return false;
	if (sched_run_to(s, next < until_ns ? next : until_ns) == EX_STOPPED)
		return false;
	return next <= until_ns;
}

/* First what can go on at once; without a limit, as long as anything goes on. */
static void run_until(struct host *h, u64 until_ns, bool (*is)(void *ctx),
		      void *ctx)
{
	struct sched *s = ex_sched(h->x);

	(void)sched_run_to(s, sched_now(s));
	if (until_ns == UINT64_MAX && !is(ctx))
		(void)sched_run(s, is, ctx);
	while (until_ns != UINT64_MAX && !is(ctx) && step(h, until_ns))
		;
}

static bool is_done(void *ctx)
{
	return host_done(ctx);
}

bool host_wait(struct host_call *c, u64 until_ns)
{
	run_until(c->h, until_ns, is_done, c);
	return host_done(c);
}

size_t host_receive(struct host *h, void *packet, size_t room, u64 until_ns,
		    u64 *when)
{
	run_until(h, until_ns, has_packet, h);
	return host_extract(h, packet, room, when);
}

/* --- making one ------------------------------------------------------------------------ */

static bool open_interface(struct host *h, const struct host_interface *i,
			   char *why, size_t size)
{
	snprintf(h->name, sizeof(h->name), "%s", i->name ? i->name : "");
	h->info = (struct ndis_adapter_info){ .name = h->name,
		.max_frame = i->mtu ? i->mtu : 1500, .link_bps_100 = 10000000 };
	memcpy(h->info.address, i->mac, 6);
	h->answers = !i->frames;
	if (!i->name || i->link)
		return true;
	if (i->tap) {
		h->tap = nic_tap_new(h->x, &h->info, i->tap, i->offloads, why,
				     size);
		return h->tap;
	}
	h->wire = nic_wire_new(h->x, &h->info, wire_out, h);
	if (!h->wire)
		snprintf(why, size, "no memory for an adapter");
	return h->wire;
}

/* Words of a driver's options, as long as there is room. */
struct words {
	char text[1024];
	size_t n;
};

static void word(struct words *w, const char *key, const char *value)
{
	int n;

	if (!value)
		return;
	n = snprintf(w->text + w->n, sizeof(w->text) - w->n, "%s%s=%s",
		     w->n ? " " : "", key, value);
	if (n > 0 && w->n + (size_t)n < sizeof(w->text))
		w->n += (size_t)n;
}

static void more_words(struct words *w, const char *text)
{
	int n = text ? snprintf(w->text + w->n, sizeof(w->text) - w->n, " %s",
				text) : 0;

	if (n > 0 && w->n + (size_t)n < sizeof(w->text))
		w->n += (size_t)n;
}

/* netbt's own address, and where everybody on its network hears of a name. */
static void netbios_words(const struct host_config *c, struct words *w)
{
	const char *ip4 = c->interface.name ? c->interface.ip4[0] : NULL;
	const u8 *m = c->interface.mac;
	unsigned b[4], bits;
	char text[24];
	u32 rest, all;

	if (!ip4 || sscanf(ip4, "%u.%u.%u.%u/%u", &b[0], &b[1], &b[2], &b[3],
			   &bits) != 5 || bits < 1 || bits > 32)
		return;      /* tcpip has refused it, or will */
	rest = (u32)((UINT64_C(1) << (32 - bits)) - 1);
	all = (b[0] & 255) << 24 | (b[1] & 255) << 16 | (b[2] & 255) << 8 |
	      (b[3] & 255);
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(ip4, "/"), ip4);
	word(w, "ip", text);
	all = bits < 31 ? all | rest : UINT32_MAX; /* RFC 3021: has none */
	snprintf(text, sizeof(text), "%u.%u.%u.%u", all >> 24, all >> 16 & 255,
		 all >> 8 & 255, all & 255);
	word(w, "broadcast", text);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0],
		 m[1], m[2], m[3], m[4], m[5]);
	word(w, "mac", text);
	snprintf(text, sizeof(text), "%u", c->netbios_keepalive);
	if (c->netbios_keepalive)
		word(w, "keepalive", text);
}

static void options_of(const struct host_config *c, const char *driver,
		       struct words *w)
{
	static const char *const as[] = { [HOST_NT4] = "nt4",
					  [HOST_NT5] = "nt5",
					  [HOST_MODERN] = "modern" };
	const struct host_interface *i = &c->interface;
	bool six = !strncmp(driver, "tcpip6", 6);

	*w = (struct words){ .n = 0 };
	if (!strncmp(driver, "tcpip", 5)) {
		word(w, "personality", as[c->personality]);
		for (unsigned k = 0; i->name && k < 4; k++)
			word(w, "ip", six ? i->ip6[k] : i->ip4[k]);
		if (i->name)
			word(w, "gw", six ? i->gateway6 : i->gateway4);
		if (six)
			word(w, "autoconf", i->slaac ? "1" : "0");
		more_words(w, c->tcpip_options);
	} else if (!strncmp(driver, "netbt", 5)) {
		netbios_words(c, w);
	} else if (!strncmp(driver, "srv", 3)) {
		word(w, "name", c->netbios_name);
	}
}

static void keep_line(void *ctx, const char *line)
{
	struct host *h = ctx;

	snprintf(h->why, sizeof(h->why), "%s", line);
}

static bool load(struct host *h, const struct host_config *c, const char *name,
		 char *why, size_t size)
{
	struct words w;
	enum ex_status st = EX_INSUFFICIENT_RESOURCES;

	options_of(c, name, &w);
	h->why[0] = 0;
	if (h->ndrivers < DRIVERS_MAX)
		st = io_load(h->x, name, w.text, &h->driver[h->ndrivers]);
	if (!ex_failed(st)) {
		h->ndrivers++;
		return true;
	}
	snprintf(why, size, "driver %s (options \"%s\"): %s%s%s", name, w.text,
		 ex_status_name(st), h->why[0] ? ": " : "", h->why);
	return false;
}

static bool load_all(struct host *h, const struct host_config *c, char *why,
		     size_t size)
{
	static const char *const usual[] = { "tcpip", "tcpip6", "afd", NULL };

	for (const char *const *d = c->drivers ? c->drivers : usual; *d; d++)
		if (!load(h, c, *d, why, size))
			return false;
	return !c->netbios_name || (load(h, c, "netbt", why, size) &&
				    load(h, c, "srv", why, size));
}

static void keep_address(struct host *h, int family, const char *text)
{
	struct tdi_address *a = &h->address[family == 6];
	char ip[INET6_ADDRSTRLEN];

	snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(text, "/"), text);
	a->family = (u8)family;
	(void)inet_pton(family == 6 ? AF_INET6 : AF_INET, ip, a->ip);
}

#define AWAIT_EVERY UINT64_C(1000000) /* ns */
#define AWAIT_TIMES 1000

/* A driver asks its adapter before it has addresses, and loading does not wait for
 * that.  Live, another CPU may be at it still; in simulation the script or the
 * workload says when it begins. */
static void await_address(void *ctx)
{
	struct host *h = ctx;
	struct sk *s;

	for (int i = 0; i < AWAIT_TIMES; i++) {
		int e = sk_socket(h->x, AF_INET, SOCK_DGRAM, 0, &s);

		if (e)               /* without afd there is nobody to wait */
			return;
		e = sk_bind(s, &h->address[0]);
		sk_close(s);
		if (e != -EADDRNOTAVAIL)
			return;
		ke_sleep(AWAIT_EVERY);
	}
}

struct host *host_new(const struct host_config *c, struct sched *s, char *why,
		      size_t why_size)
{
	struct host *h = calloc(1, sizeof(*h));

	if (h)
		h->x = ex_new(&c->ex, s);
	if (!h || !h->x) {
		snprintf(why, why_size, "no memory for a machine");
		free(h);
		return NULL;
	}
	ex_log_to(h->x, keep_line, h);
	keep_address(h, 4, c->interface.name && c->interface.ip4[0] ?
			   c->interface.ip4[0] : "127.0.0.1");
	keep_address(h, 6, c->interface.name && c->interface.ip6[0] ?
			   c->interface.ip6[0] : "::1");
	if (c->driver_path)
		io_driver_path(h->x, c->driver_path);
	for (const struct io_driver_info *const *b = c->builtin; b && *b; b++)
		io_builtin(h->x, *b);
	if (open_interface(h, &c->interface, why, why_size) &&
	    load_all(h, c, why, why_size)) {
		if (sched_is_live(s) && c->interface.ip4[0])
			(void)ex_call(h->x, await_address, h);
		return h;
	}
	host_free(h);
	return NULL;
}

static void remove_adapter(void *ctx)
{
	struct host *h = ctx;
	struct ndis_adapter *a = h->wire ? nic_wire_adapter(h->wire) :
				 h->link ? nic_pair_adapter(h->link->pair,
							    h->end) : NULL;

	if (a)
		ndis_remove(a);
}

bool host_stop(struct host *h)
{
	bool ok = true;

	while (h->ndrivers && !ex_stopped(h->x))
		ok &= !ex_failed(io_unload(h->driver[--h->ndrivers]));
	if (!ex_stopped(h->x))
		(void)ex_call(h->x, remove_adapter, h);
	return ok && !h->ndrivers;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	/* Live, nothing says that what has files open will ever close them. */
	if (!h->tap)
		(void)host_stop(h);
	ex_free(h->x);
	nic_wire_free(h->wire);
	nic_tap_free(h->tap);
	unlink_host(h);
	while (h->calls) {
		struct host_call *c = h->calls;

		h->calls = c->next;
		free(c);
	}
	while (h->head) {
		struct frame *f = h->head;

		h->head = f->next;
		free(f);
	}
	free(h);
}

struct ex *host_machine(struct host *h)
{
	return h->x;
}

const struct tdi_address *host_address(struct host *h, int family, u16 port)
{
	struct tdi_address *a = &h->address[family == 6];

	a->port = port;
	return a;
}
