// SPDX-License-Identifier: Apache-2.0
/* Command lines over a small forged machine; no files, no logs. The first byte
 * chooses the machine and whether the output is JSON. */
#include "../../kdtools/cmd/cmd.h"
#include "../../kdtools/cmd/door.h"
#include "../../kdtools/forge/forge.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define LINE 2000u

static const char *const scenario[] = {
	"machine x86 xp cpus 2\nmemory 512KiB\nlargepages none\n"
	"stop 0xd1 0x10 2 0 \"drv!Work+0x30\"\nmodule \"drv.sys\" size 0x9000\n"
	"stack { frame \"nt!KeBugCheckEx+0x40\"\ntrap \"nt!KiTrap0E+0x100\"\n"
	"frame \"drv!Work+0x30\"\nframe \"nt!Loop+0x40\" }\n"
	"pool nonpaged max 1MiB { block Irp size 200 count 9 held\n"
	"block NbtD size 104\noverrun 4141414141414141\n"
	"block NbtD size 104 count 5 linked\nbig Big1 size 8192\n"
	"lookaside Irp size 200 cached 2 depth 4 }\n",
	"machine x64 10\nmemory 512KiB\nlargepages none\n"
	"stop 0xd1 0x10 2 0 \"drv!Work+0x30\"\nmodule \"drv.sys\" size 0x9000\n"
	"stack { frame \"nt!KeBugCheckEx+0x40\"\nframe \"drv!Work+0x30\"\n"
	"frame \"nt!Loop+0x40\" }\n",
};

struct machine {
	struct ntr_cli c;
	struct ntr_kd k;
	bool open;
};

static bool start(struct machine *m, const char *text, bool json)
{
	struct ntr_open_opts opts = { .max_unpacked = 1u << 22 };
	struct ntr_session s = { 0 };
	struct ntr_file *f;
	size_t len = 0;
	u8 *dump = NULL;
	int fd;

	if (forge_text(text, "fuzz", "full", 1u << 24, &dump, &len, NULL, NULL))
		return false;
	fd = ntr_fuzz_fd(dump, len);
	free(dump);
	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz", NULL) ||
	    ntr_dump_open_file(&s.d, f, &opts, NULL))
		return false;
	if (ntr_target_open(&s.t, s.d, NULL))
		return false;
	m->c.offline = m->c.quiet = true;
	m->c.json = json;
	ntr_out_init(&m->c.out, open("/dev/null", O_WRONLY | O_CLOEXEC), json,
		     false, false);
	if (ntr_kd_start(&m->k, &m->c, "fuzz", &s))
		return false;
	m->k.no_files = true;
	return true;
}

/* A search of any length is the user's own wish. */
static void bound(char *line)
{
	for (char *s = line; *s; s++)
		if (*s == '?' && s > line && (s[-1] == 'L' || s[-1] == 'l'))
			*s = '0';
}

static void nothing(void *ctx, const char *word)
{
	*(size_t *)ctx += strlen(word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine[4];
	struct machine *m;
	char line[LINE + 1];
	size_t seen = 0;

	if (!size || size > LINE)
		return 0;
	m = &machine[data[0] & 3];
	if (!m->open && !start(m, scenario[data[0] & 1], data[0] & 2))
		abort();
	m->open = true;
	memcpy(line, data + 1, size - 1);
	line[size - 1] = 0;
	bound(line);
	(void)ntr_kd_line(&m->k, line);
	(void)ntr_complete(&m->k, line, 50, nothing, &seen);
	if (m->c.out.j.depth)
		abort();
	m->k.quit = false;
	return 0;
}
