// SPDX-License-Identifier: Apache-2.0
#include "../../kdtools/cli/json.h"
#include "test.h"

static struct ntr_str out;
static struct ntr_json j;

static void start(bool pretty)
{
	ntr_str_clear(&out);
	ntr_json_init(&j, &out, pretty);
}

static void escapes(void)
{
	static const struct {
		const char *in, *want;
	} t[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "\xc3\xa9", "\"\\u00e9\"" },
		{ "\xe2\x82\xac", "\"\\u20ac\"" },
		{ "\xf0\x9f\x98\x80", "\"\\ud83d\\ude00\"" },
		/* not UTF-8: stray, cut, overlong, surrogate, too large */
		{ "a\x80z", "\"a\\ufffdz\"" },
		{ "\xc3", "\"\\ufffd\"" },
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "\xff\xfe", "\"\\ufffd\\ufffd\"" },
		{ "\xe2\"", "\"\\ufffd\\\"\"" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		start(false);
		ntr_json_str(&j, NULL, t[i].in);
		CHECK_STR(ntr_str_text(&out), t[i].want);
	}
}

static void numbers(void)
{
	start(false);
	ntr_json_array(&j, NULL);
	ntr_json_hex(&j, NULL, 0);
	ntr_json_hex(&j, NULL, UINT64_MAX);
	ntr_json_hex(&j, NULL, 0x1000007e);
	ntr_json_uint(&j, NULL, 0);
	ntr_json_uint(&j, NULL, UINT64_MAX);
	ntr_json_int(&j, NULL, INT64_MIN);
	ntr_json_int(&j, NULL, -1);
	ntr_json_bool(&j, NULL, true);
	ntr_json_null(&j, NULL);
	ntr_json_str(&j, NULL, NULL);
	ntr_json_array_end(&j);
	CHECK_STR(ntr_str_text(&out),
		  "[\"0x0\",\"0xffffffffffffffff\",\"0x1000007e\",0,"
		  "18446744073709551615,-9223372036854775808,-1,true,null,"
		  "null]");
}

static void build(void)
{
	ntr_json_object(&j, NULL);
	ntr_json_array(&j, "none");
	ntr_json_array_end(&j);
	ntr_json_object(&j, "empty");
	ntr_json_object_end(&j);
	ntr_json_array(&j, "two");
	ntr_json_uint(&j, NULL, 1);
	ntr_json_object(&j, NULL);
	ntr_json_str(&j, "k", "v");
	ntr_json_object_end(&j);
	ntr_json_array_end(&j);
	ntr_json_object_end(&j);
}

static void nesting(void)
{
	start(false);
	build();
	CHECK_STR(ntr_str_text(&out),
		  "{\"none\":[],\"empty\":{},\"two\":[1,{\"k\":\"v\"}]}");
	start(true);
	build();
	CHECK_STR(ntr_str_text(&out),
		  "{\n  \"none\": [],\n  \"empty\": {},\n  \"two\": [\n    1,\n"
		  "    {\n      \"k\": \"v\"\n    }\n  ]\n}");
}

/* Every byte sequence of length 1 and 2 gives ASCII without control bytes. */
static void any_bytes_are_ascii(void)
{
	for (unsigned v = 1; v < 0x10000; v++) {
		char in[3] = { (char)(v >> 8 ? v >> 8 : v),
			       (char)(v >> 8 ? v & 0xff : 0), 0 };
		bool ascii = true;

		start(false);
		ntr_json_str(&j, NULL, in);
		for (size_t i = 0; i < out.len; i++)
			ascii &= out.s[i] >= 0x20 && out.s[i] < 0x7f;
		CHECK(ascii);
	}
}

int main(void)
{
	RUN(escapes);
	RUN(numbers);
	RUN(nesting);
	RUN(any_bytes_are_ascii);
	ntr_str_fini(&out);
	return test_done();
}
