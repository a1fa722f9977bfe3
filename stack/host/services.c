// SPDX-License-Identifier: Apache-2.0
/*
 * Echo (RFC 862), discard (RFC 863), character generator (RFC 864) and files
 * over HTTP, each connection in a thread of the machine.  Files are touched on
 * the host's stack.
 */
#include "cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536u
#define SEND_BUFFER (4 * (int)CHUNK)
#define REQUEST_MAX 8192u

typedef void serve_fn(struct service_connection *c, u8 *buf);

static bool send_all(struct service_connection *c, const u8 *p, size_t n)
{
	while (n) {
		s64 k = sk_send(c->sk, p, n, 0);

		if (k <= 0)
			return false;
		c->of->bytes_out += (u64)k;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static s64 receive(struct service_connection *c, u8 *p, size_t n)
{
	s64 k = sk_recv(c->sk, p, n, 0);

	if (k > 0)
		c->of->bytes_in += (u64)k;
	return k;
}

static void echo(struct service_connection *c, u8 *buf)
{
	s64 n;

	while ((n = receive(c, buf, CHUNK)) > 0)
		if (!send_all(c, buf, (size_t)n))
			return;
}

static void discard(struct service_connection *c, u8 *buf)
{
	while (receive(c, buf, CHUNK) > 0)
		;
}

/* RFC 864: lines of 72 of the printing characters, turned by one. */
static void generate(struct service_connection *c, u8 *buf)
{
	u32 n = 0;

	for (u32 line = 0; n + 74 <= CHUNK; line++) {
		for (u32 i = 0; i < 72; i++)
			buf[n++] = (u8)(' ' + (line + i) % 95);
		buf[n++] = '\r';
		buf[n++] = '\n';
	}
	while (send_all(c, buf, n))
		;
}

/* --- HTTP ---------------------------------------------------------------------------- */

struct file {                        /* a request, worked on by the host */
	const char *dir;
	char path[512], method[8];
	int fd;
	u64 length, done;
	u8 *buf;
	s64 n;
};

/* "GET /a/b HTTP/1.1": no way out of the folder. */
static bool parse_request(struct file *f, const char *text)
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
	l = strcasestr(text, "\r\nContent-Length:");
	f->length = l ? strtoull(l + 17, NULL, 10) : 0;
	return !strstr(f->path, "..");
}

static void open_file(void *ctx)
{
	struct file *f = ctx;
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
	struct file *f = ctx;

	f->n = read(f->fd, f->buf, CHUNK);
}

static void write_file(void *ctx)
{
	struct file *f = ctx;

	f->n = write(f->fd, f->buf, (size_t)f->n) == f->n ? f->n : -1;
}

static void close_file(void *ctx)
{
	close(((struct file *)ctx)->fd);
}

struct head {
	char *to;
	const char *status;
	u64 length;
};

static void print_head(void *ctx)
{
	struct head *h = ctx;

	snprintf(h->to, 256, "HTTP/1.1 %s\r\nServer: refstack\r\n"
		 "Content-Length: %llu\r\nConnection: close\r\n\r\n",
		 h->status, (unsigned long long)h->length);
}

static bool answer(struct service_connection *c, u8 *buf, const char *status,
		   u64 length)
{
	struct head h = { (char *)buf, status, length };

	ex_on_host(print_head, &h);
	return send_all(c, buf, strlen((char *)buf));
}

static void give(struct service_connection *c, struct file *f, u8 *buf)
{
	if (!answer(c, buf, "200 OK", f->length) || !strcmp(f->method, "HEAD"))
		return;
	for (; f->done < f->length; f->done += (u64)f->n) {
		ex_on_host(read_file, f);
		if (f->n <= 0 || !send_all(c, buf, (size_t)f->n))
			return;
	}
}

/* What is in buf already (have bytes) is the beginning. */
static void take(struct service_connection *c, struct file *f, u8 *buf,
		 size_t have)
{
	f->n = (s64)have;
	while (f->done < f->length) {
		if (!have)
			f->n = receive(c, buf, CHUNK);
		have = 0;
		if (f->n <= 0)
			return;
		f->done += (u64)f->n;
		ex_on_host(write_file, f);
		if (f->n < 0)
			return;
	}
	(void)answer(c, buf, "201 Created", 0);
}

/* The head of a request: its length with the empty line; 0: none came. */
static size_t read_head(struct service_connection *c, u8 *buf, size_t *all)
{
	size_t n = 0;
	char *end;

	while (n < REQUEST_MAX) {
		s64 k = receive(c, buf + n, REQUEST_MAX - n);

		if (k <= 0)
			return 0;
		n += (size_t)k;
		buf[n] = 0;
		end = strstr((char *)buf, "\r\n\r\n");
		if (end) {
			*all = n;
			return (size_t)(end - (char *)buf) + 4;
		}
	}
	return 0;
}

static void wants_to_continue(struct service_connection *c, const u8 *buf)
{
	static const char go[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (strcasestr((const char *)buf, "Expect: 100-continue"))
		(void)send_all(c, (const u8 *)go, sizeof(go) - 1);
}

static void http(struct service_connection *c, u8 *buf)
{
	struct file *f = calloc(1, sizeof(*f));
	size_t all = 0, head = f ? read_head(c, buf, &all) : 0;
	bool put;

	if (!head) {
		free(f);
		return;
	}
	f->dir = c->of->http_dir;
	f->buf = buf;
	f->fd = -1;
	if (!parse_request(f, (char *)buf)) {
		(void)answer(c, buf, "400 Bad Request", 0);
		free(f);
		return;
	}
	put = !strcmp(f->method, "PUT");
	if (strcmp(f->method, "GET") && strcmp(f->method, "HEAD") &&
	    !(put && c->of->put)) {
		(void)answer(c, buf, "405 Method Not Allowed", 0);
		free(f);
		return;
	}
	if (put)
		wants_to_continue(c, buf);
	ex_on_host(open_file, f);
	if (f->fd < 0) {
		(void)answer(c, buf, "404 Not Found", 0);
	} else if (put) {
		memmove(buf, buf + head, all - head);
		take(c, f, buf, all - head);
	} else {
		give(c, f, buf);
	}
	if (f->fd >= 0)
		ex_on_host(close_file, f);
	free(f);
}

/* --- connections ----------------------------------------------------------------------- */

static const struct service {
	const char *name;
	u16 port;
	serve_fn *serve;
} services[] = {
	{ "echo", 7, echo }, { "discard", 9, discard },
	{ "chargen", 19, generate }, { "http", 80, http },
};

struct accepted {
	struct service_connection c;
	const struct service *s;
};

static void drop(struct accepted *a)
{
	struct service_connection **at = &a->c.of->connections;

	while (*at && *at != &a->c)
		at = &(*at)->next;
	if (*at)
		*at = a->c.next;
	sk_close(a->c.sk);
	free(a);
}

static void connection_thread(void *ctx)
{
	struct accepted *a = ctx;
	u8 *buf = malloc(CHUNK + 1);

	if (buf)
		a->s->serve(&a->c, buf);
	free(buf);
	drop(a);
}

static void accepted(struct services *all, const struct service *s,
		     struct sk *sk, const struct tdi_address *from)
{
	struct accepted *a = calloc(1, sizeof(*a));
	struct ke_thread *t;

	if (!a) {
		sk_close(sk);
		return;
	}
	a->s = s;
	a->c = (struct service_connection){ .next = all->connections,
		.of = all, .name = s->name, .sk = sk, .peer = *from };
	all->connections = &a->c;
	all->accepted++;
	t = ke_thread_create(all->x, s->name, 8, connection_thread, a);
	if (t)
		ke_thread_put(t);
	else
		drop(a);
}

struct listener {
	struct services *all;
	const struct service *s;
};

static void listener_thread(void *ctx)
{
	struct listener *l = ctx;
	struct tdi_address any = { .family = 4, .port = l->s->port }, from;
	struct sk *s, *c;
	int on = 1, room = SEND_BUFFER;
	int st = sk_socket(l->all->x, AF_INET, SOCK_STREAM, 0, &s);

	if (st) {
		ex_log(l->all->x, "%s: no socket", l->s->name);
		return;
	}
	(void)sk_setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Not the other one: windows are the personality's. */
	(void)sk_setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	st = sk_bind(s, &any);
	if (!st)
		st = sk_listen(s, 200);
	if (st)
		ex_log(l->all->x, "%s: cannot listen on %u: %d", l->s->name,
		       l->s->port, st);
	while (!st) {
		st = sk_accept(s, &c, &from);
		if (!st)
			accepted(l->all, l->s, c, &from);
		else if (st == -ECONNABORTED || st == -ECONNRESET)
			st = 0;
	}
	sk_close(s);
}

static void udp_echo(void *ctx)
{
	struct services *all = ctx;
	struct tdi_address any = { .family = 4, .port = 7 }, from;
	u8 *buf = malloc(CHUNK);
	struct sk *s;
	s64 n;

	if (buf && !sk_socket(all->x, AF_INET, SOCK_DGRAM, 0, &s)) {
		if (!sk_bind(s, &any))
			while ((n = sk_recvfrom(s, buf, CHUNK, 0, &from)) >= 0 ||
			       n == -ECONNREFUSED)
				if (n >= 0)
					(void)sk_sendto(s, buf, (size_t)n, 0,
							&from);
		sk_close(s);
	}
	free(buf);
}

void services_start(void *ctx)
{
	struct services *all = ctx;
	struct ke_thread *t = ke_thread_create(all->x, "udp echo", 8, udp_echo,
					       all);

	if (t)
		ke_thread_put(t);
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		struct listener *l;

		if (services[i].port == 80 && !all->http_dir)
			continue;
		/* lives as long as the machine */
		l = ex_alloc(all->x, EX_NONPAGED, sizeof(*l),
			     EX_TAG('S', 'v', 'c', 's'));
		if (!l)
			return;
		*l = (struct listener){ all, &services[i] };
		t = ke_thread_create(all->x, services[i].name, 8,
				     listener_thread, l);
		if (t)
			ke_thread_put(t);
	}
}
