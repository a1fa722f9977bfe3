// SPDX-License-Identifier: Apache-2.0
/* Names of NT releases by build number. To add one: a row in os_name.c. */
#ifndef NTR_OS_NAME_H
#define NTR_OS_NAME_H

#include "../base/ntr_types.h"

enum { NTR_PRODUCT_WORKSTATION = 1, NTR_PRODUCT_DC = 2, NTR_PRODUCT_SERVER = 3 };

/* product 0: unknown. NULL for build 0. *exact false: the build itself is
 * not in the list, the name is that of the release line. */
const char *ntr_os_name(u32 machine, u32 build, u32 product, u32 suite,
			bool *exact);
const char *ntr_product_name(u32 product); /* NULL: unknown */

/* Service pack number that a build, or a triage header's service pack build,
 * implies; 0 when it says nothing. */
unsigned ntr_service_pack(u32 build, u32 sp_build);

#endif
