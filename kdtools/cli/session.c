// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include "progress.h"
#include "symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ntr_session_dump(struct ntr_cli *c, const char *path,
		     struct ntr_session *s)
{
	struct ntr_open_opts opts = { .max_unpacked = c->max_unpacked };
	struct ntr_err e = { "" };
	enum ntr_st st;

	*s = (struct ntr_session){ 0 };
	ntr_progress_begin(c, path);
	st = ntr_dump_open(&s->d, path, &opts, &e);
	ntr_progress_end();
	return st ? ntr_cli_error(c, path, st, &e) : NTR_EXIT_OK;
}

static bool stopped(void *ctx)
{
	return ntr_cli_stopped(ctx);
}

void ntr_session_stoppable(struct ntr_cli *c, struct ntr_target *t)
{
	t->stop = stopped;
	t->stop_ctx = c;
}

int ntr_session_open(struct ntr_cli *c, const char *path,
		     struct ntr_session *s)
{
	struct ntr_err e = { "" };
	enum ntr_st st;
	int code = ntr_session_dump(c, path, s);

	if (!code)
		code = ntr_cli_store_if_any(c, &s->store);
	if (code) {
		ntr_session_close(s);
		return code;
	}
	ntr_progress_begin(c, path);
	st = ntr_target_open_with(&s->t, s->d, s->store, &e);
	ntr_progress_end();
	ntr_cli_store_quiet(c);
	if (!st) {
		ntr_session_stoppable(c, s->t);
		return NTR_EXIT_OK;
	}
	code = ntr_cli_error(c, path, st, &e);
	ntr_session_close(s);
	return code;
}

void ntr_session_close(struct ntr_session *s)
{
	if (s->t)
		ntr_target_close(s->t);
	if (s->d)
		ntr_dump_close(s->d);
	ntr_store_close(s->store);
	*s = (struct ntr_session){ 0 };
}

const char *ntr_pick_file(const struct ntr_args *a, const char **rest)
{
	int at = 0, k = 0;

	if (access(a->operand[0], F_OK) &&
	    !access(a->operand[a->n - 1], F_OK))
		at = a->n - 1;
	for (int i = 0; i < a->n; i++)
		if (i != at)
			rest[k++] = a->operand[i];
	return a->operand[at];
}

/* len characters as hex; backticks part digits, 0x may lead. */
static bool parse_hex(const char *s, size_t len, u64 *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned n = 0;
	u64 v = 0;

	if (len > 2 && s[0] == '0' && (s[1] | 32) == 'x') {
		s += 2;
		len -= 2;
	}
	for (size_t i = 0; i < len; i++) {
		const char *d;

		if (s[i] == '`')
			continue;
		d = s[i] ? strchr(digits, s[i] >= 'A' && s[i] <= 'F' ?
				  s[i] + 32 : s[i]) : NULL;
		if (!d || ++n > 16)
			return false;
		v = v << 4 | (u64)(d - digits);
	}
	if (n)
		*out = v;
	return n > 0;
}

static const struct ntr_module *named(struct ntr_target *t, const char *s,
				      size_t len)
{
	char name[128];

	if (!t || !len || len >= sizeof(name))
		return NULL;
	memcpy(name, s, len);
	name[len] = 0;
	return ntr_target_module_named(t, name);
}

enum ntr_st ntr_parse_addr(struct ntr_target *t, const char *text, u64 *out,
			   struct ntr_err *e)
{
	const char *plus = strrchr(text, '+');
	size_t len = plus ? (size_t)(plus - text) : strlen(text);
	const struct ntr_module *m = named(t, text, len);
	u64 base, more = 0;

	if (m)
		base = m->base;
	else if (!parse_hex(text, len, &base))
		return ntr_fail(e, NTR_USAGE, "\"%.80s\" is neither a hex "
				"address nor the name of a module%s", text,
				t ? " of this dump" : "");
	if (plus && !parse_hex(plus + 1, strlen(plus + 1), &more))
		return ntr_fail(e, NTR_USAGE, "\"%.80s\": a hex offset must "
				"follow \"+\"", text);
	base += more;
	/* 32-bit addresses come sign-extended out of some tools. */
	if (t && t->ptr_size == 4 && base >> 32 == 0xffffffff)
		base = (u32)base;
	*out = base;
	return NTR_OK;
}

void ntr_va_text(char out[24], u64 va, unsigned ptr_size)
{
	if (ptr_size == 4 && va <= UINT32_MAX)
		snprintf(out, 24, "%08" PRIx32, (u32)va);
	else
		snprintf(out, 24, "%08" PRIx32 "`%08" PRIx32, (u32)(va >> 32),
			 (u32)va);
}

void ntr_out_dump_file(struct ntr_out *o, const struct ntr_dump *d)
{
	ntr_out_str(o, "name", "File", d->path);
	ntr_out_str(o, "packing", "Packed as", d->packing);
	ntr_out_str(o, "member", "Member", d->member);
	ntr_out_str(o, "format", NULL, d->fmt->name);
	ntr_out_str(o, "description", "Format", d->fmt->descr);
	ntr_out_str(o, "kind", "Kind", ntr_dump_kind_name(d->kind));
	ntr_out_uint(o, "size", "Size", d->file->size);
	ntr_out_bool(o, "complete", "Complete", d->complete);
	ntr_out_list(o, "notes");
	for (size_t i = 0; i < d->notes.n; i++)
		ntr_out_str(o, NULL, "Note", d->notes.v[i]);
	ntr_out_list_end(o);
}

const char *ntr_machine_text(char buf[32], u32 machine)
{
	const char *name = ntr_machine_name(machine);

	if (name || !machine)
		return name;
	snprintf(buf, 32, "machine 0x%" PRIx32, machine);
	return buf;
}
