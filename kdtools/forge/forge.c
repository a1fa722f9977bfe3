// SPDX-License-Identifier: Apache-2.0
#include "forge.h"

#include "out.h"
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- containers and profiles by name -------------------------------------------- */

static const struct f_out outs[] = {
#undef F_OUT_DECL
#define F_OUT_DECL(name, fn, arg, descr) { name, descr, fn, arg },
#include "forge_out_list.h"
};

static const struct f_out *out_at(size_t i)
{
	return i < NTR_COUNT(outs) ? &outs[i] : NULL;
}

static const struct f_out *out_find(const char *name)
{
	for (size_t i = 0; i < NTR_COUNT(outs); i++)
		if (!strcmp(outs[i].name, name))
			return &outs[i];
	return NULL;
}

const char *forge_container_name(size_t i, const char **descr)
{
	const struct f_out *o = out_at(i);

	if (!o)
		return NULL;
	if (descr)
		*descr = o->descr;
	return o->name;
}

const char *forge_profile_name(size_t i, const char **descr)
{
	static const char *const names[] = {
		"x86 nt3.51", "x86 nt4", "x86 2000", "x86 xp", "x86 2003",
		"x64 2003", "x64 vista", "x64 7", "x64 10", "arm64 11",
		"alpha nt3.51", "alpha nt4", "ia64 2003",
	};
	const struct f_prof *p = f_prof_at(i);

	if (!p || i >= NTR_COUNT(names))
		return NULL;
	if (descr)
		*descr = p->descr;
	return names[i];
}

static enum ntr_st unknown_container(struct f_scen *s, const char *name,
				     bool from_text, struct ntr_err *e)
{
	struct ntr_str w = { 0 };
	enum ntr_st st;

	for (size_t i = 0; i < NTR_COUNT(outs); i++)
		ntr_str_printf(&w, "%s%s", i ? ", " : "", outs[i].name);
	if (from_text)
		st = f_scen_err(s, e, NTR_BAD, s->cont_loc,
				"no container \"%.30s\"; there are: %s", name,
				ntr_str_text(&w));
	else
		st = ntr_fail(e, NTR_USAGE, "no container \"%.30s\"; there are: %s",
			      name, ntr_str_text(&w));
	ntr_str_fini(&w);
	return st;
}

/* A user-mode dump shows a process: its code and stacks are in its half. */
static void user_places(struct f_prof *p)
{
	bool wide = f_prof_64(p);

	p->stacks = wide ? 0x20000000 : 0x120000;
	p->drivers = wide ? 0x7ff600000000 : 0x1000000;
}

/* --- writing ------------------------------------------------------------------------ */

static enum ntr_st damage(struct f_scen *s, struct f_sink *k, struct ntr_err *e)
{
	static const u8 zero[4096];

	for (size_t i = 0; i < s->damages.n; i++) {
		const struct f_sdamage *d = &s->damages.v[i];
		switch (d->kind) {
		case F_D_TRUNCATE:
			if (d->off > k->end)
				return f_scen_err(s, e, NTR_BAD, d->loc,
						  "the file has only %" PRIu64
						  " bytes", k->end);
			f_sink_cut(k, d->off);
			break;
		case F_D_OVERWRITE:
			if (d->off > k->end || d->b.n > k->end - d->off)
				return f_scen_err(s, e, NTR_BAD, d->loc,
						  "the file has only %" PRIu64
						  " bytes", k->end);
			f_sink_put(k, d->off, d->b.p, d->b.n);
			break;
		case F_D_ZERO:
			for (u64 n = 0; n < d->len; n += sizeof(zero))
				f_sink_put(k, d->off + n, zero,
					   d->len - n < sizeof(zero)
						   ? (size_t)(d->len - n)
						   : sizeof(zero));
			break;
		case F_D_APPEND:
			f_sink_put(k, k->end, d->b.p, d->b.n);
			break;
		}
	}
	return NTR_OK;
}

static enum ntr_st write_out(struct f_scen *s, const struct f_out *o,
			     struct f_sink *k, struct ntr_err *e)
{
	struct f_prof prof = *s->prof;
	struct f_mach *m = calloc(1, sizeof(*m));
	enum ntr_st st;

	if (!m)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	if (o->fn == f_out_mdmp)
		user_places(&prof);
	s->prof = &prof;
	st = f_mach_build(m, s, e);
	if (!st) {
		st = o->fn(m, k, o->arg, e);
		f_mach_fini(m);
	}
	free(m);
	if (!st)
		st = damage(s, k, e);
	if (!st && k->st)
		st = k->st;
	if (st && k->st == NTR_LIMIT)
		return ntr_fail(e, st, "the dump would have more than %" PRIu64 " bytes",
				k->max);
	if (st && k->st == NTR_IO)
		return ntr_fail(e, st, "cannot write: %s", strerror(k->errnum));
	return st;
}

static enum ntr_st start(struct f_scen *s, const char *text, const char *name,
			 const char *container, const struct f_out **o,
			 struct ntr_str *diag, struct ntr_err *e)
{
	enum ntr_st st = f_scen_parse(s, text, name, diag, e);

	if (st)
		return st;
	*o = out_find(container ? container : s->container);
	if (*o)
		return NTR_OK;
	st = unknown_container(s, container ? container : s->container,
			       !container, e);
	f_scen_fini(s);
	return st;
}

enum ntr_st forge_text(const char *text, const char *name,
		       const char *container, size_t max, u8 **out,
		       size_t *out_len, struct ntr_str *diag, struct ntr_err *e)
{
	struct f_sink k = { .fd = -1, .max = max };
	const struct f_out *o;
	struct f_scen s;
	enum ntr_st st = start(&s, text, name, container, &o, diag, e);

	if (st)
		return st;
	st = write_out(&s, o, &k, e);
	f_scen_fini(&s);
	if (!st && !k.p && !(k.p = calloc(1, 1)))
		st = ntr_fail(e, NTR_NOMEM, "out of memory");
	if (st) {
		free(k.p);
		return st;
	}
	*out = k.p;
	*out_len = (size_t)k.end;
	return NTR_OK;
}

static enum ntr_st to_fd(struct f_scen *s, const struct f_out *o, int fd,
			 const char *path, struct ntr_err *e)
{
	struct f_sink k = { .fd = fd, .max = UINT64_MAX };
	enum ntr_st st = write_out(s, o, &k, e);

	if (!st && ftruncate(fd, (off_t)k.end))
		st = ntr_fail(e, NTR_IO, "%s: %s", path, strerror(errno));
	return st;
}

enum ntr_st forge_text_file(const char *text, const char *name,
			    const char *out_path, const char *container,
			    struct ntr_str *diag, struct ntr_err *e)
{
	const struct f_out *o;
	struct f_scen s;
	enum ntr_st st = start(&s, text, name, container, &o, diag, e);
	int fd;

	if (st)
		return st;
	fd = open(out_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		st = ntr_fail(e, NTR_IO, "%s: %s", out_path, strerror(errno));
	else
		st = to_fd(&s, o, fd, out_path, e);
	f_scen_fini(&s);
	if (fd >= 0 && close(fd) && !st)
		st = ntr_fail(e, NTR_IO, "%s: %s", out_path, strerror(errno));
	if (st && fd >= 0)
		unlink(out_path); /* half a dump helps nobody */
	return st;
}

static enum ntr_st read_text(const char *path, char **out, struct ntr_err *e)
{
	FILE *f = fopen(path, "rb");
	char *p;
	size_t n;

	if (!f)
		return ntr_fail(e, NTR_IO, "%s: %s", path, strerror(errno));
	p = calloc(1, F_MAX_TEXT + 2);
	n = p ? fread(p, 1, F_MAX_TEXT + 1, f) : 0;
	if (!p || ferror(f)) {
		bool mem = !p;
		free(p);
		fclose(f);
		return mem ? ntr_fail(e, NTR_NOMEM, "out of memory")
			   : ntr_fail(e, NTR_IO, "%s: cannot read", path);
	}
	fclose(f);
	if (memchr(p, 0, n)) {
		free(p);
		return ntr_fail(e, NTR_BAD, "%s: not a text file", path);
	}
	*out = p;
	return NTR_OK;
}

enum ntr_st forge_file(const char *scenario_path, const char *out_path,
		       const char *container, struct ntr_str *diag,
		       struct ntr_err *e)
{
	char *text;
	enum ntr_st st = read_text(scenario_path, &text, e);

	if (st)
		return st;
	st = forge_text_file(text, scenario_path, out_path, container, diag, e);
	free(text);
	return st;
}

enum ntr_st forge_check(const char *text, const char *name,
			struct ntr_str *diag, struct ntr_err *e)
{
	const struct f_out *o;
	struct f_mach *m;
	struct f_scen s;
	enum ntr_st st = start(&s, text, name, NULL, &o, diag, e);

	if (st)
		return st;
	m = calloc(1, sizeof(*m));
	if (!m)
		st = ntr_fail(e, NTR_NOMEM, "out of memory");
	else if (!(st = f_mach_build(m, &s, e)))
		f_mach_fini(m);
	free(m);
	f_scen_fini(&s);
	return st;
}

static enum ntr_st image_of(struct f_mach *m, const char *module, u8 **out,
			    size_t *out_len, struct ntr_err *e)
{
	for (size_t i = 0; i < m->img.mods.n; i++) {
		const struct f_mod *d = &m->img.mods.v[i];
		u8 *p;
		if (strcasecmp(d->name, module))
			continue;
		p = calloc(1, d->size);
		if (!p)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		f_get(&m->mem, d->base, p, d->size);
		*out = p;
		*out_len = d->size;
		return NTR_OK;
	}
	return ntr_fail(e, NTR_USAGE, "no module \"%.60s\" in this scenario", module);
}

enum ntr_st forge_image(const char *text, const char *name, const char *module,
			u8 **out, size_t *out_len, struct ntr_str *diag,
			struct ntr_err *e)
{
	struct f_mach *m;
	struct f_scen s;
	enum ntr_st st = f_scen_parse(&s, text, name, diag, e);

	if (st)
		return st;
	m = calloc(1, sizeof(*m));
	if (!m)
		st = ntr_fail(e, NTR_NOMEM, "out of memory");
	else
		st = f_mach_build(m, &s, e);
	if (!st) {
		st = image_of(m, module, out, out_len, e);
		f_mach_fini(m);
	}
	free(m);
	f_scen_fini(&s);
	return st;
}

static enum ntr_st write_symbols(struct f_scen *s, const char *symbols,
				 const char *images, struct ntr_err *e)
{
	struct f_mach *m = calloc(1, sizeof(*m));
	enum ntr_st st = m ? f_mach_build(m, s, e) :
			     ntr_fail(e, NTR_NOMEM, "out of memory");

	if (!st) {
		st = f_symbols_write(m, symbols, images, e);
		f_mach_fini(m);
	}
	free(m);
	return st;
}

enum ntr_st forge_symbols(const char *scenario_path, const char *symbols,
			  const char *images, struct ntr_str *diag,
			  struct ntr_err *e)
{
	struct f_scen s;
	char *text;
	enum ntr_st st = read_text(scenario_path, &text, e);

	if (st)
		return st;
	st = f_scen_parse(&s, text, scenario_path, diag, e);
	free(text);
	if (st)
		return st;
	st = write_symbols(&s, symbols, images, e);
	f_scen_fini(&s);
	return st;
}

enum ntr_st forge_text_symbols(const char *text, const char *name,
			       const char *symbols, bool *wanted,
			       struct ntr_str *diag, struct ntr_err *e)
{
	struct f_scen s;
	enum ntr_st st = f_scen_parse(&s, text, name, diag, e);

	if (st)
		return st;
	*wanted = s.symbols;
	if (s.symbols)
		st = write_symbols(&s, symbols, NULL, e);
	f_scen_fini(&s);
	return st;
}
