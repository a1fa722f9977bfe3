// SPDX-License-Identifier: Apache-2.0
/*
 * Layouts: elf.h and the System V ABI (notes), Linux sys/procfs.h as the
 * kernel writes it (prstatus, prpsinfo, NT_FILE: fs/binfmt_elf.c's comments),
 * QEMU contrib/elf2dmp/qemu_elf.h (QEMUCPUState), Linux admin-guide
 * kdump/vmcoreinfo.rst, VirtualBox manual "VM core format".
 */
#include "elf_notes.h"

#include "../base/record.h"
#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* One note: 12-byte header, owner and descriptor padded to 4. */
struct note {
	char owner[16]; /* cut, cleaned */
	u32 type;
	struct ntr_bin desc;
};

/* False at the end; a note that does not fit poisons b. */
static bool note_next(struct ntr_bin *b, struct note *n)
{
	u32 owner_len, desc_len;
	const u8 *owner;
	u64 at;

	/* The end may be padded, with less than a header or with zeros. */
	if (ntr_bin_left(b) < 12)
		return false;
	owner_len = ntr_bin_u32(b, "note owner length");
	desc_len = ntr_bin_u32(b, "note length");
	n->type = ntr_bin_u32(b, "note type");
	if (!owner_len && !desc_len && !n->type)
		return false;
	owner = ntr_bin_take(b, owner_len, "note owner");
	if (!owner)
		return false;
	ntr_ascii_clean(n->owner, sizeof(n->owner), owner, owner_len);
	if (owner_len & 3 && ntr_bin_left(b))
		ntr_bin_skip(b, 4 - (owner_len & 3), "note padding");
	at = (u64)(b->pos - b->base);
	if (!ntr_bin_take(b, desc_len, "note") && desc_len)
		return false;
	n->desc = ntr_bin_sub(b, at, desc_len, "note");
	/* The last descriptor may lack its padding. */
	if (desc_len & 3 && ntr_bin_left(b) >= 4 - (desc_len & 3))
		ntr_bin_skip(b, 4 - (desc_len & 3), "note padding");
	return !b->bad;
}

/* --- walking ------------------------------------------------------------------ */

static struct ntr_loc loc_of(const struct ntr_bin *desc)
{
	return (struct ntr_loc){ ntr_bin_off(desc), ntr_bin_left(desc) };
}

/* The i-th entry of d->cpus, made when it is the next. */
static struct ntr_dump_cpu *cpu_at(struct ntr_dump *d, size_t i)
{
	struct ntr_dump_cpu *c;

	if (i < d->cpus.n)
		return &d->cpus.v[i];
	if (i >= NTR_MAX_CPU_NOTES)
		return NULL;
	c = ntr_vec_add(&d->cpus);
	if (c)
		c->number = (u32)i;
	return c;
}

static void on_prstatus(struct ntr_dump *d, struct ntr_core *c,
			const struct note *n)
{
	struct ntr_dump_cpu *cpu = cpu_at(d, c->nprstatus);

	if (!cpu)
		return;
	cpu->prstatus = loc_of(&n->desc);
	c->nprstatus++;
}

static void on_qemu(struct ntr_dump *d, struct ntr_core *c,
		    const struct note *n)
{
	struct ntr_dump_cpu *cpu = cpu_at(d, c->nqemu);

	c->is_machine = true;
	if (!cpu)
		return;
	cpu->qemu = loc_of(&n->desc);
	c->nqemu++;
}

static void on_vbox(struct ntr_dump *d, struct ntr_core *c,
		    const struct note *n)
{
	struct ntr_dump_blob *b = ntr_vec_add(&d->blobs);

	c->is_machine = true;
	if (!b)
		return;
	b->name = "VirtualBox machine state";
	b->loc = loc_of(&n->desc);
}

static void on_vbox_cpu(struct ntr_dump *d, struct ntr_core *c,
			const struct note *n)
{
	struct ntr_dump_cpu *cpu = cpu_at(d, c->nvbox);

	c->is_machine = true;
	if (!cpu)
		return;
	cpu->vbox = loc_of(&n->desc);
	c->nvbox++;
}

static void on_vmcoreinfo(struct ntr_dump *d, struct ntr_core *c,
			  const struct note *n)
{
	(void)d;
	c->is_machine = true;
	if (!c->vmcoreinfo.base)
		c->vmcoreinfo = n->desc;
}

static void on_xen(struct ntr_dump *d, struct ntr_core *c,
		   const struct note *n)
{
	(void)d, (void)n;
	c->is_machine = true;
}

static void on_file(struct ntr_dump *d, struct ntr_core *c,
		    const struct note *n)
{
	(void)d;
	c->is_process = true;
	if (!c->nt_file.base)
		c->nt_file = n->desc;
}

static void on_prpsinfo(struct ntr_dump *d, struct ntr_core *c,
			const struct note *n)
{
	(void)d;
	c->is_process = true;
	if (!c->prpsinfo.base)
		c->prpsinfo = n->desc;
}

static void on_siginfo(struct ntr_dump *d, struct ntr_core *c,
		       const struct note *n)
{
	(void)d;
	c->is_process = true;
	if (!c->siginfo.base)
		c->siginfo = n->desc;
}

static void on_auxv(struct ntr_dump *d, struct ntr_core *c,
		    const struct note *n)
{
	(void)d, (void)n;
	c->is_process = true;
}

#define ANY_TYPE UINT32_MAX

static const struct {
	const char *owner;
	u32 type;
	void (*take)(struct ntr_dump *d, struct ntr_core *c,
		     const struct note *n);
} note_kinds[] = {
	{ "CORE", 1, on_prstatus },
	{ "CORE", 3, on_prpsinfo },
	{ "CORE", 6, on_auxv },
	{ "CORE", 0x53494749, on_siginfo },
	{ "CORE", 0x46494c45, on_file },
	{ "QEMU", ANY_TYPE, on_qemu },
	{ "VMCOREINFO", ANY_TYPE, on_vmcoreinfo },
	{ "VMCOREINFO_XEN", ANY_TYPE, on_xen },
	{ "Xen", ANY_TYPE, on_xen },
	{ "VBCORE", ANY_TYPE, on_vbox },
	{ "VBCPU", ANY_TYPE, on_vbox_cpu },
};

static void one_note(struct ntr_dump *d, struct ntr_core *c,
		     const struct note *n)
{
	if (!c->os && (!strcmp(n->owner, "FreeBSD") ||
		       !strncmp(n->owner, "NetBSD", 6) ||
		       !strncmp(n->owner, "OpenBSD", 7)))
		c->os = n->owner[0] == 'F' ? "FreeBSD" :
			n->owner[0] == 'N' ? "NetBSD" : "OpenBSD";
	for (size_t i = 0; i < NTR_COUNT(note_kinds); i++)
		if (!strcmp(note_kinds[i].owner, n->owner) &&
		    (note_kinds[i].type == ANY_TYPE ||
		     note_kinds[i].type == n->type))
			note_kinds[i].take(d, c, n);
}

enum ntr_st ntr_core_notes(struct ntr_dump *d, struct ntr_bin notes,
			   struct ntr_core *c, struct ntr_err *e)
{
	struct note n;

	(void)e;
	while (note_next(&notes, &n))
		one_note(d, c, &n);
	if (notes.bad) {
		d->complete = false;
		ntr_dump_note(d, "the note at 0x%" PRIx64 " does not fit (%s)",
			      notes.bad_off, notes.bad);
	}
	return NTR_OK;
}

/* --- VMCOREINFO ----------------------------------------------------------------- */

/* DUMP_HEADER64 as a guest's driver leaves it with QEMU; offsets as in
 * fmt_dmp64.c's source list. */
#define NT64_FIELDS(S, A, r, z)             \
	S(r, z, u32, major,    0x0008)      \
	S(r, z, u32, build,    0x000c)      \
	S(r, z, u64, dtb,      0x0010)      \
	S(r, z, u64, pfndb,    0x0018)      \
	S(r, z, u64, psmods,   0x0020)      \
	S(r, z, u64, psprocs,  0x0028)      \
	S(r, z, u32, machine,  0x0030)      \
	S(r, z, u32, cpus,     0x0034)      \
	S(r, z, u32, bugcheck, 0x0038)      \
	A(r, z, u64, arg,      0x0040, 4)   \
	S(r, z, u64, kdbg,     0x0080)      \
	S(r, z, u64, time,     0x0fa8)      \
	S(r, z, u64, uptime,   0x1030)
NTR_RECORD(nt64_note, 0x1038, NT64_FIELDS)
#define NT64_MAGIC "PAGEDU64"
#define NT64_CONTEXT 0x348u
#define NT64_CONTEXT_LEN 3000u
#define NT64_EXCEPTION 0xf00u
#define NT64_EXCEPTION_LEN 0x98u
#define NT_FILLER 0x45474150u

/* Zero and the filler "PAGE" mean: not written. */
static bool written(u64 v)
{
	return v && (u32)v != NT_FILLER && (u32)(v >> 32) != NT_FILLER;
}

static void take(struct ntr_meta *m, u64 v, u64 *to, u32 has)
{
	if (!written(v))
		return;
	*to = v;
	m->has |= has;
}

static void take32(struct ntr_meta *m, u32 v, u32 *to, u32 has)
{
	if (!written(v))
		return;
	*to = v;
	m->has |= has;
}

static void nt_header(struct ntr_dump *d, struct ntr_bin b)
{
	struct ntr_nt64_note h;
	u64 at = ntr_bin_off(&b);
	struct ntr_meta *m = &d->meta;

	ntr_nt64_note_decode(&h, &b);
	if (b.bad) {
		ntr_dump_note(d, "the NT header in the VMCOREINFO note is cut "
			      "and was not used");
		return;
	}
	take32(m, h.build, &m->build, NTR_HAS_BUILD);
	take32(m, h.machine, &m->machine, NTR_HAS_MACHINE);
	take32(m, h.cpus, &m->cpus, NTR_HAS_CPUS);
	take(m, h.dtb, &m->dtb, NTR_HAS_DTB);
	take(m, h.pfndb, &m->pfndb, NTR_HAS_PFNDB);
	take(m, h.psmods, &m->psmods, NTR_HAS_PSMODS);
	take(m, h.psprocs, &m->psprocs, NTR_HAS_PSPROCS);
	take(m, h.kdbg, &m->kdbg, NTR_HAS_KDBG);
	take(m, h.time, &m->time, NTR_HAS_TIME);
	take(m, h.uptime, &m->uptime, NTR_HAS_UPTIME);
	m->checked = h.major == 0xc;
	if (written(h.bugcheck)) {
		m->has |= NTR_HAS_BUGCHECK;
		m->bugcheck = h.bugcheck;
		memcpy(m->arg, h.arg, sizeof(m->arg));
		d->context = (struct ntr_loc){ at + NT64_CONTEXT,
					       NT64_CONTEXT_LEN };
		d->exception = (struct ntr_loc){ at + NT64_EXCEPTION,
						 NT64_EXCEPTION_LEN };
	}
	ntr_dump_note(d, "header values come from the NT dump header which the "
		      "guest's driver left in the VMCOREINFO note at 0x%" PRIx64,
		      at);
}

/* Value of KEY= at the start of a line, cleaned; false when it is not there. */
static bool info_value(struct ntr_bin text, const char *key, char *out,
		       size_t size)
{
	const u8 *p = text.pos, *end = text.end;
	size_t klen = strlen(key);

	while (p < end) {
		const u8 *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);

		if (len > klen && !memcmp(p, key, klen) && p[klen] == '=') {
			ntr_ascii_clean(out, size, p + klen + 1,
					len - klen - 1);
			return true;
		}
		if (!nl)
			break;
		p = nl + 1;
	}
	return false;
}

void ntr_core_vmcoreinfo(struct ntr_dump *d, struct ntr_bin text)
{
	size_t len = ntr_bin_left(&text);
	const u8 *nt = len ? memmem(text.pos, len, NT64_MAGIC, 8) : NULL;
	char release[64];

	if (nt) {
		u64 at = (u64)(nt - text.base);

		nt_header(d, ntr_bin_sub(&text, at,
					 (u64)(text.end - nt), "NT header"));
		return;
	}
	if (!info_value(text, "OSRELEASE", release, sizeof(release)))
		return;
	snprintf(d->meta.os_text, sizeof(d->meta.os_text), "Linux %s", release);
	d->meta.has |= NTR_HAS_OTHER_OS;
	ntr_dump_note(d, "VMCOREINFO says that the machine ran Linux %s, not "
		      "Windows NT", release);
}

/* --- a machine ------------------------------------------------------------------ */

enum ntr_st ntr_core_machine(struct ntr_dump *d, struct ntr_core *c,
			     struct ntr_err *e)
{
	(void)e;
	if (d->cpus.n) {
		d->meta.cpus = (u32)d->cpus.n;
		d->meta.has |= NTR_HAS_CPUS;
	}
	if (c->nqemu && c->nprstatus && c->nqemu != c->nprstatus)
		ntr_dump_note(d, "%zu CPU notes but %zu QEMU notes",
			      c->nprstatus, c->nqemu);
	if (c->nvbox)
		ntr_dump_note(d, "a VirtualBox image: the registers in its "
			      "CPU notes are not read");
	if (c->vmcoreinfo.base)
		ntr_core_vmcoreinfo(d, c->vmcoreinfo);
	return NTR_OK;
}

/* --- a process ------------------------------------------------------------------ */

/* Offset of pr_pid in elf_prstatus. */
#define PID_OFF_64 32u
#define PID_OFF_32 24u

static enum ntr_st threads(struct ntr_dump *d, struct ntr_core *c,
			   struct ntr_err *e)
{
	for (size_t i = 0; i < c->nprstatus; i++) {
		struct ntr_loc loc = d->cpus.v[i].prstatus;
		struct ntr_dump_thread *t = ntr_vec_add(&d->threads);
		u32 pid;

		if (!t)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		t->context = loc;
		t->form = NTR_REGS_PRSTATUS;
		if (loc.len >= PID_OFF_64 + 4 &&
		    ntr_read_u32(&d->file->space,
				 loc.off + (c->wide ? PID_OFF_64 : PID_OFF_32),
				 &pid) == NTR_OK)
			t->id = pid;
	}
	if (d->threads.n)
		d->exception_tid = d->threads.v[0].id;
	ntr_vec_fini(&d->cpus);
	return NTR_OK;
}

struct mapping {
	u64 start, end, page; /* page: of the file */
	char name[1024];
};

/* A file mapped in pieces is one module: pieces follow each other in the
 * list and have the same name; the file's first page, elsewhere, begins a
 * second mapping of it. */
static struct ntr_dump_module *module_of(struct ntr_dump *d,
					 const struct mapping *f)
{
	struct ntr_dump_module *m = d->modules.n ?
					    &d->modules.v[d->modules.n - 1] :
					    NULL;

	if (m && !strcmp(m->name, f->name) && f->start >= m->base &&
	    (f->page || f->start == m->base + m->size))
		return m;
	m = ntr_vec_add(&d->modules);
	if (!m)
		return NULL;
	m->base = f->start;
	m->name = ntr_arena_strdup(&d->arena, f->name);
	return m->name ? m : NULL;
}

static u64 word(struct ntr_bin *b, bool wide)
{
	return wide ? ntr_bin_u64(b, "NT_FILE") : ntr_bin_u32(b, "NT_FILE");
}

static bool next_name(struct ntr_bin *names, char *out, size_t size)
{
	const u8 *nul = memchr(names->pos, 0, ntr_bin_left(names));

	if (!nul)
		return false;
	ntr_ascii_clean(out, size, names->pos, (size_t)(nul - names->pos));
	ntr_bin_skip(names, (size_t)(nul - names->pos) + 1, "name");
	return true;
}

/* count, page size, count x {start, end, file page}, count names. */
static enum ntr_st mapped_files(struct ntr_dump *d, struct ntr_core *c,
				struct ntr_err *e)
{
	struct ntr_bin b = c->nt_file, names;
	u64 each = c->wide ? 24 : 12, n = word(&b, c->wide);
	struct mapping f;

	(void)word(&b, c->wide);
	if (b.bad || n > ntr_bin_left(&b) / each) {
		ntr_dump_note(d, "the list of mapped files is damaged");
		return NTR_OK;
	}
	names = ntr_bin_sub(&b, (u64)(b.pos - b.base) + n * each,
			    ntr_bin_left(&b) - n * each, "names");
	while (n-- && next_name(&names, f.name, sizeof(f.name))) {
		struct ntr_dump_module *m;

		f.start = word(&b, c->wide);
		f.end = word(&b, c->wide);
		f.page = word(&b, c->wide);
		if (f.end <= f.start)
			continue;
		m = module_of(d, &f);
		if (!m)
			return ntr_fail(e, NTR_NOMEM, "out of memory");
		if (f.end - m->base > m->size)
			m->size = f.end - m->base;
	}
	return NTR_OK;
}

/* pr_fname[16] and pr_psargs[80] end the structure on every machine. */
static void process_name(struct ntr_dump *d, struct ntr_bin b)
{
	char name[17], args[81];
	size_t len = ntr_bin_left(&b);

	if (len < 96)
		return;
	ntr_ascii_clean(name, sizeof(name), b.pos + len - 96, 16);
	ntr_ascii_clean(args, sizeof(args), b.pos + len - 80, 80);
	ntr_dump_note(d, "process %s: %s", name, args);
}

enum ntr_st ntr_core_process(struct ntr_dump *d, struct ntr_core *c,
			     struct ntr_err *e)
{
	enum ntr_st st = threads(d, c, e);

	if (st == NTR_OK && c->nt_file.base)
		st = mapped_files(d, c, e);
	if (st)
		return st;
	if (c->prpsinfo.base)
		process_name(d, c->prpsinfo);
	if (c->siginfo.base)
		ntr_dump_note(d, "ended by signal %u",
			      ntr_bin_u32(&c->siginfo, "signal"));
	if (!c->os && c->is_process)
		c->os = "Linux";
	snprintf(d->meta.os_text, sizeof(d->meta.os_text), "%s",
		 c->os ? c->os : "");
	return NTR_OK;
}
