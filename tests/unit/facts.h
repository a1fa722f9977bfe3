// SPDX-License-Identifier: Apache-2.0
/* The corpus's kernel_dump_facts.tsv: one line for each real kernel dump, with
 * what an independent reader found in it. */
#ifndef NTR_TEST_FACTS_H
#define NTR_TEST_FACTS_H

#include "test.h"

enum fact {
	FACT_FILE, FACT_SIZE, FACT_SIG, FACT_MAJOR, FACT_BUILD, FACT_MACHINE,
	FACT_CPUS, FACT_CODE, FACT_P1, FACT_P2, FACT_P3, FACT_P4, FACT_TYPE,
	FACT_TIME, FACT_UPTIME, FACT_DTB, FACT_PSMODS, FACT_KDBG, FACT_IP,
	FACT_SP, FACT_EXC, FACT_DRIVERS, FACT_NT_BASE, FACT_NT_SIZE,
	FACT_NT_STAMP, FACT_NT_VERSION, FACT_ISF, FACT_STACK, FACT_BLOCKS,
	FACT_COLUMNS,
};

struct facts {
	FILE *f;
	char line[4096];
	char *col[FACT_COLUMNS]; /* "" where there is none */
};

/* False: the corpus is not there. */
static inline bool facts_open(struct facts *t)
{
	char path[4096];

	memset(t, 0, sizeof(*t));
	if (!test_corpus("kernel_dump_facts.tsv", path, sizeof(path)))
		return false;
	t->f = fopen(path, "r");
	CHECK(t->f && fgets(t->line, sizeof(t->line), t->f)); /* headings */
	return true;
}

/* The next dump's line; false, and closed, at the end. */
static inline bool facts_next(struct facts *t)
{
	char *p = t->line;

	if (!t->f)
		return false;
	if (!fgets(t->line, sizeof(t->line), t->f)) {
		fclose(t->f);
		t->f = NULL;
		return false;
	}
	t->line[strcspn(t->line, "\r\n")] = 0;
	for (unsigned i = 0; i < FACT_COLUMNS; i++)
		t->col[i] = p ? strsep(&p, "\t") : t->line + strlen(t->line);
	return true;
}

static inline uint64_t facts_num(const struct facts *t, enum fact col)
{
	return strtoull(t->col[col], NULL, 0);
}

/* Path of a dump of the corpus, which may be in a subfolder; NULL: it is not
 * there. */
static inline const char *find_dump(const char *name, char *buf, size_t size)
{
	static const char *const dirs[] = {
		"kernel_dumps", "kernel_dumps/batch_win81_criticalrocket",
	};
	char rel[512];

	for (size_t i = 0; i < 2; i++) {
		snprintf(rel, sizeof(rel), "%s/%s", dirs[i], name);
		if (test_corpus(rel, buf, size))
			return buf;
	}
	return NULL;
}

#endif
