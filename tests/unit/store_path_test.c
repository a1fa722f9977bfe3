// SPDX-License-Identifier: Apache-2.0
/* The text of symbol paths and of file.ptr: a table of what is written and
 * what it means. A path is shown as its elements parted by " | "; D folder,
 * S store, C cache; tokens: L local, U URL, - default, W Windows, ? scheme. */
#include "sym/store_path.h"

#include "base/strbuf.h"
#include "test.h"

static const struct {
	const char *text, *want;
} rows[] = {
	{ "", "" },
	{ ";;;", "" },
	{ "  ;\t", NULL }, /* a tab is a control byte */
	{ "/sym", "D L/sym" },
	{ "/sym/", "D L/sym" },
	{ "/", "D L/" },
	{ "a;b", "D La | D Lb" },
	{ "a;;b;", "D La | D Lb" },
	{ " a ; b ", "D La | D Lb" },
	{ "\"/with blank/x\";b", "D L/with blank/x | D Lb" },
	{ "srv*/s", "S L/s" },
	{ "SRV*/s", "S L/s" },
	{ "srv*/c*/s", "S L/c L/s" },
	{ "srv*/c*https://x/y", "S L/c Uhttps://x/y" },
	{ "srv*/c*https://x/y/", "S L/c Uhttps://x/y" },
	{ "srv*HTTP://x", "S UHTTP://x" },
	{ "srv*/c1*/c2*/c3*http://x", "S L/c1 L/c2 L/c3 Uhttp://x" },
	{ "srv**https://x", "S - Uhttps://x" },
	{ "srv***https://x", "S - - Uhttps://x" },
	{ "srv*/c*", "S L/c -" },
	{ "srv*", "S - Uhttps://msdl.microsoft.com/download/symbols" },
	{ "srv**", "S - -" },
	{ "srv", "D Lsrv" },
	{ "srvx*/c", "D Lsrvx*/c" },
	{ "symsrv*symsrv.dll*/c*https://x", "S L/c Uhttps://x" },
	{ "SymSrv*SymSrv.dll*\\\\srv\\share", "S W\\\\srv\\share" },
	{ "symsrv*symsrv.dll",
	  "S - Uhttps://msdl.microsoft.com/download/symbols" },
	{ "cache*/k;/d", "C L/k | D L/d" },
	{ "cache*", "C -" },
	{ "cache*/k*/more;x", "C L/k | D Lx" },
	{ "Cache*;srv*https://x", "C - | S Uhttps://x" },
	{ "\\\\server\\share", "D W\\\\server\\share" },
	{ "C:\\Symbols", "D WC:\\Symbols" },
	{ "srv*c:\\sym*https://x", "S Wc:\\sym Uhttps://x" },
	{ "https://x/y", "S Uhttps://x/y" },
	{ "http://", "D ?http://" },
	{ "ftp://x/y", "D ?ftp://x/y" },
	{ "srv*/c*ftp://x", "S L/c ?ftp://x" },
	{ "file:///x", "D ?file:///x" },
	{ "~/s;~;~x;a~", "D L/h/me/s | D L/h/me | D L~x | D La~" },
	{ "srv*~/s*https://x", "S L/h/me/s Uhttps://x" },
	{ "a\nb", NULL },
	{ "a\x7f", NULL },
	{ "srv*1*2*3*4*5*6*7*8*9*10*11*12*13*14*15*16",
	  "S L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11 L12 L13 L14 L15 L16" },
	{ "srv*1*2*3*4*5*6*7*8*9*10*11*12*13*14*15*16*17", NULL },
};

static void show(const struct ntr_sympath *p, struct ntr_str *out)
{
	for (size_t i = 0; i < p->elems.n; i++) {
		const struct ntr_symelem *el = &p->elems.v[i];

		ntr_str_printf(out, "%s%c", i ? " | " : "", "DSC"[el->kind]);
		for (unsigned k = 0; k < el->n; k++)
			ntr_str_printf(out, " %c%s",
				       "-LUW?"[el->tok[k].kind],
				       el->tok[k].text);
	}
}

static void paths(void)
{
	for (size_t i = 0; i < NTR_COUNT(rows); i++) {
		struct ntr_sympath p;
		struct ntr_str t = { 0 };
		struct ntr_err e = { "" };
		enum ntr_st st = ntr_sympath_parse(&p, rows[i].text,
						   "/h/me", &e);

		CHECK_EQ(st, rows[i].want ? NTR_OK : NTR_USAGE);
		if (st) {
			CHECK_HAS(e.msg, "symbol path: ");
			continue;
		}
		show(&p, &t);
		CHECK_STR(ntr_str_text(&t), rows[i].want ? rows[i].want : "?");
		ntr_str_fini(&t);
		ntr_sympath_fini(&p);
	}
}

static void without_home(void)
{
	struct ntr_sympath p;

	CHECK_EQ(ntr_sympath_parse(&p, "~/s", NULL, NULL), NTR_OK);
	CHECK_STR(p.elems.v[0].tok[0].text, "~/s");
	ntr_sympath_fini(&p);
}

static void limits(void)
{
	char *text = malloc(NTR_SYMPATH_TEXT + 2);
	struct ntr_sympath p;
	struct ntr_err e;

	memset(text, 'x', NTR_SYMPATH_TEXT + 1);
	text[NTR_SYMPATH_TEXT] = 0;
	CHECK_EQ(ntr_sympath_parse(&p, text, NULL, &e), NTR_OK);
	ntr_sympath_fini(&p);
	text[NTR_SYMPATH_TEXT] = 'x';
	text[NTR_SYMPATH_TEXT + 1] = 0;
	CHECK_EQ(ntr_sympath_parse(&p, text, NULL, &e), NTR_USAGE);
	for (unsigned i = 0; i < NTR_SYMPATH_ELEMS; i++)
		memcpy(text + 2 * i, "a;", 3);
	CHECK_EQ(ntr_sympath_parse(&p, text, NULL, &e), NTR_OK);
	CHECK_EQ(p.elems.n, NTR_SYMPATH_ELEMS);
	ntr_sympath_fini(&p);
	memcpy(text + 2 * (size_t)NTR_SYMPATH_ELEMS, "a", 2);
	CHECK_EQ(ntr_sympath_parse(&p, text, NULL, &e), NTR_USAGE);
	free(text);
}

static const struct {
	const char *bytes, *want; /* "!…": a refusal; NULL: BAD */
} ptrs[] = {
	{ "PATH:/a/b", "/a/b" },
	{ "path:/a/b\r\n", "/a/b" },
	{ "/a/b\nmore", "/a/b" },
	{ "  \\\\s\\x\\y.pdb ", "\\\\s\\x\\y.pdb" },
	{ "\xef\xbb\xbfPATH: /a", "/a" },
	{ "MSG: not here", "!not here" },
	{ "msg:", "!" },
	{ "", NULL },
	{ "\n/a", NULL },
	{ "PATH:", NULL },
	{ "a\x01" "b", NULL },
};

static void file_ptrs(void)
{
	struct ntr_file_ptr *p = malloc(sizeof(*p));
	char *big = malloc(NTR_FILE_PTR_MAX + 1);

	for (size_t i = 0; i < NTR_COUNT(ptrs); i++) {
		size_t len = strlen(ptrs[i].bytes);
		char *copy = malloc(len ? len : 1); /* ends where it ends */
		enum ntr_st st;

		memcpy(copy, ptrs[i].bytes, len);
		st = ntr_file_ptr_parse(p, copy, len, NULL);
		CHECK_EQ(st, ptrs[i].want ? NTR_OK : NTR_BAD);
		if (!st) {
			bool msg = ptrs[i].want[0] == '!';

			CHECK_EQ(p->refusal, msg);
			CHECK_STR(p->text, ptrs[i].want + msg);
		}
		free(copy);
	}
	memset(big, 'a', NTR_FILE_PTR_MAX + 1);
	CHECK_EQ(ntr_file_ptr_parse(p, big, NTR_FILE_PTR_MAX, NULL), NTR_OK);
	CHECK_EQ(strlen(p->text), NTR_FILE_PTR_MAX);
	CHECK_EQ(ntr_file_ptr_parse(p, big, NTR_FILE_PTR_MAX + 1, NULL),
		 NTR_BAD);
	free(big);
	free(p);
}

int main(void)
{
	RUN(paths);
	RUN(without_home);
	RUN(limits);
	RUN(file_ptrs);
	return test_done();
}
