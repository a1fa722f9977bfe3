// SPDX-License-Identifier: Apache-2.0
/* For fuzz targets of kernel objects: an x86 machine of a few pages that the
 * target fills and the input then patches. The input's first byte chooses the
 * build; records of {u16 offset, u32 value} follow, each four bytes of memory
 * replaced. What else a target wants of the machine it sets behind
 * fuzz_machine_open(). */
#ifndef NTR_FUZZ_MACHINE_H
#define NTR_FUZZ_MACHINE_H

#include "fuzz.h"
#include "kobj/priv.h"

#include <stdlib.h>
#include <string.h>

#define BASE 0x80000000u

struct fuzz_machine {
	struct ntr_target t;
	struct ntr_target_priv p;
	struct ntr_dump d;
	struct ntr_mem_space mem;
	uint8_t *m;
};

static inline void put(uint8_t *m, uint32_t at, uint32_t v)
{
	memcpy(m + at, &v, 4);
}

static inline void fuzz_patch(uint8_t *m, uint32_t bytes, const uint8_t *data,
			      size_t size)
{
	for (size_t i = 1; i + 6 <= size && i < 600; i += 6) {
		uint16_t at;

		memcpy(&at, data + i, 2);
		memcpy(m + at % (bytes - 3), data + i + 2, 4);
	}
}

/* False: no input, or no memory. */
static inline bool fuzz_machine_open(struct fuzz_machine *x,
				     const uint16_t builds[4], uint32_t bytes,
				     void (*fill)(uint8_t *m),
				     const uint8_t *data, size_t size)
{
	struct ntr_target *t = &x->t;

	memset(x, 0, sizeof(*x));
	x->m = size ? calloc(1, bytes) : NULL;
	if (!x->m)
		return false;
	fill(x->m);
	fuzz_patch(x->m, bytes, data, size);
	*t = (struct ntr_target){ .machine = NTR_MACHINE_X86, .ptr_size = 4,
				  .is_nt = true, .kernel_base = BASE,
				  .kernel_size = 0x100,
				  .build = builds[data[0] & 3] };
	t->d = &x->d;
	t->priv = &x->p;
	x->d.kind = NTR_KIND_FULL;
	x->p.types = (struct ntr_types){ .machine = t->machine, .ptr_size = 4,
					 .build = t->build };
	ntr_mem_space_init(&x->mem, BASE, x->m, bytes);
	t->mem = &x->mem.s;
	return true;
}

static inline void fuzz_machine_close(struct fuzz_machine *x)
{
	ntr_vec_fini(&x->t.missing);
	ntr_arena_fini(&x->t.arena);
	free(x->m);
}

#endif
