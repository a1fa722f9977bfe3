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

static void frame(struct child *c, enum scan_frame_kind kind, const char *p,
		  size_t n)
{
	u32 len = (u32)n + 1;
	char head[5];

	memcpy(head, &len, sizeof(len));
	head[4] = (char)kind;
	send_all(c->fd, head, sizeof(head));
	send_all(c->fd, p, n);
}

static void on_member(void *ctx, const char *path, unsigned number)
{
	struct child *c = ctx;
	u32 v = number;

	ntr_str_clear(&c->out);
	ntr_str_addn(&c->out, (const char *)&v, sizeof(v));
	ntr_str_add(&c->out, path);
	frame(c, SCAN_MEMBER, c->out.s, c->out.len);
}

static void on_row(void *ctx, const struct results_dump *d)
{
	struct child *c = ctx;

	ntr_str_clear(&c->out);
	scan_row_encode(&c->out, d);
	if (!c->out.lost)
		frame(c, SCAN_ROW, c->out.s, c->out.len);
	else
		_exit(ENOMEM);
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
	const struct scan_sink sink = { on_member, on_row, c };
	struct job job;
	char *path = malloc(PATH_BYTES);

	while (path && read_all(c->fd, &job, sizeof(job)) &&
	       job.len < PATH_BYTES && read_all(c->fd, path, job.len)) {
		path[job.len] = 0;
		scan_judge_file(j, path, job.skip, &sink);
		frame(c, SCAN_DONE, "", 0);
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

static void child(int fd, pid_t scanner, const struct scan_worker_opts *o)
{
	const struct rlimit no_core = { 0, 0 };
	struct child c = { .fd = fd };
	struct scan_judge j = o->judge;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != scanner)
		_exit(0);
	(void)setrlimit(RLIMIT_CORE, &no_core);
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
	/* At most two jobs wait: they are far below the socket's buffer. */
	do
		n = send(w->fd, out.s, out.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (out.lost || n != (ssize_t)out.len)
		st = NTR_IO;
	ntr_str_fini(&out);
	return st;
}

enum ntr_st scan_worker_read(struct scan_worker *w)
{
	static const char room[READ_AT_ONCE];
	size_t at;
	ssize_t n;

	if (w->taken) {
		w->in.len -= w->taken;
		memmove(w->in.s, w->in.s + w->taken, w->in.len);
		w->taken = 0;
	}
	at = w->in.len;
	ntr_str_addn(&w->in, room, sizeof(room));
	if (w->in.lost)
		return NTR_NOMEM;
	do
		n = recv(w->fd, w->in.s + at, sizeof(room), 0);
	while (n < 0 && errno == EINTR);
	w->in.len = at + (n > 0 ? (size_t)n : 0);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return NTR_OK;
	return n > 0 ? NTR_OK : NTR_END;
}

enum ntr_st scan_worker_frame(struct scan_worker *w, struct scan_frame *out)
{
	size_t left = w->in.len - w->taken;
	const u8 *p = (const u8 *)w->in.s + w->taken;
	u32 len;

	if (left < sizeof(len) + 1)
		return NTR_ABSENT;
	memcpy(&len, p, sizeof(len));
	if (!len || len > SCAN_FRAME_MAX)
		return NTR_BAD;
	if (left - sizeof(len) < len)
		return NTR_ABSENT;
	*out = (struct scan_frame){ .kind = (enum scan_frame_kind)p[4],
				    .p = p + 5, .n = len - 1 };
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
	ntr_str_fini(&w->in);
	*w = (struct scan_worker){ .fd = -1 };
	return status;
}
