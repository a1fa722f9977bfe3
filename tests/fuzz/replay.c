// SPDX-License-Identifier: Apache-2.0
/* Runs a fuzz target over files: every file of every folder named, and every
 * truncation of the small ones at a few places. Prints one pass line. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned count;

static void replay(const uint8_t *data, size_t len)
{
	/* A heap block of its own, so that an overread is seen. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		exit(2);
	if (len)
		memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	count++;
}

static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;
	size_t len;

	if (!f || fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) {
		if (f)
			fclose(f);
		return;
	}
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		exit(2);
	len = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	replay(data, len);
	for (size_t cut = 1; cut < 8; cut++)
		replay(data, len * cut / 8);
	free(data);
}

int main(int argc, char **argv)
{
	char path[4096];

	replay((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		struct dirent *de;

		if (!d)
			continue;
		while ((de = readdir(d))) {
			snprintf(path, sizeof(path), "%s/%s", argv[i],
				 de->d_name);
			replay_file(path);
		}
		closedir(d);
	}
	printf("pass %u inputs\n", count);
	return 0;
}
