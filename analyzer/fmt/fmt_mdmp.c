// SPDX-License-Identifier: Apache-2.0
/*
 * User minidump (MDMP): header, directory, streams.  Layouts: minidumpapiset.h
 * as documented at learn.microsoft.com (MINIDUMP_HEADER and the structures it
 * links to); values above 0x8000 for processor and platform are Breakpad's
 * (minidump_format.h, BSD).  RVAs are 32-bit file offsets and need no
 * alignment (Wine writes odd ones); directory slots of type 0 are unused.
 *
 * A stream that cannot be read is noted and the others still are.  Only the
 * first stream of a type counts, so that a directory of many entries cannot
 * multiply the work.
 */
#include "../base/record.h"
#include "../base/text.h"
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_STREAMS 4096u
#define MAX_MODULES 16384u
#define MAX_THREADS 65536u
#define MAX_NAME 2048u /* bytes of UTF-16 of one name */
#define MAX_STREAM (UINT64_C(65) << 20) /* NTR_MAX_RUNS memory ranges fit */

#define MDMP_MAGIC 0x504d444du
#define MDMP_VERSION 0xa793u /* low half; the high half is the writer's */

#define HEADER_FIELDS(S, A, r, z)     \
	S(r, z, u32, magic,    0x00)  \
	S(r, z, u32, version,  0x04)  \
	S(r, z, u32, nstreams, 0x08)  \
	S(r, z, u32, dir_rva,  0x0c)  \
	S(r, z, u32, time,     0x14)  \
	S(r, z, u64, flags,    0x18)
NTR_RECORD(mdmp_header, 0x20, HEADER_FIELDS)

#define DIR_FIELDS(S, A, r, z)    \
	S(r, z, u32, type, 0x00)  \
	S(r, z, u32, len,  0x04)  \
	S(r, z, u32, rva,  0x08)
NTR_RECORD(mdmp_dir, 12, DIR_FIELDS)

#define THREAD_FIELDS(S, A, r, z)        \
	S(r, z, u32, id,        0x00)    \
	S(r, z, u64, teb,       0x10)    \
	S(r, z, u64, stack_va,  0x18)    \
	S(r, z, u32, stack_len, 0x20)    \
	S(r, z, u32, stack_rva, 0x24)    \
	S(r, z, u32, ctx_len,   0x28)    \
	S(r, z, u32, ctx_rva,   0x2c)
NTR_RECORD(mdmp_thread, 48, THREAD_FIELDS)

#define MODULE_FIELDS(S, A, r, z)        \
	S(r, z, u64, base,      0x00)    \
	S(r, z, u32, size,      0x08)    \
	S(r, z, u32, checksum,  0x0c)    \
	S(r, z, u32, timestamp, 0x10)    \
	S(r, z, u32, name_rva,  0x14)    \
	S(r, z, u32, ffi_magic, 0x18)    \
	S(r, z, u32, ver_ms,    0x20)    \
	S(r, z, u32, ver_ls,    0x24)    \
	S(r, z, u32, cv_len,    0x4c)    \
	S(r, z, u32, cv_rva,    0x50)
NTR_RECORD(mdmp_module, 108, MODULE_FIELDS)
#define FFI_MAGIC 0xfeef04bdu /* VS_FIXEDFILEINFO.dwSignature */

#define UNLOADED_FIELDS(S, A, r, z)      \
	S(r, z, u64, base,      0x00)    \
	S(r, z, u32, size,      0x08)    \
	S(r, z, u32, name_rva,  0x14)
NTR_RECORD(mdmp_unloaded, 24, UNLOADED_FIELDS)

#define EXCEPTION_FIELDS(S, A, r, z)     \
	S(r, z, u32, tid,       0x00)    \
	S(r, z, u32, ctx_len,   0xa0)    \
	S(r, z, u32, ctx_rva,   0xa4)
NTR_RECORD(mdmp_exception, 0xa8, EXCEPTION_FIELDS)
#define EXCEPTION_OFF 8u    /* of the record in the stream */
#define EXCEPTION_LEN 0x98u /* EXCEPTION_RECORD64, on 32-bit machines too */

#define SYSTEM_FIELDS(S, A, r, z)        \
	S(r, z, u16, arch,      0x00)    \
	S(r, z, u8,  cpus,      0x06)    \
	S(r, z, u8,  product,   0x07)    \
	S(r, z, u32, major,     0x08)    \
	S(r, z, u32, minor,     0x0c)    \
	S(r, z, u32, build,     0x10)    \
	S(r, z, u32, platform,  0x14)    \
	S(r, z, u32, csd_rva,   0x18)    \
	S(r, z, u16, suite,     0x1c)
NTR_RECORD(mdmp_system, 32, SYSTEM_FIELDS) /* of 56 */

enum {
	S_THREADS = 3,
	S_MODULES = 4,
	S_MEMORY = 5,
	S_EXCEPTION = 6,
	S_SYSTEM = 7,
	S_THREADS_EX = 8,
	S_MEMORY64 = 9,
	S_COMMENT_A = 10,
	S_COMMENT_W = 11,
	S_UNLOADED = 14,
	S_MISC = 15,
	S_THREAD_NAMES = 24,
};
#define PLATFORM_NT 2u
#define UNIX_EPOCH UINT64_C(116444736000000000) /* 1970 as FILETIME */

/* --- small readers ---------------------------------------------------------- */

/* Counts in *lost what lies outside of the file; that is then absent. */
static struct ntr_loc loc_of(const struct ntr_dump *d, u32 rva, u32 len,
			     u32 *lost)
{
	if (len && (rva >= d->file->size || len > d->file->size - rva)) {
		++*lost;
		len = 0;
	}
	return len ? (struct ntr_loc){ rva, len } : (struct ntr_loc){ 0, 0 };
}

/* MINIDUMP_STRING at rva: u32 length in bytes, UTF-16. NULL when it is not
 * in the file; a longer one is cut. */
static const char *string_at(struct ntr_dump *d, u32 rva)
{
	u8 buf[MAX_NAME];
	char text[MAX_NAME * 3 / 2 + 1];
	struct ntr_bin b;
	u32 len;
	size_t n;

	if (!rva || ntr_file_read_some(d->file, rva, buf, 4) != 4)
		return NULL;
	b = ntr_bin_of(buf, 4, d->file->name, rva);
	len = ntr_bin_u32(&b, "string length");
	n = ntr_file_read_some(d->file, (u64)rva + 4, buf,
			       len < sizeof(buf) ? len : sizeof(buf));
	ntr_utf16_to_utf8(text, sizeof(text), buf, n);
	return ntr_arena_strdup(&d->arena, text);
}

static void damaged(struct ntr_dump *d, const char *what, const char *why)
{
	d->complete = false;
	ntr_dump_note(d, "%s: %s", what, why);
}

/* The bytes of a stream, cut (and said) where the file ends. */
static enum ntr_st stream_bytes(struct ntr_dump *d,
				const struct ntr_mdmp_dir *s, const char *what,
				struct ntr_bin *b, struct ntr_err *e)
{
	u64 len = s->len, size = d->file->size;

	if (s->rva >= size) {
		damaged(d, what, "the stream lies past the end of the file");
		return NTR_ABSENT;
	}
	if (len > size - s->rva) {
		damaged(d, what, "the file ends inside the stream");
		len = size - s->rva;
	}
	if (len > MAX_STREAM)
		len = MAX_STREAM;
	return ntr_dump_load(d, s->rva, (size_t)len, what, b, e);
}

/*
 * The count of a list and its items: what fits, with a note when the count
 * claims more.  Some writers put 4 bytes between count and items so that
 * 64-bit members are aligned; the stream's length shows it.
 */
static u32 list_count(struct ntr_dump *d, struct ntr_bin *b, u32 each, u32 max,
		      const char *what)
{
	u32 n = ntr_bin_u32(b, what);
	u64 fit;

	if (b->bad) {
		damaged(d, what, "no room for the count");
		return 0;
	}
	if (ntr_bin_left(b) == (u64)n * each + 4)
		ntr_bin_skip(b, 4, what);
	fit = ntr_bin_left(b) / each;
	if (n > fit) {
		d->complete = false;
		ntr_dump_note(d, "%s: %u claimed, %" PRIu64
			      " fit in the stream", what, n, fit);
		n = (u32)fit;
	}
	if (n > max) {
		ntr_dump_note(d, "%s: only the first %u of %u were read", what,
			      max, n);
		n = max;
	}
	return n;
}

/* One note for all items of a list that have the same fault. */
static void damaged_items(struct ntr_dump *d, u32 n, const char *what,
			  const char *why)
{
	if (!n)
		return;
	d->complete = false;
	ntr_dump_note(d, "%s: %u %s", what, n, why);
}

static enum ntr_st no_memory(struct ntr_err *e)
{
	return ntr_fail(e, NTR_NOMEM, "out of memory");
}

/* --- streams ---------------------------------------------------------------- */

static u32 machine_of(u16 arch)
{
	static const struct { u16 arch; u32 machine; } map[] = {
		{ 0, NTR_MACHINE_X86 },      { 1, NTR_MACHINE_R4000 },
		{ 2, NTR_MACHINE_ALPHA },    { 3, NTR_MACHINE_POWERPC },
		{ 5, NTR_MACHINE_ARM },      { 6, NTR_MACHINE_IA64 },
		{ 7, NTR_MACHINE_ALPHA64 },  { 9, NTR_MACHINE_AMD64 },
		{ 10, NTR_MACHINE_X86 },     { 12, NTR_MACHINE_ARM64 },
		{ 0x8003, NTR_MACHINE_ARM64 }, /* Breakpad, before Microsoft's */
	};

	for (size_t i = 0; i < NTR_COUNT(map); i++)
		if (map[i].arch == arch)
			return map[i].machine;
	return NTR_MACHINE_UNKNOWN;
}

static const char *platform_name(u32 id)
{
	static const struct { u32 id; const char *name; } names[] = {
		{ 0, "Win32s" },        { 1, "Windows 9x" },
		{ 3, "Windows CE" },    { 0x8000, "Unix" },
		{ 0x8101, "macOS" },    { 0x8102, "iOS" },
		{ 0x8201, "Linux" },    { 0x8202, "Solaris" },
		{ 0x8203, "Android" },  { 0x8204, "PlayStation 3" },
		{ 0x8205, "NaCl" },     { 0x8206, "Fuchsia" },
	};

	for (size_t i = 0; i < NTR_COUNT(names); i++)
		if (names[i].id == id)
			return names[i].name;
	return "an unknown platform";
}

static void platform(struct ntr_dump *d, const struct ntr_mdmp_system *s)
{
	const char *name = platform_name(s->platform);
	const char *csd = string_at(d, s->csd_rva);
	struct ntr_meta *m = &d->meta;

	if (s->platform == PLATFORM_NT) {
		snprintf(m->os_text, sizeof(m->os_text), "%s", csd ? csd : "");
		m->has |= NTR_HAS_BUILD | NTR_HAS_SUITE;
		m->build = s->build;
		m->suite = s->suite;
		if (s->product >= 1 && s->product <= 3) {
			m->has |= NTR_HAS_PRODUCT;
			m->product = s->product;
		}
		return;
	}
	if (!csd)
		csd = "";
	/* Linux writers put "Linux 3.13…" there. */
	if (!strncmp(csd, name, strlen(name)))
		snprintf(m->os_text, sizeof(m->os_text), "%s", csd);
	else
		snprintf(m->os_text, sizeof(m->os_text), "%s%s%s", name,
			 csd[0] ? " " : "", csd);
	ntr_dump_note(d, "the process ran on %s, not on Windows NT", name);
}

static enum ntr_st read_system(struct ntr_dump *d, struct ntr_bin *b,
			       struct ntr_err *e)
{
	struct ntr_meta *m = &d->meta;
	struct ntr_mdmp_system s;

	ntr_mdmp_system_decode(&s, b);
	if (b->bad) {
		damaged(d, "system info", "the stream is too short");
		return NTR_OK;
	}
	(void)e;
	m->machine = machine_of(s.arch);
	if (m->machine)
		m->has |= NTR_HAS_MACHINE;
	else
		ntr_dump_note(d, "processor architecture 0x%x is not known",
			      s.arch);
	m->os_major = s.major;
	m->os_minor = s.minor;
	m->has |= NTR_HAS_VERSION;
	if (s.cpus) {
		m->cpus = s.cpus;
		m->has |= NTR_HAS_CPUS;
	}
	platform(d, &s);
	return NTR_OK;
}

static enum ntr_st read_threads(struct ntr_dump *d, struct ntr_bin *b, u32 each,
				struct ntr_err *e)
{
	u32 n = list_count(d, b, each, MAX_THREADS, "threads");
	u32 wrong = 0, lost = 0;

	for (u32 i = 0; i < n; i++) {
		struct ntr_dump_thread *t = ntr_vec_add(&d->threads);
		struct ntr_mdmp_thread r;

		if (!t)
			return no_memory(e);
		ntr_mdmp_thread_decode(&r, b);
		ntr_bin_skip(b, each - ntr_mdmp_thread_size, "thread");
		t->id = r.id;
		t->teb = r.teb;
		t->stack_va = r.stack_va;
		t->stack_len = r.stack_len;
		t->context = loc_of(d, r.ctx_rva, r.ctx_len, &lost);
		t->form = t->context.len ? NTR_REGS_CONTEXT : NTR_REGS_NONE;
		if (!r.stack_rva || !r.stack_len)
			continue;
		if (ntr_dump_add_vblock(d, r.stack_va, r.stack_len,
					r.stack_rva, "thread stack", NULL))
			wrong++;
	}
	damaged_items(d, wrong, "threads", "stacks cannot be taken in");
	damaged_items(d, lost, "threads", "contexts are not in the file");
	return NTR_OK;
}

static enum ntr_st read_threads3(struct ntr_dump *d, struct ntr_bin *b,
				 struct ntr_err *e)
{
	return read_threads(d, b, 48, e);
}

static enum ntr_st read_threads8(struct ntr_dump *d, struct ntr_bin *b,
				 struct ntr_err *e)
{
	return d->threads.n ? NTR_OK : read_threads(d, b, 64, e);
}

static enum ntr_st read_modules(struct ntr_dump *d, struct ntr_bin *b,
				struct ntr_err *e)
{
	u32 n = list_count(d, b, ntr_mdmp_module_size, MAX_MODULES, "modules");
	u32 wrong = 0, lost = 0;

	for (u32 i = 0; i < n; i++) {
		struct ntr_dump_module *m = ntr_vec_add(&d->modules);
		struct ntr_mdmp_module r;

		if (!m)
			return no_memory(e);
		ntr_mdmp_module_decode(&r, b);
		m->name = string_at(d, r.name_rva);
		if (!m->name) {
			m->name = "";
			wrong++;
		}
		m->base = r.base;
		m->size = r.size;
		m->timestamp = r.timestamp;
		m->checksum = r.checksum;
		m->cv = loc_of(d, r.cv_rva, r.cv_len, &lost);
		if (r.ffi_magic != FFI_MAGIC)
			continue;
		m->ver[0] = (u16)(r.ver_ms >> 16);
		m->ver[1] = (u16)r.ver_ms;
		m->ver[2] = (u16)(r.ver_ls >> 16);
		m->ver[3] = (u16)r.ver_ls;
	}
	damaged_items(d, wrong, "modules", "names are not in the file");
	damaged_items(d, lost, "modules", "CodeView records are not in the file");
	return NTR_OK;
}

static enum ntr_st read_unloaded(struct ntr_dump *d, struct ntr_bin *b,
				 struct ntr_err *e)
{
	u32 header = ntr_bin_u32(b, "header size");
	u32 each = ntr_bin_u32(b, "entry size");
	u32 n = ntr_bin_u32(b, "count");

	if (b->bad || header < 12 || each < ntr_mdmp_unloaded_size) {
		damaged(d, "unloaded modules", "the list header is damaged");
		return NTR_OK;
	}
	ntr_bin_seek(b, header, "unloaded modules");
	if (b->bad || n > ntr_bin_left(b) / each) {
		damaged(d, "unloaded modules", "more claimed than fit");
		n = b->bad ? 0 : (u32)(ntr_bin_left(b) / each);
	}
	for (u32 i = 0; i < n && i < MAX_MODULES; i++) {
		struct ntr_dump_unloaded *u = ntr_vec_add(&d->unloaded);
		struct ntr_mdmp_unloaded r;
		const char *name;

		if (!u)
			return no_memory(e);
		ntr_mdmp_unloaded_decode(&r, b);
		ntr_bin_skip(b, each - ntr_mdmp_unloaded_size, "entry");
		name = string_at(d, r.name_rva);
		u->name = name ? name : "";
		u->start = r.base;
		u->end = r.base + r.size;
	}
	return NTR_OK;
}

static enum ntr_st read_memory(struct ntr_dump *d, struct ntr_bin *b,
			       struct ntr_err *e)
{
	u32 n = list_count(d, b, 16, NTR_MAX_RUNS, "memory list"), wrong = 0;
	enum ntr_st st;

	for (u32 i = 0; i < n; i++) {
		u64 va = ntr_bin_u64(b, "address");
		u32 len = ntr_bin_u32(b, "length");
		u32 rva = ntr_bin_u32(b, "rva");

		st = ntr_dump_add_vblock(d, va, len, rva, "memory", e);
		if (st == NTR_BAD)
			wrong++;
		else if (st)
			return st;
	}
	damaged_items(d, wrong, "memory list", "blocks' addresses wrap");
	return NTR_OK;
}

static enum ntr_st read_memory64(struct ntr_dump *d, struct ntr_bin *b,
				 struct ntr_err *e)
{
	u64 n = ntr_bin_u64(b, "count"), off = ntr_bin_u64(b, "base rva");
	enum ntr_st st;
	u32 wrong = 0;

	if (b->bad || n > ntr_bin_left(b) / 16) {
		damaged(d, "full memory list", "more blocks claimed than fit");
		n = b->bad ? 0 : ntr_bin_left(b) / 16;
	}
	for (u64 i = 0; i < n; i++) {
		u64 va = ntr_bin_u64(b, "address");
		u64 len = ntr_bin_u64(b, "length");

		if (len > NTR_OFF_PAGED - 1 - off) {
			damaged(d, "full memory list", "the lengths overflow");
			break;
		}
		st = ntr_dump_add_vblock(d, va, len, off, "memory", e);
		if (st == NTR_BAD)
			wrong++;
		else if (st)
			return st;
		off += len;
	}
	damaged_items(d, wrong, "full memory list", "blocks' addresses wrap");
	return NTR_OK;
}

static enum ntr_st read_exception(struct ntr_dump *d, struct ntr_bin *b,
				  struct ntr_err *e)
{
	u64 at = ntr_bin_off(b);
	struct ntr_mdmp_exception r;
	u32 lost = 0;

	(void)e;
	ntr_mdmp_exception_decode(&r, b);
	if (b->bad) {
		damaged(d, "exception", "the stream is too short");
		return NTR_OK;
	}
	d->exception_tid = r.tid;
	d->exception = (struct ntr_loc){ at + EXCEPTION_OFF, EXCEPTION_LEN };
	d->context = loc_of(d, r.ctx_rva, r.ctx_len, &lost);
	damaged_items(d, lost, "exception", "context is not in the file");
	return NTR_OK;
}

static enum ntr_st read_comment_a(struct ntr_dump *d, struct ntr_bin *b,
				  struct ntr_err *e)
{
	(void)e;
	ntr_ascii_clean(d->meta.comment, sizeof(d->meta.comment), b->pos,
			ntr_bin_left(b));
	return NTR_OK;
}

static enum ntr_st read_comment_w(struct ntr_dump *d, struct ntr_bin *b,
				  struct ntr_err *e)
{
	(void)e;
	if (!d->meta.comment[0])
		ntr_utf16_to_utf8(d->meta.comment, sizeof(d->meta.comment),
				  b->pos, ntr_bin_left(b));
	return NTR_OK;
}

#define MISC_PROCESS_ID 1u
#define MISC_TIMES 2u

static enum ntr_st read_misc(struct ntr_dump *d, struct ntr_bin *b,
			     struct ntr_err *e)
{
	u32 flags, pid, started;
	char when[32];

	(void)e;
	ntr_bin_skip(b, 4, "size");
	flags = ntr_bin_u32(b, "flags");
	pid = ntr_bin_u32(b, "process id");
	started = ntr_bin_u32(b, "create time");
	if (b->bad || !(flags & MISC_PROCESS_ID))
		return NTR_OK;
	if ((flags & MISC_TIMES) && started &&
	    ntr_filetime_text(when, UNIX_EPOCH + started * UINT64_C(10000000)))
		ntr_dump_note(d, "process %u, started %s", pid, when);
	else
		ntr_dump_note(d, "process %u", pid);
	return NTR_OK;
}

struct thread_name {
	u32 id;
	const char *name;
};

static int name_cmp(const void *a, const void *b)
{
	u32 x = ((const struct thread_name *)a)->id;
	u32 y = ((const struct thread_name *)b)->id;

	return x < y ? -1 : x > y;
}

/* u32 id, u64 rva, not aligned. Read after the threads. */
static enum ntr_st read_thread_names(struct ntr_dump *d, struct ntr_bin *b,
				     struct ntr_err *e)
{
	u32 n = list_count(d, b, 12, MAX_THREADS, "thread names");
	struct thread_name *t =
		ntr_arena_array(&d->arena, n ? n : 1, sizeof(*t));

	if (!t)
		return no_memory(e);
	for (u32 i = 0; i < n; i++) {
		u64 rva;

		t[i].id = ntr_bin_u32(b, "thread id");
		rva = ntr_bin_u64(b, "name rva");
		if (rva <= UINT32_MAX)
			t[i].name = string_at(d, (u32)rva);
	}
	qsort(t, n, sizeof(*t), name_cmp);
	for (size_t i = 0; i < d->threads.n; i++) {
		struct thread_name key = { (u32)d->threads.v[i].id, NULL };
		struct thread_name *hit =
			bsearch(&key, t, n, sizeof(*t), name_cmp);

		if (hit)
			d->threads.v[i].name = hit->name;
	}
	return NTR_OK;
}

/* --- opening ---------------------------------------------------------------- */

/* In the order in which they are read; names need threads. */
static const struct {
	u32 type;
	const char *what;
	enum ntr_st (*read)(struct ntr_dump *d, struct ntr_bin *b,
			    struct ntr_err *e);
} streams[] = {
	{ S_SYSTEM, "system info", read_system },
	{ S_MISC, "misc info", read_misc },
	{ S_EXCEPTION, "exception", read_exception },
	{ S_THREADS, "threads", read_threads3 },
	{ S_THREADS_EX, "threads", read_threads8 },
	{ S_THREAD_NAMES, "thread names", read_thread_names },
	{ S_MODULES, "modules", read_modules },
	{ S_UNLOADED, "unloaded modules", read_unloaded },
	{ S_MEMORY, "memory list", read_memory },
	{ S_MEMORY64, "full memory list", read_memory64 },
	{ S_COMMENT_A, "comment", read_comment_a },
	{ S_COMMENT_W, "comment", read_comment_w },
};

static enum ntr_st mdmp_probe(const struct ntr_bin *head, u64 file_size,
			      struct ntr_err *e)
{
	struct ntr_mdmp_header h;
	struct ntr_bin b = *head;
	u32 magic = ntr_bin_u32(&b, "magic");

	if (b.bad || magic != MDMP_MAGIC)
		return NTR_UNSUP;
	b = *head;
	ntr_mdmp_header_decode(&h, &b);
	if (b.bad)
		return ntr_fail(e, NTR_BAD,
				"a user minidump cut inside its header: %"
				PRIu64 " bytes of 32", file_size);
	if ((h.version & 0xffff) != MDMP_VERSION)
		return ntr_fail(e, NTR_BAD,
				"starts as a user minidump, but its version is "
				"0x%04x, not 0xa793", h.version & 0xffff);
	return NTR_OK;
}

/* The directory as far as it is there. */
static enum ntr_st load_dir(struct ntr_dump *d, const struct ntr_mdmp_header *h,
			    struct ntr_bin *dir, u32 *count, struct ntr_err *e)
{
	u64 fit = h->dir_rva < d->file->size ?
			  (d->file->size - h->dir_rva) / ntr_mdmp_dir_size : 0;
	u32 n = h->nstreams;

	if (n > fit) {
		damaged(d, "stream directory", "the file ends inside it");
		n = (u32)fit;
	}
	if (n > MAX_STREAMS) {
		ntr_dump_note(d, "only the first %u of %u streams were read",
			      MAX_STREAMS, n);
		n = MAX_STREAMS;
	}
	if (!n)
		return ntr_fail(e, NTR_BAD,
				"no stream directory at 0x%x (%u streams "
				"promised)", h->dir_rva, h->nstreams);
	*count = n;
	return ntr_dump_load(d, h->dir_rva, n * (size_t)ntr_mdmp_dir_size,
			     "stream directory", dir, e);
}

static bool find_stream(struct ntr_bin dir, u32 n, u32 type,
			struct ntr_mdmp_dir *out)
{
	for (u32 i = 0; i < n; i++) {
		ntr_mdmp_dir_decode(out, &dir);
		if (out->type == type && out->len)
			return true;
	}
	return false;
}

static enum ntr_st read_streams(struct ntr_dump *d, struct ntr_bin dir, u32 n,
				unsigned *seen, struct ntr_err *e)
{
	for (size_t i = 0; i < NTR_COUNT(streams); i++) {
		struct ntr_mdmp_dir s;
		struct ntr_bin b;
		enum ntr_st st;

		if (!find_stream(dir, n, streams[i].type, &s))
			continue;
		st = stream_bytes(d, &s, streams[i].what, &b, e);
		if (st == NTR_ABSENT)
			continue;
		if (st == NTR_OK)
			st = streams[i].read(d, &b, e);
		if (st)
			return ntr_wrap(e, st, "%s", streams[i].what);
		++*seen;
	}
	return NTR_OK;
}

static enum ntr_st mdmp_open(struct ntr_dump *d, struct ntr_err *e)
{
	struct ntr_mdmp_header h;
	unsigned seen = 0;
	struct ntr_bin b;
	enum ntr_st st;
	u32 n;

	d->kind = NTR_KIND_USER;
	st = ntr_dump_load(d, 0, ntr_mdmp_header_size, "header", &b, e);
	if (st)
		return st;
	ntr_mdmp_header_decode(&h, &b);
	if (h.time) {
		d->meta.time = UNIX_EPOCH + h.time * UINT64_C(10000000);
		d->meta.has |= NTR_HAS_TIME;
	}
	st = load_dir(d, &h, &b, &n, e);
	if (st == NTR_OK)
		st = read_streams(d, b, n, &seen, e);
	if (st)
		return st;
	if (!seen)
		return ntr_fail(e, NTR_BAD,
				"none of the %u streams in the directory at "
				"0x%x can be read", n, h.dir_rva);
	return NTR_OK;
}

const struct ntr_fmt_ops ntr_fmt_mdmp = {
	.name = "mdmp",
	.descr = "user minidump (MDMP)",
	.probe = mdmp_probe,
	.open = mdmp_open,
};
