// SPDX-License-Identifier: Apache-2.0
/*
 * Search in memory, page by page: pages that cannot be read are passed over,
 * a match may cross a boundary.  Bounded by the range, the hits, and Ctrl-C.
 */
#include "base/text.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#define PAGE 4096u
#define PATTERN 128u
#define MAX_BYTES 0x10000000u /* 256 MiB without L?, as WinDbg */
#define MAX_HITS 0x10000u

struct search {
	struct ntr_kd *k;
	u8 pattern[PATTERN];
	size_t n;
	unsigned unit;     /* of the pattern's elements */
	char kind;         /* b w d q a u */
	bool one, names;
	u64 hits, pages, lacking;
};

static enum ntr_st add(struct search *s, u64 v, unsigned bytes,
		       struct ntr_err *e)
{
	if (s->n + bytes > PATTERN)
		return ntr_fail(e, NTR_LIMIT, "a pattern has at most %u bytes",
				PATTERN);
	if (bytes < 8 && v >> 8 * bytes && ~v >> (8 * bytes - 1))
		return ntr_fail(e, NTR_USAGE, "%" PRIx64 " does not fit %u "
				"byte%s", v, bytes, bytes == 1 ? "" : "s");
	for (unsigned i = 0; i < bytes; i++)
		s->pattern[s->n++] = (u8)(v >> 8 * i);
	return NTR_OK;
}

/* "text" for a and u: quoted, or up to the end. */
static enum ntr_st text_pattern(struct search *s, const char *t,
				struct ntr_err *e)
{
	bool quoted = *t == '"';
	size_t n;
	enum ntr_st st = NTR_OK;

	t += quoted;
	n = quoted ? strcspn(t, "\"") : strlen(t);
	for (size_t i = 0; i < n && !st; i++)
		st = add(s, (u8)t[i], s->kind == 'u' ? 2 : 1, e);
	return st;
}

static enum ntr_st values(struct search *s, const struct ntr_call *c,
			  const char *t, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;
	u64 v = 0;

	while (*t && !st) {
		if (*t == '\'' && t[1] && t[2] == '\'') {
			v = (u8)t[1];
			t += 3 + strspn(t + 3, " \t");
		} else {
			st = ntr_cmd_value(s->k, c, &t, &v, e);
		}
		if (!st)
			st = add(s, v, s->unit, e);
	}
	return st;
}

/* "-d", "-[1]b", "-[n]a" in front of the range. */
static enum ntr_st options(struct search *s, const char **t, struct ntr_err *e)
{
	static const char kinds[] = "bwdqau";
	static const u8 units[] = { 1, 2, 4, 8, 1, 2 };
	const char *at;

	s->kind = 'b';
	s->unit = 1;
	if (**t != '-')
		return NTR_OK;
	(*t)++;
	if (**t == '[') {
		for ((*t)++; **t && **t != ']'; (*t)++) {
			s->one |= **t == '1';
			s->names |= **t == 'n';
		}
		*t += **t == ']';
	}
	at = **t ? strchr(kinds, **t) : NULL;
	if (!at)
		return ntr_fail(e, NTR_USAGE, "s knows -b -w -d -q -a -u, not "
				"\"-%.1s\"", *t);
	s->kind = *at;
	s->unit = units[at - kinds];
	(*t)++;
	*t += strspn(*t, " \t");
	return NTR_OK;
}

static void show_hit(struct search *s, u64 va)
{
	struct ntr_kd *k = s->k;
	char at[24], text[24], name[300];
	u8 raw[16];
	size_t n;

	s->hits++;
	ntr_va_text(at, va, k->t->ptr_size);
	ntr_kd_symbol(k, va, name, sizeof(name));
	ntr_out_open(k->o, NULL);
	ntr_out_hex(k->o, "address", NULL, va);
	ntr_out_str(k->o, "symbol", NULL, *name ? name : NULL);
	ntr_out_close(k->o);
	if (s->one) {
		ntr_out_line(k->o, "0x%016" PRIx64, va);
		return;
	}
	ntr_out_print(k->o, "%s ", at);
	n = ntr_space_read_some(k->mem, va, raw, sizeof(raw));
	if (n < s->n && s->n <= sizeof(raw))
		n = ntr_space_read(k->mem, va, raw, s->n, NULL) ? 0 : s->n;
	for (size_t i = 0; i < n; i++)
		ntr_out_print(k->o, " %02x", raw[i]);
	ntr_ascii_clean(text, sizeof(text), raw, 0);
	for (size_t i = 0; i < n; i++)
		text[i] = raw[i] >= 0x20 && raw[i] < 0x7f ? (char)raw[i] : '.';
	text[n] = 0;
	ntr_out_print(k->o, "  %s", text);
	if (s->names && *name)
		ntr_out_print(k->o, "  %s", name);
	ntr_out_line(k->o, "%s", "");
}

/* Matches that begin in [0, fresh) of buf. */
static void find_in(struct search *s, const u8 *buf, size_t fresh, size_t len,
		    u64 va)
{
	const u8 *p = buf, *hit;

	while (len >= s->n && s->hits < MAX_HITS) {
		hit = memmem(p, len - (size_t)(p - buf), s->pattern, s->n);
		if (!hit || (size_t)(hit - buf) >= fresh)
			return;
		if (!((va + (u64)(hit - buf)) % s->unit) || s->kind == 'u')
			show_hit(s, va + (u64)(hit - buf));
		p = hit + 1;
	}
}

/* A page and what of the next one a match may need. */
static void search_page(struct search *s, u64 va, size_t len, u64 left)
{
	u8 buf[PAGE + PATTERN];
	size_t more = s->n - 1;

	s->pages++;
	if (ntr_space_read(s->k->mem, va, buf, len, NULL)) {
		s->lacking++;
		return;
	}
	if (more > left - len)
		more = (size_t)(left - len);
	if (more && ntr_space_read(s->k->mem, va + len, buf + len, more, NULL))
		more = 0;
	find_in(s, buf, len, len + more, va);
}

static void search_range(struct search *s, u64 va, u64 left)
{
	while (left && s->hits < MAX_HITS && !ntr_kd_stopped(s->k)) {
		u64 n = PAGE - (va & (PAGE - 1));

		if (n > left)
			n = left;
		search_page(s, va, (size_t)n, left);
		va += n;
		left -= n;
		if (s->k->o->buf.len > 0x10000)
			ntr_kd_flush(s->k);
	}
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct search s = { .k = k };
	struct ntr_expr_range r = { .addr = 0 };
	const char *t = c->args;
	enum ntr_st st = options(&s, &t, e);

	if (!st)
		st = ntr_cmd_range(k, c, &t, s.unit, 0, MAX_BYTES / s.unit, &r,
				   e);
	if (!st && !r.has_count)
		st = ntr_fail(e, NTR_USAGE, "s wants a range: ADDR L COUNT or "
			      "ADDR END");
	t += strspn(t, " \t");
	if (!st)
		st = s.kind == 'a' || s.kind == 'u' ? text_pattern(&s, t, e) :
		     values(&s, c, t, e);
	if (!st && !s.n)
		st = ntr_fail(e, NTR_USAGE, "s wants something to look for");
	if (st)
		return st;
	ntr_out_list(k->o, "hits");
	search_range(&s, r.addr, r.count > UINT64_MAX / s.unit ? UINT64_MAX :
		     r.count * s.unit);
	ntr_out_list_end(k->o);
	ntr_out_uint(k->o, "pages", NULL, s.pages);
	ntr_out_uint(k->o, "pages_lacking", NULL, s.lacking);
	if (s.lacking)
		ntr_out_line(k->o, "(%" PRIu64 " of %" PRIu64 " pages could not "
			     "be read)", s.lacking, s.pages);
	if (s.hits == MAX_HITS)
		return ntr_fail(e, NTR_LIMIT, "more than %u hits", MAX_HITS);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_s = {
	.names = "s",
	.summary = "search memory",
	.operands = "[-[FLAGS]TYPE] ADDR L COUNT PATTERN",
	.help = "TYPE is b (bytes, also without -), w, d, q (units of 2, 4 and "
		"8 bytes, at aligned addresses), a (ASCII text) or u (UTF-16 "
		"text). FLAGS, in square brackets: 1 prints addresses only, n "
		"adds symbols. A byte may be a 'c'haracter. The range may be of "
		"256 MiB, or of any size with L?; pages that cannot be read are "
		"passed over and counted.",
	.example = "s -d @rsp L1000 c0000005", .does = "a status on the stack",
	.run = run,
};
