// SPDX-License-Identifier: Apache-2.0
/* Cancelling a download: the progress callback says stop, what has come stays
 * as a part, and the store asks nobody any more. The server is a child of the
 * test on the loopback that sends a beginning and then nothing. */
#include "sym/store.h"

#include "test.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEGINNING = 4096 };

static void serve(int listener)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\n"
				   "Content-Length: 1000000\r\n\r\n";
	char body[BEGINNING], req[4096];
	int c = accept(listener, NULL, NULL);

	memset(body, 'x', sizeof(body));
	if (c >= 0 && read(c, req, sizeof(req)) > 0 &&
	    write(c, head, sizeof(head) - 1) > 0 &&
	    write(c, body, sizeof(body)) > 0)
		sleep(60);
	_exit(0);
}

static pid_t start(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) || listen(fd, 4) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		abort();
	*port = ntohs(a.sin_port);
	pid = fork();
	if (!pid)
		serve(fd);
	close(fd);
	return pid;
}

struct seen {
	unsigned calls;
	u64 done, total;
};

static bool stop_when_begun(void *ctx, const char *name, u64 done, u64 total)
{
	struct seen *s = ctx;

	s->calls++;
	if (strcmp(name, "netdrv.sys"))
		return false;
	s->done = done;
	s->total = total;
	return done < BEGINNING;
}

static u64 size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (u64)st.st_size;
}

static void cancelled_by_progress(void)
{
	char dir[] = "/tmp/ntr-cancel-XXXXXX", path[128], part[256], cmd[300];
	struct seen seen = { 0 };
	struct ntr_store_opts o = { .progress = stop_when_begun,
				    .ctx = &seen, .timeout_s = 30 };
	struct ntr_store *s;
	struct ntr_want w;
	struct ntr_err e = { "" };
	char *found = NULL;
	unsigned port, calls;
	pid_t pid = start(&port);

	CHECK(mkdtemp(dir));
	setenv("no_proxy", "*", 1);
	snprintf(path, sizeof(path), "srv*%s*http://127.0.0.1:%u/x", dir,
		 port);
	CHECK_EQ(ntr_store_open(&s, path, &o, NULL), NTR_OK);
	CHECK_EQ(ntr_want_image(&w, "netdrv.sys", 0x5e000001, 0x9000, NULL),
		 NTR_OK);
	CHECK_EQ(ntr_store_find(s, &w, &found, &e), NTR_IO);
	CHECK_STR(e.msg, "cancelled");
	CHECK_EQ(seen.done, BEGINNING);
	CHECK_EQ(seen.total, 1000000);
	snprintf(part, sizeof(part), "%s/netdrv.sys/5E0000019000/netdrv.sys"
		 ".part", dir);
	CHECK_EQ(size_of(part), BEGINNING);
	part[strlen(part) - 5] = 0;
	CHECK_EQ(size_of(part), 0);
	calls = seen.calls;
	CHECK_EQ(ntr_store_find(s, &w, &found, &e), NTR_IO);
	CHECK_EQ(seen.calls, calls); /* nobody was asked */
	CHECK(!found);
	ntr_store_close(s);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	CHECK_EQ(system(cmd), 0);
}

int main(void)
{
	RUN(cancelled_by_progress);
	return test_done();
}
