// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "session.h"

static const struct ntr_example examples[] = {
	{ "ntriage info MEMORY.DMP", "what the dump's own header says" },
	{ "ntriage info --json dumps.zip | jq .file.format",
	  "the container's format, through an archive" },
};

static void out_times(struct ntr_out *o, const struct ntr_meta *m)
{
	char text[32];

	ntr_out_str(o, "time", "Time",
		    m->has & NTR_HAS_TIME && ntr_filetime_text(text, m->time) ?
		    text : NULL);
	ntr_out_uint_if(o, "uptime_s", "Uptime (s)", m->has & NTR_HAS_UPTIME,
			ntr_uptime_seconds(m->uptime));
}

static void out_bugcheck(struct ntr_out *o, const struct ntr_meta *m)
{
	bool have = m->has & NTR_HAS_BUGCHECK;

	ntr_out_hex_if(o, "bugcheck", "Bug check", have, m->bugcheck);
	ntr_out_list(o, "parameters");
	for (unsigned i = 0; have && i < 4; i++)
		ntr_out_hex(o, NULL, "Parameter", m->arg[i]);
	ntr_out_list_end(o);
}

static void out_header(struct ntr_out *o, const struct ntr_meta *m)
{
	char buf[32];

	ntr_out_open(o, "header");
	ntr_out_str(o, "arch", "Machine", m->has & NTR_HAS_MACHINE ?
		    ntr_machine_text(buf, m->machine) : NULL);
	ntr_out_uint_if(o, "build", "Build", m->has & NTR_HAS_BUILD, m->build);
	ntr_out_str(o, "os", "System", *m->os_text ? m->os_text : NULL);
	ntr_out_uint_if(o, "cpus", "CPUs", m->has & NTR_HAS_CPUS, m->cpus);
	out_times(o, m);
	out_bugcheck(o, m);
	ntr_out_hex_if(o, "dtb", "Page tables", m->has & NTR_HAS_DTB, m->dtb);
	ntr_out_hex_if(o, "ps_loaded_module_list", "Module list",
		       m->has & NTR_HAS_PSMODS, m->psmods);
	ntr_out_hex_if(o, "ps_active_process_head", "Process list",
		       m->has & NTR_HAS_PSPROCS, m->psprocs);
	ntr_out_hex_if(o, "kd_debugger_data_block", "KDBG",
		       m->has & NTR_HAS_KDBG, m->kdbg);
	ntr_out_hex_if(o, "pfn_database", "PFN database",
		       m->has & NTR_HAS_PFNDB, m->pfndb);
	ntr_out_str(o, "comment", "Comment", *m->comment ? m->comment : NULL);
	ntr_out_close(o);
}

static void out_memory(struct ntr_out *o, const struct ntr_dump *d)
{
	bool phys = d->runs.n || d->has_map || d->pages_missing;
	u64 virt = 0;

	for (size_t i = 0; i < d->vblocks.n; i++)
		virt += d->vblocks.v[i].len;
	ntr_out_open(o, "memory");
	ntr_out_uint(o, "page_size", "Page size", UINT64_C(1) << d->page_shift);
	ntr_out_uint_if(o, "runs", "Physical runs",
			phys && !d->has_map, d->runs.n);
	ntr_out_uint_if(o, "pages", "Pages", phys, ntr_dump_page_count(d));
	ntr_out_uint_if(o, "pages_missing", "Pages missing", phys,
			d->pages_missing);
	ntr_out_uint_if(o, "blocks", "Memory blocks", d->vblocks.n,
			d->vblocks.n);
	ntr_out_uint_if(o, "block_bytes", "Bytes in blocks", d->vblocks.n,
			virt);
	ntr_out_close(o);
}

static void out_blob(struct ntr_out *o, const struct ntr_dump_blob *b)
{
	char guid[37];

	ntr_guid_text(guid, b->guid);
	ntr_out_open(o, NULL);
	ntr_out_str(o, "guid", NULL, guid);
	ntr_out_str(o, "name", NULL, b->name);
	ntr_out_hex(o, "offset", NULL, b->loc.off);
	ntr_out_uint(o, "length", NULL, b->loc.len);
	ntr_out_close(o);
	ntr_out_line(o, "Tagged data     : {%s} %" PRIu64 " bytes%s%s", guid,
		     b->loc.len, b->name ? ", " : "", b->name ? b->name : "");
}

static void out_lists(struct ntr_out *o, const struct ntr_dump *d)
{
	ntr_out_open(o, "lists");
	ntr_out_uint(o, "modules", "Modules", d->modules.n);
	ntr_out_uint(o, "unloaded", "Unloaded", d->unloaded.n);
	ntr_out_uint(o, "threads", "Threads", d->threads.n);
	ntr_out_uint(o, "cpu_notes", "CPU notes", d->cpus.n);
	ntr_out_list(o, "blobs");
	for (size_t i = 0; i < d->blobs.n; i++)
		out_blob(o, &d->blobs.v[i]);
	ntr_out_list_end(o);
	ntr_out_close(o);
}

static int info_file(struct ntr_cli *c, const char *path)
{
	struct ntr_session s;
	int code = ntr_session_dump(c, path, &s);

	if (code)
		return code;
	ntr_out_open(&c->out, NULL);
	ntr_cli_schema(c, "ntriage.info/1");
	ntr_out_open(&c->out, "file");
	ntr_out_dump_file(&c->out, s.d);
	ntr_out_close(&c->out);
	out_header(&c->out, &s.d->meta);
	out_memory(&c->out, s.d);
	out_lists(&c->out, s.d);
	ntr_out_close(&c->out);
	ntr_session_close(&s);
	return NTR_EXIT_OK;
}

static int run(struct ntr_cli *c, const struct ntr_args *a)
{
	int code = NTR_EXIT_OK;

	for (int i = 0; i < a->n; i++) {
		if (i)
			ntr_out_line(&c->out, "%s", "");
		code = ntr_worse(code, info_file(c, a->operand[i]));
	}
	return code;
}

const struct ntr_verb ntr_verb_info = {
	.name = "info",
	.summary = "what the container of a dump says of itself",
	.operands = "FILE...",
	.help = "Prints format, kind, header values, and how much memory and "
		"which lists a dump carries, without looking into the memory. "
		"What the header does not say is left out of the text and is "
		"null in JSON.",
	.examples = examples, .nexamples = NTR_COUNT(examples),
	.min = 1, .max = -1, .run = run,
};
