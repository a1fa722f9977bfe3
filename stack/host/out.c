// SPDX-License-Identifier: Apache-2.0
#include "out.h"

#include <inttypes.h>
#include <string.h>
#include <yajl/yajl_gen.h>

static void key_of(struct out *o, const char *key)
{
	yajl_gen_string(o->json, (const unsigned char *)key, strlen(key));
}

bool out_init(struct out *o, FILE *to, bool json, u32 limit)
{
	*o = (struct out){ .to = to, .limit = limit };
	if (!json)
		return true;
	o->json = yajl_gen_alloc(NULL);
	if (!o->json)
		return false;
	yajl_gen_map_open(o->json);
	return true;
}

void out_fini(struct out *o)
{
	const unsigned char *text;
	size_t n;

	if (!o->json)
		return;
	yajl_gen_map_close(o->json);
	if (yajl_gen_get_buf(o->json, &text, &n) == yajl_gen_status_ok)
		fwrite(text, 1, n, o->to);
	fputc('\n', o->to);
	yajl_gen_free(o->json);
	o->json = NULL;
}

static void end_row(struct out *o)
{
	if (!o->in_row)
		return;
	o->in_row = false;
	if (o->json) {
		yajl_gen_map_close(o->json);
		return;
	}
	if (o->rows == 1)
		fprintf(o->to, " %s\n", o->head);
	fprintf(o->to, " %s\n", o->line);
}

void out_table(struct out *o, const char *key, const char *title)
{
	o->rows = 0;
	o->more = 0;
	if (o->json) {
		key_of(o, key);
		yajl_gen_array_open(o->json);
	} else {
		fprintf(o->to, "%s\n", title);
	}
}

void out_table_end(struct out *o)
{
	end_row(o);
	if (o->json)
		yajl_gen_array_close(o->json);
	else if (o->more)
		fprintf(o->to, "  ... %" PRIu64 " more\n", o->more);
}

bool out_row(struct out *o)
{
	end_row(o);
	if (o->rows >= o->limit) {
		o->more++;
		return false;
	}
	o->rows++;
	o->in_row = true;
	o->nhead = o->nline = 0;
	o->head[0] = o->line[0] = 0;
	if (o->json)
		yajl_gen_map_open(o->json);
	return true;
}

static void column(char *to, size_t size, size_t *n, int width, const char *v)
{
	int k = snprintf(to + *n, size - *n, " %*s", width, v);

	if (k > 0 && *n + (size_t)k < size)
		*n += (size_t)k;
}

static void text(struct out *o, const char *key, int width, const char *v)
{
	if (o->rows == 1)
		column(o->head, sizeof(o->head), &o->nhead, width, key);
	column(o->line, sizeof(o->line), &o->nline, width, v);
}

void out_str(struct out *o, const char *key, int width, const char *v)
{
	if (!o->json) {
		text(o, key, width, v);
		return;
	}
	key_of(o, key);
	key_of(o, v);
}

void out_num(struct out *o, const char *key, int width, u64 v)
{
	char b[24];

	snprintf(b, sizeof(b), "%" PRIu64, v);
	if (!o->json) {
		text(o, key, width, b);
		return;
	}
	key_of(o, key);
	yajl_gen_number(o->json, b, strlen(b));
}

/* A string in JSON, too: its numbers end at 2^53. */
void out_hex(struct out *o, const char *key, u64 v)
{
	char b[24];

	snprintf(b, sizeof(b), "%#" PRIx64, v);
	out_str(o, key, 14, b);
}

void out_real(struct out *o, const char *key, int width, int digits, double v)
{
	char b[40];

	snprintf(b, sizeof(b), "%.*f", digits, v);
	if (!o->json) {
		text(o, key, width, b);
		return;
	}
	key_of(o, key);
	yajl_gen_number(o->json, b, strlen(b));
}

void out_bool(struct out *o, const char *key, int width, bool v)
{
	if (!o->json) {
		text(o, key, width, v ? "yes" : "no");
		return;
	}
	key_of(o, key);
	yajl_gen_bool(o->json, v);
}
