// SPDX-License-Identifier: Apache-2.0
/* Text: a line for each row, one more for each rule that fires, a summary. */
#include "format.h"

#include <inttypes.h>
#include <string.h>

static void begin(struct ntr_out *o, const struct sig_set *set)
{
	(void)o;
	(void)set;
}

static void fired(struct ntr_out *o, const struct results_dump *d)
{
	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];

		if (strcmp(s->value, "fires"))
			continue;
		ntr_out_styled(o, NTR_ALARM, "  FIRES %s", s->id);
		ntr_out_line(o, " (%u %%) %s", s->confidence, s->title);
	}
}

static void row(struct ntr_out *o, const struct results_dump *d)
{
	if (d->outcome == RESULTS_ARCHIVE)
		return;
	if (d->outcome != RESULTS_JUDGED && d->outcome != RESULTS_UNDETERMINED) {
		bool said = d->outcome == RESULTS_NOT_A_DUMP && d->error;

		ntr_out_line(o, "%s: %s%s%s", d->path, said ? "" :
			     results_outcome_name(d->outcome),
			     d->error && !said ? ": " : "",
			     d->error ? d->error : "");
		return;
	}
	ntr_out_print(o, "%s: ", d->path);
	if (d->has_code)
		ntr_out_print(o, "0x%X%s%s", d->code, d->code_name ? " " : "",
			      d->code_name ? d->code_name : "");
	else
		ntr_out_print(o, "no bug check");
	if (d->blame)
		ntr_out_print(o, ", %s (%s)", d->blame, d->blame_confidence ?
			      d->blame_confidence : "?");
	ntr_out_line(o, "%s%s", d->bucket ? ", " : "",
		     d->bucket ? d->bucket : "");
	fired(o, d);
}

static void end(struct ntr_out *o, const struct scan_counts *c, bool whole)
{
	const char *lead = ": ";

	ntr_out_print(o, "%" PRIu64 " file%s%s", c->files,
		      c->files == 1 ? "" : "s", whole ? "" : " so far");
	for (unsigned i = 0; i < NTR_COUNT(c->outcome); i++) {
		if (!c->outcome[i] || i == RESULTS_ARCHIVE)
			continue;
		ntr_out_print(o, "%s%" PRIu64 " %s", lead, c->outcome[i],
			      results_outcome_name(i));
		lead = ", ";
	}
	ntr_out_line(o, "; rules fire on %" PRIu64 ", cannot tell on %" PRIu64,
		     c->fired, c->unknown);
}

const struct scan_format scan_format_text = {
	"text", "a line for each dump, then a summary", begin, row, end,
};
