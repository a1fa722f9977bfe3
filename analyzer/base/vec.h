// SPDX-License-Identifier: Apache-2.0
/*
 * Growing array of any element type, declared where it is used:
 *
 *	struct { NTR_VEC(struct ntr_run); } runs;
 *	struct ntr_run *r = ntr_vec_add(&runs);     zeroed, NULL = no memory
 *	for (size_t i = 0; i < runs.n; i++) use(&runs.v[i]);
 *	ntr_vec_fini(&runs);
 *
 * A zeroed struct is an empty vector.  Pointers into it live until the next
 * add.
 */
#ifndef NTR_VEC_H
#define NTR_VEC_H

#include "ntr_types.h"

#define NTR_VEC(type) \
	type *v;      \
	size_t n, cap

/* Room for one more element of size each; false when memory is short. */
NTR_MUST bool ntr_vec_room(void **v, size_t n, size_t *cap, size_t each);
void *ntr_vec_zero(void *p, size_t len);
void ntr_vec_drop(void **v, size_t *n, size_t *cap);

#define ntr_vec_add(vec)                                                     \
	((__typeof__((vec)->v))(                                             \
		ntr_vec_room((void **)&(vec)->v, (vec)->n, &(vec)->cap,      \
			     sizeof(*(vec)->v)) ?                            \
			ntr_vec_zero(&(vec)->v[(vec)->n++],                  \
				     sizeof(*(vec)->v)) :                    \
			NULL))
#define ntr_vec_fini(vec) \
	ntr_vec_drop((void **)&(vec)->v, &(vec)->n, &(vec)->cap)

#endif
