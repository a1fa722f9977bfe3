// SPDX-License-Identifier: Apache-2.0
/* PDB 2.00: what follows the file's magic is the input; all streams. */
#include "fuzz.h"
#include "sym/msf.h"

#include <stdlib.h>
#include <string.h>

static const char magic[44] = "Microsoft C/C++ program database 2.00\r\n\x1aJG";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(sizeof(magic) + size);
	struct ntr_file *f;
	struct ntr_msf m;
	struct ntr_bin b;
	size_t total = 0;
	int fd;

	if (!p)
		return 0;
	memcpy(p, magic, sizeof(magic));
	if (size)
		memcpy(p + sizeof(magic), data, size);
	fd = ntr_fuzz_fd(p, sizeof(magic) + size);
	free(p);
	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz.pdb", NULL))
		return 0;
	if (!ntr_msf_open(&m, f, NULL)) {
		for (uint32_t i = 0; i < m.nstreams; i++)
			if (!ntr_msf_stream(&m, i, &b, NULL))
				total += ntr_bin_left(&b);
		/* Every block belongs to one stream. */
		if (total > f->size)
			abort();
		ntr_msf_fini(&m);
	}
	ntr_file_close(f);
	return 0;
}
