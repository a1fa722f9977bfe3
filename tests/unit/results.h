// SPDX-License-Identifier: Apache-2.0
/*
 * What the tests of the results store share: a folder of their own, a result
 * with everything set, and sqlite3(1) as independent truth.
 */
#ifndef NTR_TEST_RESULTS_H
#define NTR_TEST_RESULTS_H

#include "../../kdtools/store/filter.h"
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

static char rs_dir[200];
static struct ntr_err err; /* of the last OK() */

/* x, which writes to &err, is NTR_OK; else the text of err is the failure. */
#define OK(x)                                                                 \
	do {                                                                  \
		err.msg[0] = 0;                                               \
		CHECK_STR((x) ? err.msg[0] ? err.msg : "failed" : "ok", "ok"); \
	} while (0)

/* $B/tmp/<name>.<pid>, empty. */
static inline void rs_folder(const char *name)
{
	const char *b = getenv("B");
	char tmp[120];

	snprintf(tmp, sizeof(tmp), "%.80s/tmp", b ? b : "build/dev");
	mkdir(tmp, 0777);
	snprintf(rs_dir, sizeof(rs_dir), "%s/%.40s.%d", tmp, name, (int)getpid());
	mkdir(rs_dir, 0777);
}

static inline void rs_done(void)
{
	char cmd[240];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", rs_dir);
	if (system(cmd))
		printf("fail cleanup: %s\n", cmd);
}

static inline const char *rs_path(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%.50s", rs_dir, name);
	return out;
}

/* What sqlite3(1) prints for sql, without the last line feed. */
static inline const char *rs_sqlite(char out[4096], const char *path,
				    const char *sql)
{
	char cmd[2048];
	size_t n = 0;
	FILE *p;

	snprintf(cmd, sizeof(cmd), "sqlite3 -readonly '%s' \"%s\" 2>&1", path,
		 sql);
	p = popen(cmd, "r");
	if (p) {
		n = fread(out, 1, 4095, p);
		pclose(p);
	}
	while (n && out[n - 1] == '\n')
		n--;
	out[n] = 0;
	return out;
}

static const struct results_signature rs_sig[] = {
	{ "Q216765", "TCP/IP recurses", "stop", "critical", "fires", 90,
	  "{\"id\":\"Q216765\"}" },
	{ "Q177245", "TCP/IP deadlock", "hang", "critical", "unknown", 0,
	  "{\"id\":\"Q177245\"}" },
};

static inline struct results_dump rs_dump(const char *path)
{
	return (struct results_dump){
		.path = path, .size = 65536, .mtime_ns = 1234567890123456789,
		.digest = "d1", .judge = "j1", .judged_at = 1790000000,
		.outcome = RESULTS_JUDGED, .error = NULL, .format = "dmp32",
		.machine = "x86", .os = "3.51.1057", .has_code = true,
		.code = 0x7f, .arg = { 8, 0, 0xfffff8047c02a2b0, 1 },
		.code_name = "UNEXPECTED_KERNEL_MODE_TRAP",
		.crash_time = 900000000, .bucket = "0x7f_8_tcpip!IPRcv",
		.bucket_hash = "b1", .blame = "tcpip.sys",
		.blame_confidence = "high", .stack_mod = "m1",
		.stack_func = "f1", .process = "System",
		.modules = "\nntoskrnl.exe 1995-05-26 3.51.1057\n"
			   "tcpip.sys 1996-05-01 ?\n",
		.frames = "\nnt!KiTrap08\ntcpip!IPRcv\ntcpip!TCPRcv\n",
		.json = "{\"schema\":\"ntriage.verdict/1\"}",
		.sig = rs_sig, .nsig = 2,
	};
}

#endif
