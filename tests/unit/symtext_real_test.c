// SPDX-License-Identifier: Apache-2.0
/* Every record of every Breakpad and ISF file of the corpus, against what an
 * independent reader in Python says of it (tests/real/NAME_truth.py). */
#include "sym/source.h"

#include "fmt/dump.h"
#include "test.h"

#include <glob.h>
#include <stdarg.h>

struct answer {
	char text[8192];
	size_t n;
};

static void put(struct answer *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void put(struct answer *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(a->text + a->n, sizeof(a->text) - a->n, fmt, ap);
	va_end(ap);
	a->n += (size_t)n < sizeof(a->text) - a->n ? (size_t)n : 0;
}

static void put_guid(struct answer *a, const struct ntr_symid *id)
{
	for (int i = 0; i < 16; i++)
		put(a, "%02x", id->guid[i]);
}

/* --- Breakpad --------------------------------------------------------------- */

struct tally {
	uint64_t funcs, publics, lines;
};

static bool count_symbol(void *ctx, const struct ntr_symbol *s)
{
	struct tally *t = ctx;

	if (s->kind == NTR_SYM_FUNC)
		t->funcs++;
	else
		t->publics++;
	return true;
}

static bool count_line(void *ctx, const struct ntr_line *l)
{
	(void)l;
	((struct tally *)ctx)->lines++;
	return true;
}

static void bp_id(struct ntr_symsrc *s, struct answer *a)
{
	put_guid(a, &s->id);
	put(a, "\t%x\t%s\t", s->id.age,
	    s->machine == NTR_MACHINE_X86 ? "x86" :
	    s->machine == NTR_MACHINE_AMD64 ? "x86_64" : "?");
	if (s->id.has_image)
		put(a, "%x %x", s->id.timestamp, s->id.image_size);
	else
		put(a, "none");
}

static void bp_count(struct ntr_symsrc *s, struct answer *a)
{
	struct tally t = { 0 };
	struct ntr_err e = { "" };

	if (ntr_symsrc_each(s, count_symbol, &t, &e) ||
	    ntr_symsrc_each_line(s, count_line, &t, &e))
		put(a, "%s", e.msg);
	put(a, "%" PRIx64 "\t%" PRIx64 "\t%" PRIx64, t.funcs, t.publics,
	    t.lines);
}

static void bp_at(struct ntr_symsrc *s, uint64_t at, struct answer *a)
{
	struct ntr_symbol y;

	if (ntr_symsrc_at(s, at, &y, NULL) == NTR_OK)
		put(a, "%s\t%" PRIx64 "\t%" PRIx64 "\t%s",
		    y.kind == NTR_SYM_FUNC ? "func" : "public", y.rva, y.size,
		    y.name);
	else
		put(a, "absent");
}

static void bp_line(struct ntr_symsrc *s, uint64_t at, struct answer *a)
{
	struct ntr_line l;

	if (ntr_symsrc_line(s, at, &l, NULL) == NTR_OK)
		put(a, "%" PRIx64 "\t%" PRIx64 "\t%x\t%s", l.rva, l.size,
		    l.line, l.file);
	else
		put(a, "absent");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rules sorted by name, a field each: "name: expression". */
static void put_rules(struct answer *a, char *cfi)
{
	char *rule[64], *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(cfi, " ", &save); w && n < 64;
	     w = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(w);

		if (w != cfi)
			w[-1] = ' ';
		if (len && w[len - 1] == ':') {
			if (n)
				w[-1] = 0;
			rule[n++] = w;
		}
	}
	qsort(rule, n, sizeof(*rule), by_text);
	for (size_t i = 0; i < n; i++)
		put(a, "\t%s", rule[i]);
}

static void bp_unwind(struct ntr_symsrc *s, uint64_t at, struct answer *a)
{
	struct ntr_uwrec u;

	if (ntr_symsrc_unwind(s, at, &u, NULL)) {
		put(a, "absent");
		return;
	}
	put(a, "%s\t%" PRIx64 "\t%" PRIx64,
	    u.kind == NTR_UW_CFI ? "cfi" :
	    u.kind == NTR_UW_FPO ? "fpo" : "framedata", u.rva, u.size);
	if (u.kind == NTR_UW_CFI) {
		put_rules(a, u.cfi);
		return;
	}
	put(a, "\t%x\t%x\t%x\t%x\t%x\tframe %d\t", u.prolog, u.params,
	    u.locals, u.saved_regs, u.max_stack, u.frame);
	if (u.program)
		put(a, "%s", u.program);
	else
		put(a, "ebp %d", u.uses_ebp);
}

static void bp_named(struct ntr_symsrc *s, const char *name, struct answer *a)
{
	struct ntr_symbol y;

	if (ntr_symsrc_named(s, name, &y, NULL) == NTR_OK)
		put(a, "%s", y.name);
	else
		put(a, "absent");
}

static void bp_ask(struct ntr_symsrc *s, const char *kind, const char *q,
		   const char *rest, struct answer *a)
{
	uint64_t at = strtoull(q, NULL, 16);

	if (!strcmp(kind, "id"))
		bp_id(s, a);
	else if (!strcmp(kind, "count"))
		bp_count(s, a);
	else if (!strcmp(kind, "named"))
		bp_named(s, rest, a);
	else if (!strcmp(kind, "at"))
		bp_at(s, at, a);
	else if (!strcmp(kind, "line"))
		bp_line(s, at, a);
	else if (!strcmp(kind, "unwind"))
		bp_unwind(s, at, a);
}

/* --- ISF ---------------------------------------------------------------------- */

static void put_type(struct ntr_symsrc *s, uint64_t id, struct answer *a)
{
	static const char *const kinds[] = {
#define K(n, t) t,
		NTR_TY_LIST(K)
#undef K
	};
	struct ntr_type t;

	if (ntr_symsrc_type(s, id, &t, NULL)) {
		put(a, "?");
		return;
	}
	put(a, "%s%s%s", kinds[t.kind], t.is_signed ? " signed" : "",
	    t.is_char ? " char" : "");
	if (t.kind == NTR_TY_POINTER) {
		put(a, " %" PRIx64 " to ", t.size);
		put_type(s, t.to, a);
	} else if (t.kind == NTR_TY_ARRAY) {
		put(a, " %" PRIx64 " [%" PRIx64 "] of ", t.size, t.count);
		put_type(s, t.to, a);
	} else if (t.kind != NTR_TY_FUNC) {
		put(a, " %s %" PRIx64 "%s", t.name, t.size,
		    t.declared_only ? " declared" : "");
	}
}

/* A member found by name; the last one of a name, and how many there are. */
struct want {
	const char *name;
	struct ntr_type_member m;
	bool found;
	uint64_t n;
};

static bool look(void *ctx, const struct ntr_type_member *m)
{
	struct want *w = ctx;

	w->n++;
	if (w->name && m->name && !strcmp(w->name, m->name)) {
		w->m = *m;
		w->found = true;
	}
	return true;
}

static void isf_type(struct ntr_symsrc *s, const char *kind, const char *q,
		     const char *rest, struct answer *a)
{
	char name[512];
	struct want w = { 0 };
	uint64_t id;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(rest, "\t"), rest);
	if (kind[0] != 't')
		w.name = name;
	if (ntr_symsrc_type_named(s, q, &id, NULL) ||
	    ntr_symsrc_members(s, id, look, &w, NULL) ||
	    (w.name && !w.found)) {
		put(a, "absent");
	} else if (kind[0] == 't') {
		put_type(s, id, a);
		put(a, "\t%" PRIx64, w.n);
	} else if (kind[0] == 'c') {
		put(a, "%s\t%" PRIx64, name, (uint64_t)w.m.value);
	} else {
		put(a, "%s\t%" PRIx64 "\t%x\t%x\t", name, w.m.off, w.m.bit,
		    w.m.bits);
		put_type(s, w.m.type, a);
	}
}

static bool count_type(void *ctx, const char *name, uint64_t id)
{
	(void)name;
	((struct tally *)ctx)->lines += id != 0;
	return true;
}

static void isf_at(struct ntr_symsrc *s, uint64_t at, struct answer *a)
{
	struct ntr_symbol y;

	if (ntr_symsrc_at(s, at, &y, NULL) == NTR_OK)
		put(a, "%" PRIx64 "\t%s", y.rva, y.name);
	else
		put(a, "absent");
}

static void isf_named(struct ntr_symsrc *s, const char *name, struct answer *a)
{
	struct ntr_symbol y;

	if (ntr_symsrc_named(s, name, &y, NULL) == NTR_OK)
		put(a, "%" PRIx64 "\t%s", y.rva, y.name);
	else
		put(a, "absent");
}

static void isf_ask(struct ntr_symsrc *s, const char *kind, const char *q,
		    const char *rest, struct answer *a)
{
	struct tally t = { 0 };

	if (!strcmp(kind, "id")) {
		put_guid(a, &s->id);
		put(a, "\t%x\t%x", s->id.age, s->machine);
	} else if (!strcmp(kind, "count")) {
		(void)!ntr_symsrc_each(s, count_symbol, &t, NULL);
		(void)!ntr_symsrc_each_type(s, count_type, &t, NULL);
		put(a, "%" PRIx64 "\t%" PRIx64, t.publics, t.lines);
	} else if (!strcmp(kind, "symbol")) {
		isf_named(s, q, a);
	} else if (!strcmp(kind, "at")) {
		isf_at(s, strtoull(q, NULL, 16), a);
	} else {
		isf_type(s, kind, q, rest, a);
	}
}

/* --- the comparison ------------------------------------------------------------- */

typedef void ask_fn(struct ntr_symsrc *s, const char *kind, const char *q,
		    const char *rest, struct answer *a);

static bool same(struct ntr_symsrc *s, ask_fn *ask, char *line)
{
	struct answer a = { .n = 0 };
	char *q, *rest;

	line[strcspn(line, "\n")] = 0;
	q = strchr(line, '\t');
	rest = q ? strchr(q + 1, '\t') : NULL;
	if (!rest)
		return false;
	*q++ = 0;
	*rest++ = 0;
	ask(s, line, q, rest, &a);
	if (strcmp(a.text, rest))
		printf("%s %s: is  \"%s\"\n%s %s: want \"%s\"\n", line, q,
		       a.text, line, q, rest);
	return !strcmp(a.text, rest);
}

static void compare(const char *path, const char *script, ask_fn *ask,
		    unsigned least)
{
	const char *top = getenv("TOP");
	char cmd[1024], *line = NULL;
	struct ntr_symsrc *s;
	struct ntr_err e;
	unsigned n = 0, wrong = 0;
	size_t cap = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "python3 '%s/tests/real/%s' '%s'",
		 top ? top : ".", script, path);
	f = popen(cmd, "r");
	if (!f || ntr_symsrc_open(&s, path, &e)) {
		TEST_FAIL("%s: %s", path, f ? e.msg : "no python3");
		return;
	}
	while (wrong < 5 && getline(&line, &cap, f) > 0) {
		n++;
		wrong += !same(s, ask, line);
	}
	free(line);
	CHECK_EQ(s->broken, 0);
	ntr_symsrc_close(s);
	while (fgetc(f) != EOF)
		;
	CHECK_EQ(pclose(f), 0);
	CHECK_EQ(wrong, 0);
	CHECK(n >= least);
}

static void all(const char *pattern, const char *script, ask_fn *ask,
		unsigned least)
{
	const char *dir = getenv("NTR_CORPUS");
	char path[512];
	glob_t g;

	if (system("python3 -c '' 2>/dev/null"))
		SKIP("no python3");
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "../shared/corpus",
		 pattern);
	if (glob(path, 0, NULL, &g))
		SKIP("no %s in the corpus", pattern);
	for (size_t i = 0; i < g.gl_pathc; i++)
		compare(g.gl_pathv[i], script, ask, least);
	globfree(&g);
}

static void breakpad_agrees_with_python(void)
{
	all("symbols/pdb/breakpad/*.sym", "breakpad_truth.py", bp_ask, 1000);
}

static void isf_agrees_with_python(void)
{
	all("symbols/isf/*/*.json.xz", "isf_truth.py", isf_ask, 100000);
}

int main(void)
{
	RUN(breakpad_agrees_with_python);
	RUN(isf_agrees_with_python);
	return test_done();
}
