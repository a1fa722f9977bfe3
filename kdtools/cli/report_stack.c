// SPDX-License-Identifier: Apache-2.0
/* The stack, with repeating rounds folded, and what follows from it. */
#include "report.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

#define FOLD_FROM 3u  /* rounds; fewer are printed as they are */
#define MAX_LINES 200u
#define SITE_WIDTH 68u /* what is left of 120 columns */

void ntr_frame_text(char *out, size_t size, const struct ntr_vframe *f)
{
	if (f->function)
		snprintf(out, size, f->displacement ? "%s!%s+0x%" PRIx64 :
			 "%s!%s", f->module ? f->module->name : "?",
			 f->function, f->displacement);
	else if (f->module)
		snprintf(out, size, "%s+0x%" PRIx64, f->module->name,
			 f->offset);
	else if (f->unloaded)
		snprintf(out, size, "<Unloaded_%s>+0x%" PRIx64,
			 f->unloaded->image, f->f.ip - f->unloaded->start);
	else
		snprintf(out, size, "0x%" PRIx64, f->f.ip);
}

/* Behind the call site, or on a line of its own when there is no room. */
static void frame_note(struct ntr_out *o, const char *note, size_t room)
{
	if (!note)
		return;
	if (strlen(note) + 4 <= room)
		ntr_out_styled(o, NTR_DIM, "  [%s]", note);
	else
		ntr_out_styled(o, NTR_DIM, "\n      [%.100s]", note);
}

/* "[crash.c @ 57]" */
static void source_note(struct ntr_out *o, const struct ntr_vframe *f,
			size_t room)
{
	const char *base = f->file;
	char text[120];

	if (!f->file)
		return;
	for (const char *s = f->file; *s; s++)
		if (*s == '/' || *s == '\\')
			base = s + 1;
	snprintf(text, sizeof(text), "%.90s @ %" PRIu32, base, f->line);
	frame_note(o, text, room);
}

/* Digits of the last frame's number. */
static int number_width(const struct ntr_verdict *v)
{
	return v->stack.n > 0x100 ? 3 : 2;
}

/* A scanned address whose call could not be looked at counts least. */
static bool unchecked(const struct ntr_vframe *f)
{
	return f->f.trust == NTR_TRUST_SCAN && f->f.note &&
	       !strcmp(f->f.note, NTR_NOTE_UNCHECKED);
}

/* A note that the frame above already has, or that the mark says, is left
 * out. */
static const char *own_note(const struct ntr_verdict *v, size_t i)
{
	const char *note = v->stack.v[i].f.note;
	const char *above = i ? v->stack.v[i - 1].f.note : NULL;

	if (unchecked(&v->stack.v[i]) || (note && above &&
					  !strcmp(note, above)))
		return NULL;
	return note;
}

static void frame_line(struct ntr_out *o, const struct ntr_verdict *v,
		       size_t i)
{
	const struct ntr_vframe *f = &v->stack.v[i];
	bool more = i + 1 < v->stack.n;
	char sp[24], ret[24], site[300];

	ntr_va_text(sp, f->f.sp, v->t->ptr_size);
	ntr_va_text(ret, more ? f[1].f.ip : 0, v->t->ptr_size);
	ntr_frame_text(site, sizeof(site), f);
	if (strlen(site) > SITE_WIDTH)
		strcpy(site + SITE_WIDTH - 3, "...");
	ntr_out_print(o, "%0*zx %s %s %-8s : ", number_width(v), i, sp, ret,
		      unchecked(f) ? "scan?" : ntr_trust_name(f->f.trust));
	ntr_out_styled(o, (int)i == v->blame.frame ? NTR_ALARM : NTR_PLAIN,
		       "%s", site);
	source_note(o, f, SITE_WIDTH - strlen(site));
	frame_note(o, own_note(v, i), SITE_WIDTH - strlen(site));
	ntr_out_line(o, "%s", "");
}

/* How many rounds of the cycle are left out after the first. */
static size_t folded_rounds(const struct ntr_cycle *c, size_t nframes)
{
	if (!c->found || c->count < FOLD_FROM || !c->period ||
	    c->first >= nframes ||
	    c->count > (nframes - c->first) / c->period)
		return 0;
	return c->count - 1;
}

static void fold_line(struct ntr_out *o, const struct ntr_cycle *c,
		      size_t rounds)
{
	u64 each = c->count ? c->bytes / c->count : 0;

	ntr_out_para(o, "   ", "... %zu more rounds of %s (%zu frames, "
		     "0x%" PRIx64 " bytes of stack) ...", rounds,
		     c->text ? c->text : "the same frames",
		     rounds * c->period, each * rounds);
}

static void frames(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_cycle *c = &v->overflow.cycle;
	size_t rounds = folded_rounds(c, v->stack.n), lines = 0;

	for (size_t i = 0; i < v->stack.n; i++, lines++) {
		if (lines == MAX_LINES) {
			ntr_out_line(o, "   ... %zu more frames (--json has "
				     "them all) ...", v->stack.n - i);
			return;
		}
		if (rounds && i == c->first + c->period) {
			fold_line(o, c, rounds);
			i += rounds * c->period;
			if (i >= v->stack.n)
				return;
		}
		frame_line(o, v, i);
	}
}

static bool any_export(const struct ntr_verdict *v)
{
	for (size_t i = 0; i < v->stack.n; i++)
		if (v->stack.v[i].export)
			return true;
	return false;
}

static bool any_unchecked(const struct ntr_verdict *v)
{
	for (size_t i = 0; i < v->stack.n; i++)
		if (unchecked(&v->stack.v[i]))
			return true;
	return false;
}

void ntr_report_stack(struct ntr_out *o, const struct ntr_verdict *v)
{
	int width = v->t->ptr_size == 4 ? 8 : 17;

	if (!v->stack.n)
		return;
	ntr_out_styled(o, NTR_TITLE, "STACK_TEXT:\n");
	ntr_out_line(o, "%*s %-*s %-*s %-8s : %s", number_width(v), "#",
		     width, "Child-SP", width, "RetAddr", "Trust",
		     "Call Site");
	frames(o, v);
	ntr_out_line(o, "   (%s)", ntr_unw_stop_text(v->stop));
	if (any_unchecked(v))
		ntr_out_line(o, "   (scan?: no code in the dump to see the "
			     "call in, so it may be a leftover)");
	if (any_export(v))
		ntr_out_line(o, "   (without a symbol file, functions are the "
			     "exports before an address: unnamed ones may lie "
			     "between)");
	ntr_out_line(o, "%s", "");
}

static void overflow_numbers(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_overflow *w = &v->overflow;
	char sp[24], lo[24], hi[24];

	if (!w->base && !w->limit)
		return;
	ntr_va_text(sp, w->sp, v->t->ptr_size);
	ntr_va_text(lo, w->limit, v->t->ptr_size);
	ntr_va_text(hi, w->base, v->t->ptr_size);
	if (w->checked)
		ntr_out_para(o, "    ", "stack %s .. %s (%" PRIu64 " bytes), "
			     "sp %s, %" PRIu64 " bytes in use", lo, hi,
			     w->size, sp, w->used);
	else
		ntr_out_para(o, "    ", "stack %s .. %s (%" PRIu64 " bytes)",
			     lo, hi, w->size);
}

static void overflow_cycle(struct ntr_out *o, const struct ntr_cycle *c)
{
	if (!c->found)
		return;
	ntr_out_para(o, "    ", "%zu rounds of %zu frame%s take %" PRIu64
		     " bytes: %s", c->count, c->period,
		     c->period == 1 ? "" : "s", c->bytes,
		     c->text ? c->text : "");
}

/* Said when it was proven, or when somebody would ask. */
void ntr_report_overflow(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_overflow *w = &v->overflow;

	if (!w->proven && !w->cycle.found && v->code != 0x7f)
		return;
	if (w->proven)
		ntr_out_styled(o, NTR_ALARM, "STACK_OVERFLOW: proven\n");
	else
		ntr_out_line(o, "STACK_OVERFLOW: %s", w->checked ?
			     "not proven" : "cannot tell");
	if (w->reason)
		ntr_out_para(o, "    ", "%s", w->reason);
	overflow_numbers(o, v);
	if (w->memory)
		ntr_out_para(o, "    ", "%s", w->memory);
	overflow_cycle(o, &w->cycle);
	ntr_out_line(o, "%s", "");
}

/* Neighbouring frames skipped for one reason share a line. */
static void skipped(struct ntr_out *o, const struct ntr_blame *b)
{
	for (size_t i = 0, k; i < b->skipped.n; i = k) {
		const struct ntr_skipped *s = &b->skipped.v[i];

		for (k = i + 1; k < b->skipped.n; k++)
			if (strcmp(b->skipped.v[k].reason, s->reason) ||
			    b->skipped.v[k].frame != s->frame + (k - i))
				break;
		if (k == i + 1)
			ntr_out_para(o, "      ", "frame %02zx passed over: %s",
				     s->frame, s->reason);
		else
			ntr_out_para(o, "      ", "frames %02zx-%02zx passed "
				     "over: %s", s->frame,
				     s->frame + (k - i) - 1, s->reason);
	}
}

void ntr_report_blame(struct ntr_out *o, const struct ntr_verdict *v)
{
	const struct ntr_blame *b = &v->blame;

	if (!b->module) {
		ntr_out_line(o, "Probably caused by : cannot tell");
		if (b->reason)
			ntr_out_para(o, "    ", "%s", b->reason);
		skipped(o, b);
		ntr_out_line(o, "%s", "");
		return;
	}
	ntr_out_styled(o, NTR_TITLE, "Probably caused by : %s",
		       b->image ? b->image : b->module);
	if (b->image) /* else it is no code: the hardware, for one */
		ntr_out_styled(o, NTR_TITLE, " ( %s%s%s+%" PRIx64 " )",
			       b->module, b->function ? "!" : "",
			       b->function ? b->function : "", b->offset);
	ntr_out_line(o, "%s", "");
	ntr_out_line(o, "    confidence: %s", b->confidence ? b->confidence :
		     "low");
	if (b->reason)
		ntr_out_para(o, "    ", "%s", b->reason);
	if (v->note && (!b->reason || strcmp(v->note, b->reason)))
		ntr_out_para(o, "    ", "%s", v->note);
	skipped(o, b);
	ntr_out_line(o, "%s", "");
}
