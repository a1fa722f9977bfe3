// SPDX-License-Identifier: Apache-2.0
/*
 * Modules, by number and by name.
 *
 * A time stamp is a date only where it is one: since Windows 10 the system's
 * own images, and any that was linked to be reproducible, carry a hash in its
 * place.  Small dumps of Windows 10 and 11 have such "dates" from 1992 to 2021
 * among the system's drivers: there, only the image itself can prove a date.
 */
#include "facts_int.h"

#include <string.h>

#define DEBUG_REPRO 16u            /* IMAGE_DEBUG_TYPE_REPRO */
#define FIRST_HASHES 10240u        /* build: a stamp may be a hash */
#define UNIX_EPOCH UINT64_C(116444736000000000) /* as FILETIME */
#define SECOND UINT64_C(10000000)
#define DAY (86400 * SECOND)
#define YEAR_1990 (UNIX_EPOCH + UINT64_C(631152000) * SECOND)

#define NO_LIST "the dump holds no list of modules"

enum { NAME, IMAGE, PATH, BASE, SIZE, DATE, STAMP, CHECKSUM, VERSION, PDB,
       LOADED, THERE };

static struct ntr_module *find(struct ntr_facts *f, const struct ntr_fact_at *at)
{
	if (at->key[0])
		return ntr_target_module_named(f->t, at->key);
	return at->index[0] < f->t->modules.n ?
	       &f->t->modules.v[at->index[0]] : NULL;
}

static void not_found(struct ntr_facts *f, const char *key, int arg,
		      struct ntr_fact *out)
{
	if (!f->t->modules.n)
		ntr_fact_why(out, NO_LIST "; a kernel dump has it");
	else if (!f->t->modules_complete)
		ntr_fact_why(out, ntr_facts_text(f, "%s is not among "
			"the modules, but the list is not whole", key));
	else if (arg == LOADED)
		ntr_fact_n(out, 0);
	else
		ntr_fact_none(out, ntr_facts_text(f, "%s is not loaded", key));
}

enum stamp { STAMP_DATE, STAMP_HASH, STAMP_UNTOLD };

/* The image's debug directory says whether its stamp is a hash. */
static enum stamp stamp_is(const struct ntr_module *m)
{
	struct ntr_pe_debug_dir d;
	enum ntr_st st = NTR_ABSENT;
	u32 i = 0;

	while (m->pe && (st = ntr_pe_debug_dirs(m->pe, &i, &d, NULL)) == NTR_OK)
		if (d.type == DEBUG_REPRO)
			return STAMP_HASH;
	return st == NTR_END ? STAMP_DATE : STAMP_UNTOLD;
}

static void get_date(struct ntr_facts *f, const struct ntr_module *m,
		     struct ntr_fact *out)
{
	const struct ntr_meta *meta = &f->t->d->meta;
	u64 date = UNIX_EPOCH + m->timestamp * SECOND;
	bool later = meta->has & NTR_HAS_TIME && meta->time + DAY < date &&
		     meta->time > YEAR_1990;
	enum stamp is = stamp_is(m);

	if (!m->timestamp)
		ntr_fact_why(out, "its time stamp is not in the dump");
	else if (date < YEAR_1990 || later || is == STAMP_HASH)
		ntr_fact_why(out, "its time stamp is no date: a hash of a "
			     "reproducible build");
	else if (f->t->build >= FIRST_HASHES && is == STAMP_UNTOLD)
		ntr_fact_why(out, "since Windows 10 a time stamp may be a hash; "
			     "the image's debug directory would tell, but is not "
			     "in the dump");
	else
		ntr_fact_n(out, date);
}

static void get_version(const struct ntr_module *m, struct ntr_fact *out)
{
	if (!m->has_version) {
		ntr_fact_why(out, "the version resource is not in the dump; the "
			     "image file has it");
		return;
	}
	memcpy(out->version, m->version, sizeof(out->version));
	out->nversion = 4;
	out->state = NTR_FACT_KNOWN;
}

static void get_module(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	struct ntr_module *m = find(f, at);

	if (!m) {
		not_found(f, at->key, arg, out);
		return;
	}
	if (arg >= DATE && arg <= PDB)
		(void)ntr_module_load(f->t, m);
	switch (arg) {
	case NAME:
		ntr_fact_str(out, m->name, NULL);
		break;
	case IMAGE:
		ntr_fact_str(out, m->image, NULL);
		break;
	case PATH:
		ntr_fact_str(out, m->path, "the dump has no paths of modules");
		break;
	case BASE:
		ntr_fact_n(out, m->base);
		break;
	case SIZE:
		ntr_fact_n_if(out, m->size, m->size, "the list has no size of it");
		break;
	case DATE:
		get_date(f, m, out);
		break;
	case STAMP:
		ntr_fact_n_if(out, m->timestamp, m->timestamp,
			      "its time stamp is not in the dump");
		break;
	case CHECKSUM:
		ntr_fact_n_if(out, m->checksum, m->checksum,
			      "its checksum is not in the dump");
		break;
	case VERSION:
		get_version(m, out);
		break;
	case PDB:
		ntr_fact_str(out, m->has_debug ? m->debug.pdb : NULL,
			     "its debug record is not in the dump; the image "
			     "file has it");
		break;
	case LOADED:
	case THERE:
		ntr_fact_n(out, 1);
		break;
	}
}

enum { COUNT, WHOLE, SOURCE };

static void get_list(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_target *t = f->t;

	(void)at;
	if (arg == COUNT)
		ntr_fact_n_if(out, t->modules.n, t->modules.n, NO_LIST);
	else if (arg == WHOLE)
		ntr_fact_n_if(out, t->modules.n, t->modules_complete, NO_LIST);
	else
		ntr_fact_str(out, t->modules.n ? t->modules_source : NULL, NO_LIST);
}

enum { UN_IMAGE, UN_START, UN_END, UN_TIME };

static void get_unloaded(struct ntr_facts *f, const struct ntr_fact_at *at,
			 int arg, struct ntr_fact *out)
{
	const struct ntr_unloaded_module *u = &f->t->unloaded.v[at->index[0]];

	if (arg == UN_IMAGE)
		ntr_fact_str(out, u->image, "it has no name");
	else if (arg == UN_START)
		ntr_fact_n(out, u->start);
	else if (arg == UN_END)
		ntr_fact_n(out, u->end);
	else
		ntr_fact_n_if(out, u->time, u->time, "the list has no times");
}

static void get_unloaded_list(struct ntr_facts *f, const struct ntr_fact_at *at,
			      int arg, struct ntr_fact *out)
{
	(void)at;
	(void)arg;
	ntr_fact_n_if(out, f->t->unloaded.n, f->t->unloaded.n,
		      "the dump names no unloaded module");
}

#define MODULE_ROWS(P)                                                         \
	{ P ".name", NTR_FT_STRING, NULL, "Its name: tcpip; the kernel's is "  \
	  "nt.", get_module, NAME },                                           \
	{ P ".image", NTR_FT_STRING, NULL, "Its file: tcpip.sys.", get_module, \
	  IMAGE },                                                             \
	{ P ".path", NTR_FT_STRING, NULL, "Path of its file.", get_module,     \
	  PATH },                                                              \
	{ P ".base", NTR_FT_ADDRESS, NULL, "Where it lies.", get_module,       \
	  BASE },                                                              \
	{ P ".size", NTR_FT_SIZE, NULL, "Size of the image.", get_module,      \
	  SIZE },                                                              \
	{ P ".date", NTR_FT_DATE, NULL, "When it was linked.", get_module,     \
	  DATE },                                                              \
	{ P ".timestamp", NTR_FT_INT, "hex", "Its time stamp as stored, which " \
	  "names the image together with its size.", get_module, STAMP },      \
	{ P ".checksum", NTR_FT_INT, "hex", "Checksum of its file.",           \
	  get_module, CHECKSUM },                                              \
	{ P ".version", NTR_FT_VERSION, NULL, "File version.", get_module,     \
	  VERSION },                                                           \
	{ P ".pdb", NTR_FT_STRING, NULL, "Its symbol file, as linked.",        \
	  get_module, PDB }

static const struct ntr_fact_row rows[] = {
	{ "module[\"\"]", NTR_FT_RECORD, NULL, "A module by its name or file, "
	  "such as module[\"tcpip.sys\"].", get_module, THERE },
	{ "module[\"\"].loaded", NTR_FT_BOOL, NULL, "It is loaded.", get_module,
	  LOADED },
	MODULE_ROWS("module[\"\"]"),
	{ "modules", NTR_FT_LIST, NULL, "Loaded modules, in load order.", get_list,
	  COUNT },
	{ "modules[]", NTR_FT_RECORD, NULL, "A module.", NULL, 0 },
	MODULE_ROWS("modules[]"),
	{ "modules_whole", NTR_FT_BOOL, NULL, "The list has every loaded module.",
	  get_list, WHOLE },
	{ "modules_source", NTR_FT_STRING, NULL, "Where the list was found.",
	  get_list, SOURCE },
	{ "unloaded", NTR_FT_LIST, NULL, "Modules that were unloaded, the last "
	  "50 of them.", get_unloaded_list, 0 },
	{ "unloaded[]", NTR_FT_RECORD, NULL, "An unloaded module.", NULL, 0 },
	{ "unloaded[].image", NTR_FT_STRING, NULL, "Its file; small dumps cut "
	  "it at 12 characters.", get_unloaded, UN_IMAGE },
	{ "unloaded[].start", NTR_FT_ADDRESS, NULL, "Where it lay.", get_unloaded,
	  UN_START },
	{ "unloaded[].end", NTR_FT_ADDRESS, NULL, "The address behind it.",
	  get_unloaded, UN_END },
	{ "unloaded[].time", NTR_FT_DATE, NULL, "When it was unloaded.",
	  get_unloaded, UN_TIME },
};

const struct ntr_fact_part ntr_fact_part_module = {
	"Modules", "Drivers and other images in kernel memory.", rows,
	NTR_COUNT(rows),
};
