// SPDX-License-Identifier: Apache-2.0
/*
 * Program databases, two ways: the bytes as a file, and, when they do not
 * begin as one, as streams that are put into a container here (block size 512,
 * each stream u16 length and bytes), so that the readers of the parts get what
 * is not lost in the directory.
 */
#include "fuzz_symsrc.h"
#include "sym/msf.h"

#include <stdlib.h>

#define BLOCK 512u
#define STREAMS 24u

static void put(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Cuts the bytes into streams and lays them out; *len of the file. */
static uint8_t *container(const uint8_t *data, size_t size, size_t *len)
{
	size_t dir = 4, nblocks = 4, at = 0;
	uint8_t *f = calloc(1, size + (STREAMS + 8) * BLOCK), *d;

	if (!f)
		return NULL;
	memcpy(f, "Microsoft C/C++ MSF 7.00\r\n\x1a" "DS\0\0", 32);
	d = f + 3 * BLOCK; /* the directory: one block */
	put(d, STREAMS);
	dir += 4 * STREAMS;
	for (size_t i = 0; i < STREAMS; i++) {
		size_t n = 0;

		if (size - at >= 2) {
			n = data[at] | (size_t)data[at + 1] << 8;
			at += 2;
		}
		n = n > size - at ? size - at : n;
		put(d + 4 + 4 * i, (uint32_t)n);
		for (size_t k = 0; k < n; k += BLOCK, dir += 4) {
			if (dir + 4 > BLOCK) { /* cut */
				put(d + 4 + 4 * i, (uint32_t)k);
				n = k;
				break;
			}
			memcpy(f + nblocks * BLOCK, data + at + k,
			       n - k < BLOCK ? n - k : BLOCK);
			put(d + dir, (uint32_t)nblocks++);
		}
		at += n;
	}
	put(f + 0x20, BLOCK);
	put(f + 0x24, 1);
	put(f + 0x28, (uint32_t)nblocks);
	put(f + 0x2c, (uint32_t)dir);
	put(f + 0x34, 2);
	put(f + 2 * BLOCK, 3);
	*len = nblocks * BLOCK;
	return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_symsrc *s;
	uint8_t *file = NULL;
	size_t len = size;

	if (!ntr_msf_probe(data, size))
		file = container(data, size, &len);
	s = fuzz_open(file ? file : data, len, NULL, NULL);
	if (s)
		fuzz_ask(s);
	ntr_symsrc_close(s);
	free(file);
	return 0;
}
