// SPDX-License-Identifier: Apache-2.0
#include "results_out.h"

#include "../store/columns.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#define EPOCH_1601 INT64_C(11644473600)
#define PATH_WIDTH 34u
#define BUCKET_WIDTH 30u
#define FIRED_WIDTH 16u

const struct ntr_col results_cols[] = {
	{ "ID", 6 }, { "STOP", -12 }, { "CRASHED", -10 },
	{ "FIRES", -(int)FIRED_WIDTH }, { "BUCKET", -(int)BUCKET_WIDTH },
	{ "PATH", -(int)PATH_WIDTH },
};
const size_t results_ncols = NTR_COUNT(results_cols);

const char *results_time(char out[32], s64 t)
{
	if (!t || t <= -EPOCH_1601 || t > INT64_C(253402300799))
		return NULL;
	return ntr_filetime_text(out, (u64)(t + EPOCH_1601) * 10000000) ? out :
	       NULL;
}

/* --- JSON -------------------------------------------------------------------------- */

bool results_is_json(const char *s)
{
	yajl_handle h;
	bool good = s != NULL;

	for (const char *p = s; good && *p; p++)
		good = (u8)*p >= 0x20 && (u8)*p < 0x7f;
	h = good ? yajl_alloc(NULL, NULL, NULL) : NULL;
	good = h && yajl_parse(h, (const unsigned char *)s, strlen(s)) ==
			    yajl_status_ok &&
	       yajl_complete_parse(h) == yajl_status_ok;
	if (h)
		yajl_free(h);
	return good;
}

static void signatures(struct ntr_out *o, const struct results_dump *d)
{
	ntr_out_list(o, "signatures");
	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];

		ntr_out_open(o, NULL);
		ntr_out_str(o, "id", NULL, s->id);
		ntr_out_str(o, "title", NULL, s->title);
		ntr_out_str(o, "class", NULL, s->cls);
		ntr_out_str(o, "severity", NULL, s->severity);
		ntr_out_str(o, "result", NULL, s->value);
		ntr_out_uint(o, "confidence", NULL, s->confidence);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

static void part(struct ntr_out *o, const char *key, const char *s, size_t n)
{
	char text[260];

	snprintf(text, sizeof(text), "%.*s", (int)(n < 259 ? n : 259), s);
	ntr_out_str(o, key, NULL, n ? text : NULL);
}

static void lists(struct ntr_out *o, const struct results_dump *d)
{
	const char *s = d->frames;
	struct column_module m;

	ntr_out_list(o, "frames");
	while (s && *s) {
		size_t n = strcspn(s, "\n");

		if (n)
			part(o, NULL, s, n);
		s += n + (s[n] == '\n');
	}
	ntr_out_list_end(o);
	s = d->modules;
	if (!s) {
		ntr_out_none(o, "modules", NULL);
		return;
	}
	ntr_out_list(o, "modules");
	while (column_module_next(&s, &m)) {
		ntr_out_open(o, NULL);
		part(o, "name", m.name, m.name_len);
		part(o, "date", m.date, m.date_len);
		part(o, "version", m.version, m.version_len);
		ntr_out_close(o);
	}
	ntr_out_list_end(o);
}

static void stop(struct ntr_out *o, const struct results_dump *d)
{
	ntr_out_hex_if(o, "code", NULL, d->has_code, d->code);
	ntr_out_str(o, "code_name", NULL, d->code_name);
	ntr_out_list(o, "arguments");
	for (unsigned i = 0; d->has_code && i < 4; i++)
		ntr_out_hex(o, NULL, NULL, d->arg[i]);
	ntr_out_list_end(o);
}

void results_out_members(struct ntr_out *o, const struct results_dump *d,
			 bool full)
{
	char t[32];

	ntr_out_uint(o, "id", NULL, (u64)d->id);
	ntr_out_str(o, "path", NULL, d->path);
	ntr_out_uint(o, "size", NULL, d->size);
	ntr_out_str(o, "modified", NULL,
		    results_time(t, d->mtime_ns / 1000000000));
	ntr_out_str(o, "judged", NULL, results_time(t, d->judged_at));
	ntr_out_str(o, "outcome", NULL, results_outcome_name(d->outcome));
	ntr_out_str(o, "error", NULL, d->error);
	ntr_out_str(o, "format", NULL, d->format);
	ntr_out_str(o, "machine", NULL, d->machine);
	ntr_out_str(o, "os", NULL, d->os);
	stop(o, d);
	ntr_out_str(o, "crashed", NULL, results_time(t, d->crash_time));
	ntr_out_str(o, "bucket", NULL, d->bucket);
	ntr_out_str(o, "bucket_hash", NULL, d->bucket_hash);
	ntr_out_str(o, "blame", NULL, d->blame);
	ntr_out_str(o, "blame_confidence", NULL, d->blame_confidence);
	ntr_out_str(o, "process", NULL, d->process);
	signatures(o, d);
	if (!full || !o->json)
		return;
	ntr_out_str(o, "digest", NULL, d->digest);
	ntr_out_str(o, "judge", NULL, d->judge);
	lists(o, d);
	if (results_is_json(d->json))
		ntr_json_raw(&o->j, "verdict", d->json);
	else
		ntr_out_none(o, "verdict", NULL);
}

/* --- a table -------------------------------------------------------------------------- */

/* A line feed in a name begins no line. */
static void one_line(char *s)
{
	for (; *s; s++)
		if (*s == '\n')
			*s = '?';
}

/* At most width bytes; what is longer loses its end, or its beginning. */
static const char *cut(char out[64], const char *s, size_t width, bool keep_end)
{
	size_t n = s ? strlen(s) : 0;

	if (n <= width)
		snprintf(out, 64, "%s", s ? s : "");
	else if (keep_end)
		snprintf(out, 64, "..%s", s + n - (width - 2));
	else
		snprintf(out, 64, "%.*s..", (int)width - 2, s);
	one_line(out);
	return out;
}

/* "Q216765 +1" */
static void fired(char out[64], const struct results_dump *d)
{
	const char *first = NULL;
	unsigned more = 0;
	char id[64];

	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];

		if (!s->value || strcmp(s->value, "fires"))
			continue;
		more += first != NULL;
		first = first ? first : s->id;
	}
	if (more > 999)
		more = 999;
	if (more)
		snprintf(out, 64, "%.40s +%u", cut(id, first, FIRED_WIDTH - 5,
						   false), more);
	else
		snprintf(out, 64, "%.40s", cut(id, first, FIRED_WIDTH, false));
}

static void row_text(struct ntr_out *o, const struct results_dump *d)
{
	char code[24], when[32] = "", sig[64], bucket[64], path[64];
	const char *crashed = results_time(when, d->crash_time);
	bool judged = d->outcome == RESULTS_JUDGED ||
		      d->outcome == RESULTS_UNDETERMINED;

	snprintf(code, sizeof(code), "0x%x", d->code);
	if (crashed)
		when[10] = 0;
	fired(sig, d);
	ntr_out_uint(o, NULL, NULL, (u64)d->id);
	ntr_out_str(o, NULL, NULL, judged && d->has_code ? code :
		    results_outcome_name(d->outcome));
	ntr_out_str(o, NULL, NULL, crashed);
	ntr_out_str(o, NULL, NULL, sig);
	ntr_out_str(o, NULL, NULL, cut(bucket, d->bucket ? d->bucket : d->error,
				       BUCKET_WIDTH, false));
	ntr_out_str(o, NULL, NULL, cut(path, d->path, PATH_WIDTH, true));
}

void results_out_row(struct ntr_out *o, const struct results_dump *d)
{
	ntr_out_row(o);
	if (o->json)
		results_out_members(o, d, false);
	else
		row_text(o, d);
	ntr_out_row_end(o);
}

/* --- one result ------------------------------------------------------------------------- */

static void line(struct ntr_out *o, const char *label, const char *v)
{
	char first[24];
	char *copy = v && *v ? strdup(v) : NULL;

	if (!copy)
		return;
	one_line(copy);
	snprintf(first, sizeof(first), "%-16s: ", label);
	ntr_out_para(o, first, "%s", copy);
	free(copy);
}

static void stop_text(struct ntr_out *o, const struct results_dump *d)
{
	char text[300];

	if (!d->has_code)
		return;
	snprintf(text, sizeof(text), "0x%x%s%.100s (0x%" PRIx64 ", 0x%" PRIx64
		 ", 0x%" PRIx64 ", 0x%" PRIx64 ")", d->code,
		 d->code_name ? " " : "", d->code_name ? d->code_name : "",
		 d->arg[0], d->arg[1], d->arg[2], d->arg[3]);
	line(o, "Stop", text);
}

static void signatures_text(struct ntr_out *o, const struct results_dump *d)
{
	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];
		bool fires = s->value && !strcmp(s->value, "fires");
		char text[400];

		if (fires)
			snprintf(text, sizeof(text), "%.80s (%u %%, %.20s): "
				 "%.200s", s->id ? s->id : "?", s->confidence,
				 s->severity ? s->severity : "?",
				 s->title ? s->title : "");
		else
			snprintf(text, sizeof(text), "%.80s: %.200s",
				 s->id ? s->id : "?", s->title ? s->title : "");
		line(o, fires ? "Fires" : "Cannot tell", text);
	}
}

static void stack_text(struct ntr_out *o, const struct results_dump *d)
{
	const char *s = d->frames;

	if (s && s[strspn(s, "\n")])
		ntr_out_line(o, "Stack");
	while (s && *s) {
		size_t n = strcspn(s, "\n");

		if (n)
			ntr_out_line(o, "    %.*s", (int)(n < 110 ? n : 110), s);
		s += n + (s[n] == '\n');
	}
}

void results_out_full(struct ntr_out *o, const struct results_dump *d)
{
	char t[32], text[200];

	if (o->json) {
		results_out_members(o, d, true);
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, d->id);
	line(o, "Result", text);
	line(o, "Path", d->path);
	snprintf(text, sizeof(text), "%" PRIu64 " bytes%s%.60s", d->size,
		 d->format ? ", " : "", d->format ? d->format : "");
	line(o, "File", text);
	line(o, "Judged", results_time(t, d->judged_at));
	line(o, "Outcome", results_outcome_name(d->outcome));
	line(o, "Error", d->error);
	snprintf(text, sizeof(text), "%.60s%s%.60s", d->os ? d->os : "",
		 d->os && d->machine ? ", " : "", d->machine ? d->machine : "");
	line(o, "System", text);
	stop_text(o, d);
	line(o, "Crashed", results_time(t, d->crash_time));
	line(o, "Process", d->process);
	snprintf(text, sizeof(text), "%.100s%s%.40s%s", d->blame ? d->blame : "",
		 d->blame && d->blame_confidence ? " (" : "",
		 d->blame && d->blame_confidence ? d->blame_confidence : "",
		 d->blame && d->blame_confidence ? ")" : "");
	line(o, "Caused by", text);
	line(o, "Bucket", d->bucket);
	line(o, "Bucket hash", d->bucket_hash);
	signatures_text(o, d);
	stack_text(o, d);
}

/* --- CSV (RFC 4180) ------------------------------------------------------------------------ */

void results_csv_head(struct ntr_str *out)
{
	ntr_str_add(out, "id,path,size,judged,outcome,error,format,machine,os,"
		    "code,arg1,arg2,arg3,arg4,code_name,crashed,bucket,"
		    "bucket_hash,blame,blame_confidence,process,fires,"
		    "cannot_tell\r\n");
}

/* No control character, the second page of them (U+0080…) included. */
static void csv_text(struct ntr_str *out, const char *s)
{
	while (*s) {
		const char *at = s;
		u32 c = ntr_utf8_next(&s);

		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffd)
			ntr_str_add(out, "?");
		else if (c == '"')
			ntr_str_add(out, "\"\"");
		else
			ntr_str_addn(out, at, (size_t)(s - at));
	}
}

/* One that begins as a formula gets a ' before it. */
void results_csv_cell(struct ntr_str *out, const char *s)
{
	if (!s || !*s)
		return;
	ntr_str_add(out, strchr("=+-@", *s) ? "\"'" : "\"");
	csv_text(out, s);
	ntr_str_add(out, "\"");
}

static void csv(struct ntr_str *out, const char *s)
{
	ntr_str_add(out, ",");
	results_csv_cell(out, s);
}

static void csv_hex(struct ntr_str *out, bool have, u64 v)
{
	ntr_str_add(out, ",");
	if (have)
		ntr_str_printf(out, "0x%" PRIx64, v);
}

static void csv_signatures(struct ntr_str *out, const struct results_dump *d,
			   bool want_fires)
{
	struct ntr_str ids = { .s = NULL };

	for (size_t i = 0; i < d->nsig; i++) {
		const struct results_signature *s = &d->sig[i];
		bool fires = s->value && !strcmp(s->value, "fires");

		if (fires != want_fires || !s->id)
			continue;
		if (ids.len)
			ntr_str_add(&ids, " ");
		ntr_str_add(&ids, s->id);
	}
	csv(out, ntr_str_text(&ids));
	ntr_str_fini(&ids);
}

void results_csv_row(struct ntr_str *out, const struct results_dump *d)
{
	char t[32];

	ntr_str_printf(out, "%" PRId64, d->id);
	csv(out, d->path);
	ntr_str_printf(out, ",%" PRIu64, d->size);
	csv(out, results_time(t, d->judged_at));
	csv(out, results_outcome_name(d->outcome));
	csv(out, d->error);
	csv(out, d->format);
	csv(out, d->machine);
	csv(out, d->os);
	csv_hex(out, d->has_code, d->code);
	for (unsigned i = 0; i < 4; i++)
		csv_hex(out, d->has_code, d->arg[i]);
	csv(out, d->code_name);
	csv(out, results_time(t, d->crash_time));
	csv(out, d->bucket);
	csv(out, d->bucket_hash);
	csv(out, d->blame);
	csv(out, d->blame_confidence);
	csv(out, d->process);
	csv_signatures(out, d, true);
	csv_signatures(out, d, false);
	ntr_str_add(out, "\r\n");
}
