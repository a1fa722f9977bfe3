// SPDX-License-Identifier: Apache-2.0
/*
 * module["X"].at_least_fixed: the module against the rule's `fixed` clauses for
 * this machine and system.  By version where both have one, else by date.
 *
 * A time stamp is of the link, an article's date of the file that was made of
 * it, hours or a day later: an image from the two days before is neither.  An
 * article's size is of the file, a module's of its image in memory: they cannot
 * be compared, so a clause that has only a size decides nothing here.
 */
#include "eval.h"

#include "base/text.h"

#include <string.h>

#define SLACK (2 * UINT64_C(864000000000)) /* 100 ns of two days */

struct fixed_facts {
	struct ntr_fact version, date;
};

/* A fact of the same module, or of the whole machine. */
static void ask(struct sig_eval *ev, const char *path,
		const struct ntr_fact_at *at, struct ntr_fact *out)
{
	const struct ntr_fact_row *row =
		sig_schema_find(ev->rule->schema, path);

	*out = (struct ntr_fact){ .why = "there is no such fact" };
	if (row)
		ntr_fact_eval(ev->f, row, at, out);
}

static int parts(const u16 *a, unsigned na, const u16 *b, unsigned nb)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned x = i < na ? a[i] : 0, y = i < nb ? b[i] : 0;

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static enum sig_tri newer(const struct sig_fixed *f, const struct fixed_facts *m,
			  const char **why)
{
	if (f->nversion && m->version.state == NTR_FACT_KNOWN)
		return parts(m->version.version, m->version.nversion, f->version,
			     f->nversion) >= 0 ? SIG_TRUE : SIG_FALSE;
	if (f->date && m->date.state == NTR_FACT_KNOWN) {
		if (m->date.n >= f->date)
			return SIG_TRUE;
		if (m->date.n < f->date - SLACK)
			return SIG_FALSE;
		*why = "it was linked within two days before the fixed file's "
		       "date; its version would tell";
		return SIG_MAYBE;
	}
	*why = f->date ? m->date.why : f->nversion ? m->version.why :
	       "only the size of the fixed file is known, and the size of a file "
	       "cannot be seen in memory";
	return SIG_MAYBE;
}

/* The clause is of this system. */
static enum sig_tri this_os(struct sig_eval *ev, size_t i, const char **why)
{
	const struct sig_fixed_at *want = &ev->rule->fixed.v[i];
	struct ntr_fact_at none = { .nindexes = 0 };
	struct ntr_fact v;

	if (!want->nos)
		return SIG_TRUE;
	ask(ev, "os.version", &none, &v);
	if (v.state != NTR_FACT_KNOWN) {
		*why = v.why;
		return SIG_MAYBE;
	}
	return parts(v.version, v.nversion, want->os, want->nos) ? SIG_FALSE :
								   SIG_TRUE;
}

static const char *no_fixed(struct sig_eval *ev, const char *arch)
{
	struct ntr_fact_at none = { .nindexes = 0 };
	struct ntr_fact v;
	char buf[64];

	ask(ev, "os.version", &none, &v);
	if (v.state != NTR_FACT_KNOWN)
		return ntr_arena_printf(ev->kept, "no fixed file is known for %s",
					arch);
	return ntr_arena_printf(ev->kept, "no fixed file is known for %s, "
				"version %s", arch, ntr_fact_text(&v, buf));
}

/* One clause that holds is enough. */
static enum sig_tri any_clause(struct sig_eval *ev, const char *key,
			       const char *arch, const struct fixed_facts *m,
			       const char **why)
{
	const struct sig_rule *r = &ev->rule->r;
	enum sig_tri all = SIG_FALSE;
	bool mine = false;

	for (size_t i = 0; i < r->fixed.n; i++) {
		const struct sig_fixed *f = &r->fixed.v[i];
		enum sig_tri os, t;

		if (ntr_strcasecmp(f->file, key) ||
		    ntr_strcasecmp(f->machine, arch))
			continue;
		os = this_os(ev, i, why);
		if (os == SIG_FALSE)
			continue;
		mine = true;
		t = os == SIG_MAYBE ? os : newer(f, m, why);
		if (t == SIG_TRUE)
			return t;
		if (t == SIG_MAYBE)
			all = t;
	}
	if (mine)
		return all;
	*why = no_fixed(ev, arch);
	return SIG_MAYBE;
}

void sig_eval_fixed(struct sig_eval *ev, const struct ntr_fact_at *at,
		    struct ntr_fact *out)
{
	struct ntr_fact_at none = { .nindexes = 0 };
	struct ntr_fact arch, there;
	struct fixed_facts m;
	enum sig_tri t;

	ask(ev, "module[\"\"]", at, &there);
	out->state = there.state;
	out->why = there.why;
	if (there.state != NTR_FACT_KNOWN)
		return;
	ask(ev, "machine.arch", &none, &arch);
	out->state = NTR_FACT_UNKNOWN;
	out->why = arch.why;
	if (arch.state != NTR_FACT_KNOWN)
		return;
	ask(ev, "module[\"\"].version", at, &m.version);
	ask(ev, "module[\"\"].date", at, &m.date);
	t = any_clause(ev, at->key, arch.s, &m, &out->why);
	if (t == SIG_MAYBE)
		return;
	out->state = NTR_FACT_KNOWN;
	out->n = t == SIG_TRUE;
}
