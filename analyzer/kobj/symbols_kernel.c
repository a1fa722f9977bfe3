// SPDX-License-Identifier: Apache-2.0
/*
 * Small dumps of Windows 10 and later hold no page of the kernel's image:
 * neither its debug record nor its exports.  But the header and the KDBG name
 * the addresses of kernel variables, and those differ from one kernel to the
 * next.  A symbol file in which all of them lie where the dump says is this
 * kernel's.
 */
#include "../base/text.h"
#include "priv.h"
#include "symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 256u
#define AGREE_MIN 2u /* addresses that must be there, and all must agree */

static const struct {
	unsigned kdbg; /* offset in the KDBG; 0: see value() */
	const char *name;
} landmarks[] = {
	{ 0, "KdDebuggerDataBlock" },
	{ NTR_KDBG_PS_LOADED_MODULE_LIST, "PsLoadedModuleList" },
	{ NTR_KDBG_PS_ACTIVE_PROCESS_HEAD, "PsActiveProcessHead" },
	{ NTR_KDBG_KI_BUGCHECK_DATA, "KiBugCheckData" },
	{ NTR_KDBG_KI_PROCESSOR_BLOCK, "KiProcessorBlock" },
	{ NTR_KDBG_MM_UNLOADED_DRIVERS, "MmUnloadedDrivers" },
};

/* The address the dump names for a landmark, 0: it does not. */
static u64 value(const struct ntr_target *t, size_t i)
{
	if (!landmarks[i].kdbg)
		return t->kdbg;
	if (landmarks[i].kdbg == NTR_KDBG_PS_LOADED_MODULE_LIST)
		return t->priv->psmods;
	return ntr_kdbg_u64(&t->priv->kdbg, landmarks[i].kdbg);
}

/* How many landmarks agree; 0 when one does not. */
static unsigned agree(const struct ntr_target *t, u64 base,
		      struct ntr_symsrc *src)
{
	struct ntr_symbol sym;
	unsigned n = 0;

	for (size_t i = 0; i < NTR_COUNT(landmarks); i++) {
		u64 va = value(t, i);

		if (va < base ||
		    ntr_symsrc_named(src, landmarks[i].name, &sym, NULL))
			continue;
		if (sym.rva != va - base)
			return 0;
		n++;
	}
	return n;
}

struct search {
	struct ntr_target *t;
	u64 base;
	unsigned tried, agreed;
	struct ntr_symsrc *found;
	const char *path;
};

/* Names under which kernels' symbol files are kept. */
static bool is_kernel_file(const char *name)
{
	static const char *const stems[] = { "ntkrnlmp.", "ntkrnlpa.",
					     "ntkrpamp.", "ntoskrnl.",
					     "ntkrla57." };

	for (size_t i = 0; i < NTR_COUNT(stems); i++) {
		const char *stem = stems[i], *s = name;

		while (*stem && ntr_ascii_lower(*s) == *stem) {
			s++;
			stem++;
		}
		if (!*stem)
			return true;
	}
	return false;
}

/* The last folder of a path: tables are kept as ntkrnlmp.pdb/GUID-1.json.xz. */
static const char *folder_of(const char *path)
{
	const char *at = strrchr(path, '/');

	while (at && at > path && at[-1] != '/')
		at--;
	return at ? at : path;
}

/* The file at path, when it agrees. */
static void try_path(struct search *s, const char *path)
{
	struct ntr_symsrc *src;

	if (ntr_symsrc_open(&src, path, NULL))
		return;
	s->agreed = agree(s->t, s->base, src);
	if (s->agreed < AGREE_MIN) {
		ntr_symsrc_close(src);
		return;
	}
	s->found = src;
	s->path = ntr_arena_strdup(&s->t->arena, path);
}

static bool try_item(void *ctx, const struct ntr_store_item *it)
{
	struct search *s = ctx;

	if (!is_kernel_file(it->name) && !is_kernel_file(folder_of(it->path)))
		return true;
	if (++s->tried > CANDIDATES_MAX)
		return false;
	try_path(s, it->path);
	return !s->found;
}

/* The folder that a path lies in, ending in .pdb: the name of the symbols. */
static bool pdb_of(const char *path, char out[260])
{
	const char *at = folder_of(path);
	size_t n = strcspn(at, "/");

	snprintf(out, 260, "%.*s", (int)n, at);
	return n > 4 && n < 260 && !ntr_strcasecmp(out + n - 4, ".pdb");
}

/* A packed table, by its identity, so that the cache's unpacked copy serves
 * the next time; else the path as it is. */
static void remember(struct search *s, const struct ntr_want *image)
{
	const struct ntr_symid *id = &s->found->id;
	struct ntr_pe_debug d = { .rsds = true, .age = id->age };
	struct ntr_want table;
	char *copy = NULL;

	memcpy(d.guid, id->guid, sizeof(d.guid));
	if (id->has_guid && pdb_of(s->path, d.pdb) &&
	    ntr_want_isf(&table, &d, NULL) == NTR_OK &&
	    ntr_store_find(s->t->store, &table, &copy, NULL))
		copy = NULL;
	ntr_store_remember(s->t->store, image, copy ? copy : s->path);
	free(copy);
}

/* Opening every candidate takes its time, so the right one is remembered. */
static void search_store(struct search *s, const struct ntr_module *k)
{
	struct ntr_want image;
	char *path = NULL;
	bool named = k->timestamp &&
		     ntr_want_image(&image, k->image, k->timestamp,
				    (u32)k->size, NULL) == NTR_OK;

	if (named && ntr_store_recall(s->t->store, &image, &path))
		try_path(s, path);
	free(path);
	if (s->found ||
	    ntr_store_each(s->t->store, try_item, s, NULL) == NTR_NOMEM)
		return;
	if (s->found && named)
		remember(s, &image);
}

struct ntr_symsrc *ntr_kernel_by_addresses(struct ntr_target *t,
					   const struct ntr_module *k,
					   const char **path, const char **how)
{
	struct search s = { .t = t, .base = k->base };
	unsigned have = 0;

	for (size_t i = 0; i < NTR_COUNT(landmarks); i++)
		have += value(t, i) >= k->base;
	if (have < AGREE_MIN)
		return NULL;
	search_store(&s, k);
	if (s.found) {
		*path = s.path;
		*how = ntr_arena_printf(&t->arena,
				"%u addresses of kernel data", s.agreed);
	}
	return s.found;
}
