// SPDX-License-Identifier: Apache-2.0
/* What an address is, and how it translates: !address !pte !vtop. */
#include "../cli/sym_show.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>

static enum ntr_st one_addr(struct ntr_kd *k, const struct ntr_call *c, u64 *va,
			    struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = ntr_cmd_addr(k, c, &s, va, e);

	return st ? st : ntr_cmd_end(k, c, s, e);
}

static enum ntr_st walk(struct ntr_kd *k, u64 va, struct ntr_walk *w,
			struct ntr_err *e)
{
	if (k->t->paging == NTR_PAGING_NONE)
		return ntr_fail(e, NTR_ABSENT, "no page tables are known for "
				"this dump");
	(void)!ntr_xlat_walk(&k->t->xlat, va, w, NULL);
	return NTR_OK;
}

/* --- !pte -------------------------------------------------------------------------- */

/* Intel SDM vol. 3, table 4-20; letters in WinDbg's order. */
static void flags_text(char out[16], u64 entry, bool page)
{
	snprintf(out, 16, "%c%c%c%c%c%c%c%c%c%c%c%c",
		 entry >> 9 & 1 ? 'C' : '-', entry >> 8 & 1 ? 'G' : '-',
		 page && entry >> 7 & 1 ? 'L' : '-', entry >> 6 & 1 ? 'D' : '-',
		 entry >> 5 & 1 ? 'A' : '-', entry >> 4 & 1 ? 'N' : '-',
		 entry >> 3 & 1 ? 'T' : '-', entry >> 2 & 1 ? 'U' : 'K',
		 entry >> 1 & 1 ? 'W' : 'R', entry >> 63 ? '-' : 'E',
		 entry & 1 ? 'V' : '-', 0);
}

static bool x86_entries(enum ntr_paging form)
{
	return form == NTR_PAGING_X86 || form == NTR_PAGING_PAE ||
	       form == NTR_PAGING_X64 || form == NTR_PAGING_X64_5;
}

/*
 * Where the page tables themselves are mapped: 0 unknown.  Fixed until Windows
 * 10 1511, then at random, and the KDBG says where (its PteBase, a value).
 */
static u64 pte_base(struct ntr_kd *k)
{
	enum ntr_paging form = k->t->paging;
	u64 v = 0;

	if (form == NTR_PAGING_X86 || form == NTR_PAGING_PAE)
		return 0xc0000000;
	if (form != NTR_PAGING_X64)
		return 0;
	if (k->t->build < 14393)
		return k->t->build ? UINT64_C(0xfffff68000000000) : 0;
	if (!k->t->kdbg || ntr_read_u64(k->t->mem, k->t->kdbg + 0x360, &v))
		return 0;
	return v >> 47 == 0x1ffff && !(v & 0x7fffffffff) ? v : 0;
}

/* The entry of va at a level above its PTE: the table of a table is found by
 * the same formula. 0: not known, or a PAE machine's four top entries, which
 * are in no table. */
static u64 entry_va(struct ntr_kd *k, u64 va, unsigned level)
{
	enum ntr_paging form = k->t->paging;
	u64 base = pte_base(k), mask = form == NTR_PAGING_X64 ?
		   UINT64_C(0xffffffffffff) : 0xffffffff;
	unsigned size = form == NTR_PAGING_X86 ? 4 : 8;

	if (!base || (form == NTR_PAGING_PAE && level > 1))
		return 0;
	for (unsigned i = 0; i <= level; i++)
		va = base + ((va & mask) >> 12) * size;
	return va;
}

/* MM_PROTECT_* of a software entry, WinDbg's words. */
static void protect_text(char out[64], unsigned p)
{
	static const char *const names[] = {
		"NoAccess", "Readonly", "Execute", "ExecuteRead", "ReadWrite",
		"WriteCopy", "ExecuteReadWrite", "ExecuteWriteCopy",
	};
	static const char *const more[] = { "", " NoCache", " Guard",
					    " WriteCombine" };

	snprintf(out, 64, "Protect: %x - %s%s", p, names[p & 7], more[p >> 3]);
}

/* What a software entry (not valid, not zero) allows. Bits 5-9; of one that
 * leads to a prototype, 11-15 before 10 1809 (and PAE, x64 only). */
static bool protection(struct ntr_kd *k, const struct ntr_walk *w,
		       unsigned *out)
{
	u64 entry = w->levels ? w->raw[w->levels - 1] : 0;
	bool proto = entry >> 10 & 1;

	if (!x86_entries(k->t->paging) || !entry || entry & 1 ||
	    w->state == NTR_PTE_BAD || w->state == NTR_PTE_NO_TABLE ||
	    (proto && k->t->paging == NTR_PAGING_X86))
		return false;
	*out = (unsigned)(entry >> (proto && k->t->build < 17763 ? 11 : 5)) &
	       0x1f;
	return true;
}

static void pte_place(struct ntr_kd *k, u64 va, unsigned level)
{
	u64 at = entry_va(k, va, level);
	char text[24];

	ntr_out_hex_if(k->o, "entry_va", NULL, at, at);
	ntr_kd_va(k, text, true, at);
	if (at)
		ntr_out_print(k->o, "%-4s at %s  ",
			      ntr_level_name(k->t->paging, level), text);
	else
		ntr_out_print(k->o, "%-4s %*s ",
			      ntr_level_name(k->t->paging, level),
			      pte_base(k) ? (int)strlen(text) + 3 : 0, "");
}

static void pte_entry(struct ntr_kd *k, const struct ntr_walk *w, u64 va,
		      unsigned i)
{
	enum ntr_paging form = k->t->paging;
	unsigned level = (unsigned)w->level + w->levels - 1 - i;
	bool wide = form != NTR_PAGING_X86 && form != NTR_PAGING_ALPHA;
	u64 entry = w->raw[i];
	u64 pfn = (entry & UINT64_C(0x000ffffffffff000)) >> 12;
	char flags[16] = "";

	if (x86_entries(form) && entry & 1)
		flags_text(flags, entry, level && i + 1 == w->levels);
	ntr_out_open(k->o, NULL);
	ntr_out_str(k->o, "table", NULL, ntr_level_name(form, level));
	ntr_out_hex(k->o, "entry_pa", NULL, w->raw_pa[i]);
	ntr_out_hex(k->o, "entry", NULL, entry);
	ntr_out_str(k->o, "flags", NULL, *flags ? flags : NULL);
	pte_place(k, va, level);
	ntr_out_close(k->o);
	ntr_out_print(k->o, "physical %09" PRIX64 "  contains %0*" PRIX64,
		      w->raw_pa[i], wide ? 16 : 8, entry);
	if (*flags)
		ntr_out_print(k->o, "  pfn %-7" PRIx64 " %s", pfn, flags);
	ntr_out_line(k->o, "%s", "");
}

static enum ntr_st run_pte(struct ntr_kd *k, const struct ntr_call *c,
			   struct ntr_err *e)
{
	struct ntr_walk w = { 0 };
	char text[160], at[24], allowed[64];
	enum ntr_st st;
	unsigned p;
	u64 va = 0;

	st = one_addr(k, c, &va, e);
	if (!st)
		st = walk(k, va, &w, e);
	if (st)
		return st;
	ntr_va_text(at, va, k->t->ptr_size);
	ntr_out_hex(k->o, "address", NULL, va);
	ntr_out_str(k->o, "paging", NULL, ntr_paging_name(k->t->paging));
	ntr_out_line(k->o, "VA %s  (%s)", at, ntr_paging_name(k->t->paging));
	ntr_out_list(k->o, "entries");
	for (unsigned i = 0; i < w.levels; i++)
		pte_entry(k, &w, va, i);
	ntr_out_list_end(k->o);
	ntr_walk_text(&w, text, sizeof(text));
	ntr_out_str(k->o, "state", NULL, ntr_pte_name(w.state));
	ntr_out_str(k->o, "explanation", NULL, text);
	ntr_out_line(k->o, "%s", text);
	if (!protection(k, &w, &p)) {
		ntr_out_none(k->o, "protect", NULL);
		return NTR_OK;
	}
	protect_text(allowed, p);
	ntr_out_hex(k->o, "protect", NULL, p);
	ntr_out_line(k->o, "not valid: %s", allowed);
	return NTR_OK;
}

/* --- !vtop ------------------------------------------------------------------------- */

static enum ntr_st run_vtop(struct ntr_kd *k, const struct ntr_call *c,
			    struct ntr_err *e)
{
	struct ntr_walk w = { 0 };
	const char *s = c->args, *second;
	char text[160];
	enum ntr_st st;
	u64 va = 0;

	st = ntr_cmd_addr(k, c, &s, &va, e);
	second = s;
	/* WinDbg's first operand is a page directory; 0 is the current one. */
	if (!st && *second && !va)
		st = ntr_cmd_addr(k, c, &s, &va, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (!st)
		st = walk(k, va, &w, e);
	if (st)
		return st;
	ntr_out_hex(k->o, "address", NULL, va);
	ntr_out_hex(k->o, "root", NULL, k->t->xlat.root);
	ntr_out_line(k->o, "VtoP: Virt %016" PRIx64 ", pagedir %016" PRIx64, va,
		     k->t->xlat.root);
	ntr_out_list(k->o, "entries");
	for (unsigned i = 0; i < w.levels; i++) {
		unsigned level = (unsigned)w.level + w.levels - 1 - i;

		ntr_out_hex(k->o, NULL, NULL, w.raw_pa[i]);
		ntr_out_line(k->o, "VtoP: %s %016" PRIx64,
			     ntr_level_name(k->t->paging, level), w.raw_pa[i]);
	}
	ntr_out_list_end(k->o);
	ntr_walk_text(&w, text, sizeof(text));
	ntr_out_str(k->o, "state", NULL, ntr_pte_name(w.state));
	if (w.state != NTR_PTE_VALID && w.state != NTR_PTE_TRANSITION) {
		ntr_out_none(k->o, "physical", NULL);
		return ntr_fail(e, NTR_FAULT, "Virtual address %" PRIx64
				" does not translate: %s", va, text);
	}
	ntr_out_hex(k->o, "physical", NULL, w.pa);
	ntr_out_line(k->o, "Virtual address %" PRIx64 " translates to physical "
		     "address %" PRIx64 ".", va, w.pa);
	return NTR_OK;
}

/* --- !address ---------------------------------------------------------------------- */

static void say(struct ntr_kd *k, const char *key, const char *label, u64 lo,
		u64 hi, const char *what)
{
	char a[24], b[24];

	ntr_va_text(a, lo, k->t->ptr_size);
	ntr_va_text(b, hi, k->t->ptr_size);
	ntr_out_open(k->o, key);
	ntr_out_hex(k->o, "start", NULL, lo);
	ntr_out_hex(k->o, "end", NULL, hi);
	ntr_out_str(k->o, "what", NULL, what);
	ntr_out_close(k->o);
	ntr_out_line(k->o, "  %-10s %s - %s  %s", label, a, b, what);
}

static bool in_module(struct ntr_kd *k, u64 va)
{
	struct ntr_module *m = ntr_target_module(k->t, va);
	const struct ntr_unloaded_module *u = ntr_target_unloaded(k->t, va);
	const struct ntr_pe_section *s = NULL;

	if (!m && u)
		say(k, "unloaded", "unloaded", u->start, u->end, u->image);
	if (!m)
		return u != NULL;
	say(k, "module", "module", m->base, m->base + m->size, m->image);
	if (ntr_module_load(k->t, m))
		s = ntr_pe_section_of(m->pe, (u32)(va - m->base));
	if (s)
		say(k, "section", "section", m->base + s->rva,
		    m->base + s->rva + s->vsize, s->name);
	return true;
}

static bool on_stack(struct ntr_kd *k, const struct ntr_thread *th, u64 va)
{
	char what[80];

	if (!th->va || va < th->stack_limit || va >= th->stack_base)
		return false;
	snprintf(what, sizeof(what), "kernel stack of thread %" PRIx64, th->va);
	say(k, "stack", "stack", th->stack_limit, th->stack_base, what);
	return true;
}

static enum ntr_st run_address(struct ntr_kd *k, const struct ntr_call *c,
			       struct ntr_err *e)
{
	const struct ntr_vblock *b;
	struct ntr_walk w = { 0 };
	char at[24], text[160];
	enum ntr_st st;
	bool known;
	u64 va = 0;
	u8 byte;

	st = one_addr(k, c, &va, e);
	if (st)
		return st;
	ntr_va_text(at, va, k->t->ptr_size);
	ntr_out_hex(k->o, "address", NULL, va);
	ntr_out_line(k->o, "%s:", at);
	known = in_module(k, va);
	known |= on_stack(k, &k->thread, va) ||
		 (k->t->thread.va != k->thread.va &&
		  on_stack(k, &k->t->thread, va));
	b = ntr_block_of(k->t->d, va);
	if (b)
		say(k, "block", "dump", b->va, b->va + b->len, b->what);
	if (!walk(k, va, &w, NULL)) {
		ntr_walk_text(&w, text, sizeof(text));
		ntr_out_str(k->o, "page", NULL, text);
		ntr_out_line(k->o, "  %-10s %s", "page", text);
	}
	ntr_out_bool(k->o, "readable", NULL,
		     !ntr_space_read(k->mem, va, &byte, 1, NULL));
	if (!known && !b)
		ntr_out_line(k->o, "  in no module, known stack or block of the "
			     "dump");
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_pte = {
	.names = "!pte",
	.summary = "the page table entries of an address",
	.operands = "ADDR",
	.help = "Every entry from the root down, with where it is mapped and where it "
		"lies in physical memory, its flags (C copy-on-write, G global, L large, D dirty, "
		"A accessed, N no cache, T write-through, U user or K kernel, W or "
		"R, E executable, V valid), and the state of the page in NT's "
		"terms; of an entry that is not valid, what it would allow. By the kernel's page tables.",
	.example = "!pte @rsp", .does = "how the stack is mapped",
	.any_os = true,
	.run = run_pte,
};
const struct ntr_cmd ntr_cmd_bang_vtop = {
	.names = "!vtop",
	.summary = "from a virtual to a physical address",
	.operands = "[0] ADDR",
	.help = "The place of every entry met, and the physical address. Only "
		"the kernel's page tables are walked: the page directory that "
		"WinDbg takes as first operand can only be 0.",
	.example = "!vtop 0 nt", .does = "where the kernel begins",
	.any_os = true,
	.run = run_vtop,
};
const struct ntr_cmd ntr_cmd_bang_address = {
	.names = "!address",
	.summary = "what an address belongs to",
	.operands = "ADDR",
	.help = "The module and its section, the stack of the chosen thread, the "
		"block of a small dump, and the state of the page.",
	.example = "!address @rip", .does = "the module and section of the code",
	.any_os = true,
	.run = run_address,
};
