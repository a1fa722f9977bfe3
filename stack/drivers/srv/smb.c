// SPDX-License-Identifier: Apache-2.0
/* [MS-CIFS] 2.2.3.1 (header), 2.2.4.52 (SMB_COM_NEGOTIATE), 2.2.2.4 (errors). */
#include "srv.h"

#include <string.h>

#define HEADER 32u
#define LEAST (HEADER + 3u)          /* no words, no bytes */
#define NEGOTIATE 0x72u
#define REPLY 0x80u                  /* SMB_FLAGS_REPLY */
#define LONG_NAMES 0x0001u           /* SMB_FLAGS2_* that are kept: no Unicode, */
#define NT_STATUS 0x4000u            /* no signatures, nothing extended */
#define NOT_IMPLEMENTED 0xc0000002u
#define ERRSRV_NOSUPPORT 0xffff0002u /* class 2, code 0xffff */
#define NONE 0xffffu
#define WORDS 17u
#define CHALLENGE 8u

static void put_le(u8 *b, u64 v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		b[i] = (u8)(v >> 8 * i);
}

static u32 get16(const u8 *b)
{
	return b[0] | (u32)b[1] << 8;
}

/* Index of a dialect among n bytes of them; NONE: not there, or no list. */
static u32 dialect(const u8 *p, u32 n, const char *want)
{
	u32 index = 0;

	while (n) {
		const u8 *end = memchr(p, 0, n);

		if (p[0] != 2 || !end)
			return NONE;
		if (!strcmp((const char *)p + 1, want))
			return index;
		n -= (u32)(end + 1 - p);
		p = end + 1;
		index++;
	}
	return NONE;
}

/* Words of "NT LM 0.12": 2.2.4.52.2; the challenge and an empty domain. */
static u32 modern(struct ex *x, u8 *b, u32 index)
{
	u8 *w = b + 1;

	b[0] = WORDS;
	put_le(w, index, 2);
	w[2] = 3;                    /* SecurityMode: user, challenge */
	put_le(w + 3, 50, 2);        /* MaxMpxCount */
	put_le(w + 5, 1, 2);         /* MaxNumberVcs */
	put_le(w + 7, 16644, 4);     /* MaxBufferSize */
	put_le(w + 11, 65536, 4);    /* MaxRawSize */
	put_le(w + 15, 0, 4);        /* SessionKey */
	put_le(w + 19, 0, 4);        /* Capabilities */
	put_le(w + 23, ex_now(x) / 100, 8);
	put_le(w + 31, 0, 2);        /* ServerTimeZone */
	w[33] = CHALLENGE;
	put_le(w + 34, CHALLENGE + 2, 2);
	put_le(w + 36, ex_random(x), CHALLENGE);
	put_le(w + 36 + CHALLENGE, 0, 2); /* in UTF-16, whatever is agreed on */
	return 1 + 2 * WORDS + 2 + CHALLENGE + 2;
}

static u32 core(u8 *b, u32 index)
{
	b[0] = 1;
	put_le(b + 1, index, 2);
	put_le(b + 3, 0, 2);
	return 5;
}

/* The header of an answer, with nothing behind it; NULL: no memory. */
static u8 *reply(struct ex *x, const u8 *p)
{
	u8 *b = ex_alloc_zero(x, EX_NONPAGED, 128, TAG_MESSAGE);

	if (!b)
		return NULL;
	memcpy(b, p, HEADER);
	put_le(b + 5, 0, 4);         /* Status */
	b[9] |= REPLY;
	put_le(b + 10, get16(p + 10) & (LONG_NAMES | NT_STATUS), 2);
	return b;
}

static bool negotiate(struct ex *x, const u8 *p, u32 n, u8 **out, u32 *out_n)
{
	const u8 *list = p + LEAST;
	u32 bytes = get16(p + HEADER + 1), index;
	u8 *b;

	if (p[HEADER] || bytes > n - LEAST)
		return false;
	*out = b = reply(x, p);
	if (!b)
		return true;
	index = dialect(list, bytes, "NT LM 0.12");
	if (index != NONE)
		*out_n = HEADER + modern(x, b + HEADER, index);
	else
		*out_n = HEADER + core(b + HEADER,
				       dialect(list, bytes,
					       "PC NETWORK PROGRAM 1.0"));
	return true;
}

/* A command that there is not. */
static bool refuse(struct ex *x, const u8 *p, u8 **out, u32 *out_n)
{
	*out = reply(x, p);
	*out_n = LEAST;
	if (*out)
		put_le(*out + 5, get16(p + 10) & NT_STATUS ? NOT_IMPLEMENTED :
							     ERRSRV_NOSUPPORT,
		       4);
	return true;
}

bool srv_answer(struct ex *x, const u8 *p, u32 n, u8 **out, u32 *out_n)
{
	bool smb = n >= 4 && !memcmp(p, "\xffSMB", 4);

	if ((smb && (n < LEAST || p[9] & REPLY)) ||
	    (n >= 4 && !memcmp(p, "\xfeSMB", 4)))
		return false;
	if (smb)
		return p[4] == NEGOTIATE ? negotiate(x, p, n, out, out_n) :
					   refuse(x, p, out, out_n);
	*out = ex_alloc(x, EX_NONPAGED, n ? n : 1, TAG_MESSAGE);
	*out_n = n;
	if (*out)
		memcpy(*out, p, n);
	return true;
}
