// SPDX-License-Identifier: Apache-2.0
/*
 * !vm: what the memory manager counts, by its own variables.  Each line says
 * its number, or question marks and, once behind all, why.  Windows 10 keeps
 * most of them in a structure (kobj/mmvars.h); what is not found by name is not
 * guessed.
 *
 * To add a line: a row in rows[]; the debugger block's offsets are those of
 * KDDEBUGGER_DATA64 in the public wdbgexts.h, the members those of the symbols
 * of 19041.
 */
#include "kobj/mmvars.h"
#include "kobj/pool.h"
#include "pool_show.h"

#include <stdio.h>
#include <string.h>

static const struct row {
	const char *key, *label;
	struct ntr_mm_var v;
} rows[] = {
#define ROW(key, label, variable, kdbg, member) \
	{ key, label, { variable, kdbg, member } }
	ROW("physical", "Physical Memory:", "MmNumberOfPhysicalPages", 0xf8,
	    "Vp.NumberOfPhysicalPages"),
	ROW("available", "Available Pages:", "MmAvailablePages", 0x1a8,
	    "Vp.AvailablePages"),
	ROW("resident_available", "ResAvail Pages:",
	    "MmResidentAvailablePages", 0x1b0, "Vp.ResidentAvailablePages"),
	ROW("zeroed", "Zeroed Pages:", "MmZeroedPageListHead", 0x180,
	    "PageLists.ZeroedPageListHead"),
	ROW("free", "Free Pages:", "MmFreePageListHead", 0x188,
	    "PageLists.FreePageListHead"),
	ROW("standby", "Standby Pages:", "MmStandbyPageListHead", 0x190,
	    "PageLists.StandbyPageListHead"),
	ROW("modified", "Modified Pages:", "MmModifiedPageListHead", 0x198,
	    "Vp.ModifiedPageListHead"),
	ROW("modified_no_write", "Modified NoWrite:",
	    "MmModifiedNoWritePageListHead", 0x1a0,
	    "Vp.ModifiedNoWritePageListHead"),
	ROW("free_system_ptes", "Free System PTEs:", "MmTotalFreeSystemPtes",
	    0, NULL),
	ROW("shared_commit", "Shared Commit:", "MmSharedCommit", 0x158,
	    "Vp.SharedCommit"),
	ROW("driver_commit", "Driver Commit:", "MmDriverCommit", 0x160, NULL),
	ROW("process_commit", "Process Commit:", "MmProcessCommit", 0x168,
	    NULL),
	ROW("paged_pool_commit", "PagedPool Commit:", "MmPagedPoolCommit",
	    0x170, NULL),
	ROW("committed", "Committed pages:", "MmTotalCommittedPages", 0x150,
	    "Vp.TotalCommittedPages"),
	ROW("commit_limit", "Commit limit:", "MmTotalCommitLimit", 0x148,
	    "Vp.TotalCommitLimit"),
	ROW("peak_commit", "Peak commitment:", "MmPeakCommitment", 0x258,
	    "Commit.PeakCommitment"),
#undef ROW
};

enum { PHYSICAL = 0, SHARED_COMMIT = 9, COMMIT_LIMIT = 14 }; /* in rows[] */

struct vm {
	struct ntr_kd *k;
	u64 value[NTR_COUNT(rows)];
	bool have[NTR_COUNT(rows)];
	bool unknown, absent, odd, zero; /* why some are lacking */
	unsigned found;
};

/* No machine runs on 0 pages of memory or commitment: where these read 0, the
 * variables are left over, and a 0 in their family says nothing. */
static bool anchored(const struct vm *v, size_t i)
{
	return v->have[i >= SHARED_COMMIT ? COMMIT_LIMIT : PHYSICAL];
}

static void drop_zeros(struct vm *v)
{
	for (size_t i = 0; i < NTR_COUNT(rows); i++) {
		if (!v->have[i] || v->value[i] || (i != PHYSICAL &&
		    i != COMMIT_LIMIT && anchored(v, i)))
			continue;
		v->have[i] = false;
		v->zero = true;
		v->found--;
	}
}

static void read_row(struct vm *v, size_t i)
{
	enum ntr_st st = ntr_mm_value(v->k->t, &rows[i].v, &v->value[i], NULL);

	v->unknown |= st == NTR_ABSENT;
	v->absent |= st == NTR_FAULT;
	v->odd |= st == NTR_BAD;
	v->have[i] = !st;
	v->found += !st;
}

/* "	Available Pages:     12345 (     49380 Kb)" */
static void show(struct ntr_kd *k, const char *key, const char *label,
		 bool have, u64 pages)
{
	ntr_out_uint_if(k->o, key, NULL, have, pages * NTR_POOL_PAGE);
	if (have)
		ntr_out_line(k->o, "    %-20s %12" PRIu64 " (%12" PRIu64
			     " Kb)", label, pages, pages * 4);
	else
		ntr_out_line(k->o, "    %-20s     ???????? (    ???????? Kb)",
			     label);
}

static u64 descriptor_pages(const struct ntr_pool *p, unsigned kind, bool *any)
{
	u64 n = 0;

	for (size_t i = 0; i < p->descs.n; i++)
		if (p->descs.v[i].kind == kind) {
			n += p->descs.v[i].pages + p->descs.v[i].big_pages;
			*any = true;
		}
	return n;
}

static void show_pool(struct vm *v, const struct ntr_pool *p)
{
	struct ntr_kd *k = v->k;
	bool paged = false, nonpaged = p->in_use.known;
	u64 n = nonpaged ? p->in_use.v / NTR_POOL_PAGE :
		descriptor_pages(p, NTR_NONPAGED, &nonpaged);

	show(k, "nonpaged_pool", "NonPagedPool Usage:", nonpaged, n);
	show(k, "nonpaged_pool_limit", "NonPagedPool Max:", p->limit[0].known,
	     p->limit[0].v / NTR_POOL_PAGE);
	n = descriptor_pages(p, NTR_PAGED, &paged);
	show(k, "paged_pool", "PagedPool Usage:", paged, n);
	show(k, "paged_pool_limit", "PagedPool Maximum:", p->limit[1].known,
	     p->limit[1].v / NTR_POOL_PAGE);
	v->found += nonpaged + paged + p->limit[0].known + p->limit[1].known;
	if (!p->limit[0].known)
		ntr_out_para(k->o, "  (", "NonPagedPool Max: %s)",
			     p->limit[0].why);
	if (!p->limit[1].known)
		ntr_out_para(k->o, "  (", "PagedPool Maximum: %s)",
			     p->limit[1].why);
	if ((!nonpaged || !paged) && p->descs_why)
		ntr_out_para(k->o, "  (", "usage: %s)", p->descs_why);
	ntr_out_str(k->o, "nonpaged_limit_lacking", NULL, p->limit[0].why);
	ntr_out_str(k->o, "paged_limit_lacking", NULL, p->limit[1].why);
	ntr_out_str(k->o, "usage_lacking", NULL, !nonpaged || !paged ?
		    p->descs_why : NULL);
}

static void show_lacking(struct vm *v)
{
	struct ntr_out *o = v->k->o;

	ntr_out_list(o, "lacking");
	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		if (!v->have[i])
			ntr_out_str(o, NULL, NULL, rows[i].v.variable);
	ntr_out_list_end(o);
	if (v->unknown)
		ntr_out_para(o, "  (? ", "the kernel's variables are not all "
			     "known: its symbols would give them; from Windows "
			     "10 on most are members of nt!MiSystemPartition, "
			     "which need the types of the symbol file, too)");
	if (v->absent)
		ntr_out_para(o, "  (? ", "variables lie in pages that are not "
			     "in the dump)");
	if (v->zero)
		ntr_out_para(o, "  (? ", "variables are 0 that cannot be on a "
			     "running machine: this version keeps them "
			     "elsewhere)");
	if (v->odd)
		ntr_out_para(o, "  (? ", "a variable holds what cannot be a "
			     "number of pages)");
	ntr_out_line(o, "  (commitment by process is not read)");
}

static enum ntr_st run_vm(struct ntr_kd *k, const struct ntr_call *c,
			  struct ntr_err *e)
{
	struct vm v = { .k = k };
	enum ntr_st st = ntr_cmd_end(k, c, c->args, e);
	struct ntr_pool *p;

	if (!st)
		st = ntr_kd_pool(k, &p, e);
	if (st)
		return st;
	ntr_out_line(k->o, "*** Virtual Memory Usage ***");
	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		read_row(&v, i);
	drop_zeros(&v); /* the two that anchor the others, and what follows */
	drop_zeros(&v);
	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		show(k, rows[i].key, rows[i].label, v.have[i], v.value[i]);
	show_pool(&v, p);
	show_lacking(&v);
	ntr_pool_close(p);
	return v.found ? NTR_OK : ntr_fail(e, NTR_ABSENT, "none of the memory "
					   "manager's counters is in this dump");
}

const struct ntr_cmd ntr_cmd_bang_vm = {
	.names = "!vm",
	.summary = "what the memory manager counts",
	.operands = "",
	.help = "Physical memory, page lists, commitment, pool and their limits, "
		"in pages (decimal) and Kb; JSON has bytes. A number that is not "
		"known or not in the dump is question marks, and why is said "
		"below. Processes are not listed.",
	.example = "!vm", .does = "is memory or commitment used up?",
	.run = run_vm,
};
