// SPDX-License-Identifier: Apache-2.0
/* Targets over dumps made here, byte by byte at literal offsets: an NT 3.51
 * two-processor machine, a Windows 7 x64 machine, and what damage does. */
#include "target_image.h"

/* --- NT 3.51, x86 ------------------------------------------------------------- */

/* LDR entry at physical pa, its two names behind it. */
static void ldr32(struct image *m, uint32_t pa, uint32_t flink, uint32_t blink,
		  uint32_t base, uint32_t size, const char *name)
{
	uint8_t *p = at(m, pa);
	uint32_t n = (uint32_t)strlen(name) * 2;
	char full[64];

	snprintf(full, sizeof(full), "\\SystemRoot\\System32\\%s", name);
	put32(p, 0x00, flink);
	put32(p, 0x04, blink);
	put32(p, 0x18, base);
	put32(p, 0x20, size);
	put16(p, 0x24, (uint16_t)(strlen(full) * 2));
	put32(p, 0x28, 0x80000000u + pa + 0x80);
	put16(p, 0x2c, (uint16_t)n);
	put32(p, 0x30, 0x80000000u + pa + 0x60);
	put32(p, 0x40, 0x1234 + base);
	put_utf16(p + 0x60, name);
	put_utf16(p + 0x80, full);
}

static void kpcr32(struct image *m, uint32_t pa, uint32_t va, uint8_t number,
		   uint32_t thread)
{
	uint8_t *p = at(m, pa);

	put32(p, 0x1c, va);
	put32(p, 0x20, va + 0x120);
	p[0x24] = 28;
	put32(p, 0x38, 0x80036400);
	put32(p, 0x3c, 0x80036000);
	put32(p, 0x40, 0x80037000);
	put32(p, 0x124, thread);
	put32(p, 0x12c, 0x80039000);
	p[0x130] = number;
	/* ProcessorState.ContextFrame: CONTEXT_FULL, Ebp, Eip, Esp */
	put32(p, 0x13c, 0x10007);
	put32(p, 0x13c + 0xb4, 0xf8002f80);
	put32(p, 0x13c + 0xb8, 0x80101000 + number);
	put32(p, 0x13c + 0xbc, 8);
	put32(p, 0x13c + 0xc4, 0xf8002f00 + number);
	put32(p, 0x120 + 0x2cc, number ? 2 : 0); /* IpiFrozen */
}

static void thread32(struct image *m, uint32_t pa, uint32_t limit,
		     uint32_t process, uint32_t id)
{
	uint8_t *p = at(m, pa);

	p[0] = 6;
	put32(p, 0x18, limit + 0x3000);
	put32(p, 0x1c, limit);
	put32(p, 0x20, limit + 0x2e00);
	put32(p, 0x40, process);
	put32(p, 0x15c, limit + 0x3000);
	put32(p, 0x1e0, 0x2a);
	put32(p, 0x1e4, id);
}

static void header32(struct image *m, uint32_t cpus)
{
	memcpy(m->b, "PAGEDUMP", 8);
	put32(m->b, 0x08, 15);
	put32(m->b, 0x0c, 1057);
	put32(m->b, 0x10, 0x1000);
	put32(m->b, 0x18, 0x80150000);
	put32(m->b, 0x20, 0x14c);
	put32(m->b, 0x24, cpus);
	put32(m->b, 0x28, 0x7f);
	put32(m->b, 0x2c, 8);
	put32(m->b, 0x30, 0);
	put32(m->b, 0x34, 0);
	put32(m->b, 0x38, 0);
	put32(m->b, 0x64, 1);
	put32(m->b, 0x68, MEM >> 12);
	put32(m->b, 0x6c, 0);
	put32(m->b, 0x70, MEM >> 12);
	memset(m->b + 0x320, 0, 0x2cc);
	put32(m->b, 0x320, 0x10007);
	put32(m->b, 0x320 + 0xb8, 0x80112345);
	put32(m->b, 0x320 + 0xbc, 8);
	put32(m->b, 0x320 + 0xc4, 0x80380ff0);
}

static void kernel_pe32(struct image *m)
{
	uint8_t *p = at(m, 0x100000), *s;

	memcpy(p, "MZ", 2);
	put32(p, 0x3c, 0x80);
	memcpy(p + 0x80, "PE\0", 4);
	put16(p, 0x84, 0x14c);
	put16(p, 0x86, 2);
	put32(p, 0x88, 0x2fc653bc);
	put16(p, 0x94, 0xe0);
	put16(p, 0x98, 0x10b);
	put32(p, 0x98 + 0x38, 0x90000);
	put32(p, 0x98 + 0x3c, 0x400);
	put32(p, 0x98 + 0x40, 0x77777);
	put32(p, 0x98 + 0x5c, 16);
	s = p + 0x178;
	memcpy(s, ".text", 5);
	put32(s, 8, 0x40000);
	put32(s, 12, 0x1000);
	put32(s, 36, 0x60000020);
	memcpy(s + 40, ".data", 5);
	put32(s + 40, 8, 0x20000);
	put32(s + 40, 12, 0x50000);
	put32(s + 40, 36, 0xc8000040);
}

static void double_fault32(struct image *m)
{
	uint8_t *g = at(m, 0x36000), *tss = at(m, 0x37000);

	/* selector 0x28: a busy TSS at 0x80037000, limit 0x20ab */
	put16(g, 0x28, 0x20ab);
	put16(g, 0x2a, 0x7000);
	g[0x2c] = 0x03;
	g[0x2d] = 0x8b;
	g[0x2f] = 0x80;
	put32(tss, 0x1c, 0x1000);
	put32(tss, 0x20, 0x80301cad);
	put32(tss, 0x24, 0x10246);
	put32(tss, 0x38, 0x8037fff8);
	put32(tss, 0x3c, 0x80380010);
	put32(tss, 0x4c, 8);
	put32(tss, 0x50, 0x10);
}

static struct image nt351(uint32_t cpus)
{
	struct image m = image_new(0x1000);
	uint8_t *p;

	header32(&m, cpus);
	p = at(&m, 0x1000);
	put32(p, 0x200 * 4, 0x000000e3);     /* 0x80000000: 4 MiB page */
	put32(p, 0x3ff * 4, 0x00002063);     /* 0xffc00000: table */
	put32(p, 0x300 * 4, 0x00001063);     /* self-map */
	put32(at(&m, 0x2000), 0x1ff * 4, 0x00003163); /* 0xffdff000 */
	put32(at(&m, 0x150000), 0, 0x80300000);
	put32(at(&m, 0x150000), 4, 0x80302000);
	ldr32(&m, 0x300000, 0x80301000, 0x80150000, 0x80100000, 0x90000,
	      "ntoskrnl.exe");
	ldr32(&m, 0x301000, 0x80302000, 0x80300000, 0x80010000, 0xb000,
	      "hal.dll");
	ldr32(&m, 0x302000, 0x80150000, 0x80301000, 0xf8100000, 0x1e000,
	      "tcp-ip.sys");
	kernel_pe32(&m);
	kpcr32(&m, 0x3000, 0xffdff000, 0, 0x80038000);
	thread32(&m, 0x38000, 0x8037e000, 0x80340000, 0x17);
	thread32(&m, 0x3a000, 0x80384000, 0x80340000, 0x33);
	put32(at(&m, 0x340000), 0x94, 0x2a);
	memcpy(at(&m, 0x340000) + 0x1dc, "inetinfo.exe", 12);
	kpcr32(&m, 0x350000, 0x80350000, 1, 0x8003a000);
	put32(at(&m, 0x151000), 0x128, 0xffdff120); /* KiProcessorBlock */
	put32(at(&m, 0x151000), 0x12c, 0x80350120);
	double_fault32(&m);
	return m;
}

static void nt351_modules(void)
{
	struct image m = nt351(2);
	struct ntr_target *t;
	struct ntr_module *mod;
	char text[80];

	CHECK(image_open(&m));
	t = m.t;
	CHECK(t->is_nt);
	CHECK_EQ(t->machine, 0x14c);
	CHECK_EQ(t->ptr_size, 4);
	CHECK_EQ(t->build, 1057);
	CHECK_STR(t->os_name, "Windows NT 3.51");
	CHECK_EQ(t->paging, NTR_PAGING_X86);
	CHECK_EQ(t->kernel_base, 0x80100000);
	CHECK_EQ(t->kernel_size, 0x90000);
	CHECK_STR(t->kernel_source, "module list");
	CHECK_EQ(t->modules.n, 3);
	CHECK(t->modules_complete);
	CHECK_STR(t->modules_source, "kernel list");
	CHECK_STR(t->modules.v[0].name, "nt");
	CHECK_STR(t->modules.v[0].image, "ntoskrnl.exe");
	CHECK_STR(t->modules.v[0].path, "\\SystemRoot\\System32\\ntoskrnl.exe");
	CHECK_STR(t->modules.v[1].name, "hal");
	CHECK_STR(t->modules.v[2].name, "tcp_ip");
	CHECK_EQ(t->modules.v[2].base, 0xf8100000);
	CHECK_EQ(t->modules.v[2].checksum, 0xf8101234);
	CHECK_EQ(t->modules.v[2].timestamp, 0);
	/* lookup */
	CHECK(ntr_target_module(t, 0x8000ffff) == NULL);
	CHECK(ntr_target_module(t, 0x80010000) == &t->modules.v[1]);
	CHECK(ntr_target_module(t, 0x8001b000) == NULL);
	CHECK(ntr_target_module(t, 0x8018ffff) == &t->modules.v[0]);
	CHECK(ntr_target_module(t, 0xf811dfff) == &t->modules.v[2]);
	CHECK(ntr_target_module(t, 0) == NULL);
	CHECK(ntr_target_module(t, UINT64_MAX) == NULL);
	CHECK(ntr_target_module_named(t, "TCP_IP") == &t->modules.v[2]);
	CHECK(ntr_target_module_named(t, "Tcp-Ip.SYS") == &t->modules.v[2]);
	CHECK(ntr_target_module_named(t, "nt") == &t->modules.v[0]);
	CHECK(ntr_target_module_named(t, "afd") == NULL);
	ntr_target_symbolise(t, 0x80112345, text, sizeof(text));
	CHECK_STR(text, "nt+0x12345");
	ntr_target_symbolise(t, 0x1234, text, sizeof(text));
	CHECK_STR(text, "0x1234");
	/* headers only on demand */
	mod = &t->modules.v[0];
	CHECK(ntr_module_load(t, mod));
	CHECK_EQ(mod->timestamp, 0x2fc653bc);
	CHECK_EQ(mod->checksum, 0x77777);
	CHECK(!ntr_module_load(t, &t->modules.v[2]));
	image_close(&m);
	image_free(&m);
}

static void nt351_processors(void)
{
	struct image m = nt351(2);
	struct ntr_target *t;
	struct ntr_regs r;

	CHECK(image_open(&m));
	t = m.t;
	CHECK_EQ(t->cpus.n, 2);
	CHECK_EQ(t->cpus.v[0].kpcr, 0xffdff000);
	CHECK_EQ(t->cpus.v[1].kpcr, 0x80350000);
	CHECK_EQ(t->cpus.v[1].kprcb, 0x80350120);
	CHECK_EQ(t->cpus.v[1].number, 1);
	CHECK(t->cpus.v[1].has_regs);
	CHECK_STR(t->cpus.v[1].regs_source, "KPRCB.ProcessorState");
	CHECK_EQ(t->cpus.v[1].regs.ip, 0x80101001);
	CHECK_EQ(t->cpus.v[1].regs.sp, 0xf8002f01);
	CHECK(t->cpus.v[0].has_irql);
	CHECK_EQ(t->cpus.v[0].irql, 28);
	/* the crash CPU: the header's SP is on its thread's stack */
	CHECK_EQ(t->crash_cpu, 0);
	CHECK_STR(t->cpus.v[0].regs_source, "header");
	CHECK_EQ(t->cpus.v[0].regs.ip, 0x80112345);
	CHECK_EQ(t->thread.va, 0x80038000);
	CHECK_EQ(t->thread.stack_limit, 0x8037e000);
	CHECK_EQ(t->thread.stack_base, 0x80381000);
	CHECK_EQ(t->thread.kernel_stack, 0x80380e00);
	CHECK_EQ(t->thread.process, 0x80340000);
	CHECK_STR(t->thread.process_name, "inetinfo.exe");
	CHECK(t->thread.has_ids);
	CHECK_EQ(t->thread.id, 0x17);
	CHECK_EQ(t->thread.pid, 0x2a);
	CHECK_EQ(t->thread.source, NTR_SRC_TABLE);
	/* the interrupted task */
	CHECK_EQ(ntr_double_fault_regs(t, &t->cpus.v[0], &r, NULL), NTR_OK);
	CHECK_EQ(r.ip, 0x80301cad);
	CHECK_EQ(r.sp, 0x8037fff8);
	CHECK_EQ(r.fp, 0x80380010);
	image_close(&m);
	/* the header's SP on the other CPU's stack */
	put32(m.b, 0x320 + 0xc4, 0x80385ff0);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->crash_cpu, 1);
	CHECK_EQ(m.t->thread.id, 0x33);
	image_close(&m);
	/* on no known stack (a DPC stack): the one that is not halted */
	put32(m.b, 0x320 + 0xc4, 0x803f0000);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->crash_cpu, 0);
	image_close(&m);
	image_free(&m);
}

static void a_single_processor_and_its_task_state(void)
{
	struct image m = nt351(1);
	struct ntr_regs r;
	struct ntr_err e;

	CHECK(image_open(&m));
	CHECK_EQ(m.t->cpus.n, 1);
	CHECK_EQ(m.t->crash_cpu, 0);
	image_close(&m);
	/* without the GDT: KPCR.TSS, as long as it is not the handler's */
	put32(at(&m, 0x36000), 0x2c, 0);
	CHECK(image_open(&m));
	CHECK_EQ(ntr_double_fault_regs(m.t, &m.t->cpus.v[0], &r, NULL),
		 NTR_OK);
	CHECK_EQ(r.ip, 0x80301cad);
	image_close(&m);
	put16(at(&m, 0x37000), 0, 0x28); /* Backlink: it is */
	CHECK(image_open(&m));
	CHECK_EQ(ntr_double_fault_regs(m.t, &m.t->cpus.v[0], &r, &e),
		 NTR_ABSENT);
	CHECK_HAS(e.msg, "0xffdff000");
	image_close(&m);
	/* parameter 2 names a TSS (XP and later) */
	memcpy(at(&m, 0x3c000), at(&m, 0x37000), 0x68);
	put16(at(&m, 0x3c000), 0, 0);
	put32(m.b, 0x30, 0x8003c000);
	CHECK(image_open(&m));
	CHECK_EQ(ntr_double_fault_regs(m.t, &m.t->cpus.v[0], &r, NULL),
		 NTR_OK);
	CHECK_EQ(r.sp, 0x8037fff8);
	image_close(&m);
	image_free(&m);
}

/* Physical memory without a header: page tables, KPCR, interrupt table,
 * exports and the shared user page have to tell everything. */
static struct image nt4_raw(void)
{
	struct image m = nt351(2), raw = { .hdr = 0, .len = MEM };
	uint8_t *p, *x;

	p = at(&m, 0x1000);
	put32(p, 0, 0x2067);
	for (uint32_t i = 0x201; i < 0x220; i++)
		put32(p, i * 4, 0xe3); /* a root has many kernel entries */
	put32(at(&m, 0x2000), 0x1f0 * 4, 0x4163); /* 0xffdf0000 */
	p = at(&m, 0x4000);
	put32(p, 0x08, 0x10000000);               /* 0x2_10000000: 15 min */
	put32(p, 0x0c, 2);
	put32(p, 0x10, 2);
	put32(p, 0x14, 0x3fa8a000);
	put32(p, 0x18, 0x01bb8600);
	put32(p, 0x1c, 0x01bb8600);
	put_utf16(p + 0x30, "C:\\WINNT");
	put32(p, 0x264, 3);
	put16(at(&m, 0x36400), 0, 0x2340);        /* vector 0 */
	put16(at(&m, 0x36400), 6, 0x8011);
	p = at(&m, 0x100000);
	put32(p, 0x98 + 0x60, 0x60000);           /* exports */
	put32(p, 0x98 + 0x64, 0x200);
	x = p + 0x60000;
	put32(x, 0x0c, 0x60100);
	put32(x, 0x14, 2);
	put32(x, 0x18, 2);
	put32(x, 0x1c, 0x60028);
	put32(x, 0x20, 0x60030);
	put32(x, 0x24, 0x60038);
	put32(x, 0x28, 0x61000);
	put32(x, 0x2c, 0x61100);
	put32(x, 0x30, 0x60110);
	put32(x, 0x34, 0x60120);
	put16(x, 0x3a, 1);
	memcpy(x + 0x100, "ntoskrnl.exe", 13);
	memcpy(x + 0x110, "KiBugCheckData", 15);
	memcpy(x + 0x120, "NtBuildNumber", 14);
	put32(p, 0x61000, 0x1e);
	put32(p, 0x61004, 0xc0000005);
	put32(p, 0x61008, 0x80112345);
	put32(p, 0x61100, 0xf0000565);
	raw.b = malloc(MEM);
	memcpy(raw.b, m.b + m.hdr, MEM);
	image_free(&m);
	return raw;
}

static void physical_memory_alone(void)
{
	/* A raw image is at least 16 MiB: the rest is zero. */
	struct image m = nt4_raw();
	uint8_t *whole = calloc(1, 0x1000000);

	memcpy(whole, m.b, MEM);
	free(m.b);
	m.b = whole;
	m.len = 0x1000000;
	CHECK(image_open(&m));
	CHECK(m.t->is_nt);
	CHECK_EQ(m.t->paging, NTR_PAGING_X86);
	CHECK_EQ(m.t->machine, 0x14c);
	CHECK_STR(m.t->kernel_source, "KPCR interrupt table");
	CHECK_EQ(m.t->kernel_base, 0x80100000);
	CHECK_EQ(m.t->build, 1381);
	CHECK_STR(m.t->os_name, "Windows NT 4.0");
	CHECK_STR(m.t->product, "Server");
	CHECK_EQ(m.t->modules.n, 3);
	CHECK_EQ(m.t->cpus.n, 2);
	CHECK_EQ(m.d->meta.bugcheck, 0x1e);
	CHECK_EQ(m.d->meta.arg[0], 0xc0000005);
	CHECK_EQ(m.d->meta.arg[1], 0x80112345);
	CHECK_EQ(m.d->meta.uptime, 0x210000000);
	CHECK_EQ(m.d->meta.time, 0x01bb86003fa8a000);
	image_close(&m);
	/* a clock caught in the middle of its update is not a time */
	put32(at(&m, 0x4000), 0x1c, 0x01bb8601);
	put32(at(&m, 0x161000), 0, 0);
	CHECK(image_open(&m));
	CHECK(!(m.d->meta.has & NTR_HAS_TIME));
	CHECK(!(m.d->meta.has & NTR_HAS_BUGCHECK));
	image_close(&m);
	image_free(&m);
}

/* The same memory without what makes it NT's, and a Linux banner in it. */
static void another_system(void)
{
	struct image m = nt4_raw();
	uint8_t *whole = calloc(1, 0x1000000);

	memcpy(whole, m.b, MEM);
	memset(whole + 0x1000, 0, 0x4000);
	memcpy(whole + 0x234567, "Linux version 5.10.0-8 (gcc)", 28);
	free(m.b);
	m.b = whole;
	m.len = 0x1000000;
	for (int banner = 1; banner >= 0; banner--) {
		if (!image_open(&m)) {
			TEST_FAIL("not opened");
			break;
		}
		CHECK(!m.t->is_nt);
		CHECK_EQ(m.t->modules.n, 0);
		if (banner)
			CHECK_STR(m.t->other_os, "Linux guest (Linux 5.10.0-8)");
		else
			CHECK(m.t->other_os == NULL);
		image_close(&m);
		memset(whole + 0x234567, 0x5a, 28);
	}
	image_free(&m);
}

/* --- what damage does ------------------------------------------------------------ */

static void lists_that_loop_or_end(void)
{
	struct image m = nt351(1);

	put32(at(&m, 0x302000), 0, 0x80301000); /* last -> second */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 3);
	CHECK(!m.t->modules_complete);
	CHECK_HAS(missing_text(m.t, "module list"), "loop");
	image_close(&m);
	put32(at(&m, 0x302000), 0, 0x80302000); /* last -> itself */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 3);
	CHECK(!m.t->modules_complete);
	image_close(&m);
	put32(at(&m, 0x302000), 0, 0x00001234); /* into user space */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 3);
	CHECK(!m.t->modules_complete);
	image_close(&m);
	put32(at(&m, 0x302000), 0, 0x80150000);
	/* a hole in the middle: the end is had from the other side */
	put32(at(&m, 0x300000), 0, 0xc1234000);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 3);
	CHECK_STR(m.t->modules.v[0].name, "nt");
	CHECK_STR(m.t->modules.v[1].name, "hal");
	CHECK_STR(m.t->modules.v[2].name, "tcp_ip");
	CHECK(!m.t->modules_complete);
	image_close(&m);
	image_free(&m);
}

static void a_list_that_never_ends(void)
{
	struct image m = nt351(1);
	uint32_t va = 0x80200000;

	/* 8192 entries of 0x40 bytes, none of them the head */
	put32(at(&m, 0x150000), 0, va);
	put32(at(&m, 0x150000), 4, 0xc0000000);
	put32(at(&m, 0x200000), 4, 0x80150000);
	for (uint32_t i = 0; i < 8192; i++, va += 0x40) {
		uint8_t *p = at(&m, va - 0x80000000);

		put32(p, 0x00, va + 0x40);
		if (i)
			put32(p, 0x04, va - 0x40);
		put32(p, 0x18, 0x80100000 + i * 0x1000);
		put32(p, 0x20, 0x1000);
	}
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 4096);
	CHECK(!m.t->modules_complete);
	image_close(&m);
	image_free(&m);
}

static void entries_that_lie(void)
{
	struct image m = nt351(1);

	put32(at(&m, 0x301000), 0x20, 0xffffffff); /* size of hal */
	put16(at(&m, 0x302000), 0x2c, 0xffff);     /* name lengths */
	put16(at(&m, 0x302000), 0x24, 0xffff);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 2);
	CHECK(!m.t->modules_complete);
	CHECK_STR(m.t->modules.v[0].name, "nt");
	CHECK(strncmp(m.t->modules.v[1].image, "tcp-ip.sys", 10) == 0);
	image_close(&m);
	put32(at(&m, 0x302000), 0x30, 0x10);       /* name in user space */
	put32(at(&m, 0x302000), 0x28, 0xfffffff0); /* and past the end */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 2);
	CHECK_STR(m.t->modules.v[1].image, "");
	image_close(&m);
	image_free(&m);
}

static void numbers_that_lie(void)
{
	struct image m = nt351(0xfffffff0); /* processors */

	CHECK(image_open(&m));
	CHECK_EQ(m.t->cpus.n, 2);
	image_close(&m);
	put32(at(&m, 0x151000), 0x130, 0x80350120); /* the same one again */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->cpus.n, 2);
	image_close(&m);
	put32(m.b, 0x0c, 0xffffffff); /* build */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->modules.n, 3);
	CHECK_EQ(m.t->thread.source, NTR_SRC_NONE);
	CHECK_EQ(m.t->thread.stack_base, 0);
	image_close(&m);
	/* a build between known ones: assumed, and checked */
	put32(m.b, 0x0c, 1100);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->thread.source, NTR_SRC_ASSUMED);
	CHECK_EQ(m.t->thread.stack_base, 0x80381000);
	CHECK(missing_text(m.t, "structure layouts") != NULL);
	image_close(&m);
	*at(&m, 0x38000) = 5; /* what is there is no thread */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->thread.source, NTR_SRC_NONE);
	CHECK_STR(m.t->thread.process_name, "");
	image_close(&m);
	image_free(&m);
}

static void implausible_threads(void)
{
	struct image m = nt351(1);

	put32(at(&m, 0x38000), 0x15c, 0x8037e000 + 0x200000); /* 2 MiB stack */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->thread.stack_base, 0);
	CHECK_EQ(m.t->thread.stack_limit, 0);
	CHECK_STR(m.t->thread.process_name, "inetinfo.exe");
	image_close(&m);
	put32(at(&m, 0x38000), 0x15c, 0x80381004);
	memcpy(at(&m, 0x340000) + 0x1dc, "\1\2\3", 3);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->thread.stack_base, 0);
	CHECK_STR(m.t->thread.process_name, "");
	image_close(&m);
	put32(at(&m, 0x38000), 0x40, 0x12345); /* process in user space */
	CHECK(image_open(&m));
	CHECK_EQ(m.t->thread.process, 0);
	image_close(&m);
	image_free(&m);
}

static void every_truncation(void)
{
	struct image m = nt351(2);
	static const size_t cuts[] = {
		0x1000, 0x1001, 0x1fff, 0x2000, 0x2800, 0x3000, 0x4000,
		0x37000, 0x39000, 0x101000, 0x152000, 0x301000, 0x301080,
		0x302000, 0x303000, 0x341000, 0x351000, 0x351400, 0x3fffff,
	};
	size_t before = 0;

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		uint8_t *whole = m.b;

		m.len = cuts[i];
		m.b = malloc(m.len);
		memcpy(m.b, whole, m.len);
		if (image_open(&m)) {
			CHECK(m.t->is_nt);
			CHECK_EQ(m.t->build, 1057);
			CHECK(m.t->modules.n >= before);
			before = m.t->modules.n;
			CHECK(!m.t->modules_complete ||
			      m.len > 0x303000);
			image_close(&m);
		} else {
			TEST_FAIL("cut at 0x%zx: not opened", cuts[i]);
		}
		free(m.b);
		m.b = whole;
	}
	CHECK_EQ(before, 3);
	image_free(&m);
}

/* --- Windows 7, x64 -------------------------------------------------------------- */

#define K64 UINT64_C(0xfffff80000000000)

static void ldr64(struct image *m, uint32_t pa, uint32_t flink, uint32_t blink,
		  uint64_t base, uint32_t size, const char *name)
{
	uint8_t *p = at(m, pa);

	put64(p, 0x00, K64 + flink);
	put64(p, 0x08, K64 + blink);
	put64(p, 0x30, base);
	put32(p, 0x40, size);
	put16(p, 0x48, (uint16_t)(strlen(name) * 2));
	put64(p, 0x50, K64 + pa + 0x100);
	put16(p, 0x58, (uint16_t)(strlen(name) * 2));
	put64(p, 0x60, K64 + pa + 0x100);
	put32(p, 0x78, 0x5150);
	put32(p, 0x80, 0x4ce7951a);
	put_utf16(p + 0x100, name);
}

static void kdbg64(struct image *m, uint32_t pa)
{
	uint8_t *p = at(m, pa);

	memcpy(p + 0x10, "KDBG", 4);
	put32(p, 0x14, 0x340);
	put64(p, 0x18, K64 + 0x100000);
	put64(p, 0x48, K64 + 0x150000);
	put64(p, 0x218, K64 + 0x151000);   /* KiProcessorBlock */
	put64(p, 0x220, K64 + 0x151100);   /* MmUnloadedDrivers */
	put64(p, 0x228, K64 + 0x151108);
	put64(p, 0x268, K64 + 0x151110);   /* CmNtCSDVersion */
	put16(p, 0x29c, 0x38);
	put16(p, 0x29e, 0x28);
	put16(p, 0x2a0, 0x70);
	put16(p, 0x2a8, 0x4d0);
	put16(p, 0x2b0, 0x4d00);
	put16(p, 0x2b4, 0x8);
	put16(p, 0x2bc, 0x40 + 0xe0);
	put16(p, 0x2be, 0x24);
	put16(p, 0x2c0, 0x498);
	put16(p, 0x2e6, 0x180);
}

static void unloaded64(struct image *m)
{
	uint8_t *p = at(m, 0x152000);

	put64(at(m, 0x151100), 0, K64 + 0x152000);
	put32(at(m, 0x151108), 0, 2);
	put32(at(m, 0x151110), 0, 0x100);
	for (int i = 0; i < 2; i++, p += 0x28) {
		put16(p, 0, 16);
		put64(p, 8, K64 + 0x153000 + (uint64_t)i * 0x40);
		put64(p, 0x10, UINT64_C(0xfffff88002000000) + (uint64_t)i * 0x10000);
		put64(p, 0x18, UINT64_C(0xfffff88002008000) + (uint64_t)i * 0x10000);
		put64(p, 0x20, UINT64_C(0x01cb8e1dbb1b5a00) + (uint64_t)i);
	}
	put_utf16(at(m, 0x153000), "dump.sys");
	put_utf16(at(m, 0x153040), "usbx.sys");
}

static void kpcr64(struct image *m, uint32_t pa, uint32_t number,
		   uint64_t thread)
{
	uint8_t *p = at(m, pa);

	put64(p, 0x08, K64 + 0x37000);
	put64(p, 0x18, K64 + pa);
	put64(p, 0x20, K64 + pa + 0x180);
	put64(p, 0x38, K64 + 0x36000);
	p[0x50] = 2;
	put64(p, 0x188, thread);
	put64(p, 0x198, K64 + 0x39000);
	put32(p, 0x1a4, number);
	p += 0x180 + 0x120; /* ContextFrame */
	put32(p, 0x30, 0x10001f);
	put16(p, 0x38, 0x10);
	put64(p, 0x98, K64 + 0x37ff00 + number);
	put64(p, 0xf8, K64 + 0x101000 + number);
}

static void double_fault64(struct image *m)
{
	uint8_t *f = at(m, 0x3f0000 - 0x28);

	at(m, 0x36000)[8 * 16 + 4] = 2;              /* IST 2 */
	put64(at(m, 0x37000), 0x1c + 2 * 8, K64 + 0x3f0000);
	put64(f, 0x00, K64 + 0x123456);
	put64(f, 0x08, 0x10);
	put64(f, 0x10, 0x10286);
	put64(f, 0x18, K64 + 0x37e010);
	put64(f, 0x20, 0x18);
}

static struct image win7(void)
{
	struct image m = image_new(0x2000);
	uint8_t *b = m.b;

	memcpy(b, "PAGEDU64", 8);
	put32(b, 0x08, 15);
	put32(b, 0x0c, 7601);
	put64(b, 0x10, 0x1000);
	put64(b, 0x20, K64 + 0x150000);
	put32(b, 0x30, 0x8664);
	put32(b, 0x34, 2);
	put32(b, 0x38, 0x7f);
	put64(b, 0x40, 8);
	put64(b, 0x48, K64 + 0x37000);
	put64(b, 0x50, 0);
	put64(b, 0x58, 0);
	put64(b, 0x80, K64 + 0x154000);
	put32(b, 0x88, 1);
	put64(b, 0x90, MEM >> 12);
	put64(b, 0x98, 0);
	put64(b, 0xa0, MEM >> 12);
	memset(b + 0x348, 0, 0x4d0);
	put32(b, 0x348 + 0x30, 0x10001f);
	put64(b, 0x348 + 0x98, K64 + 0x37fff0);
	put64(b, 0x348 + 0xf8, K64 + 0x112345);
	put32(b, 0x1040, 3);
	put32(b, 0x1044, 0x110);
	put64(at(&m, 0x1000), 0x1f0 * 8, 0x2063);
	put64(at(&m, 0x2000), 0, 0x3063);
	put64(at(&m, 0x3000), 0, 0x0000e3);   /* two large pages */
	put64(at(&m, 0x3000), 8, 0x2000e3);
	put64(at(&m, 0x150000), 0, K64 + 0x300000);
	put64(at(&m, 0x150000), 8, K64 + 0x301000);
	ldr64(&m, 0x300000, 0x301000, 0x150000, K64 + 0x100000, 0x100000,
	      "ntkrnlmp.exe");
	ldr64(&m, 0x301000, 0x150000, 0x300000, UINT64_C(0xfffff88001000000),
	      0x1f0000, "tcpip.sys");
	kdbg64(&m, 0x154000);
	put64(at(&m, 0x151000), 0, K64 + 0x320180);
	put64(at(&m, 0x151000), 8, K64 + 0x330180);
	kpcr64(&m, 0x320000, 0, K64 + 0x38000);
	kpcr64(&m, 0x330000, 1, K64 + 0x3a000);
	unloaded64(&m);
	for (uint32_t pa = 0x38000; pa <= 0x3a000; pa += 0x2000) {
		uint8_t *th = at(&m, pa);
		uint64_t limit = K64 + (pa == 0x38000 ? 0x370000 : 0x37a000);

		th[0] = 6;
		put64(th, 0x28, limit + 0x6000);
		put64(th, 0x30, limit);
		put64(th, 0x38, limit + 0x5000);
		put64(th, 0x70, K64 + 0x340000);
		put64(th, 0x278, limit + 0x6000);
		put64(th, 0x3b0, 0x5a4);
		put64(th, 0x3b8, pa == 0x38000 ? 0x5a8 : 0x5ac);
	}
	put64(at(&m, 0x340000), 0x180, 0x5a4);
	memcpy(at(&m, 0x340000) + 0x2e0, "svchost.exe", 11);
	double_fault64(&m);
	return m;
}

static void check_win7(struct ntr_target *t)
{
	CHECK_STR(t->os_name, "Windows Server 2008 R2");
	CHECK_STR(t->product, "Server");
	CHECK_STR(t->service_pack, "Service Pack 1");
	CHECK_EQ(t->kernel_base, K64 + 0x100000);
	CHECK_EQ(t->modules.n, 2);
	CHECK_STR(t->modules.v[0].name, "nt");
	CHECK_EQ(t->modules.v[1].timestamp, 0x4ce7951a);
	CHECK_EQ(t->cpus.n, 2);
	CHECK_EQ(t->crash_cpu, 1);
	CHECK_EQ(t->thread.va, K64 + 0x3a000);
	CHECK_EQ(t->thread.id, 0x5ac);
	CHECK_EQ(t->thread.pid, 0x5a4);
	CHECK_STR(t->thread.process_name, "svchost.exe");
	CHECK_EQ(t->thread.stack_limit, K64 + 0x37a000);
	CHECK_EQ(t->cpus.v[0].regs.ip, K64 + 0x101000);
	CHECK_STR(t->cpus.v[1].regs_source, "header");
	CHECK_EQ(t->cpus.v[1].irql, 2);
	CHECK_EQ(t->unloaded.n, 2);
	CHECK_STR(t->unloaded.v[0].image, "usbx.sys"); /* newest first */
	CHECK_EQ(t->unloaded.v[1].start, 0xfffff88002000000);
}

static void win7_x64(void)
{
	struct image m = win7();
	struct ntr_regs r;
	struct ntr_err e;
	char text[80];

	CHECK(image_open(&m));
	CHECK_EQ(m.t->paging, NTR_PAGING_X64);
	CHECK_EQ(m.t->kdbg, K64 + 0x154000);
	CHECK_STR(m.t->kernel_source, "KDBG named by the header");
	check_win7(m.t);
	ntr_target_symbolise(m.t, 0xfffff88002010010, text, sizeof(text));
	CHECK_STR(text, "<Unloaded_usbx.sys>+0x10");
	CHECK_EQ(ntr_double_fault_regs(m.t, &m.t->cpus.v[1], &r, NULL),
		 NTR_OK);
	CHECK_EQ(r.ip, K64 + 0x123456);
	CHECK_EQ(r.sp, K64 + 0x37e010);
	image_close(&m);
	put64(at(&m, 0x3f0000 - 0x20), 0, 0x33); /* CS: user mode */
	CHECK(image_open(&m));
	CHECK_EQ(ntr_double_fault_regs(m.t, &m.t->cpus.v[1], &r, &e),
		 NTR_FAULT);
	image_close(&m);
	/* the sizes in KDBG tell the updated 7601 kernel apart */
	put16(at(&m, 0x154000), 0x2c0, 0x4a8);
	put16(at(&m, 0x154000), 0x2a8, 0x4f8);
	put16(at(&m, 0x154000), 0x2b0, 0x6f00);
	put64(at(&m, 0x3a000), 0x3b8, 0x5a4);
	put64(at(&m, 0x3a000), 0x3c0, 0x5ac);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->thread.id, 0x5ac);
	CHECK_EQ(m.t->thread.source, NTR_SRC_TABLE);
	image_close(&m);
	image_free(&m);
}

static void kernel_pe64(struct image *m)
{
	uint8_t *p = at(m, 0x100000), *s;

	memcpy(p, "MZ", 2);
	put32(p, 0x3c, 0x80);
	memcpy(p + 0x80, "PE\0", 4);
	put16(p, 0x84, 0x8664);
	put16(p, 0x86, 1);
	put16(p, 0x94, 0xf0);
	put16(p, 0x98, 0x20b);
	put32(p, 0x98 + 0x38, 0x100000);
	put32(p, 0x98 + 0x6c, 16);
	put32(p, 0x98 + 0x70, 0x800); /* exports: only a name */
	put32(p, 0x98 + 0x74, 0x100);
	put32(p, 0x80c, 0x880);
	memcpy(p + 0x880, "ntoskrnl.exe", 13);
	s = p + 0x188;
	memcpy(s, ".data", 5);
	put32(s, 8, 0x10000);
	put32(s, 12, 0x50000);
	put32(s, 36, 0xc8000040);
}

/* The header names nothing: everything has to be found. */
static void a_header_without_addresses(void)
{
	struct image m = win7();

	kernel_pe64(&m);
	memcpy(m.b + 0x20, "PAGEPAGE", 8);
	memcpy(m.b + 0x80, "PAGEPAGE", 8);
	CHECK(image_open(&m));
	CHECK_STR(m.t->kernel_source, "PE scan from the context");
	CHECK_EQ(m.t->kdbg, K64 + 0x154000);
	check_win7(m.t);
	image_close(&m);
	/* no KDBG either: the module list shows itself */
	memcpy(at(&m, 0x154010), "GBDK", 4);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->kdbg, 0);
	CHECK_EQ(m.t->modules.n, 2);
	CHECK(missing_text(m.t, "KDBG") != NULL);
	image_close(&m);
	image_free(&m);
}

/* The header names the wrong things: they are not believed. */
static void a_header_with_wrong_addresses(void)
{
	struct image m = win7();

	kernel_pe64(&m);
	put64(m.b, 0x80, K64 + 0x160000);
	CHECK(image_open(&m));
	CHECK_STR(m.t->kernel_source, "module list");
	CHECK_EQ(m.t->kdbg, K64 + 0x154000); /* by scan */
	image_close(&m);
	put64(m.b, 0x20, K64 + 0x160000);
	CHECK(image_open(&m));
	CHECK_EQ(m.t->kernel_base, K64 + 0x100000);
	CHECK_EQ(m.t->modules.n, 2);
	image_close(&m);
	image_free(&m);
}

/* Encoded KDBG; parameter 1 names a decoded copy, but not in a real stop. */
static void kdbg_copy_of_a_guest_driver(void)
{
	struct image m = win7();

	memcpy(at(&m, 0x154010), "GBDK", 4);
	kdbg64(&m, 0x15a000);
	put64(m.b, 0x40, K64 + 0x15a000);
	for (unsigned stop = 0x7f; stop <= 0x161; stop += 0x161 - 0x7f) {
		put32(m.b, 0x38, stop);
		CHECK(image_open(&m));
		CHECK_STR(m.t->kernel_source, stop == 0x7f ? "module list" :
			  "KDBG copy of the guest's driver");
		image_close(&m);
	}
	image_free(&m);
}

int main(void)
{
	RUN(nt351_modules);
	RUN(nt351_processors);
	RUN(a_single_processor_and_its_task_state);
	RUN(physical_memory_alone);
	RUN(another_system);
	RUN(lists_that_loop_or_end);
	RUN(a_list_that_never_ends);
	RUN(entries_that_lie);
	RUN(numbers_that_lie);
	RUN(implausible_threads);
	RUN(every_truncation);
	RUN(win7_x64);
	RUN(a_header_without_addresses);
	RUN(a_header_with_wrong_addresses);
	RUN(kdbg_copy_of_a_guest_driver);
	return test_done();
}
