// SPDX-License-Identifier: Apache-2.0
/*
 * The statements of the scenario language: one function and one row each.
 * A statement's function stands after its word and reads its operands and its
 * attributes ("size 64"), in any order; the words it asks for and does not
 * find become the "expected …" of an error.
 */
#include "scen_stmt.h"

#include "prof.h"

#include <string.h>

void *f_stmt_added(struct f_lex *l, void *p)
{
	if (!p)
		f_lex_fail(l, l->at, "out of memory");
	return p;
}

/* --- machine, container, memory, time ----------------------------------- */

static void st_machine(struct f_lex *l, void *ctx)
{
	struct f_scen *s = l->s;
	struct f_loc at = l->at;
	const char *arch, *os;
	const struct f_prof *p;

	(void)ctx;
	arch = f_lex_text(l, "an architecture");
	os = f_lex_text(l, "an NT version");
	if (l->st)
		return;
	s->prof = f_prof_find(arch, os);
	s->prof_loc = at;
	if (!s->prof) {
		struct ntr_str w = { 0 };
		for (size_t i = 0; (p = f_prof_at(i)); i++)
			ntr_str_printf(&w, "%s%s %s", i ? ", " : "",
				       p->arch_name, p->os);
		f_lex_fail(l, at, "no profile \"%.20s %.20s\"; there are: %s", arch,
			   os, ntr_str_text(&w));
		ntr_str_fini(&w);
		return;
	}
	for (;;) {
		struct f_loc here;
		if (f_lex_word(l, "cpus")) {
			here = l->at;
			s->cpus = f_lex_num(l, "a number of CPUs");
			if (!l->st && (!s->cpus || s->cpus > F_MAX_CPUS))
				f_lex_fail(l, here, "1 to %d CPUs", F_MAX_CPUS);
		} else if (f_lex_word(l, "pae")) {
			if (s->prof->arch != F_X86 || s->prof->build < 2195)
				f_lex_fail(l, at, "PAE needs x86 2000, xp or 2003");
			s->pae = 1;
		} else {
			return;
		}
	}
}

static void st_container(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->cont_loc = l->at;
	l->s->container = f_lex_text(l, "a container");
}

static void st_memory(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;

	(void)ctx;
	l->s->mem_loc = at;
	l->s->memory = f_lex_num(l, "a size");
	if (!l->st && (l->s->memory < 256 << 10 || l->s->memory > F_MAX_MEMORY))
		f_lex_fail(l, at, "memory must be 256KiB to 256GiB");
}

static void st_hole(struct f_lex *l, void *ctx)
{
	struct f_scen *s = l->s;

	(void)ctx;
	if (s->nholes == F_MAX_HOLES) {
		f_lex_fail(l, l->at, "more than %d holes", F_MAX_HOLES);
		return;
	}
	s->hole[s->nholes][0] = f_lex_num(l, "a physical address");
	s->hole[s->nholes][1] = f_lex_num(l, "a size");
	s->nholes++;
}

static void st_time(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->time = f_lex_time(l, false);
}

static void st_uptime(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->uptime = f_lex_duration(l);
}

static void st_stop(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->stop[0] = f_lex_val(l, "a bug check code");
	for (int i = 1; i < 5; i++) {
		if (l->tok == F_T_EOL || l->tok == F_T_EOF ||
		    l->tok == F_T_CLOSE)
			return;
		l->s->stop[i] = f_lex_val(l, "a parameter");
	}
}

static void st_product(struct f_lex *l, void *ctx)
{
	static const char *const words[] = { "workstation", "dc", "server" };

	(void)ctx;
	for (u64 i = 0; i < 3; i++)
		if (f_lex_word(l, words[i])) {
			l->s->product = i + 1;
			return;
		}
	f_lex_unexpected(l);
}

static void st_suite(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->suite = f_lex_num(l, "a suite mask");
}

static void st_servicepack(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->sp = f_lex_num(l, "a service pack number");
}

static void st_comment(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->comment = f_lex_text(l, "a text");
}

static void st_root(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->root = f_lex_text(l, "a directory");
}

static void st_broken(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->broken = f_lex_text(l, "a module name");
}

static void st_kdbg(struct f_lex *l, void *ctx)
{
	(void)ctx;
	if (f_lex_word(l, "none"))
		l->s->kdbg = 0;
	else if (f_lex_word(l, "plain"))
		l->s->kdbg = 1;
	else if (f_lex_word(l, "encoded"))
		l->s->kdbg = 2;
	else
		f_lex_unexpected(l);
}

static void st_large(struct f_lex *l, void *ctx)
{
	(void)ctx;
	if (f_lex_word(l, "none"))
		l->s->large = 0;
	else if (f_lex_word(l, "auto"))
		l->s->large = F_NONE;
	else
		f_lex_unexpected(l);
}

/* --- modules --------------------------------------------------------------- */

static bool module_attr(struct f_lex *l, struct f_smod *m)
{
	if (f_lex_word(l, "base"))
		m->base = f_lex_word(l, "auto") ? F_NONE
						: f_lex_num(l, "an address");
	else if (f_lex_word(l, "size"))
		m->size = f_lex_num(l, "a size");
	else if (f_lex_word(l, "date"))
		m->date = f_lex_time(l, true);
	else if (f_lex_word(l, "timestamp"))
		m->date = f_lex_num(l, "a time stamp");
	else if (f_lex_word(l, "checksum"))
		m->checksum = f_lex_num(l, "a checksum");
	else if (f_lex_word(l, "version"))
		f_lex_version(l, m->ver), m->has_ver = true;
	else if (f_lex_word(l, "pdb"))
		m->pdb = f_lex_text(l, "a file name");
	else if (f_lex_word(l, "guid"))
		f_lex_guid(l, m->guid), m->has_guid = true;
	else if (f_lex_word(l, "age"))
		m->age = f_lex_num(l, "a number");
	else if (f_lex_word(l, "path"))
		m->path = f_lex_text(l, "a path");
	else if (f_lex_word(l, "noexports"))
		m->no_exports = true;
	else if (f_lex_word(l, "noheaders"))
		m->no_headers = true;
	else if (f_lex_word(l, "paged"))
		m->no_pages = true;
	else
		return false;
	return true;
}

static void st_module(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_smod *m;
	const char *name = f_lex_text(l, "a module name");

	(void)ctx;
	m = F_ADD(l, &l->s->mods, F_MAX_MODULES, "modules");
	if (!m)
		return;
	*m = (struct f_smod){ .loc = at, .name = name, .base = F_NONE,
			      .size = F_NONE, .date = F_NONE,
			      .checksum = F_NONE, .age = 1 };
	while (!l->st && module_attr(l, m))
		;
	if (l->st)
		return;
	if (strlen(name) > 63)
		f_lex_fail(l, at, "a module name has at most 63 characters");
	else if (m->size != F_NONE && (m->size < 0x1000 || m->size > 64 << 20))
		f_lex_fail(l, at, "a module's size must be 4KiB to 64MiB");
	else if (m->date != F_NONE && m->date > UINT32_MAX)
		f_lex_fail(l, at, "a time stamp has 32 bits");
}

static void st_unloaded(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_sunl *u;
	const char *name = f_lex_text(l, "a module name");

	(void)ctx;
	u = F_ADD(l, &l->s->unl, F_MAX_UNLOADED, "unloaded modules");
	if (!u)
		return;
	*u = (struct f_sunl){ .loc = at, .name = name, .start = F_NONE,
			      .end = F_NONE, .time = F_NONE };
	while (!l->st) {
		if (f_lex_word(l, "start"))
			u->start = f_lex_num(l, "an address");
		else if (f_lex_word(l, "end"))
			u->end = f_lex_num(l, "an address");
		else if (f_lex_word(l, "time"))
			u->time = f_lex_time(l, false);
		else
			break;
	}
	if (!l->st && (u->start == F_NONE || u->end == F_NONE))
		f_lex_unexpected(l);
	else if (!l->st && u->end <= u->start)
		f_lex_fail(l, at, "an unloaded module must end after it starts");
}

/* --- stacks ------------------------------------------------------------------ */

static struct f_sframe *add_frame(struct f_lex *l, struct f_sstack *st,
				  enum f_frame_kind kind)
{
	struct f_loc at = l->at;
	const char *sym = f_lex_text(l, "module!Function+0x10 or module+0x10");
	struct f_sframe *f = F_ADD(l, &st->frames, F_MAX_FRAMES, "frames");

	if (f)
		*f = (struct f_sframe){ .loc = at, .kind = kind, .sym = sym,
					.size = F_NONE, .first = F_NONE };
	return f;
}

static void add_item(struct f_lex *l, struct f_sstack *st, struct f_loc at,
		     size_t first, u64 times, u64 bytes)
{
	struct f_sitem *i = F_ADD(l, &st->items, F_MAX_FRAMES, "frames");

	if (i)
		*i = (struct f_sitem){ .loc = at, .first = first,
				       .n = st->frames.n - first,
				       .times = times, .bytes = bytes };
}

static void st_frame(struct f_lex *l, void *ctx)
{
	struct f_sstack *st = ctx;
	struct f_loc at = l->at;
	struct f_sframe *f = add_frame(l, st, F_FRAME);

	while (f && !l->st)
		if (f_lex_word(l, "size"))
			f->size = f_lex_num(l, "a size");
		else if (f_lex_word(l, "first"))
			f->first = f_lex_num(l, "a value");
		else
			break;
	if (f)
		add_item(l, st, at, st->frames.n - 1, 1, F_NONE);
}

static void st_trap(struct f_lex *l, void *ctx)
{
	struct f_sstack *st = ctx;
	struct f_loc at = l->at;
	struct f_sframe *f = add_frame(l, st, F_TRAP);

	while (f && !l->st) {
		if (f_lex_word(l, "error"))
			f->err = f_lex_num(l, "an error code");
		else if (f_lex_word(l, "address"))
			f->cr2 = f_lex_num(l, "an address");
		else
			break;
	}
	if (f)
		add_item(l, st, at, st->frames.n - 1, 1, F_NONE);
}

static bool at_symbol(const struct f_lex *l)
{
	return l->tok == F_T_STRING ||
	       (l->tok == F_T_WORD && strpbrk(l->t, "!+"));
}

static void st_cycle(struct f_lex *l, void *ctx)
{
	struct f_sstack *st = ctx;
	struct f_loc at = l->at;
	size_t first = st->frames.n;
	u64 times = F_NONE, bytes = F_NONE;

	do
		add_frame(l, st, F_FRAME);
	while (!l->st && at_symbol(l));
	while (!l->st) {
		if (f_lex_word(l, "times"))
			times = f_lex_num(l, "a number");
		else if (f_lex_word(l, "bytes"))
			bytes = f_lex_num(l, "a size");
		else
			break;
	}
	if (!l->st && (times == 0 || (times != F_NONE && times > F_MAX_FRAMES)))
		f_lex_fail(l, at, "a cycle has 1 to %d rounds", F_MAX_FRAMES);
	add_item(l, st, at, first, times, bytes);
}

static const struct f_stmt stack_stmts[3] = {
	{ "frame", st_frame }, { "trap", st_trap }, { "cycle", st_cycle },
};

static void parse_stack(struct f_lex *l, struct f_sstack *st, struct f_loc at)
{
	if (st->given) {
		f_lex_fail(l, at, "this thread has a stack already (line %u)",
			   st->loc.line);
		return;
	}
	st->given = true;
	st->loc = at;
	while (!l->st) {
		struct f_loc here;
		if (f_lex_word(l, "overflow")) {
			st->overflow = true;
		} else if (f_lex_word(l, "size")) {
			here = l->at;
			st->size = f_lex_num(l, "a size");
			if (!l->st && (st->size < 0x1000 ||
				       st->size > F_MAX_STACK))
				f_lex_fail(l, here, "a stack has 4KiB to 1MiB");
		} else if (f_lex_word(l, "below")) {
			here = l->at;
			st->below = f_lex_num(l, "a size");
			if (!l->st && st->below > 0x4000)
				f_lex_fail(l, here, "SP is at most 16KiB below the limit");
		} else if (f_lex_word(l, "stale")) {
			st->stale = f_lex_num(l, "a number");
		} else {
			break;
		}
	}
	f_stmt_block(l, stack_stmts, NTR_COUNT(stack_stmts), st, false);
}

static void st_stack(struct f_lex *l, void *ctx)
{
	(void)ctx;
	parse_stack(l, &l->s->stack, l->at);
}

/* --- processes, threads -------------------------------------------------------- */

static void st_thread_stack(struct f_lex *l, void *ctx)
{
	parse_stack(l, &((struct f_sthread *)ctx)->stack, l->at);
}

static const struct f_stmt thread_stmts[1] = {
	{ "stack", st_thread_stack },
};

static bool thread_attr(struct f_lex *l, struct f_sthread *t)
{
	struct f_loc here;

	if (f_lex_word(l, "tid")) {
		t->tid = f_lex_num(l, "a thread id");
	} else if (f_lex_word(l, "cpu")) {
		here = l->at;
		t->cpu = f_lex_num(l, "a CPU number");
		if (!l->st && t->cpu >= F_MAX_CPUS)
			f_lex_fail(l, here, "a CPU number is below %d", F_MAX_CPUS);
	} else if (f_lex_word(l, "irql")) {
		t->irql = f_lex_num(l, "an IRQL");
	} else if (f_lex_word(l, "ready")) {
		t->state = 1;
	} else if (f_lex_word(l, "start")) {
		t->start = f_lex_text(l, "module!Function");
	} else if (f_lex_word(l, "dpc")) {
		t->dpc = true;
	} else {
		return f_thread_wait_attr(l, t);
	}
	return true;
}

/* "times N": N - 1 more of the same, their ids in steps of four. */
static void thread_copies(struct f_lex *l, size_t first, u64 times,
			  struct f_loc at)
{
	struct f_scen *s = l->s;

	if (!l->st && (!times || times > F_MAX_COUNT ||
		       (times > 1 && s->threads.v[first].cpu != F_NONE)))
		f_lex_fail(l, at, "times is 1 to %d, and one thread runs on "
			   "a processor", F_MAX_COUNT);
	for (u64 i = 1; !l->st && i < times; i++) {
		struct f_sthread *t = F_ADD(l, &s->threads, F_MAX_THREADS,
					    "threads");
		if (!t)
			return;
		*t = s->threads.v[first];
		t->copy = true;
		if (t->tid != F_NONE)
			t->tid += i * 4;
	}
}

static void st_thread(struct f_lex *l, void *ctx)
{
	struct f_scen *s = l->s;
	struct f_loc at = l->at;
	struct f_sthread *t = F_ADD(l, &s->threads, F_MAX_THREADS, "threads");
	size_t me = s->threads.n - 1;
	u64 times = 1;

	if (!t)
		return;
	*t = (struct f_sthread){ .loc = at, .proc = *(size_t *)ctx,
				 .tid = F_NONE, .cpu = F_NONE, .irql = F_NONE,
				 .reason = 0, .state = F_NONE,
				 .waited = F_NONE, .worker = F_NONE,
				 .priority = F_NONE };
	while (!l->st)
		if (f_lex_word(l, "times"))
			times = f_lex_num(l, "a number");
		else if (!thread_attr(l, t))
			break;
	if (!l->st && l->tok == F_T_OPEN)
		f_stmt_block(l, thread_stmts, 1, &s->threads.v[me], false);
	thread_copies(l, me, times, at);
}

static const struct f_stmt proc_stmts[] = {
	{ "thread", st_thread },
	{ "handle", f_st_handle },
	{ "handles", f_st_handles },
};

static void st_process(struct f_lex *l, void *ctx)
{
	struct f_scen *s = l->s;
	struct f_loc at = l->at;
	const char *name = f_lex_text(l, "a process name");
	struct f_sproc *p = F_ADD(l, &s->procs, F_MAX_PROCS, "processes");
	size_t me = s->procs.n - 1;

	(void)ctx;
	if (!p)
		return;
	*p = (struct f_sproc){ .loc = at, .name = name, .pid = F_NONE,
			       .parent = 0 };
	while (!l->st) {
		if (f_lex_word(l, "pid"))
			p->pid = f_lex_num(l, "a process id");
		else if (f_lex_word(l, "parent"))
			p->parent = f_lex_num(l, "a process id");
		else if (f_lex_word(l, "unlisted"))
			p->unlisted = true;
		else if (f_lex_word(l, "noid"))
			p->noid = true;
		else
			break;
	}
	if (!l->st && l->tok == F_T_OPEN)
		f_stmt_block(l, proc_stmts, NTR_COUNT(proc_stmts), &me, false);
}

static void st_current(struct f_lex *l, void *ctx)
{
	struct f_scen *s = l->s;

	(void)ctx;
	s->current_loc = l->at;
	s->current = f_lex_text(l, "a process name");
	while (!l->st) {
		if (f_lex_word(l, "tid"))
			s->current_tid = f_lex_num(l, "a thread id");
		else if (f_lex_word(l, "irql"))
			s->irql = f_lex_num(l, "an IRQL");
		else
			break;
	}
}

static void st_irql(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->irql = f_lex_num(l, "an IRQL");
}

/* --- exception, registers --------------------------------------------------------- */

static void st_exception(struct f_lex *l, void *ctx)
{
	struct f_scen *s = l->s;

	(void)ctx;
	s->exc_code = f_lex_val(l, "an exception code");
	while (!l->st) {
		if (f_lex_word(l, "flags")) {
			s->exc_flags = f_lex_num(l, "flags");
		} else if (f_lex_word(l, "at")) {
			s->exc_at = f_lex_val(l, "an address");
		} else if (f_lex_word(l, "info")) {
			do
				s->exc_info[s->exc_ninfo++] =
					f_lex_val(l, "a value");
			while (!l->st && s->exc_ninfo < 4 && f_lex_is_num(l));
			if (s->exc_ninfo == 4)
				break;
		} else {
			break;
		}
	}
}

static void st_context(struct f_lex *l, void *ctx)
{
	(void)ctx;
	do {
		struct f_loc at = l->at;
		const char *name = f_lex_text(l, "a register name");
		struct f_sreg *r = F_ADD(l, &l->s->regs, 128, "registers");
		if (!r)
			return;
		*r = (struct f_sreg){ .loc = at, .name = name };
		r->v = f_lex_val(l, "a value");
	} while (!l->st && l->tok == F_T_WORD);
}

/* --- memory content ------------------------------------------------------------------ */

static void st_page(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_spage *p = F_ADD(l, &l->s->pages, F_MAX_PAGES, "pages");

	(void)ctx;
	if (!p)
		return;
	p->loc = at;
	p->va = f_lex_num(l, "a virtual address");
	if (f_lex_word(l, "valid")) {
		p->state = F_P_VALID;
	} else if (f_lex_word(l, "transition")) {
		p->state = F_P_TRANSITION;
	} else if (f_lex_word(l, "pagefile")) {
		p->state = F_P_PAGEFILE;
		p->arg[0] = f_lex_num(l, "a page file number");
		p->arg[1] = f_lex_num(l, "a page number in it");
	} else if (f_lex_word(l, "demand-zero")) {
		p->state = F_P_DEMAND;
	} else if (f_lex_word(l, "prototype")) {
		p->state = F_P_PROTO;
		p->arg[0] = f_lex_num(l, "an address");
	} else if (f_lex_word(l, "none")) {
		p->state = F_P_ZERO;
	} else {
		f_lex_unexpected(l);
	}
}

static void poke(struct f_lex *l, bool phys)
{
	struct f_loc at = l->at;
	struct f_spoke *p = F_ADD(l, &l->s->pokes, F_MAX_PAGES, "pokes");

	if (!p)
		return;
	*p = (struct f_spoke){ .loc = at, .phys = phys };
	p->addr = f_lex_num(l, "an address");
	p->b = f_lex_hex(l);
}

static void st_poke(struct f_lex *l, void *ctx)
{
	(void)ctx;
	poke(l, false);
}

static void st_physical(struct f_lex *l, void *ctx)
{
	(void)ctx;
	poke(l, true);
}

static void st_damage(struct f_lex *l, void *ctx)
{
	struct f_loc at = l->at;
	struct f_sdamage *d = F_ADD(l, &l->s->damages, F_MAX_DAMAGES, "damages");

	(void)ctx;
	if (!d)
		return;
	d->loc = at;
	if (f_lex_word(l, "truncate")) {
		d->kind = F_D_TRUNCATE;
		d->off = f_lex_num(l, "a file size");
	} else if (f_lex_word(l, "overwrite")) {
		d->kind = F_D_OVERWRITE;
		d->off = f_lex_num(l, "a file offset");
		d->b = f_lex_hex(l);
	} else if (f_lex_word(l, "zero")) {
		d->kind = F_D_ZERO;
		d->off = f_lex_num(l, "a file offset");
		d->len = f_lex_num(l, "a length");
		if (!l->st && d->len > 1 << 20)
			f_lex_fail(l, at, "damage zero is limited to 1MiB");
	} else if (f_lex_word(l, "append")) {
		d->kind = F_D_APPEND;
		d->b = f_lex_hex(l);
	} else {
		f_lex_unexpected(l);
	}
}

static void st_blob(struct f_lex *l, void *ctx)
{
	struct f_sblob *b = F_ADD(l, &l->s->blobs, F_MAX_BLOBS, "blobs");
	struct f_loc at;

	(void)ctx;
	if (!b)
		return;
	f_lex_guid(l, b->guid);
	at = l->at;
	if (f_lex_word(l, "size"))
		b->size = f_lex_num(l, "a size");
	else if (f_lex_word(l, "bytes"))
		b->b = f_lex_hex(l), b->size = b->b.n;
	else
		f_lex_unexpected(l);
	if (!l->st && b->size > 1 << 20)
		f_lex_fail(l, at, "a blob has at most 1MiB");
}

static void st_pool(struct f_lex *l, void *ctx)
{
	(void)ctx;
	f_lex_pool(l);
}

static void st_pooltags(struct f_lex *l, void *ctx)
{
	(void)ctx;
	f_lex_pooltags(l);
}

static void st_symbols(struct f_lex *l, void *ctx)
{
	(void)ctx;
	l->s->symbols = true;
}

static const struct f_stmt top_stmts[] = {
	{ "machine", st_machine },     { "container", st_container },
	{ "memory", st_memory },       { "hole", st_hole },
	{ "time", st_time },           { "uptime", st_uptime },
	{ "stop", st_stop },           { "product", st_product },
	{ "suite", st_suite },         { "servicepack", st_servicepack },
	{ "symbols", st_symbols },
	{ "comment", st_comment },     { "systemroot", st_root },
	{ "kdbg", st_kdbg },           { "largepages", st_large },
	{ "module", st_module },       { "unloaded", st_unloaded },
	{ "process", st_process },     { "current", st_current },
	{ "irql", st_irql },           { "stack", st_stack },
	{ "exception", st_exception }, { "context", st_context },
	{ "page", st_page },           { "poke", st_poke },
	{ "physical", st_physical },   { "damage", st_damage },
	{ "blob", st_blob },           { "broken", st_broken },
	{ "pool", st_pool },           { "pooltags", st_pooltags },
	{ "lock", f_st_lock },         { "queue", f_st_queue },
	{ "dpc", f_st_dpc },
	{ "timer", f_st_timer },       { "apc", f_st_apc },
	{ "apcstate", f_st_apcstate }, { "qlock", f_st_qlock },
	{ "pfn", f_st_pfn },           { "pagelists", f_st_pagelists },
	{ "driver", f_st_driver },     { "device", f_st_device },
	{ "irp", f_st_irp },
	{ "file", f_st_file },
};

/* --- running them ----------------------------------------------------------------------- */

static const struct f_stmt *find_stmt(const struct f_lex *l, const struct f_stmt *t,
				    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (f_lex_is(l, t[i].word))
			return &t[i];
	return NULL;
}

/* After a statement: its end, or the word of the next one. */
static void end_stmt(struct f_lex *l, const struct f_stmt *t, size_t n)
{
	if (l->st || l->tok == F_T_EOF || l->tok == F_T_CLOSE ||
	    f_lex_tok(l, F_T_EOL, "the end of the statement"))
		return;
	if (!find_stmt(l, t, n))
		f_lex_unexpected(l);
}

static void run_one(struct f_lex *l, const struct f_stmt *t, size_t n, void *ctx,
		    bool top)
{
	const struct f_stmt *s = find_stmt(l, t, n);

	if (!s) {
		l->nwant = 0;
		if (!top)
			f_lex_want(l, "'}'");
		for (size_t i = 0; i < n; i++)
			f_lex_want(l, t[i].word);
		f_lex_unexpected(l);
		return;
	}
	f_lex_next(l);
	s->fn(l, ctx);
	end_stmt(l, t, n);
}

void f_stmt_block(struct f_lex *l, const struct f_stmt *t, size_t n,
		  void *ctx, bool top)
{
	struct f_loc open = l->at;

	if (!top && !f_lex_tok(l, F_T_OPEN, "'{'"))
		f_lex_unexpected(l);
	while (!l->st) {
		if (l->tok == F_T_EOL)
			f_lex_next(l);
		else if (l->tok == F_T_EOF && top)
			return;
		else if (l->tok == F_T_EOF)
			f_lex_fail(l, open, "this '{' is never closed");
		else if (!top && f_lex_tok(l, F_T_CLOSE, "'}'"))
			return;
		else
			run_one(l, t, n, ctx, top);
	}
}

static void set_defaults(struct f_scen *s)
{
	s->cpus = 1;
	s->memory = 64 << 20;
	s->time = 0x01bb85db176a6000; /* 1996-08-09T10:11:12Z */
	s->uptime = 36000ULL * 10000000;
	s->product = 3;
	s->suite = 0x110;
	s->sp = F_NONE;
	s->kdbg = 1;
	s->large = F_NONE;
	s->irql = F_NONE;
	s->current_tid = F_NONE;
	s->container = "full";
	s->pooltags = F_NONE;
}

enum ntr_st f_scen_parse(struct f_scen *s, const char *text, const char *name,
			 struct ntr_str *diag, struct ntr_err *e)
{
	struct f_lex l;

	memset(s, 0, sizeof(*s));
	s->text = text;
	s->name = name;
	s->diag = diag;
	set_defaults(s);
	if (strlen(text) > F_MAX_TEXT)
		return ntr_fail(e, NTR_LIMIT, "%s: a scenario has at most 1 MiB",
				name);
	f_lex_start(&l, s, e);
	f_stmt_block(&l, top_stmts, NTR_COUNT(top_stmts), NULL, true);
	if (!l.st && !s->prof)
		f_lex_fail(&l, l.at, "no \"machine\" statement; write, for example, machine x86 nt4");
	if (l.st)
		f_scen_fini(s);
	return l.st;
}

static void stack_fini(struct f_sstack *st)
{
	ntr_vec_fini(&st->frames);
	ntr_vec_fini(&st->items);
}

void f_scen_fini(struct f_scen *s)
{
	for (size_t i = 0; i < s->threads.n; i++)
		if (!s->threads.v[i].copy)
			stack_fini(&s->threads.v[i].stack);
	for (size_t i = 0; i < F_NQUEUES; i++)
		ntr_vec_fini(&s->queue[i].items);
	ntr_vec_fini(&s->locks);
	ntr_vec_fini(&s->dpcs);
	ntr_vec_fini(&s->timers);
	ntr_vec_fini(&s->apcs);
	ntr_vec_fini(&s->apcstates);
	ntr_vec_fini(&s->qlocks);
	ntr_vec_fini(&s->pfns);
	ntr_vec_fini(&s->drivers);
	ntr_vec_fini(&s->devices);
	ntr_vec_fini(&s->irps);
	ntr_vec_fini(&s->files);
	ntr_vec_fini(&s->handles);
	stack_fini(&s->stack);
	ntr_vec_fini(&s->mods);
	ntr_vec_fini(&s->unl);
	ntr_vec_fini(&s->procs);
	ntr_vec_fini(&s->threads);
	ntr_vec_fini(&s->pages);
	ntr_vec_fini(&s->pokes);
	ntr_vec_fini(&s->damages);
	ntr_vec_fini(&s->blobs);
	ntr_vec_fini(&s->regs);
	ntr_vec_fini(&s->pool_items);
	ntr_arena_fini(&s->a);
}
