// SPDX-License-Identifier: Apache-2.0
/* AFD by its own controls: what it refuses, cancels, closes under way, and many
 * things at once. */
#include "sockets.h"

#include "sdk/inside.h"

/* --- controls ------------------------------------------------------------------------- */

static enum ex_status control(struct sk *s, u32 code, void *p, size_t n)
{
	size_t moved;

	return sk_control_status(s, (enum afd_code)code, p, n, KE_FOREVER,
				 &moved);
}

static void refuses(struct story *t)
{
	struct iovec v = { NULL, 5 };
	struct afd_transfer x = { .v = &v, .n = 1 };
	struct afd_poll q = { 0 };
	struct afd_option o = { .name = AFD_OPTION_COUNT };
	struct afd_accept a = { 0 };
	u32 how = 0;

	if (!pair_up(t, 80))
		return;
	WANT(t, control(t->s[1], 999, NULL, 0), EX_INVALID_DEVICE_REQUEST);
	WANT(t, control(t->s[1], 0, NULL, 0), EX_INVALID_PARAMETER);
	WANT(t, control(t->s[1], AFD_SEND, &x, 4), EX_INVALID_PARAMETER);
	WANT(t, control(t->s[1], AFD_SEND, NULL, 99), EX_INVALID_PARAMETER);
	WANT(t, control(t->s[1], AFD_SEND, &x, sizeof(x)),
	     EX_INVALID_PARAMETER);
	x.n = AFD_VECTORS + 1;
	WANT(t, control(t->s[1], AFD_RECEIVE, &x, sizeof(x)),
	     EX_INVALID_PARAMETER);
	x.n = 0;
	WANT(t, control(t->s[1], AFD_RECEIVE, &x, sizeof(x)), EX_SUCCESS);
	WANT(t, control(t->s[1], AFD_POLL, &q, sizeof(q)),
	     EX_INVALID_PARAMETER);
	WANT(t, control(t->s[1], AFD_SET_OPTION, &o, sizeof(o)),
	     EX_INVALID_PARAMETER);
	o.name = AFD_OPT_ERROR;
	WANT(t, control(t->s[1], AFD_SET_OPTION, &o, sizeof(o)),
	     EX_INVALID_PARAMETER);
	WANT(t, control(t->s[0], AFD_ACCEPT, &a, sizeof(a)),
	     EX_INVALID_PARAMETER);
	WANT(t, control(t->s[1], AFD_SHUTDOWN, &how, sizeof(how)),
	     EX_INVALID_PARAMETER);
	WANT(t, sk_read(t->s[0], &how, 4), -ENOTCONN);
	WANT(t, sk_write(t->s[0], &how, 4), -ENOTCONN);
}

static void wrong_opens(struct story *t)
{
	struct afd_open o = { .kind = 9, .family = 4 };
	struct io_file *f = NULL;

	WANT(t, io_open(t->x, AFD_DEVICE, &o, sizeof(o), &f),
	     EX_INVALID_PARAMETER);
	o = (struct afd_open){ .kind = AFD_STREAM, .family = 5 };
	WANT(t, io_open(t->x, AFD_DEVICE, &o, sizeof(o), &f),
	     EX_INVALID_PARAMETER);
	WANT(t, io_open(t->x, AFD_DEVICE, &o, 1, &f), EX_INVALID_PARAMETER);
	WANT(t, io_open(t->x, AFD_DEVICE, NULL, 0, &f), EX_INVALID_PARAMETER);
}

/* --- cancel ------------------------------------------------------------------------------ */

struct asked {
	struct irp *irp;
	struct ke_event done;
};

static bool ask(struct story *t, struct asked *a, struct sk *s,
		enum afd_code code, void *p, size_t n)
{
	struct io_stack *at;

	a->irp = io_irp_alloc(t->x);
	if (!a->irp)
		return false;
	ke_event_init(&a->done, "asked", false, false);
	a->irp->event = &a->done;
	at = io_next(a->irp);
	at->major = IO_DEVICE_CONTROL;
	at->code = code;
	at->file = s->file;
	at->buffer = p;
	at->length = n;
	io_call(s->file->device, a->irp);
	return true;
}

static s64 cancelled(struct story *t, struct asked *a, size_t *moved)
{
	enum ex_status st;

	io_cancel(a->irp);
	ke_wait(&a->done, KE_FOREVER);
	st = a->irp->status;
	*moved = a->irp->information;
	io_irp_free(t->x, a->irp);
	return st;
}

static void cancels(struct story *t)
{
	struct afd_accept acc = { 0 };
	char buf[8];
	struct iovec v = { buf, 8 };
	struct afd_transfer x = { .v = &v, .n = 1, .flags = AFD_WAITALL };
	struct afd_poll_item it = { .events = POLLIN };
	struct afd_poll q = { 1, &it };
	struct asked a;
	size_t n;

	if (!pair_up(t, 80))
		return;
	WANT(t, ask(t, &a, t->s[2], AFD_RECEIVE, &x, sizeof(x)), true);
	WANT(t, cancelled(t, &a, &n), EX_CANCELLED);
	WANT(t, ask(t, &a, t->s[2], AFD_RECEIVE, &x, sizeof(x)), true);
	n = (size_t)sk_send(t->s[1], "abc", 3, 0);
	ke_sleep(1000000);
	if (!t->frail)
		CHECK_EQ(n, 3);
	WANT(t, cancelled(t, &a, &n), n ? EX_SUCCESS : EX_CANCELLED);
	if (!t->frail)
		CHECK_EQ(n, 3);      /* what had come is not lost */
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[3]), 0);
	acc.onto = t->s[3]->file;
	WANT(t, ask(t, &a, t->s[0], AFD_ACCEPT, &acc, sizeof(acc)), true);
	WANT(t, cancelled(t, &a, &n), EX_CANCELLED);
	it.file = t->s[2]->file;
	WANT(t, ask(t, &a, t->s[2], AFD_POLL, &q, sizeof(q)), true);
	WANT(t, cancelled(t, &a, &n), EX_CANCELLED);
}

static void cancels_a_send(struct story *t)
{
	static char big[20000];
	struct iovec v = { big, sizeof(big) };
	struct afd_transfer x = { .v = &v, .n = 1 };
	struct asked a;
	size_t n;

	if (!pair_up(t, 80))
		return;
	t->fake->hold = true;
	if (ask(t, &a, t->s[1], AFD_SEND, &x, sizeof(x))) {
		s64 st = cancelled(t, &a, &n);

		if (!t->frail)
			CHECK_EQ(st, EX_SUCCESS);
		if (!t->frail)
			CHECK_EQ(n, 8192);
	}
	t->fake->hold = false;
	t->fake->go(t->x);
}

/* --- close while others are inside --------------------------------------------------------- */

struct inside {
	struct story *t;
	struct sk *s;
	int what;
	bool begun;                  /* its next step is into the call */
	s64 result;
	struct ke_thread *thread;
};

static void one_call(void *ctx)
{
	static char big[40000];
	struct inside *i = ctx;
	struct tdi_address a = at(99);
	struct sk_poll p = { i->s, POLLIN, 0 };
	struct sk *n = NULL;

	KE_SET(&i->begun, true);
	switch (i->what) {
	case 0:
		i->result = sk_recv(i->s, big, 1, 0);
		return;
	case 1:
		i->result = sk_send(i->s, big, sizeof(big), MSG_WAITALL);
		return;
	case 2:
		i->result = sk_poll(&p, 1, -1);
		return;
	case 3:
		i->result = sk_accept(i->s, &n, NULL);
		return;
	default:
		i->result = sk_connect(i->s, &a);
	}
}

static bool enter(struct story *t, struct inside *i, struct sk *s, int what)
{
	*i = (struct inside){ .t = t, .s = s, .what = what, .result = 1 };
	i->thread = ke_thread_create(t->x, "inside", 8, one_call, i);
	while (i->thread && !KE_GET(&i->begun))
		ke_sleep(100);
	return i->thread;
}

static s64 come_out(struct inside *i)
{
	ke_wait(ke_thread_object(i->thread), KE_FOREVER);
	ke_thread_put(i->thread);
	return i->result;
}

static void close_under(struct story *t, int what, int slot, s64 want)
{
	struct inside i;
	s64 r;

	if (!enter(t, &i, t->s[slot], what))
		return;
	ke_sleep(5000000);
	sk_close(t->s[slot]);
	t->s[slot] = NULL;
	r = come_out(&i);
	if (!t->frail)
		CHECK_EQ(r, want);
}

static void closes_under_calls(struct story *t)
{
	t->fake->hold = true;
	if (pair_up(t, 80)) {
		close_under(t, 1, 1, 8192);
		close_under(t, 0, 2, -ECANCELED);
		close_under(t, 3, 0, -ECANCELED);
	}
	t->fake->hold = false;
	t->fake->go(t->x);
	t->fake->hold_connects = true;
	if (!sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[4]))
		close_under(t, 4, 4, -ECANCELED);
	if (!sk_socket(t->x, AF_INET, SOCK_DGRAM, 0, &t->s[5]))
		close_under(t, 2, 5, 1);
}

/* The close comes when it comes: each seed another order. */
static void close_races(struct story *t)
{
	struct inside a, b;
	bool ra, rb;

	if (!pair_up(t, 80))
		return;
	ra = enter(t, &a, t->s[1], 1);
	rb = enter(t, &b, t->s[2], 2);
	if (ex_random(t->x) & 1)
		t->fake->reset(t->x, 80, EX_CONNECTION_RESET);
	sk_close(t->s[2]);
	t->s[2] = NULL;
	if (ra)
		come_out(&a);
	if (rb)
		come_out(&b);
}

/* --- overlapped ------------------------------------------------------------------------------ */

#define MANY 40
struct many {
	unsigned done, good;
	s64 bytes;
};

static void one_done(void *ctx, s64 result)
{
	struct many *m = ctx;

	if (result > 0) {
		KE_ADD(&m->good, 1);
		KE_ADD(&m->bytes, result);
	}
	KE_ADD(&m->done, 1);
}

static unsigned begin_many(struct story *t, struct many *m, bool file)
{
	static u8 data[MANY][500];
	unsigned begun = 0;

	for (unsigned i = 0; i < MANY; i++) {
		memset(data[i], (int)i, sizeof(data[i]));
		begun += !sk_overlapped(t->s[1], true, file, data[i],
					sizeof(data[i]), one_done, m);
	}
	return begun;
}

static void in_order(struct story *t, bool file)
{
	static u8 buf[500];
	struct many m = { 0 };
	unsigned begun;

	if (!pair_up(t, 80))
		return;
	begun = begin_many(t, &m, file);
	for (unsigned i = 0; i < MANY && !t->frail; i++) {
		CHECK_EQ(sk_recv(t->s[2], buf, sizeof(buf), MSG_WAITALL), 500);
		CHECK(buf[0] == i && buf[499] == i);
	}
	sk_close(t->s[1]);
	t->s[1] = NULL;
	ke_sleep(5000000);
	CHECK_EQ(KE_GET(&m.done), begun);
	if (!t->frail)
		CHECK_EQ(KE_GET(&m.good), MANY);
}

static void overlapped_in_order(struct story *t)
{
	in_order(t, false);
}

static void overlapped_files(struct story *t)
{
	in_order(t, true);
}

/* Nobody reads, and the sender goes: each is told once. */
static void overlapped_and_closed(struct story *t)
{
	struct many m = { 0 };
	unsigned begun = 0;

	t->fake->hold = true;
	if (pair_up(t, 80))
		begun = begin_many(t, &m, ex_random(t->x) & 1);
	shut_all(t);
	ke_sleep(5000000);
	CHECK_EQ(KE_GET(&m.done), begun);
	t->fake->hold = false;
	t->fake->go(t->x);
}

/* SO_SNDBUF of 0: the transport has the user's own requests. */
static void direct_and_reset(struct story *t)
{
	struct many m = { 0 };
	unsigned begun;
	int zero = 0;

	if (!pair_up(t, 80))
		return;
	WANT(t, sk_setsockopt(t->s[1], SOL_SOCKET, SO_SNDBUF, &zero,
			      sizeof(zero)), 0);
	t->fake->hold = true;
	begun = begin_many(t, &m, ex_random(t->x) & 1);
	CHECK_EQ(KE_GET(&m.good), 0);
	t->fake->reset(t->x, 80, EX_CONNECTION_RESET);
	ke_sleep(5000000);
	CHECK_EQ(KE_GET(&m.done), begun);
	CHECK_EQ(KE_GET(&m.good), 0);
}

/* --- failures of the transport ------------------------------------------------------------------ */

static void transport_fails(struct story *t)
{
	struct tdi_address a = at(80);
	char c;

	t->fake->fail_accept = EX_INSUFFICIENT_RESOURCES;
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[3]), 0);
	WANT(t, sk_bind(t->s[3], &a), 0);
	WANT(t, sk_listen(t->s[3], 1), 0);
	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[4]), 0);
	WANT(t, sk_connect(t->s[4], &a), -ECONNREFUSED);
	t->fake->fail_accept = 0;
	t->fake->fail_connect = EX_IO_TIMEOUT;
	WANT(t, sk_connect(t->s[4], &a), -ETIMEDOUT);
	t->fake->fail_connect = 0;
	sk_close(t->s[3]);
	t->s[3] = NULL;
	if (!pair_up(t, 81))
		return;
	t->fake->fail_send = EX_CONNECTION_ABORTED;
	WANT(t, sk_send(t->s[1], "x", 1, 0), 1);
	WANT(t, sk_send(t->s[1], "x", 1, 0), -ECONNABORTED);
	WANT(t, sk_recv(t->s[1], &c, 1, 0), -ECONNABORTED);
}

/* More than the backlog is refused; as they are accepted, there is room. */
static void backlog(struct story *t)
{
	struct tdi_address a = at(80);

	WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[0]), 0);
	WANT(t, sk_bind(t->s[0], &a), 0);
	WANT(t, sk_listen(t->s[0], 2), 0);
	for (int i = 1; i < 4; i++) {
		WANT(t, sk_socket(t->x, AF_INET, SOCK_STREAM, 0, &t->s[i]), 0);
		WANT(t, sk_connect(t->s[i], &a), i < 3 ? 0 : -ECONNREFUSED);
		ke_sleep(5000000);
	}
	WANT(t, sk_accept(t->s[0], &t->s[4], NULL), 0);
	ke_sleep(5000000);
	WANT(t, sk_connect(t->s[3], &a), 0);
	sk_close(t->s[0]);           /* two that nobody accepted */
	t->s[0] = NULL;
	WANT(t, sk_recv(t->s[3], &a, 1, 0), -ECONNRESET);
}

#define STORY(name)                                                        \
	static void name##_told(void)                                      \
	{                                                                  \
		tell_all(name, 100);                                       \
	}
STORY(refuses)
STORY(wrong_opens)
STORY(cancels)
STORY(cancels_a_send)
STORY(closes_under_calls)
STORY(close_races)
STORY(overlapped_in_order)
STORY(overlapped_files)
STORY(overlapped_and_closed)
STORY(direct_and_reset)
STORY(transport_fails)
STORY(backlog)

int main(void)
{
	RUN(refuses_told);
	RUN(wrong_opens_told);
	RUN(cancels_told);
	RUN(cancels_a_send_told);
	RUN(closes_under_calls_told);
	RUN(close_races_told);
	RUN(overlapped_in_order_told);
	RUN(overlapped_files_told);
	RUN(overlapped_and_closed_told);
	RUN(direct_and_reset_told);
	RUN(transport_fails_told);
	RUN(backlog_told);
	return test_done();
}
