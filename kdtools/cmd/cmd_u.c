// SPDX-License-Identifier: Apache-2.0
/*
 * Disassembly: disasm.h decodes, this finds the code and lays it out as
 * WinDbg does.
 *
 * ub has to find where instructions begin: from a symbol, or an unwind record
 * of the function, forwards; where neither is known, from the place a few
 * bytes back from which most decodings agree.  uf shows a function by its
 * bounds, from its symbol's size or its unwind record, in address order.
 */
#include "cmd.h"
#include "disasm.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_LINES 8u
#define MAX_LINES 0x4000u
#define INSN 16u       /* bytes of the longest instruction, and one */
#define BACK_MAX 0x1000u

struct lines {
	struct ntr_kd *k;
	struct ntr_disasm *d;
	u64 next;          /* behind the last instruction */
	u64 named;         /* address whose symbol was printed last, + 1 */
	bool quiet;
};

/* A symbol that begins here has a line of its own. */
static void symbol_line(struct lines *l, u64 va, bool first)
{
	struct ntr_named at;
	char text[300];

	if (ntr_target_name(l->k->t, va, false, &at) && !at.displacement) {
		ntr_out_line(l->k->o, "%s!%.200s:", at.module->name, at.name);
		return;
	}
	if (!first)
		return;
	ntr_kd_symbol(l->k, va, text, sizeof(text));
	if (*text)
		ntr_out_line(l->k->o, "%.250s:", text);
}

/* As they lie in memory; as one number where every instruction is one. */
static void bytes_text(char out[2 * INSN + 1], const struct ntr_insn *i,
		       bool number)
{
	for (unsigned b = 0; b < i->len && b < INSN; b++)
		snprintf(out + 2 * b, 3, "%02x",
			 i->byte[number ? i->len - 1 - b : b]);
}

/* " (nt!KeBugCheckEx (fffff800`...))": what an operand leads to. */
static void operands_text(struct ntr_kd *k, const struct ntr_insn *i,
			  char *out, size_t size)
{
	char name[300] = "", va[24];
	const char *at;

	snprintf(out, size, "%s", i->operands);
	if (!i->has_target)
		return;
	ntr_kd_symbol(k, i->target, name, sizeof(name));
	ntr_va_text(va, i->target, k->t->ptr_size);
	at = strstr(i->operands, NTR_INSN_TARGET);
	if (!at)
		return;
	snprintf(out, size, *name ? "%.*s%s (%s)%s" : "%.*s%.0s%s%s",
		 (int)(at - i->operands), i->operands, name, va,
		 at + strlen(NTR_INSN_TARGET));
}

static void insn_line(struct lines *l, const struct ntr_insn *i)
{
	struct ntr_out *o = l->k->o;
	char va[24], hex[2 * INSN + 1] = "", ops[500];

	ntr_va_text(va, i->va, l->k->t->ptr_size);
	bytes_text(hex, i, !o->json &&
		   l->k->t->machine == NTR_MACHINE_ARM64);
	operands_text(l->k, i, ops, sizeof(ops));
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, i->va);
	ntr_out_str(o, "bytes", NULL, hex);
	ntr_out_str(o, "mnemonic", NULL, i->mnemonic);
	ntr_out_str(o, "operands", NULL, ops);
	ntr_out_hex_if(o, "target", NULL, i->has_target, i->target);
	ntr_out_close(o);
	ntr_out_line(o, *ops ? "%s %-15s %-7s %s" : "%s %-15s %s%s", va, hex,
		     i->mnemonic, ops);
}

/* False: no byte is there. */
static bool decode(struct lines *l, u64 va, struct ntr_insn *i)
{
	u8 buf[INSN];
	size_t n = sizeof(buf);

	while (n && ntr_space_read(l->k->mem, va, buf, n, NULL))
		n--;
	if (!n)
		return false;
	ntr_disasm_one(l->d, va, buf, n, i);
	return true;
}

static enum ntr_st lacking(struct lines *l, u64 va)
{
	struct ntr_err why = { "" };
	enum ntr_st st;
	char text[24];
	u8 b;

	st = ntr_space_read(l->k->mem, va, &b, 1, &why);
	ntr_va_text(text, va, l->k->t->ptr_size);
	ntr_out_line(l->k->o, "%s ??              ???", text);
	ntr_out_para(l->k->o, "  (? ", "%s)", why.msg[0] ? why.msg :
		     ntr_st_text(st));
	return NTR_OK;
}

/* Up to count instructions that begin below end. */
static enum ntr_st show(struct lines *l, u64 va, u64 count, u64 end)
{
	struct ntr_insn i;

	for (u64 n = 0; n < count && va < end && !ntr_kd_stopped(l->k); n++) {
		if (!l->quiet && !l->k->o->json)
			symbol_line(l, va, !n);
		if (!decode(l, va, &i))
			return lacking(l, va);
		insn_line(l, &i);
		va += i.len;
		l->next = va;
		if (l->k->o->buf.len > 0x10000)
			ntr_kd_flush(l->k);
	}
	return NTR_OK;
}

/* --- where functions begin ------------------------------------------------------- */

/* Bounds of the function at va; *end 0: not known. */
static bool bounds(struct ntr_kd *k, u64 va, u64 *start, u64 *end)
{
	struct ntr_module *m = ntr_target_module(k->t, va);
	struct ntr_uwrec rec = { 0 };
	struct ntr_named at;

	if (m && ntr_target_name(k->t, va, false, &at)) {
		*start = va - at.displacement;
		*end = at.sym.size && at.inside ? *start + at.sym.size : 0;
		if (*end)
			return true;
		if (ntr_target_record(k->t, m, va, &rec) == NTR_OK &&
		    rec.size && m->base + rec.rva == *start)
			*end = m->base + rec.rva + rec.size;
		return true;
	}
	return false;
}

/* Count instructions from start to va; 0: they do not meet it. */
static unsigned steps(struct lines *l, u64 start, u64 va)
{
	struct ntr_insn i;
	unsigned n = 0;

	while (start < va) {
		if (!decode(l, start, &i) || i.bad)
			return 0;
		start += i.len;
		n++;
	}
	return start == va ? n : 0;
}

/* Where count instructions in front of va begin. */
static bool back(struct lines *l, u64 va, u64 count, u64 *from)
{
	u64 start = 0, end, step = l->k->t->machine == NTR_MACHINE_ARM64 ? 4 : 1;
	struct ntr_insn i;
	unsigned n = 0;

	if (step == 4) {
		*from = va - 4 * count;
		return true;
	}
	if (bounds(l->k, va - 1, &start, &end) && va - start <= BACK_MAX)
		n = steps(l, start, va);
	for (u64 far = 15 * count < BACK_MAX ? 15 * count : BACK_MAX;
	     n < count && far >= 1; far--) {
		unsigned m = steps(l, va - far, va);

		if (m >= count) {
			start = va - far;
			n = m;
		}
	}
	if (n < count)
		return false;
	for (*from = start; n > count; n--) {
		if (!decode(l, *from, &i))
			return false;
		*from += i.len;
	}
	return true;
}

static enum ntr_st unassemble(struct lines *l, const struct ntr_call *c,
			      struct ntr_err *e)
{
	struct ntr_kd *k = l->k;
	struct ntr_expr_range r = { .addr = k->next_code };
	bool rear = !strcmp(c->name, "ub"), func = !strcmp(c->name, "uf");
	const char *s = c->args;
	u64 end = UINT64_MAX, from;
	enum ntr_st st;

	if (!r.addr)
		ntr_kd_need_regs(k);
	if (!r.addr)
		r.addr = k->has_regs ? ntr_kd_frame_regs(k)->ip : 0;
	st = ntr_cmd_range(k, c, &s, 1, DEFAULT_LINES, MAX_LINES, &r, e);
	if (!st)
		st = ntr_cmd_end(k, c, s, e);
	if (st)
		return st;
	if (func && (!bounds(k, r.addr, &from, &end) || !end))
		return ntr_fail(e, NTR_ABSENT, "where the function at %" PRIx64
				" ends is not known: that takes its symbols or "
				"its unwind records", r.addr);
	if (func) {
		r.addr = from;
		r.count = MAX_LINES;
	}
	if (r.has_last)
		end = r.last + 1; /* the instruction that begins there, too */
	if (rear && !back(l, r.addr, r.count, &from))
		return ntr_fail(e, NTR_ABSENT, "no code can be decoded in front "
				"of %" PRIx64, r.addr);
	if (rear)
		end = r.addr;
	ntr_out_list(k->o, "instructions");
	st = show(l, rear ? from : r.addr, r.count, end);
	ntr_out_list_end(k->o);
	k->next_code = rear ? from : l->next;
	return st;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct lines l = { .k = k };
	enum ntr_st st = ntr_disasm_open(&l.d, k->t->machine, e);

	if (st)
		return st;
	st = unassemble(&l, c, e);
	ntr_disasm_close(l.d);
	return st;
}

enum ntr_st ntr_show_code(struct ntr_kd *k, u64 addr, u64 count,
			  struct ntr_err *e)
{
	struct lines l = { .k = k, .quiet = true };
	enum ntr_st st = ntr_disasm_open(&l.d, k->t->machine, e);

	if (st)
		return st;
	st = show(&l, addr, count, UINT64_MAX);
	ntr_disasm_close(l.d);
	return st;
}

const struct ntr_cmd ntr_cmd_u = {
	.names = "u ub uf",
	.summary = "disassembly (x86, x64, ARM64)",
	.operands = "[ADDR [L COUNT | END]]",
	.help = "u shows COUNT instructions (8) from ADDR on, ub as many in front "
		"of ADDR, uf the function that holds ADDR by its bounds. Without "
		"ADDR u goes on, or begins at the instruction pointer.\n\n"
		"Code that the dump lacks is read from the image file when the "
		"symbol path has it. Alpha and Itanium code cannot be "
		"disassembled.",
	.example = "ub @$ra L4; u @$ra", .does = "around the return address",
	.run = run,
};
