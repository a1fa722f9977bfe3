// SPDX-License-Identifier: Apache-2.0
/* NetBIOS sessions: a name and a connection of netbt's, as one. */
#include "netbios.h"

#include "inside.h"

#include <string.h>

#define DEVICE "\\Device\\NetBT"
#define TAG EX_TAG('N', 'b', 's', 's')
#define LENGTH 15u

struct nb {
	struct ex *x;
	struct io_file *name, *connection;
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* false: none, or too long */
static bool nb_name(const char *text, char name[16])
{
	size_t n = strcspn(text, "#");
	int hi, lo;

	if (!n || n > LENGTH)
		return false;
	memset(name, ' ', LENGTH);
	name[LENGTH] = 0;
	for (size_t i = 0; i < n; i++)
		name[i] = text[i] >= 'a' && text[i] <= 'z' ?
				  (char)(text[i] - 'a' + 'A') : text[i];
	if (!text[n])
		return true;
	hi = digit(text[n + 1]);
	lo = hi < 0 ? -1 : digit(text[n + 2]);
	if (lo < 0 || text[n + 3])
		return false;
	name[LENGTH] = (char)(hi << 4 | lo);
	return true;
}

static enum ex_status open_both(struct nb *n, const char *own)
{
	struct tdi_open o = { .kind = TDI_ADDRESS_FILE,
			      .address = { .family = 17 } };
	struct tdi_request r = { .length = 0 };
	enum ex_status st;

	if (!nb_name(own, o.address.netbios))
		return EX_INVALID_PARAMETER;
	st = io_open(n->x, DEVICE, &o, sizeof(o), &n->name);
	if (ex_failed(st))
		return st;
	o = (struct tdi_open){ .kind = TDI_CONNECTION_FILE };
	st = io_open(n->x, DEVICE, &o, sizeof(o), &n->connection);
	r.address = n->name;
	return ex_failed(st) ? st : tdi_call(n->connection, TDI_ASSOCIATE, &r);
}

static void drop(struct nb *n)
{
	if (n->connection)
		io_close(n->connection);
	if (n->name)
		io_close(n->name);
	ex_free_pool(n->x, n, TAG);
}

static int begin(struct ex *x, const char *own, enum tdi_minor how,
		 struct tdi_request *r, struct nb **out)
{
	struct nb *n = ex_alloc_zero(x, EX_NONPAGED, sizeof(*n), TAG);
	enum ex_status st;

	if (!n)
		return -ENOBUFS;
	n->x = x;
	st = open_both(n, own);
	if (!ex_failed(st))
		st = tdi_call(n->connection, how, r);
	if (ex_failed(st)) {
		drop(n);
		return st == EX_OBJECT_NAME_NOT_FOUND ? -EHOSTUNREACH :
							sk_errno(st);
	}
	*out = n;
	return 0;
}

int nb_call(struct ex *x, const char *own, const char *peer, struct nb **out)
{
	struct tdi_request r = { .remote = { .family = 17 } };

	if (!nb_name(peer, r.remote.netbios))
		return -EINVAL;
	return begin(x, own, TDI_CONNECT, &r, out);
}

int nb_answer(struct ex *x, const char *own, struct nb **out)
{
	struct tdi_request r = { .length = 0 };

	return begin(x, own, TDI_LISTEN, &r, out);
}

s64 nb_send(struct nb *n, const void *p, size_t len)
{
	struct tdi_request r = { .data = (void *)(uintptr_t)p, .length = len };
	enum ex_status st = tdi_call(n->connection, TDI_SEND, &r);

	return ex_failed(st) ? sk_errno(st) : (s64)len;
}

s64 nb_recv(struct nb *n, void *p, size_t room)
{
	struct tdi_request r = { .data = p, .length = room };
	enum ex_status st = tdi_call(n->connection, TDI_RECEIVE, &r);

	if (st == EX_REMOTE_DISCONNECT)
		return 0;
	return ex_failed(st) || st == EX_BUFFER_OVERFLOW ? sk_errno(st) :
							   (s64)r.moved;
}

void nb_close(struct nb *n)
{
	struct tdi_request r = { .flags = TDI_DISCONNECT_RELEASE };

	(void)tdi_call(n->connection, TDI_DISCONNECT, &r);
	drop(n);
}
