// SPDX-License-Identifier: Apache-2.0
/* A hang on paper: text, and the object `hang` of JSON documents. */
#include "report.h"

static void show_finding(struct ntr_out *o, const struct ntr_hang_finding *f)
{
	ntr_out_open(o, NULL);
	ntr_out_str(o, "kind", NULL, ntr_hang_kind_name(f->kind));
	ntr_out_str(o, "text", NULL, f->text);
	ntr_out_list(o, "evidence");
	ntr_out_para(o, "HANG: ", "%s", f->text);
	for (size_t i = 0; i < f->evidence.n; i++) {
		ntr_out_str(o, NULL, NULL, f->evidence.v[i]);
		ntr_out_para(o, "  - ", "%s", f->evidence.v[i]);
	}
	ntr_out_list_end(o);
	ntr_out_close(o);
}

void ntr_report_hang(struct ntr_out *o, const struct ntr_hang *h)
{
	if (!h) {
		ntr_out_none(o, "hang", NULL);
		return;
	}
	ntr_out_open(o, "hang");
	ntr_out_str(o, "kind", NULL, ntr_hang_kind_name(h->kind));
	ntr_out_str(o, "text", NULL, h->text);
	ntr_out_str(o, "looked_at", NULL, h->looked_at);
	if (!h->findings.n)
		ntr_out_para(o, "HANG: ", "%s", h->text);
	ntr_out_list(o, "findings");
	for (size_t i = 0; i < h->findings.n; i++)
		show_finding(o, &h->findings.v[i]);
	ntr_out_list_end(o);
	if (h->looked_at)
		ntr_out_para(o, "Looked at: ", "%s", h->looked_at);
	ntr_out_list(o, "unknown");
	for (size_t i = 0; i < h->unknown.n; i++) {
		ntr_out_str(o, NULL, NULL, h->unknown.v[i]);
		ntr_out_para(o, "Cannot be told: ", "%s", h->unknown.v[i]);
	}
	ntr_out_list_end(o);
	ntr_out_close(o);
}
