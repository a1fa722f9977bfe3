// SPDX-License-Identifier: Apache-2.0
/* Postfix programs of any bytes: as one program, as an expression, and as the
 * rules of call frame information; the first byte picks the machine. */
#include "fuzz.h"
#include "unw/postfix.h"
#include "unw/unw_int.h"

#include <string.h>

static const u32 machines[] = { NTR_MACHINE_X86, NTR_MACHINE_AMD64,
				NTR_MACHINE_ARM64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t stack[256];
	struct ntr_uwrec rules = { .kind = NTR_UW_CFI };
	struct ntr_unw_rec rec = { .r = &rules };
	struct ntr_unw_env env = { 0 };
	struct ntr_mem_space mem;
	struct ntr_regs regs = { 0 };
	struct ntr_postfix p;
	struct ntr_err e = { "" };
	const char *text = (const char *)data + 1;
	u64 v = 0;

	if (!size)
		return 0;
	size--;
	for (unsigned i = 0; i < sizeof(stack); i++)
		stack[i] = (uint8_t)(i * 7);
	ntr_mem_space_init(&mem, 0x1000, stack, sizeof(stack));
	regs.machine = env.machine = machines[data[0] % 3];
	env.mem = &mem.s;
	for (unsigned i = 0; i < 8; i++)
		ntr_reg_set(&regs, i, 0x1000 + 8 * i);
	ntr_reg_set_sp(&regs, 0x1010);
	ntr_reg_set_ip(&regs, 0x5000);
	ntr_postfix_init(&p, &regs, &mem.s);
	if (ntr_postfix_set(&p, ".raSearch", 0x1040) ||
	    ntr_postfix_run(&p, text, size, &e))
		v++;
	if (ntr_postfix_value(&p, text, size, &v, &e))
		v++;
	memcpy(rules.cfi, text, size < NTR_UWREC_CFI ? size : NTR_UWREC_CFI);
	if (ntr_unw_step_cfi(&env, &rec, &regs, &e))
		v++;
	return p.n > NTR_POSTFIX_VARS;
}
