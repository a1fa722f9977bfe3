// SPDX-License-Identifier: Apache-2.0
/*
 * A verdict as the store has it (ntriage.verdict/1, docs/verdict.schema.json),
 * read field by field.  A store may come from somebody else: anything may be
 * lacking or of another type, which reads as "not known".
 *
 * Every getter takes NULL and gives NULL, 0 or false then.
 */
#ifndef NTR_REPORT_VERDICT_H
#define NTR_REPORT_VERDICT_H

#include "base/ntr_types.h"

#include <yajl/yajl_tree.h>

#define VERDICT_DEPTH 32u
#define VERDICT_BYTES ((size_t)64 << 20)

/* NULL: it is no JSON, nested deeper than VERDICT_DEPTH, or too long.
 * yajl_tree_free() ends it. */
NTR_MUST yajl_val verdict_parse(const char *json);

yajl_val verdict_get(yajl_val v, const char *key);
const char *verdict_str(yajl_val v, const char *key);
/* Elements of a list. */
size_t verdict_count(yajl_val v, const char *key);
yajl_val verdict_at(yajl_val v, const char *key, size_t i);
/* The same where the element is a text. */
const char *verdict_str_at(yajl_val v, const char *key, size_t i);
bool verdict_int(yajl_val v, const char *key, s64 *out);
bool verdict_int_at(yajl_val v, const char *key, size_t i, s64 *out);
bool verdict_true(yajl_val v, const char *key);

#endif
