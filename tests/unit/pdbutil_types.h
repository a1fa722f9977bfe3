// SPDX-License-Identifier: Apache-2.0
/*
 * What llvm-pdbutil says of the types of a PDB, record by record: a second
 * opinion on every number.  pdbutil_types() runs "llvm-pdbutil dump --types"
 * and gives an array indexed by type index - 0x1000.
 */
#ifndef NTR_PDBUTIL_TYPES_H
#define NTR_PDBUTIL_TYPES_H

#include "test.h"

struct pu_field {
	char leaf[20];      /* "LF_MEMBER" … */
	char *name;         /* NULL: none */
	uint32_t type;
	int64_t num;        /* offset or value */
};

struct pu_type {
	char leaf[20];      /* "" : no such record */
	char *name, *unique;
	bool forward;
	uint32_t full;      /* of a forward reference, 0 none */
	uint32_t ref, list; /* referent, element, underlying, returned */
	uint64_t size;
	unsigned bit, bits;
	char kind[8];       /* "ptr64" */
	struct pu_field *field;
	size_t nfield;
};

struct pu_types {
	struct pu_type *v;
	size_t n;
};

static inline char *pu_between(const char *from, const char *to)
{
	return strndup(from, (size_t)(to - from));
}

static inline uint64_t pu_num(const char *line, const char *key)
{
	const char *p = strstr(line, key);

	return p ? strtoull(p + strlen(key), NULL, 0) : 0;
}

static inline void pu_record(struct pu_types *t, uint32_t index,
			     const char *line)
{
	size_t i = index - 0x1000;
	const char *tick = strstr(line, "] `");
	struct pu_type *r;

	if (i >= t->n) {
		t->v = realloc(t->v, (i + 1) * sizeof(*t->v));
		memset(t->v + t->n, 0, (i + 1 - t->n) * sizeof(*t->v));
		t->n = i + 1;
	}
	r = &t->v[i];
	sscanf(line, " %*x | %19s", r->leaf);
	if (tick)
		r->name = pu_between(tick + 3, line + strlen(line) - 1);
}

static inline struct pu_field *pu_field_add(struct pu_type *r, const char *line)
{
	struct pu_field *f;

	r->field = realloc(r->field, (r->nfield + 1) * sizeof(*r->field));
	f = &r->field[r->nfield++];
	memset(f, 0, sizeof(*f));
	sscanf(line, " - %19s", f->leaf);
	return f;
}

static inline void pu_field(struct pu_type *r, const char *line)
{
	struct pu_field *f = pu_field_add(r, line);
	const char *p = strstr(line, "[name = `");
	const char *q = strstr(line, "`, Type = ");

	if (!strcmp(f->leaf, "LF_MEMBER") && p && q) {
		f->name = pu_between(p + 9, q);
		f->type = (uint32_t)pu_num(q, "Type = ");
		f->num = (int64_t)pu_num(q, "offset = ");
	} else if (!strcmp(f->leaf, "LF_VFUNCTAB")) {
		f->type = (uint32_t)pu_num(line, "type = ");
	} else if (!strcmp(f->leaf, "LF_ENUMERATE")) {
		p = strchr(line, '[') + 1;
		q = strrchr(line, '=') - 1;
		f->name = pu_between(p, q);
		f->num = q[3] == '-' ? strtoll(q + 3, NULL, 10)
				     : (int64_t)strtoull(q + 3, NULL, 10);
	}
}

/* A line that says more of the record or of its last field. */
static inline void pu_more(struct pu_type *r, const char *s)
{
	struct pu_field *f = r->nfield ? &r->field[r->nfield - 1] : NULL;
	const char *p;

	if (!strncmp(s, "unique name: `", 14))
		r->unique = pu_between(s + 14, s + strlen(s) - 1);
	if (!strncmp(s, "options:", 8)) {
		r->forward = strstr(s, "forward ref");
		r->full = (uint32_t)pu_num(s, "(-> ");
		r->size = pu_num(s, "sizeof ");
	}
	p = strstr(s, "field list: 0x");
	if (p)
		r->list = (uint32_t)pu_num(p, "list: ");
	if (strstr(s, "underlying type: "))
		r->ref = (uint32_t)pu_num(s, "underlying type: ");
	if (!strncmp(s, "size: ", 6)) {
		r->size = pu_num(s, "size: ");
		r->ref = (uint32_t)pu_num(s, "element type: ");
	}
	if (!strncmp(s, "referent = ", 11)) {
		r->ref = (uint32_t)pu_num(s, "referent = ");
		p = strstr(s, "kind = ");
		if (p)
			snprintf(r->kind, sizeof(r->kind), "%.5s", p + 7);
	}
	if (!strncmp(s, "return type = ", 14))
		r->ref = (uint32_t)pu_num(s, "return type = ");
	if (strncmp(s, "type = ", 7))
		return;
	if (f) { /* of a base class, a vtable pointer */
		f->type = (uint32_t)pu_num(s, "type = ");
		f->num = (int64_t)pu_num(s, ", offset = ");
	} else {
		r->ref = (uint32_t)pu_num(s, "type = ");
		r->bit = (unsigned)pu_num(s, "bit offset = ");
		r->bits = (unsigned)pu_num(s, "# bits = ");
	}
}

static inline void pu_line(struct pu_types *t, uint32_t *at, char *line)
{
	const char *s = line + strspn(line, " ");
	char *bar = NULL;
	unsigned long index = strtoul(s, &bar, 16);

	if (!strncmp(s, "0x", 2) && bar && !strncmp(bar, " | LF_", 6)) {
		*at = (uint32_t)index;
		pu_record(t, *at, line);
	} else if (*at && !strncmp(s, "- LF_", 5)) {
		pu_field(&t->v[*at - 0x1000], s);
	} else if (*at) {
		pu_more(&t->v[*at - 0x1000], s);
	}
}

/* False: llvm-pdbutil is not there or said nothing. */
static inline bool pdbutil_types(const char *path, struct pu_types *t)
{
	char cmd[4400], *line = NULL;
	size_t cap = 0;
	ssize_t len;
	uint32_t at = 0;
	FILE *f;

	memset(t, 0, sizeof(*t));
	snprintf(cmd, sizeof(cmd),
		 "llvm-pdbutil dump --types '%s' 2>/dev/null", path);
	f = popen(cmd, "r");
	if (!f)
		return false;
	while ((len = getline(&line, &cap, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = 0;
		pu_line(t, &at, line);
	}
	free(line);
	pclose(f);
	return t->n;
}

static inline void pu_free(struct pu_types *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->v[i].nfield; k++)
			free(t->v[i].field[k].name);
		free(t->v[i].field);
		free(t->v[i].name);
		free(t->v[i].unique);
	}
	free(t->v);
}

static inline const struct pu_type *pu_at(const struct pu_types *t,
					  uint64_t index)
{
	static const struct pu_type none;

	return index >= 0x1000 && index - 0x1000 < t->n ?
		       &t->v[index - 0x1000] : &none;
}

static inline bool pu_is(const struct pu_type *r, const char *leaf)
{
	return !strcmp(r->leaf, leaf);
}

static inline bool pu_udt(const struct pu_type *r)
{
	return pu_is(r, "LF_STRUCTURE") || pu_is(r, "LF_CLASS") ||
	       pu_is(r, "LF_UNION") || pu_is(r, "LF_ENUM") ||
	       pu_is(r, "LF_INTERFACE");
}

#endif
