// SPDX-License-Identifier: Apache-2.0
#include "dump.h"

#include "../ex/machine.h"
#include "../sched/inside.h"
#include "lwp.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u
#define RUNS_MAX 60000u              /* e_phnum has 16 bits */
#define NOTES_MAX (64u << 20)
#define DPC_LWP 0x40000000           /* + CPU: its DPC stack, as a thread */
#define PRESENT (UINT64_C(1) << 63 | UINT64_C(1) << 62)
#define OF_A_FILE (UINT64_C(1) << 61)
#define BATCH 512u                   /* words of pagemap in one read */

struct run {
	u64 va, size, off;
	u32 flags;
};

struct dump {
	const struct ex *x;
	struct run *run;
	size_t nruns;
	u8 *note;
	size_t nnote, note_room;
	char *files;                 /* of NT_FILE: names, each with its zero */
	size_t nfiles, files_size;
	u64 *file;                   /* start, end, page; three a file */
	int maps;                    /* /proc/self/pagemap */
	const struct lwps *lwps;     /* the process's other threads */
	ucontext_t host;             /* of the one that writes */
	bool failed;
};

/* --- memory ------------------------------------------------------------------------- */

static void add_page(struct dump *d, u64 va, u32 flags)
{
	struct run *r = d->nruns ? &d->run[d->nruns - 1] : NULL;

	if (r && r->va + r->size == va && r->flags == flags) {
		r->size += PAGE;
	} else if (d->nruns < RUNS_MAX) {
		d->run[d->nruns++] = (struct run){ .va = va, .size = PAGE,
						   .flags = flags };
	} else {
		d->failed = true;
	}
}

/* Pages that the process has of its own. */
static void add_mapping(struct dump *d, u64 from, u64 to, u32 flags, bool head)
{
	u64 word[BATCH];

	if (head)
		add_page(d, from, flags);
	for (u64 va = from; va < to; va += BATCH * PAGE) {
		u64 left = (to - va) / PAGE, n = left < BATCH ? left : BATCH;

		if (pread(d->maps, word, n * 8, (off_t)(va / PAGE * 8)) !=
		    (ssize_t)(n * 8))
			return;
		for (u64 i = 0; i < n; i++)
			if (word[i] & PRESENT && !(word[i] & OF_A_FILE) &&
			    !(head && va + i * PAGE == from))
				add_page(d, va + i * PAGE, flags);
	}
}

static void add_file(struct dump *d, u64 from, u64 to, u64 off,
		     const char *name)
{
	size_t n = strlen(name) + 1;
	char *files = realloc(d->files, d->files_size + n);
	u64 *file = realloc(d->file, (d->nfiles + 1) * 3 * sizeof(*file));

	d->files = files ? files : d->files;
	d->file = file ? file : d->file;
	if (!files || !file) {
		d->failed = true;
		return;
	}
	memcpy(files + d->files_size, name, n);
	d->files_size += n;
	file += d->nfiles++ * 3;
	file[0] = from;
	file[1] = to;
	file[2] = off / PAGE;
}

struct mapping {
	unsigned long from, to, off;
	char perm[5], name[4097];
};

static void add_one(struct dump *d, const struct mapping *m)
{
	const char *perm = m->perm;
	u32 flags;

	if (m->name[0] == '/')
		add_file(d, m->from, m->to, m->off, m->name);
	if (perm[0] != 'r' || m->from >= UINT64_C(1) << 63)
		return;
	flags = PF_R | (perm[1] == 'w' ? PF_W : 0u) |
		(perm[2] == 'x' ? PF_X : 0u);
	add_mapping(d, m->from, m->to, flags, m->name[0] == '/' && !m->off);
}

/* But what the process does not want in a dump (MADV_DONTDUMP): 16 TiB of what
 * AddressSanitizer knows would take hours to look through. */
static void read_maps(struct dump *d)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	struct mapping m = { 0 };
	char line[4352];

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "VmFlags:", 8)) {
			if (!strstr(line, " dd"))
				add_one(d, &m);
		} else if (strchr("0123456789abcdef", line[0])) {
			m.name[0] = 0;
			(void)sscanf(line, "%lx-%lx %4s %lx %*s %*s %4096[^\n]",
				     &m.from, &m.to, m.perm, &m.off, m.name);
		}
	}
	if (f)
		fclose(f);
	else
		d->failed = true;
}

/* --- notes ---------------------------------------------------------------------------- */

static void note(struct dump *d, const char *owner, u32 type, const void *p,
		 size_t n)
{
	GElf_Nhdr h = { .n_namesz = (GElf_Word)strlen(owner) + 1,
			.n_descsz = (GElf_Word)n, .n_type = type };
	size_t name = (h.n_namesz + 3u) & ~3u, desc = (n + 3) & ~(size_t)3;
	size_t all = sizeof(h) + name + desc;
	u8 *at;

	if (all > d->note_room - d->nnote) {
		d->failed = true;
		return;
	}
	at = d->note + d->nnote;
	memset(at, 0, all);
	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), owner, h.n_namesz);
	memcpy(at + sizeof(h) + name, p, n);
	d->nnote += all;
}

/* Registers of one that is not running: co.h. */
static bool saved(const struct co *co, struct elf_prstatus *st)
{
	struct user_regs_struct r = { .cs = 0x33, .ss = 0x2b, .eflags = 0x202 };
	struct co_regs at;

	if (!co_at(co, &at))
		return false;
	r.r15 = at.r15;
	r.r14 = at.r14;
	r.r13 = at.r13;
	r.r12 = at.r12;
	r.rbx = at.rbx;
	r.rbp = at.rbp;
	r.rip = at.rip;
	r.rsp = at.rsp;
	memcpy(&st->pr_reg, &r, sizeof(st->pr_reg));
	return true;
}

static void of_context(const ucontext_t *u, struct elf_prstatus *st)
{
	const greg_t *g = u->uc_mcontext.gregs;
	struct user_regs_struct r = {
		.r15 = (u64)g[REG_R15], .r14 = (u64)g[REG_R14],
		.r13 = (u64)g[REG_R13], .r12 = (u64)g[REG_R12],
		.r11 = (u64)g[REG_R11], .r10 = (u64)g[REG_R10],
		.r9 = (u64)g[REG_R9], .r8 = (u64)g[REG_R8],
		.rax = (u64)g[REG_RAX], .rbx = (u64)g[REG_RBX],
		.rcx = (u64)g[REG_RCX], .rdx = (u64)g[REG_RDX],
		.rsi = (u64)g[REG_RSI], .rdi = (u64)g[REG_RDI],
		.rbp = (u64)g[REG_RBP], .rsp = (u64)g[REG_RSP],
		.rip = (u64)g[REG_RIP], .eflags = (u64)g[REG_EFL],
		.cs = 0x33, .ss = 0x2b,
	};

	memcpy(&st->pr_reg, &r, sizeof(st->pr_reg));
}

static void thread_note(struct dump *d, const struct co *co, s32 id,
			const ucontext_t *context)
{
	struct elf_prstatus st = { .pr_pid = id, .pr_ppid = getpid(),
				   .pr_pgrp = getpid(), .pr_sid = getpid() };

	if (context)
		of_context(context, &st);
	else if (!saved(co, &st))
		return;
	note(d, "CORE", NT_PRSTATUS, &st, sizeof(st));
}

/* With their own numbers, by which a debugger finds what the C library has of
 * them; so the last one, where the C library believes to be, has the writer's. */
static void host_notes(struct dump *d)
{
	struct elf_prstatus st = { .pr_ppid = getpid(), .pr_pgrp = getpid(),
				   .pr_sid = getpid() };

	for (u32 i = 0; i < d->lwps->n; i++) {
		const struct lwp *w = &d->lwps->lwp[i];

		if (!w->waits)
			continue;
		st.pr_pid = w->id;
		memcpy(&st.pr_reg, &w->regs, sizeof(st.pr_reg));
		note(d, "CORE", NT_PRSTATUS, &st, sizeof(st));
	}
	thread_note(d, NULL, getpid(), &d->host);
}

static const ucontext_t *fault_of(const struct ex *x,
				  const struct ke_thread *t, u32 cpu)
{
	const struct ke_stop *b = x->stop ? ex_bugcheck(x) : NULL;

	if (!b || !b->context || b->thread != t)
		return NULL;
	return t || (b->cpu && b->cpu->number == cpu) ? b->context : NULL;
}

/* gdb's first thread is the first of these: the one that stopped the machine. */
static void thread_notes(struct dump *d)
{
	const struct ex *x = d->x;
	const struct ke_stop *b = x->stop ? ex_bugcheck(x) : NULL;
	const struct ke_thread *first = b ? b->thread : NULL;

	if (first)
		thread_note(d, &first->co, (s32)first->id,
			    fault_of(x, first, 0));
	for (u32 i = 0; i < x->ncpus; i++)
		thread_note(d, &x->cpu[i]->dpc_co, DPC_LWP + (s32)i,
			    fault_of(x, NULL, i));
	for (const struct ke_thread *t = x->threads; t; t = t->all_next)
		if (t != first && t->state != KE_ENDED)
			thread_note(d, &t->co, (s32)t->id, NULL);
	host_notes(d);
}

static void file_note(struct dump *d)
{
	size_t n = 16 + d->nfiles * 24 + d->files_size;
	u8 *b = calloc(1, n);
	u64 head[2] = { d->nfiles, PAGE };

	if (!b) {
		d->failed = true;
		return;
	}
	memcpy(b, head, 16);
	if (d->nfiles) {
		memcpy(b + 16, d->file, d->nfiles * 24);
		memcpy(b + 16 + d->nfiles * 24, d->files, d->files_size);
	}
	note(d, "CORE", NT_FILE, b, n);
	free(b);
}

static void auxv_note(struct dump *d)
{
	u8 b[1024];
	int fd = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, b, sizeof(b)) : -1;

	if (fd >= 0)
		close(fd);
	if (n > 0)
		note(d, "CORE", NT_AUXV, b, (size_t)n);
	else
		d->failed = true;
}

/* Where everything begins, in words: docs/refstack.md. */
static void machine_note(struct dump *d)
{
	const struct ex *x = d->x;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f) {
		d->failed = true;
		return;
	}
	fprintf(f, "machine %s\nindex %u\nex %p\nbase %p\nsize %#zx\n"
		"heap %p %p\nstacks %p %p\nstack_size %#zx\nstop %d\n",
		x->name, x->index, (const void *)x, (void *)x->pages.base,
		x->pages.size, (void *)x->pages.heap.base,
		(void *)x->pages.heap.next, (void *)x->pages.stacks.base,
		(void *)x->pages.stacks.next, x->stack_size, (int)x->stop);
	for (u32 i = 0; i < x->ncpus; i++)
		fprintf(f, "cpu %u %p lwp %d stack %p ring %p\n", i,
			(void *)x->cpu[i], DPC_LWP + (s32)i,
			(void *)x->cpu[i]->dpc_co.low,
			(void *)x->cpu[i]->ring);
	for (u32 i = 0; i < EX_POOLS; i++)
		fprintf(f, "pool %u %p\n", i, (void *)x->pool[i]);
	if (x->stop && ex_bugcheck(x))
		fprintf(f, "bugcheck %#x %#llx %#llx %#llx %#llx\n",
			x->bugcheck.code,
			(unsigned long long)x->bugcheck.arg[0],
			(unsigned long long)x->bugcheck.arg[1],
			(unsigned long long)x->bugcheck.arg[2],
			(unsigned long long)x->bugcheck.arg[3]);
	for (const struct ke_thread *t = x->threads; t; t = t->all_next)
		fprintf(f, "thread %u %p stack %p state %d %s\n", t->id,
			(const void *)t, (void *)t->co.low, (int)t->state,
			ke_thread_name(t));
	for (u32 i = 0; i < d->lwps->n; i++)
		fprintf(f, "host %ld %s\n", (long)d->lwps->lwp[i].id,
			d->lwps->lwp[i].name);
	fprintf(f, "host %ld\n", (long)getpid());
	fclose(f);
	note(d, "NTSTACK", 1, text, n);
	free(text);
}

static void notes(struct dump *d)
{
	struct elf_prpsinfo ps = { .pr_state = 0, .pr_sname = 'S',
				   .pr_pid = getpid(), .pr_ppid = getppid() };

	snprintf(ps.pr_fname, sizeof(ps.pr_fname), "refstack");
	thread_notes(d);
	note(d, "CORE", NT_PRPSINFO, &ps, sizeof(ps));
	auxv_note(d);
	file_note(d);
	machine_note(d);
}

/* --- the file --------------------------------------------------------------------------- */

/* Pages as they are, poisoned blocks too, at which AddressSanitizer's pwrite()
 * would stop. */
static bool put_all(int fd, const void *p, u64 n, u64 off)
{
	const u8 *at = p;

	while (n) {
		ssize_t k = syscall(SYS_pwrite64, fd, at, n, (off_t)off);

		if (k <= 0)
			return false;
		at += k;
		off += (u64)k;
		n -= (u64)k;
	}
	return true;
}

static bool headers(struct dump *d, Elf *e, u64 note_at)
{
	GElf_Ehdr h = { .e_type = ET_CORE, .e_machine = EM_X86_64,
			.e_version = EV_CURRENT };
	GElf_Phdr p = { .p_type = PT_NOTE, .p_offset = note_at,
			.p_filesz = d->nnote, .p_align = 4 };
	bool ok;

	ok = gelf_newehdr(e, ELFCLASS64);
	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	ok = ok && gelf_newphdr(e, d->nruns + 1);
	h.e_phnum = (GElf_Half)(d->nruns + 1);
	h.e_phoff = sizeof(Elf64_Ehdr);
	h.e_phentsize = sizeof(Elf64_Phdr);
	h.e_ehsize = sizeof(Elf64_Ehdr);
	ok = ok && gelf_update_ehdr(e, &h) && gelf_update_phdr(e, 0, &p);
	for (size_t i = 0; ok && i < d->nruns; i++) {
		const struct run *r = &d->run[i];

		p = (GElf_Phdr){ .p_type = PT_LOAD, .p_flags = r->flags,
				 .p_offset = r->off, .p_vaddr = r->va,
				 .p_filesz = r->size, .p_memsz = r->size,
				 .p_align = PAGE };
		ok = gelf_update_phdr(e, (int)i + 1, &p);
	}
	elf_flagelf(e, ELF_C_SET, ELF_F_LAYOUT);
	return ok && elf_update(e, ELF_C_WRITE) >= 0;
}

static bool write_file(struct dump *d, int fd)
{
	u64 at = sizeof(Elf64_Ehdr) + (d->nruns + 1) * sizeof(Elf64_Phdr);
	u64 note_at = at;
	bool ok;
	Elf *e;

	at += d->nnote;
	for (size_t i = 0; i < d->nruns; i++) {
		at = (at + PAGE - 1) & ~(u64)(PAGE - 1);
		d->run[i].off = at;
		at += d->run[i].size;
	}
	if (elf_version(EV_CURRENT) == EV_NONE ||
	    !(e = elf_begin(fd, ELF_C_WRITE, NULL)))
		return false;
	ok = headers(d, e, note_at);
	elf_end(e);
	ok = ok && put_all(fd, d->note, d->nnote, note_at);
	for (size_t i = 0; ok && i < d->nruns; i++)
		ok = put_all(fd, (void *)(uintptr_t)d->run[i].va,
			     d->run[i].size, d->run[i].off);
	return ok;
}

/* Its frame is there as long as memory is written: the stack of d->host. */
static bool make(struct dump *d, int fd)
{
	if (getcontext(&d->host))
		return false;
	read_maps(d);
	notes(d);
	return !d->failed && write_file(d, fd);
}

int dump_open(const char *name, bool own)
{
	/* O_NONBLOCK: a pipe has no offsets, and is not waited for. */
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK |
			    (own ? O_NOFOLLOW : 0), 0600);
	struct stat st;

	if (fd < 0)
		return -1;
	errno = EINVAL;
	if (!fstat(fd, &st) && (S_ISREG(st.st_mode) ?
					!fchmod(fd, 0600) && !ftruncate(fd, 0) :
					S_ISCHR(st.st_mode)))
		return fd;
	close(fd);
	return -1;
}

static bool write_to(const struct ex *x, const struct lwps *lwps, int fd,
		     char *why, size_t size)
{
	struct dump d = { .x = x, .lwps = lwps, .note_room = NOTES_MAX,
			  .maps = -1 };
	bool ok = false;

	errno = 0;
	d.run = malloc(RUNS_MAX * sizeof(*d.run));
	d.note = malloc(d.note_room);
	d.maps = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (d.run && d.note && d.maps >= 0)
		ok = make(&d, fd);
	if (!ok)
		snprintf(why, size, "the dump is not whole: %s",
			 errno ? strerror(errno) : elf_errmsg(-1));
	if (d.maps >= 0)
		close(d.maps);
	free(d.run);
	free(d.note);
	free(d.files);
	free(d.file);
	return ok;
}

bool dump_write(const struct ex *x, int fd, char *why, size_t size)
{
	struct lwps lwps;

	lwps_look(&lwps);
	return write_to(x, &lwps, fd, why, size);
}

bool dump_fork(const struct ex *x, int fd,
	       void (*done)(void *ctx, const char *why), void *ctx)
{
	struct lwps lwps;
	char why[200];
	pid_t child;

	lwps_look(&lwps);
	child = fork();
	if (child)
		return child > 0;
	done(ctx, write_to(x, &lwps, fd, why, sizeof(why)) ? NULL : why);
	_exit(0);
}
