// SPDX-License-Identifier: Apache-2.0
/*
 * The object manager's view: what type an object is, what it is called, and
 * what a directory of the object namespace holds.
 *
 * A header names its type by a pointer until Vista and by an index since 7;
 * since Windows 10 1511 the index is mixed with a cookie.  The table of types
 * and the cookie are known to symbols only, so both are taken from the
 * namespace itself, which the debugger block leads to: \ObjectTypes lists the
 * types with their indices, and the root is a directory, so its header gives
 * the cookie, which every other directory and type has to agree with.
 *
 * To read more of a header: its lines in sym/nt_types.txt, a field here.
 */
#ifndef NTR_KOBJ_OBJECT_H
#define NTR_KOBJ_OBJECT_H

#include "target.h"

#define NTR_MAX_OBJECT_TYPES 256u
#define NTR_MAX_DIRECTORY 16384u  /* entries of one */
#define NTR_MAX_OBJECT_DEPTH 32u  /* of a path */
#define NTR_OBJECT_NAME 256u

struct ntr_object_type {
	u64 va;
	u8 index;
	char name[48];
};

struct ntr_objects {
	struct ntr_target *t;   /* borrowed */
	u64 root;               /* the directory "\"; 0: not known */
	const char *root_why;   /* why not; static; NULL */
	bool by_index;          /* 7 and later */
	struct ntr_object_type type[NTR_MAX_OBJECT_TYPES];
	unsigned ntypes;
	bool has_cookie;        /* false: none is needed, or it is not known */
	u8 cookie;
	const char *types_why;  /* why types cannot be told; static; NULL */
	u32 body, name_size;    /* of a header; its name's record */
};
/* Fills all of it; what is not there has a `why`. Only NOMEM and an unknown
 * machine (ABSENT) fail. */
NTR_MUST enum ntr_st ntr_objects_open(struct ntr_target *t,
				      struct ntr_objects *out,
				      struct ntr_err *e);

struct ntr_object {
	u64 va, header, directory; /* directory: that holds it, 0 unknown */
	u64 type;                  /* OBJECT_TYPE, 0 unknown */
	s64 pointers, handles;
	char type_name[48];        /* "" unknown */
	char name[NTR_OBJECT_NAME]; /* "" none, or unknown: see has_name */
	bool has_name;             /* its header says whether it has one */
	const char *type_why;      /* why the type is not known; static */
};
/* Statuses of reading its header. It need not be an object: then the type is
 * one that does not exist, and type_why says so. */
NTR_MUST enum ntr_st ntr_object_read(const struct ntr_objects *o, u64 va,
				     struct ntr_object *out,
				     struct ntr_err *e);

struct ntr_directory {
	struct { NTR_VEC(u64); } entry; /* bodies */
	char why[160];                  /* what damage was met; "" none */
};
NTR_MUST enum ntr_st ntr_directory_read(const struct ntr_objects *o, u64 va,
					struct ntr_directory *out,
					struct ntr_err *e);
void ntr_directory_fini(struct ntr_directory *d);

/* "\Driver\disk", case ignored. ABSENT with text, naming the part that is not
 * there. */
NTR_MUST enum ntr_st ntr_object_find(const struct ntr_objects *o,
				     const char *path, u64 *va,
				     struct ntr_err *e);

#endif
