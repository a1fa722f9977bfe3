// SPDX-License-Identifier: Apache-2.0
/*
 * A verdict on paper: the WinDbg-shaped text report, and the JSON document
 * ntriage.verdict/1 (docs/verdict.schema.json).  Both show the same verdict;
 * neither computes anything.  To show more, add to both and to the schema.
 */
#ifndef NTR_CLI_REPORT_H
#define NTR_CLI_REPORT_H

#include "out.h"
#include "triage/hang.h"
#include "triage/verdict.h"

struct sig_result;
struct sig_results;

/* s: what the rules said; NULL: none were asked. */
void ntr_report_text(struct ntr_out *o, struct ntr_verdict *v,
		     const struct sig_results *s);
void ntr_report_json(struct ntr_out *o, struct ntr_verdict *v,
		     const struct sig_results *s);
/* The same inside another document. */
void ntr_report_json_as(struct ntr_out *o, const char *key,
			struct ntr_verdict *v, const struct sig_results *s);

/* Parts of the text report, each in a file of its own. */
void ntr_report_regs(struct ntr_out *o, const struct ntr_regs *r);
void ntr_report_stack(struct ntr_out *o, const struct ntr_verdict *v);
void ntr_report_overflow(struct ntr_out *o, const struct ntr_verdict *v);
void ntr_report_blame(struct ntr_out *o, const struct ntr_verdict *v);
/* Nothing when the pool was not asked for. */
void ntr_report_pool(struct ntr_out *o, const struct ntr_verdict *v);
/* The field `pool`: null then. */
void ntr_report_pool_json(struct ntr_out *o, const struct ntr_verdict *v);

/* Signatures: fired, near misses, cannot tell. In JSON the list `signatures`;
 * null when none were asked. */
void ntr_report_signatures(struct ntr_out *o, const struct sig_results *s);
/* One of them: an element of that list. */
void ntr_report_signature_json(struct ntr_out *o, const struct sig_result *r);

/* A hang; NULL: null in JSON, nothing in text. */
void ntr_report_hang(struct ntr_out *o, const struct ntr_hang *h);

/* "nt!Func+0x10", "nt+0x3f5a80", "<Unloaded_x.sys>+0x12", "0x1234". */
void ntr_frame_text(char *out, size_t size, const struct ntr_vframe *f);


#endif
