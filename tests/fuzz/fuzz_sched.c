// SPDX-License-Identifier: Apache-2.0
/*
 * Timer tables, APC queues, queued spin locks and page entries of a machine
 * whose memory is patched by the input: records of {u16 offset, u32 value},
 * each four bytes of memory replaced.  The memory is two processors' KPRCBs, a
 * thread and a piece of a PFN database; the first byte chooses which build
 * reads it.
 */
#include "fuzz_machine.h"
#include "kobj/apc.h"
#include "kobj/pfn.h"
#include "kobj/spinlocks.h"
#include "kobj/timer.h"

#define SIZE 0x10000u

enum { /* where things are */
	THREAD = 0x100, APC = 0x600, TIMER = 0x700, DPC = 0x780, WORDS = 0x800,
	PFN_VAR = 0x900, PFNS = 0xa00, PRCB = 0x1000, PRCB_SIZE = 0x4000,
};

static void empty(uint8_t *m, uint32_t head)
{
	put(m, head, BASE + head);
	put(m, head + 4, BASE + head);
}

static void only(uint8_t *m, uint32_t head, uint32_t entry)
{
	put(m, head, BASE + entry);
	put(m, head + 4, BASE + entry);
	put(m, entry, BASE + head);
	put(m, entry + 4, BASE + head);
}

static void processor(uint8_t *m, uint32_t n)
{
	uint32_t prcb = PRCB + n * PRCB_SIZE;

	for (uint32_t i = 0; i < 256; i++)
		empty(m, prcb + 0x1960 + 0x40 + i * 0x18 + 4);
	for (uint32_t i = 0; i < 17; i++)
		put(m, prcb + 0x418 + i * 8 + 4, BASE + WORDS + i * 4);
}

static void machine(uint8_t *m)
{
	uint32_t lock = PRCB + 0x418 + 7 * 8;

	processor(m, 0);
	processor(m, 1);
	m[TIMER] = 8;
	put(m, TIMER + 0x20, BASE + DPC);
	m[DPC] = 0x13;
	only(m, PRCB + 0x1960 + 0x40 + 3 * 0x18 + 4, TIMER + 0x18);
	put(m, WORDS + 7 * 4, BASE + lock + PRCB_SIZE);
	put(m, lock, BASE + lock + PRCB_SIZE);
	put(m, lock + 4, (BASE + WORDS + 7 * 4) | 2);
	put(m, lock + PRCB_SIZE + 4, (BASE + WORDS + 7 * 4) | 1);
	m[THREAD] = 6;
	m[APC] = 0x12;
	put(m, APC + 8, BASE + THREAD);
	only(m, THREAD + 0x40, APC + 0xc);
	empty(m, THREAD + 0x48);
	put(m, PFN_VAR, BASE + PFNS);
	put(m, PFN_VAR + 4, 0x20);
	put(m, PFNS + 0xc, 0x60001);
}

static void use(struct ntr_target *t)
{
	struct ntr_page_counts c;
	struct ntr_thread_apcs a;
	struct ntr_spin_waits s;
	struct ntr_timers l;
	struct ntr_qlocks q;
	struct ntr_pfn x;

	if (!ntr_timers(t, &l, NULL))
		ntr_timers_fini(&l);
	if (!ntr_thread_apcs(t, BASE + THREAD, &a, NULL))
		ntr_thread_apcs_fini(&a);
	if (!ntr_qlocks(t, &q, NULL)) {
		if (!ntr_spin_waits(&q, &s, NULL))
			ntr_spin_waits_fini(&s);
		ntr_qlocks_fini(&q);
	}
	for (uint64_t i = 0; i < 4; i++)
		(void)!ntr_pfn_read(t, i << (i * 12), &x, NULL);
	ntr_page_counts(t, &c);
	(void)!ntr_pfn_walk(t, &c, NULL, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t builds[4] = { 7601, 2600, 6001, 19041 };
	struct ntr_cpu cpu[2] = {
		{ .number = 0, .kprcb = BASE + PRCB },
		{ .number = 1, .kprcb = BASE + PRCB + PRCB_SIZE },
	};
	struct fuzz_machine x;

	if (!fuzz_machine_open(&x, builds, SIZE, machine, data, size))
		return 0;
	x.t.paging = NTR_PAGING_X86;
	x.t.cpus.v = cpu;
	x.t.cpus.n = 2;
	x.p.kdbg.present = true;
	x.p.kdbg.size = 0x300;
	x.p.kdbg.ptr_size = 4;
	put(x.p.kdbg.raw, 0xc0, BASE + PFN_VAR);
	put(x.p.kdbg.raw, 0xf0, BASE + PFN_VAR + 4);
	use(&x.t);
	fuzz_machine_close(&x);
	return 0;
}
