// SPDX-License-Identifier: Apache-2.0
#include "demangle.h"

#include "../fmt/dump.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what a name can become ------------------------------------------------------- */

/* size * (1 + refs / levels) ^ levels, which is the most that refs references
 * make of size bytes when they stand on that many levels, each of which
 * repeats what the one inside it has become. */
static u64 growth(u64 size, u64 refs, u64 levels)
{
	u64 each;

	if (levels > refs)
		levels = refs;
	each = levels ? (refs + levels - 1) / levels + 1 : 1;
	for (; levels && size <= NTR_DEMANGLE_COST; levels--)
		size *= each;
	return size;
}

/* A digit that is part of a word, a function type (P6), an enum (W4), an
 * operator or scope (?0), a constant ($0): never a reference. */
static bool is_code(char before, char c)
{
	unsigned char b = (unsigned char)before;

	return islower(b) || strchr("_?$", before) ||
	       (c == '4' && before == 'W') ||
	       ((c == '6' || c == '8') && strchr("PQRS", before));
}

/*
 * MSVC: a digit repeats an earlier name or parameter.  What is repeated grows
 * only through templates, function types and functions as scopes.  String
 * literals (??_C@) have no references.
 */
static u64 msvc_cost(const char *s)
{
	u64 refs = 0, levels = 1, n = strlen(s);
	bool word = false;

	if (!strncmp(s, "??_C@", 5))
		return n;
	for (size_t i = 1; i < n; i++) {
		if (s[i] == '?' && (s[i + 1] == '$' || s[i + 1] == '?'))
			levels++;
		if (s[i] == '6' || s[i] == '8')
			levels++;
		if (!isdigit((unsigned char)s[i]))
			continue;
		/* A word goes on through its digits; what follows a code does
		 * not. */
		if (!isdigit((unsigned char)s[i - 1]))
			word = islower((unsigned char)s[i - 1]);
		refs += !word && !is_code(s[i - 1], s[i]);
	}
	return growth(n, refs, levels);
}

/* Itanium: S_, S0_, T_, T0_ …; any of them may be a level of its own. Rust:
 * B_, B0_ …  Those in identifiers count too: more is safe. */
static u64 reference_cost(const char *s, const char *kinds)
{
	u64 refs = 0, n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		size_t k = i + 1;

		if (!strchr(kinds, s[i]))
			continue;
		while (isalnum((unsigned char)s[k]))
			k++;
		refs += s[k] == '_';
	}
	return growth(n, refs, refs);
}

u64 ntr_demangle_cost(const char *name)
{
	if (name[0] == '?')
		return msvc_cost(name);
	if (!strncmp(name, "_R", 2))
		return reference_cost(name, "B");
	if (!strncmp(name, "_Z", 2) || !strncmp(name, "__Z", 3))
		return reference_cost(name, "ST");
	return strlen(name);
}

/* --- MSVC ------------------------------------------------------------------------------ */

/* Where the argument list of a demangled function begins; its qualifiers may
 * follow it.  Not that of a type in a template's arguments. */
static size_t args_at(const char *s)
{
	static const char *const tail[] = { " const", " volatile", " noexcept",
					    " __restrict", " &&", " &" };
	size_t n = strlen(s), end = n;
	int depth = 0;

	for (size_t i = 0; i < NTR_COUNT(tail); i++) {
		size_t k = strlen(tail[i]);

		if (end > k && !strncmp(s + end - k, tail[i], k)) {
			end -= k;
			i = (size_t)-1; /* again from the first */
		}
	}
	if (!end || s[end - 1] != ')')
		return n;
	for (size_t i = end; i-- > 0;) {
		depth += s[i] == ')';
		depth -= s[i] == '(';
		if (!depth)
			return i ? i : n;
	}
	return n;
}

/* LLVM's words for what MSVC's own undname calls otherwise. */
static void add_words(char *out, size_t size, const char *s, size_t n)
{
	static const char *const word[][2] = {
		{ " dtor", " destructor" }, { " ctor", " constructor" },
	};
	size_t len = 0;

	for (size_t i = 0; i < n && len + 1 < size; i++) {
		const char *put = NULL;

		for (size_t k = 0; k < NTR_COUNT(word) && !put; k++)
			if (n - i >= 5 && !strncmp(s + i, word[k][0], 5) &&
			    (s[i + 5] == '\'' || s[i + 5] == ' ')) {
				put = word[k][1];
				i += 4;
			}
		if (put)
			len += (size_t)snprintf(out + len, size - len, "%s",
						put);
		else
			out[len++] = s[i];
	}
	if (size)
		out[len < size ? len : size - 1] = 0;
}

static void show_msvc(const char *text, char *out, size_t size)
{
	size_t n = args_at(text);

	/* "const Foo::`vftable'" */
	if (!strncmp(text, "const ", 6) && strchr(text, '`')) {
		text += 6;
		n -= 6;
	}
	add_words(out, size, text, n);
}

static bool is_word(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '_' && p[i] != '$')
			return false;
	return n && !isdigit((unsigned char)p[0]);
}

/* ?Name@Inner@Outer@@… whose names are plain words: Outer::Inner::Name, for
 * what LLVM is not let at, or does not understand behind the name. */
static bool plain_msvc(const char *name, char *out, size_t size)
{
	const char *end = strstr(name, "@@"), *p = end, *q;
	size_t len = 0, n;

	if (!end || end == name + 1 || name[0] != '?')
		return false;
	for (q = name + 1; q < end; q += n + 1) {
		n = strcspn(q, "@");
		if (!is_word(q, n))
			return false;
	}
	for (; p > name + 1; p = q - 1) {
		for (q = p; q > name + 1 && q[-1] != '@'; q--)
			;
		n = (size_t)(p - q);
		if (len < size)
			len += (size_t)snprintf(out + len, size - len,
						"%s%.*s", p == end ? "" : "::",
						(int)n, q);
	}
	return true;
}

/* --- Rust with Itanium's mangling -------------------------------------------------------- */

/* The name ends in "::h" and 16 hex digits: a hash, of no use to a reader. */
static bool is_old_rust(const char *text)
{
	size_t n = strlen(text);

	return n > 19 && !strncmp(text + n - 19, "::h", 3) &&
	       strspn(text + n - 16, "0123456789abcdef") == 16;
}

/* $LT$ and the like, and ".." for "::". How many bytes of s it took. */
static size_t rust_escape(const char *s, char *to)
{
	static const struct { const char *esc; char c; } known[] = {
		{ "$LT$", '<' }, { "$GT$", '>' }, { "$LP$", '(' },
		{ "$RP$", ')' }, { "$RF$", '&' }, { "$BP$", '*' },
		{ "$C$", ',' },  { "$SP$", '@' },
	};
	char *end;

	for (size_t i = 0; i < NTR_COUNT(known); i++)
		if (!strncmp(s, known[i].esc, strlen(known[i].esc)))
			return *to = known[i].c, strlen(known[i].esc);
	if (s[0] == '$' && s[1] == 'u') {
		unsigned long c = strtoul(s + 2, &end, 16);

		if (*end == '$' && end > s + 2 && c >= 0x20 && c < 0x7f)
			return *to = (char)c, (size_t)(end - s) + 1;
	}
	*to = s[0];
	return 1;
}

static void show_old_rust(const char *text, char *out, size_t size)
{
	size_t n = strlen(text) - 19, len = 0;

	for (size_t i = 0; i < n && len + 1 < size;) {
		/* A name cannot begin with '$': such ones have a '_' first. */
		if (text[i] == '_' && text[i + 1] == '$' &&
		    (!i || text[i - 1] == ':')) {
			i++;
		} else if (text[i] == '.' && text[i + 1] == '.') {
			out[len++] = ':';
			if (len + 1 < size)
				out[len++] = ':';
			i += 2;
		} else {
			i += rust_escape(text + i, &out[len]);
			len++;
		}
	}
	if (size)
		out[len] = 0;
}

/* --- x86 ----------------------------------------------------------------------------------- */

/* How much of a name stands before @12, or @@12 (vectorcall). */
static size_t before_bytes(const char *name)
{
	const char *at = strrchr(name, '@');
	size_t n;

	if (!at || at == name || !at[1] ||
	    strspn(at + 1, "0123456789") != strlen(at + 1))
		return strlen(name);
	n = (size_t)(at - name);
	return n > 1 && name[n - 1] == '@' ? n - 1 : n;
}

/* _Name@12, @Name@8, Name@@16, _name. */
static void undecorate_x86(const char *name, char *out, size_t size)
{
	size_t n = before_bytes(name);

	if ((name[0] == '_' || name[0] == '@') && n > 1) {
		name++;
		n--;
	}
	snprintf(out, size, "%.*s", (int)n, name);
}

/* __Z…@4: an Itanium name with the bytes of its arguments. */
static char *itanium_x86(const char *name)
{
	size_t n = before_bytes(name);
	char buf[NTR_DEMANGLE_MAX + 1];

	if (strncmp(name, "__Z", 3) || n >= sizeof(buf) || !name[n])
		return NULL;
	memcpy(buf, name, n);
	buf[n] = 0;
	return ntr_demangle_llvm(buf, true);
}

/* --- for display ---------------------------------------------------------------------------- */

/* "class Foo `RTTI Type Descriptor'": here the type is the name. */
static bool show_rtti(const char *name, char *out, size_t size)
{
	static const char *const tag[] = { "class ", "struct ", "union ",
					   "enum " };
	char *text = ntr_demangle_llvm(name, false);
	const char *s = text;

	for (size_t i = 0; s && i < NTR_COUNT(tag); i++)
		if (s == text && !strncmp(s, tag[i], strlen(tag[i])))
			s += strlen(tag[i]);
	if (s)
		snprintf(out, size, "%s", s);
	free(text);
	return s;
}

static bool show_cpp(u32 machine, const char *name, char *out, size_t size)
{
	char *text;

	if (!strncmp(name, "??_C@", 5)) { /* its text is not all there */
		snprintf(out, size, "`string'");
		return true;
	}
	if (!strncmp(name, "??_R0", 5))
		return show_rtti(name, out, size);
	text = ntr_demangle_llvm(name, true);
	if (!text && machine == NTR_MACHINE_X86)
		text = itanium_x86(name);
	if (!text)
		return plain_msvc(name, out, size);
	if (name[0] == '?')
		show_msvc(text, out, size);
	else if (is_old_rust(text))
		show_old_rust(text, out, size);
	else
		snprintf(out, size, "%s", text);
	free(text);
	return true;
}

void ntr_demangle(u32 machine, const char *name, char *out, size_t size)
{
	static const char import[] = "__imp_";
	size_t n = sizeof(import) - 1;

	if (!strncmp(name, import, n) && size > sizeof(import) &&
	    show_cpp(machine, name + n, out + n, size - n))
		memcpy(out, import, n);
	else if (show_cpp(machine, name, out, size))
		return;
	else if (machine == NTR_MACHINE_X86 && name[0] != '?')
		undecorate_x86(name, out, size);
	else
		snprintf(out, size, "%s", name);
}
