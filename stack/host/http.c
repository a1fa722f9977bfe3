// SPDX-License-Identifier: Apache-2.0
/*
 * Files over HTTP/1.1 (RFC 9112): GET, HEAD and PUT of a folder's files, over
 * connections that persist (9.3): HTTP/1.1's unless the client says close,
 * HTTP/1.0's if it asks to be kept.
 *
 * Who asks is a stranger: only plain files below the folder are touched, no name
 * goes through a link, no file keeps the host's thread waiting, and a head, as
 * each piece of a body, has a minute to come or to go.
 */
#include "services.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define REQUEST_MAX 8192u
#define IDLE_S 60
#define IDLE_NS (IDLE_S * UINT64_C(1000000000))

struct request {                     /* and its file, which the host touches */
	const char *dir;
	char path[512], method[8];
	bool keep;                   /* the connection goes on after it */
	bool expects;                /* 100-continue: RFC 9110 10.1.1 */
	int fd;
	u64 length, done;
	u8 *buf;                     /* for the file's bytes */
	s64 n;
	size_t have, head;           /* bytes of in; of the head */
	char in[REQUEST_MAX + 1];    /* a request, and what is behind it */
};

/* Value of a field (RFC 9112 5), up to its line's end; NULL. */
static const char *field(const char *head, const char *name)
{
	size_t n = strlen(name);

	while ((head = strstr(head, "\r\n"))) {
		head += 2;
		if (!strncasecmp(head, name, n) && head[n] == ':')
			return head + n + 1;
	}
	return NULL;
}

static bool says(const char *value, const char *word)
{
	const char *at = value ? strcasestr(value, word) : NULL;

	return at && at < value + strcspn(value, "\r");
}

/* RFC 9112 9.3: who persists. version: "HTTP/1.x". */
static bool persists(const char *head, const char *version)
{
	const char *c = field(head, "Connection");

	if (says(c, "close"))
		return false;
	return !strncmp(version, "HTTP/1.1", 8) || says(c, "keep-alive");
}

/* RFC 9110 8.6: digits; 9112 6.3: whoever says two lengths is not understood. */
static bool length_of(const char *head, u64 *out)
{
	const char *v = head;
	bool any = false;
	u64 was = 0;

	for (*out = 0; (v = field(v, "Content-Length")); was = *out, any = true) {
		size_t n;

		v += strspn(v, " \t");
		n = strspn(v, "0123456789");
		if (!n || n > 18 || v[n + strspn(v + n, " \t")] != '\r')
			return false;
		*out = strtoull(v, NULL, 10);
		if (any && *out != was)
			return false;
	}
	return true;
}

static int digit(char c)
{
	static const char all[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(all, c) : NULL;

	return at ? (int)((at - all) & 15) : -1;
}

/* RFC 3986 2.1, in place. false: no such text, or what ends a name in C. */
static bool decode(char *path)
{
	char *to = path;

	for (; *path; path++) {
		int high, low = 0;

		if (*path != '%') {
			*to++ = *path;
			continue;
		}
		high = digit(path[1]);
		low = high < 0 ? -1 : digit(path[2]);
		if (low < 0 || !(high | low))
			return false;
		*to++ = (char)(high << 4 | low);
		path += 2;
	}
	*to = 0;
	return true;
}

/* RFC 9112 5.1: a blank before the colon is refused, as what some see in it and
 * others do not. */
static bool well_formed(const char *head)
{
	const char *line = strstr(head, "\r\n") + 2;

	for (; *line != '\r'; line = strstr(line, "\r\n") + 2) {
		size_t n = strcspn(line, ": \t\r");

		if (!n || line[n] != ':')
			return false;
	}
	return true;
}

/* "GET /a/b HTTP/1.1", and what follows up to the empty line. A body without a
 * length cannot be told from the next request (6.3): chunks are not known here. */
static bool parse_request(struct request *f, const char *text)
{
	const char *at = strchr(text, ' '), *end;
	size_t n;

	if (!at || (n = (size_t)(at - text)) >= sizeof(f->method))
		return false;
	memcpy(f->method, text, n);
	f->method[n] = 0;
	while (*++at == '/')
		;
	end = strpbrk(at, " ?\r\n");
	if (!end || (n = (size_t)(end - at)) >= sizeof(f->path))
		return false;
	memcpy(f->path, at, n);
	f->path[n] = 0;
	end += strcspn(end, " \r\n");
	if (!well_formed(text) || !length_of(text, &f->length))
		return false;
	f->keep = *end == ' ' && persists(text, end + 1);
	f->expects = says(field(text, "Expect"), "100-continue");
	return decode(f->path) && !strstr(f->path, "..") &&
	       !field(text, "Transfer-Encoding");
}

/* Of the head alone: behind it is a body, or another's head. */
static bool understand(struct request *f)
{
	char behind = f->in[f->head];
	bool ok;

	f->in[f->head] = 0;
	ok = strlen(f->in) == f->head && parse_request(f, f->in);
	f->in[f->head] = behind;
	return ok;
}

/* Not even a link within the name: who stores files may not make one, but who
 * owns the folder may have. O_NONBLOCK: a pipe is none of these files, and
 * nobody waits for its other end. */
static int open_below(const char *folder, const char *path, u64 flags)
{
	struct open_how how = {
		.flags = flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.mode = flags & O_CREAT ? 0644 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, path, &how,
					     sizeof(how));

	if (dir >= 0)
		close(dir);
	return fd;
}

static void open_file(void *ctx)
{
	struct request *f = ctx;
	bool put = !strcmp(f->method, "PUT");
	struct stat st;

	f->fd = open_below(f->dir, f->path, put ? O_WRONLY | O_CREAT : O_RDONLY);
	if (f->fd < 0)
		return;
	if (fstat(f->fd, &st) || !S_ISREG(st.st_mode) ||
	    (put && ftruncate(f->fd, 0))) {
		close(f->fd);
		f->fd = -1;
	} else if (!put) {
		f->length = (u64)st.st_size;
	}
}

/* What it has grown by since its length was said is not sent. */
static void read_file(void *ctx)
{
	struct request *f = ctx;
	u64 left = f->length - f->done;

	f->n = read(f->fd, f->buf,
		    left < SERVICE_CHUNK ? (size_t)left : SERVICE_CHUNK);
}

static void write_file(void *ctx)
{
	struct request *f = ctx;

	f->n = write(f->fd, f->buf, (size_t)f->n) == f->n ? f->n : -1;
}

static void close_file(void *ctx)
{
	close(((struct request *)ctx)->fd);
}

struct head {
	char to[256];
	const char *status;
	u64 length;
	bool keep;
};

static void print_head(void *ctx)
{
	struct head *h = ctx;

	snprintf(h->to, sizeof(h->to), "HTTP/1.1 %s\r\nServer: refstack\r\n"
		 "Content-Length: %llu\r\nConnection: %s\r\n\r\n", h->status,
		 (unsigned long long)h->length, h->keep ? "keep-alive" : "close");
}

static bool answer(struct service_connection *c, const char *status, u64 length,
		   bool keep)
{
	struct head h = { .status = status, .length = length, .keep = keep };

	ex_on_host(print_head, &h);
	return service_send(c, (u8 *)h.to, strlen(h.to));
}

/* false: this was the connection's last answer. */
static bool give(struct service_connection *c, struct request *f)
{
	if (!answer(c, "200 OK", f->length, f->keep))
		return false;
	if (!strcmp(f->method, "HEAD"))
		return f->keep;
	for (; f->done < f->length; f->done += (u64)f->n) {
		ex_on_host(read_file, f);
		if (f->n <= 0 || !service_send(c, f->buf, (size_t)f->n))
			return false;
	}
	return f->keep;
}

static void take_in(struct request *f, size_t n)
{
	f->have -= n;
	memmove(f->in, f->in + n, f->have);
	f->in[f->have] = 0;
}

/* At most as much as the file still wants: what follows is another request. */
static s64 body(struct service_connection *c, struct request *f)
{
	u64 want = f->length - f->done;
	size_t n = want < SERVICE_CHUNK ? (size_t)want : SERVICE_CHUNK;

	if (!f->have)
		return service_receive(c, f->buf, n);
	if (n > f->have)
		n = f->have;
	memcpy(f->buf, f->in, n);
	take_in(f, n);
	return (s64)n;
}

static bool take(struct service_connection *c, struct request *f)
{
	for (; f->done < f->length; f->done += (u64)f->n) {
		f->n = body(c, f);
		if (f->n > 0)
			ex_on_host(write_file, f);
		if (f->n <= 0)
			return false;
	}
	return answer(c, "201 Created", 0, f->keep) && f->keep;
}

/* The head of a request, with the empty line, to f->in; a minute for all of
 * it. NULL: there is none; else what is wrong with it, or "". */
static const char *read_head(struct service_connection *c, struct request *f)
{
	struct sk_poll p = { .s = c->sk, .events = POLLIN };
	u64 until = ex_now(c->of->x) + IDLE_NS;
	const char *end;
	s64 k;

	while (!(end = memmem(f->in, f->have, "\r\n\r\n", 4))) {
		u64 now = ex_now(c->of->x);

		if (f->have == REQUEST_MAX)
			return "431 Request Header Fields Too Large";
		if (now >= until || sk_poll(&p, 1, (s64)(until - now)) <= 0)
			return NULL;
		k = service_receive(c, (u8 *)f->in + f->have,
				    REQUEST_MAX - f->have);
		if (k <= 0)
			return NULL;
		f->have += (size_t)k;
		f->in[f->have] = 0;
	}
	f->head = (size_t)(end - f->in) + 4;
	return understand(f) ? "" : "400 Bad Request";
}

static bool serve_file(struct service_connection *c, struct request *f)
{
	bool put = !strcmp(f->method, "PUT"), on;

	if (put && f->expects) {
		static const char go[] = "HTTP/1.1 100 Continue\r\n\r\n";

		(void)service_send(c, (const u8 *)go, sizeof(go) - 1);
	}
	take_in(f, f->head);
	ex_on_host(open_file, f);
	if (f->fd < 0)       /* the body of a PUT is still to come */
		return answer(c, "404 Not Found", 0, f->keep && !put) &&
		       f->keep && !put;
	on = put ? take(c, f) : give(c, f);
	ex_on_host(close_file, f);
	return on;
}

static bool serve_one(struct service_connection *c, struct request *f)
{
	const char *wrong;
	bool put;

	f->done = 0;
	wrong = read_head(c, f);
	if (!wrong)
		return false;
	put = !strcmp(f->method, "PUT");
	if (!wrong[0] && strcmp(f->method, "GET") && strcmp(f->method, "HEAD") &&
	    !(put && c->of->put))
		wrong = "405 Method Not Allowed";
	if (wrong[0]) {
		(void)answer(c, wrong, 0, false);
		return false;
	}
	if (!put && f->length)       /* a body that nobody reads */
		f->keep = false;
	return serve_file(c, f);
}

void http(struct service_connection *c, u8 *buf)
{
	struct request *f = calloc(1, sizeof(*f));
	struct timeval idle = { .tv_sec = IDLE_S };

	(void)sk_setsockopt(c->sk, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
	(void)sk_setsockopt(c->sk, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof(idle));
	c->more = f;
	if (!f)
		return;
	f->dir = c->of->http_dir;
	f->buf = buf;
	while (serve_one(c, f))
		;
}
