// SPDX-License-Identifier: Apache-2.0
/* A whole dump: container, kernel, modules, processors, threads. */
#include "fuzz.h"
#include "kobj/target.h"

static void use(struct ntr_target *t)
{
	struct ntr_thread th;
	struct ntr_regs r;
	char text[160];

	for (size_t i = 0; i < t->modules.n && i < 64; i++)
		(void)ntr_module_load(t, &t->modules.v[i]);
	for (size_t i = 0; i < t->cpus.n && i < 8; i++) {
		struct ntr_cpu *c = &t->cpus.v[i];

		(void)!ntr_double_fault_regs(t, c, &r, NULL);
		ntr_thread_read(t, c->thread, &th);
		ntr_target_symbolise(t, c->regs.ip, text, sizeof(text));
	}
	(void)ntr_target_module_named(t, "nt");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ntr_open_opts opts = { .max_unpacked = 1u << 22 };
	int fd = ntr_fuzz_fd(data, size);
	struct ntr_target *t;
	struct ntr_dump *d;
	struct ntr_file *f;

	if (fd < 0 || ntr_file_from_fd(&f, fd, "fuzz", NULL))
		return 0;
	if (ntr_dump_open_file(&d, f, &opts, NULL))
		return 0;
	if (ntr_target_open(&t, d, NULL) == NTR_OK) {
		use(t);
		ntr_target_close(t);
	}
	ntr_dump_close(d);
	return 0;
}
