// SPDX-License-Identifier: Apache-2.0
#include "kdump.h"

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

struct ntr_kd_codec {
	z_stream z;
	bool z_ready, lzo_ready;
	ZSTD_DCtx *zstd;
};

struct ntr_kd_codec *ntr_kd_codec_new(void)
{
	return calloc(1, sizeof(struct ntr_kd_codec));
}

void ntr_kd_codec_free(struct ntr_kd_codec *c)
{
	if (!c)
		return;
	if (c->z_ready)
		inflateEnd(&c->z);
	ZSTD_freeDCtx(c->zstd);
	free(c);
}

/* Making a stream costs more than a page; it is made once and reset. */
static enum ntr_st zlib_page(struct ntr_kd_codec *c, const void *in, size_t len,
			     void *page, size_t size, const char **why)
{
	if (c->z_ready ? inflateReset(&c->z) : inflateInit(&c->z))
		return NTR_NOMEM;
	c->z_ready = true;
	c->z.next_in = (Bytef *)(uintptr_t)in;
	c->z.avail_in = (uInt)len;
	c->z.next_out = page;
	c->z.avail_out = (uInt)size;
	if (inflate(&c->z, Z_FINISH) == Z_STREAM_END && !c->z.avail_out)
		return NTR_OK;
	*why = c->z.msg ? c->z.msg : "wrong length";
	return NTR_BAD;
}

static enum ntr_st lzo_page(struct ntr_kd_codec *c, const void *in, size_t len,
			    void *page, size_t size, const char **why)
{
	lzo_uint out = size;

	if (!c->lzo_ready && lzo_init() != LZO_E_OK)
		return NTR_UNSUP;
	c->lzo_ready = true;
	if (lzo1x_decompress_safe(in, len, page, &out, NULL) == LZO_E_OK &&
	    out == size)
		return NTR_OK;
	*why = "bad data or wrong length";
	return NTR_BAD;
}

static enum ntr_st snappy_page(struct ntr_kd_codec *c, const void *in,
			       size_t len, void *page, size_t size,
			       const char **why)
{
	size_t out;

	(void)c;
	*why = "bad data or wrong length";
	/* The length comes first, so that nothing larger is written. */
	if (snappy_uncompressed_length(in, len, &out) != SNAPPY_OK ||
	    out != size || snappy_uncompress(in, len, page, &out) != SNAPPY_OK)
		return NTR_BAD;
	return NTR_OK;
}

static enum ntr_st zstd_page(struct ntr_kd_codec *c, const void *in, size_t len,
			     void *page, size_t size, const char **why)
{
	size_t out;

	if (!c->zstd)
		c->zstd = ZSTD_createDCtx();
	if (!c->zstd)
		return NTR_NOMEM;
	out = ZSTD_decompressDCtx(c->zstd, page, size, in, len);
	if (out == size)
		return NTR_OK;
	*why = ZSTD_isError(out) ? ZSTD_getErrorName(out) : "wrong length";
	return NTR_BAD;
}

static const struct {
	u32 flag;
	const char *name;
	enum ntr_st (*decode)(struct ntr_kd_codec *c, const void *in,
			      size_t len, void *page, size_t size,
			      const char **why);
} codecs[] = {
	{ NTR_KD_ZLIB, "zlib", zlib_page },
	{ NTR_KD_LZO, "lzo", lzo_page },
	{ NTR_KD_SNAPPY, "snappy", snappy_page },
	{ NTR_KD_ZSTD, "zstd", zstd_page },
};

enum ntr_st ntr_kd_decode(struct ntr_kd_codec *c, u32 flags, const void *in,
			  size_t len, void *page, size_t size,
			  struct ntr_err *e)
{
	if (!flags) {
		if (len != size)
			return ntr_fail(e, NTR_BAD,
					"a stored page of %zu bytes, want %zu",
					len, size);
		memcpy(page, in, size);
		return NTR_OK;
	}
	for (size_t i = 0; i < NTR_COUNT(codecs); i++) {
		const char *why = NULL;
		enum ntr_st st;

		if (codecs[i].flag != flags)
			continue;
		st = codecs[i].decode(c, in, len, page, size, &why);
		if (st)
			return ntr_fail(e, st, "%s page does not unpack: %s",
					codecs[i].name,
					why ? why : ntr_st_text(st));
		return NTR_OK;
	}
	return ntr_fail(e, NTR_UNSUP, "page packed in an unknown way (flags "
			"0x%x)", flags);
}
