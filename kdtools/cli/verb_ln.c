// SPDX-License-Identifier: Apache-2.0
#include "sym_show.h"

#include "sym/demangle.h"

#include <stdio.h>

static const struct ntr_example examples[] = {
	{ "ntriage ln MEMORY.DMP fffff804`7bdf5a80",
	  "the symbol at or before an address, its line and its module" },
	{ "ntriage ln tcpip.pdb 1c2f0", "the same inside a symbol file, by RVA" },
};

struct near {
	u64 rva;
	bool found, has_line;
	struct ntr_symbol sym;
	struct ntr_line line;
	const char *module;
	u64 base;
};

static bool ask(void *ctx, struct ntr_symsrc *src, const char *module,
		u64 base)
{
	struct near *n = ctx;

	if (!n->found && ntr_symsrc_at(src, n->rva, &n->sym, NULL) == NTR_OK) {
		n->found = true;
		n->module = module;
		n->base = base;
	}
	if (!n->has_line)
		n->has_line = ntr_symsrc_line(src, n->rva, &n->line, NULL) ==
			      NTR_OK;
	return true;
}

static void out_near(struct ntr_cli *c, struct ntr_sym_input *in,
		     const struct near *n, u32 machine)
{
	unsigned ptr = in->s.t ? in->s.t->ptr_size :
		       in->file->ptr_size ? in->file->ptr_size : 8;
	struct ntr_out *o = &c->out;
	char name[256] = "", va[24];
	u64 off = n->rva - n->sym.rva;

	if (n->found)
		ntr_demangle(machine, n->sym.name, name, sizeof(name));
	ntr_out_str(o, "module", NULL, n->found ? n->module : NULL);
	ntr_out_str(o, "symbol", NULL, n->found ? name : NULL);
	ntr_out_str(o, "stored_name", NULL, n->found ? n->sym.name : NULL);
	ntr_out_hex_if(o, "symbol_address", NULL, n->found,
		       n->base + n->sym.rva);
	ntr_out_hex_if(o, "displacement", NULL, n->found, off);
	ntr_out_uint_if(o, "size", NULL, n->found && n->sym.size,
			n->sym.size);
	ntr_out_str(o, "source_file", NULL, n->has_line ? n->line.file : NULL);
	ntr_out_uint_if(o, "source_line", NULL, n->has_line, n->line.line);
	if (c->json || !n->found)
		return;
	if (n->has_line)
		ntr_out_line(o, "%s(%" PRIu32 ")", n->line.file, n->line.line);
	ntr_va_text(va, n->base + n->sym.rva, ptr);
	ntr_out_print(o, "(%s)   %s!%s", va, n->module, name);
	if (off)
		ntr_out_print(o, "+0x%" PRIx64, off);
	ntr_out_line(o, "%s", n->sym.kind == NTR_SYM_EXPORT && !n->sym.size ?
		     "   (an export: there may be nearer functions)" : "");
}

enum ntr_st ntr_show_near(struct ntr_cli *c, struct ntr_sym_input *in, u64 va)
{
	struct ntr_target *t = in->s.t;
	struct ntr_module *m = t ? ntr_target_module(t, va) : NULL;
	struct near n = { .rva = m ? va - m->base : va };

	if (m || in->file)
		ntr_sym_input_each(in, m ? m->name : "", ask, &n);
	ntr_out_hex(&c->out, "address", NULL, va);
	out_near(c, in, &n, t ? t->machine : in->file->machine);
	if (!n.found && m)
		ntr_out_line(&c->out, "%s+0x%" PRIx64 "   (no symbols: %s)",
			     m->name, n.rva, m->symbols && m->symbols->lacking ?
			     m->symbols->lacking : "none for this module");
	else if (!n.found)
		ntr_out_line(&c->out, "0x%" PRIx64 " is in no module%s", va,
			     in->file ? "'s symbol" : "");
	return n.found ? NTR_OK : NTR_ABSENT;
}

static int run_near(struct ntr_cli *c, struct ntr_sym_input *in,
		    const char *text)
{
	struct ntr_err e = { "" };
	enum ntr_st st;
	u64 va;

	if (ntr_parse_addr(in->s.t, text, &va, &e))
		return ntr_cli_usage("%s", e.msg);
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.ln/1");
	ntr_out_str(&c->out, "file", NULL, in->path);
	st = ntr_show_near(c, in, va);
	ntr_out_close(&c->out);
	return st ? NTR_EXIT_UNKNOWN : NTR_EXIT_OK;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct ntr_sym_input in;
	int code = ntr_sym_input_open(c, a->operand[0], &in);

	if (code)
		return code;
	code = run_near(c, &in, a->operand[1]);
	ntr_sym_input_close(&in);
	return code;
}

const struct ntr_verb ntr_verb_ln = {
	.name = "ln",
	.summary = "the symbol nearest to an address",
	.operands = "FILE ADDR",
	.help = "FILE is a dump, whose symbols are looked for along the symbol "
		"path (--symbols), or a symbol file by itself: PDB, .DBG, PE, "
		"ELF, Breakpad .sym, Volatility ISF. In a symbol file ADDR is "
		"relative to the module.\n\n"
		"Exit code 1 when there is no symbol at or before ADDR.",
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 2, .max = 2, .run = run,
};
