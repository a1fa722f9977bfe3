// SPDX-License-Identifier: Apache-2.0
/* The tracer: counters, the flight recorder, text, a sink, LTTng's provider. */
#include "machine.h"
#include "trace/trace.h"

#include <unistd.h>

static void works(void *context)
{
	struct ke_lock *l = context;

	for (int i = 0; i < 5; i++)
		ke_unlock(l, ke_lock(l));
	TRACE(tcp_state, 0x1234, 3, 4, 0);
}

static struct machine recorded(bool recorder)
{
	return machine_of(&(struct sched_config){ .seed = 1 },
			  &(struct ex_config){ .name = "rec", .cpus = 1,
					       .flight_recorder = recorder });
}

static void run_works(struct machine *m)
{
	struct ke_lock l;

	ke_lock_init(&l, "l");
	CHECK(ex_call(m->x, works, &l));
}

static void counters_always_count(void)
{
	struct machine m = recorded(false);
	struct trace_record r;

	run_works(&m);
	CHECK_EQ(trace_count(m.x, TRACE_tcp_state), 1);
	CHECK_EQ(trace_count(m.x, TRACE_ke_lock_try), 5);
	CHECK_EQ(trace_count(m.x, TRACE_ke_lock_got), 5);
	CHECK_EQ(trace_count(m.x, TRACE_ke_lock_put), 5);
	CHECK_EQ(trace_count(m.x, TRACE_ke_bugcheck), 0);
	CHECK(!trace_recent(m.x, 0, 0, &r));
	machine_free(&m);
}

static bool find(struct ex *x, unsigned event, struct trace_record *out)
{
	for (u64 i = 0; trace_recent(x, 0, i, out); i++)
		if (out->event == event)
			return true;
	return false;
}

static void recorder_keeps_the_last(void)
{
	struct machine m = recorded(true);
	struct trace_record r;
	char text[256];

	sched_set_now(m.s, UINT64_C(12000345000));
	run_works(&m);
	CHECK(find(m.x, TRACE_tcp_state, &r));
	CHECK_EQ(r.when, UINT64_C(12000345000));
	CHECK_EQ(r.cpu, 0);
	CHECK_EQ(r.irql, 0);
	CHECK(r.thread > 0);
	CHECK_EQ(r.a[0], 0x1234);
	CHECK_EQ(r.a[1], 3);
	CHECK(trace_text(&r, text, sizeof(text)) > 0);
	CHECK_STR(text, "12.000345000 cpu 0 irql 0 tcp/state tcb=0x1234 "
			"from=0x3 to=0x4");
	CHECK_EQ(trace_text(&r, text, 10), 9);
	CHECK_EQ(strlen(text), 9);
	CHECK(find(m.x, TRACE_ke_lock_got, &r));
	CHECK_EQ(r.irql, KE_DISPATCH);
	machine_free(&m);
}

static void many(void *context)
{
	(void)context;
	for (u64 i = 0; i < 3 * TRACE_RING; i++)
		TRACE(tcp_segment_in, 0, i, 0, 0);
}

static void the_ring_wraps(void)
{
	struct machine m = recorded(true);
	struct trace_record r;

	thread_of(m.x, "many", many, NULL);
	sched_run(m.s, NULL, NULL);
	CHECK_EQ(trace_count(m.x, TRACE_tcp_segment_in), 3 * TRACE_RING);
	CHECK(trace_recent(m.x, 0, TRACE_RING - 1, &r));
	CHECK(!trace_recent(m.x, 0, TRACE_RING, &r));
	CHECK(!trace_recent(m.x, 1, 0, &r));
	CHECK(find(m.x, TRACE_tcp_segment_in, &r));
	CHECK_EQ(r.a[1], 3 * TRACE_RING - 1);
	machine_free(&m);
}

static void stops(void *context)
{
	(void)context;
	ke_bugcheck(0xd1, 1, 2, 3, 4);
}

static void the_bug_check_is_the_last(void)
{
	struct machine m = recorded(true);
	struct trace_record r;

	thread_of(m.x, "stops", stops, NULL);
	check_bugcheck(&m, 0xd1, 1);
	CHECK(trace_recent(m.x, 0, 0, &r));
	CHECK_EQ(r.event, TRACE_ke_bugcheck);
	CHECK_EQ(r.a[0], 0xd1);
	CHECK_EQ(r.a[3], 3);
	machine_free(&m);
}

RACE_BLIND static void seen(void *ctx, struct ex *x, const struct trace_record *r)
{
	CHECK_STR(ex_name(x), "rec");
	if (r->event == TRACE_tcp_state)
		++*(unsigned *)ctx;
}

static void a_sink_sees_all(void)
{
	struct machine m = recorded(false);
	unsigned n = 0;

	trace_sink(m.x, seen, &n);
	run_works(&m);
	CHECK_EQ(n, 1);
	trace_sink(m.x, NULL, NULL);
	run_works(&m);
	CHECK_EQ(n, 1);
	machine_free(&m);
}

static void events_are_described(void)
{
	const struct trace_info *i = trace_info(TRACE_netbt_indicate);

	CHECK(i != NULL);
	CHECK_STR(i->group, "netbt");
	CHECK_STR(i->name, "indicate");
	CHECK_STR(i->arg[3], "taken_capacity");
	CHECK_STR(trace_info(TRACE_ke_lock_try)->arg[2], "_");
	CHECK(trace_info(TRACE_EVENTS) == NULL);
	for (unsigned e = 0; e < TRACE_EVENTS; e++)
		CHECK(strlen(trace_info(e)->what) > 5);
}

/* --- LTTng ------------------------------------------------------------------------------ */

static void lttng_provider(void)
{
	struct machine m;
	char path[512], why[256] = "";
	const char *b = getenv("B");

	snprintf(path, sizeof(path), "%s/ntstack-lttng.so",
		 b ? b : "build/dev");
	if (access(path, R_OK))
		SKIP("the provider was not built");
	m = recorded(true);
	CHECK(trace_lttng(m.x, path, why, sizeof(why)));
	CHECK_STR(why, "");
	run_works(&m);
	thread_of(m.x, "stops", stops, NULL);
	check_bugcheck(&m, 0xd1, 1);
	machine_free(&m);
}

static void a_provider_that_is_not_there(void)
{
	struct machine m = recorded(false);
	char why[256] = "";

	CHECK(!trace_lttng(m.x, "/nothing.so", why, sizeof(why)));
	CHECK_HAS(why, "nothing.so");
	machine_free(&m);
}

int main(void)
{
	RUN(counters_always_count);
	RUN(recorder_keeps_the_last);
	RUN(the_ring_wraps);
	RUN(the_bug_check_is_the_last);
	RUN(a_sink_sees_all);
	RUN(events_are_described);
	RUN(lttng_provider);
	RUN(a_provider_that_is_not_there);
	return test_done();
}
