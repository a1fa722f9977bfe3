// SPDX-License-Identifier: Apache-2.0
/*
 * Rows between a worker and the scanner, and how they are printed.  What decodes
 * encodes to bytes that decode to the same.  Whatever a row holds, JSON Lines and SARIF are
 * JSON, CSV has as many fields in each record as in its head, and text is
 * printable ASCII.  An input that is no row becomes the text of every field of
 * one.
 */
#include "../../kdtools/scan/format.h"
#include "../../kdtools/scan/row.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

static void need(bool ok)
{
	if (!ok)
		abort();
}

/* --- independent readers ----------------------------------------------------------- */

static void is_json(const char *s, size_t n)
{
	yajl_handle h = yajl_alloc(NULL, NULL, NULL);

	need(h && yajl_parse(h, (const unsigned char *)s, n) ==
			  yajl_status_ok &&
	     yajl_complete_parse(h) == yajl_status_ok);
	yajl_free(h);
}

static void are_json_lines(const char *s, size_t n)
{
	while (n) {
		const char *end = memchr(s, '\n', n);

		need(end != NULL);
		is_json(s, (size_t)(end - s));
		n -= (size_t)(end + 1 - s);
		s = end + 1;
	}
}

/* RFC 4180: fields of the record at *s, which is moved behind it. */
static unsigned csv_fields(const char **s, const char *end)
{
	unsigned n = 1;
	bool quoted = false;

	for (; *s < end; (*s)++) {
		if (**s == '"')
			quoted = !quoted;
		else if (!quoted && **s == ',')
			n++;
		else if (!quoted && **s == '\r') {
			need(*s + 1 < end && (*s)[1] == '\n');
			*s += 2;
			return n;
		}
		else
			need(quoted || **s != '\n');
	}
	abort();
}

static void is_csv(const char *s, size_t n)
{
	const char *end = s + n;
	unsigned head = csv_fields(&s, end);

	while (s < end)
		need(csv_fields(&s, end) == head);
}

static void is_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		need(s[i] == '\n' || (s[i] >= 0x20 && s[i] < 0x7f));
}

/* --- printing ------------------------------------------------------------------------ */

static void print(const struct scan_format *f, const struct sig_set *none,
		  const struct results_dump *d)
{
	struct scan_counts counts = { .files = 1, .rows = 1 };
	struct ntr_out o;

	ntr_out_init(&o, -1, false, false, false);
	f->begin(&o, none);
	f->row(&o, d);
	f->row(&o, d);
	f->end(&o, &counts, true);
	need(!o.buf.lost);
	if (!strcmp(f->name, "jsonl"))
		are_json_lines(o.buf.s, o.buf.len);
	else if (!strcmp(f->name, "sarif"))
		is_json(o.buf.s, o.buf.len);
	else if (!strcmp(f->name, "csv"))
		is_csv(o.buf.s, o.buf.len);
	else
		is_text(o.buf.s, o.buf.len);
	ntr_out_fini(&o);
}

static void print_all(const struct results_dump *d)
{
	struct sig_diags diags = { 0 };
	struct sig_set *none = NULL;

	need(!sig_set_new(&none, NULL) && !sig_link(none, &diags, NULL));
	for (size_t i = 0; scan_format_at(i); i++)
		print(scan_format_at(i), none, d);
	sig_diags_free(&diags);
	sig_set_free(none);
}

static void there_and_back(const struct results_dump *d)
{
	struct ntr_str one = { 0 }, two = { 0 };
	struct ntr_arena arena = { 0 };
	struct results_dump e;

	scan_row_encode(&one, d);
	need(!scan_row_decode((const u8 *)one.s, one.len, &arena, &e, NULL));
	scan_row_encode(&two, &e);
	need(one.len == two.len && !memcmp(one.s, two.s, one.len));
	ntr_arena_fini(&arena);
	ntr_str_fini(&one);
	ntr_str_fini(&two);
}

/* Every text field is the input. */
static void as_text(const uint8_t *data, size_t size)
{
	char *s = strndup((const char *)data, size);
	struct results_signature sig = { s, s, "stop", "high", "fires", 90,
					 NULL };
	struct results_dump d = {
		.path = s, .error = s, .format = s, .machine = s, .os = s,
		.code_name = s, .bucket = s, .bucket_hash = s, .blame = s,
		.blame_confidence = s, .process = s, .digest = s,
		.has_code = true, .sig = &sig, .nsig = 1,
	};

	if (!s)
		return;
	for (int o = 0; o <= RESULTS_ARCHIVE; o++) {
		d.outcome = (enum results_outcome)o;
		print_all(&d);
	}
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_arena arena = { 0 };
	struct results_dump d;

	if (scan_row_decode(data, size, &arena, &d, NULL)) {
		as_text(data, size);
	} else {
		there_and_back(&d);
		print_all(&d);
	}
	ntr_arena_fini(&arena);
	return 0;
}
