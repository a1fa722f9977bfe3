// SPDX-License-Identifier: Apache-2.0
#include "dump.h"

const char *ntr_file_kind(const struct ntr_bin *head, u64 file_size)
{
	(void)head, (void)file_size;
	return "of an unknown kind";
}
