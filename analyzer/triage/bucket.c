// SPDX-License-Identifier: Apache-2.0
/*
 * Bucket ids and hashes.  The hash of an id is what WinDbg prints as
 * FAILURE_ID_HASH; the rules for the ids are in docs/bucket.md and carry the
 * version in NTR_BUCKET_ALGORITHM: change one, change the other.
 */
#include "../base/strbuf.h"
#include "../base/text.h"
#include "triage.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <string.h>

#define NTR_BUCKET_ALGORITHM "ntriage-bucket/1"

void ntr_failure_hash(const char *bucket_id, char out[37])
{
	struct md5_ctx md5;
	u8 digest[MD5_DIGEST_SIZE];
	const char *part[2] = { "km:", bucket_id };

	md5_init(&md5);
	for (unsigned i = 0; i < 2; i++)
		for (const char *s = part[i]; *s; s++)
			md5_update(&md5, 2, (u8[]){ (u8)ntr_ascii_lower(*s), 0 });
	md5_digest(&md5, sizeof(digest), digest);
	ntr_guid_text(out, digest);
}

struct stack_sha {
	struct sha1_ctx mod, func, off;
};

static void sha_text(struct sha1_ctx *c, const char *s)
{
	sha1_update(c, strlen(s), (const u8 *)s);
}

static void sha_module(struct stack_sha *h, const char *module)
{
	for (const char *s = module; *s; s++) {
		u8 c = (u8)ntr_ascii_lower(*s);

		sha1_update(&h->mod, 1, &c);
		sha1_update(&h->func, 1, &c);
		sha1_update(&h->off, 1, &c);
	}
}

static void sha_frame(struct stack_sha *h, const struct ntr_hash_frame *f)
{
	char off[24];

	sha_module(h, f->module);
	if (f->function) {
		sha_text(&h->func, "!");
		sha_text(&h->func, f->function);
		sha_text(&h->off, "!");
		sha_text(&h->off, f->function);
	}
	snprintf(off, sizeof(off), "+%" PRIx64,
		 f->function ? f->displacement : 0);
	sha_text(&h->off, off);
}

static void sha_hex(struct sha1_ctx *c, char out[41])
{
	u8 digest[SHA1_DIGEST_SIZE];

	sha1_digest(c, sizeof(digest), digest);
	for (unsigned i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void ntr_stack_hashes(const struct ntr_hash_frame *f, size_t n, char mod[41],
		      char mod_func[41], char mod_func_offset[41])
{
	struct stack_sha h;

	sha1_init(&h.mod);
	sha1_init(&h.func);
	sha1_init(&h.off);
	for (size_t i = 0; i < n; i++)
		sha_frame(&h, &f[i]);
	sha_hex(&h.mod, mod);
	sha_hex(&h.func, mod_func);
	sha_hex(&h.off, mod_func_offset);
}

static void hash_stack(struct ntr_verdict *v)
{
	size_t n = v->stack.n;
	struct ntr_hash_frame *f = ntr_arena_array(&v->arena, n, sizeof(*f));

	if (!n || !f)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct ntr_vframe *s = &v->stack.v[i];

		f[i].module = s->module ? s->module->name :
			      s->unloaded ? s->unloaded->image :
					    "unknown_module";
		f[i].function = s->export ? NULL : s->function;
		f[i].displacement = s->displacement;
	}
	ntr_stack_hashes(f, n, v->bucket.mod, v->bucket.mod_func,
			 v->bucket.mod_func_offset);
}

/* One {placeholder} of a bucket shape. */
static void shape_word(const struct ntr_triage_job *j, const char *w, size_t n,
		       struct ntr_str *out)
{
	const struct ntr_verdict *v = j->v;
	const char *access;

	if (n == 2 && w[0] == 'p' && w[1] >= '1' && w[1] <= '4') {
		unsigned i = (unsigned)(w[1] - '0');
		const struct ntr_bc_param *p = ntr_bugcheck_param(j->b, j->c, i);
		u64 a = ntr_arg(v, i);

		if (p->kind == NTR_PK_STATUS)
			a = (u32)a; /* sign-extended in 64-bit headers */
		ntr_str_printf(out, "%" PRIx64, a);
	} else if (n == 2 && !memcmp(w, "RW", 2)) {
		access = ntr_access_word(j);
		ntr_str_add(out, !access		  ? "" :
				 !strcmp(access, "write") ? "W" :
				 !strcmp(access, "read")  ? "R" :
							    "X");
	}
}

/* AV codes of a thread's exception have a shape of their own. */
static const char *shape_of(const struct ntr_triage_job *j, char buf[24])
{
	const struct ntr_bugcheck *b = j->b;

	if (b && b->avbucket && j->v->exc.has_code &&
	    j->v->exc.code == 0xC0000005u)
		return b->avbucket;
	if (b && b->bucket)
		return b->bucket;
	snprintf(buf, 24, "0x%X", j->v->code);
	return buf;
}

static void add_shape(const struct ntr_triage_job *j, struct ntr_str *out)
{
	char buf[24];
	const char *s = shape_of(j, buf);

	while (*s) {
		const char *end = *s == '{' ? strchr(s, '}') : NULL;

		if (end) {
			size_t before = out->len;

			shape_word(j, s + 1, (size_t)(end - s - 1), out);
			s = end + 1;
			if (out->len == before && *s == '_')
				s++; /* nothing to set apart */
		} else {
			ntr_str_addn(out, s++, 1);
		}
	}
	/* A placeholder that stayed empty leaves no underscore behind. */
	while (out->len && out->s[out->len - 1] == '_')
		out->s[--out->len] = 0;
}

static void add_culprit(const struct ntr_triage_job *j, struct ntr_str *out)
{
	const struct ntr_blame *b = &j->v->blame;
	bool image = b->frame < 0 && b->image && j->b &&
		     (j->b->mode == NTR_BM_PARAM || j->b->mode == NTR_BM_NAME ||
		      j->b->mode == NTR_BM_OBJECTS);

	if (!b->module)
		ntr_str_add(out, "_ANALYSIS_INCONCLUSIVE!unknown_function");
	else if (b->function)
		ntr_str_printf(out, "_%s!%s", b->module, b->function);
	else if (image)
		ntr_str_printf(out, "_IMAGE_%s", b->image);
	else
		ntr_str_printf(out, "_%s!unknown_function", b->module);
}

void ntr_triage_bucket(struct ntr_triage_job *j)
{
	struct ntr_verdict *v = j->v;
	struct ntr_str id = { 0 };

	v->bucket.algorithm = NTR_BUCKET_ALGORITHM;
	hash_stack(v);
	if (!v->has_bugcheck || v->tool_mark)
		return;
	add_shape(j, &id);
	add_culprit(j, &id);
	v->bucket.id = ntr_arena_strdup(&v->arena, ntr_str_text(&id));
	if (id.lost || !v->bucket.id)
		j->lost = true;
	else
		ntr_failure_hash(v->bucket.id, v->bucket.hash);
	ntr_str_fini(&id);
}
