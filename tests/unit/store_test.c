// SPDX-License-Identifier: Apache-2.0
/* The symbol store on folders: names and keys, every layout, identity, marks
 * of what is missing. Images are made here byte by byte; servers are in
 * tests/e2e/symbol-store.sh. */
#include "sym/store_int.h"

#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char top[64]; /* an empty folder for one test */

static int drop_entry(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void drop(void)
{
	if (top[0])
		(void)nftw(top, drop_entry, 16, FTW_DEPTH | FTW_PHYS);
	top[0] = 0;
}

static void fresh(void)
{
	drop();
	snprintf(top, sizeof(top), "/tmp/ntr-store-XXXXXX");
	if (!mkdtemp(top))
		abort();
}

/* top/rel, its folders made. */
static const char *at(const char *rel)
{
	static char path[4][PATH_MAX];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", top, rel);
	for (char *c = p + strlen(top) + 1; *c; c++)
		if (*c == '/') {
			*c = 0;
			mkdir(p, 0777);
			*c = '/';
		}
	return p;
}

static void put_bytes(const char *rel, const void *data, size_t len)
{
	FILE *f = fopen(at(rel), "wb");

	if (!f || fwrite(data, 1, len, f) != len)
		abort();
	fclose(f);
}

/* PE32+, one section: offsets of Microsoft's "PE Format". */
static void put_image(const char *rel, uint32_t stamp, uint32_t size)
{
	uint8_t b[0x400] = { 'M', 'Z' };

	put32(b, 0x3c, 0x80);
	memcpy(b + 0x80, "PE\0\0", 4);
	put16(b, 0x84, 0x8664);
	put16(b, 0x86, 1);
	put32(b, 0x88, stamp);
	put16(b, 0x94, 240);
	put16(b, 0x98, 0x20b);
	put32(b, 0x98 + 56, size);
	put32(b, 0x98 + 60, 0x200);
	put32(b, 0x98 + 108, 16);
	memcpy(b + 0x188, ".text", 5);
	put32(b, 0x188 + 8, 0x200);
	put32(b, 0x188 + 12, 0x1000);
	put32(b, 0x188 + 16, 0x200);
	put32(b, 0x188 + 20, 0x200);
	put_bytes(rel, b, sizeof(b));
}

static struct ntr_pe_debug debug_of(const char *pdb, uint32_t age)
{
	struct ntr_pe_debug d = { .rsds = true, .age = age };
	static const uint8_t guid[16] = { /* symbols.md 2, from a real file */
		0x9e, 0x32, 0xc2, 0xc8, 0x99, 0x0e, 0xe6, 0x49,
		0x8b, 0x6f, 0x13, 0x2b, 0xec, 0xa6, 0x9e, 0x7e,
	};

	memcpy(d.guid, guid, sizeof(guid));
	snprintf(d.pdb, sizeof(d.pdb), "%s", pdb);
	return d;
}

static const char *place(const struct ntr_want *w)
{
	static char text[512];
	struct ntr_str t = { 0 };

	snprintf(text, sizeof(text), "%s",
		 ntr_want_place(w, &t) ? ntr_str_text(&t) : "(none)");
	ntr_str_fini(&t);
	return text;
}

/* --- names and keys ------------------------------------------------------------- */

static void keys(void)
{
	struct ntr_pe_debug d = debug_of("d:\\b\\ntkrnlmp.pdb", 0x1a);
	struct ntr_pe_debug nb10 = { .sig = 0x36aa1234, .age = 0x2b };
	static const u8 id[20] = { 0xab, 0xcd, 0x01 };
	struct ntr_want w;

	CHECK_EQ(ntr_want_pdb(&w, &d, NULL), NTR_OK);
	CHECK_STR(place(&w), "ntkrnlmp.pdb/C8C2329E0E9949E68B6F132BECA69E7E1a/"
		  "ntkrnlmp.pdb");
	CHECK_EQ(ntr_want_breakpad(&w, &d, NULL), NTR_OK);
	CHECK_STR(place(&w), "ntkrnlmp.pdb/C8C2329E0E9949E68B6F132BECA69E7E1A/"
		  "ntkrnlmp.sym");
	CHECK_EQ(ntr_want_isf(&w, &d, NULL), NTR_OK);
	CHECK_STR(place(&w), "ntkrnlmp.pdb/C8C2329E0E9949E68B6F132BECA69E7E-26"
		  ".json.xz");
	snprintf(nb10.pdb, sizeof(nb10.pdb), "ntoskrnl.pdb");
	CHECK_EQ(ntr_want_pdb(&w, &nb10, NULL), NTR_OK);
	CHECK_STR(place(&w), "ntoskrnl.pdb/36AA12342b/ntoskrnl.pdb");
	CHECK_EQ(ntr_want_isf(&w, &nb10, NULL), NTR_BAD);
	CHECK_EQ(ntr_want_image(&w, "\\x\\Tcpip.SYS", 0xd6, 0x5A000, NULL),
		 NTR_OK);
	CHECK_STR(place(&w), "Tcpip.SYS/000000D65a000/Tcpip.SYS");
	CHECK_EQ(ntr_want_dbg(&w, "tcpip.sys", 0x36aa0000, 0x9000, 0, NULL),
		 NTR_OK);
	CHECK_STR(place(&w), "tcpip.dbg/36AA00009000/tcpip.dbg");
	CHECK_EQ(ntr_want_image(&w, "a.sys", 1, 0, NULL), NTR_OK);
	CHECK_STR(place(&w), "(none)");
	CHECK_EQ(ntr_want_elf(&w, id, 20, NULL, NULL), NTR_OK);
	CHECK_STR(place(&w), "buildid/abcd010000000000000000000000000000000000"
		  "/debuginfo");
	CHECK_EQ(ntr_want_elf(&w, id, 1, NULL, NULL), NTR_BAD);
	CHECK_EQ(ntr_want_elf(&w, id, 33, NULL, NULL), NTR_BAD);
}

static void hostile_names(void)
{
	static const struct {
		const char *name, *base; /* NULL: refused */
	} rows[] = {
		{ "../../etc/passwd", "passwd" },
		{ "..\\..\\x.sys", "x.sys" },
		{ "a/..", NULL }, { "..", NULL }, { ".", NULL }, { "", NULL },
		{ "x/", NULL }, { "x\\", NULL }, { ".hidden", NULL },
		{ "a\nb.sys", NULL }, { "a\x1b[31m", NULL }, { "a\x7f", NULL },
		{ "x.part", NULL }, { "x.tmp", NULL }, { "file.ptr", NULL },
		{ "x.missing-1", NULL }, { "INDEX2.TXT", NULL },
		{ "a b#%?.sys", "a b#%?.sys" },
	};
	struct ntr_want w;
	struct ntr_err e;
	char longname[200];

	for (size_t i = 0; i < NTR_COUNT(rows); i++) {
		enum ntr_st st = ntr_want_image(&w, rows[i].name, 1, 2, &e);

		CHECK_EQ(st, rows[i].base ? NTR_OK : NTR_BAD);
		if (!st)
			CHECK_STR(w.name, rows[i].base);
	}
	memset(longname, 'a', sizeof(longname));
	longname[NTR_WANT_NAME - 1] = 0;
	CHECK_EQ(ntr_want_image(&w, longname, 1, 2, NULL), NTR_OK);
	longname[NTR_WANT_NAME - 1] = 'a';
	longname[NTR_WANT_NAME] = 0;
	CHECK_EQ(ntr_want_image(&w, longname, 1, 2, NULL), NTR_BAD);
}

static void made_by_hand(void)
{
	struct ntr_want w = { .kind = NTR_WANT_PDB, .name = "a.pdb" };
	struct ntr_store *s;
	char *path = NULL;

	CHECK_EQ(ntr_store_open(&s, "", NULL, NULL), NTR_OK);
	snprintf(w.key, sizeof(w.key), "../x");
	CHECK_EQ(ntr_store_find(s, &w, &path, NULL), NTR_BAD);
	memset(w.key, 'A', sizeof(w.key));
	CHECK_EQ(ntr_store_find(s, &w, &path, NULL), NTR_BAD);
	w.key[0] = 0;
	snprintf(w.name, sizeof(w.name), "a/b");
	CHECK_EQ(ntr_store_find(s, &w, &path, NULL), NTR_BAD);
	memset(w.name, 'A', sizeof(w.name));
	CHECK_EQ(ntr_store_find(s, &w, &path, NULL), NTR_BAD);
	CHECK(!path);
	ntr_store_close(s);
}

static void escaping(void)
{
	struct ntr_str t = { 0 };

	ntr_url_escape(&t, "a b/c#?%&\xe4+.pdb");
	CHECK_STR(t.s, "a%20b/c%23%3F%25%26%E4+.pdb");
	ntr_str_fini(&t);
	CHECK(ntr_looks_like_html("<!DOCTYPE html>", 15));
	CHECK(ntr_looks_like_html(" \r\n<html>", 9));
	CHECK(ntr_looks_like_html("\xef\xbb\xbf<?xml", 8));
	CHECK(!ntr_looks_like_html("MZ<html>", 8));
	CHECK(!ntr_looks_like_html("<", 1));
	CHECK(!ntr_looks_like_html("", 0));
	CHECK(!ntr_looks_like_html("   ", 3));
}

/* --- layouts ---------------------------------------------------------------------- */

#define STAMP 0x5e000001u
#define SIZE 0x9000u

static struct ntr_want driver(void)
{
	struct ntr_want w;

	if (ntr_want_image(&w, "netdrv.sys", STAMP, SIZE, NULL))
		abort();
	return w;
}

/* What a store with this path ("@" is top) finds, below top; "" nothing. */
static const char *find(const char *path, const char *cache,
			const struct ntr_want *w, struct ntr_err *e)
{
	static char result[PATH_MAX];
	char text[PATH_MAX], c[PATH_MAX], *out = text, *found = NULL;
	struct ntr_store_opts o = { .offline = true };
	struct ntr_store *s;

	for (const char *p = path; *p; p++)
		out += *p == '@' ? snprintf(out, 64, "%s", top) :
				   (*out = *p, 1);
	*out = 0;
	if (cache) {
		snprintf(c, sizeof(c), "%s/%s", top, cache);
		o.default_cache = c;
	}
	result[0] = 0;
	if (ntr_store_open(&s, text, &o, NULL))
		return "(path)";
	if (!ntr_store_find(s, w, &found, e))
		snprintf(result, sizeof(result), "%s",
			 found + strlen(top) + 1);
	free(found);
	ntr_store_close(s);
	return result;
}

static void layouts(void)
{
	static const struct {
		const char *file, *path;
	} rows[] = {
		{ "s/netdrv.sys/5E0000019000/netdrv.sys", "srv*@/s" },
		{ "s/netdrv.sys/5E0000019000/netdrv.sys", "@/s" },
		{ "s/NETDRV.SYS/5e0000019000/NetDrv.sys", "srv*@/s" },
		{ "s/ne/netdrv.sys/5E0000019000/netdrv.sys", "srv*@/s" },
		{ "s/NE/Netdrv.sys/5E0000019000/netdrv.sys", "@/x;@/s" },
		{ "s/netdrv.sys", "@/s" },
		{ "s/sys/netdrv.sys", "@/s" },
		{ "s/Symbols/SYS/netdrv.sys", "@/s" },
		{ "s/symbols/dll/netdrv.sys", "@/s" },
		{ "s/exe/netdrv.sys", "@/s" },
	};
	struct ntr_want w = driver();

	for (size_t i = 0; i < NTR_COUNT(rows); i++) {
		fresh();
		put_image(rows[i].file, STAMP, SIZE);
		CHECK_STR(find(rows[i].path, NULL, &w, NULL), rows[i].file);
	}
	/* A flat folder is no store. */
	fresh();
	put_image("s/netdrv.sys", STAMP, SIZE);
	CHECK_STR(find("srv*@/s", NULL, &w, NULL), "");
	drop();
}

static void renamed_kernel(void)
{
	struct ntr_want w;

	fresh();
	put_image("s/ntkrnlmp.exe/5E0000019000/ntkrnlmp.exe", STAMP, SIZE);
	CHECK_EQ(ntr_want_image(&w, "ntoskrnl.exe", STAMP, SIZE, NULL),
		 NTR_OK);
	CHECK_STR(find("srv*@/s", NULL, &w, NULL),
		  "s/ntkrnlmp.exe/5E0000019000/ntkrnlmp.exe");
	put_image("s/halmacpi.dll/5E0000019000/halmacpi.dll", STAMP, SIZE);
	CHECK_EQ(ntr_want_image(&w, "HAL.DLL", STAMP, SIZE, NULL), NTR_OK);
	CHECK_STR(find("srv*@/s", NULL, &w, NULL),
		  "s/halmacpi.dll/5E0000019000/halmacpi.dll");
	drop();
}

static void wrong_ones(void)
{
	struct ntr_want w = driver();
	struct ntr_err e = { "" };

	fresh();
	put_image("a/netdrv.sys", STAMP + 1, SIZE);
	put_image("b/netdrv.sys", STAMP, SIZE + 0x1000);
	CHECK_STR(find("@/a;@/b", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "netdrv.sys 5E0000019000: not found; ");
	CHECK_HAS(e.msg, "expected time stamp 0x5e000001 size 0x9000, is time "
		  "stamp 0x5e000002 size 0x9000");
	/* The right one behind two wrong ones is found. */
	put_image("c/netdrv.sys", STAMP, SIZE);
	CHECK_STR(find("@/a;@/b;@/c", NULL, &w, &e), "c/netdrv.sys");
	put_bytes("d/netdrv.sys", "MZ", 2);
	CHECK_STR(find("@/d", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "refused");
	put_bytes("d/netdrv.sys", "", 0);
	CHECK_STR(find("@/d", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "refused");
	/* A folder of that name is no file. */
	at("f/netdrv.sys/5E0000019000/netdrv.sys/x");
	CHECK_STR(find("@/f", NULL, &w, &e), "");
	drop();
}

static void cut_anywhere(void)
{
	struct ntr_want w = driver();
	uint8_t b[0x400];
	FILE *f;

	fresh();
	put_image("s/netdrv.sys", STAMP, SIZE);
	f = fopen(at("s/netdrv.sys"), "rb");
	CHECK(f && fread(b, 1, sizeof(b), f) == sizeof(b));
	fclose(f);
	for (size_t n = 0; n < sizeof(b); n += n < 0x1c0 ? 3 : 31) {
		put_bytes("s/netdrv.sys", b, n);
		CHECK_STR(find("@/s", NULL, &w, NULL), "");
	}
	drop();
}

static void pointers(void)
{
	struct ntr_want w = driver();
	struct ntr_err e = { "" };
	char text[PATH_MAX + 16];
	const char *ptr = "s/netdrv.sys/5E0000019000/file.ptr";

	fresh();
	put_image("elsewhere/n.sys", STAMP, SIZE);
	snprintf(text, sizeof(text), "PATH:%s/elsewhere/n.sys\r\n", top);
	put_bytes(ptr, text, strlen(text));
	CHECK_STR(find("srv*@/s", NULL, &w, &e), "elsewhere/n.sys");
	put_image("s/netdrv.sys/5E0000019000/here.sys", STAMP, SIZE);
	put_bytes(ptr, "here.sys", 8);
	CHECK_STR(find("srv*@/s", NULL, &w, &e),
		  "s/netdrv.sys/5E0000019000/here.sys");
	put_bytes(ptr, "PATH:\\\\srv\\x\\n.sys", 18);
	CHECK_STR(find("srv*@/s", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "points to \\\\srv\\x\\n.sys, which is not followed");
	put_bytes(ptr, "MSG:gone", 8);
	CHECK_STR(find("srv*@/s", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "says: gone");
	put_image("elsewhere/n.sys", STAMP + 9, SIZE);
	put_bytes(ptr, text, strlen(text));
	CHECK_STR(find("srv*@/s", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "expected time stamp");
	drop();
}

static void copies_to_the_left(void)
{
	struct ntr_want w = driver();

	fresh();
	put_image("r/netdrv.sys/5E0000019000/netdrv.sys", STAMP, SIZE);
	CHECK_STR(find("srv*@/a*@/b*@/r", NULL, &w, NULL),
		  "a/netdrv.sys/5E0000019000/netdrv.sys");
	CHECK(!access(at("b/netdrv.sys/5E0000019000/netdrv.sys"), F_OK));
	CHECK_STR(find("srv*@/b", NULL, &w, NULL),
		  "b/netdrv.sys/5E0000019000/netdrv.sys");
	/* cache* keeps what a folder to its right has. */
	put_image("flat/netdrv.sys", STAMP, SIZE);
	CHECK_STR(find("cache*@/k;@/flat", NULL, &w, NULL),
		  "k/netdrv.sys/5E0000019000/netdrv.sys");
	/* An empty token is the default store. */
	CHECK_STR(find("srv**@/r", "def", &w, NULL),
		  "def/netdrv.sys/5E0000019000/netdrv.sys");
	CHECK_STR(find("", "def", &w, NULL),
		  "def/netdrv.sys/5E0000019000/netdrv.sys");
	drop();
}

static void offline_says_url(void)
{
	struct ntr_pe_debug d = debug_of("my driver.pdb", 1);
	struct ntr_err e = { "" };
	struct ntr_want w;

	fresh();
	CHECK_EQ(ntr_want_pdb(&w, &d, NULL), NTR_OK);
	CHECK_STR(find("srv*@/a*https://s.example/x/", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "offline; to be fetched: https://s.example/x/"
		  "my%20driver.pdb/C8C2329E0E9949E68B6F132BECA69E7E1/"
		  "my%20driver.pdb");
	CHECK_STR(find("@/a", NULL, &w, &e), "");
	CHECK_HAS(e.msg, "https://msdl.microsoft.com/download/symbols/");
	drop();
}

static void trail_names_places(void)
{
	struct ntr_want w = driver();
	struct ntr_store *s;
	char *path;
	char text[256];

	fresh();
	at("a/x");
	snprintf(text, sizeof(text), "%s/a;%s/none;C:\\s;ftp://x", top, top);
	CHECK_EQ(ntr_store_open(&s, text, NULL, NULL), NTR_OK);
	CHECK_EQ(ntr_store_find(s, &w, &path, NULL), NTR_ABSENT);
	CHECK_HAS(ntr_store_trail(s), "/a: not there\n");
	CHECK_HAS(ntr_store_trail(s), "/none: no such folder\n");
	CHECK_HAS(ntr_store_trail(s), "C:\\s: a path of Windows");
	CHECK_HAS(ntr_store_trail(s), "ftp://x: neither http://");
	ntr_store_close(s);
	drop();
}

/* --- marks ------------------------------------------------------------------------- */

static void set_age(const char *dir, time_t seconds_ago)
{
	char cmd[PATH_MAX + 64];

	snprintf(cmd, sizeof(cmd), "find %s -name '*.missing-*' -exec touch "
		 "-d @%lld {} +", dir, (long long)(time(NULL) - seconds_ago));
	if (system(cmd))
		abort();
}

static void negative_marks(void)
{
	struct ntr_store s = { .opts = { .offline = false } };
	const char *dest = "a.pdb/K/a.pdb", *u = "http://x", *v = "http://y";

	fresh();
	CHECK(!ntr_missing_known(&s, top, dest, u));
	ntr_missing_set(top, dest, u, true);
	CHECK(ntr_missing_known(&s, top, dest, u));
	CHECK(!ntr_missing_known(&s, top, dest, v)); /* one per server */
	set_age(top, NTR_STORE_MISSING_SECONDS - 60);
	CHECK(ntr_missing_known(&s, top, dest, u));
	set_age(top, NTR_STORE_MISSING_SECONDS + 1);
	CHECK(!ntr_missing_known(&s, top, dest, u));
	set_age(top, -3600); /* from the future */
	CHECK(!ntr_missing_known(&s, top, dest, u));
	ntr_missing_set(top, dest, u, true); /* said again: young again */
	CHECK(ntr_missing_known(&s, top, dest, u));
	s.opts.retry_missing = true;
	CHECK(!ntr_missing_known(&s, top, dest, u));
	s.opts.retry_missing = false;
	ntr_missing_set(top, dest, u, false);
	CHECK(!ntr_missing_known(&s, top, dest, u));
	drop();
}

static bool count_item(void *ctx, const struct ntr_store_item *it)
{
	char *out = ctx;

	snprintf(out + strlen(out), 512 - strlen(out), "%s%s/%s",
		 *out ? " " : "", it->key ? it->key : "-", it->name);
	return true;
}

static void listing(void)
{
	struct ntr_store *s;
	char text[512] = "", path[256];

	fresh();
	put_image("s/netdrv.sys/5E0000019000/netdrv.sys", STAMP, SIZE);
	put_bytes("s/netdrv.sys/5E0000019000/netdrv.sys.part", "x", 1);
	put_bytes("s/b.pdb/C8C2329E0E9949E68B6F132BECA69E7E1/b.pd_", "x", 1);
	put_bytes("s/b.pdb/C8C2329E0E9949E68B6F132BECA69E7E1/b.pdb.missing-1",
		  "", 0);
	put_bytes("s/readme.txt", "x", 1);
	put_bytes("s/a.dll", "x", 1);
	put_bytes("s/pingme.txt", "x", 1);
	CHECK(!symlink(".", at("s/loop")));
	snprintf(path, sizeof(path), "%s/s;srv*%s/s;%s/none", top, top, top);
	CHECK_EQ(ntr_store_open(&s, path, NULL, NULL), NTR_OK);
	CHECK_EQ(ntr_store_each(s, count_item, text, NULL), NTR_OK);
	CHECK_STR(text, "-/a.dll C8C2329E0E9949E68B6F132BECA69E7E1/b.pd_ "
		  "5E0000019000/netdrv.sys");
	ntr_store_close(s);
	drop();
}

int main(void)
{
	RUN(keys);
	RUN(hostile_names);
	RUN(made_by_hand);
	RUN(escaping);
	RUN(layouts);
	RUN(renamed_kernel);
	RUN(wrong_ones);
	RUN(cut_anywhere);
	RUN(pointers);
	RUN(copies_to_the_left);
	RUN(offline_says_url);
	RUN(trail_names_places);
	RUN(negative_marks);
	RUN(listing);
	return test_done();
}
