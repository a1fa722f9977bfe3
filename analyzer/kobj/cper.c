// SPDX-License-Identifier: Apache-2.0
#include "cper.h"

#include "../base/text.h"

#include <string.h>

#define HEADER 128u
#define DESCRIPTOR 72u
#define SIGNATURE 0x52455043u /* "CPER" */

#define GUID(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                       \
	{ (a) & 0xff, (a) >> 8 & 0xff, (a) >> 16 & 0xff, (a) >> 24 & 0xff, \
	  (b) & 0xff, (b) >> 8 & 0xff, (c) & 0xff, (c) >> 8 & 0xff,         \
	  d0, d1, d2, d3, d4, d5, d6, d7 }

static const struct {
	u8 guid[16];
	enum ntr_cper_kind kind;
	const char *name;
} kinds[] = {
	{ GUID(0x9876ccadu, 0x47b4, 0x4bdb, 0xb6, 0x5e, 0x16, 0xf1, 0x93, 0xc4,
	       0xf3, 0xdb), NTR_CPER_PROCESSOR, "processor" },
	{ GUID(0xdc3ea0b0u, 0xa144, 0x4797, 0xb9, 0x5b, 0x53, 0xfa, 0x24, 0x2b,
	       0x6e, 0x1d), NTR_CPER_X86, "x86 processor" },
	{ GUID(0x8a1e1d01u, 0x42f9, 0x4557, 0x9c, 0x33, 0x56, 0x5e, 0x5c, 0xc3,
	       0xf7, 0xe8), NTR_CPER_MCA, "machine check" },
	{ GUID(0xa5bc1114u, 0x6f64, 0x4ede, 0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c,
	       0x83, 0xb1), NTR_CPER_MEMORY, "memory" },
	{ GUID(0xd995e954u, 0xbbc1, 0x430f, 0xad, 0x91, 0xb4, 0x4d, 0xcb, 0x3c,
	       0x6f, 0x35), NTR_CPER_PCIE, "PCI Express" },
	{ GUID(0x81212a96u, 0x09ed, 0x4996, 0x94, 0x71, 0x8d, 0x72, 0x9c, 0x8e,
	       0x69, 0xed), NTR_CPER_FIRMWARE, "firmware" },
	{ GUID(0xe19e3d16u, 0xbc11, 0x11e4, 0x9c, 0xaa, 0xc2, 0x05, 0x1d, 0x5d,
	       0x46, 0xb0), NTR_CPER_ARM, "ARM processor" },
	{ GUID(0xe71254e7u, 0xc1b9, 0x4940, 0xab, 0x76, 0x90, 0x97, 0x03, 0xa4,
	       0x32, 0x0f), NTR_CPER_NMI, "non-maskable interrupt" },
};

const char *ntr_cper_severity(u32 severity)
{
	static const char *const names[] = {
		"recoverable", "fatal", "corrected", "informational",
	};

	return severity < NTR_COUNT(names) ? names[severity] : NULL;
}

/* --- sections ------------------------------------------------------------------- */

/* Valid bits, error status, physical address (bit 1). */
static void memory_section(struct ntr_bin b, struct ntr_cper *out)
{
	u64 valid = ntr_bin_u64(&b, "valid bits");
	u64 address;

	ntr_bin_skip(&b, 8, "error status");
	address = ntr_bin_u64(&b, "physical address");
	if (ntr_bin_done(&b, NULL) || !(valid >> 1 & 1) || out->has_address)
		return;
	out->has_address = true;
	out->address = address;
}

/* The device's identity (bit 3) at 24. */
static void pcie_section(struct ntr_bin b, struct ntr_cper *out)
{
	u64 valid = ntr_bin_u64(&b, "valid bits");
	u16 vendor, device, segment;
	const u8 *p;

	ntr_bin_skip(&b, 16, "type, version, command");
	vendor = ntr_bin_u16(&b, "vendor");
	device = ntr_bin_u16(&b, "device");
	ntr_bin_skip(&b, 3, "class");
	p = ntr_bin_take(&b, 2, "function, device");
	segment = ntr_bin_u16(&b, "segment");
	const u8 *bus = ntr_bin_take(&b, 1, "bus");
	if (ntr_bin_done(&b, NULL) || !(valid >> 3 & 1) || out->has_pcie)
		return;
	out->has_pcie = true;
	out->vendor = vendor;
	out->device = device;
	out->function = p[0];
	out->slot = p[1];
	out->segment = segment;
	out->bus = bus[0];
}

static void mca_section(struct ntr_bin b, struct ntr_cper *out)
{
	size_t n = ntr_bin_left(&b);

	if (out->mca || ntr_bin_done(&b, NULL))
		return;
	out->mca = ntr_bin_take(&b, n, "section");
	out->mca_len = n;
}

static void section(const struct ntr_bin *record, const u8 *guid, u64 off,
		    u64 len, struct ntr_cper_section *s, struct ntr_cper *out)
{
	struct ntr_bin b = ntr_bin_sub(record, off, len, "section");

	ntr_guid_text(s->name, guid);
	for (size_t i = 0; i < NTR_COUNT(kinds); i++)
		if (!memcmp(kinds[i].guid, guid, 16)) {
			s->kind = kinds[i].kind;
			memcpy(s->name, kinds[i].name,
			       strlen(kinds[i].name) + 1);
		}
	if (s->kind == NTR_CPER_MEMORY)
		memory_section(b, out);
	else if (s->kind == NTR_CPER_PCIE)
		pcie_section(b, out);
	else if (s->kind == NTR_CPER_MCA)
		mca_section(b, out);
}

static void descriptor(const struct ntr_bin *record, struct ntr_bin *b,
		       struct ntr_cper *out)
{
	struct ntr_cper_section s = { 0 };
	u32 off = ntr_bin_u32(b, "section offset");
	u32 len = ntr_bin_u32(b, "section length");
	const u8 *valid, *guid, *fru;

	ntr_bin_skip(b, 2, "revision");
	valid = ntr_bin_take(b, 1, "valid bits");
	ntr_bin_skip(b, 5, "flags");
	guid = ntr_bin_take(b, 16, "section type");
	ntr_bin_skip(b, 16, "FRU id");
	s.severity = ntr_bin_u32(b, "severity");
	fru = ntr_bin_take(b, 20, "FRU text");
	if (!valid || !guid || !fru)
		return;
	if (valid[0] & 2)
		ntr_ascii_clean(s.fru, sizeof(s.fru), fru, 20);
	section(record, guid, off, len, &s, out);
	out->s[out->n++] = s;
}

/* --- the record ------------------------------------------------------------------ */

enum ntr_st ntr_cper_parse(struct ntr_bin *b, struct ntr_cper *out,
			   struct ntr_err *e)
{
	struct ntr_cper c = { 0 };
	struct ntr_bin record = *b;
	u32 sign = ntr_bin_u32(b, "signature");
	u32 end;

	ntr_bin_skip(b, 2, "revision");
	end = ntr_bin_u32(b, "end of signature");
	c.declared = ntr_bin_u16(b, "number of sections");
	c.severity = ntr_bin_u32(b, "severity");
	ntr_bin_skip(b, 4, "valid bits");
	c.length = ntr_bin_u32(b, "length");
	ntr_bin_skip(b, HEADER - 24, "header");
	if (ntr_bin_done(b, e))
		return NTR_BAD;
	if (sign != SIGNATURE || end != UINT32_MAX)
		return ntr_fail(e, NTR_BAD, "%s+0x%llx: expected an error record "
				"(CPER), found 0x%x", record.origin,
				(unsigned long long)record.off0, sign);
	for (unsigned i = 0; i < c.declared && i < NTR_CPER_SECTIONS; i++)
		if (ntr_bin_left(b) >= DESCRIPTOR)
			descriptor(&record, b, &c);
	*out = c;
	return NTR_OK;
}

static bool at(const struct ntr_cper *c, u64 status, size_t cpu, size_t bank,
	       size_t where, u32 *out_bank, u32 *out_cpu)
{
	struct ntr_bin b = ntr_bin_of(c->mca, c->mca_len, "section", 0);
	u32 n, p;

	ntr_bin_seek(&b, cpu, "processor");
	p = ntr_bin_u32(&b, "processor");
	ntr_bin_seek(&b, bank, "bank");
	n = ntr_bin_u32(&b, "bank");
	ntr_bin_seek(&b, where, "status");
	if (ntr_bin_u64(&b, "status") != status || ntr_bin_done(&b, NULL))
		return false;
	*out_bank = n;
	*out_cpu = p;
	return true;
}

bool ntr_cper_mca_bank(const struct ntr_cper *c, u64 status, u32 *bank,
		       u32 *processor)
{
	if (!c->mca || !status)
		return false;
	return at(c, status, 16, 36, 40, bank, processor) || /* packed */
	       at(c, status, 16, 40, 48, bank, processor);   /* aligned */
}

/* --- machine-check status ------------------------------------------------------------ */

#define FILTER 0x1000u /* "some errors of this kind were left out" */

const char *ntr_mca_kind(u64 status)
{
	static const struct { u16 mask, code; const char *kind; } codes[] = {
		{ 0xffff, 0x0000, "no error" },
		{ 0xffff, 0x0001, "unclassified" },
		{ 0xffff, 0x0002, "microcode parity" },
		{ 0xffff, 0x0003, "external" },
		{ 0xffff, 0x0004, "functional redundancy" },
		{ 0xffff, 0x0005, "internal parity" },
		{ 0xffff, 0x0400, "internal timer" },
		{ 0xfc00, 0x0400, "internal" },
		{ 0xfffc, 0x000c, "cache" },
		{ 0xfff0, 0x0010, "TLB" },
		{ 0xff80, 0x0080, "memory controller" },
		{ 0xff00, 0x0100, "cache" },
		{ 0xf800, 0x0800, "bus or interconnect" },
	};
	u16 code = (u16)(status & 0xffff & ~FILTER);

	for (size_t i = 0; i < NTR_COUNT(codes); i++)
		if ((code & codes[i].mask) == codes[i].code)
			return codes[i].kind;
	return "unknown code";
}

const char *ntr_mca_level(u64 status)
{
	static const char *const levels[] = { "L0", "L1", "L2", "generic" };
	const char *kind = ntr_mca_kind(status);

	return !strcmp(kind, "cache") || !strcmp(kind, "TLB") ||
	       !strcmp(kind, "bus or interconnect") ? levels[status & 3] : "";
}
