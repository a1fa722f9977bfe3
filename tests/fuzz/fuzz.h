// SPDX-License-Identifier: Apache-2.0
/* What every fuzz target defines. A target must return 0 whatever the bytes
 * are, use bounded memory and time, and touch no file outside memory
 * (ntr_fuzz_fd() gives a dump reader a memfd). */
#ifndef NTR_FUZZ_H
#define NTR_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Else that is a finding. */
static inline void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* An fd over a memory file with these bytes, or -1. The caller closes it. */
static inline int ntr_fuzz_fd(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", 0);

	if (fd < 0)
		return -1;
	if (size && write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return -1;
	}
	return fd;
}

#endif
