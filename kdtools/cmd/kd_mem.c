// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of a session.  A page that the dump lacks may still be known:
 * sections that nobody may write are in memory what they are in the image
 * file, where the store has that file.
 */
#include "kd.h"

#include <stdlib.h>

#define SCN_WRITE 0x80000000u

struct ntr_kd_mem {
	struct ntr_target *t;
	struct ntr_space dump;     /* the dump, then image files */
	bool has_process;
	struct ntr_xlat xlat;      /* of the chosen process */
	struct ntr_virt virt;
	struct ntr_stack_space all;
};

static bool read_only(const struct ntr_pe *pe, u64 rva, size_t len)
{
	const struct ntr_pe_section *s;

	if (rva + len > pe->size || rva + len < rva)
		return false;
	if (rva + len <= pe->headers_size)
		return true;
	s = ntr_pe_section_of(pe, (u32)rva);
	return s && !(s->flags & SCN_WRITE) &&
	       s == ntr_pe_section_of(pe, (u32)(rva + len - 1));
}

static enum ntr_st image_read(struct ntr_kd_mem *m, u64 addr, void *buf,
			      size_t len)
{
	struct ntr_module *mod = ntr_target_module(m->t, addr);
	const struct ntr_space *code = NULL;
	const struct ntr_pe *pe = NULL;

	if (!mod || !m->t->store || !ntr_module_image(m->t, mod, &pe, &code) ||
	    !pe || !code || !read_only(pe, addr - mod->base, len))
		return NTR_ABSENT;
	return ntr_space_read(code, addr, buf, len, NULL);
}

/* The dump's own words are what a reader hears. */
static enum ntr_st dump_read(const struct ntr_space *s, u64 addr, void *buf,
			     size_t len, struct ntr_err *e)
{
	struct ntr_kd_mem *m = s->impl;
	enum ntr_st st;

	if (!len)
		return NTR_OK;
	st = ntr_space_read(m->t->mem, addr, buf, len, e);
	if ((st == NTR_ABSENT || st == NTR_FAULT) &&
	    image_read(m, addr, buf, len) == NTR_OK)
		return NTR_OK;
	return st;
}

static void build(struct ntr_kd_mem *m)
{
	ntr_stack_space_init(&m->all, "memory");
	if (m->has_process)
		ntr_stack_space_add(&m->all, &m->virt.s);
	ntr_stack_space_add(&m->all, &m->dump);
}

struct ntr_kd_mem *ntr_kd_mem_new(struct ntr_target *t,
				  const struct ntr_space **mem)
{
	struct ntr_kd_mem *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->t = t;
	m->dump = (struct ntr_space){ .name = "memory", .read = dump_read,
				      .impl = m };
	build(m);
	*mem = &m->all.s;
	return m;
}

void ntr_kd_mem_free(struct ntr_kd_mem *m)
{
	if (m && m->has_process)
		ntr_xlat_fini(&m->xlat);
	free(m);
}

bool ntr_kd_mem_process(struct ntr_kd_mem *m, u64 dtb)
{
	struct ntr_target *t = m->t;

	if (m->has_process)
		ntr_xlat_fini(&m->xlat);
	m->has_process = dtb && t->paging != NTR_PAGING_NONE && t->d &&
			 ntr_xlat_init(&m->xlat, t->paging, dtb, t->build,
				       &t->d->phys, NULL) == NTR_OK;
	if (m->has_process) {
		m->xlat.proto_base = t->xlat.proto_base;
		ntr_xlat_learn(&m->xlat, t->build, t->xlat.swizzle);
		ntr_virt_init(&m->virt, &m->xlat, "process virtual");
	}
	build(m);
	return m->has_process;
}
