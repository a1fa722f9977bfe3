// SPDX-License-Identifier: Apache-2.0
/*
 * Stack cookies in real images with their program databases: every function
 * whose code keeps one has a handler that checks cookies, and what the code says
 * of the place is what the handler's data says.  The two have nothing in common
 * but the compiler that made them.
 */
#include "sym/pe_funcs.h"
#include "sym/source.h"
#include "triage/cookie.h"

#include "base/record.h"
#include "fmt/dump.h"
#include "fmt/file.h"
#include "test.h"

struct found {
	unsigned code, data, both, compared, differ;
};

static struct ntr_symsrc *pdb;
static struct ntr_pe pe;

/* The record's handler by name, and what is behind it. */
static bool handler_of(u32 xdata, char name[64], u8 *buf, struct ntr_bin *b,
		       u8 head[4])
{
	struct ntr_symbol sym;
	u32 rva;

	if (ntr_pe_read(&pe, xdata, head, 4, NULL) || !(head[0] >> 3 & 3) ||
	    head[0] >> 3 & 4)
		return false;
	*b = ntr_bin_of(buf, ntr_pe_read_some(&pe, xdata + 4 +
			((u32)head[2] + 1) / 2 * 4, buf, 4096), "xdata", 0);
	rva = ntr_bin_u32(b, "handler");
	if (b->bad || ntr_symsrc_at(pdb, rva, &sym, NULL) || sym.rva != rva)
		return false;
	snprintf(name, 64, "%s", sym.name);
	return true;
}

static void one(const struct ntr_pe_func *f, u64 cookie, struct found *n)
{
	struct ntr_cookie_site code, data;
	u8 text[512], buf[4096], head[4];
	struct ntr_bin b;
	char name[64];
	size_t len = f->end - f->rva;
	bool by_code, by_data;

	len = ntr_pe_read_some(&pe, f->rva, text, len < 512 ? len : 512);
	by_code = ntr_cookie_in_code(NTR_MACHINE_AMD64, text, len,
				     pe.image_base + f->rva, cookie, &code);
	by_data = handler_of(f->data, name, buf, &b, head) &&
		  !ntr_cookie_in_handler(name, &b, head[3] & 15,
					 (head[3] >> 4) * 16u, &data, NULL);
	n->code += by_code;
	n->data += by_data;
	n->both += by_code && by_data;
	if (!by_code || !by_data || code.base != data.base)
		return;
	n->compared++;
	n->differ += code.off != data.off || code.mix != data.mix;
}

static bool count(const char *image, const char *symbols, struct found *n)
{
	const char *root = getenv("NTR_CORPUS");
	char path[600];
	struct ntr_file *f;
	struct ntr_pe_funcs funcs;
	u64 cookie = 0;

	snprintf(path, sizeof(path), "%s/%s", root ? root : "../shared/corpus",
		 image);
	if (ntr_file_open(&f, path, NULL))
		return false;
	snprintf(path, sizeof(path), "%s/%s", root ? root : "../shared/corpus",
		 symbols);
	CHECK_EQ(ntr_symsrc_open(&pdb, path, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_open(&pe, &f->space, 0, false, NULL), NTR_OK);
	CHECK_EQ(ntr_cookie_variable(&pe, pe.image_base, &cookie, NULL), NTR_OK);
	CHECK_EQ(ntr_pe_funcs_load(&funcs, &pe, NULL), NTR_OK);
	for (size_t i = 0; i < funcs.n; i++) {
		struct ntr_pe_func fn;

		if (ntr_pe_funcs_below(&funcs, funcs.v[i].rva, &fn))
			one(&fn, cookie, n);
	}
	ntr_pe_funcs_fini(&funcs);
	ntr_symsrc_close(pdb);
	ntr_file_close(f);
	return true;
}

static void a_driver(void)
{
	struct found n = { 0 };

	if (!count("symbols/kernel_pe_pdb/systeminformer_amd64/"
		   "systeminformer.sys",
		   "symbols/kernel_pe_pdb/systeminformer_amd64/"
		   "systeminformer.pdb", &n))
		SKIP("no corpus");
	CHECK_EQ(n.code, 156);
	CHECK_EQ(n.data, 156);
	CHECK_EQ(n.both, 156);
	CHECK(n.compared > 100);
	CHECK_EQ(n.differ, 0);
}

int main(void)
{
	RUN(a_driver);
	return test_done();
}
