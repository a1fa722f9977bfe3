// SPDX-License-Identifier: Apache-2.0
#include "sym_check.h"

#include "base/text.h"
#include "fmt/archive.h"
#include "session.h"
#include "sym/source.h"

#include <stdio.h>

static bool count_symbol(void *ctx, const struct ntr_symbol *s)
{
	(void)s;
	++*(u64 *)ctx;
	return true;
}

static bool count_line(void *ctx, const struct ntr_line *l)
{
	(void)l;
	++*(u64 *)ctx;
	return true;
}

static bool count_type(void *ctx, const char *name, u64 id)
{
	(void)name, (void)id;
	++*(u64 *)ctx;
	return true;
}

/* A count, or nothing where the format has none; what is damaged is said. */
static int out_count(struct ntr_cli *c, const char *key, const char *label,
		     enum ntr_st st, u64 n, const struct ntr_err *e)
{
	ntr_out_uint_if(&c->out, key, label, !st || (st != NTR_ABSENT && n), n);
	if (!st || st == NTR_ABSENT)
		return NTR_EXIT_OK;
	ntr_out_str(&c->out, "damage", "Damaged", e->msg[0] ? e->msg :
		    ntr_st_text(st));
	return NTR_EXIT_UNKNOWN;
}

static int out_counts(struct ntr_cli *c, struct ntr_symsrc *s)
{
	struct ntr_err e = { "" };
	u64 n = 0;
	enum ntr_st st = ntr_symsrc_each(s, count_symbol, &n, &e);
	int code = out_count(c, "symbols", "Symbols", st, n, &e);

	n = 0;
	st = ntr_symsrc_each_type(s, count_type, &n, &e);
	code = ntr_worse(code, out_count(c, "types", "Types", st, n, &e));
	n = 0;
	st = ntr_symsrc_each_line(s, count_line, &n, &e);
	return ntr_worse(code, out_count(c, "lines", "Lines", st, n, &e));
}

static void out_build_id(struct ntr_out *o, const struct ntr_symid *id)
{
	char text[80];

	for (unsigned i = 0; i < id->nbuild_id && i < sizeof(id->build_id);
	     i++)
		snprintf(text + 2 * i, 3, "%02x", id->build_id[i]);
	ntr_out_str(o, "build_id", "Build id", id->nbuild_id ? text : NULL);
}

static void out_id(struct ntr_out *o, const struct ntr_symid *id)
{
	struct ntr_pe_debug d = { .rsds = id->has_guid, .sig = id->sig,
				  .age = id->age };
	bool pdb = id->has_guid || id->has_sig;
	char guid[37], key[48];

	for (int i = 0; i < 16; i++)
		d.guid[i] = id->guid[i];
	ntr_guid_text(guid, id->guid);
	ntr_pdb_key(&d, key);
	ntr_out_str(o, "guid", "GUID", id->has_guid ? guid : NULL);
	ntr_out_hex_if(o, "signature", "Signature", id->has_sig, id->sig);
	ntr_out_uint_if(o, "age", "Age", pdb, id->age);
	ntr_out_hex_if(o, "timestamp", "Time stamp", id->has_image,
		       id->timestamp);
	ntr_out_hex_if(o, "image_size", "Image size",
		       id->has_image && id->image_size, id->image_size);
	if (!pdb)
		ntr_pe_key(id->timestamp, id->image_size, key);
	ntr_out_str(o, "key", "Key", pdb || (id->has_image && id->image_size)
		    ? key : NULL);
	out_build_id(o, id);
}

static int out_source(struct ntr_cli *c, struct ntr_symsrc *s)
{
	struct ntr_out *o = &c->out;
	char machine[32];
	int code;

	ntr_out_open(o, "symbols");
	ntr_out_str(o, "format", NULL, s->ops->name);
	ntr_out_str(o, "description", "Symbols in", s->ops->descr);
	ntr_out_str(o, "machine", "Machine",
		    ntr_machine_text(machine, s->machine));
	out_id(o, &s->id);
	code = out_counts(c, s);
	ntr_out_close(o);
	return code;
}

static void out_image(struct ntr_out *o, const struct ntr_pe *pe)
{
	struct ntr_pe_debug d;
	char machine[32], key[48];
	bool debug = !ntr_pe_debug(pe, &d, NULL);

	ntr_out_open(o, "image");
	ntr_out_str(o, "machine", "Image for",
		    ntr_machine_text(machine, pe->machine));
	ntr_out_hex(o, "timestamp", "Time stamp", pe->timestamp);
	ntr_out_hex(o, "size", "Image size", pe->size);
	ntr_out_hex(o, "checksum", "Checksum", pe->checksum);
	ntr_pe_key(pe->timestamp, pe->size, key);
	ntr_out_str(o, "key", "Key", key);
	ntr_out_uint(o, "sections", "Sections", pe->nsections);
	ntr_out_str(o, "pdb", "PDB", debug ? d.pdb : NULL);
	if (debug)
		ntr_pdb_key(&d, key);
	ntr_out_str(o, "pdb_key", "PDB key", debug ? key : NULL);
	ntr_out_close(o);
}

int ntr_sym_check(struct ntr_cli *c, const char *path)
{
	struct ntr_err e = { "" };
	struct ntr_file *f;
	struct ntr_symsrc *s = NULL;
	struct ntr_pe pe;
	enum ntr_st sym, st = ntr_file_open_unpacked(&f, path, NTR_SYMSRC_MAX,
						     &e);
	int code = NTR_EXIT_OK;

	if (st)
		return ntr_cli_error(c, path, st, &e);
	st = ntr_pe_open(&pe, &f->space, 0, false, NULL);
	sym = ntr_symsrc_open(&s, path, &e);
	if (st && sym) {
		ntr_file_close(f);
		return ntr_cli_error(c, path, sym, &e);
	}
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.sym.check/1");
	ntr_out_str(&c->out, "file", "File", path);
	if (!st)
		out_image(&c->out, &pe);
	if (!sym) {
		code = out_source(c, s);
	} else if (sym != NTR_UNSUP) { /* the image is fine, its symbols not */
		ntr_out_str(&c->out, "damage", "Damaged", e.msg);
		code = NTR_EXIT_UNKNOWN;
	}
	ntr_out_close(&c->out);
	ntr_symsrc_close(s);
	ntr_file_close(f);
	return code;
}
