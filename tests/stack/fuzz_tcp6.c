// SPDX-License-Identifier: Apache-2.0
/* As fuzz_tcp.c, over IPv6: the same inputs, the same invariants. */
#define FUZZ_TCP6
#include "fuzz_tcp.c"
