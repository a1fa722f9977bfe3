// SPDX-License-Identifier: Apache-2.0
/*
 * Rules as files: loaded, linked, judged over two forged dumps, laid out.  What
 * was laid out is laid out again the same, and means the same.
 */
#include "../../kdtools/forge/forge.h"
#include "facts/facts.h"
#include "fuzz.h"
#include "lang/sig.h"

#include <stdlib.h>
#include <string.h>

static const char scenario[] =
	"machine x86 nt3.51\nmemory 8MiB\ntime 1996-08-09\nstop 0x7f 8 0 0 0\n"
	"module \"tcpip.sys\" date 1996-05-01\n"
	"stack overflow { cycle \"tcpip!A+0x1c\" \"tcpip!B+0x40\" times 60 }\n";

/* Facts of one dump, made once: judging does not change them. */
static struct ntr_facts *facts_of(const char *container)
{
	struct ntr_target *t = NULL;
	struct ntr_facts *f = NULL;
	struct ntr_dump *d = NULL;
	struct ntr_file *file;
	size_t len = 0;
	u8 *dump;
	int fd;

	if (forge_text(scenario, "fuzz", container, 1u << 25, &dump, &len, NULL,
		       NULL))
		abort();
	fd = ntr_fuzz_fd(dump, len);
	free(dump);
	if (fd < 0 || ntr_file_from_fd(&file, fd, "fuzz.dmp", NULL) ||
	    ntr_dump_open_file(&d, file, NULL, NULL) ||
	    ntr_target_open(&t, d, NULL) || ntr_facts_new(&f, t, NULL, NULL))
		abort();
	return f;
}

static void judge(const struct sig_set *s, struct ntr_facts *f, unsigned flags)
{
	struct sig_options o = { .flags = flags };
	struct sig_results *r;

	if (sig_judge(s, f, &o, &r, NULL))
		return;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].value == SIG_FIRES ? !r->v[i].say :
		    r->v[i].confidence != 0)
			abort();
	sig_results_free(r);
}

/* Rules without a mistake, of all; SIZE_MAX: not loaded. */
static size_t load(const char *text, size_t len, size_t *errors,
		   struct ntr_facts *const f[2])
{
	struct sig_diags d = { 0 };
	struct sig_set *s = NULL;
	struct ntr_str out = { 0 };
	size_t n = SIZE_MAX;

	if (sig_set_new(&s, NULL))
		return n;
	if (!sig_load_text(s, text, len, "fuzz.sig", &d, NULL) &&
	    !sig_link(s, &d, NULL)) {
		n = sig_count(s);
		for (size_t i = 0; i < d.n; i++)
			sig_diag_text(&d.v[i], &out);
		for (unsigned i = 0; f && i < 2; i++) {
			judge(s, f[i], SIG_EXPLAIN | SIG_RETIRED);
			judge(s, f[i], SIG_PROFILE);
		}
	}
	*errors = d.errors;
	ntr_str_fini(&out);
	sig_diags_free(&d);
	sig_set_free(s);
	return n;
}

static void layout(const char *text, size_t len, size_t rules, size_t errors)
{
	struct ntr_str once = { 0 }, twice = { 0 };
	struct sig_diags d = { 0 };
	size_t e, n;

	if (!sig_format(text, len, "fuzz.sig", &once, &d, NULL)) {
		n = load(ntr_str_text(&once), once.len, &e, NULL);
		if (n != SIZE_MAX && rules != SIZE_MAX &&
		    (n != rules || (!errors && e)))
			abort();
		if (sig_format(ntr_str_text(&once), once.len, "fuzz.sig", &twice,
			       &d, NULL) || once.len != twice.len ||
		    strcmp(ntr_str_text(&once), ntr_str_text(&twice)))
			abort();
	}
	sig_diags_free(&d);
	ntr_str_fini(&once);
	ntr_str_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ntr_facts *f[2];
	size_t rules, errors = 0;
	char *text;

	if (!f[0]) {
		f[0] = facts_of("full");
		f[1] = facts_of("header");
	}
	text = malloc(size ? size : 1);
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	rules = load(text, size, &errors, f);
	layout(text, size, rules, errors);
	free(text);
	return 0;
}
