// SPDX-License-Identifier: Apache-2.0
/* One forged machine at a time and its facts, as text. */
#ifndef FACT_DUMP_H
#define FACT_DUMP_H

#include "facts/facts.h"

#include "objects.h"

static struct machine m;
static struct ntr_facts *f;

static inline bool open_text(const char *text, const char *container)
{
	struct ntr_err e = { "" };

	f = NULL;
	if (!machine_open(&m, text, container))
		return false;
	CHECK_EQ(ntr_facts_new(&f, m.t, NULL, &e), NTR_OK);
	return f != NULL;
}

static inline void shut(void)
{
	ntr_facts_free(f);
	f = NULL;
	machine_close(&m);
}

/* A value as text; "unknown: why", "none: why", or what is wrong. */
static inline const char *got(const char *path)
{
	static char out[8][600];
	static unsigned at;
	char *s = out[at++ % 8], buf[64];
	struct ntr_err e = { "" };
	struct ntr_fact x;

	if (ntr_fact_get(f, path, &x, &e))
		snprintf(s, 600, "error: %s", e.msg);
	else if (x.state == NTR_FACT_KNOWN)
		snprintf(s, 600, "%s", ntr_fact_text(&x, buf));
	else
		snprintf(s, 600, "%s: %s", x.state == NTR_FACT_NONE ? "none" :
			 "unknown", x.why);
	return s;
}

/* A stack that overflowed in a cycle of two drivers' routines. */
static const char nt351[] =
	"machine x86 nt3.51 cpus 1\n"
	"memory 16MiB\n"
	"time 1996-08-09T10:11:12Z\n"
	"uptime 3d2h\n"
	"stop 0x7f 8 0 0 0\n"
	"module \"tcpip.sys\" size 123904 date 1996-05-01 version 3.51.1057.5 "
	"pdb \"tcpip.pdb\"\n"
	"module \"afd.sys\" size 69280 date 1996-02-02\n"
	"current \"System\" tid 0x1c irql 2\n"
	"stack overflow {\n"
	"cycle \"tcpip!A+0x5c\" \"afd!B+0x1f\" times 60 bytes 180\n"
	"frame \"tcpip!C+0x2a\" size 44\n"
	"frame \"nt!KiIdleLoop+0x28\"\n"
	"}\n";

#endif
