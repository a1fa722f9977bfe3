// SPDX-License-Identifier: Apache-2.0
/*
 * The wait-for graph: a box per thread, an arrow from a thread to the owner of
 * what it waits for.  Owners that wait for nobody stand at the top, those who
 * wait for them below; of a circle the thread that came first stands at the
 * top, and its own wait goes around the side.
 */
#include "chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NODES 24u    /* drawn; of more, those that most wait behind */
#define EDGES 64u
#define PER_ROW 4u
#define BOX_W 150
#define BOX_H 40
#define GAP_X 20
#define GAP_Y 56
#define SIDE 112     /* for arrows that go around, and what they say */
#define UNSET UINT32_MAX

struct node {
	u32 level, x, y;
	bool used, waits;
};

struct edge {
	u32 from, to;
	yajl_val wait;
};

struct graph {
	yajl_val v;
	struct node node[NODES];
	struct edge edge[EDGES];
	u32 nnodes, nedges, left_out, rows, cols;
};

static void add_edge(struct graph *g, s64 from, s64 to, yajl_val wait)
{
	if (from < 0 || to < 0 || from >= g->nnodes || to >= g->nnodes ||
	    g->nedges == EDGES) {
		g->left_out++;
		return;
	}
	g->node[from].used = g->node[to].used = true;
	g->node[from].waits = true;
	g->edge[g->nedges++] = (struct edge){ (u32)from, (u32)to, wait };
}

static void read_graph(struct graph *g, yajl_val v)
{
	size_t n = verdict_count(v, "waits");
	s64 cut = 0;

	g->v = v;
	g->nnodes = verdict_count(v, "threads") < NODES ?
			    (u32)verdict_count(v, "threads") : NODES;
	if (verdict_int(v, "left_out", &cut) && cut > 0)
		g->left_out = cut < 1000000 ? (u32)cut : 1000000;
	for (size_t i = 0; i < n; i++) {
		yajl_val w = verdict_at(v, "waits", i);
		size_t owners = verdict_count(w, "owners");
		s64 from = -1, to = -1;

		if (!verdict_int(w, "thread", &from) || from < 0)
			continue;
		for (size_t k = 0; k < owners; k++)
			if (verdict_int_at(w, "owners", k, &to))
				add_edge(g, from, to, w);
	}
}

/* Everybody that waits for one of this level, and has none, gets the next. */
static bool spread(struct graph *g, u32 level)
{
	bool some = false;

	for (u32 i = 0; i < g->nedges; i++) {
		struct node *n = &g->node[g->edge[i].from];

		if (g->node[g->edge[i].to].level != level || n->level != UNSET)
			continue;
		n->level = level + 1;
		some = true;
	}
	return some;
}

static void set_levels(struct graph *g)
{
	for (u32 i = 0; i < g->nnodes; i++)
		g->node[i].level = g->node[i].waits ? UNSET : 0;
	for (u32 level = 0; spread(g, level);)
		level++;
	/* What is left is behind circles. */
	for (u32 i = 0; i < g->nnodes; i++) {
		if (!g->node[i].used || g->node[i].level != UNSET)
			continue;
		g->node[i].level = 0;
		for (u32 level = 0; spread(g, level);)
			level++;
	}
}

static void place(struct graph *g)
{
	u32 row = 0, placed = 0, used = 0;

	for (u32 i = 0; i < g->nnodes; i++)
		used += g->node[i].used;
	for (u32 level = 0; placed < used && level <= NODES; level++) {
		u32 col = 0;

		for (u32 i = 0; i < g->nnodes; i++) {
			struct node *n = &g->node[i];

			if (!n->used || n->level != level)
				continue;
			if (col == PER_ROW) {
				col = 0;
				row++;
			}
			n->x = SIDE + col++ * (BOX_W + GAP_X);
			n->y = 4 + row * (BOX_H + GAP_Y);
			if (col > g->cols)
				g->cols = col;
			placed++;
		}
		row += col != 0;
	}
	g->rows = row;
}

static void thread_name(char *out, size_t size, yajl_val t)
{
	const char *tid = verdict_str(t, "tid"), *a = verdict_str(t, "address");

	snprintf(out, size, "%s %.18s", tid ? "thread" : "at", tid ? tid :
		 a ? a : "?");
}

static void label(struct html *h, const char *cls, u32 x, u32 y,
		  const char *text)
{
	html_box(h, "text", cls);
	html_attrf(h, "x", "%u", x);
	html_attrf(h, "y", "%u", y);
	html_text(h, text);
	html_end(h);
}

static void draw_node(struct html *h, const struct graph *g, u32 i)
{
	const struct node *n = &g->node[i];
	yajl_val t = verdict_at(g->v, "threads", i);
	const char *process = verdict_str(t, "process");
	char name[40], line[64];
	s64 ms;

	html_box(h, "rect", n->waits ? "node" : "node root");
	html_attrf(h, "x", "%u", n->x);
	html_attrf(h, "y", "%u", n->y);
	html_attrf(h, "width", "%u", BOX_W);
	html_attrf(h, "height", "%u", BOX_H);
	html_attr(h, "rx", "4");
	html_end(h);
	label(h, "strong", n->x + 8, n->y + 17, process ? process : "?");
	thread_name(name, sizeof(name), t);
	if (n->waits && verdict_int(t, "waited_ms", &ms))
		snprintf(line, sizeof(line), "%s, %.1f s", name,
			 (double)ms / 1000);
	else
		snprintf(line, sizeof(line), "%s%s", name,
			 n->waits ? "" : ", owner");
	label(h, NULL, n->x + 8, n->y + 33, line);
}

static void draw_edge(struct html *h, const struct graph *g, u32 i,
		      const char *arrow)
{
	const struct node *a = &g->node[g->edge[i].from];
	const struct node *b = &g->node[g->edge[i].to];
	const char *kind = verdict_str(g->edge[i].wait, "kind");
	u32 ax = a->x + BOX_W / 2, bx = b->x + BOX_W / 2 + (i % 5) * 8 - 16;

	html_box(h, "path", "edge");
	if (a->y > b->y) { /* up to the owner */
		html_attrf(h, "d", "M%u %u C%u %u %u %u %u %u", ax, a->y, ax,
			   a->y - GAP_Y / 2, bx, b->y + BOX_H + GAP_Y / 2, bx,
			   b->y + BOX_H + 6);
	} else { /* around the side */
		u32 side = SIDE - 40 + (i % 4) * 8;
		u32 from = a->y + BOX_H / 2 - (a == b ? 10 : 0);
		u32 to = b->y + BOX_H / 2 + (a == b ? 10 : 0);

		html_attrf(h, "d", "M%u %u C%u %u %u %u %u %u", a->x, from,
			   side, from, side, to, b->x - 6, to);
	}
	html_attrf(h, "marker-end", "url(#%s)", arrow);
	html_end(h);
	if (a->y > b->y)
		label(h, "kind", ax + 6, a->y - 8, kind);
	else
		label(h, "kind", 2, (a->y + b->y + BOX_H) / 2 +
		      (a->y == b->y ? BOX_H : 0), kind);
}

/* Its own name in each graph, since a page may have many. */
static void arrow_head(struct html *h, const char *id)
{
	html_box(h, "marker", NULL);
	html_attr(h, "id", id);
	html_attr(h, "viewBox", "0 0 8 8");
	html_attr(h, "refX", "4");
	html_attr(h, "refY", "4");
	html_attr(h, "markerWidth", "7");
	html_attr(h, "markerHeight", "7");
	html_attr(h, "orient", "auto");
	html_box(h, "path", "head");
	html_attr(h, "d", "M0 0 L8 4 L0 8 z");
	html_end(h);
	html_end(h);
}

static void draw(struct html *h, const struct graph *g, s64 id)
{
	u32 width = SIDE + g->cols * (BOX_W + GAP_X);
	u32 height = g->rows * (BOX_H + GAP_Y) - GAP_Y + 12;
	char arrow[40];

	snprintf(arrow, sizeof(arrow), "arrow%" PRId64, id);
	html_box(h, "svg", "waits");
	html_attrf(h, "viewBox", "0 0 %u %u", width, height);
	html_attrf(h, "width", "%u", width);
	html_attr(h, "role", "img");
	html_attrf(h, "aria-label", "Who waits for whom: %u waits", g->nedges);
	arrow_head(h, arrow);
	for (u32 i = 0; i < g->nedges; i++)
		draw_edge(h, g, i, arrow);
	for (u32 i = 0; i < g->nnodes; i++)
		if (g->node[i].used)
			draw_node(h, g, i);
	html_end(h);
}

void chart_waits(struct html *h, yajl_val v, s64 id)
{
	struct graph *g = calloc(1, sizeof(*g));

	if (!g)
		return;
	read_graph(g, v);
	if (g->nedges) {
		set_levels(g);
		place(g);
		html_box(h, "div", "scroll");
		draw(h, g, id);
		html_end(h);
		html_leaff(h, "p", "lacking", "An arrow goes from a thread to "
			   "the owner of what it waits for.%s",
			   g->left_out ? " Not all waits are drawn." : "");
	}
	free(g);
}
