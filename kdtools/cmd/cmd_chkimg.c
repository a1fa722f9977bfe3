// SPDX-License-Identifier: Apache-2.0
/* !chkimg: is the code of a module what its file says? */
#include "cmd.h"
#include "triage/chkimg.h"

#include <stdio.h>
#include <string.h>

static void bytes_text(char out[NTR_CHKIMG_BYTES * 3 + 1], const u8 *b,
		       unsigned n)
{
	*out = 0;
	for (unsigned i = 0; i < n; i++)
		snprintf(out + (i ? 3 * i - 1 : 0), 4, i ? " %02x" : "%02x",
			 b[i]);
}

static void json_diff(struct ntr_kd *k, const struct ntr_code_diff *d, u64 va,
		      const char *site, const char *want, const char *got)
{
	struct ntr_out *o = k->o;

	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, va);
	ntr_out_uint(o, "length", NULL, d->len);
	ntr_out_str(o, "site", NULL, *site ? site : NULL);
	ntr_out_str(o, "expected", NULL, want);
	ntr_out_str(o, "found", NULL, got);
	ntr_out_uint_if(o, "single_bit", NULL, d->one_bit, d->bit);
	ntr_out_close(o);
}

static void show_diff(struct ntr_kd *k, const struct ntr_module *m,
		      const struct ntr_code_diff *d, bool list)
{
	char lo[24], hi[24], site[300], want[64], got[64];
	u64 va = m->base + d->rva;
	struct ntr_out *o = k->o;

	bytes_text(want, d->expected, d->nbytes);
	bytes_text(got, d->found, d->nbytes);
	ntr_kd_symbol(k, va, site, sizeof(site));
	json_diff(k, d, va, site, want, got);
	if (!list)
		return;
	ntr_va_text(lo, va, k->t->ptr_size);
	ntr_va_text(hi, va + d->len - 1, k->t->ptr_size);
	if (d->len == 1)
		ntr_out_line(o, "    %s - %s", lo, site);
	else
		ntr_out_line(o, "    %s-%s  %" PRIu32 " bytes - %s", lo, hi,
			     d->len, site);
	ntr_out_print(o, "        [ %s%s:%s%s ]", want, d->len > d->nbytes ?
		      " .." : "", got, d->len > d->nbytes ? " .." : "");
	if (d->one_bit)
		ntr_out_print(o, "  bit %u changed: bad memory does that",
			      d->bit);
	ntr_out_line(o, "%s", "");
}

/* "3 errors : nt (80501d58-80501d5a)" */
static void show_sum(struct ntr_kd *k, const struct ntr_module *m,
		     const struct ntr_chkimg *r)
{
	u32 n = r->nranges < NTR_CHKIMG_RANGES ? r->nranges :
						 NTR_CHKIMG_RANGES;
	char lo[24], hi[24];

	ntr_out_print(k->o, "%" PRIu64 " error%s : %s", r->differing,
		      r->differing == 1 ? "" : "s", m->image ? m->image :
		      m->name);
	if (n) {
		const struct ntr_code_diff *last = &r->range[n - 1];

		ntr_va_text(lo, m->base + r->range[0].rva, k->t->ptr_size);
		ntr_va_text(hi, m->base + last->rva + last->len - 1,
			    k->t->ptr_size);
		ntr_out_print(k->o, " (%s-%s)", lo, hi);
	}
	ntr_out_line(k->o, "%s", "");
	ntr_out_line(k->o, "%" PRIu64 " bytes of code compared, %" PRIu64
		     " not in the dump", r->compared, r->absent);
	if (r->nranges > n)
		ntr_out_line(k->o, "%" PRIu32 " ranges differ; the first %"
			     PRIu32 " are known one by one", r->nranges, n);
	if (r->one_bit)
		ntr_out_line(k->o, "%" PRIu32 " of %" PRIu32 " ranges are a "
			     "single changed bit", r->one_bit, r->nranges);
	if (r->caveat)
		ntr_out_para(k->o, "  (", "%s)", r->caveat);
}

static void show(struct ntr_kd *k, const struct ntr_module *m,
		 const struct ntr_chkimg *r, bool list)
{
	struct ntr_out *o = k->o;

	ntr_out_str(o, "module", NULL, m->name);
	ntr_out_uint(o, "compared", NULL, r->compared);
	ntr_out_uint(o, "absent", NULL, r->absent);
	ntr_out_uint(o, "differing", NULL, r->differing);
	ntr_out_uint(o, "ranges", NULL, r->nranges);
	ntr_out_uint(o, "single_bit_ranges", NULL, r->one_bit);
	ntr_out_str(o, "caveat", NULL, r->caveat);
	ntr_out_list(o, "differences");
	for (u32 i = 0; i < r->nranges && i < NTR_CHKIMG_RANGES; i++)
		show_diff(k, m, &r->range[i], list);
	ntr_out_list_end(o);
	show_sum(k, m, r);
}

static enum ntr_st named(struct ntr_kd *k, const struct ntr_call *c,
			 struct ntr_module **m, bool *list, struct ntr_err *e)
{
	char word[80], name[80] = "";
	const char *s = c->args;

	*list = false;
	while (*s) {
		ntr_cmd_word(&s, word, sizeof(word));
		if (!strcmp(word, "-d"))
			*list = true;
		else if (*word == '-' || *name)
			return ntr_fail(e, NTR_USAGE, "!chkimg is followed by "
					"-d and the name of a module, not \"%s\"",
					word);
		else
			strcpy(name, word);
	}
	if (!*name)
		return ntr_fail(e, NTR_USAGE, "!chkimg needs the name of a "
				"module");
	*m = ntr_target_module_named(k->t, name);
	return *m ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no module \"%s\" in this "
				      "dump", name);
}

static enum ntr_st run_chkimg(struct ntr_kd *k, const struct ntr_call *c,
			      struct ntr_err *e)
{
	struct ntr_module *m;
	struct ntr_chkimg r;
	bool list;
	enum ntr_st st = named(k, c, &m, &list, e);

	if (!st)
		st = ntr_chkimg(k->t, m, &r, e);
	if (st)
		return st;
	show(k, m, &r, list);
	if (!r.compared)
		return ntr_fail(e, NTR_ABSENT, "no code of %s is in this dump",
				m->image ? m->image : m->name);
	return NTR_OK;
}

const struct ntr_cmd ntr_cmd_bang_chkimg = {
	.names = "!chkimg",
	.summary = "is a module's code what its file says?",
	.operands = "[-d] MODULE",
	.help = "Compares the executable sections with the module's file from the "
		"symbol path, relocated to where the module lies. -d lists what "
		"differs: [ expected:found ], with a word where one changed bit "
		"is all of it. Newer kernels patch themselves while they start; "
		"where that is to be expected it is said. Without -d only the sum "
		"is printed; JSON has all.",
	.example = "!chkimg -d nt", .does = "did bad memory change the kernel?",
	.any_os = true,
	.run = run_chkimg,
};
