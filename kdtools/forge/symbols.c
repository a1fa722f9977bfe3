// SPDX-License-Identifier: Apache-2.0
/*
 * What a linker would have left of a scenario's modules, in a store: the
 * symbols as Breakpad text files (DIR/ntkrnlmp.pdb/KEY/ntkrnlmp.sym), the
 * images as they are (DIR/tcpip.sys/KEY/tcpip.sys).
 */
#include "symbols.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* GUID and age, or time stamp and age, as symbol stores name folders. */
static void store_key(const struct f_prof *p, const struct f_mod *m,
		      struct ntr_str *out)
{
	static const u8 order[16] = { 3, 2, 1, 0, 5, 4, 7, 6,
				      8, 9, 10, 11, 12, 13, 14, 15 };

	if (p->nb10)
		ntr_str_printf(out, "%08X", m->stamp);
	for (size_t i = 0; i < 16 && !p->nb10; i++)
		ntr_str_printf(out, "%02X", m->guid[order[i]]);
	ntr_str_printf(out, "%x", m->age);
}

static const char *breakpad_arch(const struct f_prof *p)
{
	static const char *const names[] = {
		[F_X86] = "x86",     [F_X64] = "x86_64", [F_ARM64] = "arm64",
		[F_ALPHA] = "alpha", [F_IA64] = "ia64",
	};

	return names[p->arch];
}

static bool make_folder(struct ntr_str *path)
{
	return !path->lost && (!mkdir(path->s, 0777) || errno == EEXIST);
}

static void write_lines(FILE *f, const struct f_prof *p, const struct f_mod *m,
			const char *key)
{
	fprintf(f, "MODULE windows %s %s %s\n", breakpad_arch(p), key, m->pdb);
	for (size_t i = 0; i < m->funcs.n; i++)
		if (m->funcs.v[i].name)
			fprintf(f, "FUNC %x %x 0 %s\n", m->funcs.v[i].rva,
				m->funcs.v[i].len, m->funcs.v[i].name);
	for (size_t i = 0; i < m->exp.n; i++)
		fprintf(f, "PUBLIC %x 0 %s\n", m->exp.v[i].rva,
			m->exp.v[i].name);
	for (size_t i = 0; i < m->sym.n; i++)
		fprintf(f, "PUBLIC %x 0 %s\n", m->sym.v[i].rva,
			m->sym.v[i].name);
}

/* DIR/NAME/KEY/FILE, open for writing; NULL with text. */
static FILE *open_in_store(const char *dir, const char *name, const char *key,
			   const char *file, struct ntr_err *e)
{
	struct ntr_str path = { 0 };
	FILE *f = NULL;
	bool ok;

	ntr_str_printf(&path, "%s", dir);
	ok = make_folder(&path);
	ntr_str_printf(&path, "/%s", name);
	ok = ok && make_folder(&path);
	ntr_str_printf(&path, "/%s", key);
	ok = ok && make_folder(&path);
	ntr_str_printf(&path, "/%s", file);
	if (ok)
		f = fopen(path.s, "w");
	if (!f)
		ntr_err_set(e, "%s: %s", ntr_str_text(&path), strerror(errno));
	ntr_str_fini(&path);
	return f;
}

static enum ntr_st finish(FILE *f, const char *what, struct ntr_err *e)
{
	bool bad = ferror(f);

	if (fclose(f) || bad)
		return ntr_fail(e, NTR_IO, "cannot write %s: %s", what,
				strerror(errno));
	return NTR_OK;
}

static enum ntr_st write_symbols(const struct f_mach *m,
				 const struct f_mod *mod, const char *dir,
				 struct ntr_err *e)
{
	struct ntr_str key = { 0 }, file = { 0 };
	enum ntr_st st = NTR_IO;
	FILE *f;

	store_key(m->p, mod, &key);
	ntr_str_printf(&file, "%.*s.sym", (int)strcspn(mod->pdb, "."),
		       mod->pdb);
	f = open_in_store(dir, mod->pdb, ntr_str_text(&key),
			  ntr_str_text(&file), e);
	if (f) {
		write_lines(f, m->p, mod, ntr_str_text(&key));
		st = finish(f, mod->pdb, e);
	}
	ntr_str_fini(&key);
	ntr_str_fini(&file);
	return st;
}

#define PIECE 4096u /* images are files of pages, most of them empty */

static enum ntr_st write_image(struct f_mach *m,
			       const struct f_mod *mod, const char *dir,
			       struct ntr_err *e)
{
	u8 page[PIECE];
	char key[24];
	FILE *f;

	snprintf(key, sizeof(key), "%08X%x", mod->stamp, mod->size);
	f = open_in_store(dir, mod->name, key, mod->name, e);
	if (!f)
		return NTR_IO;
	for (u32 at = 0; at < mod->size; at += PIECE) {
		u32 n = mod->size - at < PIECE ? mod->size - at : PIECE;

		f_get(&m->mem, mod->base + at, page, n);
		if (fwrite(page, 1, n, f) != n)
			break;
	}
	return finish(f, mod->name, e);
}

enum ntr_st f_symbols_write(struct f_mach *m, const char *symbols,
			    const char *images, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->img.mods.n; i++) {
		const struct f_mod *mod = &m->img.mods.v[i];

		if (symbols && !strpbrk(mod->pdb, "/\\"))
			st = write_symbols(m, mod, symbols, e);
		if (!st && images && !strpbrk(mod->name, "/\\"))
			st = write_image(m, mod, images, e);
	}
	return st;
}
