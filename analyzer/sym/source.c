// SPDX-License-Identifier: Apache-2.0
#include "source.h"

#include "../fmt/archive.h"

#include <stdlib.h>

#define HEAD 4096u

#define NTR_SYMSRC(n) extern const struct ntr_symsrc_ops ntr_symsrc_##n;
#include "source_list.h"
#undef NTR_SYMSRC

static const struct ntr_symsrc_ops *const formats[] = {
#define NTR_SYMSRC(n) &ntr_symsrc_##n,
#include "source_list.h"
#undef NTR_SYMSRC
	NULL,
};

struct ntr_symsrc *ntr_symsrc_new(const struct ntr_symsrc_ops *ops)
{
	struct ntr_symsrc *s = calloc(1, sizeof(*s));

	if (s)
		s->ops = ops;
	return s;
}

void ntr_symsrc_close(struct ntr_symsrc *s)
{
	if (!s)
		return;
	if (s->priv && s->ops->close)
		s->ops->close(s);
	ntr_file_close(s->file);
	ntr_arena_fini(&s->arena);
	free(s);
}

/* One format: UNSUP and anything but OK leave the file open. */
static enum ntr_st try_format(struct ntr_symsrc **out,
			      const struct ntr_symsrc_ops *ops,
			      struct ntr_file *f, struct ntr_err *e)
{
	struct ntr_symsrc *s = ntr_symsrc_new(ops);
	enum ntr_st st;

	if (!s)
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	s->file = f;
	st = ops->open(s, e);
	if (st) {
		s->file = NULL;
		ntr_symsrc_close(s);
		return st;
	}
	*out = s;
	return NTR_OK;
}

static enum ntr_st open_from(struct ntr_symsrc **out, size_t i,
			     struct ntr_file *f, struct ntr_err *e)
{
	enum ntr_st st = ntr_fail(e, NTR_UNSUP, "%s: not a symbol file",
				  f->name);
	u8 head[HEAD];
	size_t n = ntr_file_read_some(f, 0, head, sizeof(head));

	for (; formats[i] && st == NTR_UNSUP; i++)
		if (formats[i]->probe(head, n))
			st = try_format(out, formats[i], f, e);
	if (st)
		ntr_file_close(f);
	else if (e)
		e->msg[0] = 0; /* of a format that was tried before */
	return st;
}

enum ntr_st ntr_symsrc_open_file(struct ntr_symsrc **out, struct ntr_file *f,
				 struct ntr_err *e)
{
	return open_from(out, 0, f, e);
}

enum ntr_st ntr_symsrc_open_next(struct ntr_symsrc **out,
				 const struct ntr_symsrc_ops *after,
				 struct ntr_file *f, struct ntr_err *e)
{
	size_t i = 0;

	while (formats[i] && formats[i] != after)
		i++;
	return open_from(out, formats[i] ? i + 1 : i, f, e);
}

enum ntr_st ntr_symsrc_open(struct ntr_symsrc **out, const char *path,
			    struct ntr_err *e)
{
	struct ntr_file *f;
	enum ntr_st st = ntr_file_open_unpacked(&f, path, NTR_SYMSRC_MAX, e);

	return st ? st : ntr_symsrc_open_file(out, f, e);
}
