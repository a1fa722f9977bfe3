// SPDX-License-Identifier: Apache-2.0
/* JSON Lines: an object ntriage.scan/1 for each row (docs/scan.schema.json). */
#include "../cli/results_out.h"
#include "format.h"

#include <string.h>

static void begin(struct ntr_out *o, const struct sig_set *set)
{
	(void)o;
	(void)set;
}

static void text(struct ntr_json *j, const char *key, const char *v)
{
	ntr_json_str(j, key, v && *v ? v : NULL);
}

static void time_of(struct ntr_json *j, const char *key, s64 t)
{
	char buf[32];

	ntr_json_str(j, key, results_time(buf, t));
}

static void stop(struct ntr_json *j, const struct results_dump *d)
{
	if (!d->has_code) {
		ntr_json_null(j, "code");
		ntr_json_null(j, "code_name");
		ntr_json_null(j, "arguments");
		return;
	}
	ntr_json_hex(j, "code", d->code);
	text(j, "code_name", d->code_name);
	ntr_json_array(j, "arguments");
	for (unsigned i = 0; i < 4; i++)
		ntr_json_hex(j, NULL, d->arg[i]);
	ntr_json_array_end(j);
}

static void signatures(struct ntr_json *j, const struct results_dump *d)
{
	ntr_json_array(j, "signatures");
	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];

		ntr_json_object(j, NULL);
		ntr_json_str(j, "id", s->id);
		ntr_json_str(j, "title", s->title);
		ntr_json_str(j, "class", s->cls);
		ntr_json_str(j, "severity", s->severity);
		ntr_json_str(j, "result", s->value);
		if (strcmp(s->value, "fires"))
			ntr_json_null(j, "confidence");
		else
			ntr_json_uint(j, "confidence", s->confidence);
		ntr_json_object_end(j);
	}
	ntr_json_array_end(j);
}

static void row(struct ntr_out *o, const struct results_dump *d)
{
	struct ntr_json j;

	ntr_json_init(&j, &o->buf, false);
	ntr_json_object(&j, NULL);
	ntr_json_str(&j, "schema", "ntriage.scan/1");
	ntr_json_str(&j, "path", d->path);
	ntr_json_str(&j, "outcome", results_outcome_name(d->outcome));
	text(&j, "error", d->error);
	ntr_json_uint(&j, "size", d->size);
	time_of(&j, "modified", d->mtime_ns / 1000000000);
	text(&j, "digest", d->digest);
	text(&j, "format", d->format);
	text(&j, "machine", d->machine);
	text(&j, "os", d->os);
	time_of(&j, "crashed", d->crash_time);
	text(&j, "process", d->process);
	stop(&j, d);
	text(&j, "bucket", d->bucket);
	text(&j, "bucket_hash", d->bucket_hash);
	text(&j, "blame", d->blame);
	text(&j, "blame_confidence", d->blame_confidence);
	signatures(&j, d);
	if (results_is_json(d->json))
		ntr_json_raw(&j, "verdict", d->json);
	else
		ntr_json_null(&j, "verdict");
	ntr_json_object_end(&j);
	ntr_str_add(&o->buf, "\n");
}

static void end(struct ntr_out *o, const struct scan_counts *c, bool whole)
{
	(void)o;
	(void)c;
	(void)whole;
}

const struct scan_format scan_format_jsonl = {
	"jsonl", "a JSON object a line (docs/scan.schema.json)", begin, row,
	end,
};
