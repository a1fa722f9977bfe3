// SPDX-License-Identifier: Apache-2.0
/*
 * Parameters in words and the one sentence that says what happened.  The
 * sentences are templates in the data (docs/bugchecks.md): {p1}..{p4} are
 * decoded parameters, {case} the case, {ip} the faulting code, {fault} the
 * address it touched, {access} how, {exc} the exception; text in [brackets]
 * goes when a word in it is not known, {ip|Code} has a word for that.
 */
#include "../base/bits.h"
#include "../base/strbuf.h"
#include "../base/text.h"
#include "poolblock.h"
#include "triage.h"

#include <stdio.h>
#include <string.h>

#define NULL_PAGE 0x10000u
#define STACK_GUARD 0x3000u
#define MAX_STRING 512u

/* --- addresses ------------------------------------------------------------ */

static const char *in_module(struct ntr_verdict *v, u64 va)
{
	char buf[128];

	if (!ntr_target_module(v->t, va) && !ntr_target_unloaded(v->t, va))
		return NULL;
	ntr_target_symbolise(v->t, va, buf, sizeof(buf));
	return ntr_arena_strdup(&v->arena, buf);
}

static const char *fill_pattern(const struct ntr_target *t, u64 va)
{
	const char *lo = ntr_fill_words((u32)va), *hi;

	if (t->ptr_size == 4 || va <= UINT32_MAX)
		return lo;
	hi = ntr_fill_words((u32)(va >> 32));
	return hi ? hi : (u32)(va >> 32) == UINT32_MAX ? lo : NULL;
}

static bool non_canonical(const struct ntr_target *t, u64 va)
{
	u64 top = va >> 47;

	return t->machine == NTR_MACHINE_AMD64 && top && top != 0x1ffff;
}

/* What the page tables say of an address, or NULL without them. */
static const char *page_state(struct ntr_verdict *v, u64 va)
{
	struct ntr_walk w;
	char buf[160];

	if (v->t->paging == NTR_PAGING_NONE || !v->t->xlat.phys ||
	    ntr_xlat_walk(&v->t->xlat, va, &w, NULL) != NTR_FAULT ||
	    w.state == NTR_PTE_NO_TABLE)
		return NULL;
	ntr_walk_text(&w, buf, sizeof(buf));
	return ntr_arena_strdup(&v->arena, buf);
}

static const char *near_stack(struct ntr_verdict *v, u64 va)
{
	const struct ntr_thread *th = &v->t->thread;

	if (!th->stack_limit || th->stack_base <= th->stack_limit)
		return NULL;
	if (va >= th->stack_limit && va < th->stack_base)
		return "in the kernel stack of the thread";
	if (va < th->stack_limit && th->stack_limit - va <= STACK_GUARD)
		return "in the guard pages below the kernel stack: the stack "
		       "overflowed";
	return NULL;
}

static const char *va_class(struct ntr_verdict *v, u64 va)
{
	const struct ntr_target *t = v->t;
	u64 top = t->ptr_size == 8 ? UINT64_MAX : UINT32_MAX;
	const char *s;

	if (va == 0)
		return "a NULL pointer";
	if (va < NULL_PAGE)
		return ntr_arena_printf(&v->arena,
					"a NULL pointer plus 0x%" PRIx64, va);
	s = fill_pattern(t, va);
	if (s)
		return ntr_arena_printf(&v->arena,
					"a pointer read from %s", s);
	if (va == top && t->ptr_size == 8)
		return "all ones: the processor gives no address for a "
		       "pointer that is not canonical";
	if (va > top - NULL_PAGE)
		return ntr_arena_printf(&v->arena, "a NULL pointer minus 0x%"
					PRIx64, top - va + 1);
	if (non_canonical(t, va))
		return "not a canonical address: a damaged pointer";
	s = near_stack(v, va);
	if (s)
		return s;
	s = page_state(v, va);
	if (!ntr_is_kernel_va(t, va))
		return ntr_arena_printf(&v->arena, "user space%s%s",
					s ? "; " : "", s ? s : "");
	return s;
}

const char *ntr_describe_va(struct ntr_verdict *v, u64 va)
{
	const char *s = in_module(v, va);

	if (s)
		return ntr_arena_printf(&v->arena, "0x%" PRIx64 " (%s)", va, s);
	s = va_class(v, va);
	return ntr_arena_printf(&v->arena, s ? "0x%" PRIx64 " (%s)" :
				"0x%" PRIx64 "%s", va, s ? s : "");
}

/* --- values of parameters --------------------------------------------------- */

static u32 access50_bit(const struct ntr_target *t, u64 a)
{
	bool x86 = t->machine == NTR_MACHINE_X86 ||
		   t->machine == NTR_MACHINE_AMD64;

	/* Since Windows 10 this is the error code of the processor. */
	if (x86 && t->build >= 10240)
		return a & 0x10 ? 8 : a & 2 ? 1 : 0;
	return (u32)(a & 8 ? 8 : a & 1);
}

static const char *access_name(u64 a)
{
	return ntr_bc_enum_text(ntr_bc_enum_number("access"), a);
}

const char *ntr_access_word(const struct ntr_triage_job *j)
{
	const struct ntr_verdict *v = j->v;
	u64 a;

	if (v->exc.has_access)
		return access_name(v->exc.access);
	if (!j->b || !j->b->access || v->exc.has_code)
		return NULL;
	a = ntr_arg(v, j->b->access);
	if (j->b->p[j->b->access - 1].kind == NTR_PK_ACCESS50)
		a = access50_bit(v->t, a);
	else if (a & 8)
		a = 8; /* bit 3: execute, bit 0: write */
	return access_name(a);
}

static const char *chars_at(struct ntr_verdict *v, u64 va, bool wide, size_t len)
{
	u8 raw[2 * MAX_STRING];
	char text[MAX_STRING * 3 + 1];
	size_t n;

	if (len > sizeof(raw))
		len = sizeof(raw);
	n = ntr_space_read_some(v->t->mem, va, raw, len);
	if (!n)
		return NULL;
	if (wide)
		n = ntr_utf16_to_utf8(text, sizeof(text), raw, n & ~(size_t)1);
	else
		n = ntr_ascii_clean(text, sizeof(text), raw, n);
	return n ? ntr_arena_printf(&v->arena, "\"%s\"", text) : NULL;
}

static const char *unicode_string(struct ntr_verdict *v, u64 va)
{
	u16 len;
	u64 buffer;

	if (!va || ntr_read_u16(v->t->mem, va, &len) || !len || len & 1 ||
	    len > 2 * MAX_STRING ||
	    ntr_read_ptr(v->t->mem, va + (v->t->ptr_size == 8 ? 8 : 4),
			 v->t->ptr_size, &buffer))
		return NULL;
	return chars_at(v, buffer, true, len);
}

static const char *four_chars(struct ntr_verdict *v, u64 a)
{
	char c[4];

	for (unsigned i = 0; i < 4; i++) {
		u8 x = (u8)(a >> (8 * i));

		if (i == 3)
			x &= 0x7f; /* protected-pool flag of a tag */
		c[i] = x >= 0x20 && x < 0x7f ? (char)x : '.';
	}
	return ntr_arena_printf(&v->arena, "'%.4s'", c);
}

static const char *status_text(struct ntr_verdict *v, u64 a)
{
	const char *name = ntr_nt_status_name((u32)a, NULL);

	return name ? ntr_arena_printf(&v->arena, "0x%08x %s", (u32)a, name) :
		      ntr_arena_printf(&v->arena, "0x%08x", (u32)a);
}

static const char *irql_text(struct ntr_verdict *v, u64 a)
{
	const char *name = ntr_bc_enum_text(ntr_bc_enum_number("irql"), a);

	if (a > 0xff)
		return ntr_arena_printf(&v->arena, "0x%" PRIx64, a);
	return name ? ntr_arena_printf(&v->arena, "%u (%s)", (u32)a, name) :
		      ntr_arena_printf(&v->arena, "%u", (u32)a);
}

static const char *process_text(struct ntr_verdict *v, u64 a)
{
	const struct ntr_thread *th = &v->t->thread;

	if (a && a == th->process && th->process_name[0])
		return ntr_arena_printf(&v->arena, "0x%" PRIx64 " (%s)", a,
					th->process_name);
	if (a && a == th->va)
		return ntr_arena_printf(&v->arena, "0x%" PRIx64
					" (the current thread)", a);
	return NULL;
}

/* The block there, its neighbours and whose they are. */
static const char *pool_text(struct ntr_triage_job *j, u64 va)
{
	struct ntr_pool_story s;

	if (!j->tried_pool) {
		j->tried_pool = true;
		if (ntr_pool_open(&j->pool, j->v->t, NULL))
			j->pool = NULL;
	}
	if (!j->pool || !ntr_is_kernel_va(j->v->t, va) ||
	    ntr_pool_story(j->pool, va, &s, NULL))
		return NULL;
	return ntr_pool_story_text(&j->v->arena, j->pool, &s);
}

static const char *address_text(struct ntr_verdict *v, u64 a)
{
	const char *s = in_module(v, a);

	return s ? s : va_class(v, a);
}

/* Two values of a pointer's width: how they differ. */
static const char *cookie_text(struct ntr_verdict *v, u64 found, u64 expected)
{
	u64 mask = v->t->ptr_size == 8 ? UINT64_MAX : UINT32_MAX;
	unsigned bit, n = ntr_bits_changed(found & mask, expected & mask);

	if (!n)
		return "the same as expected: the cookie is whole";
	if (ntr_one_bit(found & mask, expected & mask, &bit))
		return ntr_arena_printf(&v->arena, "one bit (bit %u) is not as "
			"expected: suspect the memory", bit);
	return ntr_arena_printf(&v->arena, "%u of %u bits are not as expected: "
		"overwritten", n, v->t->ptr_size * 8);
}

static const char *complement_text(struct ntr_verdict *v, u64 of, u64 a)
{
	u64 mask = v->t->ptr_size == 8 ? UINT64_MAX : UINT32_MAX;
	unsigned bit;

	if (!((of ^ ~a) & mask))
		return "it is: the expected cookie is whole";
	if (ntr_one_bit(of & mask, ~a & mask, &bit))
		return ntr_arena_printf(&v->arena, "it is not, by one bit (bit "
			"%u): the driver's own cookie was changed, suspect the "
			"memory", bit);
	return "it is not: the driver's own cookie was overwritten, not its "
	       "stack";
}

/* The value in words, or NULL when the number says it all. */
static const char *value_text(struct ntr_triage_job *j,
			      const struct ntr_bc_param *p, unsigned n)
{
	struct ntr_verdict *v = j->v;
	u64 a = v->arg[n - 1];
	const char *s;

	switch (p->kind) {
	case NTR_PK_DEC:
	case NTR_PK_SIZE:
	case NTR_PK_CPU:
		return ntr_arena_printf(&v->arena, "%" PRId64, (s64)a);
	case NTR_PK_MS:
		return ntr_arena_printf(&v->arena, "%" PRIu64 " ms", a);
	case NTR_PK_CODE:
		return in_module(v, a);
	case NTR_PK_IRQL:
		return irql_text(v, a);
	case NTR_PK_STATUS:
		return status_text(v, a);
	case NTR_PK_ACCESS50:
		return access_name(access50_bit(v->t, a));
	case NTR_PK_PROCESS:
	case NTR_PK_THREAD:
		return process_text(v, a);
	case NTR_PK_USTR:
		return unicode_string(v, a);
	case NTR_PK_WSTR:
		return a ? chars_at(v, a, true, 2 * MAX_STRING) : NULL;
	case NTR_PK_ASTR:
		return a ? chars_at(v, a, false, MAX_STRING) : NULL;
	case NTR_PK_TAG:
	case NTR_PK_ACPI:
		return a ? four_chars(v, a) : NULL;
	case NTR_PK_FILELINE:
		return ntr_arena_printf(&v->arena, "file 0x%x line %u",
					(u32)(a >> 16) & 0xffff,
					(u32)a & 0xffff);
	case NTR_PK_CASE:
		return j->c ? j->c->text : NULL;
	case NTR_PK_ENUM:
		return ntr_bc_enum_text(p->list, a);
	case NTR_PK_COOKIE:
		return n < 4 ? cookie_text(v, a, v->arg[n]) : NULL;
	case NTR_PK_COMPL:
		return n > 1 ? complement_text(v, v->arg[n - 2], a) : NULL;
	case NTR_PK_POOL:
	case NTR_PK_ADDR:
		s = p->kind == NTR_PK_POOL ? pool_text(j, a) : NULL;
		if (s)
			return s;
		if (!a && !(j->b->fault && p == &j->b->p[j->b->fault - 1]))
			return NULL; /* 0 is no address here */
		return address_text(v, a);
	default:
		return in_module(v, a);
	}
}

/* "meaning on 32-bit machines | on 64-bit ones", or one for both. */
static const char *meaning_here(struct ntr_verdict *v, const char *meaning)
{
	const char *bar = meaning ? strstr(meaning, " | ") : NULL;

	if (!bar)
		return meaning;
	if (v->t->ptr_size == 8)
		return bar + 3;
	return ntr_arena_printf(&v->arena, "%.*s", (int)(bar - meaning),
				meaning);
}

static void explain_params(struct ntr_triage_job *j)
{
	for (unsigned i = 0; j->b && i < 4; i++) {
		const struct ntr_bc_param *p =
			ntr_bugcheck_param(j->b, j->c, i + 1);

		j->v->param[i].meaning = meaning_here(j->v, p->meaning);
		if (p->kind != NTR_PK_NONE)
			j->v->param[i].value = value_text(j, p, i + 1);
	}
}

/* --- templates --------------------------------------------------------------- */

static const char *exception_words(struct ntr_verdict *v)
{
	const char *words = NULL, *name;

	if (!v->exc.has_code)
		return NULL;
	name = ntr_nt_status_name(v->exc.code, &words);
	return name ? ntr_arena_printf(&v->arena, "0x%08x (%s)", v->exc.code,
				       words) :
		      ntr_arena_printf(&v->arena, "0x%08x", v->exc.code);
}

/* The faulting code: the parameter that names it, else the fault's context. */
static const char *fault_ip(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	u64 ip = ntr_arg(v, j->b->ip);
	const char *s;

	if (!ip && v->has_fault && v->fault_source != v->context_source)
		ip = v->fault.ip;
	if (!ip)
		return NULL;
	s = in_module(v, ip);
	return s ? s : ntr_arena_printf(&v->arena, "code at 0x%" PRIx64 "%s",
					ip, v->t->modules.n ?
					" (in no known module)" : "");
}

static const char *fault_address(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;

	if (v->exc.has_access)
		return ntr_describe_va(v, v->exc.data);
	if (!j->b->fault || v->exc.has_code)
		return NULL;
	return ntr_describe_va(v, ntr_arg(v, j->b->fault));
}

static const char *case_text(struct ntr_triage_job *j)
{
	return j->c ? j->c->text : NULL;
}

static const char *param_word(struct ntr_triage_job *j, unsigned n)
{
	struct ntr_verdict *v = j->v;
	const struct ntr_bc_param *p = ntr_bugcheck_param(j->b, j->c, n);
	const char *value = v->param[n - 1].value;

	switch (p->kind) {
	case NTR_PK_ADDR:
		return ntr_describe_va(v, ntr_arg(v, n));
	case NTR_PK_POOL:
		return value ? ntr_arena_printf(&v->arena, "0x%" PRIx64 " (%s)",
						ntr_arg(v, n), value) :
			       ntr_describe_va(v, ntr_arg(v, n));
	case NTR_PK_COOKIE:
		return ntr_arena_printf(&v->arena, "0x%" PRIx64 "; %s",
					ntr_arg(v, n), value);
	case NTR_PK_USTR:
	case NTR_PK_WSTR:
	case NTR_PK_ASTR:
		return value;
	default:
		return value ? value :
			       ntr_arena_printf(&v->arena, "0x%" PRIx64,
						ntr_arg(v, n));
	}
}

static const char *capital(struct ntr_verdict *v, const char *s)
{
	char *c = s ? ntr_arena_strdup(&v->arena, s) : NULL;

	if (c && *c >= 'a' && *c <= 'z')
		*c = (char)(*c - 'a' + 'A');
	return c;
}

static bool word_is(const char *w, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(w, name, n);
}

static const char *lookup(struct ntr_triage_job *j, const char *w, size_t n)
{
	struct ntr_verdict *v = j->v;

	if (n == 2 && w[0] == 'p' && w[1] >= '1' && w[1] <= '4')
		return param_word(j, (unsigned)(w[1] - '0'));
	if (word_is(w, n, "case"))
		return case_text(j);
	if (word_is(w, n, "case:cap"))
		return capital(v, case_text(j));
	if (word_is(w, n, "ip"))
		return fault_ip(j);
	if (word_is(w, n, "fault"))
		return fault_address(j);
	if (word_is(w, n, "access"))
		return ntr_access_word(j);
	if (word_is(w, n, "exc"))
		return exception_words(v);
	if (word_is(w, n, "pname1"))
		return v->arg[0] && v->arg[0] == v->t->thread.process &&
				       v->t->thread.process_name[0] ?
			       v->t->thread.process_name :
			       NULL;
	return NULL;
}

/* One {word|fallback}; false when it is not known and has no fallback. */
static bool add_word(struct ntr_triage_job *j, const char *w, size_t n,
		     struct ntr_str *out)
{
	const char *bar = memchr(w, '|', n);
	size_t len = bar ? (size_t)(bar - w) : n;
	const char *s = lookup(j, w, len);

	if (s) {
		if (!out->len && !strncmp(s, "code at ", 8))
			s = capital(j->v, s);
		ntr_str_add(out, s ? s : "");
		return true;
	}
	if (bar) {
		ntr_str_addn(out, bar + 1, n - len - 1);
		return true;
	}
	if (word_is(w, len, "case") || word_is(w, len, "case:cap"))
		ntr_str_printf(out, "kind 0x%" PRIx64,
			       ntr_arg(j->v, j->b->subject));
	else
		ntr_str_add(out, word_is(w, len, "access") ? "access" :
				 word_is(w, len, "ip")	   ? (out->len ? "code" : "Code") :
				 word_is(w, len, "fault")  ? "memory" :
							     "(unknown)");
	return false;
}

/* Text up to end; false when a word in it was not known. */
static bool expand(struct ntr_triage_job *j, const char *s, const char *end,
		   struct ntr_str *out)
{
	bool known = true;

	while (s < end) {
		const char *close = *s == '{' ?
			memchr(s, '}', (size_t)(end - s)) : NULL;

		if (close) {
			known &= add_word(j, s + 1, (size_t)(close - s - 1),
					  out);
			s = close + 1;
		} else {
			ntr_str_addn(out, s++, 1);
		}
	}
	return known;
}

static void expand_template(struct ntr_triage_job *j, const char *s,
			    struct ntr_str *out)
{
	struct ntr_str part = { 0 };

	while (*s) {
		const char *open = strchr(s, '[');
		const char *close = open ? strchr(open, ']') : NULL;

		expand(j, s, close ? open : s + strlen(s), out);
		if (!close)
			break;
		ntr_str_clear(&part);
		if (expand(j, open + 1, close, &part))
			ntr_str_add(out, ntr_str_text(&part));
		s = close + 1;
	}
	ntr_str_fini(&part);
}

/* --- the sentence -------------------------------------------------------------- */

static const char *unknown_code(struct ntr_verdict *v)
{
	if (v->tool_mark)
		return ntr_arena_printf(&v->arena,
			"This is no bug check: an imaging tool wrote its own "
			"mark \"%s\" where the code would be; the machine was "
			"running.", v->tool_mark);
	if (ntr_bugcheck_is_custom(v->code_raw))
		return ntr_arena_printf(&v->arena,
			"The code 0x%08X is not one of Windows: a driver "
			"defined it (bit 29 is set) and stopped the system.",
			v->code_raw);
	return ntr_arena_printf(&v->arena,
				"The bug check 0x%X is not known here.",
				v->code);
}

static const char *exception_sentence(struct ntr_verdict *v)
{
	const char *word = v->exc.has_access ? access_name(v->exc.access) :
					       NULL;
	char at[128] = "";

	if (v->exc.has_address)
		ntr_target_symbolise(v->t, v->exc.address, at, sizeof(at));
	return ntr_arena_printf(&v->arena,
		"The exception %s was raised%s%s%s%s%s%s.",
		exception_words(v), at[0] ? " at " : "", at,
		word ? ", trying to " : "", word ? word : "",
		word ? " " : "",
		word ? ntr_describe_va(v, v->exc.data) : "");
}

static const char *overflow_sentence(struct ntr_verdict *v)
{
	const struct ntr_overflow *o = &v->overflow;
	const struct ntr_cycle *c = &o->cycle;

	if (!c->found)
		return ntr_arena_printf(&v->arena,
			"The kernel stack overflowed: %s (0x%" PRIx64
			" bytes of stack).", o->reason, o->size);
	return ntr_arena_printf(&v->arena,
		"The kernel stack overflowed: %s; %s repeats %zu times and "
		"takes 0x%" PRIx64 " of its 0x%" PRIx64 " bytes.", o->reason,
		c->text, c->count, c->bytes, o->size);
}

void ntr_triage_explain(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct ntr_str out = { 0 };

	explain_params(j);
	ntr_pool_close(j->pool);
	j->pool = NULL;
	if (!v->has_bugcheck) {
		if (v->exc.has_code)
			v->explanation = exception_sentence(v);
		return;
	}
	if (v->overflow.proven && v->code == 0x7F) {
		v->explanation = overflow_sentence(v);
		return;
	}
	if (!j->b) {
		v->explanation = unknown_code(v);
		return;
	}
	if (!j->b->text) {
		v->explanation = ntr_arena_printf(&v->arena,
			"The system stopped with %s.", j->b->name);
		return;
	}
	expand_template(j, j->b->text, &out);
	v->explanation = ntr_arena_strdup(&v->arena, ntr_str_text(&out));
	if (out.lost || !v->explanation)
		j->lost = true;
	ntr_str_fini(&out);
}
