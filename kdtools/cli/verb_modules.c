// SPDX-License-Identifier: Apache-2.0
#include "module_out.h"
#include "session.h"

static const struct ntr_opt opts[] = {
	{ "fast", 0, NULL,
	  "the list only: do not look for versions and PDB names", NULL },
};

static const struct ntr_example examples[] = {
	{ "ntriage modules MEMORY.DMP", "every loaded and unloaded module" },
	{ "ntriage modules --json MEMORY.DMP | jq -r '.modules[].image'",
	  "only the image names" },
};

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	struct ntr_session s;
	int code = ntr_session_open(c, a->operand[0], &s);
	struct ntr_out *o = &c->out;

	if (code)
		return code;
	ntr_out_open(o, NULL);
	ntr_cli_schema(c, "ntriage.modules/1");
	ntr_out_str(o, "file", "File", s.d->path);
	ntr_out_str(o, "source", "Module list", s.t->modules_source);
	ntr_out_bool(o, "complete", "Complete", s.t->modules_complete);
	ntr_out_line(o, "%s", "");
	ntr_out_modules(o, s.t, !a->opt[0]);
	if (s.t->unloaded.n)
		ntr_out_line(o, "\nUnloaded modules");
	ntr_out_unloaded(o, s.t);
	ntr_out_close(o);
	code = s.t->modules.n ? NTR_EXIT_OK : NTR_EXIT_UNKNOWN;
	ntr_session_close(&s);
	return code;
}

const struct ntr_verb ntr_verb_modules = {
	.name = "modules",
	.summary = "the loaded and unloaded modules",
	.operands = "FILE",
	.help = "Prints base, size, time stamp, checksum, and, when the pages "
		"of the image are in the dump, file version and PDB.\n\n"
		"Exit code 1 when no module list could be found.",
	.opts = opts, .nopts = NTR_COUNT(opts),
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = 1, .run = run,
};
