// SPDX-License-Identifier: Apache-2.0
/*
 * The fact tree: that its schema keeps its own rules, that paths are read as
 * documented, and that forged dumps give the values their scenarios were
 * written with; and that nothing is known, or computed, that should not be.
 */
#include "fact_dump.h"

#include <ctype.h>

/* --- the schema -------------------------------------------------------------------- */

static size_t count(const char *s, const char *part)
{
	size_t n = 0;

	for (; (s = strstr(s, part)); s += strlen(part))
		n++;
	return n;
}

/* What stands in front of each "[]" is a list, and what it is of has a row. */
static void check_lists(const struct ntr_fact_row *r)
{
	char list[NTR_FACT_PATH];

	for (const char *p = r->path; (p = strstr(p, "[]")); p += 2) {
		const struct ntr_fact_row *up;

		snprintf(list, sizeof(list), "%.*s", (int)(p - r->path), r->path);
		up = ntr_fact_row_find(list);
		CHECK(up && up->type == NTR_FT_LIST);
		snprintf(list, sizeof(list), "%.*s[]", (int)(p - r->path),
			 r->path);
		CHECK(ntr_fact_row_find(list) != NULL);
	}
	if (r->type == NTR_FT_LIST) {
		snprintf(list, sizeof(list), "%s[]", r->path);
		CHECK(ntr_fact_row_find(list) != NULL);
	}
}

static void schema_keeps_its_rules(void)
{
	const struct ntr_fact_part *p;
	size_t rows = 0;

	for (size_t i = 0; (p = ntr_fact_schema(i)); i++) {
		CHECK(p->name && p->name[0] && p->doc && p->doc[0]);
		for (size_t k = 0; k < p->nrows; k++, rows++) {
			const struct ntr_fact_row *r = &p->rows[k];
			size_t n = strlen(r->doc);

			CHECK(strlen(r->path) < NTR_FACT_PATH);
			CHECK(ntr_fact_row_find(r->path) == r); /* unique */
			CHECK(n > 5 && r->doc[n - 1] == '.');
			CHECK(isupper((unsigned char)r->doc[0]) ||
			      islower((unsigned char)r->doc[0]));
			CHECK(r->get || r->type == NTR_FT_RECORD);
			CHECK(count(r->path, "[]") <= NTR_FACT_INDEXES);
			CHECK(count(r->path, "[\"\"]") <= 1);
			check_lists(r);
		}
	}
	CHECK(rows > 250);
	CHECK_STR(ntr_fact_type_name(NTR_FT_DURATION), "duration");
	CHECK_STR(ntr_fact_type_name(NTR_FT_RECORD), "record");
}

/* --- paths ---------------------------------------------------------------------------- */

static const char *parse_error(const char *path)
{
	static struct ntr_err e;
	const struct ntr_fact_row *row;
	struct ntr_fact_at at;

	e.msg[0] = 0;
	if (ntr_fact_parse(path, &row, &at, &e) != NTR_USAGE)
		return "no error";
	return e.msg;
}

static void paths(void)
{
	const struct ntr_fact_row *row = NULL;
	struct ntr_fact_at at;

	CHECK_EQ(ntr_fact_parse("bugcheck.code", &row, &at, NULL), NTR_OK);
	CHECK_STR(row->path, "bugcheck.code");
	CHECK_EQ(at.nindexes, 0);
	CHECK_EQ(ntr_fact_parse("stack.cycles[3].modules[12]", &row, &at, NULL),
		 NTR_OK);
	CHECK_STR(row->path, "stack.cycles[].modules[]");
	CHECK_EQ(at.nindexes, 2);
	CHECK_EQ(at.index[0], 3);
	CHECK_EQ(at.index[1], 12);
	CHECK_EQ(ntr_fact_parse("module[\"a]b.sys\"].date", &row, &at, NULL),
		 NTR_OK);
	CHECK_STR(row->path, "module[\"\"].date");
	CHECK_STR(at.key, "a]b.sys");
	CHECK_EQ(ntr_fact_parse("pool.tag[AfdB].nonpaged_bytes", &row, &at,
				NULL), NTR_OK);
	CHECK_STR(at.key, "AfdB");
}

static void wrong_paths(void)
{
	static const char *const none[] = {
		"", ".", "[", "]", "a.", ".a", "bugcheck..code", "bugcheck.",
		"stack.frames[", "stack.frames[0", "stack.frames[0].",
		"module[\"x", "module[\"x\"", "module[\"\"]", "bugcheck code",
		"stack.frames[0][1]x", "stack.frames[9999999999].ip",
		"stack.frames[-1].ip.", "a[1][2][3]", "a[\"b\"][\"c\"]",
	};
	char lots[4096];

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		CHECK(strcmp(parse_error(none[i]), "no error"));
	memset(lots, 'a', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = 0;
	CHECK_HAS(parse_error(lots), "is no path of a fact");
	CHECK_STR(parse_error("bugchek.code"),
		  "no fact is called bugchek.code; did you mean bugcheck.code?");
	CHECK_STR(parse_error("module[\"x\"].dat"),
		  "no fact is called module[\"x\"].dat; did you mean "
		  "module[\"\"].date?");
	CHECK_STR(parse_error("pool.nonpaged"), "pool.nonpaged is a group of "
		  "facts, such as pool.nonpaged.bytes");
	CHECK_STR(parse_error("frobnicate_all_of_it"),
		  "no fact is called frobnicate_all_of_it");
	CHECK_STR(parse_error("stack.frames[].ip"),
		  "stack.frames[].ip: which element? brackets want a number");
}

/* --- values ------------------------------------------------------------------------------ */

static bool open_fixture(const char *name, const char *container)
{
	char *text = fixture(name);
	bool ok;

	CHECK(text != NULL);
	ok = text && open_text(text, container);
	free(text);
	return ok;
}

static void system_facts(void)
{
	if (!open_text(nt351, "full"))
		return;
	CHECK_STR(got("dump.kind"), "full");
	CHECK_STR(got("dump.format"), "dmp32");
	CHECK_STR(got("dump.complete"), "true");
	CHECK_STR(got("dump.packing"), "none: the dump is not in an archive");
	CHECK_STR(got("time"), "1996-08-09T10:11:12Z");
	CHECK_STR(got("uptime"), "3d2h");
	CHECK_STR(got("machine.arch"), "x86");
	CHECK_STR(got("machine.cpus"), "1");
	CHECK_STR(got("machine.pointer_size"), "4 bytes");
	CHECK_STR(got("os.nt"), "true");
	CHECK_STR(got("os.version"), "3.51");
	CHECK_STR(got("os.build"), "1057");
	CHECK_STR(got("bugcheck.code"), "0x7f");
	CHECK_STR(got("bugcheck.name"), "UNEXPECTED_KERNEL_MODE_TRAP");
	CHECK_STR(got("bugcheck.p1"), "0x8");
	CHECK_STR(got("bugcheck.p4"), "0x0");
	CHECK_STR(got("thread.id"), "0x1c");
	CHECK_STR(got("thread.irql"), "2");
	CHECK_STR(got("process.name"), "System");
	CHECK_STR(got("cpus"), "1 element");
	CHECK_STR(got("cpus[0].stopped"), "true");
	/* Nothing of this needed more than the target. */
	CHECK_EQ(ntr_facts_made(f), 0);
	shut();
}

static void stack_facts(void)
{
	struct ntr_fact v, item, field;
	const struct ntr_fact_row *row;

	if (!open_text(nt351, "full"))
		return;
	CHECK_STR(got("stack.overflow"), "true");
	CHECK_EQ(ntr_facts_made(f), NTR_FACTS_VERDICT);
	CHECK_STR(got("stack.size"), "12288 bytes");
	CHECK_STR(got("stack.cycles"), "1 element");
	CHECK_STR(got("stack.cycles[0].count"), "60");
	CHECK_STR(got("stack.cycles[0].period"), "2");
	CHECK_STR(got("stack.cycles[0].bytes"), "10800 bytes");
	CHECK_STR(got("stack.cycles[0].share"), "87");
	CHECK_STR(got("stack.cycles[0].modules"), "2 elements");
	CHECK_STR(got("stack.cycles[0].modules[0]"), "tcpip");
	CHECK_STR(got("stack.cycles[0].modules[1]"), "afd");
	CHECK_STR(got("stack.cycles[0].modules[2]"),
		  "none: stack.cycles[].modules has 2 elements");
	CHECK_STR(got("stack.cycles[1].count"),
		  "none: stack.cycles has 1 element");
	CHECK_STR(got("stack.modules[2]"), "nt");
	CHECK_STR(got("stack.frames[1].module"), "afd");
	CHECK_STR(got("stack.frames[1].image"), "afd.sys");
	CHECK_STR(got("blame.module"), "tcpip");
	CHECK_STR(got("blame.image"), "tcpip.sys");
	CHECK_STR(got("blame.confidence"), "high");
	CHECK_HAS(got("bucket.id"), "tcpip");
	/* The same through lists, records and fields. */
	CHECK_EQ(ntr_fact_get(f, "stack.frames", &v, NULL), NTR_OK);
	CHECK_EQ(v.type, NTR_FT_LIST);
	CHECK(v.n >= 122);
	ntr_fact_item(f, &v, 1, &item);
	CHECK_EQ(item.state, NTR_FACT_KNOWN);
	CHECK_EQ(item.type, NTR_FT_RECORD);
	CHECK_STR(item.row->path, "stack.frames[]");
	row = ntr_fact_row_find("stack.frames[].module");
	CHECK(row && !ntr_fact_row_find("stack.frames[].modul"));
	ntr_fact_field(f, &item, row, &field);
	CHECK_STR(field.s, "afd");
	ntr_fact_item(f, &v, v.n, &item);
	CHECK_EQ(item.state, NTR_FACT_NONE);
	CHECK_EQ(ntr_facts_made(f), NTR_FACTS_VERDICT);
	shut();
}

/* Frames of 5, 6 and 4 KiB, as the scenario has them. */
static void bytes_of_frames(void)
{
	if (!open_text("machine x64 7\nmemory 32MiB\nstop 0x7f 8 0 0 0\n"
		       "module \"a.sys\"\nstack overflow {\n"
		       "frame \"a!A+0x20\" size 0x1400\n"
		       "frame \"a!B+0x20\" size 0x1800\n"
		       "frame \"nt!C+0x20\" size 0x1000\n"
		       "frame \"nt!D+0x20\" }\n", "full"))
		return;
	CHECK_STR(got("stack.frames[0].bytes"),
		  "none: it does not lie on the stack of the stop");
	CHECK_STR(got("stack.frames[3].module"), "a");
	CHECK_STR(got("stack.frames[3].bytes"), "5120 bytes");
	CHECK_STR(got("stack.frames[4].bytes"), "6144 bytes");
	CHECK_STR(got("stack.frames[5].bytes"), "4096 bytes");
	CHECK_STR(got("stack.frames[6].bytes"), "none: it is the outermost frame");
	shut();
	/* Alpha: nothing says where the stack ends. */
	if (!open_text("machine alpha nt4\nstop 0x7f 8 0 0 0\nmodule \"a.sys\"\n"
		       "stack { frame \"a!A+0x20\"; frame \"nt!B+0x20\" }\n",
		       "full"))
		return;
	CHECK_HAS(got("stack.frames[0].bytes"), "the limits of the stack");
	shut();
}

static void no_recursion(void)
{
	if (!open_text("machine x64 7 cpus 2\nmemory 32MiB\nstop 0xe2\n"
		       "module \"a.sys\"\nstack { frame \"nt!KeBugCheckEx\"\n"
		       "frame \"a!F+0x10\" frame \"nt!KiIdleLoop+0x28\" }\n",
		       "full"))
		return;
	CHECK_STR(got("stack.overflow"), "false");
	CHECK_STR(got("stack.cycles"), "0 elements");
	CHECK_STR(got("stack.cycles[0].count"),
		  "none: stack.cycles has 0 elements");
	CHECK_STR(got("machine.cpus"), "2");
	CHECK_STR(got("os.version"), "6.1");
	CHECK_STR(got("machine.pointer_size"), "8 bytes");
	shut();
}

static void module_facts(void)
{
	struct ntr_fact v;

	if (!open_text(nt351, "full"))
		return;
	CHECK_STR(got("module[\"tcpip.sys\"].loaded"), "true");
	CHECK_STR(got("module[\"TCPIP\"].image"), "tcpip.sys");
	CHECK_STR(got("module[\"tcpip.sys\"].size"), "123904 bytes");
	CHECK_STR(got("module[\"tcpip.sys\"].date"), "1996-05-01T00:00:00Z");
	CHECK_STR(got("module[\"tcpip.sys\"].version"), "3.51.1057.5");
	CHECK_STR(got("module[\"tcpip.sys\"].pdb"), "tcpip.pdb");
	CHECK_STR(got("module[\"netbt.sys\"].loaded"), "false");
	CHECK_STR(got("module[\"netbt.sys\"].date"),
		  "none: netbt.sys is not loaded");
	CHECK_STR(got("module[\"netbt.sys\"]"), "none: netbt.sys is not loaded");
	CHECK_EQ(ntr_fact_get(f, "modules", &v, NULL), NTR_OK);
	CHECK_EQ(v.n, m.t->modules.n);
	CHECK_STR(got("modules[0].name"), "nt");
	/* A list that is not whole proves no absence. */
	m.t->modules_complete = false;
	CHECK_HAS(got("module[\"netbt.sys\"].loaded"), "unknown: netbt.sys is not "
		  "among the modules, but the list is not whole");
	shut();
}

/* Since Windows 10 a time stamp may be a hash: the image must prove it. */
static void hashes_are_no_dates(void)
{
	static const char text[] =
		"machine x64 10 cpus 1\nmemory 32MiB\n"
		"time 2021-02-21T01:38:22Z\nstop 0xe2\n"
		"module \"vendor.sys\" date 2015-03-04\n"
		"module \"bare.sys\" date 2015-03-04 noheaders\n"
		"module \"later.sys\" date 2034-01-01\n"
		"stack { frame \"nt!KeBugCheckEx\" }\n";

	if (!open_text(text, "full"))
		return;
	CHECK_STR(got("module[\"vendor.sys\"].date"), "2015-03-04T00:00:00Z");
	CHECK_HAS(got("module[\"bare.sys\"].date"), "unknown: since Windows 10 a "
		  "time stamp may be a hash");
	CHECK_STR(got("module[\"bare.sys\"].timestamp"), "0x54f64b00");
	CHECK_HAS(got("module[\"later.sys\"].date"), "unknown: its time stamp is "
		  "no date");
	CHECK_STR(got("module[\"later.sys\"].timestamp"), "0x7861f800");
	shut();
	if (!open_text(text, "triage"))
		return;
	CHECK_HAS(got("module[\"vendor.sys\"].date"), "unknown: since Windows 10");
	shut();
}

static void waits_facts(void)
{
	if (!open_fixture("hang-two-locks", "full"))
		return;
	CHECK_STR(got("waits.cycles"), "1 element");
	CHECK_STR(got("waits.cycles[0].length"), "2");
	CHECK_STR(got("waits.cycles[0].behind"), "3");
	CHECK_STR(got("waits.cycles[0].locks[1]"), "mutant");
	CHECK_HAS(got("waits.cycles[0].text"), "thread 0x104 (server.exe)");
	CHECK_STR(got("waits.cycles[0].modules[1]"), "locks");
	CHECK_STR(got("waits.cycles[0].modules[2]"),
		  "none: waits.cycles[].modules has 2 elements");
	CHECK_STR(got("waits.threads"), "6");
	CHECK_STR(got("waits.blocked"), "5");
	CHECK_EQ(ntr_facts_made(f), NTR_FACTS_WAITS);
	shut();
	if (!open_fixture("hang-slow-owner", "full"))
		return;
	CHECK_STR(got("waits.roots"), "1 element");
	CHECK_STR(got("waits.roots[0].direct"), "40");
	CHECK_STR(got("waits.roots[0].longest"), "45s");
	CHECK_STR(got("waits.roots[0].process"), "System");
	CHECK_STR(got("waits.roots[0].state"), "Ready");
	CHECK_STR(got("waits.inversions"), "0 elements");
	CHECK_STR(got("waits.spinning"), "0");
	shut();
}

static void spin_facts(void)
{
	if (!open_fixture("hang-spin-locks", "full"))
		return;
	CHECK_STR(got("waits.spinning"), "2");
	CHECK_STR(got("waits.cpus"), "2 elements");
	CHECK_STR(got("waits.cpus[0].number"), "0");
	CHECK_STR(got("waits.cpus[0].work"), "spins");
	CHECK_STR(got("waits.cpus[0].routine"), "KfAcquireSpinLock");
	CHECK_STR(got("waits.cpus[0].lock"), "0x8a000040");
	CHECK_STR(got("waits.cpus[1].lock"), "0x8a002010");
	CHECK_STR(got("waits.spin_linked"), "true");
	CHECK_STR(got("waits.cpus[0].dpcs"), "0");
	CHECK_STR(got("waits.cpus[1].dpcs"), "1");
	CHECK_STR(got("waits.cpus[0].functions[0]"), "tcpip!CloseAddress");
	CHECK_STR(got("waits.cpus[0].functions[1]"), "tcpip!TdiCloseAddress");
	CHECK_STR(got("waits.cpus[0].functions[3]"), "nt!NtClose");
	CHECK_STR(got("waits.cpus[1].functions[0]"), "tcpip!CloseConn");
	CHECK_STR(got("waits.cpus[1].modules[0]"), "tcpip");
	CHECK_STR(got("waits.cpus[1].modules[1]"), "nt");
	CHECK_STR(got("waits.requests"), "1 element");
	CHECK_STR(got("waits.requests[0].driver"), "\\Driver\\Tcpip");
	CHECK_STR(got("waits.requests[0].major"), "0xe");
	CHECK_STR(got("waits.requests[0].by"), "its UserEvent");
	CHECK_STR(got("waits.requests[0].queued"), "DPC");
	shut();
	if (!open_fixture("busy-queue", "full"))
		return;
	CHECK_STR(got("waits.spinning"), "0");
	CHECK_HAS(got("waits.spin_linked"), "none: ");
	CHECK_HAS(got("waits.cpus[0].lock"), "none: it does not spin");
	shut();
	if (!open_fixture("lock-order", "full"))
		return;
	CHECK_STR(got("waits.inversions"), "2 elements");
	CHECK_STR(got("waits.inversions[0].deadlock"), "false");
	CHECK_STR(got("waits.inversions[0].certain"), "true");
	CHECK_STR(got("waits.inversions[0].locks[0]"), "mutant");
	CHECK_STR(got("waits.inversions[1].certain"), "false");
	CHECK_STR(got("waits.inversions[1].locks[1]"), "resource");
	CHECK_STR(got("waits.inversions[1].modules[1]"), "locks");
	shut();
}

static void queue_facts(void)
{
	if (!open_fixture("hang-critical-queue", "full"))
		return;
	CHECK_STR(got("queue.critical.pending"), "24");
	CHECK_STR(got("queue.critical.workers"), "24");
	CHECK_STR(got("queue.critical.blocked"), "24");
	CHECK_STR(got("queue.critical.exhausted"), "true");
	CHECK_STR(got("queue.critical.shortest_wait"), "1m5s");
	CHECK_STR(got("queue.critical.processed"), "4711");
	CHECK_STR(got("queue.critical.last_pass"), "4711");
	CHECK_STR(got("queue.critical.dynamic"), "16");
	CHECK_STR(got("queue.critical.same_stack"), "24");
	CHECK_STR(got("queue.critical.modules[1]"), "tcpip6");
	CHECK_STR(got("queue.critical.next"), "NDIS!ndisMRequestComplete");
	CHECK_STR(got("queue.delayed.exhausted"), "false");
	CHECK_STR(got("queue.delayed.idle"), "3");
	CHECK_STR(got("queue.delayed.next"), "none: nothing is pending");
	CHECK_HAS(got("queue.hypercritical.pending"),
		  "unknown: no hypercritical queue was found");
	CHECK_STR(got("queues[0].name"), "critical");
	CHECK_STR(got("queue.critical.stacks"), "1");
	CHECK_STR(got("queue.critical.objects"), "1");
	CHECK_STR(got("queue.critical.routine"), "tcpip6!LanDoNdisRequest");
	CHECK_STR(got("queue.critical.same_routine"), "24");
	CHECK_STR(got("queue.critical.awaiting"), "0");
	CHECK_STR(got("queue.critical.awaited"), "none: no worker waits for what a "
		  "pending item refers to");
	CHECK_STR(got("queue.critical.stands"), "true");
	CHECK_STR(got("queue.critical.items"), "24 elements");
	CHECK_STR(got("queue.critical.items[22].module"), "NDIS");
	CHECK_STR(got("queue.critical.items[23].routine"),
		  "tcpip6!LanBindAdapter");
	CHECK_STR(got("queue.critical.items[23].priority"),
		  "none: this queue has one priority");
	CHECK_STR(got("queues[0].items[23].module"), "tcpip6");
	CHECK_STR(got("queue.delayed.routine"), "unknown: none of its workers is "
		  "blocked");
	shut();
	if (!open_fixture("x64-10-critical-queue", "full"))
		return;
	CHECK_STR(got("queues[0].name"), "all priorities");
	CHECK_STR(got("queues[0].exhausted"), "true");
	CHECK_STR(got("queues[0].awaiting"), "3");
	CHECK_STR(got("queues[0].awaited"), "NDIS!ndisMRequestComplete");
	CHECK_STR(got("queues[0].objects"), "3");
	CHECK_STR(got("queues[0].stacks"), "2");
	CHECK_STR(got("queues[0].same_routine"), "3");
	CHECK_STR(got("queues[0].max_threads"), "3");
	CHECK_STR(got("queues[0].items[0].priority"), "13");
	CHECK_STR(got("queues[0].items[3].priority"), "12");
	CHECK_STR(got("queues[0].items[3].module"), "tcpip6");
	shut();
	if (!open_fixture("busy-queue", "full"))
		return;
	CHECK_STR(got("queue.critical.exhausted"), "false");
	shut();
}

static void handle_facts(void)
{
	if (!open_fixture("handles-x64-7", "full"))
		return;
	CHECK_STR(got("handles.count"), "312");
	CHECK_EQ(ntr_facts_made(f), NTR_FACTS_HANDLES);
	CHECK_STR(got("handles.absent"), "0");
	CHECK_STR(got("handles.unread"), "0");
	CHECK_STR(got("handles.processes"), "2 elements");
	CHECK_STR(got("handles.processes[0].name"), "leaky.exe");
	CHECK_STR(got("handles.processes[0].id"), "0x4d0");
	CHECK_STR(got("handles.processes[0].count"), "305");
	CHECK_STR(got("handles.processes[0].types[0].type"), "Event");
	CHECK_STR(got("handles.processes[0].types[0].count"), "301");
	CHECK_STR(got("handles.processes[1].types"), "7 elements");
	CHECK_STR(got("handles.types[0].type"), "Event");
	CHECK_STR(got("handles.types[0].count"), "302");
	CHECK_STR(got("handles.types[1].type"), "File");
	CHECK_STR(got("handles.types[1].count"), "4");
	CHECK_STR(got("process.name"), "System");
	CHECK_STR(got("process.handles"), "none: it has no handle table");
	CHECK_STR(got("ids.processes"), "4");
	CHECK_STR(got("ids.threads"), "5");
	CHECK_STR(got("ids.untold"), "0");
	CHECK_STR(got("ids.differences"), "3 elements");
	CHECK_STR(got("ids.differences[0].process"), "ghost.exe");
	CHECK_STR(got("ids.differences[0].kind"), "process");
	CHECK_STR(got("ids.differences[0].listed"), "false");
	CHECK_STR(got("ids.differences[1].process"), "noid.exe");
	CHECK_STR(got("ids.differences[1].listed"), "true");
	CHECK_STR(got("ids.differences[2].kind"), "thread");
	CHECK_STR(got("ids.differences[2].id"), "0x704");
	shut();
	if (!open_fixture("handles-x64-7", "triage"))
		return;
	CHECK_HAS(got("handles.count"), "unknown: handle tables are not in a "
		  "small dump");
	CHECK_HAS(got("ids.differences"), "unknown: ");
	shut();
}

static void pool_facts(void)
{
	if (!open_fixture("pool-leak-afd", "full"))
		return;
	CHECK_STR(got("pool.tag[\"AfdB\"].nonpaged_allocs"), "6030");
	CHECK_EQ(ntr_facts_made(f), NTR_FACTS_POOL);
	CHECK_STR(got("pool.tag[\"AfdB\"].nonpaged_frees"), "30");
	CHECK_STR(got("pool.tag[\"AfdB\"].nonpaged_live"), "6000");
	CHECK_STR(got("pool.tag[\"AfdB\"].live"), "6000");
	/* 2000 bytes, and a header of 8, in units of 32 */
	CHECK_STR(got("pool.tag[\"AfdB\"].nonpaged_bytes"), "12096000 bytes");
	CHECK_STR(got("pool.tag[\"AfdB\"].nonpaged_block"), "2016 bytes");
	CHECK_STR(got("pool.tag[\"AfdB\"].paged_block"),
		  "none: no block of this tag is live");
	CHECK_STR(got("pool.tag[\"AfdB\"].owner"), "afd.sys");
	CHECK_STR(got("pool.tag[\"Zzzz\"].live"), "none: no allocation was ever "
		  "counted for the tag Zzzz");
	CHECK_STR(got("pool.tag[\"toolong\"].live"),
		  "none: a tag has four characters");
	CHECK_STR(got("pool.tags"), "3 elements");
	CHECK_STR(got("pool.nonpaged.limit"), "16777216 bytes");
	CHECK_STR(got("pool.nonpaged.share"), "72");
	CHECK_STR(got("pool.judged"), "1 element");
	CHECK_STR(got("pool.judged[0].tag"), "AfdB");
	CHECK_STR(got("pool.judged[0].verdict"), "suspect");
	CHECK_STR(got("pool.judged[0].uniform"), "true");
	CHECK_HAS(got("pool.judged[0].evidence[1]"), "6030 allocations, 30 frees");
	CHECK_STR(got("pool.corruption"), "0 elements");
	CHECK(!(ntr_facts_made(f) & NTR_FACTS_LOST));
	CHECK_STR(got("pool.tag[\"AfdB\"].lost"), "6000");
	CHECK_HAS(got("pool.tag[\"File\"].lost"), "unknown: memory is searched only");
	CHECK(!(ntr_facts_made(f) & (NTR_FACTS_VERDICT | NTR_FACTS_WAITS)));
	shut();
}

static void damaged_pool(void)
{
	if (!open_fixture("pool-overrun", "full"))
		return;
	CHECK_STR(got("pool.corruption"), "1 element");
	CHECK_STR(got("pool.corruption[0].suspect"), "Nb06");
	CHECK_STR(got("pool.corruption[0].next"), "NbtD");
	CHECK_STR(got("pool.corruption[0].single_bit"), "false");
	CHECK_STR(got("pool.corruption[0].kind"), "nonpaged");
	shut();
}

/* --- what a dump does not hold -------------------------------------------------------------- */

static void small_dump(void)
{
	if (!open_fixture("x64-7-d1", "triage"))
		return;
	CHECK_STR(got("dump.kind"), "triage");
	CHECK_STR(got("bugcheck.code"), "0xd1");
	CHECK_STR(got("pool.tag[\"AfdB\"].live"), "unknown: pool and its tags are "
		  "not in a small dump; take a kernel dump");
	CHECK_HAS(got("pool.nonpaged.bytes"), "unknown: pool and its tags");
	CHECK_HAS(got("pool.corruption"), "unknown: pool and its tags");
	CHECK_HAS(got("waits.cycles"), "unknown: threads other than the one that "
		  "stopped are not in a small dump");
	CHECK_HAS(got("waits.cycles[0].length"), "unknown: threads other");
	CHECK_HAS(got("queue.critical.exhausted"), "unknown: threads other");
	shut();
}

static void header_only(void)
{
	const struct ntr_fact_part *p;
	struct ntr_fact_at at = { { 0 }, 0, "" };
	struct ntr_fact v;

	if (!open_text(nt351, "header"))
		return;
	CHECK_STR(got("bugcheck.code"), "0x7f");
	CHECK_HAS(got("stack.overflow"), "unknown: ");
	CHECK_HAS(got("stack.cycles"), "unknown: the stack is known up to frame 0 "
		  "only");
	CHECK_HAS(got("module[\"tcpip.sys\"].loaded"), "unknown: the dump holds no "
		  "list of modules");
	CHECK_HAS(got("process.name"), "unknown: ");
	CHECK_HAS(got("pool.tags"), "unknown: ");
	/* Whatever is not known has a reason. */
	for (size_t i = 0; (p = ntr_fact_schema(i)); i++)
		for (size_t k = 0; k < p->nrows; k++) {
			if (strchr(p->rows[k].path, '['))
				continue;
			ntr_fact_eval(f, &p->rows[k], &at, &v);
			CHECK(v.state == NTR_FACT_KNOWN || (v.why && v.why[0]));
		}
	shut();
}

static void a_verdict_of_the_caller(void)
{
	struct ntr_verdict *v = NULL;
	struct ntr_facts *mine;

	if (!open_text(nt351, "full"))
		return;
	CHECK_EQ(ntr_verdict_make(&v, m.t, NULL), NTR_OK);
	CHECK_EQ(ntr_facts_new(&mine, m.t, v, NULL), NTR_OK);
	ntr_facts_free(f);
	f = mine;
	CHECK_STR(got("stack.cycles[0].count"), "60");
	CHECK_EQ(ntr_facts_made(f), 0);
	ntr_facts_free(f);
	ntr_verdict_free(v);
	machine_close(&m);
}

/* Asking again gives the same text, and takes no more memory for it. */
static void texts_are_kept_once(void)
{
	struct ntr_fact a, b;

	if (!open_text(nt351, "full"))
		return;
	CHECK_EQ(ntr_fact_get(f, "stack.frames[1].text", &a, NULL), NTR_OK);
	CHECK_EQ(ntr_fact_get(f, "stack.frames[3].text", &b, NULL), NTR_OK);
	CHECK_HAS(a.s, "afd+0x");
	CHECK(a.s == b.s); /* the next round of the recursion */
	CHECK_EQ(ntr_fact_get(f, "module[\"x.sys\"].date", &a, NULL), NTR_OK);
	CHECK_EQ(ntr_fact_get(f, "module[\"x.sys\"].date", &b, NULL), NTR_OK);
	CHECK_STR(a.why, "x.sys is not loaded");
	CHECK(a.why == b.why);
	shut();
}

static void texts(void)
{
	char buf[64];
	struct ntr_fact v = { .type = NTR_FT_DURATION };

	CHECK_STR(ntr_fact_text(&v, buf), "0s");
	v.n = 15000000;
	CHECK_STR(ntr_fact_text(&v, buf), "1.5000000s");
	v.n = UINT64_C(10000000) * (86400 + 61);
	CHECK_STR(ntr_fact_text(&v, buf), "1d1m1s");
	v = (struct ntr_fact){ .type = NTR_FT_DATE, .n = UINT64_MAX };
	CHECK_STR(ntr_fact_text(&v, buf), "beyond the year 9999");
	v = (struct ntr_fact){ .type = NTR_FT_SIZE, .n = 1 };
	CHECK_STR(ntr_fact_text(&v, buf), "1 byte");
	v = (struct ntr_fact){ .type = NTR_FT_VERSION, .nversion = 4,
			       .version = { 5, 2, 3790, 65535 } };
	CHECK_STR(ntr_fact_text(&v, buf), "5.2.3790.65535");
}

int main(void)
{
	RUN(schema_keeps_its_rules);
	RUN(paths);
	RUN(wrong_paths);
	RUN(system_facts);
	RUN(stack_facts);
	RUN(bytes_of_frames);
	RUN(no_recursion);
	RUN(module_facts);
	RUN(hashes_are_no_dates);
	RUN(waits_facts);
	RUN(spin_facts);
	RUN(queue_facts);
	RUN(pool_facts);
	RUN(handle_facts);
	RUN(damaged_pool);
	RUN(small_dump);
	RUN(header_only);
	RUN(a_verdict_of_the_caller);
	RUN(texts_are_kept_once);
	RUN(texts);
	return test_done();
}
