// SPDX-License-Identifier: Apache-2.0
/*
 * The network stack of every real kernel dump of the corpus.  They are small
 * dumps: no drivers, requests or pool of the machine are in them, and nothing
 * may be claimed; what code the current thread's stack holds is there.
 */
#include "facts.h"
#include "kobj/ndis.h"
#include "kobj/netbios.h"
#include "kobj/netstack.h"

static unsigned with_frame;

static void check_runs(struct ntr_target *t, const struct ntr_net *n)
{
	CHECK(n->runs.n <= 1);
	for (size_t i = 0; i < n->runs.n; i++) {
		const struct ntr_net_run *r = &n->runs.v[i];
		const struct ntr_module *m = ntr_target_module(t, r->at);

		CHECK_EQ(r->kind, NTR_NR_THREAD);
		CHECK_EQ(r->va, t->thread.va);
		CHECK(m != NULL);
		if (m)
			CHECK_EQ(r->part, ntr_net_image_part(m->image));
		CHECK(r->trust <= NTR_TRUST_SCAN);
		CHECK(!r->blocked && !r->has_waited);
		with_frame++;
	}
}

static void check_target(struct ntr_target *t)
{
	struct ntr_pool *p = NULL;
	struct ntr_nbt_scan s;
	struct ntr_ndis lists;
	struct ntr_err e = { "" };
	struct ntr_net n;

	CHECK_EQ(ntr_pool_open(&p, t, &e), NTR_OK);
	CHECK_EQ(ntr_net_read(t, p, &n, &e), NTR_OK);
	CHECK_STR(e.msg, "");
	CHECK_EQ(n.drivers.n + n.devices.n + n.files.n, 0);
	CHECK_EQ(n.irps.n, 0);
	CHECK(*n.drivers_why && *n.irps_why && *n.threads_why);
	check_runs(t, &n);
	ntr_net_fini(&n);
	CHECK_EQ(ntr_nbt_scan(p, &s, &e), NTR_OK);
	CHECK_EQ(s.found, 0);
	ntr_nbt_scan_fini(&s);
	CHECK_EQ(ntr_ndis_read(t, &lists, &e), NTR_OK);
	CHECK_EQ(lists.adapters.n + lists.protocols.n + lists.bindings.n, 0);
	CHECK(*lists.adapters_why && *lists.protocols_why);
	ntr_ndis_fini(&lists);
	ntr_pool_close(p);
}

static void real_dumps(void)
{
	struct facts f;
	char path[4096];
	unsigned n = 0;

	if (!facts_open(&f))
		SKIP("the corpus is not there");
	while (facts_next(&f)) {
		struct ntr_dump *d;
		struct ntr_target *t;
		struct ntr_err e = { "" };

		if (!find_dump(f.col[FACT_FILE], path, sizeof(path)) ||
		    ntr_dump_open(&d, path, NULL, &e))
			continue;
		if (ntr_target_open(&t, d, &e) == NTR_OK) {
			if (t->is_nt) {
				check_target(t);
				n++;
			}
			ntr_target_close(t);
		}
		ntr_dump_close(d);
	}
	CHECK(n > 0);
	CHECK(with_frame > 0);
}

int main(void)
{
	RUN(real_dumps);
	return test_done();
}
