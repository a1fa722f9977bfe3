// SPDX-License-Identifier: Apache-2.0
/*
 * The debugger data block of a kernel that runs (a memory image of a virtual
 * machine, a live dump) is encoded since Windows 8.  The keys and the block
 * are kernel variables; no image exports them, a symbol file names them.
 */
#include "priv.h"
#include "symbols.h"

#define FIRST_ENCODED_BUILD 9200u

static bool key(struct ntr_target *t, const char *name, u64 *out)
{
	u64 va;

	return ntr_target_lookup(t, name, &va, NULL) == NTR_OK &&
	       ntr_read_u64(t->mem, va, out) == NTR_OK;
}

bool ntr_wait_keys(struct ntr_target *t, struct ntr_kdbg_keys *out)
{
	*out = (struct ntr_kdbg_keys){ 0 };
	return key(t, "nt!KiWaitNever", &out->wait_never) &&
	       key(t, "nt!KiWaitAlways", &out->wait_always);
}

bool ntr_kdbg_by_symbols(struct ntr_target *t)
{
	struct ntr_target_priv *p = t->priv;
	struct ntr_kdbg_keys keys;
	struct ntr_mem_space plain;
	u8 block[NTR_KDBG_MAX];
	size_t n;
	u64 va;

	if (p->kdbg.present || t->machine != NTR_MACHINE_AMD64 || p->user ||
	    t->build < FIRST_ENCODED_BUILD || !t->kernel_base ||
	    t->paging == NTR_PAGING_NONE)
		return false;
	if (!ntr_wait_keys(t, &keys) ||
	    ntr_target_lookup(t, "nt!KdpDataBlockEncoded", &keys.encoded_va,
			      NULL) ||
	    ntr_target_lookup(t, "nt!KdDebuggerDataBlock", &va, NULL))
		return false;
	n = ntr_space_read_some(t->mem, va, block, sizeof(block)) & ~7ul;
	if (!ntr_kdbg_decode(&keys, block, n))
		return false;
	ntr_mem_space_init(&plain, va, block, n);
	if (ntr_kdbg_read(&p->kdbg, &plain.s, va, t->ptr_size, NULL))
		return false;
	t->kdbg = va;
	return true;
}
