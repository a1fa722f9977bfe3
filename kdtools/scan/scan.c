// SPDX-License-Identifier: Apache-2.0
#include "scan.h"

#include "row.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define WINDOW 1024u        /* files begun before the first is given out */
/* Files a worker has, so that it goes on while the store is written: two
 * whatever they are, more when they are small and their paths short. */
#define QUEUE 16u
#define QUEUE_BYTES (UINT64_C(16) << 20)
#define QUEUE_PATHS 8192u
#define TICK_MS 100
#define COMMIT_MS 200u
#define COMMIT_ROWS 512u

struct row_bytes {
	u8 *p;
	size_t n;
	s64 id;             /* it is in the store, as it is; 0: it is not */
	bool named;         /* a row of an operand itself */
};

/* A file on its way. */
struct entry {
	char *path;
	u64 size;
	s64 mtime_ns;
	bool named, done;
	struct { NTR_VEC(struct row_bytes); } rows;
};

struct slot {
	struct scan_worker w;
	struct entry *queue[QUEUE];
	u32 skip[QUEUE];
	unsigned n;
	u64 since;          /* ms: the dump in work was begun */
	char *member;       /* in work, of an archive; NULL: the file itself */
	u32 number;         /* of member */
	bool rowed;         /* what is in work has had its row */
};

struct scan {
	struct scan_walk *walk;
	const struct scan_opts *o;
	struct scan_counts *c;
	struct slot slot[SCAN_JOBS_MAX];
	struct entry *ring[WINDOW]; /* in order, from first */
	u64 first, next;            /* numbers; ring index = number % WINDOW */
	bool walked, stop, waits_for_list;
	s64 run;
	u64 committed_at;
	size_t uncommitted;
	struct { NTR_VEC(struct row_bytes); } held; /* rows put, not yet given out */
};

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

static enum ntr_st no_memory(struct ntr_err *e)
{
	return ntr_fail(e, NTR_NOMEM, "out of memory");
}

/* --- rows ------------------------------------------------------------------------- */

static enum ntr_st add_bytes(struct entry *en, const void *p, size_t n, s64 id)
{
	struct row_bytes *slot = ntr_vec_add(&en->rows);

	if (!slot)
		return NTR_NOMEM;
	slot->p = malloc(n ? n : 1);
	if (!slot->p) {
		en->rows.n--;
		return NTR_NOMEM;
	}
	memcpy(slot->p, p, n);
	slot->n = n;
	slot->id = id;
	return NTR_OK;
}

static enum ntr_st add_row(struct entry *en, const struct results_dump *d)
{
	struct ntr_str out = { 0 };
	enum ntr_st st = NTR_NOMEM;

	scan_row_encode(&out, d);
	if (!out.lost)
		st = add_bytes(en, out.s, out.len, d->id);
	ntr_str_fini(&out);
	return st;
}

/* A row that no worker made. path NULL: that of the file. */
static enum ntr_st plain_row(struct scan *s, struct entry *en,
			     const char *path, enum results_outcome outcome,
			     const char *error)
{
	struct ntr_str shown = { 0 };
	struct results_dump d = {
		.size = en->size, .mtime_ns = en->mtime_ns,
		.judge = s->o->worker.judge.judge,
		.judged_at = (s64)time(NULL), .outcome = outcome,
		.error = error,
	};
	enum ntr_st st;

	scan_path_text(&shown, en->path);
	d.path = path ? path : ntr_str_text(&shown);
	st = add_row(en, &d);
	ntr_str_fini(&shown);
	return st;
}

static void count(struct scan *s, const struct results_dump *d)
{
	bool fires = false, unknown = false;

	for (size_t i = 0; i < d->nsig; i++) {
		fires |= !strcmp(d->sig[i].value, "fires");
		unknown |= !strcmp(d->sig[i].value, "unknown");
	}
	s->c->rows++;
	s->c->fired += fires;
	s->c->unknown += unknown;
	if (d->outcome < NTR_COUNT(s->c->outcome))
		s->c->outcome[d->outcome]++;
}

/* --- giving out --------------------------------------------------------------------- */

static enum ntr_st decode(const struct row_bytes *p, struct ntr_arena *a,
			  struct results_dump *d, struct ntr_err *e)
{
	return scan_row_decode(p->p, p->n, a, d, e);
}

/* The row of a file itself: rows of what it held once, as an archive, go. */
static enum ntr_st put_file(struct scan *s, const struct results_dump *d,
			    struct ntr_err *e)
{
	enum ntr_st st = results_put(s->o->store, s->run, d, e);

	return st ? st : results_drop_members(s->o->store, d->path, d->size,
					      d->mtime_ns, e);
}

/* last: of its file, the row of the file itself. */
static enum ntr_st put(struct scan *s, const struct row_bytes *p, bool last,
		       struct ntr_err *e)
{
	struct ntr_arena arena = { 0 };
	struct results_dump d;
	enum ntr_st st;

	s->uncommitted++;
	if (!s->o->store)
		return NTR_OK;
	if (p->id)
		return results_touch(s->o->store, s->run, p->id, e);
	st = decode(p, &arena, &d, e);
	if (!st)
		st = last ? put_file(s, &d, e) :
			    results_put(s->o->store, s->run, &d, e);
	ntr_arena_fini(&arena);
	return st;
}

static void give(struct scan *s, const struct row_bytes *p)
{
	struct ntr_arena arena = { 0 };
	struct results_dump d;

	if (!decode(p, &arena, &d, NULL)) {
		count(s, &d);
		s->c->named_no_dump |= p->named &&
				       d.outcome == RESULTS_NOT_A_DUMP;
		if (!s->o->on_row(s->o->ctx, &d))
			s->stop = true;
	}
	ntr_arena_fini(&arena);
}

/* The store has it for good: now it may be told. */
static enum ntr_st commit(struct scan *s, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	if (s->o->store && s->uncommitted)
		st = results_commit(s->o->store, e);
	for (size_t i = 0; i < s->held.n; i++) {
		if (!st && !s->stop)
			give(s, &s->held.v[i]);
		free(s->held.v[i].p);
	}
	s->held.n = 0;
	s->uncommitted = 0;
	s->committed_at = now_ms();
	return st;
}

static void entry_free(struct entry *en)
{
	for (size_t i = 0; i < en->rows.n; i++)
		free(en->rows.v[i].p);
	ntr_vec_fini(&en->rows);
	free(en->path);
	free(en);
}

/* Rows of a finished file go to the store, in their order. */
static enum ntr_st retire(struct scan *s, struct entry *en, struct ntr_err *e)
{
	for (size_t i = 0; i < en->rows.n; i++) {
		struct row_bytes *to = ntr_vec_add(&s->held);
		enum ntr_st st;

		if (!to)
			return no_memory(e);
		*to = en->rows.v[i];
		to->named = en->named && en->rows.n == 1;
		en->rows.v[i].p = NULL;
		st = put(s, to, i + 1 == en->rows.n, e);
		if (st)
			return st;
	}
	return NTR_OK;
}

static enum ntr_st give_out(struct scan *s, bool all, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	while (!st && s->first < s->next && s->ring[s->first % WINDOW]->done) {
		struct entry *en = s->ring[s->first++ % WINDOW];

		st = retire(s, en, e);
		entry_free(en);
	}
	if (!st && s->held.n &&
	    (all || s->held.n >= COMMIT_ROWS ||
	     now_ms() - s->committed_at >= COMMIT_MS))
		st = commit(s, e);
	return st;
}

/* --- what the store has ------------------------------------------------------------------ */

static bool lasting(enum results_outcome o)
{
	return o == RESULTS_JUDGED || o == RESULTS_UNDETERMINED ||
	       o == RESULTS_NOT_A_DUMP || o == RESULTS_DAMAGED ||
	       o == RESULTS_ARCHIVE;
}

struct reuse {
	struct entry *en;
	enum ntr_st st;
	bool lasting;
};

static bool reuse_row(void *ctx, const struct results_dump *d)
{
	struct reuse *r = ctx;

	/* Of a file that the archive held once. */
	if (d->mtime_ns != r->en->mtime_ns || d->size != r->en->size)
		return true;
	r->lasting &= lasting(d->outcome);
	r->st = add_row(r->en, d);
	return !r->st && r->lasting;
}

/* The rows of an archive's files, before its own. */
static enum ntr_st members_first(struct scan *s, struct reuse *r,
				 const char *path)
{
	struct entry *en = r->en;
	enum ntr_st st = results_members(s->o->store, path, reuse_row, r, NULL);
	struct row_bytes own;

	if (st || !en->rows.n)
		return st;
	own = en->rows.v[0];
	memmove(en->rows.v, en->rows.v + 1,
		(en->rows.n - 1) * sizeof(*en->rows.v));
	en->rows.v[en->rows.n - 1] = own;
	return NTR_OK;
}

/* True: en has its rows from the store. */
static bool reused(struct scan *s, struct entry *en)
{
	struct reuse r = { .en = en, .lasting = true };
	struct ntr_str shown = { 0 };
	struct results_dump d;
	enum ntr_st st;

	if (!s->o->store || s->o->fresh)
		return false;
	scan_path_text(&shown, en->path);
	st = results_current(s->o->store, ntr_str_text(&shown), en->size,
			     en->mtime_ns, s->o->worker.judge.judge, &d, NULL);
	if (!st)
		(void)reuse_row(&r, &d);
	if (!st && (d.outcome == RESULTS_ARCHIVE ||
		    d.outcome == RESULTS_DAMAGED))
		st = members_first(s, &r, ntr_str_text(&shown));
	ntr_str_fini(&shown);
	if (!st && !r.st && r.lasting && en->rows.n)
		return true;
	for (size_t i = 0; i < en->rows.n; i++)
		free(en->rows.v[i].p);
	en->rows.n = 0;
	return false;
}

/* --- workers ------------------------------------------------------------------------ */

static enum ntr_st start_worker(struct scan *s, struct slot *sl,
				struct ntr_err *e)
{
	return scan_worker_start(&sl->w, &s->o->worker, e);
}

static void shift(struct slot *sl)
{
	for (unsigned i = 1; i < sl->n; i++) {
		sl->queue[i - 1] = sl->queue[i];
		sl->skip[i - 1] = sl->skip[i];
	}
	sl->n--;
	free(sl->member);
	sl->member = NULL;
	sl->rowed = false;
	sl->since = now_ms();
}

static const char *signal_text(int sig, char buf[80])
{
	const char *name = sigabbrev_np(sig);

	if (sig == SIGKILL)
		return "the worker was killed from outside (memory short?)";
	snprintf(buf, 80, "the worker ended by signal %s", name ? name : "?");
	return buf;
}

/* Why a worker ended that had a job; timeout: we ended it. */
static enum results_outcome why_ended(const struct scan *s, int status,
				      bool timeout, char buf[80],
				      const char **text)
{
	*text = buf;
	if (timeout) {
		snprintf(buf, 80, "not judged within %" PRIu64 ".%01u s",
			 s->o->timeout_ms / 1000,
			 (unsigned)(s->o->timeout_ms % 1000 / 100));
		return RESULTS_TIMEOUT;
	}
	if (WIFSIGNALED(status)) {
		*text = signal_text(WTERMSIG(status), buf);
		return WTERMSIG(status) == SIGKILL ? RESULTS_MEMORY :
						     RESULTS_CRASH;
	}
	snprintf(buf, 80, "the worker ended with code %d",
		 WEXITSTATUS(status));
	return RESULTS_CRASH;
}

/* Send the first job again, from behind the member that ended the worker. */
static void resend(struct slot *sl, struct entry *lost, bool in_archive)
{
	if (!in_archive) {
		lost->done = true;
		shift(sl);
		return;
	}
	sl->skip[0] = sl->number + 1;
	free(sl->member);
	sl->member = NULL;
	sl->rowed = false;
}

/* A worker that is gone again is found at its end of file; its first job gets a
 * row then, so that this ends. */
static void send_again(struct slot *sl, const struct entry *en, u32 skip)
{
	if (scan_worker_send(&sl->w, en->path, skip))
		return;
}

/* The worker is gone or to be ended: a row for what it was at, a new one. */
static enum ntr_st replace(struct scan *s, struct slot *sl, bool timeout,
			   struct ntr_err *e)
{
	char buf[80];
	const char *text;
	int status = scan_worker_end(&sl->w, true);
	enum results_outcome o = why_ended(s, status, timeout, buf, &text);
	enum ntr_st st = NTR_OK;

	if (sl->n && !sl->rowed)
		st = plain_row(s, sl->queue[0], sl->member, o, text);
	if (sl->n)
		resend(sl, sl->queue[0], sl->member != NULL);
	if (st)
		return no_memory(e);
	st = start_worker(s, sl, e);
	for (unsigned i = 0; !st && i < sl->n; i++)
		send_again(sl, sl->queue[i], sl->skip[i]);
	sl->since = now_ms();
	return st;
}

static enum ntr_st begin_member(struct slot *sl, const struct scan_frame *f)
{
	u32 number;

	if (f->n < sizeof(number) || memchr(f->p + 4, 0, f->n - 4))
		return NTR_BAD;
	memcpy(&number, f->p, sizeof(number));
	/* A frame out of order would send the same member for ever. Files of an
	 * archive in the archive have its number. */
	if (number < sl->skip[0] || (sl->member && number < sl->number))
		return NTR_BAD;
	free(sl->member);
	sl->rowed = false;
	sl->number = number;
	sl->since = now_ms();
	sl->member = strndup((const char *)f->p + 4, f->n - 4);
	return sl->member ? NTR_OK : NTR_NOMEM;
}

static enum ntr_st take_row(struct slot *sl, const struct scan_frame *f)
{
	struct ntr_arena arena = { 0 };
	struct results_dump d;
	enum ntr_st st = scan_row_decode(f->p, f->n, &arena, &d, NULL);

	ntr_arena_fini(&arena);
	sl->rowed = true;
	return st ? st : add_bytes(sl->queue[0], f->p, f->n, 0);
}

static enum ntr_st take_costs(const struct scan *s, const struct scan_frame *f)
{
	size_t rules = sig_count(s->o->worker.judge.set);
	struct scan_cost_of c;

	if (!s->o->costs || f->n % sizeof(c))
		return NTR_BAD;
	for (size_t at = 0; at < f->n; at += sizeof(c)) {
		memcpy(&c, f->p + at, sizeof(c));
		if (c.rule >= rules)
			return NTR_BAD;
		s->o->costs[c.rule].dumps++;
		s->o->costs[c.rule].ns += c.ns;
	}
	return NTR_OK;
}

static enum ntr_st take_frame(const struct scan *s, struct slot *sl,
			      const struct scan_frame *f)
{
	if (!sl->n)
		return NTR_BAD;
	switch (f->kind) {
	case SCAN_MEMBER:
		return begin_member(sl, f);
	case SCAN_ROW:
		return take_row(sl, f);
	case SCAN_COSTS:
		return take_costs(s, f);
	case SCAN_DONE:
		sl->queue[0]->done = true;
		shift(sl);
		return NTR_OK;
	}
	return NTR_BAD;
}

/* Everything that a worker has sent. */
static enum ntr_st take(struct scan *s, struct slot *sl, struct ntr_err *e)
{
	enum ntr_st st = scan_worker_read(&sl->w), frame;
	struct scan_frame f;

	while (!(frame = scan_worker_frame(&sl->w, &f))) {
		frame = take_frame(s, sl, &f);
		if (frame)
			break;
	}
	if (st == NTR_NOMEM || frame == NTR_NOMEM)
		return no_memory(e);
	if (st != NTR_END && frame != NTR_BAD)
		return NTR_OK;
	if (sl->n)
		return replace(s, sl, false, e);
	/* It had nothing to do: hand() starts another when there is. */
	(void)scan_worker_end(&sl->w, true);
	return NTR_OK;
}

/* --- files ----------------------------------------------------------------------------- */

static struct entry *entry_new(struct scan *s, const struct scan_item *it)
{
	struct entry *en = calloc(1, sizeof(*en));

	if (en)
		en->path = strdup(it->path);
	if (!en || !en->path) {
		free(en);
		return NULL;
	}
	en->size = it->size;
	en->mtime_ns = it->mtime_ns;
	en->named = it->named;
	s->ring[s->next++ % WINDOW] = en;
	s->c->files++;
	return en;
}

static bool has_room(const struct slot *sl)
{
	u64 bytes = 0;
	size_t paths = 0;

	if (sl->n < 2 || sl->n == QUEUE)
		return sl->n < QUEUE;
	for (unsigned i = 0; i < sl->n; i++) {
		bytes += sl->queue[i]->size;
		paths += strlen(sl->queue[i]->path);
	}
	return bytes <= QUEUE_BYTES && paths <= QUEUE_PATHS;
}

static struct slot *free_slot(struct scan *s)
{
	struct slot *best = NULL;

	for (unsigned i = 0; i < s->o->jobs; i++)
		if (has_room(&s->slot[i]) &&
		    (!best || s->slot[i].n < best->n))
			best = &s->slot[i];
	return best;
}

static enum ntr_st hand(struct scan *s, struct slot *sl, struct entry *en,
			struct ntr_err *e)
{
	enum ntr_st st = scan_worker_send(&sl->w, en->path, 0);

	/* It died between two files: not of this one. With a file in work,
	 * that is found out at its end of file, and this one sent again. */
	if (st && !sl->n) {
		(void)scan_worker_end(&sl->w, true);
		st = start_worker(s, sl, e);
		if (st)
			return st;
		/* One that does not live to take it gives it a row. */
		send_again(sl, en, 0);
	}
	if (!sl->n)
		sl->since = now_ms();
	sl->skip[sl->n] = 0;
	sl->queue[sl->n++] = en;
	return NTR_OK;
}

/* The next file of the walk to a worker, or straight to its row. */
static enum ntr_st next_file(struct scan *s, struct slot *sl,
			     struct ntr_err *e)
{
	struct scan_item it;
	enum ntr_st st = scan_walk_next(s->walk, &it, e);
	struct entry *en;

	if (st == NTR_END) {
		s->walked = true;
		return NTR_OK;
	}
	if (st)
		return st;
	en = entry_new(s, &it);
	if (!en)
		return no_memory(e);
	if (it.error) {
		en->done = true;
		return plain_row(s, en, NULL, it.unreadable ?
				 RESULTS_UNREADABLE : RESULTS_NOT_A_DUMP,
				 it.error) ? no_memory(e) : NTR_OK;
	}
	if (reused(s, en)) {
		en->done = true;
		return NTR_OK;
	}
	return hand(s, sl, en, e);
}

static enum ntr_st feed(struct scan *s, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;
	struct slot *sl;

	s->waits_for_list = false;
	while (!st && !s->walked && s->next - s->first < WINDOW &&
	       s->held.n < COMMIT_ROWS && (sl = free_slot(s))) {
		s->waits_for_list = !scan_walk_ready(s->walk);
		if (s->waits_for_list)
			break;
		st = next_file(s, sl, e);
	}
	return st;
}

/* --- the loop ------------------------------------------------------------------------ */

static enum ntr_st out_of_time(struct scan *s, struct ntr_err *e)
{
	u64 now = now_ms();
	enum ntr_st st = NTR_OK;

	for (unsigned i = 0; i < s->o->jobs && s->o->timeout_ms && !st; i++) {
		struct slot *sl = &s->slot[i];

		if (sl->n && now - sl->since > s->o->timeout_ms)
			st = replace(s, sl, true, e);
	}
	return st;
}

/* For a worker, or for the list that names the files. */
static enum ntr_st wait_and_take(struct scan *s, struct ntr_err *e)
{
	struct pollfd fds[SCAN_JOBS_MAX + 1];
	enum ntr_st st = NTR_OK;

	for (unsigned i = 0; i < s->o->jobs; i++)
		fds[i] = (struct pollfd){ .fd = s->slot[i].w.fd,
					  .events = POLLIN };
	fds[s->o->jobs] = (struct pollfd){ .fd = s->waits_for_list ?
					   scan_walk_fd(s->walk) : -1,
					   .events = POLLIN };
	if (poll(fds, s->o->jobs + 1, TICK_MS) <= 0)
		return NTR_OK;
	for (unsigned i = 0; i < s->o->jobs && !st; i++)
		if (fds[i].revents)
			st = take(s, &s->slot[i], e);
	return st;
}

static bool busy(const struct scan *s)
{
	for (unsigned i = 0; i < s->o->jobs; i++)
		if (s->slot[i].n)
			return true;
	return false;
}

static enum ntr_st loop(struct scan *s, struct ntr_err *e)
{
	enum ntr_st st = NTR_OK;

	while (!st && !s->stop && (!s->walked || s->first < s->next)) {
		st = feed(s, e);
		if (!st)
			st = give_out(s, false, e);
		if (!st && (busy(s) || s->waits_for_list))
			st = wait_and_take(s, e);
		if (!st)
			st = out_of_time(s, e);
		if (s->o->on_tick && !s->o->on_tick(s->o->ctx, s->c))
			s->stop = true;
	}
	return st ? st : give_out(s, true, e);
}

static void end(struct scan *s)
{
	for (unsigned i = 0; i < s->o->jobs; i++) {
		(void)scan_worker_end(&s->slot[i].w, true);
		free(s->slot[i].member);
	}
	while (s->first < s->next)
		entry_free(s->ring[s->first++ % WINDOW]);
	for (size_t i = 0; i < s->held.n; i++)
		free(s->held.v[i].p);
	ntr_vec_fini(&s->held);
	free(s);
}

enum ntr_st scan_run(struct scan_walk *walk, const struct scan_opts *o,
		     struct scan_counts *counts, struct ntr_err *e)
{
	struct scan *s = calloc(1, sizeof(*s));
	enum ntr_st st = NTR_OK;

	if (!s)
		return no_memory(e);
	*counts = (struct scan_counts){ 0 };
	s->walk = walk;
	s->o = o;
	s->c = counts;
	s->committed_at = now_ms();
	for (unsigned i = 0; i < o->jobs; i++)
		s->slot[i].w.fd = -1;
	for (unsigned i = 0; i < o->jobs && !st; i++)
		st = start_worker(s, &s->slot[i], e);
	if (!st && o->store)
		st = results_run_begin(o->store, "scan", o->worker.judge.judge,
				       &s->run, e);
	if (!st)
		st = loop(s, e);
	if (!st && o->store)
		st = results_run_end(o->store, s->run, NULL, e);
	end(s);
	return st;
}
