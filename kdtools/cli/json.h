// SPDX-License-Identifier: Apache-2.0
/*
 * JSON writer: appends one value to a text buffer.  Commas, indentation and
 * escaping are its business; balanced begin/end are the caller's.  The output
 * is ASCII and valid whatever the strings hold: control characters, DEL and
 * everything beyond ASCII become \u escapes, bytes that are not UTF-8 become
 * U+FFFD.  Pretty output is laid out as `jq .` does.
 *
 * key is NULL inside an array and for the outermost value.
 */
#ifndef NTR_CLI_JSON_H
#define NTR_CLI_JSON_H

#include "base/strbuf.h"

#define NTR_JSON_DEPTH 16u

struct ntr_json {
	struct ntr_str *s;  /* borrowed */
	bool pretty;
	unsigned depth;
	bool some[NTR_JSON_DEPTH]; /* a value was written at this depth */
};

void ntr_json_init(struct ntr_json *j, struct ntr_str *s, bool pretty);

void ntr_json_object(struct ntr_json *j, const char *key);
void ntr_json_object_end(struct ntr_json *j);
void ntr_json_array(struct ntr_json *j, const char *key);
void ntr_json_array_end(struct ntr_json *j);

void ntr_json_str(struct ntr_json *j, const char *key, const char *v); /* NULL: null */
void ntr_json_hex(struct ntr_json *j, const char *key, u64 v); /* "0x1f" */
void ntr_json_uint(struct ntr_json *j, const char *key, u64 v);
void ntr_json_int(struct ntr_json *j, const char *key, s64 v);
void ntr_json_bool(struct ntr_json *j, const char *key, bool v);
void ntr_json_null(struct ntr_json *j, const char *key);
/* A value that is JSON and ASCII already; the caller has checked it. */
void ntr_json_raw(struct ntr_json *j, const char *key, const char *v);

/* One UTF-8 character at *s, which is moved behind it; U+FFFD (and one byte)
 * for what is not UTF-8. *s must not be at the NUL. */
u32 ntr_utf8_next(const char **s);

#endif
