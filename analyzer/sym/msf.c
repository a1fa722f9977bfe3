// SPDX-License-Identifier: Apache-2.0
#include "msf.h"

#include "../base/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_7 "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS\0\0"
#define MAGIC_7_LEN 32u
#define MAGIC_JG "Microsoft C/C++ program database 2.00\r\n\x1aJG"
#define MAGIC_JG_LEN (sizeof(MAGIC_JG) - 1)

/* 512 and 1024 were the old defaults, 4096 is today's, larger ones let a PDB
 * grow beyond 4 GiB (/pdbpagesize). */
#define BLOCK_MIN 512u
#define BLOCK_MAX 32768u

/* Source: microsoft-pdb PDB/msf/msf.cpp (BIGMSF_HDR), LLVM "The MSF File
 * Format". From map on: the blocks that hold the directory's block numbers,
 * more than one when those need more than a block. */
#define MSF_SUPER_FIELDS(S, A, r, z)      \
	S(r, z, u32, block_size,  0x20)   \
	S(r, z, u32, nblocks,     0x28)   \
	S(r, z, u32, dir_size,    0x2c)
NTR_RECORD(msf_super, 0x34, MSF_SUPER_FIELDS)

bool ntr_msf_probe(const u8 *head, size_t len)
{
	if (len >= MAGIC_7_LEN && !memcmp(head, MAGIC_7, MAGIC_7_LEN - 1))
		return true;
	return len >= MAGIC_JG_LEN && !memcmp(head, MAGIC_JG, MAGIC_JG_LEN);
}

static u32 blocks_for(const struct ntr_msf *m, u32 bytes)
{
	return bytes / m->block_size + !!(bytes % m->block_size);
}

/* --- reading blocks -------------------------------------------------------- */

/* How many blocks from i on follow one another in the file. */
static size_t run_length(const u32 *block, size_t i, size_t n)
{
	size_t k = i + 1;

	while (k < n && block[k] == block[k - 1] + 1)
		k++;
	return k - i;
}

static enum ntr_st gather_into(const struct ntr_msf *m, const u32 *block,
			       size_t nblock, u8 *buf, u32 len,
			       struct ntr_err *e)
{
	u64 done = 0;

	for (size_t i = 0, run; i < nblock && done < len; i += run) {
		u64 n;
		enum ntr_st st;

		run = run_length(block, i, nblock);
		n = (u64)run * m->block_size;
		if (n > len - done)
			n = len - done;
		st = ntr_file_read(m->file, (u64)block[i] * m->block_size,
				   buf + done, n, e);
		if (st)
			return st == NTR_ABSENT ? NTR_BAD : st;
		done += n;
	}
	return NTR_OK;
}

enum ntr_st ntr_msf_gather(const struct ntr_msf *m, const u32 *block,
			   size_t nblock, u32 len, u8 **out, struct ntr_err *e)
{
	enum ntr_st st;
	u8 *buf;

	if (len > m->file->size)
		return ntr_fail(e, NTR_BAD,
				"%s: 0x%x bytes claimed, the file has 0x%"
				PRIx64, m->file->name, len, m->file->size);
	for (size_t i = 0; i < nblock; i++)
		if (!block[i] || block[i] >= m->nblocks)
			return ntr_fail(e, NTR_BAD,
					"%s: block %u, want 1 to %u",
					m->file->name, block[i],
					m->nblocks - 1);
	buf = malloc(len ? len : 1);
	if (!buf)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
				m->file->name);
	st = gather_into(m, block, nblock, buf, len, e);
	if (st)
		free(buf);
	else
		*out = buf;
	return st;
}

/* --- layout ------------------------------------------------------------------ */

/* Marks the stream's blocks as its own, or says why it cannot have them. */
static void claim_blocks(struct ntr_msf *m, u32 *owner, u32 n)
{
	struct ntr_msf_stream *s = &m->stream[n];

	if (s->size > m->file->size) {
		s->bad = "claims more bytes than the file has";
		return;
	}
	for (u32 i = 0; i < s->nblocks; i++) {
		u32 b = m->block[s->first + i];

		s->bad_block = b;
		if (!b || b >= m->nblocks) {
			s->bad = "has a block that is not in the file";
			return;
		}
		if (owner[b]) {
			s->bad = "has a block that belongs to another stream";
			s->bad_owner = owner[b] - 1;
			return;
		}
		owner[b] = n + 1;
	}
}

enum ntr_st ntr_msf_layout(struct ntr_msf *m, struct ntr_err *e)
{
	u32 *owner = calloc((size_t)m->nblocks + 1, sizeof(*owner));
	size_t at = 0;

	if (!owner)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
				m->file->name);
	for (u32 n = 0; n < m->nstreams; n++) {
		struct ntr_msf_stream *s = &m->stream[n];

		if (s->size == NTR_MSF_NONE)
			continue;
		s->nblocks = blocks_for(m, s->size);
		s->first = at;
		if (s->nblocks > m->nblock - at) {
			/* And so for all behind it: where theirs begin is not
			 * known. */
			s->bad = "lies beyond the end of the directory";
			at = m->nblock;
			continue;
		}
		at += s->nblocks;
		if (n)
			claim_blocks(m, owner, n);
	}
	free(owner);
	return NTR_OK;
}

/* --- MSF 7.00 ---------------------------------------------------------------- */

static enum ntr_st super_check(struct ntr_msf *m, const struct ntr_msf_super *h,
			       struct ntr_err *e)
{
	const char *name = m->file->name;
	u64 have;

	if (h->block_size < BLOCK_MIN || h->block_size > BLOCK_MAX ||
	    (h->block_size & (h->block_size - 1)))
		return ntr_fail(e, NTR_BAD,
				"%s+0x20: block size %u, want a power of two "
				"from %u to %u", name, h->block_size,
				BLOCK_MIN, BLOCK_MAX);
	if (h->dir_size < 4 || h->dir_size > m->file->size)
		return ntr_fail(e, NTR_BAD,
				"%s+0x2c: a directory of 0x%x bytes in a file "
				"of 0x%" PRIx64, name, h->dir_size,
				m->file->size);
	m->block_size = h->block_size;
	have = (m->file->size + h->block_size - 1) / h->block_size;
	m->nblocks = h->nblocks < have ? h->nblocks : (u32)have;
	if (!m->nblocks)
		return ntr_fail(e, NTR_BAD, "%s+0x28: no blocks", name);
	return NTR_OK;
}

static void to_host(u32 *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = le32toh(v[i]);
}

/* The directory's block numbers: malloc'd, in host order. */
static enum ntr_st dir_blocks(struct ntr_msf *m, u32 dir_size, u32 **out,
			      struct ntr_err *e)
{
	u32 n = blocks_for(m, dir_size), nmap = blocks_for(m, n * 4);
	u32 *map;
	u8 *raw = NULL;
	enum ntr_st st;

	if (ntr_msf_super_size + nmap * 4 > m->block_size)
		return ntr_fail(e, NTR_BAD,
				"%s+0x2c: a directory of 0x%x bytes wants %u "
				"map blocks, more than the superblock holds",
				m->file->name, dir_size, nmap);
	map = malloc(nmap * sizeof(*map));
	if (!map)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
				m->file->name);
	st = ntr_file_read(m->file, ntr_msf_super_size, map, nmap * 4, e);
	if (!st) {
		to_host(map, nmap);
		st = ntr_msf_gather(m, map, nmap, n * 4, &raw, e);
	}
	free(map);
	if (st)
		return ntr_wrap(e, st, "block map of the directory");
	to_host((u32 *)raw, n);
	*out = (u32 *)raw;
	return NTR_OK;
}

static enum ntr_st dir_parse(struct ntr_msf *m, struct ntr_bin *b,
			     struct ntr_err *e)
{
	u32 n = ntr_bin_u32(b, "count of streams");

	if (n > NTR_MSF_MAX_STREAMS)
		return ntr_fail(e, NTR_BAD, "%s: %u streams, at most %u",
				b->origin, n, NTR_MSF_MAX_STREAMS);
	if (!ntr_bin_fits(b, n, 4, "stream sizes"))
		return ntr_bin_done(b, e);
	m->stream = calloc(n ? n : 1, sizeof(*m->stream));
	m->block = malloc(ntr_bin_left(b) + 4);
	if (!m->stream || !m->block)
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory", b->origin);
	m->nstreams = n;
	for (u32 i = 0; i < n; i++)
		m->stream[i].size = ntr_bin_u32(b, "stream size");
	m->nblock = ntr_bin_left(b) / 4;
	ntr_bin_copy(b, m->block, m->nblock * 4, "block numbers");
	to_host(m->block, m->nblock);
	return ntr_msf_layout(m, e);
}

static enum ntr_st msf_open_7(struct ntr_msf *m, struct ntr_err *e)
{
	u8 head[ntr_msf_super_size];
	struct ntr_msf_super h;
	struct ntr_bin b;
	u32 *block = NULL;
	u8 *dir = NULL;
	enum ntr_st st = ntr_file_read(m->file, 0, head, sizeof(head), e);

	if (st)
		return st == NTR_ABSENT ? NTR_BAD : st;
	b = ntr_bin_of(head, sizeof(head), m->file->name, 0);
	ntr_msf_super_decode(&h, &b);
	st = super_check(m, &h, e);
	if (!st)
		st = dir_blocks(m, h.dir_size, &block, e);
	if (st)
		return st;
	st = ntr_msf_gather(m, block, blocks_for(m, h.dir_size), h.dir_size,
			    &dir, e);
	free(block);
	if (st)
		return ntr_wrap(e, st, "stream directory");
	b = ntr_bin_of(dir, h.dir_size, m->file->name, 0);
	st = dir_parse(m, &b, e);
	free(dir);
	return st ? ntr_wrap(e, st, "stream directory") : NTR_OK;
}

/* --- both --------------------------------------------------------------------- */

enum ntr_st ntr_msf_open(struct ntr_msf *m, struct ntr_file *f,
			 struct ntr_err *e)
{
	u8 head[MAGIC_JG_LEN] = { 0 };
	size_t n = ntr_file_read_some(f, 0, head, sizeof(head));
	enum ntr_st st;

	*m = (struct ntr_msf){ .file = f };
	if (!ntr_msf_probe(head, n))
		return ntr_fail(e, NTR_BAD, "%s: not a program database",
				f->name);
	m->jg = !memcmp(head, MAGIC_JG, MAGIC_JG_LEN);
	st = m->jg ? ntr_msf_open_jg(m, e) : msf_open_7(m, e);
	if (st)
		ntr_msf_fini(m);
	return st;
}

void ntr_msf_fini(struct ntr_msf *m)
{
	for (u32 i = 0; i < m->nstreams; i++) {
		free(m->stream[i].data);
		free(m->stream[i].origin);
	}
	free(m->stream);
	free(m->block);
	*m = (struct ntr_msf){ 0 };
}

/* OK when stream n can be read. */
static enum ntr_st stream_usable(const struct ntr_msf *m, u32 n,
				 struct ntr_err *e)
{
	const struct ntr_msf_stream *s;

	if (n >= m->nstreams || m->stream[n].size == NTR_MSF_NONE)
		return ntr_fail(e, NTR_ABSENT, "%s: no stream %u",
				m->file->name, n);
	s = &m->stream[n];
	if (!n)
		return ntr_fail(e, NTR_ABSENT,
				"%s: stream 0 is an old directory",
				m->file->name);
	if (s->bad)
		return ntr_fail(e, NTR_BAD,
				"%s: stream %u of 0x%x bytes %s (block %u, "
				"stream %u)", m->file->name, n, s->size,
				s->bad, s->bad_block, s->bad_owner);
	return NTR_OK;
}

static enum ntr_st stream_load(struct ntr_msf *m, u32 n, struct ntr_err *e)
{
	struct ntr_msf_stream *s = &m->stream[n];
	char origin[300];
	enum ntr_st st = ntr_msf_gather(m, m->block + s->first, s->nblocks,
					s->size, &s->data, e);

	if (st)
		return ntr_wrap(e, st, "stream %u", n);
	snprintf(origin, sizeof(origin), "%s stream %u", m->file->name, n);
	s->origin = strdup(origin);
	if (!s->origin) {
		free(s->data);
		s->data = NULL;
		return ntr_fail(e, NTR_NOMEM, "%s: out of memory",
				m->file->name);
	}
	return NTR_OK;
}

enum ntr_st ntr_msf_stream(struct ntr_msf *m, u32 n, struct ntr_bin *out,
			   struct ntr_err *e)
{
	enum ntr_st st = stream_usable(m, n, e);

	if (!st && !m->stream[n].data)
		st = stream_load(m, n, e);
	if (st)
		return st;
	*out = ntr_bin_of(m->stream[n].data, m->stream[n].size,
			  m->stream[n].origin, 0);
	return NTR_OK;
}
