// SPDX-License-Identifier: Apache-2.0
#include "verdict.h"

#include <string.h>
#include <yajl/yajl_parse.h>

static int deeper(void *ctx)
{
	return ++*(unsigned *)ctx <= VERDICT_DEPTH;
}

static int higher(void *ctx)
{
	--*(unsigned *)ctx;
	return 1;
}

/* Before a tree is made, which goes by recursion. */
static bool fit(const char *s, size_t n)
{
	static const yajl_callbacks calls = {
		.yajl_start_map = deeper, .yajl_start_array = deeper,
		.yajl_end_map = higher, .yajl_end_array = higher,
	};
	unsigned depth = 0;
	yajl_handle h = yajl_alloc(&calls, NULL, &depth);
	bool good = h && yajl_parse(h, (const unsigned char *)s, n) ==
				 yajl_status_ok &&
		    yajl_complete_parse(h) == yajl_status_ok;

	if (h)
		yajl_free(h);
	return good;
}

yajl_val verdict_parse(const char *json)
{
	size_t n = json ? strlen(json) : 0;

	return n && n <= VERDICT_BYTES && fit(json, n) ?
		       yajl_tree_parse(json, NULL, 0) : NULL;
}

yajl_val verdict_get(yajl_val v, const char *key)
{
	for (size_t i = 0; YAJL_IS_OBJECT(v) && i < v->u.object.len; i++)
		if (!strcmp(v->u.object.keys[i], key))
			return v->u.object.values[i];
	return NULL;
}

const char *verdict_str(yajl_val v, const char *key)
{
	v = verdict_get(v, key);
	return YAJL_IS_STRING(v) ? v->u.string : NULL;
}

size_t verdict_count(yajl_val v, const char *key)
{
	v = verdict_get(v, key);
	return YAJL_IS_ARRAY(v) ? v->u.array.len : 0;
}

yajl_val verdict_at(yajl_val v, const char *key, size_t i)
{
	v = verdict_get(v, key);
	return YAJL_IS_ARRAY(v) && i < v->u.array.len ? v->u.array.values[i] :
							NULL;
}

const char *verdict_str_at(yajl_val v, const char *key, size_t i)
{
	v = verdict_at(v, key, i);
	return YAJL_IS_STRING(v) ? v->u.string : NULL;
}

static bool integer(yajl_val v, s64 *out)
{
	if (!YAJL_IS_INTEGER(v))
		return false;
	*out = v->u.number.i;
	return true;
}

bool verdict_int(yajl_val v, const char *key, s64 *out)
{
	return integer(verdict_get(v, key), out);
}

bool verdict_int_at(yajl_val v, const char *key, size_t i, s64 *out)
{
	return integer(verdict_at(v, key, i), out);
}

bool verdict_true(yajl_val v, const char *key)
{
	return YAJL_IS_TRUE(verdict_get(v, key));
}
