// SPDX-License-Identifier: Apache-2.0
#include "judge.h"

#include "base/arena.h"
#include "base/text.h"
#include "../cli/report.h"
#include "../cli/session.h"
#include "facts/facts.h"
#include "fmt/archive.h"
#include "triage/hang.h"
#include "triage/pooljudge.h"

#include <nettle/sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define UNIX_EPOCH UINT64_C(116444736000000000) /* as a FILETIME */
#define DIGEST_BYTES 8192u
#define FRAMES_KEPT 64u

/* One dump on its way to a row. */
struct work {
	const struct scan_judge *j;
	struct ntr_dump *d;
	struct ntr_target *t;
	struct ntr_verdict *v;
	struct ntr_facts *f;
	struct sig_results *s;
	struct ntr_hang *hang;
	struct ntr_pool_judgement *pool;
	struct ntr_arena arena;
	struct ntr_str text; /* scratch */
};

void scan_path_text(struct ntr_str *out, const char *path)
{
	while (*path) {
		const char *from = path;
		u32 c = ntr_utf8_next(&path);

		if ((c == 0xfffd && path - from == 1) || c < 0x20 || c == 0x7f ||
		    (c == '\\' && *path == 'x'))
			ntr_str_printf(out, "\\x%02x", (u8)*from);
		else if (c >= 0x80 && c < 0xa0)
			ntr_str_printf(out, "\\x%02x\\x%02x", (u8)from[0],
				       (u8)from[1]);
		else
			ntr_str_addn(out, from, (size_t)(path - from));
	}
}

/* --- fields ---------------------------------------------------------------------- */

static void digest(struct work *w, struct ntr_file *f, struct results_dump *r)
{
	u8 head[DIGEST_BYTES], sum[SHA1_DIGEST_SIZE];
	size_t n = ntr_file_read_some(f, 0, head, sizeof(head));
	char hex[2 * SHA1_DIGEST_SIZE + 1];
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, sizeof(f->size), (const u8 *)&f->size);
	sha1_update(&sha, n, head);
	sha1_digest(&sha, sizeof(sum), sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	r->digest = ntr_arena_strdup(&w->arena, hex);
}

static const char *keep(struct work *w)
{
	const char *s = ntr_arena_strdup(&w->arena, ntr_str_text(&w->text));

	ntr_str_clear(&w->text);
	return s;
}

static void add_date(struct ntr_str *out, u32 timestamp)
{
	time_t t = timestamp;
	struct tm tm;

	if (timestamp && gmtime_r(&t, &tm))
		ntr_str_printf(out, " %04d-%02d-%02d", tm.tm_year + 1900,
			       tm.tm_mon + 1, tm.tm_mday);
	else
		ntr_str_add(out, " ?");
}

static const char *modules(struct work *w)
{
	ntr_str_add(&w->text, "\n");
	for (size_t i = 0; i < w->t->modules.n; i++) {
		const struct ntr_module *m = &w->t->modules.v[i];

		ntr_str_add(&w->text, m->image ? m->image : "?");
		add_date(&w->text, m->timestamp);
		if (m->has_version)
			ntr_str_printf(&w->text, " %u.%u.%u.%u\n",
				       m->version[0], m->version[1],
				       m->version[2], m->version[3]);
		else
			ntr_str_add(&w->text, " ?\n");
	}
	return keep(w);
}

static const char *frames(struct work *w)
{
	char text[512];

	ntr_str_add(&w->text, "\n");
	for (size_t i = 0; i < w->v->stack.n && i < FRAMES_KEPT; i++) {
		const struct ntr_vframe *f = &w->v->stack.v[i];

		if (f->function && f->module && !f->export)
			snprintf(text, sizeof(text), "%s!%s", f->module->name,
				 f->function);
		else
			ntr_frame_text(text, sizeof(text), f);
		ntr_str_add(&w->text, text);
		ntr_str_add(&w->text, "\n");
	}
	return keep(w);
}

/* "6.3.9600"; the name of another system; NULL not known. */
static const char *os_text(struct work *w)
{
	struct ntr_fact v;
	char buf[64];

	if (!w->t->is_nt)
		return w->t->other_os;
	if (ntr_fact_get(w->f, "os.version", &v, NULL) ||
	    v.state != NTR_FACT_KNOWN)
		return w->t->os_name;
	if (!w->t->build)
		return ntr_arena_strdup(&w->arena, ntr_fact_text(&v, buf));
	return ntr_arena_printf(&w->arena, "%s.%u", ntr_fact_text(&v, buf),
				w->t->build);
}

static void machine_and_stop(struct work *w, struct results_dump *r)
{
	const struct ntr_verdict *v = w->v;
	const struct ntr_meta *m = &w->d->meta;
	char buf[32];
	const char *machine = ntr_machine_text(buf, w->t->machine);

	r->format = w->d->fmt->name;
	r->machine = machine ? ntr_arena_strdup(&w->arena, machine) : NULL;
	r->os = os_text(w);
	/* The mark of an imaging tool is no stop. */
	r->has_code = v->has_bugcheck && !v->tool_mark;
	if (r->has_code) {
		r->code = v->code;
		r->code_name = v->name;
		memcpy(r->arg, v->arg, sizeof(r->arg));
	}
	if (m->time > UNIX_EPOCH)
		r->crash_time = (s64)((m->time - UNIX_EPOCH) / 10000000);
}

static void conclusions(struct work *w, struct results_dump *r)
{
	const struct ntr_verdict *v = w->v;

	r->outcome = v->determined ? RESULTS_JUDGED : RESULTS_UNDETERMINED;
	r->bucket = v->bucket.id;
	r->bucket_hash = v->bucket.hash;
	r->blame = v->blame.module;
	r->blame_confidence = v->blame.confidence;
	r->stack_mod = v->bucket.mod;
	r->stack_func = v->bucket.mod_func;
	if (w->t->thread.process_name[0])
		r->process = w->t->thread.process_name;
	r->modules = modules(w);
	r->frames = frames(w);
}

static const char *json_of(struct work *w, const struct sig_result *one)
{
	struct ntr_out o;
	const char *s = NULL;

	ntr_out_init(&o, -1, true, false, false);
	if (one)
		ntr_report_signature_json(&o, one);
	else
		ntr_report_json(&o, w->v, w->s);
	while (o.buf.len && o.buf.s[o.buf.len - 1] == '\n')
		o.buf.s[--o.buf.len] = 0;
	if (!o.buf.lost)
		s = ntr_arena_strdup(&w->arena, ntr_str_text(&o.buf));
	ntr_out_fini(&o);
	return s;
}

size_t sig_index(const struct sig_set *set, const struct sig_rule *r)
{
	size_t lo = 0, hi = sig_count(set);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(sig_at(set, mid)->id, r->id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < sig_count(set) && sig_at(set, lo) == r ? lo :
							     sig_count(set);
}

/* With SIG_PROFILE silent rules are among the results, behind all others: they
 * are told and kept out of what is written. Returns how many. */
static size_t profile(struct work *w, const struct scan_sink *sink)
{
	size_t n = 0;

	if (!(w->j->opt.flags & SIG_PROFILE))
		return 0;
	sink->cost(sink->ctx, w->j->set, w->s);
	while (n < w->s->n && w->s->v[w->s->n - n - 1].value == SIG_SILENT)
		n++;
	return n;
}

static void signatures(struct work *w, struct results_dump *r)
{
	struct results_signature *v;

	v = ntr_arena_array(&w->arena, w->s->n + 1, sizeof(*v));
	if (!v)
		return;
	for (size_t i = 0; i < w->s->n; i++) {
		const struct sig_result *s = &w->s->v[i];

		if (s->value == SIG_SILENT)
			continue;
		v[r->nsig++] = (struct results_signature){
			.id = s->rule->id, .title = s->rule->title,
			.cls = sig_class_name(s->rule->cls),
			.severity = sig_severity_name(s->rule->severity),
			.value = sig_value_name(s->value),
			.confidence = s->confidence, .json = json_of(w, s),
		};
	}
	r->sig = v;
}

/* --- one dump ------------------------------------------------------------------------ */

static enum results_outcome outcome_of(enum ntr_st st)
{
	switch (st) {
	case NTR_UNSUP:
	case NTR_USAGE:
		return RESULTS_NOT_A_DUMP;
	case NTR_IO:
		return RESULTS_UNREADABLE;
	case NTR_NOMEM:
		return RESULTS_MEMORY;
	default:
		return RESULTS_DAMAGED;
	}
}

/* Without the path before it, which the row has. */
static const char *plain(const char *msg, const char *path)
{
	size_t n = strlen(path);

	return !strncmp(msg, path, n) && !strncmp(msg + n, ": ", 2) ?
		       msg + n + 2 : msg;
}

static void failed(struct work *w, const char *path, struct results_dump *r,
		   enum ntr_st st, const struct ntr_err *e)
{
	r->outcome = outcome_of(st);
	r->error = ntr_arena_strdup(&w->arena, e->msg[0] ?
				    plain(e->msg, path) : ntr_st_text(st));
}

/* What does not succeed is lacking, and the rest is there. */
static enum ntr_st search_memory(struct work *w, struct ntr_err *e)
{
	enum ntr_st st;

	if (!w->t->is_nt)
		return NTR_OK;
	st = ntr_hang_of(&w->hang, w->t, e);
	if (!st)
		st = ntr_pool_judge(&w->pool, w->t, NULL, e);
	w->v->hang = w->hang;
	w->v->pool = w->pool;
	return st == NTR_NOMEM ? st : NTR_OK;
}

static enum ntr_st analyse(struct work *w, struct ntr_err *e)
{
	enum ntr_st st = ntr_target_open_with(&w->t, w->d, w->j->store, e);

	if (!st)
		st = ntr_verdict_make(&w->v, w->t, e);
	if (!st && w->j->whole)
		st = search_memory(w, e);
	if (!st)
		st = ntr_facts_new(&w->f, w->t, w->v, e);
	if (!st)
		st = sig_judge(w->j->set, w->f, &w->j->opt, &w->s, e);
	return st;
}

static void fill(struct work *w, struct results_dump *r,
		 const struct scan_sink *sink)
{
	size_t silent = profile(w, sink);

	w->s->n -= silent;
	r->json = json_of(w, NULL); /* also loads what modules() names */
	machine_and_stop(w, r);
	conclusions(w, r);
	signatures(w, r);
	w->s->n += silent;
}

static void end(struct work *w)
{
	sig_results_free(w->s);
	ntr_facts_free(w->f);
	ntr_verdict_free(w->v);
	ntr_pool_judgement_free(w->pool);
	ntr_hang_free(w->hang);
	if (w->t)
		ntr_target_close(w->t);
	if (w->d)
		ntr_dump_close(w->d);
	ntr_str_fini(&w->text);
	ntr_arena_fini(&w->arena);
}

/* Takes f over. */
static void judge_dump(const struct scan_judge *j, struct ntr_file *f,
		       struct results_dump *r, const struct scan_sink *sink)
{
	struct ntr_open_opts opts = { .max_unpacked = j->max_unpacked };
	char *name = strdup(f->name);
	struct work w = { .j = j };
	struct ntr_err e = { "" };
	enum ntr_st st;

	digest(&w, f, r);
	st = ntr_dump_open_file(&w.d, f, &opts, &e);
	if (!st)
		st = analyse(&w, &e);
	if (st)
		failed(&w, name ? name : "", r, st, &e);
	else
		fill(&w, r, sink);
	sink->row(sink->ctx, r);
	end(&w);
	free(name);
}

/* --- a file, and what is in it ---------------------------------------------------------- */

struct gone_through {
	const struct scan_judge *j;
	const struct scan_sink *sink;
	const struct results_dump *base; /* path and times of the archive */
	unsigned number; /* of the file in the archive on disk */
	unsigned depth;  /* archives around it, besides that */
	unsigned held;   /* files it holds */
	bool stream;
};

static void no_dump(const struct gone_through *g, struct results_dump *r,
		    const char *what)
{
	struct ntr_str why = { 0 };

	ntr_str_printf(&why, "not a dump, because it is %s", what);
	r->outcome = RESULTS_NOT_A_DUMP;
	r->error = ntr_str_text(&why);
	g->sink->row(g->sink->ctx, r);
	ntr_str_fini(&why);
}

static enum ntr_st through(struct gone_through *g, struct ntr_file *f,
			   unsigned skip);

/* A file out of an archive, which is taken over: a dump, or an archive in it,
 * whose files are rows as well. */
static void judge_member(const struct gone_through *g, struct ntr_file *f,
			 struct results_dump *r)
{
	struct gone_through in = { .j = g->j, .sink = g->sink, .base = r,
				   .number = g->number,
				   .depth = g->depth + 1 };

	if (in.depth < NTR_ARCHIVE_DEPTH && through(&in, f, 0) != NTR_UNSUP)
		ntr_file_close(f);
	else
		judge_dump(g->j, f, r, g->sink);
}

static enum ntr_st on_member(void *ctx, const struct ntr_archived *m)
{
	struct gone_through *g = ctx;
	struct results_dump r = *g->base;
	struct ntr_str path = { 0 };

	ntr_str_add(&path, r.path);
	if (m->name) {
		ntr_str_add(&path, "!");
		scan_path_text(&path, m->name);
	}
	r.path = ntr_str_text(&path);
	/* A compressed stream is not in anything: it is the file. */
	g->stream = !m->name;
	g->held++;
	if (m->name)
		g->sink->member(g->sink->ctx, r.path, g->number);
	if (m->file)
		judge_member(g, m->file, &r);
	else
		no_dump(g, &r, m->what);
	if (!g->depth)
		g->number++;
	ntr_str_fini(&path);
	return NTR_OK;
}

/* A row for the archive itself, behind those of its files: it was gone through
 * to its end, it holds nothing, or it is damaged behind what could be had. */
static void archive_row(const struct gone_through *g, const char *name,
			enum ntr_st st, const struct ntr_err *e)
{
	struct results_dump r = *g->base;

	if (!st && g->stream)
		return;
	r.outcome = st ? outcome_of(st) : g->held ? RESULTS_ARCHIVE :
						    RESULTS_NOT_A_DUMP;
	if (st)
		r.error = e->msg[0] ? plain(e->msg, name) : ntr_st_text(st);
	else if (!g->held)
		r.error = "the archive holds no file";
	g->sink->row(g->sink->ctx, &r);
}

/* UNSUP: f is no archive, and no row was made. */
static enum ntr_st through(struct gone_through *g, struct ntr_file *f,
			   unsigned skip)
{
	u64 max = g->j->max_unpacked ? g->j->max_unpacked : NTR_MAX_UNPACKED;
	struct ntr_err e = { "" };
	enum ntr_st st = ntr_archive_each(f, max, skip, on_member, g, &e);

	if (st != NTR_UNSUP)
		archive_row(g, f->name, st, &e);
	return st;
}

static void base_row(struct results_dump *r, const char *path,
		     const char *shown, const char *judge)
{
	struct stat st;

	*r = (struct results_dump){ .path = shown, .judge = judge,
				    .judged_at = (s64)time(NULL) };
	if (!stat(path, &st)) {
		r->size = (u64)st.st_size;
		r->mtime_ns = (s64)st.st_mtim.tv_sec * 1000000000 +
			      st.st_mtim.tv_nsec;
	}
}

void scan_judge_file(const struct scan_judge *j, const char *path,
		     unsigned skip, const struct scan_sink *sink)
{
	struct gone_through g = { .j = j, .sink = sink, .number = skip,
				  .held = skip };
	struct ntr_str shown = { 0 };
	struct ntr_err e = { "" };
	struct results_dump base;
	struct ntr_file *f;
	enum ntr_st st;

	scan_path_text(&shown, path);
	base_row(&base, path, ntr_str_text(&shown), j->judge);
	g.base = &base;
	st = ntr_file_open(&f, path, &e);
	if (st) {
		base.outcome = outcome_of(st);
		base.error = e.msg[0] ? plain(e.msg, path) : ntr_st_text(st);
		sink->row(sink->ctx, &base);
	} else if (through(&g, f, skip) == NTR_UNSUP) {
		judge_dump(j, f, &base, sink);
	} else {
		ntr_file_close(f);
	}
	ntr_str_fini(&shown);
}
