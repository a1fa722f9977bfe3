// SPDX-License-Identifier: Apache-2.0
/*
 * Processes, threads, locks and queues of a machine whose memory is patched by
 * the input: records of {u16 offset, u32 value}, each four bytes of memory
 * replaced. The memory is a small NT 4.0: a process with four threads, two
 * mutexes in a cycle, a resource with a table, a request with its event, a work
 * queue whose item refers to it, a processor with a DPC and registers. The
 * first byte chooses which build reads it; the input may change the processor's
 * registers as well.
 */
#include "fuzz_machine.h"
#include "triage/hang.h"

#include <string.h>

#define SIZE 0x5000u

enum { /* where things are */
	HEAD = 0x20, RESOURCES = 0x28, QUEUE = 0x40, PROCESS = 0x100,
	THREADS = 0x400, THREAD = 0x300, MUTEX = 0x1400, RESOURCE = 0x1500,
	TABLE = 0x1580, SEMAPHORE = 0x15c0, ITEMS = 0x1600, IRP = 0x1700,
	EVENT = 0x17a0, DEVICES = 0x1800, DRIVER = 0x1a00, DPC = 0x1c00,
	STACKS = 0x2000, KPRCB = 0x4000,
};

static void link_last(uint8_t *m, uint32_t head, uint32_t entry)
{
	uint32_t last;

	memcpy(&last, m + head + 4, 4);
	if (!last)
		last = BASE + head, put(m, head, BASE + head);
	put(m, entry, BASE + head);
	put(m, entry + 4, last);
	put(m, last - BASE, BASE + entry);
	put(m, head + 4, BASE + entry);
}

static void thread(uint8_t *m, uint32_t n, uint32_t object)
{
	uint32_t t = THREADS + n * THREAD, b = t + 0x6c;
	uint32_t stack = STACKS + n * 0x800;

	m[t] = 6;
	m[t + 0x2d] = object ? 5 : 1;
	put(m, t + 0x18, BASE + stack + 0x800);
	put(m, t + 0x1c, BASE + stack);
	put(m, t + 0x28, BASE + stack + 0x700);
	put(m, t + 0x44, BASE + PROCESS);
	put(m, t + 0x15c, BASE + stack + 0x800);
	put(m, t + 0x1e0, 0x100);
	put(m, t + 0x1e4, 0x104 + n * 4);
	put(m, stack + 0x740, BASE + RESOURCE);
	link_last(m, PROCESS + 0x50, t + 0x1a4);
	if (!object)
		return;
	put(m, t + 0x58, BASE + b);
	put(m, b + 8, BASE + t);
	put(m, b + 12, BASE + object);
	put(m, b + 16, BASE + b);
	put(m, b + 20, 0x10000);
	link_last(m, object + 8, b);
}

static void request(uint8_t *m)
{
	m[IRP + 0x22] = m[IRP + 0x23] = 1;
	put(m, IRP, 6 | 0x94 << 16);
	put(m, IRP + 0x2c, BASE + EVENT);
	put(m, IRP + 0x70 + 0x14, BASE + DEVICES);
	link_last(m, THREADS + 3 * THREAD + 0x20c, IRP + 0x10);
	m[DEVICES] = m[DEVICES + 0xc0] = 3;
	put(m, DEVICES + 8, BASE + DRIVER);
	put(m, DEVICES + 0x10, BASE + DEVICES + 0xc0);
	m[DRIVER] = 4;
	put(m, DRIVER + 0x1c, 8);
	put(m, DRIVER + 0x20, BASE + DRIVER + 0x80);
	memcpy(m + DRIVER + 0x80, "\\\0a\0b\0c\0", 8);
}

static void machine(uint8_t *m)
{
	m[PROCESS] = 3;
	put(m, PROCESS + 0x94, 0x100);
	memcpy(m + PROCESS + 0x1dc, "fuzz.exe", 8);
	link_last(m, HEAD, PROCESS + 0x98);
	m[MUTEX] = m[MUTEX + 0x40] = 2;
	put(m, MUTEX + 0x18, BASE + THREADS + THREAD);
	put(m, MUTEX + 0x58, BASE + THREADS);
	m[SEMAPHORE] = 5;
	link_last(m, RESOURCES, RESOURCE);
	put(m, RESOURCE + 8, BASE + TABLE);
	put(m, RESOURCE + 0xc, 2);
	put(m, RESOURCE + 0x10, BASE + SEMAPHORE);
	put(m, RESOURCE + 0x20, BASE + THREADS);
	put(m, TABLE + 4, 3);
	put(m, TABLE + 8, BASE + THREADS + 3 * THREAD);
	m[QUEUE] = 4;
	put(m, QUEUE + 0x1c, 1);
	thread(m, 0, MUTEX);
	thread(m, 1, MUTEX + 0x40);
	thread(m, 2, SEMAPHORE);
	thread(m, 3, EVENT);
	put(m, THREADS + 2 * THREAD + 0xe0, BASE + QUEUE);
	link_last(m, QUEUE + 0x20, THREADS + 2 * THREAD + 0x110);
	link_last(m, QUEUE + 0x10, ITEMS);
	put(m, ITEMS + 8, BASE + 0x10);
	put(m, ITEMS + 12, BASE + IRP);
	link_last(m, KPRCB + 0x4e0, DPC + 4);
	put(m, KPRCB + 0x4e8, 1);
	put(m, DPC + 0xc, BASE + 0x20);
	put(m, DPC + 0x10, BASE + DEVICES);
	request(m);
}

static void use(struct ntr_target *t)
{
	struct ntr_hang *h;
	struct ntr_waits *w;
	struct ntr_list l;

	if (ntr_waits(&w, t, NULL))
		return;
	for (size_t i = 0; i < w->locks.n && i < 16; i++)
		if (!ntr_dispatcher_waiters(t, w->locks.v[i].va, &l, NULL))
			ntr_list_fini(&l);
	if (!ntr_hang(&h, w, "", NULL))
		ntr_hang_free(h);
	ntr_waits_free(w);
}

static void processor(struct ntr_cpu *cpu, uint8_t choice)
{
	cpu->kprcb = BASE + KPRCB;
	cpu->thread = BASE + THREADS + 2 * THREAD;
	cpu->regs.machine = NTR_MACHINE_X86;
	cpu->has_regs = true;
	ntr_reg_set(&cpu->regs, NTR_X86_EIP, BASE + 0x10);
	ntr_reg_set(&cpu->regs, NTR_X86_ESP, BASE + STACKS + 0x1000 + choice);
	ntr_reg_set(&cpu->regs, NTR_X86_ECX, BASE + MUTEX + (choice >> 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t builds[4] = { 1381, 1057, 2600, 7601 };
	struct fuzz_machine x;
	struct ntr_cpu *cpu;

	if (!fuzz_machine_open(&x, builds, SIZE, machine, data, size))
		return 0;
	x.d.meta.has = NTR_HAS_PSPROCS;
	x.d.meta.psprocs = BASE + HEAD;
	cpu = ntr_vec_add(&x.t.cpus);
	if (cpu) {
		processor(cpu, data[0]);
		use(&x.t);
	}
	ntr_vec_fini(&x.t.cpus);
	fuzz_machine_close(&x);
	return 0;
}
