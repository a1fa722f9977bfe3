// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <stdio.h>

#define ROW 16u
#define DEFAULT_LEN 128u
#define MAX_LEN (UINT64_C(1) << 30)
#define FLUSH_ROWS 4096u

enum { OPT_PHYS };
static const struct ntr_opt opts[] = {
	[OPT_PHYS] = { "phys", 'p', NULL, "ADDR is a physical address", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage hexdump MEMORY.DMP 'fffff804`7bdf5a80' 64",
	  "64 bytes of kernel virtual memory" },
	{ "ntriage hexdump MEMORY.DMP nt+0x3f5a80 0x100",
	  "an address inside a module" },
	{ "ntriage hexdump --phys MEMORY.DMP 0x1ad000 0x1000",
	  "a physical page" },
};

struct row {
	u8 byte[ROW];
	bool have[ROW];
	size_t n;
};

/* Bytes that cannot be read are marked one by one. */
static size_t read_row(const struct ntr_space *s, u64 addr, struct row *r)
{
	size_t good = 0;

	if (!ntr_space_read(s, addr, r->byte, r->n, NULL)) {
		for (size_t i = 0; i < r->n; i++)
			r->have[i] = true;
		return r->n;
	}
	for (size_t i = 0; i < r->n; i++) {
		r->have[i] = !ntr_read_u8(s, addr + i, &r->byte[i]);
		good += r->have[i];
	}
	return good;
}

/* "48 89 4c 24 08 48 89 54-24 10 ..."; JSON has no separators. */
static void hex_text(char out[3 * ROW + 1], const struct row *r, bool part)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < r->n; i++) {
		*out++ = r->have[i] ? digit[r->byte[i] >> 4] : '?';
		*out++ = r->have[i] ? digit[r->byte[i] & 15] : '?';
		if (part && i + 1 < r->n)
			*out++ = i == ROW / 2 - 1 ? '-' : ' ';
	}
	*out = 0;
}

static void ascii_text(char out[ROW + 1], const struct row *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!r->have[i])
			out[i] = '?';
		else if (r->byte[i] >= 0x20 && r->byte[i] < 0x7f)
			out[i] = (char)r->byte[i];
		else
			out[i] = '.';
	}
	out[r->n] = 0;
}

static void print_row(struct ntr_out *o, const struct row *r, u64 addr,
		      unsigned ptr_size)
{
	char hex[3 * ROW + 1], text[ROW + 1], at[24];

	hex_text(hex, r, !o->json);
	ascii_text(text, r);
	ntr_va_text(at, addr, ptr_size);
	ntr_out_open(o, NULL);
	ntr_out_hex(o, "address", NULL, addr);
	ntr_out_str(o, "bytes", NULL, hex);
	ntr_out_str(o, "text", NULL, text);
	ntr_out_close(o);
	ntr_out_line(o, "%s  %-*s  %s", at, 3 * (int)ROW - 1, hex, text);
}

/* Rows begin at addr, as WinDbg's do. Returns how many bytes were there. */
static u64 dump(struct ntr_out *o, const struct ntr_space *s, u64 addr,
		u64 len, unsigned ptr_size)
{
	u64 good = 0, rows = 0;

	for (u64 done = 0; done < len && !o->failed; done += ROW) {
		struct row r = { .n = len - done < ROW ?
				 (size_t)(len - done) : ROW };

		good += read_row(s, addr + done, &r);
		print_row(o, &r, addr + done, ptr_size);
		if (!(++rows % FLUSH_ROWS))
			(void)ntr_out_flush(o);
	}
	return good;
}

/* Why the first byte cannot be read. */
static void explain(struct ntr_out *o, const struct ntr_space *s, u64 addr)
{
	struct ntr_err e = { "" };
	enum ntr_st st;
	u8 byte;

	st = ntr_space_read(s, addr, &byte, 1, &e);
	ntr_out_str(o, "reason", "Unreadable", !st ? NULL : e.msg[0] ? e.msg :
		    ntr_st_text(st));
}

static int hexdump(struct ntr_cli *c, const struct ntr_session *s, bool phys,
		   u64 addr, u64 len)
{
	const struct ntr_space *space = phys ? &s->d->phys : s->t->mem;
	struct ntr_out *o = &c->out;
	u64 good;

	ntr_out_open(o, NULL);
	ntr_cli_schema(c, "ntriage.hexdump/1");
	ntr_out_str(o, "file", NULL, s->d->path);
	ntr_out_str(o, "space", NULL, phys ? "physical" : "virtual");
	ntr_out_hex(o, "address", NULL, addr);
	ntr_out_uint(o, "length", NULL, len);
	ntr_out_list(o, "rows");
	good = dump(o, space, addr, len, phys ? 8 : s->t->ptr_size);
	ntr_out_list_end(o);
	ntr_out_uint(o, "readable", NULL, good);
	explain(o, space, addr);
	ntr_out_close(o);
	return good ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	const char *rest[2] = { NULL, NULL }, *file = ntr_pick_file(a, rest);
	bool phys = a->opt[OPT_PHYS];
	struct ntr_err e = { "" };
	struct ntr_session s;
	u64 addr = 0, len = DEFAULT_LEN;
	int code;

	if (rest[1] && (!ntr_parse_size(rest[1], &len) || !len ||
			len > MAX_LEN))
		return ntr_cli_usage("hexdump: \"%s\" is no length from 1 to "
				     "1G (decimal, or hex with 0x)", rest[1]);
	code = phys ? ntr_session_dump(c, file, &s) :
		      ntr_session_open(c, file, &s);
	if (code)
		return code;
	if (ntr_parse_addr(s.t, rest[0], &addr, &e))
		code = ntr_cli_usage("hexdump: %s", e.msg);
	else
		code = hexdump(c, &s, phys, addr, len);
	ntr_session_close(&s);
	return code;
}

const struct ntr_verb ntr_verb_hexdump = {
	.name = "hexdump",
	.summary = "bytes at an address",
	.operands = "FILE ADDR [LEN]",
	.help = "Prints LEN bytes (128 when not given; decimal, or hex with "
		"0x) of kernel virtual memory, or of physical memory with "
		"--phys. Bytes that are not in the dump are shown as ??, and "
		"the reason is said for the first one. FILE may also stand "
		"last.\n\n"
		"ADDR is hex, with or without 0x and backticks, or a module's "
		"name, or either with +OFFSET (hex). A module's name wins over "
		"the same letters read as hex.\n\n"
		"Exit code 1 when no byte of the range is in the dump.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 2, .max = 3, .run = run,
};
