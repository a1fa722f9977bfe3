// SPDX-License-Identifier: Apache-2.0
/* Who is probably at fault, and the bucket of the failure. */
#include "facts_int.h"

#define NOBODY "nobody can be blamed"

enum { MODULE, IMAGE, FUNCTION, OFFSET, CLASS, CONFIDENCE, REASON, FRAME };

static void get_blame(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	const struct ntr_blame *b;
	const char *no;

	(void)at;
	if (!v)
		return;
	b = &v->blame;
	no = b->reason ? b->reason : NOBODY;
	switch (arg) {
	case MODULE:
		ntr_fact_str(out, b->module, no);
		break;
	case IMAGE:
		ntr_fact_str(out, b->image, no);
		break;
	case FUNCTION:
		ntr_fact_str(out, b->module ? b->function : NULL, b->module ?
			     "no symbols of the module" : no);
		break;
	case OFFSET:
		ntr_fact_n_if(out, b->module, b->offset, no);
		break;
	case CLASS:
		ntr_fact_str(out, b->module && b->cls != NTR_BLAME_NONE ?
			     ntr_blame_class_name(b->cls) : NULL, no);
		break;
	case CONFIDENCE:
		ntr_fact_str(out, b->module ? b->confidence : NULL, no);
		break;
	case REASON:
		ntr_fact_str(out, b->reason, NOBODY);
		break;
	case FRAME:
		ntr_fact_n_if(out, b->module && b->frame >= 0, (u64)b->frame,
			      b->module ? "it is not blamed for a frame" : no);
		break;
	}
}

enum { ID, HASH, MOD, MOD_FUNC, MOD_FUNC_OFFSET };

static void get_bucket(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		       struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	const char *no = "no stack was found";

	(void)at;
	if (!v)
		return;
	switch (arg) {
	case ID:
		ntr_fact_str(out, v->bucket.id, "nothing to make a bucket of");
		break;
	case HASH:
		ntr_fact_str(out, v->bucket.hash, "nothing to make a bucket of");
		break;
	case MOD:
		ntr_fact_str(out, v->bucket.mod, no);
		break;
	case MOD_FUNC:
		ntr_fact_str(out, v->bucket.mod_func, no);
		break;
	case MOD_FUNC_OFFSET:
		ntr_fact_str(out, v->bucket.mod_func_offset, no);
		break;
	}
}

static const struct ntr_fact_row rows[] = {
	{ "blame.module", NTR_FT_STRING, NULL, "Module that is probably at "
	  "fault: tcpip.", get_blame, MODULE },
	{ "blame.image", NTR_FT_STRING, NULL, "Its file: tcpip.sys.", get_blame,
	  IMAGE },
	{ "blame.function", NTR_FT_STRING, NULL, "Its function, by symbols.",
	  get_blame, FUNCTION },
	{ "blame.offset", NTR_FT_INT, "hex", "Offset in the function, or in the "
	  "module.", get_blame, OFFSET },
	{ "blame.class", NTR_FT_STRING, NULL, "What the module is: definite (a "
	  "driver), os, plumbing, skip.", get_blame, CLASS },
	{ "blame.confidence", NTR_FT_STRING, NULL, "high, medium or low.",
	  get_blame, CONFIDENCE },
	{ "blame.reason", NTR_FT_STRING, NULL, "Why this module.", get_blame,
	  REASON },
	{ "blame.frame", NTR_FT_INT, NULL, "Index of the frame in stack.frames.",
	  get_blame, FRAME },
	{ "bucket.id", NTR_FT_STRING, NULL, "Failure bucket in WinDbg's form.",
	  get_bucket, ID },
	{ "bucket.hash", NTR_FT_STRING, NULL, "Its hash, a GUID.", get_bucket,
	  HASH },
	{ "bucket.mod", NTR_FT_STRING, NULL, "Hash of the modules of the stack.",
	  get_bucket, MOD },
	{ "bucket.mod_func", NTR_FT_STRING, NULL, "Hash of its modules and "
	  "functions.", get_bucket, MOD_FUNC },
	{ "bucket.mod_func_offset", NTR_FT_STRING, NULL, "Hash of its modules, "
	  "functions and offsets.", get_bucket, MOD_FUNC_OFFSET },
};

const struct ntr_fact_part ntr_fact_part_blame = {
	"Blame and bucket", "Who is probably at fault, and which failure it is.",
	rows, NTR_COUNT(rows),
};
