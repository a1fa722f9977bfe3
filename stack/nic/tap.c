// SPDX-License-Identifier: Apache-2.0
/*
 * A TAP device of the host: frames by read() and write(), with offloads behind
 * a virtio-net header (Linux: Documentation/networking/tuntap; the header is
 * that of the virtio specification, 5.1.6.1).
 *
 * Live scheduling only: the device's descriptor is watched, and read in a DPC
 * of CPU 0 until it would block or a batch is full; then threads have their turn
 * before the next, so that who sends fast cannot keep them from taking it.
 * A device that is taken away is a cable that is: it is watched no more.
 *
 * Frames are written by all CPUs at once, each with what it has on its own stacks:
 * the device's queue is the kernel's to guard.  What is read into is CPU 0's.
 */
#include "../sched/sched.h"
#include "../ndis/gate.h"
#include "nic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define BATCH 64u
#define TAGGED_HEADER 18u
#define REST 65536u
#define VNET_HEADER 10u
#define GSO_TCPV4 1u
#define GSO_TCPV6 4u
#define NEEDS_CSUM 1u
#define DATA_VALID 2u

struct nic_tap {
	struct sched *s;         /* set before it is watched, as the next three */
	int fd;
	bool offloads;
	u32 room;                /* of `packet`: a frame of the MTU */
	struct gate gate;    /* its DPC is at work */
	struct ndis_adapter *adapter; /* the DPC has it by KE_GET() */
	struct ndis_packet *packet; /* the DPC's, as the next */
	struct ndis_buffer *rest;
};

/* --- in --------------------------------------------------------------------------- */

/*
 * A frame goes to where it stays: the first bytes into a packet that is made
 * ahead, with offloads the rest into a large buffer that is.  What would waste
 * most of either is copied to one of its size.
 */
struct reading {
	struct nic_tap *t;
	u8 header[VNET_HEADER];
	ssize_t n;
	int error;
};

static void read_frame(void *ctx)
{
	struct reading *r = ctx;
	struct nic_tap *t = r->t;
	struct ndis_buffer *b = t->packet->head;
	struct iovec v[] = { { r->header, VNET_HEADER }, { b->data, b->length },
			     { t->rest ? t->rest->data : NULL, REST } };

	do
		r->n = t->offloads ? readv(t->fd, v, 3) :
				     read(t->fd, b->data, b->length);
	while (r->n < 0 && errno == EINTR);
	r->error = r->n < 0 ? errno : 0;
}

/* Nowhere to have it: it is lost, as with any card. */
static void lose_frame(void *ctx)
{
	struct reading *r = ctx;

	r->n = read(r->t->fd, r->header, sizeof(r->header));
}

/* The first bytes, n of them. NULL: no memory. */
static struct ndis_packet *first_bytes(struct nic_tap *t, u32 n)
{
	struct ex *x = ndis_machine(t->adapter);
	struct ndis_packet *p = t->packet;

	if (n <= t->room / 4) {
		p = ndis_packet_new(x, 0, n);
		if (p)
			memcpy(p->head->data, t->packet->head->data, n);
		return p;
	}
	t->packet = NULL;
	ndis_packet_trim(p, n);
	return p;
}

static bool add_rest(struct nic_tap *t, struct ndis_packet *p, u32 n)
{
	struct ndis_buffer *b = t->rest;

	if (n <= REST / 4) {
		b = ndis_buffer_new(ndis_machine(t->adapter), 0, n);
		if (!b)
			return false;
		memcpy(b->data, t->rest->data, n);
	} else {
		t->rest = NULL;
	}
	b->length = n;
	ndis_packet_append(p, b);
	return true;
}

static bool ready(struct nic_tap *t)
{
	struct ex *x = ndis_machine(t->adapter);

	if (!t->packet)
		t->packet = ndis_packet_new(x, 0, t->room);
	if (!t->rest && t->offloads)
		t->rest = ndis_buffer_new(x, 0, REST);
	return t->packet && (t->rest || !t->offloads);
}

static u16 le16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static void of_header(const u8 *h, struct ndis_packet *p)
{
	if (h[0] & (NEEDS_CSUM | DATA_VALID))
		p->flags |= NDIS_CSUM_L4_OK;
	if (h[1] && le16(h + 4)) {
		p->flags |= NDIS_RSC;
		p->mss = le16(h + 4);
	}
}

/* EBADFD, by Linux's drivers/net/tun.c; its descriptor would be readable for
 * ever. */
static void device_gone(struct nic_tap *t)
{
	sched_unwatch(t->s, t->fd);
	ex_log(ndis_machine(t->adapter), "tap: %s: the device is gone",
	       ndis_info(t->adapter)->name);
	ndis_link(t->adapter, false);
}

/* false: there is none. */
static bool one(struct nic_tap *t)
{
	struct reading r = { .t = t, .n = -1 };
	u32 skip = t->offloads ? VNET_HEADER : 0, n, first;
	struct ndis_packet *p;

	if (!ready(t)) {
		ex_on_host(lose_frame, &r);
		return r.n > 0;
	}
	ex_on_host(read_frame, &r);
	if (r.error == EBADFD || r.error == ENODEV)
		device_gone(t);
	if (r.n <= (ssize_t)skip)
		return false;
	n = (u32)r.n - skip;
	first = n < t->room ? n : t->room;
	p = first_bytes(t, first);
	if (p && n > first && !add_rest(t, p, n - first)) {
		ndis_packet_put(p);
		p = NULL;
	}
	if (!p)
		return true;
	if (t->offloads)
		of_header(r.header, p);
	p->when = ex_tick(p->x);
	ndis_indicate_packet(t->adapter, p);
	return true;
}

static void readable(void *context)
{
	struct nic_tap *t = context;
	unsigned n = 0;

	if (!gate_enter(&t->gate))
		return;
	if (KE_GET(&t->adapter)) {
		while (!gate_is_shut(&t->gate) && n < BATCH && one(t))
			n++;
		if (n)
			ndis_indicate_complete(t->adapter);
	}
	gate_leave(&t->gate);
}

/* --- out -------------------------------------------------------------------------- */

#define PIECES 32u
#define FLAT 2048u                   /* a frame that is written as one */

struct writing {
	int fd;
	const struct ndis_packet *p; /* to be copied; NULL: it is in v */
	struct iovec v[PIECES];
	u32 n;
	ssize_t done;
};

static void write_frame(void *ctx)
{
	struct writing *w = ctx;
	struct iovec *v = w->v;
	u8 flat[FLAT];               /* of the host's stack */

	if (w->p) {
		(void)ndis_packet_copy(w->p, 0, flat, w->p->length);
		v[w->n++] = (struct iovec){ flat, w->p->length };
	}
	do
		w->done = w->n == 1 ? write(w->fd, v->iov_base, v->iov_len) :
				      writev(w->fd, v, (int)w->n);
	while (w->done < 0 && errno == EINTR);
}

static void put_le16(u8 *p, u32 v)
{
	p[0] = (u8)v;
	p[1] = (u8)(v >> 8);
}

/* 5.1.6.2: what the other end has to do. */
static void to_header(const struct ndis_packet *p, u8 h[VNET_HEADER])
{
	u8 ip[2] = { 0 };

	memset(h, 0, VNET_HEADER);
	if (p->flags & (NDIS_CSUM_L4_DO | NDIS_LSO)) {
		h[0] = NEEDS_CSUM;
		put_le16(h + 6, p->csum_start);
		put_le16(h + 8, p->csum_offset);
	}
	if (!(p->flags & NDIS_LSO))
		return;
	(void)ndis_packet_copy(p, 12, ip, 2);
	h[1] = ip[0] == 0x86 ? GSO_TCPV6 : GSO_TCPV4;
	/* Of MAC, IP and TCP: at least where the sum of TCP ends. */
	put_le16(h + 2, p->csum_start + 20u);
	put_le16(h + 4, p->mss);
}

/* What follows the header. One piece of a small frame is cheaper to have copied
 * than several are for the kernel to go through. */
static bool pieces(struct nic_tap *t, struct ndis_packet *p, struct writing *w)
{
	u32 n = 0;

	for (struct ndis_buffer *b = p->head; b; b = b->next)
		n++;
	if (n > 1 && p->length <= FLAT) {
		w->p = p;
		return true;
	}
	if (n > PIECES - 1u &&
	    !ndis_packet_flat(ndis_machine(t->adapter), p, p->length))
		return false;
	for (struct ndis_buffer *b = p->head; b; b = b->next)
		if (b->length)
			w->v[w->n++] = (struct iovec){ b->data, b->length };
	return true;
}

static enum ex_status tap_send(struct ndis_adapter *a, struct ndis_packet *p)
{
	struct nic_tap *t = ndis_context(a);
	u8 header[VNET_HEADER];
	struct writing w;

	w.fd = t->fd;
	w.p = NULL;
	w.n = 0;
	if (t->offloads) {
		to_header(p, header);
		w.v[w.n++] = (struct iovec){ header, sizeof(header) };
	}
	if (!pieces(t, p, &w))
		return EX_INSUFFICIENT_RESOURCES;
	ex_on_host(write_frame, &w);
	return w.done < 0 ? EX_DEVICE_BUSY : EX_SUCCESS;
}

static enum ex_status request(struct ndis_adapter *a, struct ndis_request *r)
{
	return ndis_answer(a, r);
}

static void halt(struct ndis_adapter *a)
{
	struct nic_tap *t = ndis_context(a);
	struct ex *x = ndis_machine(a);

	sched_unwatch(t->s, t->fd);
	gate_shut(&t->gate);         /* its DPC is on another CPU */
	KE_SET(&t->adapter, NULL);
	if (t->packet)
		ndis_packet_put(t->packet);
	if (t->rest)
		ndis_buffer_free(x, t->rest);
	t->packet = NULL;
	t->rest = NULL;
}

static const struct ndis_miniport miniport = {
	.name = "tap", .send = tap_send, .request = request, .halt = halt,
};

/* --- opening ---------------------------------------------------------------------- */

static int open_device(const char *device, bool offloads, char *why,
		       size_t why_size)
{
	/* A device that outlives its program keeps what was last said. */
	unsigned features = offloads ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	if (strlen(device) >= sizeof(r.ifr_name)) {
		snprintf(why, why_size, "\"%.40s\" is no name of a device",
			 device);
	} else if (fd < 0) {
		snprintf(why, why_size, "/dev/net/tun: %s", strerror(errno));
	} else {
		memcpy(r.ifr_name, device, strlen(device) + 1);
		if (offloads)
			r.ifr_flags |= IFF_VNET_HDR;
		if (!ioctl(fd, TUNSETIFF, &r) &&
		    !ioctl(fd, TUNSETOFFLOAD, features))
			return fd;
		snprintf(why, why_size, "%s: %s", device, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

struct nic_tap *nic_tap_new(struct ex *x, const struct ndis_adapter_info *i,
			    const char *device, bool offloads, char *why,
			    size_t why_size)
{
	struct nic_tap *t = calloc(1, sizeof(*t));
	struct ndis_adapter_info info = *i;

	if (!t) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	t->s = ex_sched(x);
	t->offloads = offloads;
	t->room = (i->max_frame < 1500 ? 1500 : i->max_frame) + TAGGED_HEADER;
	if (offloads)
		info.offloads |= NDIS_CSUM_L4_DO | NDIS_LSO;
	t->fd = open_device(device, offloads, why, why_size);
	/* What can be read before there is an adapter waits. */
	if (t->fd >= 0 && sched_watch(t->s, x, t->fd, false, readable, t)) {
		KE_SET(&t->adapter, ndis_add(x, &miniport, &info, t));
		if (t->adapter)
			return t;
		sched_unwatch(t->s, t->fd);
	}
	if (t->fd >= 0)
		snprintf(why, why_size, "%s: not a live scheduler, or out of "
			 "memory", device);
	nic_tap_free(t);
	return NULL;
}

void nic_tap_free(struct nic_tap *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}
