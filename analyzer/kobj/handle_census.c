// SPDX-License-Identifier: Apache-2.0
#include "handle_census.h"

#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counting {
	const struct ntr_objects *o;
	struct ntr_census *c;
	struct ntr_census_process *p;
	bool no_memory;
};

static bool add(struct ntr_census_types *s, const char *name)
{
	struct ntr_census_type *y;

	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i].name, name)) {
			s->v[i].count++;
			return true;
		}
	if (s->n >= NTR_CENSUS_TYPES)
		return add(s, "");
	y = ntr_vec_add(s);
	if (!y)
		return false;
	snprintf(y->name, sizeof(y->name), "%s", name);
	y->count = 1;
	return true;
}

static bool count_one(void *ctx, const struct ntr_handle *h)
{
	struct counting *n = ctx;
	struct ntr_object b;
	const char *type = "";

	if (h->n > 1 || !h->entry)
		return true;
	if (n->c->count >= NTR_MAX_CENSUS) {
		n->c->cut = true;
		return false;
	}
	if (!h->why && ntr_object_read(n->o, h->object, &b, NULL) == NTR_OK)
		type = b.type_name;
	n->p->count++;
	n->c->count++;
	if (add(&n->p->types, type) && add(&n->c->types, type))
		return true;
	n->no_memory = true;
	return false;
}

static int by_count(const void *a, const void *b)
{
	const struct ntr_census_type *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count) -
	       (x->count > y->count) : strcmp(x->name, y->name);
}

static int by_handles(const void *a, const void *b)
{
	const struct ntr_census_process *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count) -
	       (x->count > y->count) : (x->va > y->va) - (x->va < y->va);
}

static void sort_types(struct ntr_census_types *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_count);
}

static enum ntr_st count_process(const struct ntr_objects *o,
				 struct ntr_census *c,
				 const struct ntr_process *p,
				 struct ntr_err *e)
{
	struct counting n = { .o = o, .c = c };
	struct ntr_handle_table t;
	struct ntr_handle_count met;
	struct ntr_err why;
	enum ntr_st st = ntr_handle_table_of(o, p->va, &t, &why);

	if (st) {
		/* END: it has none */
		if (st != NTR_END && !c->unread++)
			snprintf(c->unread_why, sizeof(c->unread_why), "%.190s",
				 why.msg);
		return NTR_OK;
	}
	n.p = ntr_vec_add(&c->p);
	if (!n.p)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	n.p->va = p->va;
	n.p->pid = p->pid;
	n.p->has_pid = p->has_pid;
	memcpy(n.p->name, p->name, sizeof(n.p->name));
	st = ntr_handle_walk(o, &t, 0, UINT64_MAX, count_one, &n, &met, e);
	if (st || n.no_memory)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	n.p->absent = met.absent;
	c->absent += met.absent;
	sort_types(&n.p->types);
	return NTR_OK;
}

static enum ntr_st count_all(const struct ntr_objects *o, struct ntr_census *c,
			     struct ntr_err *e)
{
	struct ntr_process_list l;
	enum ntr_st st = ntr_process_list(o->t, &l, e);

	if (st)
		return st;
	memcpy(c->list_why, l.why, sizeof(c->list_why));
	for (size_t i = 0; !st && !c->cut && i < l.p.n; i++)
		st = count_process(o, c, &l.p.v[i], e);
	ntr_process_list_fini(&l);
	return st;
}

enum ntr_st ntr_handle_census(struct ntr_target *t, struct ntr_census *out,
			      struct ntr_err *e)
{
	struct ntr_objects *o = malloc(sizeof(*o));
	struct ntr_census c = { .count = 0 };
	enum ntr_st st;

	if (!o)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	st = ntr_objects_open(t, o, e);
	if (!st)
		st = count_all(o, &c, e);
	free(o);
	if (st) {
		ntr_handle_census_fini(&c);
		return st;
	}
	if (c.p.n)
		qsort(c.p.v, c.p.n, sizeof(*c.p.v), by_handles);
	sort_types(&c.types);
	*out = c;
	return NTR_OK;
}

void ntr_handle_census_fini(struct ntr_census *c)
{
	for (size_t i = 0; i < c->p.n; i++)
		ntr_vec_fini(&c->p.v[i].types);
	ntr_vec_fini(&c->p);
	ntr_vec_fini(&c->types);
}
