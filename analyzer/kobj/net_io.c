// SPDX-License-Identifier: Apache-2.0
/*
 * Requests that are with the drivers of the network stack, and file objects on
 * their devices: by the requests' stack locations, and in pool.
 *
 * A transport's file object says in FsContext2 what it is: an address, a
 * connection or a control channel (tdi.h).  In pool, a block with the tag of
 * file objects holds headers of more than one size in front of it; what has a
 * file object's Type and Size and points to one of the devices is one.
 */
#include "netstack.h"

#include "device.h"
#include "priv.h"

#include <stdio.h>
#include <string.h>

#define FILE_TAG 0x656c6946u /* "File" */
#define IO_TYPE_FILE 5u
#define MJ_INTERNAL 0x0fu
#define MAX_FRONT 0x80u      /* bytes of optional headers */

/* "TDI_SEND": of requests to transports by IRP_MJ_INTERNAL_DEVICE_CONTROL;
 * NULL: there is none of that number. */
static const char *tdi_minor_name(u8 minor)
{
	static const char *const names[] = {
		NULL, "TDI_ASSOCIATE_ADDRESS", "TDI_DISASSOCIATE_ADDRESS",
		"TDI_CONNECT", "TDI_LISTEN", "TDI_ACCEPT", "TDI_DISCONNECT",
		"TDI_SEND", "TDI_RECEIVE", "TDI_SEND_DATAGRAM",
		"TDI_RECEIVE_DATAGRAM", "TDI_SET_EVENT_HANDLER",
		"TDI_QUERY_INFORMATION", "TDI_SET_INFORMATION", "TDI_ACTION",
	};

	return minor < NTR_COUNT(names) ? names[minor] : NULL;
}

static bool is_transport(enum ntr_net_part p)
{
	return p == NTR_NET_TCPIP || p == NTR_NET_TRANSPORT ||
	       p == NTR_NET_NETBT;
}

const char *ntr_net_irp_name(const struct ntr_net_irp *p)
{
	const char *tdi = p->major == MJ_INTERNAL && is_transport(p->part) ?
			  tdi_minor_name(p->minor) : NULL;

	return tdi ? tdi : ntr_major_name(p->major);
}

const char *ntr_net_file_kind_name(enum ntr_net_file_kind k)
{
	static const char *const names[] = { NULL, "address", "connection",
					     "control channel", "endpoint" };

	return names[k];
}

struct raw_file {
	u64 device, context, context2, name;
	u16 name_bytes;
};
static const struct ntr_member members[] = {
	NTR_MEMBER(raw_file, device, "DeviceObject"),
	NTR_MEMBER_OPT(raw_file, context, "FsContext"),
	NTR_MEMBER_OPT(raw_file, context2, "FsContext2"),
	NTR_MEMBER_OPT(raw_file, name_bytes, "FileName.Length"),
	NTR_MEMBER_OPT(raw_file, name, "FileName.Buffer"),
};
enum { HAS_CONTEXT2 = 4, HAS_NAME = 3u << 3 };

struct io {
	struct ntr_net *n;
	struct ntr_bound file;
	struct { NTR_VEC(u64); } seen; /* files, sorted */
	bool has_file, lost;
	u32 header;          /* of a block of pool */
	u64 more_irps, more_files;
};

/* --- file objects -------------------------------------------------------------- */

/* False: it was there before. */
static bool first_time(struct io *s, u64 va)
{
	size_t lo = 0, hi = s->seen.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->seen.v[mid] < va)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < s->seen.n && s->seen.v[lo] == va)
		return false;
	if (!ntr_vec_add(&s->seen)) {
		s->lost = true;
		return false;
	}
	memmove(s->seen.v + lo + 1, s->seen.v + lo,
		(s->seen.n - 1 - lo) * sizeof(va));
	s->seen.v[lo] = va;
	return true;
}

static enum ntr_net_file_kind kind_of(enum ntr_net_part part, u64 context2)
{
	if (part == NTR_NET_AFD)
		return NTR_NF_ENDPOINT;
	if (!is_transport(part) || context2 < 1 || context2 > 3)
		return NTR_NF_UNKNOWN;
	return context2 == 1 ? NTR_NF_ADDRESS :
	       context2 == 2 ? NTR_NF_CONNECTION : NTR_NF_CONTROL;
}

static void take_file(struct io *s, u64 va, const struct raw_file *f, u32 have,
		      enum ntr_net_from from)
{
	const struct ntr_net_device *d;
	struct ntr_net_file *x;

	d = from == NTR_NET_POOL ? ntr_net_device_at(s->n, f->device) :
	    ntr_net_resolve(s->n, f->device, from, &s->lost);
	if (!d || !first_time(s, va))
		return;
	if (s->n->files.n >= NTR_NET_MAX_FILES) {
		s->more_files++;
		return;
	}
	x = ntr_vec_add(&s->n->files);
	s->lost |= !x;
	if (!x)
		return;
	*x = (struct ntr_net_file){ .va = va, .device = f->device,
				    .context = f->context, .from = from,
				    .context2 = f->context2, .part = d->part };
	if (have & HAS_CONTEXT2)
		x->kind = kind_of(d->part, f->context2);
	if ((have & HAS_NAME) == HAS_NAME)
		ntr_kernel_string(s->n->t, f->name, f->name_bytes, x->name,
				  sizeof(x->name));
}

static void file_at(struct io *s, u64 va, enum ntr_net_from from)
{
	struct ntr_target *t = s->n->t;
	struct raw_file f = { 0 };
	u32 have = 0;
	u16 type;

	if (!s->has_file || !ntr_kernel_va(t, va) ||
	    ntr_read_u16(t->mem, va, &type) || type != IO_TYPE_FILE ||
	    ntr_bound_read(&s->file, t->mem, va, &f, &have, NULL))
		return;
	take_file(s, va, &f, have, from);
}

static bool block(void *ctx, const struct ntr_pool_hit *h)
{
	struct io *s = ctx;
	u32 ps = s->n->t->ptr_size, least = ps == 4 ? 0x70 : 0xb8;
	u64 at = h->va + s->header + (ps == 4 ? 0x18 : 0x30);

	if (h->big || h->block.state != NTR_POOL_NONPAGED)
		return !s->lost;
	for (u32 off = 0; off <= MAX_FRONT; off += 8) {
		u64 body = at + off;
		u16 type, size;

		if (body + least > h->va + h->block.size ||
		    ntr_read_u16(s->n->t->mem, body, &type) ||
		    ntr_read_u16(s->n->t->mem, body + 2, &size))
			break;
		if (type == IO_TYPE_FILE && size >= least &&
		    body + size <= h->va + h->block.size)
			file_at(s, body, NTR_NET_POOL);
	}
	return !s->lost;
}

static void pool_files(struct io *s, struct ntr_pool *p)
{
	static const u32 tag[1] = { FILE_TAG };
	struct ntr_err why;

	s->header = p->has_form ? p->form.header : 0;
	if (ntr_pool_search(p, NTR_NONPAGED, tag, 1, block, s, &why))
		snprintf(s->n->files_why, sizeof(s->n->files_why), "only those "
			 "that requests name: %.160s", why.msg);
}

/* --- requests ---------------------------------------------------------------------- */

static void about_thread(struct ntr_target *t, struct ntr_net_irp *x)
{
	struct ntr_kthread k;

	if (!x->thread)
		return;
	ntr_kthread_read(t, x->thread, &k);
	if (k.note || !k.has_state)
		return;
	x->has_thread = true;
	memcpy(x->process, k.th.process_name, sizeof(x->process));
	x->waits = ntr_thread_blocked(&k) && k.has_waited;
	x->waited = x->waits ? k.waited : 0;
}

static void take_irp(struct io *s, const struct ntr_irp *p,
		     enum ntr_irp_from from)
{
	const struct ntr_irp_location *at = ntr_irp_current(p);
	const struct ntr_net_device *d;
	struct ntr_net_irp *x;

	if (!at || !at->read || !at->device)
		return;
	d = ntr_net_resolve(s->n, at->device, NTR_NET_IRP, &s->lost);
	if (!d)
		return;
	if (s->n->irps.n >= NTR_NET_MAX_IRPS) {
		s->more_irps++;
		return;
	}
	x = ntr_vec_add(&s->n->irps);
	s->lost |= !x;
	if (!x)
		return;
	*x = (struct ntr_net_irp){ .va = p->va, .device = d->va,
				   .thread = p->thread, .part = d->part,
				   .file = at->file ? at->file : p->file,
				   .major = at->major, .minor = at->minor,
				   .pending = at->control & 1 || p->pending,
				   .cancelled = p->cancelled, .from = from };
	about_thread(s->n->t, x);
}

static bool found(void *ctx, const struct ntr_irp *p, enum ntr_irp_from from)
{
	struct io *s = ctx;

	s->n->irps_seen++;
	take_irp(s, p, from);
	for (unsigned i = 0; i < p->n; i++)
		if (p->at[i].read && p->at[i].file)
			file_at(s, p->at[i].file, NTR_NET_IRP);
	if (p->file)
		file_at(s, p->file, NTR_NET_IRP);
	return !s->lost;
}

enum ntr_st ntr_net_io(struct ntr_net *n, struct ntr_pool *p)
{
	struct io s = { .n = n };
	struct ntr_irp_find r = { 0 };
	struct ntr_err why;
	enum ntr_st st;

	s.has_file = ntr_bind(&n->t->priv->types, "_FILE_OBJECT", members,
			      NTR_COUNT(members), &s.file, NULL) == NTR_OK;
	st = ntr_irp_find(n->t, p, found, &s, &r, &why);
	if (st && st != NTR_NOMEM)
		snprintf(n->irps_why, sizeof(n->irps_why), "%.190s", why.msg);
	else if (*r.threads_why || *r.pool_why)
		snprintf(n->irps_why, sizeof(n->irps_why), "%s%.90s%s%s%.80s",
			 *r.threads_why ? "threads: " : "", r.threads_why,
			 *r.threads_why && *r.pool_why ? "; " : "",
			 *r.pool_why ? "pool: " : "", r.pool_why);
	if (s.more_irps)
		snprintf(n->irps_why, sizeof(n->irps_why), "%" PRIu64 " more "
			 "than are kept", s.more_irps);
	if (!s.has_file)
		snprintf(n->files_why, sizeof(n->files_why), "the layout of "
			 "file objects is not known for this machine");
	else if (st != NTR_NOMEM && p && !s.lost)
		pool_files(&s, p);
	if (s.more_files)
		snprintf(n->files_why, sizeof(n->files_why), "%" PRIu64 " more "
			 "than are kept", s.more_files);
	ntr_vec_fini(&s.seen);
	return st == NTR_NOMEM || s.lost ? NTR_NOMEM : NTR_OK;
}
