// SPDX-License-Identifier: Apache-2.0
/*
 * From capstone's spelling to WinDbg's: "[rsp + 0x10]" is "[rsp+10h]",
 * numbers above 9 have an h behind them and begin with a digit, and there is
 * no blank behind a comma.  ARM64 is left as it is.
 */
#include "disasm.h"

#include "fmt/dump.h"
#include "late.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ntr_disasm {
	struct ntr_capstone lib;
	csh cs;
	cs_insn *insn;
	bool x86, wide;
	unsigned step;
};

static const struct machine {
	u32 machine;
	cs_arch arch;
	cs_mode mode;
	unsigned step;
} machines[] = {
	{ NTR_MACHINE_X86, CS_ARCH_X86, CS_MODE_32, 1 },
	{ NTR_MACHINE_AMD64, CS_ARCH_X86, CS_MODE_64, 1 },
	{ NTR_MACHINE_ARM64, CS_ARCH_ARM64, CS_MODE_ARM, 4 },
};

enum ntr_st ntr_disasm_open(struct ntr_disasm **out, u32 machine,
			    struct ntr_err *e)
{
	const struct machine *m = NULL;
	struct ntr_disasm *d;
	enum ntr_st st;

	for (size_t i = 0; i < NTR_COUNT(machines); i++)
		if (machines[i].machine == machine)
			m = &machines[i];
	if (!m)
		return ntr_fail(e, NTR_UNSUP, "%s code cannot be disassembled: "
				"the disassembler knows x86, x64 and ARM64",
				ntr_machine_name(machine) ?
				ntr_machine_name(machine) : "this machine's");
	d = calloc(1, sizeof(*d));
	if (!d)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_capstone_load(&d->lib, e);
	if (st) {
		free(d);
		return st;
	}
	if (d->lib.cs_open(m->arch, m->mode, &d->cs)) {
		free(d);
		return ntr_fail(e, NTR_UNSUP, "the disassembler was built "
				"without this machine");
	}
	(void)d->lib.cs_option(d->cs, CS_OPT_DETAIL, CS_OPT_ON);
	d->x86 = m->arch == CS_ARCH_X86;
	d->wide = m->mode == CS_MODE_64;
	d->step = m->step;
	d->insn = d->lib.cs_malloc(d->cs);
	if (!d->insn) {
		ntr_disasm_close(d);
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	*out = d;
	return NTR_OK;
}

void ntr_disasm_close(struct ntr_disasm *d)
{
	if (!d)
		return;
	if (d->insn)
		d->lib.cs_free(d->insn, 1);
	(void)d->lib.cs_close(&d->cs);
	free(d);
}

/* --- targets ------------------------------------------------------------------- */

static bool in_group(struct ntr_disasm *d, unsigned g)
{
	return d->lib.cs_insn_group(d->cs, d->insn, g);
}

/* "[403038h]" of 32-bit code. */
static bool is_absolute(const cs_x86_op *o)
{
	return o->mem.base == X86_REG_INVALID &&
	       o->mem.index == X86_REG_INVALID &&
	       o->mem.segment == X86_REG_INVALID;
}

/* capstone's text of the target, and the target. */
static bool x86_target(struct ntr_disasm *d, char text[40], u64 *target)
{
	const cs_x86 *x = &d->insn->detail->x86;

	if (x->op_count == 1 && x->operands[0].type == X86_OP_IMM &&
	    (in_group(d, CS_GRP_JUMP) || in_group(d, CS_GRP_CALL))) {
		*target = (u64)x->operands[0].imm;
		snprintf(text, 40, *target > 9 ? "0x%" PRIx64 : "%" PRIx64,
			 *target);
		return true;
	}
	for (unsigned i = 0; i < x->op_count; i++) {
		const cs_x86_op *o = &x->operands[i];

		if (o->type != X86_OP_MEM)
			continue;
		if (!d->wide && is_absolute(o)) {
			*target = (u32)o->mem.disp;
			snprintf(text, 40, *target > 9 ? "0x%" PRIx64 :
				 "%" PRIx64, *target);
			return true;
		}
		if (o->mem.base != X86_REG_RIP)
			continue;
		*target = d->insn->address + d->insn->size + (u64)o->mem.disp;
		strcpy(text, "rip");
		return true;
	}
	return false;
}

static bool arm64_target(struct ntr_disasm *d, char text[40], u64 *target)
{
	const cs_arm64 *a = &d->insn->detail->arm64;
	unsigned n = a->op_count;

	if (!n || a->operands[n - 1].type != ARM64_OP_IMM)
		return false;
	if (!in_group(d, CS_GRP_JUMP) && !in_group(d, CS_GRP_CALL) &&
	    d->insn->id != ARM64_INS_BL && d->insn->id != ARM64_INS_ADR &&
	    d->insn->id != ARM64_INS_ADRP)
		return false;
	*target = (u64)a->operands[n - 1].imm;
	snprintf(text, 40, *target > 9 ? "#0x%" PRIx64 : "#%" PRIx64, *target);
	return true;
}

/* --- spelling --------------------------------------------------------------------- */

struct out {
	char *s;
	size_t n, size;
};

static void put(struct out *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n && o->n + 1 < o->size; i++)
		o->s[o->n++] = s[i];
	o->s[o->n] = 0;
}

/* "0x1f" -> "1Fh", "0xff" -> "0FFh", "0x5" -> "5". Returns what it took. */
static size_t put_hex(struct out *o, const char *s)
{
	size_t n = 2 + strspn(s + 2, "0123456789abcdef");

	if (s[2] > '9')
		put(o, "0", 1);
	for (size_t i = 2; i < n; i++) {
		char c = s[i] >= 'a' && s[i] <= 'f' ? (char)(s[i] - 32) : s[i];

		put(o, &c, 1);
	}
	if (n > 3 || s[2] > '9')
		put(o, "h", 1);
	return n;
}

/* Length of "rip + 0x10" or of text at s, when the target stands there. */
static size_t target_at(const char *s, const char *text)
{
	size_t n = strlen(text);

	if (!n || strncmp(s, text, n))
		return 0;
	if (strcmp(text, "rip") != 0)
		return s[n] && strchr("0123456789abcdef", s[n]) ? 0 : n;
	if (s[n] == ' ' && (s[n + 1] == '+' || s[n + 1] == '-'))
		n += 3 + strcspn(s + n + 3, "]");
	return n;
}

static void spell(char *to, size_t size, const char *s, const char *target,
		  bool x86)
{
	struct out o = { to, 0, size };

	*to = 0;
	while (*s) {
		size_t n = target_at(s, target);

		if (n) {
			put(&o, NTR_INSN_TARGET, 1);
			target = "";
		} else if (x86 && s[0] == '0' && s[1] == 'x') {
			n = put_hex(&o, s);
		} else {
			bool gap = *s == ' ' && ((o.n && strchr(",+-*", to[o.n -
					1])) || strchr("+-*", s[1]));

			n = 1;
			if (!gap)
				put(&o, s, 1);
		}
		s += n;
	}
}

/* --- one instruction --------------------------------------------------------------- */

static void no_insn(struct ntr_disasm *d, const u8 *code, size_t len,
		    struct ntr_insn *out)
{
	out->bad = true;
	out->len = len < d->step ? (unsigned)len : d->step;
	memcpy(out->byte, code, out->len);
	strcpy(out->mnemonic, "???");
}

void ntr_disasm_one(struct ntr_disasm *d, u64 va, const u8 *code, size_t len,
		    struct ntr_insn *out)
{
	const u8 *p = code;
	u64 at = va;
	char target[40] = "";

	*out = (struct ntr_insn){ .va = va };
	if (!d->lib.cs_disasm_iter(d->cs, &p, &len, &at, d->insn) ||
	    d->insn->size > sizeof(out->byte) || !d->insn->size) {
		no_insn(d, code, (size_t)(len + (size_t)(p - code)), out);
		return;
	}
	out->len = d->insn->size;
	memcpy(out->byte, d->insn->bytes, out->len);
	snprintf(out->mnemonic, sizeof(out->mnemonic), "%s", d->insn->mnemonic);
	out->has_target = d->insn->detail && (d->x86 ?
			  x86_target(d, target, &out->target) :
			  arm64_target(d, target, &out->target));
	spell(out->operands, sizeof(out->operands), d->insn->op_str, target,
	      d->x86);
}
