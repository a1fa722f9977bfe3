// SPDX-License-Identifier: Apache-2.0
/* Schedule strings: what was decided, as text and back. */
#include "inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AFTER_MAX 0xffffu
#define MARK_TEXT 16                 /* a mark's longest text; those of more
					than AFTER_MAX have several marks' */

static const char letters[] = {
#define SCHED_POINT_LETTER(n, c) c,
	SCHED_POINTS(SCHED_POINT_LETTER)
#undef SCHED_POINT_LETTER
};

static char string_letter(u32 point)
{
	return point < sizeof(letters) ? letters[point] : '?';
}

static bool push(struct sched_mark **v, size_t *n, size_t *room,
		 struct sched_mark m)
{
	if (*n == *room) {
		size_t more = *room ? *room * 2 : 256;
		struct sched_mark *p = realloc(*v, more * sizeof(*p));

		if (!p)
			return false;
		*v = p;
		*room = more;
	}
	(*v)[(*n)++] = m;
	return true;
}

void string_note(struct sched *s, u32 point, u32 cpu, bool went_on)
{
	bool full = s->after == AFTER_MAX;

	if (s->coarse || s->truncated || (went_on && !full)) {
		s->after++;
		return;
	}
	s->truncated =
		s->nmarks >= SCHED_KEEP ||
		!push(&s->marks, &s->nmarks, &s->marks_room,
		      (struct sched_mark){
			      .after = s->after & AFTER_MAX,
			      .point = went_on ? SCHED_MARK_MORE : point & 63,
			      .cpu = cpu & 1023 });
	s->after = went_on ? 1 : 0;
}

const char *sched_string(struct sched *s)
{
	size_t room = 64 + (s->nmarks + 1) * MARK_TEXT, at;
	u64 after = 0;
	bool first = true;

	free(s->text);
	s->text = s->coarse ? NULL : malloc(room);
	if (!s->text)
		return "";
	at = (size_t)snprintf(s->text, room, "%" PRIx64 ";", s->config.seed);
	for (size_t i = 0; i < s->nmarks; i++) {
		const struct sched_mark *m = &s->marks[i];

		after += m->after;
		if (m->point == SCHED_MARK_MORE)
			continue;
		at += (size_t)snprintf(s->text + at, room - at,
				       "%s%" PRIu64 "%c%u", first ? "" : ",",
				       after, string_letter(m->point), m->cpu);
		after = 0;
		first = false;
	}
	snprintf(s->text + at, room - at, "%s", s->truncated ? "..." : "");
	return s->text;
}

static bool push_after(struct sched *s, size_t *room, u64 after, u32 point,
		       u32 cpu)
{
	struct sched_mark more = { .after = AFTER_MAX,
				   .point = SCHED_MARK_MORE };

	for (; after > AFTER_MAX; after -= AFTER_MAX)
		if (!push(&s->replay, &s->nreplay, room, more))
			return false;
	return push(&s->replay, &s->nreplay, room,
		    (struct sched_mark){ .after = (u32)after & AFTER_MAX,
					 .point = point & 63,
					 .cpu = cpu & 1023 });
}

static bool mark_parse(struct sched *s, const char **p, size_t *room)
{
	char *end;
	u64 after = strtoull(*p, &end, 10);
	const char *letter = memchr(letters, *end, sizeof(letters));
	unsigned long cpu;

	if (end == *p || !letter || after > (u64)SCHED_KEEP * 1024)
		return false;
	*p = end + 1;
	cpu = strtoul(*p, &end, 10);
	if (end == *p || cpu >= SCHED_CPUS)
		return false;
	*p = end;
	return push_after(s, room, after, (u32)(letter - letters), (u32)cpu);
}

bool string_parse(struct sched *s, const char *text)
{
	size_t room = 0;
	char *end;

	s->config.seed = strtoull(text, &end, 16);
	if (end == text || *end != ';')
		return false;
	text = end + 1;
	while (*text) {
		if (!mark_parse(s, &text, &room))
			return false;
		if (*text == ',')
			text++;
		else if (*text)
			return false;
	}
	return true;
}

bool sched_diverged(const struct sched *s)
{
	return s->diverged;
}
