// SPDX-License-Identifier: Apache-2.0
/*
 * Regular expressions, by PCRE2, over bytes.  A pattern of a rule file is
 * untrusted: its length, its nesting and what matching may cost are bounded;
 * what PCRE2 does not take is a mistake of the rule.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "eval.h"
#include "lang.h"

#include <pcre2.h>
#include <string.h>

#define MATCH_LIMIT 50000u
#define DEPTH_LIMIT 1000u
#define HEAP_LIMIT 1024u     /* KiB */
#define NEST_LIMIT 32u

static int too_deep(u32 depth, void *data)
{
	(void)data;
	return depth > NEST_LIMIT;
}

static pcre2_code *compile(const char *pattern, size_t n, u32 flags, int *error,
			   PCRE2_SIZE *where)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	pcre2_code *re = NULL;

	*error = PCRE2_ERROR_NOMEMORY;
	*where = 0;
	if (!c)
		return NULL;
	pcre2_set_compile_recursion_guard(c, too_deep, NULL);
	re = pcre2_compile((PCRE2_SPTR)pattern, n, flags | PCRE2_NEVER_UTF |
			   PCRE2_NEVER_UCP, error, where, c);
	pcre2_compile_context_free(c);
	return re;
}

/* Letters behind the closing slash. */
static bool flags_of(struct sig_src *s, struct sig_loc at, const char *p,
		     u32 *out)
{
	for (; *p; p++) {
		if (*p != 'i') {
			sig_error(s, at, "a regular expression has no flag %c: "
				  "the only one is i, which ignores case", *p);
			return false;
		}
		*out |= PCRE2_CASELESS;
	}
	return true;
}

bool sig_regex_compile(struct sig_src *s, struct sig_expr *e)
{
	const char *text = e->u.lit.s, *end = strrchr(text, '/');
	struct sig_loc at = e->at;
	size_t n = (size_t)(end - text) - 1;
	PCRE2_SIZE where = 0;
	size_t size = 0;
	u8 why[120];
	u32 flags = 0;
	int error;
	void **slot;

	if (n > SIG_MAX_REGEX) {
		sig_error(s, at, "a regular expression has at most %u "
			  "characters", SIG_MAX_REGEX);
		return false;
	}
	if (!flags_of(s, at, end + 1, &flags))
		return false;
	e->u.lit.re = compile(text + 1, n, flags, &error, &where);
	if (!e->u.lit.re) {
		pcre2_get_error_message(error, why, sizeof(why));
		at.off += 1 + (u32)(where < n ? where : n);
		at.len = 1;
		sig_error(s, at, "this is no regular expression: %s",
			  (const char *)why);
		return false;
	}
	(void)pcre2_pattern_info(e->u.lit.re, PCRE2_INFO_SIZE, &size);
	s->patterns += size;
	if (s->patterns > SIG_MAX_PATTERNS)
		sig_error(s, e->at, "the regular expressions of a file take at "
			  "most %u bytes together", SIG_MAX_PATTERNS);
	slot = s->patterns > SIG_MAX_PATTERNS ? NULL :
					       ntr_vec_add(&s->set->regexes);
	if (!slot) {
		pcre2_code_free(e->u.lit.re);
		e->u.lit.re = NULL;
		s->lost |= s->patterns <= SIG_MAX_PATTERNS;
		return false;
	}
	*slot = e->u.lit.re;
	return true;
}

void sig_regex_free(void *re)
{
	pcre2_code_free(re);
}

struct sig_matcher {
	pcre2_match_data *data;
	pcre2_match_context *c;
};

static struct sig_matcher *matcher(struct sig_eval *ev)
{
	struct sig_matcher *m = ev->matcher;

	if (m)
		return m;
	m = ntr_arena_alloc(ev->kept, sizeof(*m));
	if (!m)
		return NULL;
	ev->matcher = m;
	m->data = pcre2_match_data_create(1, NULL);
	m->c = pcre2_match_context_create(NULL);
	if (m->c) {
		pcre2_set_match_limit(m->c, MATCH_LIMIT);
		pcre2_set_depth_limit(m->c, DEPTH_LIMIT);
		pcre2_set_heap_limit(m->c, HEAP_LIMIT);
	}
	return m;
}

void sig_matcher_free(struct sig_matcher *m)
{
	if (!m)
		return;
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->c);
}

enum sig_tri sig_regex_match(struct sig_eval *ev, const void *re, const char *s,
			     const char **why)
{
	struct sig_matcher *m = matcher(ev);
	int n;

	*why = "memory was short";
	if (!m || !m->data || !m->c)
		return SIG_MAYBE;
	n = pcre2_match(re, (PCRE2_SPTR)s, strlen(s), 0, 0, m->data, m->c);
	if (n >= 0)
		return SIG_TRUE;
	if (n == PCRE2_ERROR_NOMATCH)
		return SIG_FALSE;
	*why = "matching the regular expression took more steps than are "
	       "allowed";
	return SIG_MAYBE;
}
