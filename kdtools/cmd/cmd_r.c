// SPDX-License-Identifier: Apache-2.0
#include "../cli/report.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>

static unsigned known(const struct ntr_regs *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NTR_MAX_REGS; i++)
		n += ntr_reg_known(r, i);
	return n;
}

/* In JSON every register has its name for a key. */
void ntr_out_regs(struct ntr_kd *k, const struct ntr_regs *r)
{
	unsigned n = 0;
	const char *const *name = ntr_reg_names(r->machine, &n);

	ntr_out_open(k->o, "registers");
	for (unsigned i = 0; name && i < n && i < NTR_MAX_REGS; i++)
		ntr_out_hex_if(k->o, name[i], NULL, ntr_reg_known(r, i),
			       r->r[i]);
	ntr_out_close(k->o);
}

static void all(struct ntr_kd *k)
{
	const struct ntr_regs *r = ntr_kd_frame_regs(k);
	char site[300], ip[24];

	ntr_out_str(k->o, "source", NULL, k->regs_source);
	ntr_out_uint(k->o, "frame", NULL, k->frame);
	ntr_out_regs(k, r);
	if (!known(r))
		ntr_out_line(k->o, "no register is known");
	else
		ntr_report_regs(k->o, r);
	if (!r->has_ip)
		return;
	ntr_kd_symbol(k, r->ip, site, sizeof(site));
	ntr_out_str(k->o, "site", NULL, *site ? site : NULL);
	ntr_va_text(ip, r->ip, k->t->ptr_size);
	ntr_out_line(k->o, "%s:", *site ? site : ip);
	if (!k->o->json)
		(void)!ntr_show_code(k, r->ip, 1, NULL);
}

/* "rax", "@rax", "$ip" */
static enum ntr_st one(struct ntr_kd *k, const char *name, struct ntr_err *e)
{
	bool have = false;
	u64 v = 0;
	int digits;

	name += *name == '@';
	digits = (int)ntr_kd_reg_bits(k, name) / 4;
	if (strchr(name, '='))
		return ntr_fail(e, NTR_USAGE, "a dump's registers cannot be "
				"changed; .cxr and .trap choose others");
	if (!ntr_kd_reg(k, name, &v, &have))
		return ntr_fail(e, NTR_USAGE, "there is no register \"%.40s\" in "
				"this machine", name);
	ntr_out_open(k->o, NULL);
	ntr_out_str(k->o, "name", NULL, name);
	ntr_out_hex_if(k->o, "value", NULL, have, v);
	ntr_out_close(k->o);
	if (have)
		ntr_out_line(k->o, "%s=%0*" PRIx64, name, digits, v);
	else
		ntr_out_line(k->o, "%s=%.*s", name, digits, "????????????????");
	return NTR_OK;
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	const char *s = c->args;
	enum ntr_st st = NTR_OK;
	char name[40];

	ntr_kd_need_regs(k);
	if (!*s || !strcmp(s, "*")) {
		if (!k->has_regs)
			return ntr_fail(e, NTR_ABSENT, "the registers of this "
					"context are not known");
		all(k);
		return NTR_OK;
	}
	ntr_out_list(k->o, "values");
	while (*s && !st) {
		size_t n = strcspn(s, " \t,");

		snprintf(name, sizeof(name), "%.*s", (int)n, s);
		s += n;
		s += strspn(s, " \t,");
		st = one(k, name, e);
	}
	ntr_out_list_end(k->o);
	return st;
}

const struct ntr_cmd ntr_cmd_r = {
	.names = "r",
	.summary = "registers of the chosen context",
	.operands = "[REGISTER...]",
	.help = "Without REGISTER all of them, and the instruction they stand at. "
		"A register that is not known is ?. Parts (eax, al, r8d) and "
		"WinDbg's $ip $sp $csp $ra $thread $proc $tid are registers, "
		"too.\n\n"
		"The context is the one the dump's verdict starts from until ~, "
		".thread, .trap, .tss, .cxr or .ecxr choose another, and "
		".frame one of its frames.",
	.example = "r rax, rcx", .does = "two registers",
	.run = run,
};
