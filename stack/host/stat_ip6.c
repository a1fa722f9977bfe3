// SPDX-License-Identifier: Apache-2.0
/* The state of IPv6's addresses, prefixes, routers and neighbours: TDI_ENTITY. */
#include "stat.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 4096u                   /* more than all the caps of ip6.h */

struct entities {
	struct ex *x;
	struct tdi_entity *e;
	u32 n;
};

static void put_entity(struct out *o, const struct tdi_entity *e)
{
	char address[INET6_ADDRSTRLEN + 4] = "?", mac[18] = "";
	const u8 *m = e->mac;
	size_t n;

	(void)inet_ntop(AF_INET6, e->address.ip, address, INET6_ADDRSTRLEN);
	n = strlen(address);
	if (e->bits)
		snprintf(address + n, sizeof(address) - n, "/%u", e->bits);
	if (e->has_mac)
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
			 m[0], m[1], m[2], m[3], m[4], m[5]);
	out_str(o, "kind", -9, e->kind);
	out_str(o, "interface", -9, e->device);
	out_str(o, "address", -32, address);
	out_str(o, "state", -11, e->state);
	out_str(o, "station", -17, mac);
}

/* In a thread of the machine, whose stack is small: nothing is written here. */
static void ask(void *ctx)
{
	struct entities *all = ctx;
	struct tdi_open o = { .kind = TDI_CONTROL_FILE };
	struct io_file *f;

	if (ex_failed(io_open(all->x, "\\Device\\Tcp6", &o, sizeof(o), &f)))
		return;
	while (all->n < ROWS) {
		struct tdi_entity *e = &all->e[all->n];
		struct tdi_request r = { .info = TDI_ENTITY, .value = e,
					 .value_length = sizeof(*e) };

		e->index = all->n;
		if (ex_failed(tdi_call(f, TDI_QUERY_INFORMATION, &r)))
			break;
		all->n++;
	}
	io_close(f);
}

void stat_ip6(const struct stat_of *s, struct out *o)
{
	struct entities all = { .x = s->x, .e = calloc(ROWS, sizeof(*all.e)) };

	out_table(o, "ip6", "IPv6");
	if (all.e && ex_call(s->x, ask, &all))
		for (u32 i = 0; i < all.n; i++)
			if (out_row(o))
				put_entity(o, &all.e[i]);
	out_table_end(o);
	free(all.e);
}
