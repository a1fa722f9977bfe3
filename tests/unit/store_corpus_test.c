// SPDX-License-Identifier: Apache-2.0
/* The store on real files: every image of the corpus finds its PDB by its own
 * debug record, and itself by time stamp and size; Breakpad files and
 * Volatility tables are found by the identity that their names or first lines
 * give; with one byte of the identity changed nothing is found. */
#include "sym/store.h"

#include "test.h"

#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "symbols/"

/* Does a reader of this build know the file? Else a test on it is skipped. */
static bool readable(const char *path)
{
	struct ntr_symsrc *s;
	enum ntr_st st = ntr_symsrc_open(&s, path, NULL);

	if (!st)
		ntr_symsrc_close(s);
	return st != NTR_UNSUP;
}

/* The file that a plain folder gives for w: "" none. */
static const char *find(const char *dir, const struct ntr_want *w)
{
	static char result[4096];
	struct ntr_store *s;
	char *path = NULL;

	result[0] = 0;
	CHECK_EQ(ntr_store_open(&s, dir, NULL, NULL), NTR_OK);
	if (!ntr_store_find(s, w, &path, NULL))
		snprintf(result, sizeof(result), "%s", path);
	free(path);
	ntr_store_close(s);
	return result;
}

static const char *const images[] = {
	"kernel_pe_pdb/systeminformer_amd64/systeminformer.sys",
	"kernel_pe_pdb/systeminformer_arm64/systeminformer.sys",
	"pdb/microsoft_seh_tests/x64/xcpt4.exe",
	"pdb/microsoft_seh_tests/x64/nested_collided.exe",
	"pdb/microsoft_seh_tests/x64/xframe_eh_dll.dll",
	"pdb/microsoft_seh_tests/x86/xcpt4.exe",
	"pdb/microsoft_seh_tests/x86/xframe_eh_exe.exe",
	"pdb/microsoft_seh_tests/ARM64/xcpt4.exe",
	"pdb/symbolic/crash.exe",
	"pdb/symbolic/CrashWithException.exe",
};

struct image {
	struct ntr_pe pe;
	struct ntr_pe_debug debug;
};

static bool read_image(const char *path, struct image *im)
{
	struct ntr_file *f;
	bool ok;

	if (ntr_file_open(&f, path, NULL))
		return false;
	ok = !ntr_pe_open(&im->pe, &f->space, 0, false, NULL) &&
	     !ntr_pe_debug(&im->pe, &im->debug, NULL);
	ntr_file_close(f);
	return ok;
}

static void images_find_themselves(void)
{
	char path[4096], copy[4096], rel[256];
	struct image im;
	struct ntr_want w;
	unsigned n = 0;

	for (size_t i = 0; i < NTR_COUNT(images); i++) {
		snprintf(rel, sizeof(rel), ROOT "%s", images[i]);
		if (!test_corpus(rel, path, sizeof(path)))
			continue;
		n++;
		CHECK(read_image(path, &im));
		snprintf(copy, sizeof(copy), "%s", path);
		CHECK_EQ(ntr_want_image(&w, images[i], im.pe.timestamp,
					im.pe.size, NULL), NTR_OK);
		CHECK_STR(find(dirname(copy), &w), path);
		w.id.timestamp ^= 1;
		CHECK_STR(find(copy, &w), "");
	}
	if (!n)
		SKIP("no corpus");
}

static void images_find_their_pdb(void)
{
	char path[4096], rel[256], want_path[4352];
	struct image im;
	struct ntr_want w;
	unsigned n = 0;

	for (size_t i = 0; i < NTR_COUNT(images); i++) {
		snprintf(rel, sizeof(rel), ROOT "%s", images[i]);
		if (!test_corpus(rel, path, sizeof(path)))
			continue;
		CHECK(read_image(path, &im));
		CHECK_EQ(ntr_want_pdb(&w, &im.debug, NULL), NTR_OK);
		snprintf(want_path, sizeof(want_path), "%s/%s", dirname(path),
			 w.name);
		if (access(want_path, F_OK) || !readable(want_path))
			continue;
		n++;
		CHECK_STR(find(path, &w), want_path);
		w.id.guid[15] ^= 1;
		CHECK_STR(find(path, &w), "");
		w.id.guid[15] ^= 1;
		w.id.age++;
		CHECK_STR(find(path, &w), "");
	}
	if (!n)
		SKIP("no corpus, or no reader of PDB files");
}

/* 32 hexadecimal digits as symbol stores write a GUID. */
static void guid_of(const char *text, struct ntr_pe_debug *d)
{
	static const int order[16] = { 3, 2, 1, 0, 5, 4, 7, 6,
				       8, 9, 10, 11, 12, 13, 14, 15 };
	char two[3] = "";

	d->rsds = true;
	for (int i = 0; i < 16; i++) {
		memcpy(two, text + 2 * i, 2);
		d->guid[order[i]] = (u8)strtoul(two, NULL, 16);
	}
}

static void volatility_tables(void)
{
	static const char *const keys[] = {
		"5278AFF86C341677D7D7835C85B7B844-1",
		"79BE8C368BEC7DD9677EA9B355ACE784-1",
		"A426BA5ABEE5E5BF2ECF16EEEE7E769C-1",
	};
	char path[4096], dir[4096], rel[256];
	struct ntr_pe_debug d = { .age = 1 };
	struct ntr_want w;
	unsigned n = 0;

	snprintf(d.pdb, sizeof(d.pdb), "ntkrnlmp.pdb");
	for (size_t i = 0; i < NTR_COUNT(keys); i++) {
		snprintf(rel, sizeof(rel), ROOT "isf/ntkrnlmp.pdb/%s.json.xz",
			 keys[i]);
		if (!test_corpus(rel, path, sizeof(path)) || !readable(path))
			continue;
		n++;
		guid_of(keys[i], &d);
		CHECK_EQ(ntr_want_isf(&w, &d, NULL), NTR_OK);
		CHECK_STR(w.key, keys[i]);
		snprintf(dir, sizeof(dir), "%s", path);
		(void)dirname(dir);
		CHECK_STR(find(dirname(dir), &w), path);
		w.id.guid[0] ^= 1;
		CHECK_STR(find(dir, &w), "");
	}
	if (!n)
		SKIP("no corpus, or no reader of ISF");
}

/* With a cache a table is unpacked once, and found there from then on. */
static void volatility_table_unpacked(void)
{
	char path[4096], cache[] = "/tmp/ntr-isf-XXXXXX", cmd[64], want[256];
	struct ntr_pe_debug d = { .age = 1, .pdb = "ntkrnlmp.pdb" };
	struct ntr_store_opts o = { .default_cache = cache };
	struct ntr_store *s;
	struct ntr_want w;
	char *found = NULL;
	struct stat first, again;

	if (!test_corpus(ROOT "isf/ntkrnlmp.pdb/A426BA5ABEE5E5BF2ECF16EEEE7E769"
			 "C-1.json.xz", path, sizeof(path)) ||
	    !readable(path))
		SKIP("no corpus, or no reader of ISF");
	guid_of("A426BA5ABEE5E5BF2ECF16EEEE7E769C", &d);
	CHECK_EQ(ntr_want_isf(&w, &d, NULL), NTR_OK);
	CHECK(mkdtemp(cache));
	CHECK_EQ(ntr_store_open(&s, dirname(dirname(path)), &o, NULL), NTR_OK);
	snprintf(want, sizeof(want), "%s/ntkrnlmp.pdb/A426BA5ABEE5E5BF2ECF16EE"
		 "EE7E769C-1.json", cache);
	CHECK_EQ(ntr_store_find(s, &w, &found, NULL), NTR_OK);
	CHECK_STR(found, want);
	CHECK(!stat(want, &first) && first.st_size > 1000000);
	free(found);
	CHECK_EQ(ntr_store_find(s, &w, &found, NULL), NTR_OK);
	CHECK_STR(found, want);
	CHECK(!stat(want, &again) && again.st_ino == first.st_ino);
	free(found);
	ntr_store_close(s);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", cache);
	CHECK_EQ(system(cmd), 0);
}

static void breakpad_files(void)
{
	static const char *const names[] = {
		"dump_syms_regtest", "dump_syms_regtest64", "omap_stretched",
	};
	char path[4096], dir[4096], rel[256], line[512], id[64];
	struct ntr_want w;
	unsigned n = 0;

	for (size_t i = 0; i < NTR_COUNT(names); i++) {
		struct ntr_pe_debug d = { 0 };
		FILE *f;

		snprintf(rel, sizeof(rel), ROOT "pdb/breakpad/%s.sym",
			 names[i]);
		if (!test_corpus(rel, path, sizeof(path)) || !readable(path))
			continue;
		n++;
		f = fopen(path, "r");
		CHECK(f && fgets(line, sizeof(line), f));
		fclose(f);
		CHECK_EQ(sscanf(line, "MODULE %*s %*s %63s", id), 1);
		guid_of(id, &d);
		d.age = (u32)strtoul(id + 32, NULL, 16);
		snprintf(d.pdb, sizeof(d.pdb), "%s.pdb", names[i]);
		CHECK_EQ(ntr_want_breakpad(&w, &d, NULL), NTR_OK);
		CHECK_STR(w.key, id);
		snprintf(dir, sizeof(dir), "%s", path);
		CHECK_STR(find(dirname(dir), &w), path);
		w.id.age++;
		CHECK_STR(find(dir, &w), "");
	}
	if (!n)
		SKIP("no corpus, or no reader of .sym files");
}

int main(void)
{
	RUN(images_find_themselves);
	RUN(images_find_their_pdb);
	RUN(volatility_tables);
	RUN(volatility_table_unpacked);
	RUN(breakpad_files);
	return test_done();
}
