// SPDX-License-Identifier: Apache-2.0
/*
 * SARIF 2.1.0 (OASIS): one run; a rule for each signature; a result for each
 * one that fires, and one of kind "open" (it cannot be decided) for each that
 * cannot tell and for each file that could not be judged.
 *
 * The document stays open from begin() to end(), in the writer of o.
 */
#include "format.h"

#include <string.h>

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

#define NOT_JUDGED "not-judged" /* the rule of files without a verdict */

static const char *level(const char *severity)
{
	if (!strcmp(severity, "low"))
		return "note";
	return strcmp(severity, "medium") ? "error" : "warning";
}

static void message(struct ntr_json *j, const char *key, const char *text)
{
	ntr_json_object(j, key);
	ntr_json_str(j, "text", text);
	ntr_json_object_end(j);
}

static void rules(struct ntr_json *j, const struct sig_set *set)
{
	ntr_json_array(j, "rules");
	for (size_t i = 0; i < sig_count(set); i++) {
		const struct sig_rule *r = sig_at(set, i);

		ntr_json_object(j, NULL);
		ntr_json_str(j, "id", r->id);
		message(j, "shortDescription", r->title);
		ntr_json_object(j, "defaultConfiguration");
		ntr_json_str(j, "level", level(sig_severity_name(r->severity)));
		ntr_json_object_end(j);
		ntr_json_object(j, "properties");
		ntr_json_str(j, "class", sig_class_name(r->cls));
		ntr_json_str(j, "status", sig_status_name(r->status));
		ntr_json_object_end(j);
		ntr_json_object_end(j);
	}
	ntr_json_object(j, NULL);
	ntr_json_str(j, "id", NOT_JUDGED);
	message(j, "shortDescription", "A file that could not be judged");
	ntr_json_object_end(j);
	ntr_json_array_end(j);
}

static void begin(struct ntr_out *o, const struct sig_set *set)
{
	struct ntr_json *j = &o->j;

	ntr_json_init(j, &o->buf, false);
	ntr_json_object(j, NULL);
	ntr_json_str(j, "$schema", SARIF_SCHEMA);
	ntr_json_str(j, "version", "2.1.0");
	ntr_json_array(j, "runs");
	ntr_json_object(j, NULL);
	ntr_json_object(j, "tool");
	ntr_json_object(j, "driver");
	ntr_json_str(j, "name", "ntriage");
	ntr_json_str(j, "version", NTR_VERSION);
	rules(j, set);
	ntr_json_object_end(j);
	ntr_json_object_end(j);
	ntr_json_str(j, "columnKind", "utf16CodeUnits");
	ntr_json_array(j, "results");
}

/* RFC 3986: what is not unreserved or "/" is %NN. */
static void uri(struct ntr_json *j, const char *key, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-._~/";
	struct ntr_str s = { 0 };

	for (; *path; path++) {
		if (strchr(plain, *path))
			ntr_str_addn(&s, path, 1);
		else
			ntr_str_printf(&s, "%%%02X", (u8)*path);
	}
	ntr_json_str(j, key, ntr_str_text(&s));
	ntr_str_fini(&s);
}

static void location(struct ntr_json *j, const char *path)
{
	ntr_json_array(j, "locations");
	ntr_json_object(j, NULL);
	ntr_json_object(j, "physicalLocation");
	ntr_json_object(j, "artifactLocation");
	uri(j, "uri", path);
	ntr_json_object_end(j);
	ntr_json_object_end(j);
	ntr_json_object_end(j);
	ntr_json_array_end(j);
}

static void result(struct ntr_json *j, const char *rule, const char *lvl,
		   const char *text, const char *path)
{
	ntr_json_object(j, NULL);
	ntr_json_str(j, "ruleId", rule);
	ntr_json_str(j, "kind", lvl ? "fail" : "open");
	ntr_json_str(j, "level", lvl ? lvl : "none");
	message(j, "message", text);
	location(j, path);
}

static void signature(struct ntr_json *j, const struct results_dump *d,
		      const struct results_signature *s)
{
	bool fires = !strcmp(s->value, "fires");

	result(j, s->id, fires ? level(s->severity) : NULL, s->title, d->path);
	ntr_json_object(j, "properties");
	if (fires)
		ntr_json_uint(j, "confidence", s->confidence);
	if (d->has_code)
		ntr_json_hex(j, "code", d->code);
	if (d->bucket)
		ntr_json_str(j, "bucket", d->bucket);
	ntr_json_object_end(j);
	if (d->bucket_hash && *d->bucket_hash) {
		ntr_json_object(j, "partialFingerprints");
		ntr_json_str(j, "bucket/v1", d->bucket_hash);
		ntr_json_object_end(j);
	}
	ntr_json_object_end(j);
}

static void row(struct ntr_out *o, const struct results_dump *d)
{
	for (size_t i = 0; i < d->nsig; i++)
		signature(&o->j, d, &d->sig[i]);
	if (d->outcome == RESULTS_JUDGED || d->outcome == RESULTS_ARCHIVE ||
	    d->outcome == RESULTS_UNDETERMINED)
		return;
	result(&o->j, NOT_JUDGED, NULL, d->error ? d->error :
	       results_outcome_name(d->outcome), d->path);
	ntr_json_object_end(&o->j);
}

static void end(struct ntr_out *o, const struct scan_counts *c, bool whole)
{
	struct ntr_json *j = &o->j;

	(void)c;
	ntr_json_array_end(j);
	ntr_json_array(j, "invocations");
	ntr_json_object(j, NULL);
	ntr_json_bool(j, "executionSuccessful", whole);
	ntr_json_object_end(j);
	ntr_json_array_end(j);
	ntr_json_object_end(j);
	ntr_json_array_end(j);
	ntr_json_object_end(j);
	ntr_str_add(&o->buf, "\n");
}

const struct scan_format scan_format_sarif = {
	"sarif", "SARIF 2.1.0, for code-scanning tools", begin, row, end,
};
