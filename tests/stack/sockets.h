// SPDX-License-Identifier: Apache-2.0
/*
 * What tests of AFD and of sockets share: a machine with a transport for tests
 * and afd, a story that runs in a thread of it, and the check that nothing is
 * left.  A story is told under many seeds, and with every allocation failing once
 * ("frail"): then its calls may fail, but nothing may be lost.
 */
#ifndef TESTS_STACK_SOCKETS_H
#define TESTS_STACK_SOCKETS_H

#include "machine.h"
#include "drivers/faketdi/faketdi.h"
#include "sdk/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define SOCKETS 8
#define SOCKET_TAGS "AfdEAfdCAfdAAfdBAfdSAfdRSockIrp FileFakeNDbf"

struct story {
	struct ex *x;
	struct faketdi *fake;
	struct sk *s[SOCKETS];
	bool frail, told;
	void (*fn)(struct story *t);
};

static inline bool want_(struct story *t, s64 got, s64 want, int line)
{
	if (got == want)
		return true;
	if (!t->frail) {
		printf("line %d: got %lld, want %lld\n", line, (long long)got,
		       (long long)want);
		CHECK_EQ(got, want);
	}
	return false;
}
/* The call gives that, or the story is over. */
#define WANT(t, call, want)                                                \
	do {                                                               \
		if (!want_((t), (call), (want), __LINE__))                 \
			return;                                            \
	} while (0)

static inline struct tdi_address at(u16 port)
{
	struct tdi_address a = { .family = 4, .port = port };

	memcpy(a.ip, (u8[4]){ 127, 0, 0, 1 }, 4);
	return a;
}

static inline void shut_all(struct story *t)
{
	for (int i = 0; i < SOCKETS; i++) {
		if (t->s[i])
			sk_close(t->s[i]);
		t->s[i] = NULL;
	}
}

static inline void tell(void *ctx)
{
	struct story *t = ctx;

	t->fn(t);
	shut_all(t);
	t->told = true;
}

static inline const char *drivers(void)
{
	static char path[512];
	const char *b = getenv("B");

	snprintf(path, sizeof(path), "%s/drivers", b ? b : "build/dev");
	return path;
}

/* Its thread may be what fails: once. */
static inline void unload(struct io_driver *d)
{
	if (d && io_unload(d))
		CHECK_EQ(io_unload(d), EX_SUCCESS);
}

/* true: the story was told to its end. */
static inline bool run_story(void (*fn)(struct story *t), u64 seed,
			     u64 fail_at)
{
	struct machine m = { .s = sched_new(&(struct sched_config){
		.seed = seed, .max_steps = 50000000 }) };
	struct io_driver *transport = NULL, *afd = NULL;
	struct story t = { .fn = fn, .frail = fail_at };
	struct ex_pool_state pool;
	bool failed = true;

	m.x = ex_new(&(struct ex_config){ .name = "m", .cpus = 2,
					  .alloc_fail_at = fail_at }, m.s);
	if (!m.x) {                  /* failed so early */
		CHECK(fail_at);
		sched_free(m.s);
		return fail_at;
	}
	t.x = m.x;
	io_driver_path(m.x, drivers());
	if (!io_load(m.x, "faketdi", "", &transport) &&
	    !io_load(m.x, "afd", "", &afd)) {
		t.fake = faketdi(m.x);
		if (ex_call(m.x, tell, &t))
			CHECK(t.told);
		CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
		CHECK_EQ(t.fake->files, 0);
	}
	if (ex_stopped(m.x) != EX_RUNNING)
		printf("seed %llu, failing %llu: %s\n",
		       (unsigned long long)seed, (unsigned long long)fail_at,
		       ex_stop_text(m.x) ? ex_stop_text(m.x) : "");
	unload(afd);
	unload(transport);
	check_none_left(m.x, SOCKET_TAGS);
	if (test_.bad)
		printf("seed %llu, failing %llu\n", (unsigned long long)seed,
		       (unsigned long long)fail_at);
	ex_pool_state(m.x, EX_NONPAGED, &pool);
	failed = pool.failed > 0;
	ex_pool_state(m.x, EX_PAGED, &pool);
	failed |= pool.failed > 0;
	machine_free(&m);
	return fail_at ? failed : t.told;
}

/* Many schedules, then every allocation failing once. */
static inline void tell_all(void (*fn)(struct story *t), unsigned seeds)
{
	u64 n = 1;

	for (u64 seed = 1; seed <= seeds && !test_.bad; seed++)
		CHECK(run_story(fn, seed, 0));
	while (!test_.bad && n < 5000 && run_story(fn, 1, n))
		n++;
	CHECK(n > 10);
}

/* ThreadSanitizer, which is slow and counts coroutines, sees more in each. */
#define SEEDS_OF(n) (CO_TSAN ? ((n) + 9) / 10 : (n))

/* On 2 to 4 CPUs, with a page of its own for each block: who touches what is gone
 * stops the machine. */
static inline void under(void (*fn)(struct story *t),
			 const struct sched_config *sc)
{
	struct machine m = machine_of(sc, &(struct ex_config){
		.cpus = 2 + sc->seed % 3, .special_pool = true });
	struct io_driver *transport = NULL, *afd = NULL;
	struct story t = { .x = m.x, .fn = fn };

	io_driver_path(m.x, drivers());
	CHECK_EQ(io_load(m.x, "faketdi", "", &transport), EX_SUCCESS);
	CHECK_EQ(io_load(m.x, "afd", "", &afd), EX_SUCCESS);
	t.fake = faketdi(m.x);
	CHECK(ex_call(m.x, tell, &t));
	CHECK_EQ(sched_run(m.s, NULL, NULL), EX_IDLE);
	if (ex_stopped(m.x) != EX_RUNNING)
		printf("%s\n", ex_stop_text(m.x));
	if (test_.bad)
		printf("%sseed %llu\n", sc->policy == SCHED_LIVE ? "live, " :
		       "", (unsigned long long)sc->seed);
	if (!test_.bad) {
		unload(afd);
		unload(transport);
		check_none_left(m.x, SOCKET_TAGS);
	}
	machine_free(&m);
}

#define LIVE 3                       /* times of a story, as it comes */

/* The story may be one in which CPUs go on until another does something: then
 * fair. Also as fast as the host lets its CPUs go. */
static inline void under_seeds(void (*fn)(struct story *t), unsigned seeds,
			       bool fair)
{
	for (u64 seed = 1; seed <= seeds && !test_.bad; seed++)
		under(fn, &(struct sched_config){
			.policy = fair || seed % 2 ? SCHED_RANDOM : SCHED_PCT,
			.seed = seed, .pct_steps = 200, .max_steps = 1000000 });
	for (u64 i = 0; i < LIVE && !test_.bad; i++)
		under(fn, &(struct sched_config){ .policy = SCHED_LIVE,
						  .seed = i });
}

/* s[0] listens at port, s[1] is connected to s[2]. */
static inline bool pair_up(struct story *t, u16 port)
{
	struct tdi_address a = at(port);
	int e = sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[0]);

	if (!e)
		e = sk_bind(t->s[0], &a);
	if (!e)
		e = sk_listen(t->s[0], 2);
	if (!e)
		e = sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[1]);
	if (!e)
		e = sk_connect(t->s[1], &a);
	if (!e)
		e = sk_accept(t->s[0], &t->s[2], NULL);
	return want_(t, e, 0, __LINE__);
}

#endif
