// SPDX-License-Identifier: Apache-2.0
#include "store_int.h"

#include "../base/text.h"
#include "../fmt/archive.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ntr_want_text(enum ntr_want_kind kind)
{
	static const char *const text[] = {
#define TEXT(n, t, d) [NTR_WANT_##n] = t,
		NTR_WANT_LIST(TEXT)
#undef TEXT
	};

	return text[kind];
}

static const char *kind_descr(enum ntr_want_kind kind)
{
	static const char *const text[] = {
#define TEXT(n, t, d) [NTR_WANT_##n] = d,
		NTR_WANT_LIST(TEXT)
#undef TEXT
	};

	return text[kind];
}

/* --- names and keys from a dump ----------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *base = path;

	for (; *path; path++)
		if (*path == '/' || *path == '\\')
			base = path + 1;
	return base;
}

/* No separators, no control bytes, no leading dot: neither "..", nor a file
 * that a listing hides, nor one of the cache's own. */
static const char *name_fault(const char *n)
{
	if (!*n)
		return "is empty";
	if (*n == '.')
		return "begins with a dot";
	if (strlen(n) >= NTR_WANT_NAME)
		return "is too long";
	for (const char *c = n; *c; c++)
		if ((u8)*c < 0x20 || *c == 0x7f || *c == '/' || *c == '\\')
			return "has a byte that no file name has";
	return ntr_cache_internal(n) ? "is one of the store's own" : NULL;
}

static bool key_ok(const char *k)
{
	size_t n = strlen(k);

	for (size_t i = 0; i < n; i++)
		if (!strchr("0123456789abcdefABCDEF-", k[i]))
			return false;
	return n < NTR_WANT_KEY;
}

static enum ntr_st set_name(struct ntr_want *w, const char *path,
			    struct ntr_err *e)
{
	const char *base = base_name(path), *fault = name_fault(base);
	char clean[64];

	if (fault) {
		ntr_ascii_clean(clean, sizeof(clean), base, strlen(base));
		return ntr_fail(e, NTR_BAD, "file name \"%s\" %s", clean,
				fault);
	}
	snprintf(w->name, sizeof(w->name), "%s", base);
	return NTR_OK;
}

bool ntr_want_valid(const struct ntr_want *w, struct ntr_err *e)
{
	bool elf = w->kind == NTR_WANT_ELF_DEBUG;
	const char *fault;

	if (strnlen(w->name, sizeof(w->name)) == sizeof(w->name) ||
	    strnlen(w->key, sizeof(w->key)) == sizeof(w->key)) {
		ntr_err_set(e, "name or key of a wanted file does not end");
		return false;
	}
	fault = elf && !*w->name ? NULL : name_fault(w->name);
	if (fault)
		ntr_err_set(e, "name of a wanted file %s", fault);
	else if (!key_ok(w->key))
		ntr_err_set(e, "%s: key of a wanted file has a byte that no "
			    "key has", w->name);
	else
		return true;
	return false;
}

static enum ntr_st want_of_debug(struct ntr_want *w, enum ntr_want_kind kind,
				 const struct ntr_pe_debug *d,
				 struct ntr_err *e)
{
	*w = (struct ntr_want){ .kind = kind };
	w->id.has_guid = d->rsds;
	w->id.has_sig = !d->rsds;
	w->id.sig = d->sig;
	w->id.age = d->age;
	memcpy(w->id.guid, d->guid, sizeof(w->id.guid));
	return set_name(w, d->pdb, e);
}

enum ntr_st ntr_want_pdb(struct ntr_want *w, const struct ntr_pe_debug *d,
			 struct ntr_err *e)
{
	char key[48];

	ntr_pdb_key(d, key);
	if (want_of_debug(w, NTR_WANT_PDB, d, e))
		return NTR_BAD;
	snprintf(w->key, sizeof(w->key), "%s", key);
	return NTR_OK;
}

/* Breakpad's identifier is the key of the PDB, the age too in upper case. */
enum ntr_st ntr_want_breakpad(struct ntr_want *w, const struct ntr_pe_debug *d,
			      struct ntr_err *e)
{
	enum ntr_st st = ntr_want_pdb(w, d, e);

	w->kind = NTR_WANT_BREAKPAD;
	for (char *c = w->key; *c; c++)
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 'a' + 'A');
	return st;
}

/* Volatility 3 names a table GUID-AGE.json.xz, the age in decimal. */
enum ntr_st ntr_want_isf(struct ntr_want *w, const struct ntr_pe_debug *d,
			 struct ntr_err *e)
{
	char key[48];
	struct ntr_pe_debug no_age = *d;

	if (want_of_debug(w, NTR_WANT_ISF, d, e))
		return NTR_BAD;
	if (!d->rsds)
		return ntr_fail(e, NTR_BAD, "%s: a PDB 2.00 has no GUID, and "
				"no Volatility table", w->name);
	no_age.age = 0;
	ntr_pdb_key(&no_age, key);
	snprintf(w->key, sizeof(w->key), "%.32s-%u", key, d->age);
	return NTR_OK;
}

enum ntr_st ntr_want_image(struct ntr_want *w, const char *image,
			   u32 timestamp, u32 size, struct ntr_err *e)
{
	*w = (struct ntr_want){ .kind = NTR_WANT_IMAGE };
	w->id.has_image = true;
	w->id.timestamp = timestamp;
	w->id.image_size = size;
	if (size)
		ntr_pe_key(timestamp, size, w->key);
	return set_name(w, image, e);
}

enum ntr_st ntr_want_dbg(struct ntr_want *w, const char *image, u32 timestamp,
			 u32 size, u32 checksum, struct ntr_err *e)
{
	enum ntr_st st = ntr_want_image(w, image, timestamp, size, e);
	char *dot;

	w->kind = NTR_WANT_DBG;
	w->id.has_checksum = checksum != 0;
	w->id.checksum = checksum;
	if (st)
		return st;
	dot = strrchr(w->name, '.');
	if (dot)
		*dot = 0;
	if (strlen(w->name) + 5 > sizeof(w->name))
		return ntr_fail(e, NTR_BAD, "file name is too long");
	memcpy(w->name + strlen(w->name), ".dbg", 5);
	return NTR_OK;
}

enum ntr_st ntr_want_elf(struct ntr_want *w, const u8 *build_id, size_t n,
			 const char *link, struct ntr_err *e)
{
	*w = (struct ntr_want){ .kind = NTR_WANT_ELF_DEBUG };
	if (n < 2 || n > sizeof(w->id.build_id))
		return ntr_fail(e, NTR_BAD, "a build id of %zu bytes", n);
	memcpy(w->id.build_id, build_id, n);
	w->id.nbuild_id = (unsigned)n;
	for (size_t i = 0; i < n; i++)
		snprintf(w->key + 2 * i, 3, "%02x", build_id[i]);
	return link && *link ? set_name(w, link, e) : NTR_OK;
}

const char *ntr_want_title(const struct ntr_want *w, char *buf, size_t size)
{
	char name[NTR_WANT_NAME];

	ntr_ascii_clean(name, sizeof(name), w->name, strlen(w->name));
	snprintf(buf, size, "%s%s%s", name, *name && *w->key ? " " : "",
		 w->key);
	return buf;
}

/* --- places ------------------------------------------------------------------------- */

struct forms {
	struct ntr_form *f;
	unsigned n;
};

static void add(struct forms *fs, const char *dest, const char *fmt, ...)
	NTR_PRINTF(3, 4);
static void add(struct forms *fs, const char *dest, const char *fmt, ...)
{
	struct ntr_form *f = &fs->f[fs->n];
	va_list ap;
	int n;

	if (fs->n >= NTR_FORMS)
		return;
	va_start(ap, fmt);
	n = vsnprintf(f->rel, sizeof(f->rel), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(f->rel))
		return;
	snprintf(f->dest, sizeof(f->dest), "%s", dest ? dest : f->rel);
	f->ptr = false;
	fs->n++;
}

/* ntkrnlmp.pdb -> ntkrnlmp.pd_ */
static void packed_name(const struct ntr_want *w, char out[NTR_WANT_NAME])
{
	size_t n = strlen(w->name);

	memcpy(out, w->name, n + 1);
	out[n - 1] = '_';
}

/* ntkrnlmp.pdb -> ntkrnlmp.sym; libfoo.so -> libfoo.so.sym */
static void sym_name(const struct ntr_want *w, char out[NTR_WANT_NAME + 4])
{
	size_t n = strlen(w->name);

	if (n > 4 && !ntr_strcasecmp(w->name + n - 4, ".pdb"))
		n -= 4;
	snprintf(out, NTR_WANT_NAME + 4, "%.*s.sym", (int)n, w->name);
}

static void microsoft_forms(struct forms *fs, const struct ntr_want *w)
{
	char packed[NTR_WANT_NAME], dest[NTR_FORM_REL];

	packed_name(w, packed);
	snprintf(dest, sizeof(dest), "%s/%s/%s", w->name, w->key, w->name);
	add(fs, NULL, "%s", dest);
	add(fs, dest, "%s/%s/%s", w->name, w->key, packed);
	add(fs, dest, "%s/%s/file.ptr", w->name, w->key);
	fs->f[fs->n - 1].ptr = true;
}

static void isf_forms(struct forms *fs, const struct ntr_want *w, bool url)
{
	static const char *const under[] = { "", "symbols/windows/",
					     "windows/" };

	char dest[NTR_FORM_REL];

	/* In a cache it is not packed: that opens a hundred times faster. */
	snprintf(dest, sizeof(dest), "%s/%s.json", w->name, w->key);
	for (unsigned i = 0; i < (url ? 1 : NTR_COUNT(under)); i++) {
		if (!url)
			add(fs, dest, "%s%s/%s.json", under[i], w->name,
			    w->key);
		add(fs, dest, "%s%s/%s.json.xz", under[i], w->name, w->key);
		if (!url)
			add(fs, dest, "%s%s/%s.json.gz", under[i], w->name,
			    w->key);
		else
			add(fs, dest, "%s/%s.json", w->name, w->key);
	}
}

static unsigned store_forms(const struct ntr_want *w,
			    struct ntr_form f[NTR_FORMS], bool url)
{
	struct forms fs = { .f = f };
	char sym[NTR_WANT_NAME + 4], dest[NTR_FORM_REL];

	if (!*w->key)
		return 0;
	switch (w->kind) {
	case NTR_WANT_PDB:
	case NTR_WANT_IMAGE:
	case NTR_WANT_DBG:
		microsoft_forms(&fs, w);
		break;
	case NTR_WANT_BREAKPAD:
		sym_name(w, sym);
		add(&fs, NULL, "%s/%s/%s", w->name, w->key, sym);
		break;
	case NTR_WANT_ISF:
		isf_forms(&fs, w, url);
		break;
	case NTR_WANT_ELF_DEBUG:
		snprintf(dest, sizeof(dest), ".build-id/%.2s/%s.debug", w->key,
			 w->key + 2);
		if (url) /* a debuginfod server */
			add(&fs, dest, "buildid/%s/debuginfo", w->key);
		else
			add(&fs, NULL, "%s", dest);
		break;
	}
	return fs.n;
}

unsigned ntr_want_store_forms(const struct ntr_want *w,
			      struct ntr_form f[NTR_FORMS])
{
	return store_forms(w, f, false);
}

unsigned ntr_want_url_forms(const struct ntr_want *w,
			    struct ntr_form f[NTR_FORMS])
{
	return store_forms(w, f, true);
}

bool ntr_want_place(const struct ntr_want *w, struct ntr_str *out)
{
	struct ntr_form f[NTR_FORMS];

	if (!ntr_want_valid(w, NULL) || !ntr_want_url_forms(w, f))
		return false;
	ntr_str_add(out, f[0].rel);
	return true;
}

/* WinDbg looks into D\symbols\EXT, D\EXT and D, EXT being that of the image:
 * a PDB does not say which, so those that images of NT have are tried. */
static void folder_forms(struct forms *fs, const char *name)
{
	static const char *const exts[] = { "exe", "dll", "sys" };
	const char *dot = strrchr(name, '.');
	char own[8] = "";

	if (dot && strlen(dot + 1) < sizeof(own))
		snprintf(own, sizeof(own), "%s", dot + 1);
	add(fs, NULL, "%s", name);
	for (size_t i = 0; i < NTR_COUNT(exts); i++) {
		add(fs, NULL, "symbols/%s/%s", exts[i], name);
		add(fs, NULL, "%s/%s", exts[i], name);
		if (!ntr_strcasecmp(own, exts[i]))
			own[0] = 0;
	}
	if (own[0]) {
		add(fs, NULL, "symbols/%s/%s", own, name);
		add(fs, NULL, "%s/%s", own, name);
	}
}

unsigned ntr_want_dir_forms(const struct ntr_want *w,
			    struct ntr_form f[NTR_FORMS])
{
	struct forms fs = { .f = f };
	char other[NTR_WANT_NAME + 4];

	switch (w->kind) {
	case NTR_WANT_PDB:
	case NTR_WANT_IMAGE:
	case NTR_WANT_DBG:
		folder_forms(&fs, w->name);
		packed_name(w, other);
		add(&fs, NULL, "%s", other);
		break;
	case NTR_WANT_BREAKPAD:
		sym_name(w, other);
		add(&fs, NULL, "%s", other);
		break;
	case NTR_WANT_ISF:
		add(&fs, NULL, "%s.json", w->key);
		add(&fs, NULL, "%s.json.xz", w->key);
		break;
	case NTR_WANT_ELF_DEBUG:
		if (*w->name) {
			add(&fs, NULL, "%s", w->name);
			add(&fs, NULL, ".debug/%s", w->name);
		}
		break;
	}
	return fs.n;
}

/* Setup installs one of several kernels and HALs under one name; a server has
 * it under the name it was built with (symbols.md 2: OriginalFilename). */
static const char *const same_file[][8] = {
	{ "ntoskrnl.exe", "ntkrnlmp.exe", "ntkrnlpa.exe", "ntkrpamp.exe" },
	{ "hal.dll", "halmacpi.dll", "halacpi.dll", "halaacpi.dll",
	  "halmps.dll", "halapic.dll" },
};

bool ntr_want_alias(const struct ntr_want *w, unsigned i, struct ntr_want *out)
{
	const char *const *row = NULL;

	if (w->kind != NTR_WANT_IMAGE)
		return false;
	for (size_t r = 0; r < NTR_COUNT(same_file); r++)
		for (size_t k = 0; k < 8 && same_file[r][k]; k++)
			if (!ntr_strcasecmp(w->name, same_file[r][k]))
				row = same_file[r];
	for (size_t k = 0; row && k < 8 && row[k]; k++) {
		if (!ntr_strcasecmp(w->name, row[k]) || i--)
			continue;
		*out = *w;
		snprintf(out->name, sizeof(out->name), "%s", row[k]);
		return true;
	}
	return false;
}

/* --- identity ----------------------------------------------------------------------- */

static void id_text(char out[96], const struct ntr_symid *id)
{
	char guid[37];
	int n;

	if (id->has_guid) {
		ntr_guid_text(guid, id->guid);
		snprintf(out, 96, "GUID %s age %u", guid, id->age);
	} else if (id->has_sig) {
		snprintf(out, 96, "signature 0x%08x age %u", id->sig, id->age);
	} else if (id->has_image) {
		n = snprintf(out, 96, "time stamp 0x%08x", id->timestamp);
		if (id->image_size)
			n += snprintf(out + n, 96 - (size_t)n, " size 0x%x",
				      id->image_size);
		if (id->has_checksum)
			snprintf(out + n, 96 - (size_t)n, " checksum 0x%x",
				 id->checksum);
	} else if (id->nbuild_id) {
		n = snprintf(out, 96, "build id ");
		for (unsigned i = 0; i < id->nbuild_id && n < 90; i++)
			n += snprintf(out + n, 96 - (size_t)n, "%02x",
				      id->build_id[i]);
	} else {
		snprintf(out, 96, "of no known identity");
	}
}

static bool image_same(const struct ntr_symid *w, const struct ntr_symid *g)
{
	if (!g->has_image || g->timestamp != w->timestamp)
		return false;
	if (w->image_size && g->image_size && w->image_size != g->image_size)
		return false;
	return !w->has_checksum || !g->has_checksum ||
	       w->checksum == g->checksum;
}

/* An identity that the file does not have is none that matches. */
static bool id_same(const struct ntr_symid *w, const struct ntr_symid *g)
{
	if (w->has_guid)
		return g->has_guid && w->age == g->age &&
		       !memcmp(w->guid, g->guid, sizeof(w->guid));
	if (w->has_sig)
		return g->has_sig && w->sig == g->sig && w->age == g->age;
	if (w->has_image)
		return image_same(w, g);
	return w->nbuild_id && w->nbuild_id == g->nbuild_id &&
	       !memcmp(w->build_id, g->build_id, w->nbuild_id);
}

static enum ntr_st compare(const struct ntr_want *w, const struct ntr_symid *got,
			   const char *path, struct ntr_err *e)
{
	char want_text[96], got_text[96];

	if (id_same(&w->id, got))
		return NTR_OK;
	id_text(want_text, &w->id);
	id_text(got_text, got);
	return ntr_fail(e, NTR_BAD, "%s: expected %s, is %s", base_name(path),
			want_text, got_text);
}

/* The headers may be right and the rest not there: a download that ended
 * early where the server had not said how long it is. */
static enum ntr_st image_whole(const struct ntr_pe *pe, const struct ntr_file *f,
			       struct ntr_err *e)
{
	if (pe->headers_size > f->size)
		return ntr_fail(e, NTR_BAD, "%s: is cut: headers end at 0x%x, "
				"the file at 0x%" PRIx64, base_name(f->name),
				pe->headers_size, f->size);
	for (u32 i = 0; i < pe->nsections; i++) {
		const struct ntr_pe_section *sec = &pe->section[i];
		u64 end = (u64)sec->raw_off + sec->raw_size;

		if (sec->raw_size && end > f->size)
			return ntr_fail(e, NTR_BAD, "%s: is cut: section %s "
					"ends at 0x%" PRIx64 ", the file at "
					"0x%" PRIx64, base_name(f->name),
					sec->name, end, f->size);
	}
	return NTR_OK;
}

static enum ntr_st check_image(const struct ntr_want *w, struct ntr_file *f,
			       struct ntr_err *e)
{
	struct ntr_symid got = { .has_image = true };
	struct ntr_pe pe;
	enum ntr_st st = ntr_pe_open(&pe, &f->space, 0, false, e);

	if (st)
		return st;
	got.timestamp = pe.timestamp;
	got.image_size = pe.size;
	st = compare(w, &got, f->name, e);
	return st ? st : image_whole(&pe, f, e);
}

/* PDB 7.00: blocks of the superblock against the file's size. */
static enum ntr_st msf_whole(struct ntr_file *f, struct ntr_err *e)
{
	static const char magic[] = "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS";
	u8 head[56];
	struct ntr_bin b;
	u64 need, block, count;

	if (ntr_file_read_some(f, 0, head, sizeof(head)) < sizeof(head) ||
	    memcmp(head, magic, sizeof(magic) - 1) != 0)
		return NTR_OK;
	b = ntr_bin_of(head, sizeof(head), f->name, 0);
	ntr_bin_skip(&b, 32, "magic");
	block = ntr_bin_u32(&b, "block size");
	ntr_bin_skip(&b, 4, "free block map");
	count = ntr_bin_u32(&b, "blocks");
	need = block * count;
	if (need > f->size)
		return ntr_fail(e, NTR_BAD, "%s: is cut: %" PRIu64 " bytes of "
				"%" PRIu64, base_name(f->name), f->size, need);
	return NTR_OK;
}

static enum ntr_st check_symbols(const struct ntr_want *w, struct ntr_file *f,
				 struct ntr_err *e)
{
	struct ntr_symsrc *src;
	enum ntr_st st = msf_whole(f, e);

	if (st) {
		ntr_file_close(f);
		return st;
	}
	st = ntr_symsrc_open_file(&src, f, e);
	if (st == NTR_NOMEM)
		return st;
	if (st)
		return ntr_wrap(e, NTR_BAD, "not a usable %s",
				kind_descr(w->kind));
	st = compare(w, &src->id, src->file ? src->file->name : w->name, e);
	ntr_symsrc_close(src);
	return st;
}

enum ntr_st ntr_want_check(const struct ntr_want *w, const char *path,
			   struct ntr_err *e)
{
	struct ntr_file *f;
	enum ntr_st st = ntr_file_open_unpacked(&f, path, NTR_SYMSRC_MAX, e);

	if (st)
		return st;
	if (w->kind != NTR_WANT_IMAGE)
		return check_symbols(w, f, e); /* closes f */
	st = check_image(w, f, e);
	ntr_file_close(f);
	return st;
}
