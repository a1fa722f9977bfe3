// SPDX-License-Identifier: Apache-2.0
/*
 * The network stack without private types: drivers, cards, requests, file
 * objects, queued code, and NetBIOS session headers in pool.
 *
 * A list of which something was found is known, even where its search could
 * not go everywhere; one that is empty is known to be only where it could.
 */
#include "facts_int.h"

#include "../kobj/device.h"
#include "../triage/nettag.h"

#include <string.h>

#define NO_NAME "it has no name, or its name is not in the dump"
#define NO_TAGS "pool tags are not in this dump; take a kernel dump"

/* A list of n elements, whose search met `why`. */
static void count(struct ntr_fact *out, u64 n, const char *why)
{
	ntr_fact_n_if(out, n || !*why, n, why);
}

static void symbol(struct ntr_facts *f, u64 va, struct ntr_fact *out)
{
	char name[96];

	ntr_target_symbolise(f->t, va, name, sizeof(name));
	ntr_fact_str(out, ntr_facts_text(f, "%s", name), "memory was short");
}

static void device_name(const struct ntr_net *n, u64 va, struct ntr_fact *out)
{
	const struct ntr_net_device *d = ntr_net_device_at(n, va);

	ntr_fact_str(out, d ? d->name : NULL, NO_NAME);
}

static void driver_name(const struct ntr_net *n, u64 device,
			struct ntr_fact *out)
{
	const struct ntr_net_device *d = ntr_net_device_at(n, device);
	const struct ntr_net_driver *r =
		d ? ntr_net_driver_at(n, d->driver) : NULL;

	ntr_fact_str(out, r ? r->name : NULL, NO_NAME);
}

/* --- drivers and cards -------------------------------------------------------- */

enum { D_LIST, D_ADDRESS, D_NAME, D_PART, D_IMAGE, D_DEVICES };

static void get_driver(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_net *n = ntr_facts_net(f, &out->why);
	const struct ntr_net_driver *d;

	if (!n)
		return;
	if (arg == D_LIST) {
		count(out, n->drivers.n, n->drivers_why);
		return;
	}
	d = &n->drivers.v[at->index[0]];
	if (arg == D_ADDRESS)
		ntr_fact_n(out, d->va);
	else if (arg == D_NAME)
		ntr_fact_str(out, d->name, NO_NAME);
	else if (arg == D_PART)
		ntr_fact_str(out, ntr_net_part_name(d->part), NULL);
	else if (arg == D_IMAGE)
		ntr_fact_str(out, d->module ? d->module->image : NULL,
			     "its image is not on the list of modules");
	else
		ntr_fact_n_if(out, d->ndevices || !*d->why, d->ndevices,
			      d->why);
}

/* The card of that number; NULL past the last, and *total is how many. */
static const struct ntr_net_device *card(const struct ntr_net *n, u64 number,
					 u64 *total)
{
	const struct ntr_net_device *hit = NULL;

	*total = 0;
	for (size_t i = 0; i < n->devices.n; i++) {
		const struct ntr_net_device *d = &n->devices.v[i];

		if (d->part != NTR_NET_CARD || !ntr_net_is_card(d))
			continue;
		if ((*total)++ == number)
			hit = d;
	}
	return hit;
}

enum { A_LIST, A_NAME, A_DEVICE, A_DRIVER };

static void get_adapter(struct ntr_facts *f, const struct ntr_fact_at *at,
			int arg, struct ntr_fact *out)
{
	const struct ntr_net *n = ntr_facts_net(f, &out->why);
	const struct ntr_net_device *d;
	u64 total;

	if (!n)
		return;
	d = card(n, arg == A_LIST ? UINT64_MAX : at->index[0], &total);
	if (arg == A_LIST)
		count(out, total, n->drivers_why);
	else if (arg == A_NAME)
		ntr_fact_str(out, d->name, NO_NAME);
	else if (arg == A_DEVICE)
		ntr_fact_n(out, d->va);
	else
		driver_name(n, d->va, out);
}

/* --- requests ------------------------------------------------------------------- */

enum { I_LIST, I_ADDRESS, I_PART, I_DRIVER, I_DEVICE, I_MAJOR, I_MINOR,
       I_REQUEST, I_FILE, I_THREAD, I_PROCESS, I_WAITED, I_PENDING,
       I_CANCELLED };

static void get_irp_field(const struct ntr_net *n, const struct ntr_net_irp *p,
			  int arg, struct ntr_fact *out)
{
	switch (arg) {
	case I_ADDRESS:
		ntr_fact_n(out, p->va);
		break;
	case I_PART:
		ntr_fact_str(out, ntr_net_part_name(p->part), NULL);
		break;
	case I_DRIVER:
		driver_name(n, p->device, out);
		break;
	case I_DEVICE:
		device_name(n, p->device, out);
		break;
	case I_MAJOR:
		ntr_fact_n(out, p->major);
		break;
	case I_MINOR:
		ntr_fact_n(out, p->minor);
		break;
	case I_REQUEST:
		ntr_fact_str(out, ntr_net_irp_name(p), "there is no request of "
			     "that number");
		break;
	case I_FILE:
		if (p->file)
			ntr_fact_n(out, p->file);
		else
			ntr_fact_none(out, "the request names none");
		break;
	case I_THREAD:
		if (p->thread)
			ntr_fact_n(out, p->thread);
		else
			ntr_fact_none(out, "the request is no thread's");
		break;
	case I_PROCESS:
		ntr_fact_str(out, p->process, "its thread is not in the dump, "
			     "or it has none");
		break;
	case I_WAITED:
		ntr_fact_n_if(out, p->waits, p->waited, "requests keep no "
			      "time, and its thread does not wait");
		break;
	case I_PENDING:
		ntr_fact_n(out, p->pending);
		break;
	default:
		ntr_fact_n(out, p->cancelled);
	}
}

static void get_irp(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_net *n = ntr_facts_net(f, &out->why);

	if (!n)
		return;
	if (arg == I_LIST)
		count(out, n->irps.n, n->irps_why);
	else
		get_irp_field(n, &n->irps.v[at->index[0]], arg, out);
}

/* --- file objects ----------------------------------------------------------------- */

enum { F_LIST, F_ADDRESS, F_PART, F_KIND, F_DEVICE, F_CONTEXT };

static void get_file(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		     struct ntr_fact *out)
{
	const struct ntr_net *n = ntr_facts_net(f, &out->why);
	const struct ntr_net_file *x;

	if (!n)
		return;
	if (arg == F_LIST) {
		count(out, n->files.n, n->files_why);
		return;
	}
	x = &n->files.v[at->index[0]];
	if (arg == F_ADDRESS)
		ntr_fact_n(out, x->va);
	else if (arg == F_PART)
		ntr_fact_str(out, ntr_net_part_name(x->part), NULL);
	else if (arg == F_KIND)
		ntr_fact_str(out, ntr_net_file_kind_name(x->kind), "its "
			     "FsContext2 is that of no kind of TDI");
	else if (arg == F_DEVICE)
		device_name(n, x->device, out);
	else
		ntr_fact_n(out, x->context);
}

/* --- code ----------------------------------------------------------------------------- */

enum { R_LIST, R_KIND, R_PART, R_ADDRESS, R_SYMBOL, R_PARAMETER, R_QUEUE,
       R_CPU, R_WAITED, R_TRUST };

static void get_run_field(struct ntr_facts *f, const struct ntr_net_run *r,
			  int arg, struct ntr_fact *out)
{
	const char *no = "only a work item or a DPC has one";

	switch (arg) {
	case R_KIND:
		ntr_fact_str(out, ntr_net_run_kind_name(r->kind), NULL);
		break;
	case R_PART:
		ntr_fact_str(out, ntr_net_part_name(r->part), NULL);
		break;
	case R_ADDRESS:
		ntr_fact_n(out, r->va);
		break;
	case R_SYMBOL:
		symbol(f, r->at, out);
		break;
	case R_PARAMETER:
		if (r->kind == NTR_NR_THREAD)
			ntr_fact_none(out, no);
		else
			ntr_fact_n(out, r->parameter);
		break;
	case R_QUEUE:
		if (r->kind == NTR_NR_WORK)
			ntr_fact_str(out, r->queue, "nothing names the queue");
		else
			ntr_fact_none(out, "only a work item is on one");
		break;
	case R_CPU:
		if (r->kind == NTR_NR_DPC)
			ntr_fact_n(out, r->cpu);
		else
			ntr_fact_none(out, "only a DPC is a processor's");
		break;
	case R_TRUST:
		if (r->kind == NTR_NR_THREAD)
			ntr_fact_str(out, ntr_trust_name(r->trust), NULL);
		else
			ntr_fact_none(out, "only a thread has frames");
		break;
	default:
		ntr_fact_n_if(out, r->has_waited, r->waited, "it is no thread "
			      "that waits, or since when is not known");
	}
}

static void get_run(struct ntr_facts *f, const struct ntr_fact_at *at, int arg,
		    struct ntr_fact *out)
{
	const struct ntr_net *n = ntr_facts_net(f, &out->why);

	if (!n)
		return;
	if (arg == R_LIST)
		count(out, n->runs.n, *n->threads_why ? n->threads_why :
		      *n->work_why ? n->work_why : n->dpcs_why);
	else
		get_run_field(f, &n->runs.v[at->index[0]], arg, out);
}

/* --- pool -------------------------------------------------------------------------------- */

static void get_bytes(struct ntr_facts *f, const struct ntr_fact_at *at,
		      int part, struct ntr_fact *out)
{
	const struct ntr_pool *p = ntr_facts_pool(f, &out->why);
	struct ntr_net_tags tags;
	u64 bytes = 0;

	(void)at;
	if (!p)
		return;
	if (!p->tags.n || ntr_net_tags(p, &tags, NULL)) {
		ntr_fact_why(out, p->tags_why ? p->tags_why : NO_TAGS);
		return;
	}
	for (size_t i = 0; i < tags.t.n; i++)
		if ((int)tags.t.v[i].part == part)
			bytes += ntr_net_tag_bytes(&tags.t.v[i]);
	ntr_net_tags_fini(&tags);
	ntr_fact_n(out, bytes);
}

/* --- NetBIOS headers ------------------------------------------------------------------------ */

enum { H_LIST, H_BLOCKS, H_FAULTS, H_BLOCK, H_TAG, H_TYPE, H_NAME, H_FLAGS,
       H_LENGTH, H_ROOM, H_BEYOND, H_SIGN, H_FAULT };

static void get_header_field(struct ntr_facts *f,
			     const struct ntr_nbt_header *h, int arg,
			     struct ntr_fact *out)
{
	char tag[5];

	switch (arg) {
	case H_BLOCK:
		ntr_fact_n(out, h->data);
		break;
	case H_TAG:
		ntr_pool_tag_text(h->tag, tag);
		ntr_fact_str(out, ntr_facts_text(f, "%s", tag), NULL);
		break;
	case H_TYPE:
		ntr_fact_n(out, h->type);
		break;
	case H_NAME:
		if (ntr_nbt_type_name(h->type))
			ntr_fact_str(out, ntr_nbt_type_name(h->type), NULL);
		else
			ntr_fact_none(out, "RFC 1002 has no such type");
		break;
	case H_FLAGS:
		ntr_fact_n(out, h->flags);
		break;
	case H_LENGTH:
		ntr_fact_n(out, h->length);
		break;
	case H_ROOM:
		ntr_fact_n(out, h->room);
		break;
	case H_BEYOND:
		ntr_fact_n(out, h->beyond);
		break;
	case H_SIGN:
		ntr_fact_str(out, ntr_nbt_sign_text(h->sign), NULL);
		break;
	default:
		if (*h->fault)
			ntr_fact_str(out, ntr_facts_text(f, "%s", h->fault),
				     NULL);
		else
			ntr_fact_none(out, "it is as RFC 1002 has it");
	}
}

static void get_header(struct ntr_facts *f, const struct ntr_fact_at *at,
		       int arg, struct ntr_fact *out)
{
	const struct ntr_nbt_scan *s = ntr_facts_nbt(f, &out->why);

	if (!s)
		return;
	if (arg == H_LIST)
		count(out, s->h.n, s->why);
	else if (arg == H_BLOCKS)
		count(out, s->blocks, s->why);
	else if (arg == H_FAULTS)
		count(out, s->faults, s->why);
	else
		get_header_field(f, &s->h.v[at->index[0]], arg, out);
}

static const struct ntr_fact_row rows[] = {
	{ "net.drivers", NTR_FT_LIST, NULL, "Drivers of the network stack, by "
	  "the object directory and by the devices of requests.", get_driver,
	  D_LIST },
	{ "net.drivers[]", NTR_FT_RECORD, NULL, "Such a driver.", NULL, 0 },
	{ "net.drivers[].address", NTR_FT_ADDRESS, NULL, "Its driver object.",
	  get_driver, D_ADDRESS },
	{ "net.drivers[].name", NTR_FT_STRING, NULL, "Such as \\Driver\\Tcpip.",
	  get_driver, D_NAME },
	{ "net.drivers[].part", NTR_FT_STRING, NULL, "ndis, tcpip, transport, "
	  "netbt, afd, card.", get_driver, D_PART },
	{ "net.drivers[].image", NTR_FT_STRING, NULL, "Its image.", get_driver,
	  D_IMAGE },
	{ "net.drivers[].devices", NTR_FT_INT, NULL, "Its devices.", get_driver,
	  D_DEVICES },
	{ "net.adapters", NTR_FT_LIST, NULL, "Devices of the type of network "
	  "cards, except NDIS's own.", get_adapter, A_LIST },
	{ "net.adapters[]", NTR_FT_RECORD, NULL, "A network card.", NULL, 0 },
	{ "net.adapters[].name", NTR_FT_STRING, NULL, "Of its device.",
	  get_adapter, A_NAME },
	{ "net.adapters[].device", NTR_FT_ADDRESS, NULL, "Its device object.",
	  get_adapter, A_DEVICE },
	{ "net.adapters[].driver", NTR_FT_STRING, NULL, "Name of its driver.",
	  get_adapter, A_DRIVER },
	{ "net.irps", NTR_FT_LIST, NULL, "Requests whose current location is for "
	  "a device of the network stack.", get_irp, I_LIST },
	{ "net.irps[]", NTR_FT_RECORD, NULL, "Such a request.", NULL, 0 },
	{ "net.irps[].address", NTR_FT_ADDRESS, NULL, "Where it lies.", get_irp,
	  I_ADDRESS },
	{ "net.irps[].part", NTR_FT_STRING, NULL, "Who has it: as in "
	  "net.drivers[].part.", get_irp, I_PART },
	{ "net.irps[].driver", NTR_FT_STRING, NULL, "Name of the driver that has "
	  "it.", get_irp, I_DRIVER },
	{ "net.irps[].device", NTR_FT_STRING, NULL, "Name of the device that it "
	  "is with.", get_irp, I_DEVICE },
	{ "net.irps[].major", NTR_FT_INT, NULL, "Its major function.", get_irp,
	  I_MAJOR },
	{ "net.irps[].minor", NTR_FT_INT, NULL, "Its minor function.", get_irp,
	  I_MINOR },
	{ "net.irps[].request", NTR_FT_STRING, NULL, "TDI_SEND and the like, "
	  "else the major function's name.", get_irp, I_REQUEST },
	{ "net.irps[].file", NTR_FT_ADDRESS, NULL, "Its file object.", get_irp,
	  I_FILE },
	{ "net.irps[].thread", NTR_FT_ADDRESS, NULL, "The thread that made it.",
	  get_irp, I_THREAD },
	{ "net.irps[].process", NTR_FT_STRING, NULL, "Process of that thread.",
	  get_irp, I_PROCESS },
	{ "net.irps[].thread_waits", NTR_FT_DURATION, NULL, "How long that "
	  "thread has waited; a request itself keeps no time.", get_irp,
	  I_WAITED },
	{ "net.irps[].pending", NTR_FT_BOOL, NULL, "It is marked pending.",
	  get_irp, I_PENDING },
	{ "net.irps[].cancelled", NTR_FT_BOOL, NULL, "It is cancelled.", get_irp,
	  I_CANCELLED },
	{ "net.files", NTR_FT_LIST, NULL, "File objects on devices of the "
	  "network stack, as requests and pool lead to them.", get_file,
	  F_LIST },
	{ "net.files[]", NTR_FT_RECORD, NULL, "Such a file object.", NULL, 0 },
	{ "net.files[].address", NTR_FT_ADDRESS, NULL, "Where it lies.",
	  get_file, F_ADDRESS },
	{ "net.files[].part", NTR_FT_STRING, NULL, "Whose device: as in "
	  "net.drivers[].part.", get_file, F_PART },
	{ "net.files[].kind", NTR_FT_STRING, NULL, "address, connection, control "
	  "channel; endpoint: a socket.", get_file, F_KIND },
	{ "net.files[].device", NTR_FT_STRING, NULL, "Name of its device.",
	  get_file, F_DEVICE },
	{ "net.files[].context", NTR_FT_ADDRESS, NULL, "Its FsContext, the "
	  "driver's own structure.", get_file, F_CONTEXT },
	{ "net.code", NTR_FT_LIST, NULL, "Code of the network stack that is "
	  "queued, or on a thread's stack.", get_run, R_LIST },
	{ "net.code[]", NTR_FT_RECORD, NULL, "Such a piece.", NULL, 0 },
	{ "net.code[].kind", NTR_FT_STRING, NULL, "work item, DPC, thread.",
	  get_run, R_KIND },
	{ "net.code[].part", NTR_FT_STRING, NULL, "Whose code: as in "
	  "net.drivers[].part.", get_run, R_PART },
	{ "net.code[].address", NTR_FT_ADDRESS, NULL, "Of the work item, the DPC "
	  "or the thread.", get_run, R_ADDRESS },
	{ "net.code[].symbol", NTR_FT_STRING, NULL, "The routine, or the "
	  "innermost such frame of the thread.", get_run, R_SYMBOL },
	{ "net.code[].trust", NTR_FT_STRING, NULL, "How that frame was found; a "
	  "scanned one may be left over from an older call.", get_run,
	  R_TRUST },
	{ "net.code[].parameter", NTR_FT_ADDRESS, NULL, "What the routine will "
	  "get.", get_run, R_PARAMETER },
	{ "net.code[].queue", NTR_FT_STRING, NULL, "The work queue.", get_run,
	  R_QUEUE },
	{ "net.code[].cpu", NTR_FT_INT, NULL, "Number of the DPC's processor.",
	  get_run, R_CPU },
	{ "net.code[].waited", NTR_FT_DURATION, NULL, "How long the thread has "
	  "waited.", get_run, R_WAITED },
	{ "net.bytes.ndis", NTR_FT_SIZE, NULL, "Pool under tags of NDIS.",
	  get_bytes, NTR_NET_NDIS },
	{ "net.bytes.tcpip", NTR_FT_SIZE, NULL, "Pool under tags of TCP/IP.",
	  get_bytes, NTR_NET_TCPIP },
	{ "net.bytes.netbt", NTR_FT_SIZE, NULL, "Pool under tags of NetBT.",
	  get_bytes, NTR_NET_NETBT },
	{ "net.bytes.afd", NTR_FT_SIZE, NULL, "Pool under tags of sockets (AFD).",
	  get_bytes, NTR_NET_AFD },
	{ "netbt.blocks", NTR_FT_INT, NULL, "Blocks of nonpaged pool in use with "
	  "a tag of NetBT.", get_header, H_BLOCKS },
	{ "netbt.faults", NTR_FT_INT, NULL, "How many of netbt.headers have a "
	  "fault.", get_header, H_FAULTS },
	{ "netbt.headers", NTR_FT_LIST, NULL, "What looks like a NetBIOS session "
	  "header at the start of such a block.", get_header, H_LIST },
	{ "netbt.headers[]", NTR_FT_RECORD, NULL, "Such a header.", NULL, 0 },
	{ "netbt.headers[].address", NTR_FT_ADDRESS, NULL, "Where it lies.",
	  get_header, H_BLOCK },
	{ "netbt.headers[].tag", NTR_FT_STRING, "tag", "Tag of the block.",
	  get_header, H_TAG },
	{ "netbt.headers[].type", NTR_FT_INT, "hex", "Type of the packet.",
	  get_header, H_TYPE },
	{ "netbt.headers[].type_name", NTR_FT_STRING, NULL, "What RFC 1002 calls "
	  "that type.", get_header, H_NAME },
	{ "netbt.headers[].flags", NTR_FT_INT, "hex", "Its flags, without the bit "
	  "of the length.", get_header, H_FLAGS },
	{ "netbt.headers[].length", NTR_FT_SIZE, NULL, "Its length, of 17 bits.",
	  get_header, H_LENGTH },
	{ "netbt.headers[].room", NTR_FT_SIZE, NULL, "Bytes of the block behind "
	  "the header.", get_header, H_ROOM },
	{ "netbt.headers[].beyond", NTR_FT_BOOL, NULL, "The length is larger than "
	  "that; the rest may not have come yet.", get_header, H_BEYOND },
	{ "netbt.headers[].sign", NTR_FT_STRING, NULL, "What speaks for its being "
	  "a header.", get_header, H_SIGN },
	{ "netbt.headers[].fault", NTR_FT_STRING, NULL, "What of it RFC 1002 does "
	  "not allow.", get_header, H_FAULT },
};

const struct ntr_fact_part ntr_fact_part_net = {
	"Network", "The network stack, as far as it shows without private types.",
	rows, NTR_COUNT(rows),
};
