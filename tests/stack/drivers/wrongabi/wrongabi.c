// SPDX-License-Identifier: Apache-2.0
/* A driver for tests: built for an executive of another day. */
#include "ex/ex.h"

extern const struct io_driver_info io_driver_wrongabi;
const struct io_driver_info io_driver_wrongabi = { IO_DRIVER_ABI + 1,
						   "wrongabi", "1.0", NULL };
