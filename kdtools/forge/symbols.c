// SPDX-License-Identifier: Apache-2.0
/*
 * The symbols of a scenario's modules, as Breakpad text files in a store:
 * DIR/ntkrnlmp.pdb/KEY/ntkrnlmp.sym.  What a linker would have written beside
 * the images that forge makes.
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
}

static enum ntr_st write_module(const struct f_prof *p, const struct f_mod *m,
				const char *dir, struct ntr_err *e)
{
	size_t stem = strcspn(m->pdb, ".");
	struct ntr_str path = { 0 }, key = { 0 };
	FILE *f = NULL;
	bool ok;

	store_key(p, m, &key);
	ntr_str_printf(&path, "%s", dir);
	ok = make_folder(&path);
	ntr_str_printf(&path, "/%s", m->pdb);
	ok = ok && make_folder(&path);
	ntr_str_printf(&path, "/%s", ntr_str_text(&key));
	ok = ok && make_folder(&path);
	ntr_str_printf(&path, "/%.*s.sym", (int)stem, m->pdb);
	if (ok)
		f = fopen(path.s, "w");
	if (f)
		write_lines(f, p, m, ntr_str_text(&key));
	ok = f && !ferror(f);
	if (f && fclose(f))
		ok = false;
	ntr_str_fini(&key);
	if (!ok)
		ntr_err_set(e, "%s: %s", ntr_str_text(&path), strerror(errno));
	ntr_str_fini(&path);
	return ok ? NTR_OK : NTR_IO;
}

enum ntr_st f_symbols_write(const struct f_mach *m, const char *dir,
			    struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	for (size_t i = 0; !st && i < m->img.mods.n; i++) {
		const struct f_mod *mod = &m->img.mods.v[i];

		if (!strpbrk(mod->pdb, "/\\"))
			st = write_module(m->p, mod, dir, e);
	}
	return st;
}
