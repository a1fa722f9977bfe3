// SPDX-License-Identifier: Apache-2.0
/*
 * The stack of the stop.  A recursion that the dump's part of the stack does
 * not show may lie in the part that is missing: then whether there is one is
 * not known.
 */
#include "../triage/triage.h"
#include "facts_int.h"

#define NO_LIMITS "the limits of the stack, or the stack pointer, are not known"
#define NO_STACK "no stack was found"

enum { OVERFLOW, WHY, SIZE, USED, LIMIT, BASE, SP, END, WEAKEST };

static void get_overflow(const struct ntr_verdict *v, struct ntr_fact *out)
{
	const struct ntr_overflow *o = &v->overflow;

	if (o->proven)
		ntr_fact_n(out, 1);
	else if (o->checked && o->sp >= o->limit && !o->memory)
		ntr_fact_n(out, 0);
	else
		ntr_fact_why(out, o->memory ? o->memory : o->reason ? o->reason :
			     NO_LIMITS);
}

static void get_weakest(const struct ntr_verdict *v, struct ntr_fact *out)
{
	enum ntr_trust worst = NTR_TRUST_CONTEXT;

	for (size_t i = 0; i < v->stack.n; i++)
		if (v->stack.v[i].f.trust > worst)
			worst = v->stack.v[i].f.trust;
	ntr_fact_str(out, v->stack.n ? ntr_trust_name(worst) : NULL, NO_STACK);
}

static void get_stack(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	const struct ntr_overflow *o;
	bool limits;

	(void)at;
	if (!v)
		return;
	o = &v->overflow;
	limits = o->limit && o->base;
	switch (arg) {
	case OVERFLOW:
		get_overflow(v, out);
		break;
	case WHY:
		ntr_fact_str(out, o->reason, NO_LIMITS);
		break;
	case SIZE:
		ntr_fact_n_if(out, limits, o->size, NO_LIMITS);
		break;
	case USED:
		ntr_fact_n_if(out, limits && o->checked, o->used, NO_LIMITS);
		break;
	case LIMIT:
		ntr_fact_n_if(out, limits, o->limit, NO_LIMITS);
		break;
	case BASE:
		ntr_fact_n_if(out, limits, o->base, NO_LIMITS);
		break;
	case SP:
		ntr_fact_n_if(out, o->sp, o->sp, "the stack pointer is not known");
		break;
	case END:
		ntr_fact_str(out, v->stack.n ? ntr_unw_stop_text(v->stop) : NULL,
			     NO_STACK);
		break;
	case WEAKEST:
		get_weakest(v, out);
		break;
	}
}

/* --- frames --------------------------------------------------------------------- */

static void get_frames(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		       struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);

	(void)at;
	(void)arg;
	if (v)
		ntr_fact_n_if(out, v->stack.n, v->stack.n, NO_STACK);
}

static const char *frame_text(struct ntr_facts *f, const struct ntr_vframe *x)
{
	const char *m = x->module ? x->module->name : NULL;

	if (m && x->function && !x->export)
		return ntr_facts_text(f, "%s!%s+0x%" PRIx64, m,
					x->function, x->displacement);
	if (m)
		return ntr_facts_text(f, "%s+0x%" PRIx64, m, x->offset);
	return ntr_facts_text(f, "0x%" PRIx64, x->f.ip);
}

enum { FR_TEXT, FR_MODULE, FR_IMAGE, FR_FUNCTION, FR_OFFSET, FR_DISP, FR_IP,
       FR_FSP, FR_TRUST, FR_UNLOADED, FR_BYTES };

/* Up to the stack pointer of its caller, where no frame can be missing between
 * them. */
static void frame_bytes(const struct ntr_verdict *v, u64 i, struct ntr_fact *out)
{
	const struct ntr_vframe *x = &v->stack.v[i], *up = x + 1;
	const struct ntr_overflow *o = &v->overflow;

	if (!o->base)
		ntr_fact_why(out, NO_LIMITS);
	else if (x->f.sp >= o->base || x->f.sp + NTR_STACK_GUARD < o->limit)
		ntr_fact_none(out, "it does not lie on the stack of the stop");
	else if (i + 1 >= v->stack.n && v->stop == NTR_UNW_END)
		ntr_fact_none(out, "it is the outermost frame");
	else if (i + 1 >= v->stack.n)
		ntr_fact_why(out, "no frame was found behind it");
	else if (up->f.trust == NTR_TRUST_SCAN)
		ntr_fact_why(out, "its caller was found by a scan, frames may be "
			     "missing between them");
	else if (up->f.sp <= x->f.sp || up->f.sp > o->base)
		ntr_fact_why(out, "its caller lies on another stack");
	else
		ntr_fact_n(out, up->f.sp - x->f.sp);
}

static void get_frame(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_vframe *x = &f->v->stack.v[at->index[0]];
	const char *no_module = "the address lies in no module that is known";

	switch (arg) {
	case FR_TEXT:
		ntr_fact_str(out, frame_text(f, x), NULL);
		break;
	case FR_MODULE:
		ntr_fact_str(out, x->module ? x->module->name : NULL, no_module);
		break;
	case FR_IMAGE:
		ntr_fact_str(out, x->module ? x->module->image : NULL, no_module);
		break;
	case FR_FUNCTION:
		ntr_fact_str(out, x->export ? NULL : x->function,
			     x->module ? "no symbols of its module" : no_module);
		break;
	case FR_OFFSET:
		ntr_fact_n_if(out, x->module, x->offset, no_module);
		break;
	case FR_DISP:
		ntr_fact_n_if(out, x->function && !x->export, x->displacement,
			      x->module ? "no symbols of its module" : no_module);
		break;
	case FR_IP:
		ntr_fact_n(out, x->f.ip);
		break;
	case FR_FSP:
		ntr_fact_n(out, x->f.sp);
		break;
	case FR_TRUST:
		ntr_fact_str(out, ntr_trust_name(x->f.trust), NULL);
		break;
	case FR_BYTES:
		frame_bytes(f->v, at->index[0], out);
		break;
	case FR_UNLOADED:
		if (x->unloaded)
			ntr_fact_str(out, x->unloaded->image, NULL);
		else
			ntr_fact_none(out, "no module was unloaded there");
		break;
	}
}

/* --- modules of frames -------------------------------------------------------------- */

enum { OF_STACK = 1, OF_CYCLE = 2 };

/* Names of the modules of frames [from, to), once each. */
static void collect(struct ntr_facts *f, u64 of, size_t from, size_t to)
{
	if (f->names_of == of)
		return;
	ntr_facts_names_begin(f, of);
	for (size_t i = from; i < to && i < f->v->stack.n; i++)
		if (f->v->stack.v[i].module)
			ntr_facts_name_add(f, f->v->stack.v[i].module->name);
}

static void get_modules(struct ntr_facts *f, const struct ntr_fact_at *at,
			int arg, struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);
	const struct ntr_cycle *c;
	unsigned own = arg == OF_CYCLE ? 1 : 0; /* place of the own index */

	if (!v)
		return;
	c = &v->overflow.cycle;
	if (arg == OF_STACK && !v->stack.n) {
		ntr_fact_why(out, NO_STACK);
		return;
	}
	if (arg == OF_CYCLE)
		collect(f, OF_CYCLE, c->first, c->first + c->period);
	else
		collect(f, OF_STACK, 0, v->stack.n);
	ntr_facts_names_get(f, at, own, "no frame lies in a module that is "
			    "known", out);
}

/* --- recursion ------------------------------------------------------------------------ */

static void get_cycles(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		       struct ntr_fact *out)
{
	const struct ntr_verdict *v = ntr_facts_verdict(f, &out->why);

	(void)at;
	(void)arg;
	if (!v)
		return;
	if (v->overflow.cycle.found)
		ntr_fact_n(out, 1);
	else if (!v->stack.n)
		ntr_fact_why(out, NO_STACK);
	else if (v->overflow.memory)
		ntr_fact_why(out, v->overflow.memory);
	else if (v->stop == NTR_UNW_MEMORY || v->stop == NTR_UNW_LOST)
		ntr_fact_why(out, ntr_facts_text(f, "the stack is known "
			"up to frame %zu only: %s", v->stack.n - 1,
			ntr_unw_stop_text(v->stop)));
	else
		ntr_fact_n(out, 0);
}

enum { CY_COUNT, CY_PERIOD, CY_BYTES, CY_SHARE, CY_TEXT, CY_FIRST };

static void get_cycle(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		      struct ntr_fact *out)
{
	const struct ntr_overflow *o = &f->v->overflow;
	const struct ntr_cycle *c = &o->cycle;

	(void)at;
	switch (arg) {
	case CY_COUNT:
		ntr_fact_n(out, c->count);
		break;
	case CY_PERIOD:
		ntr_fact_n(out, c->period);
		break;
	case CY_BYTES:
		ntr_fact_n(out, c->bytes);
		break;
	case CY_SHARE:
		ntr_fact_n_if(out, o->size && c->bytes <= UINT64_MAX / 100,
			      o->size ? c->bytes * 100 / o->size : 0, NO_LIMITS);
		break;
	case CY_TEXT:
		ntr_fact_str(out, c->text, NULL);
		break;
	case CY_FIRST:
		ntr_fact_n(out, c->first);
		break;
	}
}

static const struct ntr_fact_row rows[] = {
	{ "stack.overflow", NTR_FT_BOOL, NULL, "The kernel stack overflowed, and "
	  "the numbers prove it.", get_stack, OVERFLOW },
	{ "stack.overflow_reason", NTR_FT_STRING, NULL, "What proves it, or "
	  "speaks against it.", get_stack, WHY },
	{ "stack.size", NTR_FT_SIZE, NULL, "Size of the stack.", get_stack, SIZE },
	{ "stack.used", NTR_FT_SIZE, NULL, "Bytes of it in use.", get_stack,
	  USED },
	{ "stack.limit", NTR_FT_ADDRESS, NULL, "Its lowest address.", get_stack,
	  LIMIT },
	{ "stack.base", NTR_FT_ADDRESS, NULL, "The address behind its highest "
	  "byte.", get_stack, BASE },
	{ "stack.sp", NTR_FT_ADDRESS, NULL, "The stack pointer that was compared "
	  "with them.", get_stack, SP },
	{ "stack.end", NTR_FT_STRING, NULL, "Why the walk ended.", get_stack,
	  END },
	{ "stack.weakest_trust", NTR_FT_STRING, NULL, "The weakest way in which "
	  "a frame was found: context, cfi, fpo, code, frameptr, trap, scan.",
	  get_stack, WEAKEST },
	{ "stack.modules", NTR_FT_LIST, NULL, "Modules of its frames, each once, "
	  "innermost first.", get_modules, OF_STACK },
	{ "stack.modules[]", NTR_FT_STRING, NULL, "Name of a module.",
	  get_modules, OF_STACK },
	{ "stack.frames", NTR_FT_LIST, NULL, "Frames, innermost first.",
	  get_frames, 0 },
	{ "stack.frames[]", NTR_FT_RECORD, NULL, "A frame.", NULL, 0 },
	{ "stack.frames[].text", NTR_FT_STRING, NULL, "The frame as one reads "
	  "it: tcpip!A+0x1c.", get_frame, FR_TEXT },
	{ "stack.frames[].module", NTR_FT_STRING, NULL, "Name of its module: "
	  "tcpip.", get_frame, FR_MODULE },
	{ "stack.frames[].image", NTR_FT_STRING, NULL, "File of its module: "
	  "tcpip.sys.", get_frame, FR_IMAGE },
	{ "stack.frames[].function", NTR_FT_STRING, NULL, "Its function, by "
	  "symbols.", get_frame, FR_FUNCTION },
	{ "stack.frames[].offset", NTR_FT_INT, "hex", "From the module's base.",
	  get_frame, FR_OFFSET },
	{ "stack.frames[].displacement", NTR_FT_INT, "hex", "From the start of "
	  "the function.", get_frame, FR_DISP },
	{ "stack.frames[].ip", NTR_FT_ADDRESS, NULL, "Instruction pointer.",
	  get_frame, FR_IP },
	{ "stack.frames[].sp", NTR_FT_ADDRESS, NULL, "Stack pointer.", get_frame,
	  FR_FSP },
	{ "stack.frames[].bytes", NTR_FT_SIZE, NULL, "Bytes of stack it takes, up "
	  "to its caller's stack pointer.", get_frame, FR_BYTES },
	{ "stack.frames[].trust", NTR_FT_STRING, NULL, "How the frame was found.",
	  get_frame, FR_TRUST },
	{ "stack.frames[].unloaded", NTR_FT_STRING, NULL, "The unloaded module "
	  "that was at this address.", get_frame, FR_UNLOADED },
	{ "stack.cycles", NTR_FT_LIST, NULL, "Recursions: runs of frames that "
	  "repeat. The one that takes most of the stack.", get_cycles, 0 },
	{ "stack.cycles[]", NTR_FT_RECORD, NULL, "A recursion.", NULL, 0 },
	{ "stack.cycles[].count", NTR_FT_INT, NULL, "How often it repeats.",
	  get_cycle, CY_COUNT },
	{ "stack.cycles[].period", NTR_FT_INT, NULL, "Frames of one round.",
	  get_cycle, CY_PERIOD },
	{ "stack.cycles[].bytes", NTR_FT_SIZE, NULL, "Bytes of stack that all "
	  "rounds take.", get_cycle, CY_BYTES },
	{ "stack.cycles[].share", NTR_FT_INT, "percent", "Share of the whole "
	  "stack.", get_cycle, CY_SHARE },
	{ "stack.cycles[].first", NTR_FT_INT, NULL, "The frame it begins at.",
	  get_cycle, CY_FIRST },
	{ "stack.cycles[].text", NTR_FT_STRING, NULL, "One round as one reads "
	  "it.", get_cycle, CY_TEXT },
	{ "stack.cycles[].modules", NTR_FT_LIST, NULL, "Modules of one round, "
	  "each once.", get_modules, OF_CYCLE },
	{ "stack.cycles[].modules[]", NTR_FT_STRING, NULL, "Name of a module.",
	  get_modules, OF_CYCLE },
};

const struct ntr_fact_part ntr_fact_part_stack = {
	"The stack", "The kernel stack of the stop, its frames and recursions.",
	rows, NTR_COUNT(rows),
};
