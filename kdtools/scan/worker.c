// SPDX-License-Identifier: Apache-2.0
#include "worker.h"

#include "row.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_AT_ONCE (256u << 10)
#define HEAD_BYTES 5u /* of a frame: its length, its kind */
#define PATH_BYTES (1u << 20)
#define SOCKET_BUFFER (1 << 20)

struct job {
	u32 len, skip; /* of the path that follows */
};

/* --- the worker's side -------------------------------------------------------------- */

struct child {
	int fd;
	struct ntr_str out;
};

static void send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			_exit(0); /* the scanner is gone */
		p += done;
		n -= (size_t)done;
	}
}

/* A frame is made in c->out, behind room for its head. */
static void frame_begin(struct child *c)
{
	static const char head[HEAD_BYTES];

	ntr_str_clear(&c->out);
	ntr_str_addn(&c->out, head, sizeof(head));
}

static void frame_send(struct child *c, enum scan_frame_kind kind)
{
	u32 len = (u32)(c->out.len - HEAD_BYTES) + 1;

	if (c->out.lost || c->out.len > SCAN_FRAME_MAX)
		_exit(ENOMEM);
	memcpy(c->out.s, &len, sizeof(len));
	c->out.s[sizeof(len)] = (char)kind;
	send_all(c->fd, c->out.s, c->out.len);
}

static void on_member(void *ctx, const char *path, unsigned number)
{
	struct child *c = ctx;
	u32 v = number;

	frame_begin(c);
	ntr_str_addn(&c->out, (const char *)&v, sizeof(v));
	ntr_str_add(&c->out, path);
	frame_send(c, SCAN_MEMBER);
}

static void on_row(void *ctx, const struct results_dump *d)
{
	struct child *c = ctx;

	frame_begin(c);
	scan_row_encode(&c->out, d);
	frame_send(c, SCAN_ROW);
}

static void on_cost(void *ctx, const struct sig_set *set,
		    const struct sig_results *r)
{
	struct child *c = ctx;

	frame_begin(c);
	for (size_t i = 0; i < r->n; i++) {
		struct scan_cost_of cost = { sig_index(set, r->v[i].rule),
					     r->v[i].ns };

		ntr_str_addn(&c->out, (const char *)&cost, sizeof(cost));
	}
	frame_send(c, SCAN_COSTS);
}

static bool read_all(int fd, void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static void serve(struct child *c, const struct scan_judge *j)
{
	const struct scan_sink sink = { on_member, on_row, on_cost, c };
	struct job job;
	char *path = malloc(PATH_BYTES);

	while (path && read_all(c->fd, &job, sizeof(job)) &&
	       job.len < PATH_BYTES && read_all(c->fd, path, job.len)) {
		path[job.len] = 0;
		scan_judge_file(j, path, job.skip, &sink);
		frame_begin(c);
		frame_send(c, SCAN_DONE);
	}
	free(path);
}

/* Address space in use now, from the kernel; 0 not known. */
static u64 address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (f) {
		if (fscanf(f, "%lu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return (u64)pages * (u64)sysconf(_SC_PAGESIZE);
}

/* AddressSanitizer reserves terabytes: no limit goes with it. */
static void limit_memory(u64 memory)
{
#ifndef __SANITIZE_ADDRESS__
	struct rlimit r;

	if (!memory)
		return;
	r.rlim_cur = r.rlim_max = address_space() + memory;
	(void)setrlimit(RLIMIT_AS, &r);
#else
	(void)memory;
	(void)address_space;
#endif
}

/* The scanner answers a signal from the terminal, and ends its workers. What it
 * has open (the store, the sockets of other workers) is not theirs. */
static void part_from_scanner(int fd)
{
	const struct rlimit no_core = { 0, 0 };

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (fd > 3)
		(void)close_range(3, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0u, 0);
}

static void child(int fd, pid_t scanner, const struct scan_worker_opts *o)
{
	struct child c = { .fd = fd };
	struct scan_judge j = o->judge;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != scanner)
		_exit(0);
	part_from_scanner(fd);
	limit_memory(o->memory);
	if (o->prepare && !o->prepare(o->ctx, &j))
		_exit(1);
	serve(&c, &j);
	ntr_str_fini(&c.out);
	_exit(0);
}

/* --- the scanner's side ---------------------------------------------------------------- */

enum ntr_st scan_worker_start(struct scan_worker *w,
			      const struct scan_worker_opts *o,
			      struct ntr_err *e)
{
	int pair[2], size = SOCKET_BUFFER;
	pid_t me = getpid(), pid;

	*w = (struct scan_worker){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return ntr_fail(e, NTR_IO, "cannot start a worker: %s",
				strerror(errno));
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	pid = fork();
	if (!pid) {
		close(pair[0]);
		child(pair[1], me, o);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return ntr_fail(e, NTR_IO, "cannot start a worker: %s",
				strerror(errno));
	}
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	w->fd = pair[0];
	w->pid = pid;
	return NTR_OK;
}

enum ntr_st scan_worker_send(struct scan_worker *w, const char *path, u32 skip)
{
	struct job job = { .len = (u32)strlen(path), .skip = skip };
	struct ntr_str out = { 0 };
	enum ntr_st st = NTR_OK;
	ssize_t n;

	ntr_str_addn(&out, (const char *)&job, sizeof(job));
	ntr_str_add(&out, path);
	/* What waits is far below the socket's buffer (QUEUE_PATHS). */
	do
		n = send(w->fd, out.s, out.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (out.lost || n != (ssize_t)out.len)
		st = NTR_IO;
	ntr_str_fini(&out);
	return st;
}

/* Room for READ_AT_ONCE more bytes behind those that are not taken yet. */
static bool make_room(struct scan_worker *w)
{
	size_t left = w->len - w->taken, want = w->cap ? w->cap : READ_AT_ONCE;
	u8 *p;

	if (w->taken && left)
		memmove(w->in, w->in + w->taken, left);
	w->len = left;
	w->taken = 0;
	while (want - left < READ_AT_ONCE)
		want *= 2;
	if (want == w->cap)
		return true;
	p = realloc(w->in, want);
	if (!p)
		return false;
	w->in = p;
	w->cap = want;
	return true;
}

enum ntr_st scan_worker_read(struct scan_worker *w)
{
	ssize_t n;

	if (!make_room(w))
		return NTR_NOMEM;
	do
		n = recv(w->fd, w->in + w->len, w->cap - w->len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return NTR_OK;
	if (n <= 0)
		return NTR_END;
	w->len += (size_t)n;
	return NTR_OK;
}

enum ntr_st scan_worker_frame(struct scan_worker *w, struct scan_frame *out)
{
	size_t left = w->len - w->taken;
	const u8 *p = w->in + w->taken;
	u32 len;

	if (left < HEAD_BYTES)
		return NTR_ABSENT;
	memcpy(&len, p, sizeof(len));
	if (!len || len > SCAN_FRAME_MAX)
		return NTR_BAD;
	if (left - sizeof(len) < len)
		return NTR_ABSENT;
	*out = (struct scan_frame){ .kind = (enum scan_frame_kind)p[4],
				    .p = p + HEAD_BYTES, .n = len - 1 };
	w->taken += sizeof(len) + len;
	return NTR_OK;
}

int scan_worker_end(struct scan_worker *w, bool now)
{
	int status = 0;

	if (!w->pid)
		return 0;
	if (now)
		(void)kill(w->pid, SIGKILL);
	close(w->fd);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	free(w->in);
	*w = (struct scan_worker){ .fd = -1 };
	return status;
}
