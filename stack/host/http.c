// SPDX-License-Identifier: Apache-2.0
/*
 * Files over HTTP/1.1 (RFC 9112): GET, HEAD and PUT of a folder's files, over
 * connections that persist (9.3): HTTP/1.1's unless the client says close,
 * HTTP/1.0's if it asks to be kept.
 */
#include "services.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUEST_MAX 8192u
#define IDLE_NS (60 * UINT64_C(1000000000))

struct request {                     /* and its file, which the host touches */
	const char *dir;
	char path[512], method[8];
	bool keep;                   /* the connection goes on after it */
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

/* "GET /a/b HTTP/1.1": no way out of the folder. A body without a length
 * cannot be told from the next request (6.3): chunks are not known here. */
static bool parse_request(struct request *f, const char *text)
{
	const char *at = strchr(text, ' '), *end, *l;
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
	f->keep = *end == ' ' && persists(text, end + 1);
	l = field(text, "Content-Length");
	f->length = l ? strtoull(l, NULL, 10) : 0;
	return !strstr(f->path, "..") && !field(text, "Transfer-Encoding");
}

static void open_file(void *ctx)
{
	struct request *f = ctx;
	bool put = !strcmp(f->method, "PUT");
	int dir = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	f->fd = openat(dir, f->path, put ? O_WRONLY | O_CREAT | O_TRUNC |
		       O_NOFOLLOW | O_CLOEXEC : O_RDONLY | O_NOFOLLOW |
		       O_CLOEXEC, 0644);
	if (dir >= 0)
		close(dir);
	if (f->fd >= 0 && !put) {
		if (fstat(f->fd, &st) || !S_ISREG(st.st_mode)) {
			close(f->fd);
			f->fd = -1;
		} else {
			f->length = (u64)st.st_size;
		}
	}
}

static void read_file(void *ctx)
{
	struct request *f = ctx;

	f->n = read(f->fd, f->buf, SERVICE_CHUNK);
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

/* The head of a request, with the empty line, is in f->in. */
static bool read_head(struct service_connection *c, struct request *f)
{
	struct sk_poll p = { .s = c->sk, .events = POLLIN };
	const char *end;
	s64 k;

	while (!(end = strstr(f->in, "\r\n\r\n"))) {
		if (f->have == REQUEST_MAX || sk_poll(&p, 1, IDLE_NS) <= 0)
			return false;
		k = service_receive(c, (u8 *)f->in + f->have,
				    REQUEST_MAX - f->have);
		if (k <= 0)
			return false;
		f->have += (size_t)k;
		f->in[f->have] = 0;
	}
	f->head = (size_t)(end - f->in) + 4;
	return true;
}

static bool serve_file(struct service_connection *c, struct request *f)
{
	bool put = !strcmp(f->method, "PUT"), on;

	if (put && says(field(f->in, "Expect"), "100-continue")) {
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
	bool put;

	f->done = 0;
	if (!read_head(c, f))
		return false;
	if (!parse_request(f, f->in)) {
		(void)answer(c, "400 Bad Request", 0, false);
		return false;
	}
	put = !strcmp(f->method, "PUT");
	if (strcmp(f->method, "GET") && strcmp(f->method, "HEAD") &&
	    !(put && c->of->put)) {
		(void)answer(c, "405 Method Not Allowed", 0, false);
		return false;
	}
	if (!put && f->length)       /* a body that nobody reads */
		f->keep = false;
	return serve_file(c, f);
}

void http(struct service_connection *c, u8 *buf)
{
	struct request *f = calloc(1, sizeof(*f));

	c->more = f;
	if (!f)
		return;
	f->dir = c->of->http_dir;
	f->buf = buf;
	while (serve_one(c, f))
		;
}
