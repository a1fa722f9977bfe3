// SPDX-License-Identifier: Apache-2.0
/*
 * Instructions as WinDbg writes them: x86, x64, ARM64, by capstone.
 * Every decode gives an instruction: bytes that are none are one byte (ARM64:
 * four) of "???", with bad set.  To add a machine that capstone knows, add a
 * row to disasm.c.
 */
#ifndef NTR_KD_DISASM_H
#define NTR_KD_DISASM_H

#include "base/status.h"

/* Stands in operands where the target's name and address belong. */
#define NTR_INSN_TARGET "\001"

struct ntr_insn {
	u64 va, target;
	bool has_target;   /* of a branch, or of memory relative to ip */
	bool bad;
	unsigned len;
	u8 byte[16];
	char mnemonic[32];
	char operands[160];
};

struct ntr_disasm;
/* UNSUP: no disassembler knows this machine. */
NTR_MUST enum ntr_st ntr_disasm_open(struct ntr_disasm **out, u32 machine,
				     struct ntr_err *e);
void ntr_disasm_close(struct ntr_disasm *d);
/* len at least 1. */
void ntr_disasm_one(struct ntr_disasm *d, u64 va, const u8 *code, size_t len,
		    struct ntr_insn *out);

#endif
