// SPDX-License-Identifier: Apache-2.0
#include "kd_priv.h"

#include "../cli/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int begin(struct ntr_kd *k)
{
	k->t = k->in.s.t;
	k->mem = k->t->mem;
	if (ntr_target_table(k->t, &k->in.table, NULL))
		k->in.table = NULL;
	k->priv->mem = ntr_kd_mem_new(k->t, &k->mem);
	if (!k->priv->mem)
		return ntr_cli_usage("out of memory");
	ntr_kd_default_context(k);
	return NTR_EXIT_OK;
}

int ntr_kd_start(struct ntr_kd *k, struct ntr_cli *c, const char *path,
		 struct ntr_session *s)
{
	int code = NTR_EXIT_BAD;

	*k = (struct ntr_kd){ .c = c, .o = &c->out, .log = -1, .cpu = -1,
			      .data_cmd = "db" };
	k->in.path = path;
	k->in.s = *s;
	k->priv = calloc(1, sizeof(*k->priv));
	if (k->priv) {
		k->priv->caret = SIZE_MAX;
		code = begin(k);
	}
	if (code)
		ntr_kd_close(k);
	return code;
}

int ntr_kd_open(struct ntr_kd *k, struct ntr_cli *c, const char *path)
{
	struct ntr_session s;
	int code = ntr_session_open(c, path, &s);

	return code ? code : ntr_kd_start(k, c, path, &s);
}

static void end(struct ntr_kd *k)
{
	if (k->priv) {
		ntr_verdict_free(k->priv->v);
		ntr_waits_free(k->priv->waits);
		k->priv->waits = NULL;
		ntr_vec_fini(&k->priv->frames);
		free(k->priv->frame_regs);
		k->priv->frame_regs = NULL;
		k->priv->nframe_regs = 0;
		ntr_kd_mem_free(k->priv->mem);
		k->priv->v = NULL;
		k->priv->mem = NULL;
		k->priv->no_verdict = k->priv->own = false;
	}
	ntr_sym_input_close(&k->in);
}

void ntr_kd_close(struct ntr_kd *k)
{
	end(k);
	if (k->log >= 0)
		close(k->log);
	free(k->priv);
	free(k->symbol_path_own);
	*k = (struct ntr_kd){ .log = -1 };
}

/* The dump stays; everything that was made of it is made again. */
enum ntr_st ntr_kd_reload(struct ntr_kd *k, struct ntr_err *e)
{
	struct ntr_dump *d = k->in.s.d;
	struct ntr_store *store = NULL;
	struct ntr_target *t = NULL;
	const char *before = k->c->symbols;
	enum ntr_st st;
	int code;

	if (k->symbol_path_own)
		k->c->symbols = k->symbol_path_own;
	code = ntr_cli_store_if_any(k->c, &store);
	if (code) {
		k->c->symbols = before;
		return ntr_fail(e, NTR_USAGE, "the symbol path cannot be used");
	}
	st = ntr_target_open_with(&t, d, store, e);
	ntr_cli_store_quiet(k->c);
	if (st) {
		k->c->symbols = before;
		ntr_store_close(store);
		return st;
	}
	k->in.s.d = NULL;
	end(k);
	k->in.s = (struct ntr_session){ .d = d, .t = t, .store = store };
	ntr_session_stoppable(k->c, t);
	if (begin(k)) {
		k->quit = true;
		return ntr_fail(e, NTR_NOMEM, "out of memory");
	}
	return NTR_OK;
}

void ntr_kd_prompt(const struct ntr_kd *k, char out[32])
{
	const struct ntr_target *t = k->t;

	if (k->cpu >= 0 && (size_t)k->cpu < t->cpus.n &&
	    t->cpus.v[k->cpu].number != NTR_CPU_UNKNOWN)
		snprintf(out, 32, "%" PRIu32 ": kd> ",
			 t->cpus.v[k->cpu].number);
	else
		snprintf(out, 32, "kd> ");
}

static void to_log(struct ntr_kd *k)
{
	const char *s = ntr_str_text(&k->o->buf);
	size_t left = k->o->buf.len;

	while (left && k->log >= 0) {
		ssize_t n = write(k->log, s, left);

		if (n <= 0) {
			close(k->log);
			k->log = -1;
			break;
		}
		s += n;
		left -= (size_t)n;
	}
}

#define HOLD_MAX (1u << 20) /* what a pager may get */

void ntr_kd_flush(struct ntr_kd *k)
{
	if (k->hold && k->o->buf.len < HOLD_MAX)
		return;
	to_log(k);
	(void)ntr_out_flush(k->o);
}
