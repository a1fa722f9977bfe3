// SPDX-License-Identifier: Apache-2.0
/* CSV as RFC 4180 has it: CRLF, cells in quotes. A cell that a spreadsheet would
 * take for a formula gets an apostrophe: file names come from strangers. */
#include "../cli/results_out.h"
#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void field(struct ntr_out *o, bool first, const char *s)
{
	ntr_str_add(&o->buf, first ? "" : ",");
	results_csv_cell(&o->buf, s);
}

static void begin(struct ntr_out *o, const struct sig_set *set)
{
	(void)set;
	ntr_str_add(&o->buf, "path,outcome,error,size,modified,format,machine,"
		    "os,crashed,process,code,name,arg1,arg2,arg3,arg4,bucket,"
		    "blame,blame_confidence,fires,cannot_tell\r\n");
}

static void hex(struct ntr_out *o, bool have, u64 v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, v);
	field(o, false, have ? buf : NULL);
}

static void time_of(struct ntr_out *o, s64 t)
{
	char buf[32];

	field(o, false, results_time(buf, t));
}

static void ids(struct ntr_out *o, const struct results_dump *d,
		const char *value)
{
	struct ntr_str s = { 0 };

	for (size_t i = 0; i < d->nsig; i++) {
		if (strcmp(d->sig[i].value, value))
			continue;
		ntr_str_add(&s, s.len ? " " : "");
		ntr_str_add(&s, d->sig[i].id);
	}
	field(o, false, ntr_str_text(&s));
	ntr_str_fini(&s);
}

static void row(struct ntr_out *o, const struct results_dump *d)
{
	char size[24];

	snprintf(size, sizeof(size), "%" PRIu64, d->size);
	field(o, true, d->path);
	field(o, false, results_outcome_name(d->outcome));
	field(o, false, d->error);
	field(o, false, size);
	time_of(o, d->mtime_ns / 1000000000);
	field(o, false, d->format);
	field(o, false, d->machine);
	field(o, false, d->os);
	time_of(o, d->crash_time);
	field(o, false, d->process);
	hex(o, d->has_code, d->code);
	field(o, false, d->code_name);
	for (unsigned i = 0; i < 4; i++)
		hex(o, d->has_code, d->arg[i]);
	field(o, false, d->bucket);
	field(o, false, d->blame);
	field(o, false, d->blame_confidence);
	ids(o, d, "fires");
	ids(o, d, "unknown");
	ntr_str_add(&o->buf, "\r\n");
}

static void end(struct ntr_out *o, const struct scan_counts *c, bool whole)
{
	(void)o;
	(void)c;
	(void)whole;
}

const struct scan_format scan_format_csv = {
	"csv", "a table for spreadsheets", begin, row, end,
};
