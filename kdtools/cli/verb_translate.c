// SPDX-License-Identifier: Apache-2.0
#include "sym_show.h"

#include <stdio.h>

static const struct ntr_example examples[] = {
	{ "ntriage translate MEMORY.DMP 'fffff804`7bdf5a80'",
	  "where a virtual address lies, entry by entry" },
	{ "ntriage translate MEMORY.DMP nt+0x1000",
	  "the same for a place in a module" },
};

/* The page table is level 0. */
const char *ntr_level_name(enum ntr_paging form, unsigned level)
{
	static const char *const windbg[] = { "PTE", "PDE", "PPE", "PXE",
					      "PML5E" };
	static const char *const arm64[] = { "L3", "L2", "L1", "L0" };

	if (form == NTR_PAGING_ARM64)
		return level < NTR_COUNT(arm64) ? arm64[level] : "?";
	return level < NTR_COUNT(windbg) ? windbg[level] : "?";
}

static void out_entries(struct ntr_out *o, enum ntr_paging form,
			const struct ntr_walk *w)
{
	static const struct ntr_col cols[] = {
		{ "Table", -6 }, { "Entry at", 18 }, { "Entry", 18 },
	};

	if (!w->levels && !o->json)
		return;
	ntr_out_table(o, "entries", cols, NTR_COUNT(cols));
	for (unsigned i = 0; i < w->levels; i++) {
		unsigned level = (unsigned)w->level + w->levels - 1 - i;

		ntr_out_row(o);
		ntr_out_str(o, "table", NULL, ntr_level_name(form, level));
		ntr_out_hex(o, "entry_pa", NULL, w->raw_pa[i]);
		ntr_out_hex(o, "entry", NULL, w->raw[i]);
		ntr_out_row_end(o);
	}
	ntr_out_table_end(o);
}

/* Where a physical address is in the file. */
static void out_place(struct ntr_out *o, const struct ntr_dump *d, u64 pa)
{
	u64 pfn = pa >> d->page_shift;
	struct ntr_run r = { 0 };
	bool stored = ntr_dump_run_from(d, pfn, &r) && r.pfn <= pfn &&
		      r.off < NTR_OFF_PAGED;
	u8 byte;

	ntr_out_hex_if(o, "file_offset", "In file at", stored, !stored ? 0 :
		       r.off + ((pfn - r.pfn) << d->page_shift) +
		       (pa & ((UINT64_C(1) << d->page_shift) - 1)));
	ntr_out_bool(o, "in_dump", "In the dump",
		     !ntr_read_u8(&d->phys, pa, &byte));
}

const struct ntr_vblock *ntr_block_of(const struct ntr_dump *d, u64 va)
{
	for (size_t i = 0; i < d->vblocks.n; i++)
		if (va - d->vblocks.v[i].va < d->vblocks.v[i].len)
			return &d->vblocks.v[i];
	return NULL;
}

static bool out_block(struct ntr_out *o, const struct ntr_dump *d, u64 va)
{
	const struct ntr_vblock *b = ntr_block_of(d, va);

	if (!b) {
		ntr_out_none(o, "block", NULL);
		return false;
	}
	ntr_out_open(o, "block");
	ntr_out_str(o, "what", "Memory block", b->what);
	ntr_out_hex(o, "base", "Block at", b->va);
	ntr_out_hex(o, "length", "Block length", b->len);
	ntr_out_hex(o, "file_offset", "In file at", b->off + (va - b->va));
	ntr_out_close(o);
	return true;
}

static bool out_walk(struct ntr_out *o, struct ntr_session *s, u64 va)
{
	struct ntr_walk w = { 0 };
	struct ntr_err e = { "" };
	char text[160];
	enum ntr_st st;

	if (s->t->paging == NTR_PAGING_NONE) {
		ntr_out_none(o, "walk", NULL);
		ntr_out_line(o, "No page tables are known for this dump.");
		return false;
	}
	st = ntr_xlat_walk(&s->t->xlat, va, &w, &e);
	ntr_out_open(o, "walk");
	ntr_out_str(o, "paging", "Paging", ntr_paging_name(s->t->paging));
	ntr_out_hex(o, "root", "Root", s->t->xlat.root);
	out_entries(o, s->t->paging, &w);
	ntr_walk_text(&w, text, sizeof(text));
	ntr_out_str(o, "state", NULL, ntr_pte_name(w.state));
	ntr_out_str(o, "explanation", "State", text);
	ntr_out_hex_if(o, "physical", "Physical", !st, w.pa);
	ntr_out_hex_if(o, "page_size", "Page size", !st,
		       UINT64_C(1) << w.page_shift);
	if (!st)
		out_place(o, s->d, w.pa);
	ntr_out_close(o);
	return !st;
}

static int translate(struct ntr_cli *c, struct ntr_session *s, u64 va)
{
	struct ntr_out *o = &c->out;
	char name[256];
	bool found;

	ntr_target_symbolise(s->t, va, name, sizeof(name));
	ntr_out_open(o, NULL);
	ntr_cli_schema(c, "ntriage.translate/1");
	ntr_out_str(o, "file", NULL, s->d->path);
	ntr_out_hex(o, "address", "Virtual", va);
	/* A bare address is no symbol. */
	ntr_out_str(o, "symbol", "Is", strncmp(name, "0x", 2) ? name : NULL);
	found = out_block(o, s->d, va);
	found |= out_walk(o, s, va);
	ntr_out_close(o);
	return found ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	const char *rest[1] = { NULL }, *file = ntr_pick_file(a, rest);
	struct ntr_err e = { "" };
	struct ntr_session s;
	int code = ntr_session_open(c, file, &s);
	u64 va = 0;

	if (code)
		return code;
	if (ntr_parse_addr(s.t, rest[0], &va, &e))
		code = ntr_cli_usage("translate: %s", e.msg);
	else
		code = translate(c, &s, va);
	ntr_session_close(&s);
	return code;
}

const struct ntr_verb ntr_verb_translate = {
	.name = "translate",
	.summary = "from a virtual address to physical memory and the file",
	.operands = "FILE ADDR",
	.help = "Walks the page tables and prints every entry met, the state "
		"of the page in NT's terms, the physical address and the place "
		"in the file; in a triage dump, the memory block that holds "
		"the address. FILE may also stand last; ADDR is written as for "
		"hexdump.\n\n"
		"Exit code 1 when the address does not translate.",
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 2, .max = 2, .run = run,
};
