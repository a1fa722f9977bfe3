// SPDX-License-Identifier: Apache-2.0
#include "facts/facts.h"
#include "progress.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

enum { OPT_SCHEMA, OPT_KNOWN, OPT_BASELINE };
static const struct ntr_opt opts[] = {
	[OPT_SCHEMA] = { "schema", 0, NULL,
			 "print the reference of all facts (Markdown)", NULL },
	[OPT_KNOWN] = { "known", 0, NULL, "leave out what is not known", NULL },
	[OPT_BASELINE] = { "baseline", 0, "FILE",
			   "an earlier dump of the machine, for what grew",
			   NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage facts MEMORY.DMP", "everything that is known, and why the "
	  "rest is not" },
	{ "ntriage facts MEMORY.DMP bugcheck.code 'module[tcpip.sys]'",
	  "two of them" },
	{ "ntriage facts --json MEMORY.DMP stack.frames | jq -r "
	  "'.facts[0].value[].text'", "the stack" },
	{ "ntriage facts --baseline MONDAY.DMP FRIDAY.DMP pool.growth",
	  "which pool tags grew, and which shrank" },
	{ "ntriage facts --schema", "which facts there are" },
};

/* --- schema ------------------------------------------------------------------- */

static void schema_text(struct ntr_out *o)
{
	const struct ntr_fact_part *p;

	ntr_out_line(o, "# Facts\n");
	ntr_out_para(o, "", "What `ntriage facts DUMP [PATH...]` prints and what "
		     "rules ask for. Made by `ntriage facts --schema` from the "
		     "table that answers the questions. A path with `[]` wants "
		     "a number between the brackets, one with `[\"\"]` a name.");
	ntr_out_line(o, "%s", "");
	ntr_out_para(o, "", "A fact is known; or none, when it is certain that "
		     "there is no such thing; or unknown, with the reason.");
	for (size_t i = 0; (p = ntr_fact_schema(i)); i++) {
		ntr_out_line(o, "\n## %s\n\n%s\n", p->name, p->doc);
		for (size_t k = 0; k < p->nrows; k++) {
			const struct ntr_fact_row *r = &p->rows[k];

			ntr_out_line(o, "* `%s` (%s%s%s)", r->path,
				     ntr_fact_type_name(r->type),
				     r->unit ? ", " : "", r->unit ? r->unit : "");
			ntr_out_para(o, "  ", "%s", r->doc);
		}
	}
}

static void schema_json(struct ntr_cli *c)
{
	struct ntr_out *o = &c->out;
	const struct ntr_fact_part *p;

	ntr_out_open(o, NULL);
	ntr_cli_schema(c, "ntriage.facts-schema/1");
	ntr_out_list(o, "facts");
	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++) {
			const struct ntr_fact_row *r = &p->rows[k];

			ntr_out_open(o, NULL);
			ntr_out_str(o, "path", NULL, r->path);
			ntr_out_str(o, "type", NULL, ntr_fact_type_name(r->type));
			ntr_out_str(o, "unit", NULL, r->unit);
			ntr_out_str(o, "doc", NULL, r->doc);
			ntr_out_close(o);
		}
	ntr_out_list_end(o);
	ntr_out_close(o);
}

/* --- what is printed ------------------------------------------------------------ */

#define MAX_TEXT 400u /* of a name with its brackets */

struct show {
	struct ntr_cli *c;
	struct ntr_facts *f;
	bool known;       /* only what is known */
	bool whole;       /* elements of lists in text, too */
	unsigned nunknown;
	char group[MAX_TEXT]; /* the last one that is unknown as a whole */
};

/* A field of the record at `row`: what is behind its path, without more
 * brackets or points; NULL: it is none. */
static const char *own_field(const struct ntr_fact_row *record,
			     const struct ntr_fact_row *r)
{
	size_t n = strlen(record->path);

	if (strncmp(r->path, record->path, n) || r->path[n] != '.' ||
	    strpbrk(r->path + n + 1, ".["))
		return NULL;
	return r->path + n + 1;
}

static void json_value(struct show *s, const char *key,
		       const struct ntr_fact *v);

#define MAX_REASONS 32u /* of one record; none has so many fields */

struct reasons {
	const char *field[MAX_REASONS], *why[MAX_REASONS];
	size_t n;
};

/* Why fields of a record are null: an object beside them. */
static void json_reasons(struct ntr_out *o, const struct reasons *r)
{
	if (!r->n)
		return;
	ntr_out_open(o, "null_because");
	for (size_t i = 0; i < r->n; i++)
		ntr_out_str(o, r->field[i], NULL, r->why[i]);
	ntr_out_close(o);
}

static void json_record(struct show *s, const struct ntr_fact *v)
{
	const struct ntr_fact_part *p;
	struct reasons no = { .n = 0 };
	struct ntr_fact field;

	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++) {
			const char *name = own_field(v->row, &p->rows[k]);

			if (!name)
				continue;
			ntr_fact_field(s->f, v, &p->rows[k], &field);
			if (s->known && field.state != NTR_FACT_KNOWN)
				continue;
			json_value(s, name, &field);
			if (field.state == NTR_FACT_KNOWN || no.n == MAX_REASONS)
				continue;
			no.field[no.n] = name;
			no.why[no.n++] = field.why;
		}
	json_reasons(&s->c->out, &no);
}

static void json_list(struct show *s, const struct ntr_fact *v)
{
	struct ntr_fact item;

	for (u64 i = 0; i < v->n && !ntr_cli_stopped(s->c); i++) {
		ntr_fact_item(s->f, v, i, &item);
		json_value(s, NULL, &item);
	}
}

static void json_value(struct show *s, const char *key, const struct ntr_fact *v)
{
	struct ntr_out *o = &s->c->out;
	char buf[64];

	if (v->state != NTR_FACT_KNOWN) {
		ntr_out_none(o, key, NULL);
	} else if (v->type == NTR_FT_RECORD) {
		ntr_out_open(o, key);
		json_record(s, v);
		ntr_out_close(o);
	} else if (v->type == NTR_FT_LIST) {
		ntr_out_list(o, key);
		json_list(s, v);
		ntr_out_list_end(o);
	} else if (v->type == NTR_FT_BOOL) {
		ntr_out_bool(o, key, NULL, v->n);
	} else if (v->type == NTR_FT_DELTA) {
		ntr_json_int(&o->j, key, ntr_fact_delta(v));
	} else if (v->type == NTR_FT_SIZE || (v->type == NTR_FT_INT &&
		   !(v->row->unit && !strcmp(v->row->unit, "hex")))) {
		ntr_out_uint(o, key, NULL, v->n);
	} else {
		ntr_out_str(o, key, NULL, ntr_fact_text(v, buf));
	}
}

static void text_value(struct show *s, const char *path,
		       const struct ntr_fact *v);

static void text_below(struct show *s, const char *path,
		       const struct ntr_fact *v)
{
	const struct ntr_fact_part *p;
	struct ntr_fact x;
	char name[MAX_TEXT];

	for (u64 i = 0; v->type == NTR_FT_LIST && i < v->n &&
	     !ntr_cli_stopped(s->c); i++) {
		ntr_fact_item(s->f, v, i, &x);
		snprintf(name, sizeof(name), "%s[%" PRIu64 "]", path, i);
		text_value(s, name, &x);
	}
	for (size_t i = 0; v->type == NTR_FT_RECORD &&
	     (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++) {
			const char *field = own_field(v->row, &p->rows[k]);

			if (!field)
				continue;
			ntr_fact_field(s->f, v, &p->rows[k], &x);
			snprintf(name, sizeof(name), "%s.%s", path, field);
			text_value(s, name, &x);
		}
}

/* "path = text", broken where it is too long for a line. */
static void text_line(struct ntr_out *o, const char *path, const char *lead,
		      const char *text, const char *tail)
{
	char first[MAX_TEXT + 8];
	size_t n = (size_t)snprintf(first, sizeof(first), "%s = ", path);

	if (n < NTR_OUT_COLUMNS / 2) {
		ntr_out_para(o, first, "%s%s%s", lead, text, tail);
		return;
	}
	ntr_out_line(o, "%s =", path);
	ntr_out_para(o, "    ", "%s%s%s", lead, text, tail);
}

static void text_value(struct show *s, const char *path,
		       const struct ntr_fact *v)
{
	struct ntr_out *o = &s->c->out;
	bool deep = v->type == NTR_FT_RECORD ||
		    (v->type == NTR_FT_LIST && s->whole);
	char buf[64];

	if (v->state == NTR_FACT_KNOWN && deep && v->type == NTR_FT_RECORD) {
		text_below(s, path, v);
		return;
	}
	if (v->state != NTR_FACT_KNOWN && s->known)
		return;
	if (v->state == NTR_FACT_UNKNOWN)
		text_line(o, path, "unknown because ", v->why, "");
	else if (v->state == NTR_FACT_NONE)
		text_line(o, path, "none: ", v->why, "");
	else if (v->type == NTR_FT_STRING)
		text_line(o, path, "\"", ntr_fact_text(v, buf), "\"");
	else
		text_line(o, path, "", ntr_fact_text(v, buf), "");
	if (v->state == NTR_FACT_KNOWN && deep)
		text_below(s, path, v);
}

static void show(struct show *s, const char *path, const struct ntr_fact *v)
{
	struct ntr_out *o = &s->c->out;

	s->nunknown += v->state == NTR_FACT_UNKNOWN;
	if (!o->json) {
		text_value(s, path, v);
		return;
	}
	if (s->known && v->state != NTR_FACT_KNOWN)
		return;
	ntr_out_open(o, NULL);
	ntr_out_str(o, "path", NULL, path);
	ntr_out_str(o, "type", NULL, ntr_fact_type_name(v->type));
	json_value(s, "value", v);
	ntr_out_str(o, "unknown", NULL, v->state == NTR_FACT_UNKNOWN ? v->why :
		    NULL);
	ntr_out_str(o, "none", NULL, v->state == NTR_FACT_NONE ? v->why : NULL);
	ntr_out_close(o);
}

static bool in_group(const struct ntr_fact_row *r, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strchr(r->path, '[') &&
	       (!n || (!strncmp(r->path, prefix, n) && r->path[n] == '.'));
}

static void eval(struct show *s, const struct ntr_fact_row *r, struct ntr_fact *v)
{
	static const struct ntr_fact_at nowhere;

	ntr_fact_eval(s->f, r, &nowhere, v);
}

#define MANY 4u

/* The same is unknown of r[0] and of n - 1 more behind it, or there is none of
 * them for the same reason: "queue.delayed.*". Below MANY it is not worth a line
 * of its own. */
static size_t same_reason(struct show *s, const struct ntr_fact_row *r, size_t n,
			  const struct ntr_fact *v)
{
	const char *dot = strrchr(r->path, '.');
	size_t len = dot ? (size_t)(dot - r->path) : 0, last = 0, same = 1;
	char group[MAX_TEXT];
	struct ntr_fact x;

	if (s->c->json || v->state == NTR_FACT_KNOWN || !len)
		return 1;
	for (size_t i = 1; i < n && !strncmp(r[i].path, r->path, len + 1); i++) {
		if (strchr(r[i].path, '['))
			continue;
		eval(s, &r[i], &x);
		if (x.state != v->state || strcmp(x.why, v->why))
			break;
		last = i;
		same++;
	}
	if (same < MANY)
		return 1;
	if (v->state == NTR_FACT_UNKNOWN)
		s->nunknown += (unsigned)same;
	snprintf(group, sizeof(group), "%.*s.*", (int)len, r->path);
	/* Parts that follow one another may share a group. */
	if (!s->known && strcmp(group, s->group))
		text_line(&s->c->out, group, v->state == NTR_FACT_UNKNOWN ?
			  "unknown because " : "none: ", v->why, "");
	memcpy(s->group, group, sizeof(group));
	return last + 1;
}

/* Facts that need nothing between brackets and begin with prefix. */
static void show_group(struct show *s, const char *prefix)
{
	const struct ntr_fact_part *p;
	struct ntr_fact v;

	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows && !ntr_cli_stopped(s->c);) {
			size_t n = 1;

			if (in_group(&p->rows[k], prefix)) {
				eval(s, &p->rows[k], &v);
				n = same_reason(s, &p->rows[k], p->nrows - k, &v);
				if (n == 1)
					show(s, p->rows[k].path, &v);
			}
			k += n;
		}
}

static bool is_group(const char *prefix)
{
	const struct ntr_fact_part *p;

	for (size_t i = 0; *prefix && (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++)
			if (in_group(&p->rows[k], prefix))
				return true;
	return false;
}

/* Every path is a fact or a group of facts; else why not, once. */
static bool check_paths(char *const *path, int n)
{
	const struct ntr_fact_row *row;
	struct ntr_fact_at at;
	struct ntr_err e;

	for (int i = 0; i < n; i++)
		if (!is_group(path[i]) &&
		    ntr_fact_parse(path[i], &row, &at, &e)) {
			(void)ntr_cli_usage("%s", e.msg);
			return false;
		}
	return true;
}

static void show_paths(struct show *s, char *const *path, int n)
{
	struct ntr_fact v;

	s->whole = n > 0;
	if (!n)
		show_group(s, "");
	for (int i = 0; i < n; i++) {
		if (ntr_fact_get(s->f, path[i], &v, NULL))
			show_group(s, path[i]);
		else
			show(s, path[i], &v);
	}
}

static int facts_of(struct ntr_cli *c, struct ntr_session *ses,
		    struct ntr_session *old, char *const *path, int n,
		    bool known)
{
	struct show s = { .c = c, .known = known };
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_facts_new(&s.f, ses->t, NULL, &e);

	if (st)
		return ntr_cli_error(c, ses->d->path, st, &e);
	if (old->t)
		ntr_facts_baseline(s.f, old->t);
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.facts/1");
	if (c->json)
		ntr_out_str(&c->out, "file", NULL, ses->d->path);
	ntr_out_list(&c->out, "facts");
	ntr_progress_begin(c, ses->d->path);
	show_paths(&s, path, n);
	ntr_progress_end();
	ntr_out_list_end(&c->out);
	ntr_out_close(&c->out);
	ntr_facts_free(s.f);
	if (n)
		return s.nunknown ? NTR_EXIT_UNKNOWN : NTR_EXIT_OK;
	return ses->t->d->meta.has & NTR_HAS_BUGCHECK || ses->t->modules.n ?
	       NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

static void paths(struct ntr_out *o)
{
	const struct ntr_fact_part *p;

	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++)
			if (!strchr(p->rows[k].path, '['))
				ntr_out_print(o, " %s", p->rows[k].path);
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	char *const *path = (char *const *)(a->operand + 1);
	struct ntr_session s, old = { 0 };
	int code;

	if (a->opt[OPT_SCHEMA]) {
		if (c->json)
			schema_json(c);
		else
			schema_text(&c->out);
		return NTR_EXIT_OK;
	}
	if (!a->n)
		return ntr_cli_usage("facts wants a dump, or --schema");
	if (!check_paths(path, a->n - 1))
		return NTR_EXIT_BAD;
	if (a->opt[OPT_BASELINE])
		code = ntr_session_open(c, a->opt[OPT_BASELINE], &old);
	else
		code = NTR_EXIT_OK;
	if (!code)
		code = ntr_session_open(c, a->operand[0], &s);
	if (code) {
		ntr_session_close(&old);
		return code;
	}
	code = facts_of(c, &s, &old, path, a->n - 1,
			a->opt[OPT_KNOWN] != NULL);
	ntr_session_close(&s);
	ntr_session_close(&old);
	return code;
}

const struct ntr_verb ntr_verb_facts = {
	.name = "facts",
	.summary = "what is known of a dump, fact by fact",
	.operands = "[DUMP [PATH...]]",
	.help = "Prints facts by their paths: all that need nothing between "
		"brackets, or the ones asked for. A path may name a fact "
		"(bugcheck.code), a list (stack.frames), an element of it "
		"(stack.frames[0]), a record by name (module[tcpip.sys]), or a "
		"group (pool). Without a path, lists show their length.\n\n"
		"A fact is a value; or none, when it is certain that there is "
		"no such thing; or unknown, with the reason and what would "
		"supply it.\n\n"
		"With --baseline FILE, an earlier dump of the same machine: "
		"what the pool tags hold more or less since (pool.growth, "
		"pool.judged). Differences have a sign.\n\n"
		"With --json: one document ntriage.facts/1 with facts[] (path, "
		"type, value, unknown, none); null_because in a record says why "
		"fields of it are null.\n\n"
		"Exit code 0 all that was asked for is known or none, 1 "
		"something of it is unknown, 2 not a dump, or no such fact. "
		"Without a path: 1 when neither a stop nor a module is known.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 0, .max = -1, .rest = paths, .run = run,
};
