// SPDX-License-Identifier: Apache-2.0
/* What only this machine's own structures can tell the unwinder. */
#include "priv.h"
#include "symbols.h"

void ntr_target_task_gate(struct ntr_target *t, const struct ntr_cpu *cpu,
			  u64 *gdt, u64 *tss)
{
	const struct ntr_types *y;

	*gdt = *tss = 0;
	if (t->machine != NTR_MACHINE_X86 || !cpu->kpcr || !t->priv)
		return;
	y = &t->priv->types;
	/* Neither is an error when it is missing: 0 means unknown. */
	if (ntr_read_member(y, t->mem, cpu->kpcr, "_KPCR", "GdtBase", gdt))
		*gdt = 0;
	if (ntr_read_member(y, t->mem, cpu->kpcr, "_KPCR", "TssBase", tss))
		*tss = 0;
}

/* X is an array, or X0 … X18 are members of their own. */
bool ntr_target_a64_trap(struct ntr_target *t, struct ntr_a64_trap *out)
{
	static const char type[] = "_KTRAP_FRAME";
	const struct ntr_types *y;
	struct ntr_type_hit x, fp, lr, sp, pc;

	if (t->machine != NTR_MACHINE_ARM64 || !t->priv)
		return false;
	y = &t->priv->types;
	if (!ntr_types_find(y, type, "X|X0", &x) ||
	    !ntr_types_find(y, type, "Fp", &fp) ||
	    !ntr_types_find(y, type, "Lr", &lr) ||
	    !ntr_types_find(y, type, "Sp", &sp) ||
	    !ntr_types_find(y, type, "Pc", &pc))
		return false;
	*out = (struct ntr_a64_trap){
		.x0 = x.off, .nx = 19, .fp = fp.off, .lr = lr.off,
		.sp = sp.off, .pc = pc.off,
	};
	return true;
}
