// SPDX-License-Identifier: Apache-2.0
/* The walk of a scan: order, links, lists, what is no file. */
#include "test.h"

#include "../../kdtools/scan/walk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/scan_walk_test.XXXXXX";

static void touch(const char *name, size_t n)
{
	FILE *f = fopen(name, "w");

	CHECK(f != NULL);
	for (size_t i = 0; f && i < n; i++)
		fputc('x', f);
	if (f)
		fclose(f);
}

/* "path:size|path!error|…" of everything that the operands give. */
static void walk(const char *const *operands, size_t n, int fd, char *out,
		 size_t size)
{
	struct scan_walk *w = NULL;
	struct scan_item it;
	size_t at = 0;

	CHECK_EQ(scan_walk_new(&w, operands, n, fd, NULL), 0);
	while (!scan_walk_next(w, &it, NULL) && at < size - 200)
		at += (size_t)snprintf(out + at, size - at, it.error ?
				       "%s!%s|" : "%s:%.0s%u|", it.path,
				       it.error ? it.error : "",
				       (unsigned)it.size);
	scan_walk_free(w);
}

static void check_walk(const char *const *operands, size_t n, int fd,
		       const char *want)
{
	char got[4096] = "";

	walk(operands, n, fd, got, sizeof(got));
	CHECK_STR(got, want);
}

static void folders_in_order(void)
{
	CHECK(!mkdir("t", 0755) && !mkdir("t/b", 0755));
	touch("t/c", 3);
	touch("t/a", 1);
	touch("t/b/z", 2);
	touch("t/b/B", 4);
	check_walk((const char *[]){ "t" }, 1, -1,
		   "t/a:1|t/b/B:4|t/b/z:2|t/c:3|");
	check_walk((const char *[]){ "t/c", "t/b/" }, 2, -1,
		   "t/c:3|t/b/B:4|t/b/z:2|");
}

static void patterns(void)
{
	touch("t/*", 9);
	/* A file of that very name wins over the pattern. */
	check_walk((const char *[]){ "t/*" }, 1, -1, "t/*:9|");
	check_walk((const char *[]){ "t/[ac]" }, 1, -1, "t/a:1|t/c:3|");
	check_walk((const char *[]){ "t/x*" }, 1, -1,
		   "t/x*!No such file or directory|");
	CHECK(!unlink("t/*"));
}

static void what_is_no_file(void)
{
	CHECK(!mkdir("n", 0755) && !mkfifo("n/pipe", 0600));
	CHECK(!symlink("gone", "n/broken") && !symlink("loop", "n/loop"));
	check_walk((const char *[]){ "n" }, 1, -1,
		   "n/broken!No such file or directory|n/loop!a loop of links|"
		   "n/pipe!a pipe, not a file|");
}

static void loops_of_folders(void)
{
	CHECK(!mkdir("l", 0755) && !mkdir("l/d", 0755));
	touch("l/d/f", 5);
	CHECK(!symlink("..", "l/d/up") && !symlink("d", "l/e"));
	check_walk((const char *[]){ "l" }, 1, -1,
		   "l/d/f:5|l/d/up!a folder that was gone through already (a "
		   "link leads back to it)|l/e!a folder that was gone through "
		   "already (a link leads back to it)|");
}

static int pipe_of(const char *text, size_t n)
{
	int fd[2];

	CHECK(!pipe(fd));
	CHECK(write(fd[1], text, n) == (ssize_t)n);
	close(fd[1]);
	return fd[0];
}

static void lists(void)
{
	const char *dash[] = { "-" };
	int fd = pipe_of("t/a\n\nt/c", 8);

	check_walk(dash, 1, fd, "t/a:1|t/c:3|");
	close(fd);
	touch("t/new\nline", 6);
	fd = pipe_of("t/new\nline\0t/a\0", 15);
	/* The first line end decides: names with line ends cannot be first. */
	check_walk(dash, 1, fd, "t/new!No such file or directory|"
		   "line!No such file or directory|");
	close(fd);
	fd = pipe_of("t/a\0t/new\nline\0", 15);
	check_walk(dash, 1, fd, "t/a:1|t/new\nline:6|");
	close(fd);
	check_walk(dash, 1, -1, "-!No such file or directory|");
}

static void deep(void)
{
	char path[512] = "deep";
	struct scan_walk *w = NULL;
	struct scan_item it = { 0 };
	const char *operand = "deep";

	for (unsigned i = 0; i < SCAN_DEPTH + 2; i++) {
		CHECK(!mkdir(path, 0755));
		strcat(path, "/d");
	}
	CHECK_EQ(scan_walk_new(&w, &operand, 1, -1, NULL), 0);
	CHECK_EQ(scan_walk_next(w, &it, NULL), 0);
	CHECK_STR(it.error, "folders nest too deep");
	CHECK(scan_walk_next(w, &it, NULL) == NTR_END);
	scan_walk_free(w);
}

int main(void)
{
	char rm[64];

	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	RUN(folders_in_order);
	RUN(patterns);
	RUN(what_is_no_file);
	RUN(loops_of_folders);
	RUN(lists);
	RUN(deep);
	snprintf(rm, sizeof(rm), "rm -r %s", dir);
	CHECK(!chdir("/") && !system(rm));
	return test_done();
}
