// SPDX-License-Identifier: Apache-2.0
/*
 * Processes, threads and waits of every real kernel dump of the corpus.  They
 * are small dumps: the current process and thread are there, the rest is
 * absent and has to be said to be; nothing may be claimed.
 */
#include "facts.h"
#include "triage/waits.h"

static unsigned with_process, running;

static void check_thread(struct ntr_target *t)
{
	struct ntr_kthread k;
	struct ntr_regs r;

	ntr_kthread_read(t, t->thread.va, &k);
	CHECK(k.note == NULL);
	CHECK_EQ(k.th.va, t->thread.va);
	CHECK_EQ(k.th.stack_base, t->thread.stack_base);
	/* It runs: a bug check does not block its thread. */
	if (k.has_state) {
		CHECK_STR(ntr_thread_state_name(k.state), "Running");
		running++;
	}
	CHECK_EQ(k.nwaits, 0);
	if (k.has_priority)
		CHECK(k.priority < 32);
	CHECK_EQ(ntr_thread_regs(t, &k, &r, NULL), NTR_OK);
	CHECK_EQ(r.ip, t->cpus.v[t->crash_cpu].regs.ip);
}

static void check_lists(struct ntr_target *t)
{
	struct ntr_process_list l;
	struct ntr_err e = { "" };
	struct ntr_waits *w = NULL;
	unsigned whole = 0;

	if (ntr_process_list(t, &l, &e)) {
		CHECK(e.msg[0] != 0);
		CHECK(ntr_waits(&w, t, NULL) != NTR_OK);
		return;
	}
	with_process++;
	/* Of the neighbours on the list only the links are there. */
	for (size_t i = 0; i < l.p.n; i++) {
		const struct ntr_process *p = &l.p.v[i];

		if (p->note) {
			CHECK_STR(p->note, "not in the dump");
			CHECK(!p->has_pid && !p->has_dtb && !p->name[0]);
			continue;
		}
		whole++;
		CHECK_EQ(p->va, t->thread.process);
		CHECK_STR(p->name, t->thread.process_name);
		CHECK(p->has_pid && p->pid == t->thread.pid);
		CHECK(!strcmp(p->name, "System") == (p->pid == 4));
		CHECK(p->has_dtb && p->dtb);
	}
	CHECK_EQ(whole, 1);
	ntr_process_list_fini(&l);
	CHECK_EQ(ntr_waits(&w, t, NULL), NTR_OK);
	CHECK_EQ(w->cycles.n, 0);
	CHECK_EQ(w->roots.n, 0);
	for (size_t i = 0; i < w->queue_verdicts.n; i++) {
		const struct ntr_work_queue *q = &w->queues.q.v[i];

		printf("# queue %s at 0x%" PRIx64 ": %zu items, %zu workers%s%s\n",
		       q->name, q->va, q->items.n, q->workers.n,
		       *q->why ? ", " : "", q->why);
		CHECK(w->queue_verdicts.v[i].verdict != NTR_QV_EXHAUSTED);
	}
	CHECK(w->unknown.n > 0);
	ntr_waits_free(w);
}

static void small_dumps(void)
{
	char path[4096];
	struct facts f;
	unsigned opened = 0;

	if (!facts_open(&f))
		SKIP("the corpus is not there");
	while (facts_next(&f)) {
		struct ntr_target *t;
		struct ntr_dump *d;

		if (!find_dump(f.col[FACT_FILE], path, sizeof(path)) ||
		    strncmp(f.col[FACT_SIG], "PAGEDU", 6) ||
		    !*f.col[FACT_DRIVERS])
			continue;
		CHECK_EQ(ntr_dump_open(&d, path, NULL, NULL), NTR_OK);
		CHECK_EQ(ntr_target_open(&t, d, NULL), NTR_OK);
		check_thread(t);
		check_lists(t);
		if (test_.bad)
			printf("# %s\n", f.col[FACT_FILE]);
		opened++;
		ntr_target_close(t);
		ntr_dump_close(d);
	}
	printf("# %u dumps, a process in %u, a running thread in %u\n", opened,
	       with_process, running);
	CHECK(opened >= 14);
	CHECK_EQ(with_process, opened);
}

static void not_nt(void)
{
	struct ntr_process_list l;
	struct ntr_err e = { "" };
	struct ntr_waits *w;
	struct ntr_target *t;
	struct ntr_dump *d;
	char path[4096];

	if (!test_corpus("vmcore_made_with_qemu/vm_kaslr.kdump-zlib", path,
			 sizeof(path)))
		SKIP("the corpus is not there");
	CHECK_EQ(ntr_dump_open(&d, path, NULL, NULL), NTR_OK);
	CHECK_EQ(ntr_target_open(&t, d, NULL), NTR_OK);
	CHECK_EQ(ntr_process_list(t, &l, &e), NTR_ABSENT);
	CHECK_STR(e.msg, "no NT kernel in this dump");
	CHECK_EQ(ntr_waits(&w, t, &e), NTR_ABSENT);
	ntr_target_close(t);
	ntr_dump_close(d);
}

int main(void)
{
	RUN(small_dumps);
	RUN(not_nt);
	return test_done();
}
