// SPDX-License-Identifier: Apache-2.0
/*
 * The largest PDB of the corpus. Opening it and resolving one address, a whole
 * process of this program, against a whole process of llvm-pdbutil that shows
 * the publics (the ratio has to be 0.2 at most); then a million addresses at
 * random in its code (5 M/s at least), floor: a binary search of the same
 * addresses in a plain sorted array with as many entries as the PDB has
 * publics and procedures.
 */
#include "bench.h"
#include "sym/pdb.h"

#include <ftw.h>
#include <spawn.h>
#include <sys/wait.h>

#define LOOKUPS 1000000u
#define TRIES 15

static char largest[1024];
static off_t largest_size;

static int pdb_found(const char *path, const struct stat *st, int type,
		     struct FTW *f)
{
	size_t n = strlen(path);

	(void)f;
	if (type == FTW_F && n > 4 && !strcmp(path + n - 4, ".pdb") &&
	    st->st_size > largest_size && n < sizeof(largest)) {
		largest_size = st->st_size;
		memcpy(largest, path, n + 1);
	}
	return 0;
}

static struct ntr_symsrc *open_it(const char *path)
{
	struct ntr_symsrc *s;
	struct ntr_err e;

	if (ntr_symsrc_open(&s, path, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		exit(2);
	}
	return s;
}

/* --- one process ------------------------------------------------------------- */

static int resolve_one(const char *path, const char *rva)
{
	struct ntr_symsrc *s = open_it(path);
	struct ntr_symbol sym;
	enum ntr_st st = ntr_symsrc_at(s, strtoull(rva, NULL, 16), &sym, NULL);

	if (!st)
		puts(sym.name);
	ntr_symsrc_close(s);
	return st != NTR_OK;
}

static double process(char *const argv[])
{
	extern char **environ;
	posix_spawn_file_actions_t fa;
	double best = 1e9;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < TRIES; i++) {
		double t = bench_now();
		int st = 0;
		pid_t pid;

		if (posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ))
			return 0;
		if (waitpid(pid, &st, 0) < 0 || st)
			return 0;
		t = bench_now() - t;
		best = t < best ? t : best;
	}
	posix_spawn_file_actions_destroy(&fa);
	return best;
}

static void bench_one(char *self)
{
	static char one[] = "--one", rva[] = "2468", util[] = "llvm-pdbutil";
	static char dump[] = "dump", publics[] = "--publics";
	char *const ours[] = { self, one, largest, rva, NULL };
	char *const theirs[] = { util, dump, publics, largest, NULL };
	double a = process(ours), b = process(theirs);

	if (!a)
		bench_die(self);
	if (!b)
		printf("# bench_symbols: no llvm-pdbutil to compare with\n");
	else
		bench_line("pdb_open_and_one_address", a * 1e3, "ms", b * 1e3,
			   a / b);
}

/* --- many in one ------------------------------------------------------------------ */

static bool count_one(void *ctx, const struct ntr_symbol *s)
{
	*(unsigned *)ctx += s->kind == NTR_SYM_PUBLIC ||
			    s->kind == NTR_SYM_FUNC;
	return true;
}

static uint32_t addr[LOOKUPS];

static void random_code(const struct ntr_pdb *p)
{
	uint64_t s = 88172645463325252u;
	uint32_t n = 0;

	while (n < LOOKUPS) {
		const struct ntr_pdb_section *c;

		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		c = &p->section[s % p->nsections];
		if (c->flags & 0x20000000 && c->size)
			addr[n++] = c->rva + (uint32_t)(s >> 32) % c->size;
	}
}

static double search_floor(unsigned n)
{
	uint32_t *v = malloc((n + 1) * sizeof(*v)), hit = 0;
	double best = 1e9;

	for (unsigned i = 0; i < n; i++)
		v[i] = (uint32_t)((uint64_t)i * 0x80000 / n);
	for (int t = 0; t < TRIES; t++) {
		double from = bench_cpu();

		for (unsigned i = 0; i < LOOKUPS; i++) {
			unsigned lo = 0, hi = n;

			while (lo < hi) {
				unsigned mid = lo + (hi - lo) / 2;

				if (v[mid] <= addr[i])
					lo = mid + 1;
				else
					hi = mid;
			}
			hit += lo;
		}
		from = bench_cpu() - from;
		best = from < best ? from : best;
	}
	if (hit == 1)
		puts("#");
	free(v);
	return best;
}

static void bench_many(void)
{
	struct ntr_symsrc *s = open_it(largest);
	double best = 1e9, least;
	unsigned n = 0, found = 0;
	struct ntr_symbol sym;

	if (ntr_symsrc_each(s, count_one, &n, NULL))
		bench_die("each");
	random_code(ntr_pdb_of(s));
	for (int t = 0; t < TRIES; t++) {
		double from = bench_cpu();

		for (unsigned i = 0; i < LOOKUPS; i++)
			found += !ntr_symsrc_at(s, addr[i], &sym, NULL);
		from = bench_cpu() - from;
		best = from < best ? from : best;
	}
	least = search_floor(n);
	bench_line("pdb_addresses", LOOKUPS / best / 1e6, "M/s",
		   LOOKUPS / least / 1e6, best / least);
	if (found < LOOKUPS)
		printf("# bench_symbols: only %u found\n", found / TRIES);
	ntr_symsrc_close(s);
}

int main(int argc, char **argv)
{
	const char *dir = getenv("NTR_CORPUS");

	if (argc == 4 && !strcmp(argv[1], "--one"))
		return resolve_one(argv[2], argv[3]);
	nftw(dir ? dir : "../shared/corpus", pdb_found, 16, FTW_PHYS);
	if (!largest_size) {
		printf("# bench_symbols: no corpus, no PDB to measure with\n");
		return 0;
	}
	bench_one(argv[0]);
	bench_many();
	return 0;
}
