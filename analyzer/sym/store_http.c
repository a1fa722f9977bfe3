// SPDX-License-Identifier: Apache-2.0
/*
 * One GET with libcurl.  HTTP and HTTPS only, also behind redirects, and
 * never from HTTPS back to HTTP; at most REDIRECTS of them.  A body is written
 * only for an answer of 200, or for one of 206 that continues exactly what is
 * there; everything else is named and leaves the file as it was.
 * Sources: RFC 9110 (sections 8.8, 13.1.5 If-Range, 14 Range requests).
 */
#include "store_int.h"

#include "../base/text.h"
#include "store_curl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REDIRECTS 5L
#define SLOW_BYTES 1024L /* a second; less for timeout_s seconds: given up */
#define SERVERS_DOWN 16u

struct ntr_http {
	struct ntr_curl api;
	CURL *curl;
	unsigned ndown;
	char *down[SERVERS_DOWN];
};

/* One transfer. */
struct xfer {
	struct ntr_store *s;
	struct ntr_http_req *rq;
	struct ntr_http_ans *a;
	const struct ntr_curl *api;
	CURL *curl;
	bool began;
	u64 at, max;
	/* From the headers of the last answer: */
	char etag[NTR_HTTP_VALIDATOR], modified[NTR_HTTP_VALIDATOR];
	bool has_range;
	u64 range_start, range_total;
	char refused[96]; /* why the body was not taken; "" */
	bool disk;        /* … and that is our own disk's fault */
};

void ntr_http_free(struct ntr_http *h)
{
	if (!h)
		return;
	if (h->curl)
		h->api.easy_cleanup(h->curl);
	for (unsigned i = 0; i < h->ndown; i++)
		free(h->down[i]);
	if (h->api.lib)
		h->api.global_cleanup();
	ntr_curl_unload(&h->api);
	free(h);
}

static enum ntr_st http_new(struct ntr_http **out, struct ntr_err *e)
{
	struct ntr_http *h = calloc(1, sizeof(*h));
	enum ntr_st st = h ? ntr_curl_load(&h->api, e) :
			     ntr_fail(e, NTR_NOMEM, "out of memory");

	if (!st && !h->api.global_init(CURL_GLOBAL_DEFAULT))
		h->curl = h->api.easy_init();
	if (!st && !h->curl)
		st = ntr_fail(e, NTR_NOMEM, "libcurl does not start");
	if (st)
		ntr_http_free(h);
	else
		*out = h;
	return st;
}

bool ntr_http_down(const struct ntr_http *h, const char *base)
{
	for (unsigned i = 0; h && i < h->ndown; i++)
		if (!strcmp(h->down[i], base))
			return true;
	return false;
}

void ntr_http_set_down(struct ntr_http *h, const char *base)
{
	if (!h || h->ndown >= SERVERS_DOWN)
		return;
	h->down[h->ndown] = strdup(base);
	if (h->down[h->ndown])
		h->ndown++;
}

void ntr_url_escape(struct ntr_str *out, const char *path)
{
	static const char plain[] = "-._~/+$!(),;=";

	for (; *path; path++) {
		char c = ntr_ascii_lower(*path);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    strchr(plain, c))
			ntr_str_addn(out, path, 1);
		else
			ntr_str_printf(out, "%%%02X", (u8)*path);
	}
}

bool ntr_looks_like_html(const void *data, size_t len)
{
	const u8 *p = data, *end = p + (len > 256 ? 256 : len);

	if (len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		p += 3;
	while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
		p++;
	return end - p >= 2 && p[0] == '<' &&
	       (p[1] == '!' || p[1] == '?' ||
		(ntr_ascii_lower((char)p[1]) >= 'a' &&
		 ntr_ascii_lower((char)p[1]) <= 'z'));
}

/* --- headers ------------------------------------------------------------------------ */

/* The value of a header line, cut to size; false: another header. */
static bool header(const char *line, size_t len, const char *name, char *out,
		   size_t size)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return false;
	line += n + 1;
	len -= n + 1;
	while (len && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len && (u8)line[len - 1] <= ' ')
		len--;
	if (len >= size)
		len = 0; /* too long to be of use */
	memcpy(out, line, len);
	out[len] = 0;
	return true;
}

/* "bytes 100-199/200" or "bytes 100-199/ *" */
static void take_range(struct xfer *x, const char *v)
{
	char *end;
	u64 total;

	if (strncasecmp(v, "bytes ", 6) != 0 || v[6] < '0' || v[6] > '9')
		return;
	x->range_start = strtoull(v + 6, &end, 10);
	v = strchr(end, '/');
	if (*end != '-' || !v)
		return;
	total = strtoull(v + 1, &end, 10);
	x->has_range = true;
	x->range_total = end == v + 1 ? 0 : total;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct xfer *x = ctx;
	char v[NTR_HTTP_VALIDATOR];

	n *= size;
	if (n > 5 && !memcmp(p, "HTTP/", 5)) { /* of a redirect, or the last */
		x->etag[0] = x->modified[0] = 0;
		x->has_range = false;
	} else if (header(p, n, "ETag", v, sizeof(v))) {
		/* If-Range wants a strong validator (RFC 9110, 13.1.5). */
		if (v[0] == '"')
			memcpy(x->etag, v, sizeof(v));
	} else if (header(p, n, "Last-Modified", v, sizeof(v))) {
		memcpy(x->modified, v, sizeof(v));
	} else if (header(p, n, "Content-Range", v, sizeof(v))) {
		take_range(x, v);
	}
	return n;
}

/* --- body --------------------------------------------------------------------------- */

static void set_refused(struct xfer *x, const char *why)
{
	if (!x->refused[0])
		strncat(x->refused, why, sizeof(x->refused) - 1);
}

static u64 content_length(const struct xfer *x)
{
	curl_off_t n = -1;

	(void)x->api->easy_getinfo(x->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
				&n);
	return n > 0 ? (u64)n : 0;
}

static bool begin_whole(struct xfer *x, const void *data, size_t n)
{
	struct ntr_http_req *rq = x->rq;

	if (ntr_looks_like_html(data, n)) {
		set_refused(x, "the server sent a page (HTML), not the file");
		return false;
	}
	x->at = 0;
	rq->total = content_length(x);
	memcpy(rq->validator, x->etag[0] ? x->etag : x->modified,
	       sizeof(rq->validator));
	if (rq->fd >= 0 && ftruncate(rq->fd, 0)) {
		x->disk = true;
		set_refused(x, strerror(errno));
		return false;
	}
	if (rq->fresh)
		rq->fresh(rq);
	return true;
}

static bool begin_rest(struct xfer *x)
{
	struct ntr_http_req *rq = x->rq;

	if (!rq->have || !x->has_range || x->range_start != rq->have ||
	    (rq->total && x->range_total && rq->total != x->range_total)) {
		x->a->stale = true;
		set_refused(x, "the server sent another part of the file than "
			    "was asked for");
		return false;
	}
	if (!rq->total)
		rq->total = x->range_total;
	x->at = rq->have;
	return true;
}

static bool begin(struct xfer *x, const void *data, size_t n)
{
	char why[64] = "the server answered ";
	char code[24];
	int d = 0;

	(void)x->api->easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &x->a->code);
	x->began = true;
	if (x->a->code == 200)
		return begin_whole(x, data, n);
	if (x->a->code == 206)
		return begin_rest(x);
	for (long v = x->a->code; d < 20 && (v || !d); v /= 10)
		code[d++] = (char)('0' + v % 10);
	for (size_t at = strlen(why); d > 0; why[at] = 0)
		why[at++] = code[--d];
	set_refused(x, why);
	return false;
}

static bool put(struct xfer *x, const u8 *p, size_t n)
{
	struct ntr_http_req *rq = x->rq;

	if (n > x->max - x->at) {
		set_refused(x, "the file is larger than the limit");
		return false;
	}
	if (rq->fd < 0) {
		memcpy(rq->mem + x->at, p, n);
		x->at += n;
		return true;
	}
	while (n) {
		ssize_t r = pwrite(rq->fd, p, n, (off_t)x->at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			x->disk = true;
			set_refused(x, strerror(errno));
			return false;
		}
		p += r;
		n -= (size_t)r;
		x->at += (u64)r;
	}
	return true;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct xfer *x = ctx;

	n *= size;
	if (!n)
		return 0;
	if (!x->began && !begin(x, p, n))
		return 0;
	if (!put(x, (const u8 *)p, n))
		return 0;
	x->a->got += n;
	return n;
}

static int on_progress(void *ctx, curl_off_t dltotal, curl_off_t dlnow,
		       curl_off_t ultotal, curl_off_t ulnow)
{
	struct xfer *x = ctx;
	const struct ntr_store_opts *o = &x->s->opts;

	(void)dltotal, (void)dlnow, (void)ultotal, (void)ulnow;
	if (!o->progress ||
	    o->progress(o->ctx, x->rq->name, x->began ? x->at : x->rq->have,
			x->rq->total))
		return 0;
	x->s->cancelled = true;
	return 1;
}

/* --- the transfer ------------------------------------------------------------------- */

/* False: libcurl does not know an option, and nothing must be left to chance. */
static bool set_up(struct xfer *x)
{
	static const char agent[] = "Microsoft-Symbol-Server/10.0.0.0 "
				    "(ntriage/" NTR_VERSION ")";
	bool tls = !strncasecmp(x->rq->url, "https:", 6);
	long wait = (long)x->s->opts.timeout_s;
	CURL *c = x->curl;
	int bad = 0;

	x->api->easy_reset(c);
#define SET(opt, val) (bad |= x->api->easy_setopt(c, CURLOPT_##opt, val))
	SET(URL, x->rq->url);
	SET(PROTOCOLS_STR, "http,https");
	SET(REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	SET(FOLLOWLOCATION, 1L);
	SET(MAXREDIRS, REDIRECTS);
	SET(FAILONERROR, 1L);
	SET(NOSIGNAL, 1L);
	SET(CONNECTTIMEOUT, wait);
	SET(LOW_SPEED_LIMIT, SLOW_BYTES);
	SET(LOW_SPEED_TIME, wait);
	SET(USERAGENT, agent);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, x);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, x);
	SET(XFERINFOFUNCTION, on_progress);
	SET(XFERINFODATA, x);
	SET(NOPROGRESS, 0L);
	SET(MAXFILESIZE_LARGE, (curl_off_t)x->max);
#undef SET
	return !bad;
}

/* Ask only for what is not there yet; the server sends the whole when it has
 * changed since (If-Range). *list is freed by the caller. */
static bool set_range(struct xfer *x, struct curl_slist **list)
{
	struct ntr_http_req *rq = x->rq;
	struct ntr_str t = { 0 };
	bool ok;

	if (!rq->have)
		return true;
	ntr_str_printf(&t, "%" PRIu64 "-", rq->have);
	ok = !x->api->easy_setopt(x->curl, CURLOPT_RANGE, ntr_str_text(&t));
	if (ok && rq->validator[0]) {
		ntr_str_clear(&t);
		ntr_str_printf(&t, "If-Range: %s", rq->validator);
		*list = x->api->slist_append(NULL, ntr_str_text(&t));
		ok = *list && !x->api->easy_setopt(x->curl, CURLOPT_HTTPHEADER,
						*list);
	}
	ntr_str_fini(&t);
	return ok;
}

static enum ntr_st http_status(struct xfer *x, struct ntr_err *e)
{
	long code = x->a->code;

	if (code == 404 || code == 410)
		return ntr_fail(e, NTR_ABSENT, "not there (%ld)", code);
	x->a->stale = code == 416 && x->rq->have;
	return ntr_fail(e, NTR_IO, "the server answered %ld", code);
}

static enum ntr_st whole(struct xfer *x, struct ntr_err *e)
{
	if (!x->began)
		return ntr_fail(e, NTR_BAD, "the server sent an empty file");
	if (x->rq->total && x->at != x->rq->total) {
		x->a->cut = x->at < x->rq->total;
		return ntr_fail(e, NTR_IO, "the server sent %" PRIu64
				" bytes of %" PRIu64, x->at, x->rq->total);
	}
	return NTR_OK;
}

static enum ntr_st broken(struct xfer *x, CURLcode rc, struct ntr_err *e)
{
	switch (rc) {
	case CURLE_OPERATION_TIMEDOUT:
		x->a->unreachable = true;
		return ntr_fail(e, NTR_IO, "%s for %u s, given up",
				x->a->code ? "the server sent (nearly) nothing"
				: "no answer", x->s->opts.timeout_s);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		x->a->unreachable = true;
		return ntr_fail(e, NTR_IO, "%s", x->api->easy_strerror(rc));
	case CURLE_TOO_MANY_REDIRECTS:
		return ntr_fail(e, NTR_BAD, "more than %ld redirects",
				REDIRECTS);
	case CURLE_UNSUPPORTED_PROTOCOL:
		return ntr_fail(e, NTR_BAD, "the server sends us to a URL that "
				"is not followed");
	case CURLE_FILESIZE_EXCEEDED:
		return ntr_fail(e, NTR_BAD, "the file is larger than the "
				"limit of %" PRIu64 " bytes", x->max);
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		x->a->cut = true;
		return ntr_fail(e, NTR_IO, "the connection ended after %" PRIu64
				" bytes", x->at);
	default:
		return ntr_fail(e, NTR_IO, "%s", x->api->easy_strerror(rc));
	}
}

static enum ntr_st outcome(struct xfer *x, CURLcode rc, struct ntr_err *e)
{
	(void)x->api->easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &x->a->code);
	x->a->size = x->began && !x->refused[0] ? x->at : x->rq->have;
	if (x->s->cancelled)
		return ntr_fail(e, NTR_IO, "cancelled");
	if (x->refused[0])
		return ntr_fail(e, x->disk ? NTR_IO : NTR_BAD, "%s",
				x->refused);
	if (rc == CURLE_HTTP_RETURNED_ERROR)
		return http_status(x, e);
	return rc == CURLE_OK ? whole(x, e) : broken(x, rc, e);
}

enum ntr_st ntr_http_get(struct ntr_store *s, struct ntr_http_req *rq,
			 struct ntr_http_ans *a, struct ntr_err *e)
{
	struct xfer x = { .s = s, .rq = rq, .a = a };
	struct curl_slist *list = NULL;
	enum ntr_st st;

	*a = (struct ntr_http_ans){ .size = rq->have };
	if (!s->http) {
		st = http_new(&s->http, e);
		if (st)
			return st;
	}
	x.api = &s->http->api;
	x.curl = s->http->curl;
	x.max = rq->fd < 0 ? rq->mem_size : s->opts.max_size;
	if (!set_up(&x) || !set_range(&x, &list))
		st = ntr_fail(e, NTR_IO, "libcurl refuses its options");
	else
		st = outcome(&x, x.api->easy_perform(x.curl), e);
	(void)x.api->easy_setopt(x.curl, CURLOPT_HTTPHEADER, NULL);
	x.api->slist_free_all(list);
	s->fetched += a->got;
	return st;
}
