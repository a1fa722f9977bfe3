// SPDX-License-Identifier: Apache-2.0
/*
 * An entry is a word that leads to the object, and the granted access behind
 * it.  A handle is four times the number of its entry; of a page since XP the
 * first entry is not a handle's.
 *
 * The word:  until 2000 the header's address with attributes in bits 0 to 2
 * and the lock in bit 31, which is clear while nobody uses the entry (the
 * addresses of objects all have it; Inside Windows 2000, ch. 3); since XP the
 * lock is bit 0, inherit and audit are bits 1 and 2, and protect is bit 25 of
 * the access; 64 bits since 8: bits from 23 (20 since 8.1) on are those of the
 * address from bit 4 on, sign-extended, with the attributes in the three below
 * (System Informer's kphdyn: decode shift 19 and 16, attribute shift 20 and
 * 17).  In PspCidTable it is the object itself, not its header.
 */
#include "handle.h"

#include "kdbg.h"
#include "priv.h"
#include "symbols.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u
#define BUILD_8 9200u
#define BUILD_81 9600u
#define BUILD_2000 2195u
#define BUILD_XP 2600u
#define LAYER 256u           /* entries of each layer of Windows 2000 */
#define HEAD_BYTES 0x40u     /* of an old table: its array is named here */
#define PROBE 64u            /* entries looked at to know an array */
#define MAX_ARRAY 65536u     /* entries of one */
#define POOL_HEADER 8u       /* until 2000: sizes and type, tag */
#define POOL_UNIT 32u
#define ACCESS_RIGHTS 0x011fffffu /* that can be granted */
#define ACCESS_PROTECT (1u << 25)

static bool member(const struct ntr_target *t, const char *name, u64 va,
		   u64 *out)
{
	return ntr_read_member(&t->priv->types, t->mem, va, "_HANDLE_TABLE",
			       name, out) == NTR_OK;
}

static bool known(const struct ntr_target *t, const char *name)
{
	struct ntr_type_hit hit;

	return ntr_types_find(&t->priv->types, "_HANDLE_TABLE", name, &hit);
}

static u64 entry_size(const struct ntr_target *t)
{
	return 2 * t->ptr_size;
}

/* Entries at the bottom, pointers in a page above it. */
static u64 leaf_entries(const struct ntr_target *t,
			const struct ntr_handle_table *h)
{
	return h->form == NTR_HF_ARRAY ? MAX_ARRAY :
	       h->form == NTR_HF_LAYERS ? LAYER : PAGE / entry_size(t);
}

static u64 node_entries(const struct ntr_target *t,
			const struct ntr_handle_table *h)
{
	return h->form == NTR_HF_LAYERS ? LAYER : PAGE / t->ptr_size;
}

/* What a handle is to the number of its entry: ids were that number itself. */
static u64 unit(const struct ntr_handle_table *h)
{
	return h->cid && h->form == NTR_HF_ARRAY ? 1 : 4;
}

/* --- one entry ------------------------------------------------------------------- */

static void decode_old(const struct ntr_handle_table *h, u64 word, u32 access,
		       struct ntr_handle *out, u64 *at)
{
	(void)h;
	*at = (word & ~UINT64_C(7)) | UINT64_C(0x80000000);
	out->attributes = word & 7;
	out->access = access;
}

static void decode_packed(const struct ntr_target *t, u64 word, u32 access,
			  struct ntr_handle *out, u64 *at)
{
	unsigned shift = t->build < BUILD_81 ? 19 : 16;

	*at = (u64)((s64)word >> shift) & ~UINT64_C(15);
	out->attributes = word >> (shift + 1) & 7;
	out->access = access & (ACCESS_PROTECT - 1);
}

static void decode_flat(const struct ntr_target *t, u64 word, u32 access,
			struct ntr_handle *out, u64 *at)
{
	*at = word & ~UINT64_C(7);
	out->attributes = word & (NTR_HA_INHERIT | NTR_HA_AUDIT);
	if (access & ACCESS_PROTECT)
		out->attributes |= NTR_HA_PROTECT;
	out->access = access & (t->build < BUILD_8 ? ~ACCESS_PROTECT :
				ACCESS_PROTECT - 1);
}

/* False: the entry is free. */
static bool decode(const struct ntr_objects *o, const struct ntr_handle_table *h,
		   u64 word, u32 access, struct ntr_handle *out)
{
	const struct ntr_target *t = o->t;
	u64 at;

	if (!(word & ~UINT64_C(7)))
		return false;
	if (h->form != NTR_HF_LEVELS)
		decode_old(h, word, access, out, &at);
	else if (t->ptr_size == 8 && t->build >= BUILD_8)
		decode_packed(t, word, access, out, &at);
	else
		decode_flat(t, word, access, out, &at);
	if (!at)
		return false;
	if (h->cid && h->form != NTR_HF_LEVELS)
		out->attributes = 0;
	out->object = h->cid ? at : at + o->body;
	if (!ntr_kernel_va(t, at)) {
		out->object = 0;
		out->why = "its entry leads to no address of an object";
	}
	return true;
}

/* Does an entry of an old table lead to an object that can be read? */
static bool proven(const struct ntr_objects *o, const struct ntr_handle_table *h,
		   const struct ntr_handle *x)
{
	struct ntr_object b;

	if (!x->object || ntr_object_read(o, x->object, &b, NULL))
		return false;
	return *b.type_name && (h->cid || !(x->access & ~ACCESS_RIGHTS));
}

static bool read_entry(const struct ntr_objects *o,
		       const struct ntr_handle_table *h, u64 va,
		       struct ntr_handle *out)
{
	const struct ntr_target *t = o->t;
	u64 word;
	u32 access;

	*out = (struct ntr_handle){ .entry = va, .n = 1 };
	return ntr_read_ptr(t->mem, va, t->ptr_size, &word) == NTR_OK &&
	       ntr_read_u32(t->mem, va + t->ptr_size, &access) == NTR_OK &&
	       decode(o, h, word, access, out);
}

/* --- one table ------------------------------------------------------------------- */

static unsigned proven_in(const struct ntr_objects *o,
			  const struct ntr_handle_table *h, u64 array)
{
	struct ntr_handle x;
	unsigned n = 0;

	for (u64 i = 0; i < PROBE; i++)
		n += read_entry(o, h, array + i * entry_size(o->t), &x) &&
		     proven(o, h, &x);
	return n;
}

/*
 * How many entries an array may have: its pool block says it, in units of 32
 * bytes with the header; what begins at a page has a page or more, and no
 * header.
 */
static u64 array_entries(const struct ntr_objects *o, struct ntr_handle_table *h)
{
	u64 room = PAGE - (h->first & (PAGE - 1));
	u32 pool;
	u64 bytes;

	if (room == PAGE)
		return MAX_ARRAY;
	if (ntr_read_u32(o->t->mem, h->first - POOL_HEADER, &pool))
		pool = 0;
	bytes = (u64)(pool >> 24) * POOL_UNIT;
	if (!(pool >> 16 & 0xff) || bytes <= POOL_HEADER ||
	    bytes - POOL_HEADER > room) {
		h->note = "the table's entries are in no pool block: read to "
			  "the end of the page";
		return room / entry_size(o->t);
	}
	return (bytes - POOL_HEADER) / entry_size(o->t);
}

/* The array is what the head points to that has the most entries of objects. */
static enum ntr_st find_array(const struct ntr_objects *o,
			      struct ntr_handle_table *h, struct ntr_err *e)
{
	unsigned best = 0;
	u64 p;

	for (u64 at = 0; at < HEAD_BYTES; at += o->t->ptr_size) {
		unsigned n;

		if (ntr_read_ptr(o->t->mem, h->va + at, o->t->ptr_size, &p) ||
		    !ntr_kernel_va(o->t, p) || p & 3)
			continue;
		n = proven_in(o, h, p);
		if (n > best) {
			best = n;
			h->first = p;
		}
	}
	if (!best)
		return ntr_fail(e, NTR_ABSENT, "handle table 0x%" PRIx64 ": the "
				"layout of build %u is not public, and nothing "
				"it points to holds entries of objects", h->va,
				o->t->build);
	h->source = NTR_SRC_ASSUMED;
	h->entries = array_entries(o, h);
	return NTR_OK;
}

static u64 capacity(const struct ntr_target *t, const struct ntr_handle_table *h)
{
	u64 n = leaf_entries(t, h);

	for (unsigned i = 0; i < h->level && n < NTR_MAX_HANDLES; i++)
		n *= node_entries(t, h);
	return 4 * (n < NTR_MAX_HANDLES ? n : NTR_MAX_HANDLES);
}

/* A bound is the first handle of a page that is not there yet. */
static void take_bound(const struct ntr_target *t, struct ntr_handle_table *h)
{
	u64 most = capacity(t, h), v;

	if (!member(t, "NextHandleNeedingPool", h->va, &v))
		return;
	if (!v || v > most || v % (4 * leaf_entries(t, h))) {
		h->note = "NextHandleNeedingPool makes no sense";
		return;
	}
	h->has_bound = true;
	h->bound = v;
}

static enum ntr_st take_first(const struct ntr_target *t,
			      struct ntr_handle_table *h, struct ntr_err *e)
{
	const char *name = h->form == NTR_HF_LAYERS ? "Layer1" : "TableCode";
	struct ntr_type_hit hit;
	u64 code;

	if (!ntr_types_find(&t->priv->types, "_HANDLE_TABLE", name, &hit))
		return ntr_fail(e, NTR_ABSENT, "the layout of _HANDLE_TABLE of "
				"build %u is not known", t->build);
	h->source = hit.source;
	if (ntr_read_ptr(t->mem, h->va + hit.off, t->ptr_size, &code))
		return ntr_fail(e, NTR_FAULT, "handle table 0x%" PRIx64 ": not "
				"in the dump", h->va);
	h->level = h->form == NTR_HF_LAYERS ? 2 : code & 3;
	h->first = code & ~UINT64_C(3);
	if (h->level > 2 || !ntr_kernel_va(t, h->first))
		return ntr_fail(e, NTR_BAD, "handle table 0x%" PRIx64 ": %s is "
				"0x%" PRIx64 ", not an address with a level of "
				"0 to 2", h->va, name, code);
	return NTR_OK;
}

static enum ntr_st table_read(const struct ntr_objects *o, u64 va, bool cid,
			      struct ntr_handle_table *out, struct ntr_err *e)
{
	struct ntr_handle_table h = { .va = va, .cid = cid };
	const struct ntr_target *t = o->t;
	enum ntr_st st;

	if (!ntr_kernel_va(t, va) || va & (t->ptr_size - 1))
		return ntr_fail(e, NTR_BAD, "0x%" PRIx64 " is no address of a "
				"handle table", va);
	h.form = known(t, "Layer1") && t->build < BUILD_XP ? NTR_HF_LAYERS :
		 t->build && t->build < BUILD_2000 ? NTR_HF_ARRAY :
		 NTR_HF_LEVELS;
	st = h.form == NTR_HF_ARRAY ? find_array(o, &h, e) :
	     take_first(t, &h, e);
	if (st)
		return st;
	h.has_count = h.form != NTR_HF_ARRAY &&
		      member(t, "HandleCount", va, &h.count);
	if (h.form == NTR_HF_LEVELS)
		take_bound(t, &h);
	if (h.form != NTR_HF_ARRAY) {
		h.has_pid = member(t, "UniqueProcessId", va, &h.pid) &&
			    h.pid < UINT32_MAX;
		if (!member(t, "QuotaProcess", va, &h.process) ||
		    !ntr_kernel_va(t, h.process))
			h.process = 0;
	}
	*out = h;
	return NTR_OK;
}

enum ntr_st ntr_handle_table_read(const struct ntr_objects *o, u64 va,
				  struct ntr_handle_table *out,
				  struct ntr_err *e)
{
	return table_read(o, va, false, out, e);
}

enum ntr_st ntr_handle_table_of(const struct ntr_objects *o, u64 process,
				struct ntr_handle_table *out, struct ntr_err *e)
{
	struct ntr_target *t = o->t;
	struct ntr_type_hit hit;
	enum ntr_st st;
	u64 va;

	if (!ntr_types_find(&t->priv->types, "_EPROCESS", "ObjectTable", &hit))
		return ntr_fail(e, NTR_ABSENT, "the layout of _EPROCESS of build "
				"%u is not known", t->build);
	if (!ntr_kernel_va(t, process) ||
	    ntr_read_ptr(t->mem, process + hit.off, t->ptr_size, &va))
		return ntr_fail(e, NTR_FAULT, "process 0x%" PRIx64 ": not in the "
				"dump", process);
	if (!va)
		return ntr_fail(e, NTR_END, "process 0x%" PRIx64 " has no "
				"handle table: it is ending, or has begun to",
				process);
	st = table_read(o, va, false, out, e);
	if (!st && hit.source > out->source)
		out->source = hit.source;
	if (!st && !out->process)
		out->process = process;
	return st;
}

enum ntr_st ntr_handle_table_cid(const struct ntr_objects *o,
				 struct ntr_handle_table *out,
				 struct ntr_err *e)
{
	struct ntr_target *t = o->t;
	u64 var = ntr_kdbg_u64(&t->priv->kdbg, NTR_KDBG_PSP_CID_TABLE), va;

	if (!var && ntr_target_lookup(t, "nt!PspCidTable", &var, NULL))
		return ntr_fail(e, NTR_ABSENT, "the table of ids is not known: "
				"it needs the kernel's debugger data or symbols "
				"(nt!PspCidTable)");
	if (ntr_read_ptr(t->mem, var, t->ptr_size, &va))
		return ntr_fail(e, NTR_FAULT, "nt!PspCidTable is not in the "
				"dump");
	return table_read(o, va, true, out, e);
}

/* --- the walk -------------------------------------------------------------------- */

struct walk {
	const struct ntr_objects *o;
	const struct ntr_handle_table *h;
	u64 first, last;  /* entries, not handles */
	ntr_handle_fn *fn;
	void *ctx;
	struct ntr_handle_count n;
	bool done, no_memory;
	u64 *seen;        /* pages; open addressing; 0 free */
	size_t nseen, slots;
};

static size_t slot_of(const u64 *slots, size_t n, u64 va)
{
	size_t i = (size_t)((va >> 8) * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
		   (n - 1);

	while (slots[i] && slots[i] != va)
		i = (i + 1) & (n - 1);
	return i;
}

static bool grow(struct walk *w)
{
	size_t n = w->slots ? w->slots * 2 : 64;
	u64 *more;

	if (w->nseen * 2 < w->slots)
		return true;
	more = calloc(n, sizeof(*more));
	if (!more)
		return false;
	for (size_t i = 0; i < w->slots; i++)
		if (w->seen[i])
			more[slot_of(more, n, w->seen[i])] = w->seen[i];
	free(w->seen);
	w->seen = more;
	w->slots = n;
	return true;
}

static void tell(struct walk *w, const struct ntr_handle *x)
{
	if (w->fn && !w->fn(w->ctx, x))
		w->done = true;
}

/* Entries [index, index + n) cannot be told. */
static void lacking(struct walk *w, u64 va, u64 index, u64 n, const char *why)
{
	u64 end = index + n - 1;
	struct ntr_handle x = { .entry = va, .why = why };

	if (w->h->has_bound && end >= w->h->bound / 4)
		end = w->h->bound / 4 - 1;
	if (end > w->last)
		end = w->last;
	if (index < w->first)
		index = w->first;
	x.handle = 4 * index;
	x.n = end - index + 1;
	w->n.absent += x.n;
	tell(w, &x);
}

/* Is va a page that may be read now? Else the reason is told. */
static bool enter(struct walk *w, u64 va, u64 index, u64 n)
{
	size_t at;

	if (!ntr_kernel_va(w->o->t, va) || va & (w->o->t->ptr_size - 1)) {
		w->n.refused++;
		lacking(w, va, index, n, "the table leads to no address here");
		return false;
	}
	if (!grow(w)) {
		w->no_memory = w->done = true;
		return false;
	}
	at = slot_of(w->seen, w->slots, va);
	if (w->seen[at]) {
		w->n.refused++;
		lacking(w, va, index, n, "the table leads to a page of it again");
		return false;
	}
	w->seen[at] = va;
	w->nseen++;
	return true;
}

static void one_entry(struct walk *w, u64 index, u64 va, struct ntr_bin *b)
{
	struct ntr_handle x = { .handle = 4 * index, .entry = va, .n = 1 };
	bool wide = w->o->t->ptr_size == 8;
	u64 word = wide ? ntr_bin_u64(b, "entry") : ntr_bin_u32(b, "entry");
	u32 access = ntr_bin_u32(b, "access");

	if (wide)
		ntr_bin_skip(b, 4, "access");
	if (index < w->first || index > w->last ||
	    !decode(w->o, w->h, word, access, &x))
		return;
	if (x.why)
		w->n.bad++;
	else
		w->n.used++;
	tell(w, &x);
}

static void leaf(struct walk *w, u64 va, u64 index)
{
	u64 n = leaf_entries(w->o->t, w->h), size = entry_size(w->o->t);
	u64 skip = w->h->form == NTR_HF_LEVELS || !index;
	struct ntr_bin b;
	u8 raw[PAGE];

	if (!enter(w, va, index, n))
		return;
	if (ntr_space_read(w->o->t->mem, va, raw, n * size, NULL)) {
		lacking(w, va, index, n, "not in the dump");
		return;
	}
	b = ntr_bin_of(raw, n * size, NULL, va);
	ntr_bin_skip(&b, skip * size, "first entry");
	for (u64 i = skip; i < n && !w->done; i++)
		one_entry(w, index + i, va + i * size, &b);
}

/* The array of an old table goes on as long as used entries are of objects. */
static void array(struct walk *w)
{
	u64 size = entry_size(w->o->t);
	struct ntr_handle x;

	for (u64 i = 1; i < w->h->entries && i <= w->last && !w->done; i++) {
		u64 at = w->h->first + i * size;
		u8 probe;

		if (ntr_read_u8(w->o->t->mem, at, &probe))
			return;
		if (!read_entry(w->o, w->h, at, &x) || !x.object)
			continue;
		if (!proven(w->o, w->h, &x)) {
			/* A free entry keeps a link, which is no address. */
			if (!(x.access & ~ACCESS_RIGHTS))
				continue;
			return;
		}
		x.handle = unit(w->h) * i;
		if (i < w->first)
			continue;
		w->n.used++;
		tell(w, &x);
	}
}

/* `level` pages of pointers from here on; at most two, so this ends. */
static void node(struct walk *w, u64 va, unsigned level, u64 index)
{
	const struct ntr_target *t = w->o->t;
	u64 each = leaf_entries(t, w->h), n = node_entries(t, w->h), p;
	struct ntr_bin b;
	u8 raw[PAGE];

	for (unsigned i = 1; i < level; i++)
		each *= n;
	if (!enter(w, va, index, each * n))
		return;
	if (ntr_space_read(t->mem, va, raw, n * t->ptr_size, NULL)) {
		lacking(w, va, index, each * n, "not in the dump");
		return;
	}
	b = ntr_bin_of(raw, n * t->ptr_size, NULL, va);
	for (u64 i = 0; i < n && !w->done; i++, index += each) {
		p = t->ptr_size == 8 ? ntr_bin_u64(&b, "page") :
		    ntr_bin_u32(&b, "page");
		if (index > w->last ||
		    (w->h->has_bound && 4 * index >= w->h->bound))
			return;
		if (!p || index + each <= w->first)
			continue;
		if (level > 1)
			node(w, p, level - 1, index);
		else
			leaf(w, p, index);
	}
}

enum ntr_st ntr_handle_walk(const struct ntr_objects *o,
			    const struct ntr_handle_table *h, u64 first,
			    u64 last, ntr_handle_fn *fn, void *ctx,
			    struct ntr_handle_count *out, struct ntr_err *e)
{
	struct walk w = { .o = o, .h = h, .first = first / unit(h),
			  .last = last / unit(h), .fn = fn, .ctx = ctx };

	if (w.last >= NTR_MAX_HANDLES)
		w.last = NTR_MAX_HANDLES - 1;
	if (w.first <= w.last && h->form == NTR_HF_ARRAY)
		array(&w);
	else if (w.first <= w.last && h->level)
		node(&w, h->first, h->level, 0);
	else if (w.first <= w.last)
		leaf(&w, h->first, 0);
	free(w.seen);
	if (w.no_memory)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	*out = w.n;
	return NTR_OK;
}
