// SPDX-License-Identifier: Apache-2.0
#include "os_name.h"

#include "../fmt/dump.h"

#define SUITE_TERMINAL 0x10u /* NT 4.0: Terminal Server Edition */

/* First and last build, client name, server name (NULL: the same name). A
 * row with first == last is a release; the others catch what lies between
 * releases. */
static const struct {
	u32 first, last;
	const char *client, *server;
} names[] = {
	{ 511, 511, "Windows NT 3.1", NULL },
	{ 528, 528, "Windows NT 3.1", NULL },
	{ 807, 807, "Windows NT 3.50", NULL },
	{ 1057, 1057, "Windows NT 3.51", NULL },
	{ 1381, 1381, "Windows NT 4.0", NULL },
	{ 2195, 2195, "Windows 2000", NULL },
	{ 2600, 2600, "Windows XP", NULL },
	{ 3790, 3790, "Windows XP 64-bit", "Windows Server 2003" },
	{ 6000, 6000, "Windows Vista", "Windows Server 2008" },
	{ 6001, 6003, "Windows Vista", "Windows Server 2008" },
	{ 7600, 7601, "Windows 7", "Windows Server 2008 R2" },
	{ 9200, 9200, "Windows 8", "Windows Server 2012" },
	{ 9600, 9600, "Windows 8.1", "Windows Server 2012 R2" },
	{ 10240, 10240, "Windows 10 1507", "Windows Server 2016" },
	{ 10586, 10586, "Windows 10 1511", "Windows Server 2016" },
	{ 14393, 14393, "Windows 10 1607", "Windows Server 2016" },
	{ 15063, 15063, "Windows 10 1703", "Windows Server 1703" },
	{ 16299, 16299, "Windows 10 1709", "Windows Server 1709" },
	{ 17134, 17134, "Windows 10 1803", "Windows Server 1803" },
	{ 17763, 17763, "Windows 10 1809", "Windows Server 2019" },
	/* These pairs share one kernel, which reports the first build. */
	{ 18362, 18362, "Windows 10 1903-1909", "Windows Server 1903-1909" },
	{ 18363, 18363, "Windows 10 1909", "Windows Server 1909" },
	{ 19041, 19041, "Windows 10 2004-22H2", "Windows Server 2004-20H2" },
	{ 19042, 19042, "Windows 10 20H2", "Windows Server 20H2" },
	{ 19043, 19043, "Windows 10 21H1", NULL },
	{ 19044, 19044, "Windows 10 21H2", NULL },
	{ 19045, 19045, "Windows 10 22H2", NULL },
	{ 20348, 20348, "Windows Server 2022", "Windows Server 2022" },
	{ 22000, 22000, "Windows 11 21H2", NULL },
	{ 22621, 22621, "Windows 11 22H2-23H2", NULL },
	{ 22631, 22631, "Windows 11 23H2", NULL },
	{ 25398, 25398, "Windows Server 23H2", "Windows Server 23H2" },
	{ 26100, 26100, "Windows 11 24H2", "Windows Server 2025" },
	{ 26200, 26200, "Windows 11 25H2", "Windows Server 2025" },
	{ 1, 527, "Windows NT 3.1", NULL },
	{ 529, 806, "Windows NT 3.50 (beta)", NULL },
	{ 808, 1056, "Windows NT 3.51 (beta)", NULL },
	{ 1058, 1380, "Windows NT 4.0 (beta)", NULL },
	{ 1382, 2194, "Windows 2000 (beta)", NULL },
	{ 2196, 2599, "Windows XP (beta)", NULL },
	{ 2601, 3789, "Windows Server 2003 (beta)", NULL },
	{ 3791, 5999, "Windows Vista (beta)", NULL },
	{ 6004, 7599, "Windows 7 (beta)", NULL },
	{ 7602, 9199, "Windows 8 (beta)", NULL },
	{ 9201, 9599, "Windows 8.1 (beta)", NULL },
	{ 9601, 21999, "Windows 10", NULL },
	{ 22001, UINT32_MAX, "Windows 11", NULL },
};

/* 3790 is three products: Server 2003, XP x64 and XP for Itanium. */
static const char *name_3790(u32 machine, u32 product)
{
	if (product == NTR_PRODUCT_WORKSTATION && machine == NTR_MACHINE_AMD64)
		return "Windows XP x64";
	if (product == NTR_PRODUCT_WORKSTATION && machine == NTR_MACHINE_IA64)
		return "Windows XP 64-bit 2003";
	return "Windows Server 2003";
}

const char *ntr_os_name(u32 machine, u32 build, u32 product, u32 suite,
			bool *exact)
{
	bool server = product == NTR_PRODUCT_DC ||
		      product == NTR_PRODUCT_SERVER;

	*exact = true;
	if (build == 3790)
		return name_3790(machine, product);
	if (build == 1381 && server && (suite & SUITE_TERMINAL))
		return "Windows NT 4.0 Terminal Server";
	for (size_t i = 0; build && i < NTR_COUNT(names); i++) {
		if (build < names[i].first || build > names[i].last)
			continue;
		*exact = names[i].last - names[i].first < 3;
		if (server && names[i].server)
			return names[i].server;
		return names[i].client;
	}
	return NULL;
}

const char *ntr_product_name(u32 product)
{
	switch (product) {
	case NTR_PRODUCT_WORKSTATION:
		return "Workstation";
	case NTR_PRODUCT_DC:
		return "Domain controller";
	case NTR_PRODUCT_SERVER:
		return "Server";
	default:
		return NULL;
	}
}

unsigned ntr_service_pack(u32 build, u32 sp_build)
{
	/* Build number of the service pack, as the system shows it. */
	static const struct { u16 build, sp_build, sp; } known[] = {
		{ 2600, 1106, 1 }, { 2600, 2180, 2 }, { 2600, 5512, 3 },
		{ 3790, 1830, 1 }, { 3790, 3959, 2 },
	};

	if (build == 6001 || build == 7601)
		return 1;
	if (build == 6002 || build == 6003)
		return 2;
	for (size_t i = 0; i < NTR_COUNT(known); i++)
		if (known[i].build == build && known[i].sp_build == sp_build)
			return known[i].sp;
	return 0;
}
