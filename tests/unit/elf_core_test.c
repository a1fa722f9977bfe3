// SPDX-License-Identifier: Apache-2.0
/*
 * Stacks of ELF cores walked by nothing but the call frame information of the
 * program and of the vdso, every thread of them against gdb's backtrace.  gdb
 * cannot read the aarch64 core (it finds no registers in it): there, names
 * are compared with those of the same program on x86-64, and every return
 * address has to stand behind a call.
 */
#include "base/vec.h"
#include "fmt/dump.h"
#include "sym/source.h"
#include "unw_env.h"

#include <gelf.h>
#include <unistd.h>

#define MAX_IMAGES 8

static char dir[] = "/tmp/ntr-core-XXXXXX";

struct image {
	uint64_t base, end;
	struct ntr_symsrc *src;
	struct ntr_uwrec rec;
};
struct walk {
	uint32_t machine;
	unsigned pid_off;
	struct test_mem mem;
	struct image img[MAX_IMAGES];
	unsigned nimg;
	uint8_t *core, *exec;
	size_t ncore, nexec;
	struct { NTR_VEC(struct ntr_bin); } threads; /* PRSTATUS notes */
	/* gdb's frames of all threads: "LWP ip name" */
	char gdb[128][160];
	unsigned ngdb;
};

/* --- what the walk stands on ---------------------------------------------------- */

static struct image *image_of(struct walk *w, uint64_t ip)
{
	for (unsigned i = 0; i < w->nimg; i++)
		if (ip >= w->img[i].base && ip < w->img[i].end)
			return &w->img[i];
	return NULL;
}

static bool module(void *ctx, u64 ip, struct ntr_unw_module *out)
{
	struct image *i = image_of(ctx, ip);

	if (i)
		*out = (struct ntr_unw_module){ .base = i->base,
						.size = i->end - i->base };
	return i;
}

static enum ntr_st record(void *ctx, u64 ip, const struct ntr_unw_module *m,
			  struct ntr_uwrec *out)
{
	struct image *i = image_of(ctx, ip);

	(void)m;
	return i ? ntr_symsrc_unwind(i->src, ip - i->base, out, NULL) :
		   NTR_ABSENT;
}

static bool add_image(struct walk *w, const char *path, uint64_t base,
		      uint64_t end)
{
	struct image *i = &w->img[w->nimg];
	struct ntr_err e = { "" };

	if (w->nimg == MAX_IMAGES || ntr_symsrc_open(&i->src, path, &e)) {
		TEST_FAIL("%s: %s", path, e.msg);
		return false;
	}
	i->base = base;
	i->end = end;
	w->nimg++;
	return true;
}

static void add_block(struct walk *w, uint64_t va, const uint8_t *p,
		      uint64_t len)
{
	if (w->mem.n < TEST_MAX_BLOCKS)
		w->mem.b[w->mem.n++] = (struct test_block){ va, len, p };
}

/* PT_LOAD contents as memory; lowest and highest address. */
static void loads(struct walk *w, Elf *elf, const uint8_t *p, size_t size,
		  uint64_t *lo, uint64_t *hi)
{
	size_t n = 0;
	GElf_Phdr h;

	*lo = UINT64_MAX;
	*hi = 0;
	if (elf_getphdrnum(elf, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &h) || h.p_type != PT_LOAD)
			continue;
		if (h.p_offset + h.p_filesz <= size && h.p_filesz)
			add_block(w, h.p_vaddr, p + h.p_offset, h.p_filesz);
		if ((h.p_vaddr & ~UINT64_C(0xfff)) < *lo)
			*lo = h.p_vaddr & ~UINT64_C(0xfff);
		if (h.p_vaddr + h.p_memsz > *hi)
			*hi = h.p_vaddr + h.p_memsz;
	}
}

static void notes(struct walk *w, Elf *elf)
{
	size_t n = 0;
	GElf_Phdr h;

	if (elf_getphdrnum(elf, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		GElf_Nhdr note;
		size_t off = 0, name, desc;
		Elf_Data *d;

		if (!gelf_getphdr(elf, (int)i, &h) || h.p_type != PT_NOTE)
			continue;
		d = elf_getdata_rawchunk(elf, (int64_t)h.p_offset, h.p_filesz,
					 ELF_T_NHDR);
		while (d && (off = gelf_getnote(d, off, &note, &name, &desc))) {
			struct ntr_bin *b;

			if (note.n_type != 1)
				continue;
			b = ntr_vec_add(&w->threads);
			*b = ntr_bin_of(w->core + h.p_offset + desc,
					note.n_descsz, "core", 0);
		}
	}
}

/* An ELF image that lies in the core itself: the vdso. */
static void images_in_core(struct walk *w)
{
	size_t n = w->mem.n;

	for (size_t i = 0; i < n; i++) {
		const struct test_block *b = &w->mem.b[i];
		char path[64];
		FILE *f;

		if (b->len < 64 || memcmp(b->p, "\177ELF", 4) ||
		    image_of(w, b->va))
			continue;
		snprintf(path, sizeof(path), "%s/vdso%zu", dir, i);
		f = fopen(path, "wb");
		if (!f || fwrite(b->p, 1, b->len, f) != b->len || fclose(f))
			continue;
		add_image(w, path, b->va, b->va + b->len);
	}
}

static bool unpack(const char *arch, const char *what, char *path, size_t size)
{
	char rel[128], packed[512], cmd[1024];

	snprintf(rel, sizeof(rel), "elf_cores/elfutils/backtrace.%s.%s.bz2",
		 arch, what);
	if (!test_corpus(rel, packed, sizeof(packed)))
		return false;
	snprintf(path, size, "%s/%s", dir, what);
	snprintf(cmd, sizeof(cmd), "bunzip2 -c '%s' >'%s'", packed, path);
	return system(cmd) == 0;
}

static bool open_both(struct walk *w, const char *core, const char *exec)
{
	uint64_t lo, hi;
	Elf *elf;

	w->core = slurp(core, &w->ncore);
	w->exec = slurp(exec, &w->nexec);
	if (!w->core || !w->exec)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)w->core, w->ncore);
	loads(w, elf, w->core, w->ncore, &lo, &hi);
	notes(w, elf);
	elf_end(elf);
	elf = elf_memory((char *)w->exec, w->nexec);
	loads(w, elf, w->exec, w->nexec, &lo, &hi);
	elf_end(elf);
	w->mem.s = (struct ntr_space){ .name = "core", .read = test_mem_read,
				       .impl = &w->mem };
	if (!add_image(w, exec, lo, hi))
		return false;
	images_in_core(w);
	return true;
}

/* --- gdb -------------------------------------------------------------------------- */

static void ask_gdb(struct walk *w, const char *core, const char *exec)
{
	char cmd[512], line[1024], name[100];
	unsigned lwp = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "gdb -nx -batch -ex 'set backtrace past-main' "
		 "-ex 'set backtrace past-entry' -ex 'thread apply all bt' "
		 "'%s' '%s' 2>/dev/null", exec, core);
	f = popen(cmd, "r");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long ip;
		unsigned no;
		char *p = strstr(line, "(LWP ");

		if (!strncmp(line, "Thread ", 7) && p)
			lwp = (unsigned)atoi(p + 5);
		else if (lwp && w->ngdb < 128 &&
			 sscanf(line, "#%u 0x%llx in %99[^ (]", &no, &ip,
				name) == 3)
			snprintf(w->gdb[w->ngdb++], sizeof(w->gdb[0]),
				 "%u %llx %s", lwp, ip, name);
	}
	if (f)
		pclose(f);
}

static const char *name_at(struct walk *w, uint64_t ip, bool exact)
{
	struct image *i = image_of(w, ip);
	struct ntr_symbol s;

	if (!i || ntr_symsrc_at(i->src, ip - i->base - !exact, &s, NULL))
		return "??";
	return s.name;
}

/* --- the walk ----------------------------------------------------------------------- */

static size_t walk_thread(struct walk *w, struct ntr_bin note,
			  struct ntr_frame *frames, size_t max)
{
	struct ntr_unw_env env = { .machine = w->machine, .mem = &w->mem.s,
				   .module = module, .record = record,
				   .ctx = w };
	struct ntr_regs regs;
	enum ntr_unw_stop stop;
	struct ntr_uwrec rec;
	struct ntr_err e = { "" };
	size_t n = 0;

	if (ntr_regs_from_prstatus(&regs, w->machine, &note, &e)) {
		TEST_FAIL("registers: %s", e.msg);
		return 0;
	}
	stop = ntr_unwind(&env, &regs, frames, max, &n);
	CHECK(n);
	/* _start of an older libc has no description */
	if (stop != NTR_UNW_END)
		CHECK_STR(name_at(w, frames[n - 1].ip, false), "_start");
	for (size_t i = 1; i < n; i++) {
		CHECK_EQ(record(w, frames[i - 1].ip - (i > 1), NULL, &rec),
			 NTR_OK);
		/* the last instructions of a function may be run instead */
		if (i > 1 || frames[i].trust != NTR_TRUST_CODE)
			CHECK_STR(ntr_trust_name(frames[i].trust), "cfi");
	}
	return n;
}

/* Names that gdb prefers among those at one address are one of ours. */
static void same_frame(struct walk *w, unsigned lwp, uint64_t ip, bool exact,
		       const char *want)
{
	char place[64];
	const char *p;
	struct image *i = image_of(w, ip);
	struct ntr_symbol a, b;

	snprintf(place, sizeof(place), "%u %" PRIx64 " ", lwp, ip);
	test_.checks++;
	if (strncmp(want, place, strlen(place))) {
		TEST_FAIL("frame \"%s%s\", want \"%s\"", place,
			  name_at(w, ip, exact), want);
		return;
	}
	p = want + strlen(place);
	CHECK(i && !ntr_symsrc_named(i->src, p, &a, NULL) &&
	      !ntr_symsrc_at(i->src, ip - i->base - !exact, &b, NULL) &&
	      a.rva == b.rva);
}

static void against_gdb(struct walk *w)
{
	unsigned used = 0;

	for (size_t t = 0; t < w->threads.n; t++) {
		struct ntr_bin note = w->threads.v[t];
		unsigned lwp = get32(note.base + w->pid_off), at = 0;
		struct ntr_frame frames[64];
		size_t n = walk_thread(w, note, frames, 64);
		char key[16];

		snprintf(key, sizeof(key), "%u ", lwp);
		while (at < w->ngdb && strncmp(w->gdb[at], key, strlen(key)))
			at++;
		for (size_t i = 0; i < n; i++, at++, used++)
			same_frame(w, lwp, frames[i].ip, !i,
				   at < w->ngdb ? w->gdb[at] : "(no more)");
	}
	CHECK_EQ(used, w->ngdb);
	CHECK(used > 4);
}

static void done(struct walk *w)
{
	for (unsigned i = 0; i < w->nimg; i++)
		ntr_symsrc_close(w->img[i].src);
	ntr_vec_fini(&w->threads);
	free(w->core);
	free(w->exec);
	free(w);
}

static void with_gdb(const char *arch, uint32_t machine, unsigned pid_off)
{
	struct walk *w = calloc(1, sizeof(*w));
	char core[64], exec[64];

	w->machine = machine;
	w->pid_off = pid_off;
	if (!unpack(arch, "core", core, sizeof(core)) ||
	    !unpack(arch, "exec", exec, sizeof(exec))) {
		done(w);
		SKIP("not in the corpus");
	}
	if (system("command -v gdb >/dev/null")) {
		done(w);
		SKIP("no gdb");
	}
	CHECK(open_both(w, core, exec));
	ask_gdb(w, core, exec);
	against_gdb(w);
	done(w);
}

static void x86_64_core(void)
{
	with_gdb("x86_64", NTR_MACHINE_AMD64, 32);
}

static void i386_core(void)
{
	with_gdb("i386", NTR_MACHINE_X86, 24);
}

/* Offsets in prstatus: pid at 32, as on x86-64. */
static void aarch64_core(void)
{
	static const char *const want[] = { "raise", "sigusr2", "stdarg",
					    "backtracegen", "start",
					    "start_thread" };
	struct walk *w = calloc(1, sizeof(*w));
	char core[64], exec[64];
	bool found = false;

	w->machine = NTR_MACHINE_ARM64;
	if (!unpack("aarch64", "core", core, sizeof(core)) ||
	    !unpack("aarch64", "exec", exec, sizeof(exec))) {
		done(w);
		SKIP("not in the corpus");
	}
	CHECK(open_both(w, core, exec));
	for (size_t t = 0; t < w->threads.n; t++) {
		struct ntr_frame frames[64];
		size_t n = walk_thread(w, w->threads.v[t], frames, 64);

		CHECK(n > 1);
		for (size_t i = 1; i < n; i++) {
			bool call = false;

			CHECK_EQ(ntr_is_call_before(w->machine, &w->mem.s,
						    frames[i].ip, &call,
						    &(uint64_t){ 0 }), NTR_OK);
			CHECK(call);
		}
		if (strcmp(name_at(w, frames[0].ip, true), want[0]))
			continue;
		found = true;
		for (size_t i = 0; i < NTR_COUNT(want) && i < n; i++)
			CHECK_STR(name_at(w, frames[i].ip, !i), want[i]);
		CHECK(n >= NTR_COUNT(want));
	}
	CHECK(found);
	done(w);
}

int main(void)
{
	char cmd[64];

	if (!mkdtemp(dir))
		return 1;
	RUN(x86_64_core);
	RUN(i386_core);
	RUN(aarch64_core);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd) || test_done();
}
