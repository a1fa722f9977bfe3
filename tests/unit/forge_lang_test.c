// SPDX-License-Identifier: Apache-2.0
/* The scenario language, its messages, limits and repeatability. */
#include "forge_read.h"

#include <sys/stat.h>
#include <time.h>

/* --- the language ------------------------------------------------------------------------------------- */

static void syntax_errors(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "", "s:1:1: no \"machine\" statement" },
		{ "machin x86 nt4\n", "s:1:1: expected machine, container, memory" },
		{ "machine x86 nt5\n", "s:1:9: no profile \"x86 nt5\"" },
		{ "machine x86 nt4 cpus 0\n", "s:1:22: 1 to 64 CPUs" },
		{ "machine x86 nt4 cups 2\n", "s:1:17: expected cpus, pae or the end of the statement, found \"cups\"" },
		{ "machine x86 nt4\nmemory 12XB\n", "s:2:8: \"12XB\" is not a number" },
		{ "machine x86 nt4\nmemory 1KiB\n", "s:2:8: memory must be" },
		{ "machine x86 nt4\nmodule \"a.sys\n", "s:2:8: this string has no closing quote" },
		{ "machine x86 nt4\nstack { frame \"foo+0x10\" }\n", "s:2:15: no module \"foo\"; add: module \"foo.sys\"" },
		{ "machine x86 nt4\nstack {\n frame \"nt+0x500\"\n", "s:2:7: this '{' is never closed" },
		{ "machine x86 nt4\nstack { fram \"nt!A\" }\n", "s:2:9: expected '}', frame, trap or cycle, found \"fram\"" },
		{ "machine x86 nt4\nstack size 0x1000 { cycle \"nt!A+0x20\" times 9 bytes 0x400 }\n", "9 rounds of 1024 bytes need" },
		{ "machine x64 7\nstack { frame \"nt!A+0x20\" size 50 }\n", "multiple of 16" },
		{ "machine x86 nt4\ntime yesterday\n", "s:2:6: expected a UTC time" },
		{ "machine x86 nt4\nuptime 3x\n", "s:2:8: expected a duration" },
		{ "machine x86 nt4\nstop 0x7f what\n", "s:2:11: \"what\": expected a number" },
		{ "machine x64 7\nstop 0x9f 3 0 0 irp\n", "s:2:17: \"irp\": expected a number" },
		{ "machine x86 nt4\nmodule \"a.sys\" version 1.2\n", "expected a version of four numbers" },
		{ "machine x86 nt4\nmodule \"a.sys\" base 0x80100000\n", "overlaps ntoskrnl.exe" },
		{ "machine x86 nt4\ncurrent \"x.exe\"\n", "s:2:9: no process \"x.exe\"" },
		{ "machine x86 nt4\ncontainer fll\n", "s:2:11: no container \"fll\"; there are: full" },
		{ "machine x86 nt4\npoke 0x1000 zz\n", "hex pairs" },
		{ "machine x86 nt4\nprocess \"a\" { thread cpu 3 }\n", "write cpus 4" },
		{ "machine arm64 11\nstack { trap \"nt!T+0x40\"; frame \"nt!A+0x40\" }\n", "trap frames of arm64" },
		{ "machine x86 nt4\ncontext rax 1\n", "x86 has no register \"rax\"" },
		{ "machine x86 nt4\nmodule \"n\xc3\xa9t\"\nfoo\xff\n", "s:3:4: byte 0xff" },
		{ "machine x86 nt4\nfile \"f\" address\n", "s:2:6: a file object needs a device" },
		{ "machine x86 nt4\nfile \"f\" device \"d\"\n", "s:2:6: no device \"d\" before this" },
		{ "machine x86 nt4\ndriver \"n\" module \"ntoskrnl.exe\"\ndevice \"d\" driver \"n\"\n"
		  "file \"f\" device \"d\" in \"b\"\n", "s:4:6: no block of pool \"b\"" },
		{ "machine x86 nt4\ndriver \"n\" module \"ntoskrnl.exe\"\ndevice \"d\" driver \"n\"\n"
		  "pool nonpaged { block File size 8 name \"b\" }\n"
		  "file \"f\" device \"d\" in \"b\"\n", "has 0x8 bytes, a file object needs 0x98" },
		{ "machine x86 nt4\npool nonpaged { block File size 8 count 2 name \"b\" }\n",
		  "only a single block has a name" },
		{ "machine x86 nt4\nirp { location READ file \"f\" }\n", "s:2:16: no file object \"f\"" },
		{ "machine x86 nt4\nlock \"m\" mutex each\n", "s:2:6: each is for events" },
		{ "machine x86 nt4\ndriver \"n\" module \"ntoskrnl.exe\"\ndevice \"d\" driver \"n\"\n"
		  "irp times 0 { location READ device \"d\" }\n", "times is 1 to 1024" },
		{ "machine x86 nt4\ndamage truncate 99GiB\n", "s:2:8: the file has only" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ntr_err e = { { 0 } };
		struct ntr_str diag = { 0 };
		uint8_t *p;
		size_t n;
		enum ntr_st st = forge_text(t[i].text, "s", NULL, 80u << 20, &p,
					    &n, &diag, &e);
		CHECK(st == NTR_BAD || st == NTR_UNSUP);
		if (!st)
			free(p);
		CHECK_HAS(ntr_str_text(&diag), strncmp(t[i].want, "s:", 2) ?
			  t[i].want : strchr(strchr(t[i].want, ':') + 1, ':') ?
			  strstr(t[i].want, ": ") + 2 : t[i].want);
		CHECK_HAS(e.msg, t[i].want[0] == 's' && t[i].want[1] == ':' ?
			  t[i].want : "s:");
		CHECK_HAS(ntr_str_text(&diag), "^\n");
		ntr_str_fini(&diag);
	}
}

static void caret(void)
{
	struct ntr_str diag = { 0 };

	CHECK_EQ(forge_check("machine x86 nt4\n\tstop 0x7f 8 bad\n", "t.forge", &diag, NULL), NTR_BAD);
	CHECK_HAS(ntr_str_text(&diag), "t.forge:2:14: error: ");
	CHECK_HAS(ntr_str_text(&diag), "    2 | \tstop 0x7f 8 bad\n      | \t            ^\n");
	ntr_str_fini(&diag);
}

/* Every truncation of a scenario ends in a message or a dump, never worse. */
static void truncated_text(void)
{
	char *t = fixture("w2k-trap");
	size_t n = t ? strlen(t) : 0, ok = 0, bad = 0;

	for (size_t i = 0; i < n; i += 7) {
		char *cut = malloc(i + 1);
		struct ntr_err e = { { 0 } };
		enum ntr_st st;
		memcpy(cut, t, i);
		cut[i] = 0;
		st = forge_check(cut, "cut", NULL, &e);
		ok += !st;
		bad += st != NTR_OK;
		CHECK(!st || e.msg[0]);
		free(cut);
	}
	CHECK(ok > 5 && bad > 5);
	free(t);
}

static const char *const fixtures[] = {
	"nt351-double-fault", "nt4-mp-deadlock", "w2k-trap", "xp-8e",
	"x86-2003-netbt", "x64-2003-worker-queue", "x64-7-d1", "x64-10-7e",
	"x64-10-double-fault", "arm64-11", "alpha-nt4", "ia64-2003",
	"user-crash",
};

static void every_container(void)
{
	unsigned made = 0;

	for (size_t f = 0; f < sizeof(fixtures) / sizeof(fixtures[0]); f++) {
		char *t = fixture(fixtures[f]);
		const char *c;
		for (size_t i = 0; t && (c = forge_container_name(i, NULL)); i++) {
			struct ntr_err e = { { 0 } };
			uint8_t *p = NULL;
			size_t n = 0;
			enum ntr_st st;
			if (strstr("raw lime full rdmp-f bitmap-full elf-qemu-vmcoreinfo", c) &&
			    strstr("x64-10-7e arm64-11", fixtures[f]))
				continue; /* 256 MiB each, made elsewhere */
			st = forge_text(t, fixtures[f], c, 160u << 20, &p, &n,
					NULL, &e);
			if (st == NTR_UNSUP)
				continue;
			CHECK_STR(st ? e.msg : "", "");
			CHECK(n >= 0x1000);
			made++;
			free(p);
		}
		free(t);
	}
	CHECK(made > 180);
}

static void same_bytes(void)
{
	struct blob a = forge_fix("x64-10-7e", NULL);
	struct blob b = forge_fix("x64-10-7e", NULL);

	CHECK(a.n == b.n && !memcmp(a.p, b.p, a.n));
	free(a.p);
	free(b.p);
}

static void bounded(void)
{
	char *t = fixture("bench-8gib");
	struct ntr_err e = { { 0 } };
	uint8_t *p;
	size_t n;

	CHECK_EQ(forge_text(t, "b", "full", 1 << 20, &p, &n, NULL, &e), NTR_LIMIT);
	CHECK_HAS(e.msg, "more than 1048576 bytes");
	CHECK_EQ(forge_text(t, "b", "nope", 1 << 20, &p, &n, NULL, &e), NTR_USAGE);
	free(t);
}

static void sparse_8gib(void)
{
	char path[256];
	struct timespec a, b;
	struct stat sb;

	temp_name(path, sizeof(path), "8gib");
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(forge_file("tests/fixtures/bench-8gib.forge", path, "full", NULL, NULL), NTR_OK);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(stat(path, &sb) == 0);
	CHECK_EQ(sb.st_size, 0x2000 + (8ull << 30));
	CHECK(sb.st_blocks * 512 < 4 << 20);
	CHECK(b.tv_sec - a.tv_sec < 5);
	unlink(path);
}

static void damage(void)
{
	struct blob a = forge_str("machine x86 2000\nmemory 1MiB\ndamage overwrite 0x28 deadbeef\ndamage zero 0x40 16\ndamage truncate 0x1800\ndamage append 0102\n", "full");

	CHECK_EQ(a.n, 0x1802);
	CHECK_EQ(at(&a, 0x28, 4), 0xefbeadde);
	CHECK_EQ(at(&a, 0x40, 8), 0);
	CHECK_EQ(at(&a, 0x1800, 2), 0x0201);
	free(a.p);
}

/* Symbols are written for a text that asks for them, and for no other. */
static void symbols(void)
{
	char dir[] = "/tmp/ntriage-forge-XXXXXX", path[96];
	bool wanted = true;
	struct stat st;

	CHECK(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.pdb", dir);
	CHECK_EQ(forge_text_symbols("machine x86 2003\nmodule \"a.sys\" pdb \"a.pdb\"\n",
				    "s", dir, &wanted, NULL, NULL), NTR_OK);
	CHECK(!wanted);
	CHECK(stat(path, &st));
	CHECK_EQ(forge_text_symbols("machine x86 2003\nsymbols\nmodule \"a.sys\" pdb \"a.pdb\"\n",
				    "s", dir, &wanted, NULL, NULL), NTR_OK);
	CHECK(wanted);
	CHECK(!stat(path, &st));
	CHECK_EQ(forge_text_symbols("machine x86 2003\nsymbol\n", "s", dir,
				    &wanted, NULL, NULL), NTR_BAD);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	CHECK_EQ(system(path), 0);
}

int main(void)
{
	RUN(syntax_errors);
	RUN(caret);
	RUN(truncated_text);
	RUN(every_container);
	RUN(same_bytes);
	RUN(bounded);
	RUN(sparse_8gib);
	RUN(damage);
	RUN(symbols);
	return test_done();
}
