// SPDX-License-Identifier: Apache-2.0
/* Hardware errors: the status of a machine check, which the stops 0x124 and
 * 0x9C carry, and the error record that 0x124 points to. */
#include "../kobj/cper.h"
#include "facts_int.h"

#define NO_STOP "the stop reports no hardware error"
#define NO_MCA "the stop is of no machine check"
#define HEAD 4096u /* bytes of a record that are looked at */

static bool is_whea(const struct ntr_verdict *v)
{
	return v->has_bugcheck && v->code == 0x124;
}

/* --- the machine check ------------------------------------------------------ */

enum { STATUS, KIND, LEVEL, UNCORRECTED, CONTEXT_LOST, BANK, PROCESSOR };

static bool mca_status(const struct ntr_verdict *v, u64 *out)
{
	bool mca = is_whea(v) ? v->arg[0] <= 1 :
		   v->has_bugcheck && v->code == 0x9C;

	*out = (v->arg[2] & UINT32_MAX) << 32 | (v->arg[3] & UINT32_MAX);
	return mca;
}

/* NULL: it is there. */
static const char *record(struct ntr_facts *f, const struct ntr_verdict *v,
			  struct ntr_cper *out, u8 buf[HEAD])
{
	struct ntr_bin b;
	size_t n;

	if (!v->arg[1])
		return "the stop names no error record";
	n = ntr_space_read_some(f->t->mem, v->arg[1], buf, HEAD);
	if (!n)
		return "the error record is not in the dump";
	b = ntr_bin_of(buf, n, "error record", 0);
	return ntr_cper_parse(&b, out, NULL) ?
	       "what the stop points to is no error record" : NULL;
}

static void get_bank(struct ntr_facts *f, const struct ntr_verdict *v,
		     u64 status, int arg, struct ntr_fact *out)
{
	u8 buf[HEAD];
	struct ntr_cper c;
	u32 bank, cpu;
	const char *why;

	if (v->code == 0x9C) {
		ntr_fact_n_if(out, arg == BANK && v->arg[0] < 64, v->arg[0],
			      "the stop does not say it");
		return;
	}
	why = record(f, v, &c, buf);
	if (why)
		ntr_fact_why(out, why);
	else if (ntr_cper_mca_bank(&c, status, &bank, &cpu))
		ntr_fact_n(out, arg == BANK ? bank : cpu);
	else
		ntr_fact_why(out, "no section of the record has this status");
}

static void get_mca(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	const char *level;
	u64 status;

	(void)at;
	if (!v)
		return;
	if (!v->has_bugcheck || v->tool_mark) {
		ntr_fact_why(out, "there is no stop code");
		return;
	}
	if (!mca_status(v, &status)) {
		ntr_fact_none(out, NO_MCA);
		return;
	}
	level = ntr_mca_level(status);
	if (arg == STATUS)
		ntr_fact_n(out, status);
	else if (!(status >> 63))
		ntr_fact_why(out, "the status is not marked as valid");
	else if (arg == KIND)
		ntr_fact_str(out, ntr_mca_kind(status), NULL);
	else if (arg == UNCORRECTED || arg == CONTEXT_LOST)
		ntr_fact_n(out, status >> (arg == UNCORRECTED ? 61 : 57) & 1);
	else if (arg != LEVEL)
		get_bank(f, v, status, arg, out);
	else if (*level)
		ntr_fact_str(out, level, NULL);
	else
		ntr_fact_none(out, "this kind of error has no level");
}

/* --- the record ------------------------------------------------------------- */

enum { SEVERITY, SECTIONS, S_TYPE, S_SEVERITY, S_PART, ADDRESS, PCIE };

static void of_record(struct ntr_facts *f, const struct ntr_cper *c, u64 i,
		      int arg, struct ntr_fact *out)
{
	switch (arg) {
	case SEVERITY:
		ntr_fact_str(out, ntr_cper_severity(c->severity),
			     "the record has no valid severity");
		break;
	case SECTIONS:
		ntr_fact_n(out, c->n);
		break;
	case S_TYPE:
		ntr_fact_str(out, ntr_facts_text(f, "%s", c->s[i].name), "");
		break;
	case S_SEVERITY:
		ntr_fact_str(out, ntr_cper_severity(c->s[i].severity),
			     "the section has no valid severity");
		break;
	case S_PART:
		ntr_fact_str(out, c->s[i].fru[0] ?
			     ntr_facts_text(f, "%s", c->s[i].fru) : NULL,
			     "the section does not name it");
		break;
	case ADDRESS:
		ntr_fact_n_if(out, c->has_address, c->address,
			      "no section of the record has one");
		break;
	default:
		ntr_fact_str(out, c->has_pcie ? ntr_facts_text(f,
			     "vendor 0x%04x device 0x%04x at %04x:%02x:%02x.%u",
			     c->vendor, c->device, c->segment, c->bus, c->slot,
			     c->function) : NULL,
			     "no section of the record names one");
	}
}

static void get_record(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	u64 i = at->nindexes ? at->index[0] : 0;
	u8 buf[HEAD];
	struct ntr_cper c;
	const char *why;

	if (!v)
		return;
	if (!v->has_bugcheck || v->tool_mark) {
		ntr_fact_why(out, "there is no stop code");
	} else if (!is_whea(v)) {
		ntr_fact_none(out, NO_STOP);
	} else {
		why = record(f, v, &c, buf);
		if (why)
			ntr_fact_why(out, why);
		else if (arg < S_TYPE || arg > S_PART || i < c.n)
			of_record(f, &c, i, arg, out);
	}
}

static const struct ntr_fact_row rows[] = {
	{ "whea.mca.status", NTR_FT_INT, "hex", "Status of the machine-check "
	  "bank, as the stop has it.", get_mca, STATUS },
	{ "whea.mca.kind", NTR_FT_STRING, NULL, "What its code says: memory "
	  "controller, cache, TLB, bus or interconnect, internal parity, and "
	  "others.", get_mca, KIND },
	{ "whea.mca.level", NTR_FT_STRING, NULL, "Level of the cache: L0, L1, "
	  "L2, generic.", get_mca, LEVEL },
	{ "whea.mca.uncorrected", NTR_FT_BOOL, NULL, "The hardware could not "
	  "correct it.", get_mca, UNCORRECTED },
	{ "whea.mca.context_lost", NTR_FT_BOOL, NULL, "The processor could not "
	  "have gone on.", get_mca, CONTEXT_LOST },
	{ "whea.mca.bank", NTR_FT_INT, NULL, "Number of the bank.", get_mca,
	  BANK },
	{ "whea.mca.processor", NTR_FT_INT, NULL, "Number of the processor.",
	  get_mca, PROCESSOR },
	{ "whea.severity", NTR_FT_STRING, NULL, "Severity of the error record: "
	  "fatal, recoverable, corrected, informational.", get_record,
	  SEVERITY },
	{ "whea.address", NTR_FT_ADDRESS, NULL, "Physical address of the memory "
	  "that failed.", get_record, ADDRESS },
	{ "whea.pcie", NTR_FT_STRING, NULL, "The PCI Express device that "
	  "reported the error.", get_record, PCIE },
	{ "whea.sections", NTR_FT_LIST, NULL, "Sections of the error record.",
	  get_record, SECTIONS },
	{ "whea.sections[]", NTR_FT_RECORD, NULL, "A section.", NULL, 0 },
	{ "whea.sections[].type", NTR_FT_STRING, NULL, "processor, machine "
	  "check, memory, PCI Express, and others; of unknown ones the GUID.",
	  get_record, S_TYPE },
	{ "whea.sections[].severity", NTR_FT_STRING, NULL, "Its severity.",
	  get_record, S_SEVERITY },
	{ "whea.sections[].part", NTR_FT_STRING, NULL, "The part that failed, "
	  "as the firmware names it.", get_record, S_PART },
};

const struct ntr_fact_part ntr_fact_part_whea = {
	"Hardware errors", "What the stops for hardware errors carry: the "
	"machine check, and the error record of the platform (CPER).",
	rows, NTR_COUNT(rows),
};
