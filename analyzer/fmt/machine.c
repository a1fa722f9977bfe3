// SPDX-License-Identifier: Apache-2.0
/* What is known of a machine type by its number alone. */
#include "dump.h"

static const struct {
	u32 machine;
	const char *name;
	u8 ptr_size, page_shift;
} machines[] = {
	{ NTR_MACHINE_X86, "x86", 4, 12 },
	{ NTR_MACHINE_R4000, "MIPS", 4, 12 },
	{ NTR_MACHINE_ALPHA, "Alpha", 4, 13 },
	{ NTR_MACHINE_POWERPC, "PowerPC", 4, 12 },
	{ NTR_MACHINE_ARM, "ARM", 4, 12 },
	{ NTR_MACHINE_IA64, "IA64", 8, 13 },
	{ NTR_MACHINE_ALPHA64, "Alpha64", 8, 13 },
	{ NTR_MACHINE_AMD64, "x64", 8, 12 },
	{ NTR_MACHINE_ARM64, "ARM64", 8, 12 },
};

const char *ntr_machine_name(u32 machine)
{
	for (size_t i = 0; i < NTR_COUNT(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return NULL;
}

unsigned ntr_machine_ptr_size(u32 machine)
{
	for (size_t i = 0; i < NTR_COUNT(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].ptr_size;
	return 8;
}

unsigned ntr_machine_page_shift(u32 machine)
{
	for (size_t i = 0; i < NTR_COUNT(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].page_shift;
	return 12;
}

const char *ntr_dump_kind_name(enum ntr_dump_kind k)
{
	static const char *const name[] = {
		[NTR_KIND_UNKNOWN] = "unknown",
		[NTR_KIND_FULL] = "full",
		[NTR_KIND_KERNEL] = "kernel",
		[NTR_KIND_TRIAGE] = "triage",
		[NTR_KIND_BITMAP_FULL] = "bitmap-full",
		[NTR_KIND_BITMAP_KERNEL] = "bitmap-kernel",
		[NTR_KIND_RANGES] = "ranges",
		[NTR_KIND_HEADER] = "header",
		[NTR_KIND_USER] = "user",
		[NTR_KIND_PHYS] = "physical",
	};
	return (size_t)k < NTR_COUNT(name) ? name[k] : name[0];
}
