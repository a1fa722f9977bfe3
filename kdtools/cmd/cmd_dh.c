// SPDX-License-Identifier: Apache-2.0
/* The headers of an image: those in the dump, else its file's. */
#include "base/text.h"
#include "cmd.h"
#include "kobj/symbols.h"

#include <stdio.h>
#include <string.h>

static const char *const dir_names[NTR_PE_DIRS] = {
	"Export", "Import", "Resource", "Exception", "Security",
	"Base Relocation", "Debug", "Description", "Special", "Thread Storage",
	"Load Configuration", "Bound Import", "Import Address Table",
	"Delay Import", "COR20 Header", "Reserved",
};

static void file_header(struct ntr_kd *k, const struct ntr_pe *pe)
{
	struct ntr_out *o = k->o;
	char buf[32], base[24], size[24] = "";
	const char *machine = ntr_machine_text(buf, pe->machine);

	ntr_out_hex(o, "machine", NULL, pe->machine);
	ntr_out_hex(o, "timestamp", NULL, pe->timestamp);
	ntr_out_hex(o, "characteristics", NULL, pe->flags);
	ntr_out_line(o, "FILE HEADER VALUES");
	ntr_out_line(o, "%8" PRIX32 " machine (%s)", pe->machine,
		     machine ? machine : "?");
	ntr_out_line(o, "%8" PRIX32 " number of sections", pe->nsections);
	ntr_out_line(o, "%8" PRIX32 " time date stamp", pe->timestamp);
	ntr_out_line(o, "%8" PRIX32 " characteristics", pe->flags);
	ntr_out_line(o, "\nOPTIONAL HEADER VALUES");
	ntr_out_hex(o, "entry", NULL, pe->entry_rva);
	ntr_out_hex(o, "image_base", NULL, pe->image_base);
	ntr_out_hex(o, "size", NULL, pe->size);
	ntr_out_hex(o, "headers_size", NULL, pe->headers_size);
	ntr_out_hex(o, "checksum", NULL, pe->checksum);
	ntr_va_text(base, pe->image_base, pe->pe64 ? 8 : 4);
	ntr_out_line(o, "%8s magic #", pe->pe64 ? "20B" : "10B");
	ntr_out_line(o, "%8" PRIX32 " address of entry point", pe->entry_rva);
	ntr_out_line(o, "%s image base", base);
	ntr_out_line(o, "%8" PRIX32 " size of image", pe->size);
	ntr_out_line(o, "%8" PRIX32 " size of headers", pe->headers_size);
	ntr_out_line(o, "%8" PRIX32 " checksum", pe->checksum);
	ntr_out_list(o, "directories");
	for (unsigned i = 0; i < NTR_PE_DIRS; i++) {
		ntr_out_open(o, NULL);
		ntr_out_str(o, "name", NULL, dir_names[i]);
		ntr_out_hex(o, "rva", NULL, pe->dir[i].rva);
		ntr_out_hex(o, "size", NULL, pe->dir[i].size);
		ntr_out_close(o);
		snprintf(size, sizeof(size), "[%8" PRIX32 "]", pe->dir[i].size);
		ntr_out_line(o, "%8" PRIX32 " %s address of %s Directory",
			     pe->dir[i].rva, size, dir_names[i]);
	}
	ntr_out_list_end(o);
}

static void section_flags(struct ntr_out *o, u32 f)
{
	static const struct { u32 bit; const char *text; } row[] = {
		{ 0x20, "Code" }, { 0x40, "Initialized Data" },
		{ 0x80, "Uninitialized Data" }, { 0x02000000, "Discardable" },
		{ 0x08000000, "Not Paged" }, { 0x10000000, "Shared" },
		{ 0x20000000, "Execute" }, { 0x40000000, "Read" },
		{ 0x80000000u, "Write" },
	};

	for (size_t i = 0; i < NTR_COUNT(row); i++)
		if (f & row[i].bit)
			ntr_out_line(o, "         %s", row[i].text);
}

static void sections(struct ntr_kd *k, const struct ntr_pe *pe)
{
	struct ntr_out *o = k->o;

	ntr_out_list(o, "sections");
	for (u32 i = 0; i < pe->nsections; i++) {
		const struct ntr_pe_section *s = &pe->section[i];

		ntr_out_open(o, NULL);
		ntr_out_str(o, "name", NULL, s->name);
		ntr_out_hex(o, "rva", NULL, s->rva);
		ntr_out_hex(o, "virtual_size", NULL, s->vsize);
		ntr_out_hex(o, "raw_size", NULL, s->raw_size);
		ntr_out_hex(o, "flags", NULL, s->flags);
		ntr_out_close(o);
		ntr_out_line(o, "\nSECTION HEADER #%" PRIX32, i + 1);
		ntr_out_line(o, "%8s name", s->name);
		ntr_out_line(o, "%8" PRIX32 " virtual size", s->vsize);
		ntr_out_line(o, "%8" PRIX32 " virtual address", s->rva);
		ntr_out_line(o, "%8" PRIX32 " size of raw data", s->raw_size);
		ntr_out_line(o, "%8" PRIX32 " file pointer to raw data",
			     s->raw_off);
		ntr_out_line(o, "%8" PRIX32 " flags", s->flags);
		section_flags(o, s->flags);
	}
	ntr_out_list_end(o);
}

/* The module's headers, from where they are. */
static const struct ntr_pe *headers(struct ntr_kd *k, struct ntr_module *m,
				    const char **from)
{
	const struct ntr_space *code = NULL;
	const struct ntr_pe *pe = NULL;

	*from = "the dump";
	if (ntr_module_load(k->t, m))
		return m->pe;
	*from = "the image file";
	return k->t->store && ntr_module_image(k->t, m, &pe, &code) ? pe : NULL;
}

static enum ntr_st show(struct ntr_kd *k, const struct ntr_pe *pe,
			const char *from, char what)
{
	ntr_out_str(k->o, "headers_from", NULL, from);
	if (what != 's')
		file_header(k, pe);
	if (what != 'f')
		sections(k, pe);
	return NTR_OK;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	const char *s = c->args, *from = NULL;
	const struct ntr_pe *pe;
	struct ntr_module *m;
	struct ntr_pe own;
	char opt[8], what = 'a';
	enum ntr_st st = NTR_OK;
	u64 va = 0;

	while (*s == '-') {
		ntr_cmd_word(&s, opt, sizeof(opt));
		what = opt[1];
	}
	if (!strchr("afs", what))
		return ntr_fail(e, NTR_USAGE, "!dh has the options -f (headers), "
				"-s (sections) and -a");
	if (!*s)
		return ntr_fail(e, NTR_USAGE, "!dh wants a module or the address "
				"of an image");
	st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	m = ntr_target_module(k->t, va);
	pe = m && m->base == va ? headers(k, m, &from) : NULL;
	if (pe)
		return show(k, pe, from, what);
	st = ntr_pe_open(&own, k->mem, va, true, e);
	return st ? ntr_wrap(e, st, "no image headers at %" PRIx64, va) :
		    show(k, &own, "the dump", what);
}

const struct ntr_cmd ntr_cmd_bang_dh = {
	.names = "!dh",
	.summary = "the headers of an image",
	.operands = "[-f | -s | -a] MODULE",
	.help = "File header, optional header and data directories (-f), the "
		"sections (-s), or all (-a, also without an option), of the "
		"module or of the image that begins at an address. Where the dump "
		"lacks them they are the image file's, when the symbol path has "
		"it.",
	.example = "!dh -f nt", .does = "what the linker said of the kernel",
	.any_os = true,
	.run = run,
};
