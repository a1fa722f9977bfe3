// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct listing {
	struct ntr_kd *k;
	bool verbose, names, unloaded_only, loaded_only;
	bool path, image, stamp; /* instead of the state of symbols */
	char pattern[80]; /* "" every one */
	bool has_addr;
	u64 addr;
	unsigned found;
};

/* What is known of a module's symbols, in WinDbg's place and words. */
static const char *symbol_state(const struct ntr_module *m)
{
	if (!m->symbols)
		return "deferred";
	if (!m->symbols->n)
		return "no symbols";
	if (!m->symbols->how)
		return "export symbols";
	return !strcmp(m->symbols->src[0]->ops->name, "pdb") ? "pdb symbols" :
	       m->symbols->src[0]->ops->name;
}

static const char *symbol_file(const struct ntr_module *m)
{
	if (!m->symbols || !m->symbols->n || !m->symbols->how)
		return NULL;
	return m->symbols->path[0];
}

static bool wanted(const struct listing *l, const char *name,
		   const char *image, u64 base, u64 end)
{
	if (l->has_addr && (l->addr < base || l->addr >= end))
		return false;
	return !*l->pattern || ntr_wild_match(l->pattern, name) ||
	       ntr_wild_match(l->pattern, image);
}

static void field(struct ntr_out *o, const char *label, const char *value)
{
	ntr_out_line(o, "    %-17s %s", label, value);
}

static void stamp_text(char out[64], u32 stamp)
{
	time_t at = (time_t)stamp;
	struct tm tm;
	size_t n;

	if (!gmtime_r(&at, &tm) ||
	    !(n = strftime(out, 40, "%a %b %d %H:%M:%S %Y", &tm)))
		n = (size_t)snprintf(out, 40, "no date");
	snprintf(out + n, 64 - n, " UTC (%08" PRIX32 ")", stamp);
}

static void details(struct ntr_kd *k, const struct ntr_module *m)
{
	struct ntr_out *o = k->o;
	char text[64];

	field(o, "Loaded symbol image file:", m->image ? m->image : "?");
	if (m->path)
		field(o, "Image path:", m->path);
	field(o, "Image name:", m->image ? m->image : "?");
	if (m->timestamp) {
		stamp_text(text, m->timestamp);
		field(o, "Timestamp:", text);
	}
	snprintf(text, sizeof(text), "%08" PRIX32, m->checksum);
	field(o, "CheckSum:", m->checksum ? text : "not known");
	snprintf(text, sizeof(text), "%08" PRIX64, m->size);
	field(o, "ImageSize:", text);
	if (m->has_version) {
		snprintf(text, sizeof(text), "%u.%u.%u.%u", m->version[0],
			 m->version[1], m->version[2], m->version[3]);
		field(o, "File version:", text);
	}
	if (m->has_debug) {
		field(o, "PDB:", m->debug.pdb);
		ntr_pdb_key(&m->debug, text);
		field(o, "PDB key:", text);
	}
	if (m->symbols && m->symbols->lacking)
		ntr_out_para(o, "    Symbols lacking:  ", "%s",
			     m->symbols->lacking);
}

static void json_module(struct ntr_kd *k, const struct ntr_module *m)
{
	struct ntr_out *o = k->o;
	char text[64];

	ntr_out_hex(o, "base", NULL, m->base);
	ntr_out_hex(o, "end", NULL, m->base + m->size);
	ntr_out_str(o, "name", NULL, m->name);
	ntr_out_str(o, "image", NULL, m->image);
	ntr_out_str(o, "path", NULL, m->path);
	ntr_out_hex_if(o, "timestamp", NULL, m->timestamp, m->timestamp);
	ntr_out_hex_if(o, "checksum", NULL, m->checksum, m->checksum);
	snprintf(text, sizeof(text), "%u.%u.%u.%u", m->version[0],
		 m->version[1], m->version[2], m->version[3]);
	ntr_out_str(o, "version", NULL, m->has_version ? text : NULL);
	if (m->has_debug)
		ntr_pdb_key(&m->debug, text);
	ntr_out_str(o, "pdb", NULL, m->has_debug ? m->debug.pdb : NULL);
	ntr_out_str(o, "pdb_key", NULL, m->has_debug ? text : NULL);
	ntr_out_str(o, "symbols", NULL, symbol_state(m));
	ntr_out_str(o, "symbol_file", NULL, symbol_file(m));
	ntr_out_str(o, "symbols_lacking", NULL, m->symbols ?
		    m->symbols->lacking : NULL);
}

static void third_column(const struct listing *l, const struct ntr_module *m)
{
	struct ntr_out *o = l->k->o;
	const char *file = symbol_file(m);
	char stamp[64] = "time stamp not known";

	if (!l->path && !l->image && !l->stamp) {
		ntr_out_line(o, "(%s)%s%s", symbol_state(m), file ? "  " : "",
			     file ? file : "");
		return;
	}
	if (m->timestamp)
		stamp_text(stamp, m->timestamp);
	ntr_out_line(o, "%s%s%s", l->path && m->path ? m->path :
		     l->path || l->image ? m->image ? m->image : "?" : "",
		     (l->path || l->image) && l->stamp ? "  " : "",
		     l->stamp ? stamp : "");
}

static void show_module(struct listing *l, struct ntr_module *m)
{
	struct ntr_kd *k = l->k;
	char lo[24], hi[24];

	if (l->verbose) {
		(void)ntr_module_load(k->t, m);
		(void)ntr_module_symbols(k->t, m);
	}
	l->found++;
	ntr_out_open(k->o, NULL);
	json_module(k, m);
	ntr_out_close(k->o);
	if (l->names) {
		ntr_out_line(k->o, "%s", m->name);
		return;
	}
	ntr_va_text(lo, m->base, k->t->ptr_size);
	ntr_va_text(hi, m->base + m->size, k->t->ptr_size);
	ntr_out_print(k->o, "%s %s   %-10s ", lo, hi, m->name);
	third_column(l, m);
	if (l->verbose)
		details(k, m);
}

static void show_unloaded(struct listing *l)
{
	const struct ntr_target *t = l->k->t;
	struct ntr_out *o = l->k->o;
	char lo[24], hi[24], time[32];
	bool head = false;

	ntr_out_list(o, "unloaded");
	for (size_t i = 0; i < t->unloaded.n && !l->loaded_only; i++) {
		const struct ntr_unloaded_module *u = &t->unloaded.v[i];

		if (!wanted(l, u->image, u->image, u->start, u->end))
			continue;
		l->found++;
		if (!head && !l->names)
			ntr_out_line(o, "\nUnloaded modules:");
		head = true;
		ntr_out_open(o, NULL);
		ntr_out_hex(o, "start", NULL, u->start);
		ntr_out_hex(o, "end", NULL, u->end);
		ntr_out_str(o, "image", NULL, u->image);
		ntr_out_str(o, "time", NULL, u->time &&
			    ntr_filetime_text(time, u->time) ? time : NULL);
		ntr_out_close(o);
		ntr_va_text(lo, u->start, t->ptr_size);
		ntr_va_text(hi, u->end, t->ptr_size);
		ntr_out_line(o, "%s %s   %s%s", lo, hi, u->image,
			     u->truncated ? "..." : "");
	}
	ntr_out_list_end(o);
}

#define LETTERS "1Dafiklmnopstuv"

static void take_flags(struct listing *l, const char *f)
{
	l->verbose |= strchr(f, 'v') != NULL;
	l->names |= strchr(f, '1') != NULL;
	l->path |= strchr(f, 'f') != NULL;
	l->image |= strchr(f, 'i') || strchr(f, 'n');
	l->stamp |= strchr(f, 't') != NULL;
	l->unloaded_only |= strchr(f, 'u') != NULL;
	l->loaded_only |= strchr(f, 'o') != NULL;
}

/* Letters stand at the command or behind it: lmvm nt, lm v m nt. */
static enum ntr_st parse(struct listing *l, const struct ntr_call *c,
			 struct ntr_err *e)
{
	const char *s = c->args;
	char last = *c->flags ? c->flags[strlen(c->flags) - 1] : 0;
	char word[80] = "";

	take_flags(l, c->flags);
	while (*s && last != 'm' && last != 'a') {
		ntr_cmd_word(&s, word, sizeof(word));
		if (strspn(word, LETTERS) != strlen(word))
			return ntr_fail(e, NTR_USAGE, "lm is followed by m "
					"PATTERN, a ADDR or letters of .help lm");
		take_flags(l, word);
		last = word[strlen(word) - 1];
	}
	if (last == 'a') {
		l->has_addr = true;
		return ntr_cmd_addr(l->k, c, &s, &l->addr, e);
	}
	ntr_cmd_word(&s, l->pattern, sizeof(l->pattern));
	return ntr_cmd_end(l->k, c, s, e);
}

static enum ntr_st run(struct ntr_kd *k, const struct ntr_call *c,
		       struct ntr_err *e)
{
	struct listing l = { .k = k };
	enum ntr_st st = parse(&l, c, e);
	int width = k->t->ptr_size == 4 ? 8 : 17;

	if (st)
		return st;
	if (!k->t->modules.n && !k->t->unloaded.n)
		return ntr_fail(e, NTR_ABSENT, "no modules are known: this is %s",
				k->t->is_nt ? "a dump without a module list" :
				k->t->other_os ? k->t->other_os : "no NT");
	if (!l.names && !l.unloaded_only)
		ntr_out_line(k->o, "%-*s %-*s   module name", width, "start",
			     width, "end");
	ntr_out_list(k->o, "modules");
	for (size_t i = 0; i < k->t->modules.n && !ntr_kd_stopped(k); i++) {
		struct ntr_module *m = &k->t->modules.v[i];

		if (!l.unloaded_only && wanted(&l, m->name, m->image, m->base,
					       m->base + m->size))
			show_module(&l, m);
	}
	ntr_out_list_end(k->o);
	show_unloaded(&l);
	ntr_out_bool(k->o, "complete", NULL, k->t->modules_complete);
	if (!k->t->modules_complete)
		ntr_out_line(k->o, "(the list is not complete)");
	return l.found ? NTR_OK : ntr_fail(e, NTR_ABSENT, "no module matches");
}

const struct ntr_cmd ntr_cmd_lm = {
	.names = "lm",
	.flags = LETTERS,
	.tail = 'm',
	.summary = "loaded and unloaded modules",
	.operands = "[m PATTERN | a ADDR]",
	.help = "By load order, with the state of their symbols: deferred (not "
		"asked for yet), the kind of symbol file, or export symbols. v "
		"adds what the images say of themselves and loads their symbols, "
		"1 prints names only, u the unloaded modules only, o the loaded "
		"ones only; f shows the full path, i or n the image, t the time stamp "
		"of the image instead of the symbols. m and a may stand among the "
		"letters: lmvm nt.",
	.example = "lmvm tcpip", .does = "everything on one module",
	.run = run,
};
