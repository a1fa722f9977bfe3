// SPDX-License-Identifier: Apache-2.0
/*
 * DWARF sections without a container around them.  The input is
 *
 *	u8 flags (1: big-endian, 2: 32 bits, 4: packed x86, 8: ARM64)
 *	then for each section: u8 number (ntr_fuzz_sections), u24 length, bytes
 */
#include "fuzz.h"
#include "fuzz_symsrc.h"
#include "sym/dwarf_source.h"

static const char *const ntr_fuzz_sections[] = {
	".debug_info", ".debug_abbrev", ".debug_str", ".debug_line",
	".debug_line_str", ".debug_ranges", ".debug_rnglists", ".debug_frame",
	".eh_frame", ".debug_aranges", ".debug_types", ".debug_str_offsets",
	".debug_addr",
};

static enum ntr_st no_table(struct ntr_symsrc *s, struct ntr_err *e)
{
	(void)s;
	return ntr_fail(e, NTR_ABSENT, "no table");
}

static void no_close(struct ntr_symsrc *s)
{
	ntr_dw_source_fini(s->priv);
}

static const struct ntr_symsrc_ops ops = {
	.name = "fuzz", .descr = "sections", .close = no_close, NTR_DW_SLOTS,
};

static void sections(struct ntr_dw_image *img, const uint8_t *data, size_t size)
{
	for (size_t at = 1; at + 4 <= size;) {
		struct ntr_dw_sect d = { 0 };
		size_t n = (size_t)data[at + 1] | (size_t)data[at + 2] << 8 |
			   (size_t)data[at + 3] << 16;

		if (data[at] >= NTR_COUNT(ntr_fuzz_sections))
			return;
		d.name = ntr_fuzz_sections[data[at]];
		at += 4;
		if (n > size - at)
			n = size - at;
		d.off = at;
		d.size = n;
		d.addr = 0x2000;
		if (ntr_dw_add(img, &d, NULL))
			return;
		at += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_dw_source d = { .read_table = no_table };
	uint8_t flags = size ? data[0] : 0;
	struct ntr_symsrc *s;
	int fd;

	if (size < 8)
		return 0;
	s = ntr_symsrc_new(&ops);
	fd = ntr_fuzz_fd(data, size);
	if (!s || fd < 0 || ntr_file_from_fd(&s->file, fd, "fuzz", NULL)) {
		ntr_symsrc_close(s);
		return 0;
	}
	s->priv = &d;
	d.image.file = s->file;
	d.image.big = flags & 1;
	d.image.ptr_size = flags & 2 ? 4 : 8;
	d.image.machine = flags & 8 ? NTR_MACHINE_ARM64 :
			  flags & 2 ? NTR_MACHINE_X86 : NTR_MACHINE_AMD64;
	sections(&d.image, data, size);
	ntr_dw_init(&d.dw, &d.image, &s->arena);
	fuzz_ask(s);
	ntr_symsrc_close(s);
	return 0;
}
