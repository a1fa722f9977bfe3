// SPDX-License-Identifier: Apache-2.0
/* The fields of the filter language, and what the reference says of them. */
#include "filter_priv.h"

const char *const filter_op_text[FOP_COUNT] = {
	[FOP_EQ] = "=", [FOP_NE] = "!=", [FOP_HAS] = "~", [FOP_HASNT] = "!~",
	[FOP_LT] = "<", [FOP_GT] = ">", [FOP_LE] = "<=", [FOP_GE] = ">=",
};

static bool n_id(const struct results_dump *d, s64 *v)
{
	*v = d->id;
	return d->id > 0;
}

static bool n_code(const struct results_dump *d, s64 *v)
{
	*v = d->code;
	return d->has_code;
}

static bool n_size(const struct results_dump *d, s64 *v)
{
	*v = (s64)(d->size & INT64_MAX);
	return true;
}

static bool n_judged(const struct results_dump *d, s64 *v)
{
	*v = d->judged_at;
	return true;
}

static bool n_crashed(const struct results_dump *d, s64 *v)
{
	*v = d->crash_time;
	return d->crash_time != 0;
}

/* The highest of those that fire. */
static bool n_confidence(const struct results_dump *d, s64 *v)
{
	bool some = false;

	*v = 0;
	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];

		if (!s->value || s->value[0] != 'f')
			continue;
		some = true;
		if (s->confidence > *v)
			*v = s->confidence;
	}
	return some;
}

#define D(m) offsetof(struct results_dump, m)
#define S(m) offsetof(struct results_signature, m)
#define MAX_CONFIDENCE                                                \
	"(SELECT max(s.confidence) FROM signatures AS s"             \
	" WHERE s.dump = d.id AND s.value = 'fires')"

const struct filter_field filter_fields[] = {
	{ "arg1", FK_ARG, FOPS_ORDER, "d.arg1", NULL, 0, "0x8",
	  "first argument of the stop" },
	{ "arg2", FK_ARG, FOPS_ORDER, "d.arg2", NULL, 1, "0x2",
	  "second argument" },
	{ "arg3", FK_ARG, FOPS_ORDER, "d.arg3", NULL, 2, "1",
	  "third argument" },
	{ "arg4", FK_ARG, FOPS_ORDER, "d.arg4", NULL, 3,
	  "0xfffff8047c02a2b0", "fourth argument" },
	{ "blame", FK_TEXT, FOPS_TEXT, "d.blame", NULL, D(blame), "tcpip.sys",
	  "module that probably caused it" },
	{ "bucket", FK_TEXT, FOPS_TEXT, "d.bucket", NULL, D(bucket),
	  "0x7f_8_tcpip!IPRcv", "failure bucket" },
	{ "class", FK_FIRES, FOPS_TEXT, "class", NULL, S(cls), "hang",
	  "class of a signature that fires: stop, hang, leak, corruption" },
	{ "code", FK_NUMBER, FOPS_ORDER, "d.code", n_code, 0, "0x7f",
	  "stop code" },
	{ "confidence", FK_NUMBER, FOPS_ORDER, MAX_CONFIDENCE, n_confidence, 0,
	  "80", "percent; the highest of the signatures that fire" },
	{ "crashed", FK_TIME, FOPS_ORDER, "d.crash_time", n_crashed, 0,
	  "2022-10-26", "when the machine stopped" },
	{ "error", FK_TEXT, FOPS_TEXT, "d.error", NULL, D(error), "denied",
	  "why a file was not judged" },
	{ "fired", FK_FIRES, FOPS_TEXT, "sig", NULL, S(id), "Q216765",
	  "a signature that fires" },
	{ "format", FK_TEXT, FOPS_TEXT, "d.format", NULL, D(format), "dmp64",
	  "format of the dump" },
	{ "frame", FK_LINES, FOPS_TEXT, "lower(d.frames)", NULL, D(frames),
	  "tcpip!IPRcv", "any function of the stack" },
	{ "id", FK_NUMBER, FOPS_ORDER, "d.id", n_id, 0, "17",
	  "number of the row in its store" },
	{ "judged", FK_TIME, FOPS_ORDER, "d.judged_at", n_judged, 0, "2026-11",
	  "when the dump was judged" },
	{ "machine", FK_TEXT, FOPS_TEXT, "d.machine", NULL, D(machine), "x64",
	  "processor" },
	{ "module", FK_MODULES, FOPS_TEXT, "d.module_names", NULL, D(modules),
	  "tcpip.sys", "name of any loaded module" },
	{ "note", FK_NOTES, FOPS_TEXT, "n.body", NULL, 0, "\"ticket 4711\"",
	  "text of any note" },
	{ "os", FK_VERSION, FOPS_TEXT | FOPS_ORDER, "d.os", NULL, D(os),
	  "10.0.19041", "version; < and > compare number by number" },
	{ "outcome", FK_WORD, FOPS_SAME, "d.outcome", NULL, 0, "judged",
	  "what became of the file" },
	{ "path", FK_TEXT, FOPS_TEXT, "d.path", NULL, D(path), "/incoming/",
	  "path as scanned; dump.zip!MEMORY.DMP inside archives" },
	{ "process", FK_TEXT, FOPS_TEXT, "d.process", NULL, D(process),
	  "svchost.exe", "process that was running" },
	{ "severity", FK_FIRES, FOPS_TEXT, "severity", NULL, S(severity),
	  "critical", "severity of a signature that fires" },
	{ "since", FK_SINCE, 1u << FOP_EQ, "d.judged_at", n_judged, 0, "7d",
	  "judged then or later" },
	{ "size", FK_SIZE, FOPS_ORDER, "d.size", n_size, 0, "64M",
	  "bytes of the file" },
	{ "stop", FK_TEXT, FOPS_TEXT, "d.code_name", NULL, D(code_name),
	  "IRQL_NOT_LESS", "name of the stop code" },
	{ "unknown", FK_UNKNOWN, FOPS_TEXT, "sig", NULL, S(id), "Q216765",
	  "a signature that cannot tell" },
	{ "until", FK_UNTIL, 1u << FOP_EQ, "d.judged_at", n_judged, 0,
	  "2026-11-30", "judged then or earlier" },
};
const size_t filter_nfields = NTR_COUNT(filter_fields);

/* One text for each set of operators there is. */
static const char *ops_name(unsigned ops)
{
	switch (ops) {
	case FOPS_TEXT:
		return "= != ~ !~";
	case FOPS_ORDER:
		return "= != < > <= >=";
	case FOPS_SAME:
		return "= !=";
	case 1u << FOP_EQ:
		return "=";
	default:
		return "= != ~ !~ < > <= >=";
	}
}

bool results_filter_field(size_t i, struct results_field *out)
{
	const struct filter_field *f = &filter_fields[i];

	if (i >= filter_nfields)
		return false;
	*out = (struct results_field){ f->name, ops_name(f->ops), f->value,
				       f->help };
	return true;
}

void results_filter_reference(struct ntr_str *out)
{
	ntr_str_add(out, "| field | operators | example | what |\n"
		    "|---|---|---|---|\n");
	for (size_t i = 0; i < filter_nfields; i++) {
		const struct filter_field *f = &filter_fields[i];

		ntr_str_printf(out, "| `%s` | `%s` | `%s=%s` | %s |\n",
			       f->name, ops_name(f->ops), f->name, f->value,
			       f->help);
	}
}
