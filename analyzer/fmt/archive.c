// SPDX-License-Identifier: Apache-2.0
#include "archive.h"

#include "../base/record.h"
#include "../base/text.h"
#include "file_kind.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define READ_BLOCK (64u << 10)
#define WRITE_BLOCK (64u << 10)
/* Among other files only a large one is taken for a raw image of memory. */
#define NTR_RAW_MEMBER (16u << 20)

/* --- recognising ---------------------------------------------------------------- */

enum kind { PLAIN, ZIP, SEVENZIP, CAB, TAR, GZIP, BZIP2, XZ, ZSTD };

static const struct {
	enum kind kind;
	u16 off;
	u8 len;
	const char *magic;
} magics[] = {
	{ ZIP, 0, 4, "PK\3\4" },
	{ ZIP, 0, 4, "PK\5\6" },     /* no members */
	{ ZIP, 0, 8, "PK00PK\3\4" }, /* split, in one part */
	{ SEVENZIP, 0, 6, "7z\xbc\xaf\x27\x1c" },
	{ CAB, 0, 4, "MSCF" },
	{ GZIP, 0, 3, "\x1f\x8b\x08" },
	{ BZIP2, 0, 3, "BZh" },
	{ XZ, 0, 6, "\xfd" "7zXZ\0" },
	{ ZSTD, 0, 4, "\x28\xb5\x2f\xfd" },
	{ TAR, 257, 5, "ustar" },
};

/* Only what the magic says is asked of libarchive: its own guess takes a
 * compressed memory image that begins with zeros for an empty tar. */
static const struct {
	const char *name;
	int (*support)(struct archive *a);
	bool stream; /* one member, no name */
} kinds[] = {
	[ZIP] = { "zip", archive_read_support_format_zip, false },
	[SEVENZIP] = { "7-Zip", archive_read_support_format_7zip, false },
	[CAB] = { "cab", archive_read_support_format_cab, false },
	[TAR] = { "tar", archive_read_support_format_tar, false },
	[GZIP] = { "gzip", archive_read_support_filter_gzip, true },
	[BZIP2] = { "bzip2", archive_read_support_filter_bzip2, true },
	[XZ] = { "xz", archive_read_support_filter_xz, true },
	[ZSTD] = { "zstd", archive_read_support_filter_zstd, true },
};

static enum kind kind_of(const u8 *p, size_t n)
{
	for (size_t i = 0; i < NTR_COUNT(magics); i++)
		if (n >= (size_t)magics[i].off + magics[i].len &&
		    !memcmp(p + magics[i].off, magics[i].magic, magics[i].len))
			return magics[i].kind;
	return PLAIN;
}

/* --- libarchive ----------------------------------------------------------------- */

/* One archive being read. */
struct reader {
	struct ntr_file *in;
	enum kind kind;
	struct archive *a;
	u64 pos;                 /* of the next read in in */
	u8 *block;               /* READ_BLOCK, lent to libarchive */
	u64 max, used;           /* bytes unpacked so far, and the cap */
	u32 crc;                 /* of them, for gzip */
};

static la_ssize_t on_read(struct archive *a, void *data, const void **buf)
{
	struct reader *r = data;
	size_t n = ntr_file_read_some(r->in, r->pos, r->block, READ_BLOCK);

	(void)a;
	*buf = r->block;
	r->pos += n;
	return (la_ssize_t)n;
}

static la_int64_t on_skip(struct archive *a, void *data, la_int64_t want)
{
	struct reader *r = data;
	u64 left = r->in->size - r->pos;
	u64 n = want < 0 ? 0 : (u64)want;

	(void)a;
	if (n > left)
		n = left;
	r->pos += n;
	return (la_int64_t)n;
}

static la_int64_t on_seek(struct archive *a, void *data, la_int64_t off,
			  int whence)
{
	struct reader *r = data;
	la_int64_t base = whence == SEEK_SET ? 0 :
			  whence == SEEK_CUR ? (la_int64_t)r->pos :
					       (la_int64_t)r->in->size;
	la_int64_t to;

	(void)a;
	if (__builtin_add_overflow(base, off, &to) || to < 0 ||
	    (u64)to > r->in->size)
		return ARCHIVE_FATAL;
	r->pos = (u64)to;
	return to;
}

static enum ntr_st start(struct reader *r, struct ntr_err *e)
{
	r->pos = 0;
	r->block = malloc(READ_BLOCK);
	r->a = archive_read_new();
	if (!r->block || !r->a)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	kinds[r->kind].support(r->a);
	if (kinds[r->kind].stream)
		archive_read_support_format_raw(r->a);
	archive_read_set_read_callback(r->a, on_read);
	archive_read_set_skip_callback(r->a, on_skip);
	archive_read_set_seek_callback(r->a, on_seek);
	archive_read_set_callback_data(r->a, r);
	if (archive_read_open1(r->a) == ARCHIVE_OK)
		return NTR_OK;
	return ntr_fail(e, NTR_BAD, "%s: damaged %s archive: %s", r->in->name,
			kinds[r->kind].name, archive_error_string(r->a));
}

static void finish(struct reader *r)
{
	if (r->a)
		archive_read_free(r->a);
	free(r->block);
	r->a = NULL;
	r->block = NULL;
}

static bool is_stream(const struct reader *r)
{
	return kinds[r->kind].stream;
}

/* Members can be passed by without unpacking them. */
static bool can_skip(const struct reader *r)
{
	return r->kind == ZIP || r->kind == TAR;
}

static const char *packing_name(const struct reader *r)
{
	return kinds[r->kind].name;
}

static enum ntr_st damaged(struct reader *r, struct ntr_err *e)
{
	const char *why = archive_error_string(r->a);

	if (archive_read_has_encrypted_entries(r->a) == 1)
		return ntr_fail(e, NTR_BAD,
				"%s: the %s archive is encrypted: unpack it "
				"first", r->in->name, packing_name(r));
	return ntr_fail(e, NTR_BAD, "%s: damaged %s archive near 0x%" PRIx64
			": %s", r->in->name, packing_name(r), r->pos,
			why ? why : "no reason given");
}

/* --- members ---------------------------------------------------------------------- */

struct member {
	char name[512];
	bool encrypted, sized;
	u64 size;
	u8 head[NTR_HEAD_LEN];
	size_t nhead;
	/* What libarchive gave last, beyond the head. */
	const u8 *data;
	size_t ndata;
	u64 at; /* of data in the member */
	bool end, cut; /* cut: the end is where it is damaged */
	bool doubted;  /* libarchive warned: a wrong checksum, for one */
	unsigned idle; /* pieces without bytes, in a row */
};
#define MAX_IDLE 1000u

static enum ntr_st over(struct reader *r, struct ntr_err *e)
{
	return ntr_fail(e, NTR_LIMIT,
			"%s: unpacked size is over %" PRIu64 " bytes",
			r->in->name, r->max);
}

/* What came before the damage is kept when it is enough to be a dump. */
static enum ntr_st data_damaged(struct reader *r, struct member *m,
				struct ntr_err *e)
{
	if (!m->nhead || m->encrypted)
		return damaged(r, e);
	m->end = m->cut = true;
	m->ndata = 0;
	return NTR_OK;
}

/*
 * libarchive takes no notice of gzip's checksums. Those of the only member,
 * or of the last of several, stand at the end of the file.
 */
static bool gzip_ends_well(struct reader *r)
{
	u8 end[8];

	return r->in->size >= sizeof(end) &&
	       !ntr_file_read(r->in, r->in->size - sizeof(end), end,
			      sizeof(end), NULL) &&
	       ntr_load_u32(end) == r->crc &&
	       ntr_load_u32(end + 4) == (u32)r->used;
}

/* All members of a gzip file, whose checksums zlib compares; the unpacked
 * bytes are dropped. */
static bool gzip_inflates(struct reader *r, u8 *in, u8 *out)
{
	z_stream z = { 0 };
	int st = inflateInit2(&z, 15 + 16);
	u64 pos = 0;

	if (st != Z_OK)
		return true; /* nothing is known against it */
	while (st == Z_OK || st == Z_BUF_ERROR || st == Z_STREAM_END) {
		if (!z.avail_in) {
			z.avail_in = (uInt)ntr_file_read_some(r->in, pos, in,
							      READ_BLOCK);
			z.next_in = in;
			pos += z.avail_in;
			if (!z.avail_in)
				break;
		}
		/* A next member, or what is not part of any. */
		if (st == Z_STREAM_END &&
		    (*z.next_in != 0x1f || inflateReset(&z) != Z_OK))
			break;
		z.next_out = out;
		z.avail_out = READ_BLOCK;
		st = inflate(&z, Z_NO_FLUSH);
	}
	inflateEnd(&z);
	return st == Z_STREAM_END;
}

static bool gzip_is_sound(struct reader *r)
{
	bool sound = true;
	u8 *block;

	if (r->kind != GZIP || gzip_ends_well(r))
		return true;
	block = malloc(2 * READ_BLOCK);
	if (block)
		sound = gzip_inflates(r, block, block + READ_BLOCK);
	free(block);
	return sound;
}

/* The next piece of the member; m->end after the last. */
static enum ntr_st next_data(struct reader *r, struct member *m,
			     struct ntr_err *e)
{
	const void *p = NULL;
	size_t n = 0;
	la_int64_t at = 0;
	int st = archive_read_data_block(r->a, &p, &n, &at);

	if (st == ARCHIVE_EOF) {
		m->end = true;
		m->ndata = 0;
		m->doubted |= !gzip_is_sound(r);
		return NTR_OK;
	}
	m->idle = n ? 0 : m->idle + 1;
	m->doubted |= st == ARCHIVE_WARN;
	if ((st != ARCHIVE_OK && st != ARCHIVE_WARN) || m->idle > MAX_IDLE)
		return data_damaged(r, m, e);
	if (!n)
		at = 0;
	if (at < 0 || (u64)at > r->max || n > r->max - (u64)at)
		return over(r, e);
	m->data = p;
	m->ndata = n;
	m->at = (u64)at;
	r->used += n;
	if (r->kind == GZIP)
		r->crc = (u32)crc32_z(r->crc, p, n);
	return r->used > r->max ? over(r, e) : NTR_OK;
}

/* The next regular file of the archive; END after the last. */
static enum ntr_st next_member(struct reader *r, struct member *m,
			       struct ntr_err *e)
{
	struct archive_entry *ent;
	const char *name;
	int st;

	for (;;) {
		st = archive_read_next_header(r->a, &ent);
		if (st == ARCHIVE_EOF)
			return NTR_END;
		if (st != ARCHIVE_OK && st != ARCHIVE_WARN)
			return damaged(r, e);
		if (archive_entry_filetype(ent) == AE_IFREG)
			break;
	}
	memset(m, 0, sizeof(*m));
	name = archive_entry_pathname_utf8(ent);
	if (!name)
		name = archive_entry_pathname(ent);
	ntr_ascii_clean(m->name, sizeof(m->name), name ? name : "(no name)",
			name ? strlen(name) : 9);
	m->encrypted = archive_entry_is_encrypted(ent);
	m->sized = archive_entry_size_is_set(ent);
	m->size = m->sized ? (u64)archive_entry_size(ent) : 0;
	return NTR_OK;
}

/* The first bytes of the member, gathered from as many pieces as it takes. */
static enum ntr_st read_head(struct reader *r, struct member *m,
			     struct ntr_err *e)
{
	enum ntr_st st;

	while (m->nhead < sizeof(m->head) && !m->end) {
		size_t n;

		st = next_data(r, m, e);
		if (st)
			return st;
		if (!m->end && !m->ndata)
			continue;
		/* A hole reads as zeros, which the head already is. */
		if (m->end || m->at >= sizeof(m->head)) {
			m->nhead = m->end ? m->nhead : sizeof(m->head);
			break;
		}
		n = sizeof(m->head) - m->at;
		if (n > m->ndata)
			n = m->ndata;
		memcpy(m->head + m->at, m->data, n);
		m->nhead = m->at + n;
	}
	return NTR_OK;
}

/* --- unpacking --------------------------------------------------------------------- */

/* Bytes for the temporary file: gathered in aligned blocks, zeros left out. */
struct sink {
	int fd;
	u64 at;    /* of the block, aligned */
	u64 size;  /* bytes seen */
	u8 *block;
};

static int temp_fd(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = -1;

	if (dir && dir[0])
		fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = memfd_create("ntriage", MFD_CLOEXEC);
	return fd;
}

static enum ntr_st flush(struct sink *s, struct ntr_err *e)
{
	size_t done = 0;

	while (!ntr_all_zero(s->block, WRITE_BLOCK) && done < WRITE_BLOCK) {
		ssize_t n = pwrite(s->fd, s->block + done, WRITE_BLOCK - done,
				   (off_t)(s->at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ntr_fail(e, NTR_IO,
					"cannot write the unpacked dump to a "
					"temporary file: %s (TMPDIR names "
					"another place)", strerror(errno));
		done += (size_t)n;
	}
	memset(s->block, 0, WRITE_BLOCK);
	return NTR_OK;
}

static enum ntr_st put(struct sink *s, u64 at, const u8 *p, size_t n,
		       struct ntr_err *e)
{
	while (n) {
		u64 block = at & ~(u64)(WRITE_BLOCK - 1);
		size_t in = (size_t)(at - block), part = WRITE_BLOCK - in;
		enum ntr_st st;

		if (block != s->at) {
			st = flush(s, e);
			if (st)
				return st;
			s->at = block;
		}
		if (part > n)
			part = n;
		memcpy(s->block + in, p, part);
		p += part;
		at += part;
		n -= part;
	}
	if (at > s->size)
		s->size = at;
	return NTR_OK;
}

static enum ntr_st fill(struct reader *r, struct member *m, struct sink *s,
			struct ntr_err *e)
{
	/* The head may hold the beginning of the piece that is current. */
	enum ntr_st st = put(s, 0, m->head, m->nhead, e);

	while (st == NTR_OK && !m->end) {
		if (m->at < s->size && m->at + m->ndata > s->size) {
			m->ndata -= s->size - m->at;
			m->data += s->size - m->at;
			m->at = s->size;
		}
		if (m->at >= s->size)
			st = put(s, m->at, m->data, m->ndata, e);
		if (st == NTR_OK)
			st = next_data(r, m, e);
	}
	if (st == NTR_OK)
		st = flush(s, e);
	if (st == NTR_OK && !m->cut && m->sized && m->size > s->size &&
	    m->size <= r->max)
		s->size = m->size;
	if (st == NTR_OK && ftruncate(s->fd, (off_t)s->size))
		return ntr_fail(e, NTR_IO, "temporary file: %s",
				strerror(errno));
	return st;
}

/* The current member as a file named "archive:member". */
static enum ntr_st unpack(struct reader *r, struct member *m,
			  struct ntr_file **out, struct ntr_err *e)
{
	struct sink s = { .fd = -1 };
	char name[1024];
	enum ntr_st st;

	if (m->sized && m->size > r->max)
		return over(r, e);
	s.block = calloc(1, WRITE_BLOCK);
	if (!s.block)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	s.fd = temp_fd();
	if (s.fd < 0) {
		free(s.block);
		return ntr_fail(e, NTR_IO, "no temporary file: %s",
				strerror(errno));
	}
	st = fill(r, m, &s, e);
	free(s.block);
	if (st) {
		close(s.fd);
		return st;
	}
	if (is_stream(r))
		snprintf(name, sizeof(name), "%s", r->in->name);
	else
		snprintf(name, sizeof(name), "%s:%s", r->in->name, m->name);
	return ntr_file_from_fd(out, s.fd, name, e);
}

/* --- choosing ----------------------------------------------------------------------- */

enum rank {
	RANK_NONE,   /* not a dump */
	RANK_PACKED, /* an archive again */
	RANK_RAW,    /* a raw image, as far as its beginning shows */
	RANK_DUMP,
};

static enum rank judge(const struct member *m)
{
	struct ntr_bin head = ntr_bin_of(m->head, m->nhead, m->name, 0);
	u64 size = m->sized ? m->size : m->nhead;
	const struct ntr_fmt_ops *f = ntr_fmt_probe(&head, size, NULL);

	if (f && strcmp(f->name, "raw"))
		return RANK_DUMP;
	if (kind_of(m->head, m->nhead) != PLAIN)
		return RANK_PACKED;
	return f ? RANK_RAW : RANK_NONE;
}

/* Read past the rest of a member that is not wanted. */
static enum ntr_st pass_by(struct reader *r, struct member *m,
			   struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	if (can_skip(r))
		return NTR_OK;
	while (st == NTR_OK && !m->end)
		st = next_data(r, m, e);
	return st == NTR_OK && m->cut ? damaged(r, e) : st;
}

/* What a first look at all members found. */
struct choice {
	enum rank rank;
	unsigned index;   /* of the member, counting regular files */
	unsigned members, encrypted, dumps;
	char name[512];   /* of the first member */
	const char *kind; /* what the first member is */
};

static enum ntr_st look_at(struct reader *r, struct member *m,
			   struct choice *c, struct ntr_err *e)
{
	unsigned i = c->members++;
	struct ntr_bin head;
	enum rank rank;
	enum ntr_st st;

	if (m->encrypted) {
		c->encrypted++;
		return NTR_OK;
	}
	st = read_head(r, m, e);
	if (st)
		return st;
	rank = judge(m);
	if (!c->kind) {
		head = ntr_bin_of(m->head, m->nhead, m->name, 0);
		c->kind = ntr_file_kind(&head, m->sized ? m->size : m->nhead);
		memcpy(c->name, m->name, sizeof(c->name));
	}
	c->dumps += rank == RANK_DUMP;
	if (rank > c->rank) {
		c->rank = rank;
		c->index = i;
	}
	return NTR_OK;
}

/*
 * Look at the members. A zip is looked through to its end, for that costs
 * nothing; others have to be unpacked to get further, so that the first dump
 * ends the search, and is left as the current member.
 */
static enum ntr_st look(struct reader *r, struct member *m, struct choice *c,
			struct ntr_err *e)
{
	enum ntr_st st;

	while ((st = next_member(r, m, e)) == NTR_OK) {
		if (c->members >= NTR_ARCHIVE_MEMBERS)
			return NTR_OK;
		st = look_at(r, m, c, e);
		if (st == NTR_OK && c->rank == RANK_DUMP && !can_skip(r))
			return NTR_OK;
		if (st == NTR_OK && !m->encrypted)
			st = pass_by(r, m, e);
		if (st)
			break;
	}
	/* Damage behind a dump does not take the dump away. */
	return st == NTR_END || c->rank == RANK_DUMP ? NTR_OK : st;
}

static enum ntr_st nothing(struct reader *r, const struct choice *c,
			   struct ntr_err *e)
{
	const char *file = r->in->name, *how = packing_name(r);

	if (!c->members)
		return ntr_fail(e, NTR_BAD, "%s: the %s archive holds no file",
				file, how);
	if (c->encrypted)
		return ntr_fail(e, NTR_BAD,
				"%s: the %s archive is encrypted (%u of %u "
				"members): unpack it first", file, how,
				c->encrypted, c->members);
	if (c->members == 1)
		return ntr_fail(e, NTR_BAD,
				"%s: the %s archive holds no dump: %s is %s",
				file, how, c->name, c->kind);
	return ntr_fail(e, NTR_BAD,
			"%s: the %s archive holds no dump among its %s%u "
			"members (the first, %s, is %s)", file, how,
			c->members >= NTR_ARCHIVE_MEMBERS ? "first " : "",
			c->members, c->name, c->kind);
}

/* Go to member number index of an archive opened anew. */
static enum ntr_st go_to(struct reader *r, struct member *m, unsigned index,
			 struct ntr_err *e)
{
	enum ntr_st st;

	finish(r);
	r->used = 0;
	st = start(r, e);
	for (unsigned i = 0; st == NTR_OK; i++) {
		st = next_member(r, m, e);
		if (st || i == index)
			break;
		if (!m->encrypted)
			st = pass_by(r, m, e);
	}
	if (st == NTR_END)
		return damaged(r, e);
	return st ? st : read_head(r, m, e);
}

static enum ntr_st choose(struct reader *r, struct member *m, struct choice *c,
			  struct ntr_err *e)
{
	enum ntr_st st = look(r, m, c, e);

	if (st)
		return st;
	if (c->rank == RANK_NONE)
		return nothing(r, c, e);
	if (c->rank == RANK_DUMP && !can_skip(r))
		return NTR_OK;
	return go_to(r, m, c->index, e);
}

/* --- opening ------------------------------------------------------------------------- */

static enum ntr_st find_member(struct reader *r, struct member *m,
			       struct choice *c, struct ntr_err *e)
{
	enum ntr_st st;

	if (!is_stream(r))
		return choose(r, m, c, e);
	st = next_member(r, m, e);
	if (st == NTR_END)
		return damaged(r, e);
	return st ? st : read_head(r, m, e);
}

static enum ntr_st open_reader(struct reader *r, struct ntr_arena *arena,
			       struct ntr_unpacked *out, struct ntr_err *e)
{
	struct member *m = malloc(sizeof(*m));
	struct choice *c = calloc(1, sizeof(*c));
	struct ntr_unpacked u = { 0 };
	enum ntr_st st = NTR_NOMEM;

	if (m && c)
		st = start(r, e);
	if (st == NTR_OK)
		st = find_member(r, m, c, e);
	if (st == NTR_OK)
		st = unpack(r, m, &u.file, e);
	if (st == NTR_OK) {
		u.packing = packing_name(r);
		u.others = c->dumps > 1 ? c->dumps - 1 : 0;
		u.damaged = m->cut || m->doubted;
		u.member = is_stream(r) ? NULL :
					  ntr_arena_strdup(arena, m->name);
		*out = u;
	}
	free(m);
	free(c);
	return st;
}

static enum ntr_st first_member(struct reader *r, struct member *m,
				struct ntr_file **out, struct ntr_err *e)
{
	enum ntr_st st = start(r, e);

	if (st == NTR_OK)
		st = next_member(r, m, e);
	if (st == NTR_END)
		return damaged(r, e);
	if (st == NTR_OK)
		st = read_head(r, m, e);
	if (st == NTR_OK)
		st = unpack(r, m, out, e);
	if (st == NTR_OK && (m->cut || m->doubted)) {
		ntr_file_close(*out);
		*out = NULL;
		return damaged(r, e);
	}
	return st;
}

enum ntr_st ntr_archive_first(struct ntr_file *in, u64 max_unpacked,
			      struct ntr_file **out, struct ntr_err *e)
{
	struct reader r = { .in = in, .max = max_unpacked };
	struct member *m;
	struct ntr_file *f = NULL;
	u8 head[264];
	size_t n = ntr_file_read_some(in, 0, head, sizeof(head));
	enum ntr_st st;

	r.kind = kind_of(head, n);
	if (r.kind == PLAIN)
		return ntr_fail(e, NTR_UNSUP, "%s: not an archive", in->name);
	m = malloc(sizeof(*m));
	if (!m)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = first_member(&r, m, &f, e);
	finish(&r);
	free(m);
	if (st == NTR_OK)
		*out = f;
	return st;
}

/* --- going through ------------------------------------------------------------- */

/* What a member is called that is not unpacked; NULL: it is. */
static const char *not_wanted(const struct member *m)
{
	struct ntr_bin head = ntr_bin_of(m->head, m->nhead, m->name, 0);
	enum rank rank;

	if (m->encrypted)
		return "encrypted";
	rank = judge(m);
	if (rank == RANK_DUMP || rank == RANK_PACKED)
		return NULL;
	if (rank == RANK_RAW && (!m->sized || m->size >= NTR_RAW_MEMBER))
		return NULL;
	return ntr_file_kind(&head, m->sized ? m->size : m->nhead);
}

static enum ntr_st give(struct reader *r, struct member *m, ntr_archived_fn *fn,
			void *ctx, struct ntr_err *e)
{
	struct ntr_archived out = { .name = is_stream(r) ? NULL : m->name };
	enum ntr_st st = m->encrypted ? NTR_OK : read_head(r, m, e);

	if (st)
		return st;
	out.what = not_wanted(m);
	if (out.what) {
		st = fn(ctx, &out);
		return st || m->encrypted ? st : pass_by(r, m, e);
	}
	st = unpack(r, m, &out.file, e);
	if (st)
		return st;
	out.damaged = m->cut || m->doubted;
	return fn(ctx, &out);
}

static enum ntr_st each(struct reader *r, struct member *m, unsigned skip,
			ntr_archived_fn *fn, void *ctx, struct ntr_err *e)
{
	enum ntr_st st = start(r, e);

	for (unsigned i = 0; st == NTR_OK; i++) {
		st = next_member(r, m, e);
		if (st == NTR_END)
			return NTR_OK;
		if (st == NTR_OK && i >= NTR_ARCHIVE_MEMBERS)
			return ntr_fail(e, NTR_LIMIT, "%s: more than %u files "
					"in the archive", r->in->name,
					NTR_ARCHIVE_MEMBERS);
		if (st == NTR_OK && i >= skip)
			st = give(r, m, fn, ctx, e);
		else if (st == NTR_OK && !m->encrypted)
			st = pass_by(r, m, e);
	}
	return st;
}

enum ntr_st ntr_archive_each(struct ntr_file *in, u64 max_unpacked,
			     unsigned skip, ntr_archived_fn *fn, void *ctx,
			     struct ntr_err *e)
{
	struct reader r = { .in = in, .max = max_unpacked };
	u8 head[264];
	size_t n = ntr_file_read_some(in, 0, head, sizeof(head));
	struct member *m;
	enum ntr_st st;

	r.kind = kind_of(head, n);
	if (r.kind == PLAIN)
		return ntr_fail(e, NTR_UNSUP, "%s: not an archive", in->name);
	m = malloc(sizeof(*m));
	if (!m)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = each(&r, m, skip, fn, ctx, e);
	finish(&r);
	free(m);
	return st;
}

static enum ntr_st open_one(struct ntr_file *in, u64 max,
			    struct ntr_arena *arena, struct ntr_unpacked *out,
			    struct ntr_err *e)
{
	struct reader r = { .in = in, .max = max };
	u8 head[264];
	size_t n = ntr_file_read_some(in, 0, head, sizeof(head));
	enum ntr_st st;

	r.kind = kind_of(head, n);
	if (r.kind == PLAIN)
		return ntr_fail(e, NTR_UNSUP, "%s: not an archive", in->name);
	st = open_reader(&r, arena, out, e);
	finish(&r);
	return st;
}

enum ntr_st ntr_file_open_unpacked(struct ntr_file **out, const char *path,
				   u64 max_unpacked, struct ntr_err *e)
{
	struct ntr_file *f, *inner;
	enum ntr_st st = ntr_file_open(&f, path, e);

	if (st)
		return st;
	st = ntr_archive_first(f, max_unpacked, &inner, e);
	if (st == NTR_UNSUP) {
		*out = f;
		return NTR_OK;
	}
	ntr_file_close(f);
	if (!st)
		*out = inner;
	return st;
}

enum ntr_st ntr_archive_open(struct ntr_file *in, u64 max_unpacked,
			     struct ntr_arena *arena, struct ntr_unpacked *out,
			     struct ntr_err *e)
{
	struct ntr_unpacked u = { 0 }, inner;
	enum ntr_st st = open_one(in, max_unpacked, arena, &u, e);

	for (unsigned depth = 1; st == NTR_OK && depth < NTR_ARCHIVE_DEPTH;
	     depth++) {
		memset(&inner, 0, sizeof(inner));
		st = open_one(u.file, max_unpacked, arena, &inner, e);
		if (st == NTR_UNSUP) {
			st = NTR_OK;
			break;
		}
		ntr_file_close(u.file);
		if (st)
			return st;
		if (u.member && inner.member)
			inner.member = ntr_arena_printf(arena, "%s/%s",
							u.member, inner.member);
		else if (u.member)
			inner.member = u.member;
		inner.packing = ntr_arena_printf(arena, "%s in %s",
						 inner.packing, u.packing);
		inner.others += u.others;
		inner.damaged |= u.damaged;
		u = inner;
	}
	if (st)
		return st;
	if (e)
		e->msg[0] = 0;
	*out = u;
	return NTR_OK;
}
