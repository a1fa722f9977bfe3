// SPDX-License-Identifier: Apache-2.0
#include "ex.h"

const char *ex_status_name(enum ex_status s)
{
	switch (s) {
#define EX_STATUS_NAME(n, v) \
	case EX_##n:         \
		return "STATUS_" #n;
		EX_STATUSES(EX_STATUS_NAME)
#undef EX_STATUS_NAME
	}
	return "STATUS_?";
}
