// SPDX-License-Identifier: Apache-2.0
/* The text of symbol paths and file.ptr, and names out of a dump: what comes
 * of a name never has a separator or "..". */
#include "fuzz.h"
#include "sym/store_int.h"

#include <stdlib.h>
#include <string.h>

static void check_forms(const struct ntr_want *w)
{
	struct ntr_form f[NTR_FORMS];
	unsigned n = ntr_want_store_forms(w, f);

	for (unsigned i = 0; i < n; i++)
		if (strstr(f[i].rel, "..") == f[i].rel ||
		    strstr(f[i].rel, "/../") || f[i].rel[0] == '/')
			abort();
	n = ntr_want_dir_forms(w, f);
	for (unsigned i = 0; i < n; i++)
		if (f[i].rel[0] == '/' || strstr(f[i].rel, "/../"))
			abort();
}

static void names(const char *text)
{
	struct ntr_pe_debug d = { .rsds = true };
	struct ntr_str url = { 0 };
	struct ntr_want w, other;

	strncat(d.pdb, text, sizeof(d.pdb) - 1);
	if (!ntr_want_pdb(&w, &d, NULL))
		check_forms(&w);
	if (!ntr_want_breakpad(&w, &d, NULL))
		check_forms(&w);
	if (!ntr_want_isf(&w, &d, NULL))
		check_forms(&w);
	if (!ntr_want_dbg(&w, text, 1, 2, 3, NULL))
		check_forms(&w);
	if (!ntr_want_image(&w, text, 1, 2, NULL)) {
		check_forms(&w);
		if (!ntr_want_valid(&w, NULL))
			abort();
		for (unsigned i = 0; ntr_want_alias(&w, i, &other); i++)
			check_forms(&other);
	}
	ntr_url_escape(&url, text);
	ntr_str_fini(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_file_ptr *ptr = malloc(sizeof(*ptr));
	char *text = malloc(size + 1);
	struct ntr_sympath p;

	if (ptr && text) {
		memcpy(text, data, size);
		text[size] = 0;
		if (!ntr_sympath_parse(&p, text, "/h/me", NULL))
			ntr_sympath_fini(&p);
		(void)!ntr_file_ptr_parse(ptr, data, size, NULL);
		(void)ntr_looks_like_html(data, size);
		names(text);
	}
	free(text);
	free(ptr);
	return 0;
}
