// SPDX-License-Identifier: Apache-2.0
/* The dump itself, the machine, the system. */
#include "facts_int.h"

#define NO_HEADER "neither the header nor memory says it"
#define NOT_NT "no NT kernel was recognised"

enum { KIND, FORMAT, COMPLETE, PACKING, BYTES, TIME, UPTIME, ARCH, CPUS, PAGE,
       POINTER, NT, NAME, VERSION, BUILD, PACK, PRODUCT, CHECKED, KBASE, KSIZE };

static void get_dump(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_dump *d = f->t->d;
	const struct ntr_meta *m = &d->meta;

	(void)at;
	switch (arg) {
	case KIND:
		if (d->kind == NTR_KIND_UNKNOWN)
			ntr_fact_why(out, "its header names no kind");
		else
			ntr_fact_str(out, ntr_dump_kind_name(d->kind), NULL);
		break;
	case FORMAT:
		ntr_fact_str(out, d->fmt ? d->fmt->name : NULL, NULL);
		break;
	case COMPLETE:
		ntr_fact_n(out, d->complete);
		break;
	case PACKING:
		if (d->packing)
			ntr_fact_str(out, d->packing, NULL);
		else
			ntr_fact_none(out, "the dump is not in an archive");
		break;
	case BYTES:
		ntr_fact_n(out, d->file->size);
		break;
	case TIME:
		ntr_fact_n_if(out, m->has & NTR_HAS_TIME, m->time, NO_HEADER);
		break;
	case UPTIME:
		ntr_fact_n_if(out, m->has & NTR_HAS_UPTIME, m->uptime, NO_HEADER);
		break;
	}
}

static void get_machine(struct ntr_facts *f, const struct ntr_fact_at *at,
			int arg, struct ntr_fact *out)
{
	const struct ntr_meta *m = &f->t->d->meta;

	(void)at;
	switch (arg) {
	case ARCH:
		ntr_fact_str(out, ntr_machine_name(f->t->machine), f->t->machine ?
			     "its machine number is none that is known" :
			     NO_HEADER);
		break;
	case CPUS:
		ntr_fact_n_if(out, m->has & NTR_HAS_CPUS, m->cpus, NO_HEADER);
		break;
	case PAGE:
		ntr_fact_n_if(out, f->t->d->page_shift,
			      UINT64_C(1) << f->t->d->page_shift, NO_HEADER);
		break;
	case POINTER:
		ntr_fact_n_if(out, f->t->machine && f->t->ptr_size,
			      f->t->ptr_size, NO_HEADER);
		break;
	}
}

/* Builds of released systems, and the version that each of them reports. */
static void version_of(u32 build, u16 v[2])
{
	static const struct { u32 from; u16 major, minor; } rows[] = {
		{ 511, 3, 10 }, { 529, 3, 50 }, { 808, 3, 51 }, { 1058, 4, 0 },
		{ 1382, 5, 0 }, { 2196, 5, 1 }, { 2601, 5, 2 }, { 3791, 6, 0 },
		{ 6004, 6, 1 }, { 7602, 6, 2 }, { 9201, 6, 3 }, { 9601, 10, 0 },
	};

	v[0] = v[1] = 0;
	for (size_t i = 0; i < NTR_COUNT(rows); i++)
		if (build >= rows[i].from) {
			v[0] = rows[i].major;
			v[1] = rows[i].minor;
		}
}

static void get_version(const struct ntr_target *t, struct ntr_fact *out)
{
	const struct ntr_meta *m = &t->d->meta;

	if (m->has & NTR_HAS_VERSION) {
		out->version[0] = (u16)m->os_major;
		out->version[1] = (u16)m->os_minor;
	} else if (t->is_nt && t->build) {
		version_of(t->build, out->version);
	}
	out->nversion = 2;
	if (out->version[0])
		out->state = NTR_FACT_KNOWN;
	else
		ntr_fact_why(out, t->is_nt ? "the build is not known" : NOT_NT);
}

static void get_os(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		   struct ntr_fact *out)
{
	const struct ntr_target *t = f->t;
	const char *none = t->is_nt ? NO_HEADER : NOT_NT;

	(void)at;
	switch (arg) {
	case NT:
		if (t->is_nt || t->other_os)
			ntr_fact_n(out, t->is_nt);
		else
			ntr_fact_why(out, "no system was recognised");
		break;
	case NAME:
		ntr_fact_str(out, t->os_name ? t->os_name : t->other_os, none);
		break;
	case VERSION:
		get_version(t, out);
		break;
	case BUILD:
		ntr_fact_n_if(out, t->build, t->build, none);
		break;
	case PACK:
		ntr_fact_str(out, t->service_pack, none);
		break;
	case PRODUCT:
		ntr_fact_str(out, t->product, none);
		break;
	case CHECKED:
		ntr_fact_n_if(out, t->is_nt && t->d->meta.has & NTR_HAS_BUILD,
			      t->d->meta.checked == 1, none);
		break;
	case KBASE:
		ntr_fact_n_if(out, t->kernel_base, t->kernel_base, none);
		break;
	case KSIZE:
		ntr_fact_n_if(out, t->kernel_base && t->kernel_size,
			      t->kernel_size, none);
		break;
	}
}

static const struct ntr_fact_row rows[] = {
	{ "dump.kind", NTR_FT_STRING, NULL, "What the dump holds: full, kernel, "
	  "triage, header, user, and others.", get_dump, KIND },
	{ "dump.format", NTR_FT_STRING, NULL, "The container's format: dmp32, "
	  "dmp64, mdmp, elf, kdump, lime, raw.", get_dump, FORMAT },
	{ "dump.complete", NTR_FT_BOOL, NULL, "All bytes that its headers "
	  "promise are in the file.", get_dump, COMPLETE },
	{ "dump.packing", NTR_FT_STRING, NULL, "The archive it lies in: zip, "
	  "gzip, cab; none for a plain file.", get_dump, PACKING },
	{ "dump.size", NTR_FT_SIZE, NULL, "Size of the dump file, unpacked.",
	  get_dump, BYTES },
	{ "time", NTR_FT_DATE, NULL, "When the machine stopped.", get_dump, TIME },
	{ "uptime", NTR_FT_DURATION, NULL, "How long it had run.", get_dump,
	  UPTIME },
	{ "machine.arch", NTR_FT_STRING, NULL, "Architecture: x86, x64, ARM64, "
	  "Alpha, IA64, and others.", get_machine, ARCH },
	{ "machine.cpus", NTR_FT_INT, NULL, "Number of processors.", get_machine,
	  CPUS },
	{ "machine.page_size", NTR_FT_SIZE, NULL, "Size of a page.", get_machine,
	  PAGE },
	{ "machine.pointer_size", NTR_FT_SIZE, NULL, "Size of a pointer.",
	  get_machine, POINTER },
	{ "os.nt", NTR_FT_BOOL, NULL, "The machine ran Windows NT or one of its "
	  "successors.", get_os, NT },
	{ "os.name", NTR_FT_STRING, NULL, "Name of the system: Windows NT 3.51, "
	  "Windows 7, Linux guest.", get_os, NAME },
	{ "os.version", NTR_FT_VERSION, NULL, "Version as the system reports it: "
	  "3.51, 4.0, 5.2, 10.0.", get_os, VERSION },
	{ "os.build", NTR_FT_INT, NULL, "Build number, such as 1381.", get_os,
	  BUILD },
	{ "os.service_pack", NTR_FT_STRING, NULL, "Service pack, as text.", get_os,
	  PACK },
	{ "os.product", NTR_FT_STRING, NULL, "Workstation, Server, Domain "
	  "Controller.", get_os, PRODUCT },
	{ "os.checked", NTR_FT_BOOL, NULL, "The kernel is a checked build.", get_os,
	  CHECKED },
	{ "kernel.base", NTR_FT_ADDRESS, NULL, "Where the kernel's image lies.",
	  get_os, KBASE },
	{ "kernel.size", NTR_FT_SIZE, NULL, "Size of the kernel's image.", get_os,
	  KSIZE },
};

const struct ntr_fact_part ntr_fact_part_system = {
	"The dump, the machine, the system",
	"What the dump is and where it comes from.", rows, NTR_COUNT(rows),
};
