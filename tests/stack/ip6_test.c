// SPDX-License-Identifier: Apache-2.0
/* IPv6: literal frames in and out, what is refused, many adapters at once, and
 * two machines on a link. */
#include "net6.h"

#include "tdi/tdi.h"

#include <string.h>

#define MS UINT64_C(1000000)
#define SEC UINT64_C(1000000000)

/* The allocation that fails in a machine of memory_fails(). */
static u64 fail_at;

static bool open6(struct net *n, const char *options)
{
	return net6_open(n, options, fail_at);
}

static void in_icmp(struct net *n, const char *text)
{
	net6_icmp_at(n, text, 54);
}

static bool icmp_sum_ok(const struct net_frame *f)
{
	u8 pseudo[40] = { 0 };
	u32 sum = 0;

	memcpy(pseudo, f->b + 22, 32);
	net_put16(pseudo + 34, (u16)(f->n - 54));
	pseudo[39] = 58;
	for (u32 i = 0; i < 40; i += 2)
		sum += (u32)pseudo[i] << 8 | pseudo[i + 1];
	return !net_sum(f->b + 54, f->n - 54, sum);
}

/* The next frame that is an ICMPv6 message of this type right behind the
 * header. */
static const struct net_frame *next_icmp(struct net *n, u8 type)
{
	const struct net_frame *f;

	while ((f = net_next(n)))
		if (f->n > 54 && f->b[20] == 58 && f->b[54] == type)
			return f;
	return NULL;
}

/* Its addresses are its own, and each knows the other. */
static bool ready(struct net *n, const char *options)
{
	if (!open6(n, options))
		return false;
	net_run(n, 15 * SEC);
	in_icmp(n, IN IP6("0020", "3a", "ff", LL2, LL1) "8700 0000 00000000 "
		LL1 "0101 020000000002");
	net_skip(n);
	return true;
}

/* --- addresses ------------------------------------------------------------------------- */

static void duplicate_detection(void)
{
	struct net n;
	const struct net_frame *f;

	CHECK(open6(&n, ""));
	net_run(&n, 1200 * MS);
	f = next_icmp(&n, 135);
	CHECK(net_is(f, "3333ff000001 020000000001 86dd "
		     IP6("0018", "3a", "ff", ANY, SN1) "8700 xxxx 00000000 "
		     LL1));
	CHECK(f && icmp_sum_ok(f));
	/* it is not answered for until nobody had it */
	n.next = n.nout;
	in_icmp(&n, IN IP6("0010", "3a", "40", LL2, LL1)
		"8000 0000 0001 0001 6162636465666768");
	CHECK(!next_icmp(&n, 129));
	net_run(&n, 10 * SEC);
	f = next_icmp(&n, 133); /* RFC 4861 4.1: with the station's address */
	CHECK(net_is(f, "333300000002 020000000001 86dd "
		     "60000000 0010 3aff " LL1
		     "ff020000000000000000000000000002 8500 xxxx 00000000 "
		     "0101 020000000001"));
	net_close(&n);
}

static const char *const conflicts[] = {
	/* another probes for it; another says that it has it */
	"3333ff000001 020000000002 86dd " IP6("0018", "3a", "ff", ANY, SN1)
		"8700 0000 00000000 " LL1,
	"333300000001 020000000002 86dd " IP6("0020", "3a", "ff", LL1, ALL)
		"8800 0000 20000000 " LL1 "0201 020000000002",
};

static void duplicate_conflict(void)
{
	for (u32 i = 0; i < 2; i++) {
		struct net n;

		CHECK(open6(&n, ""));
		net_run(&n, 50 * MS);
		in_icmp(&n, conflicts[i]);
		net_run(&n, 10 * SEC);
		net_skip(&n);
		in_icmp(&n, IN IP6("0020", "3a", "ff", LL2, SN1)
			"8700 0000 00000000 " LL1 "0101 020000000002");
		CHECK(!next_icmp(&n, 136));
		net_close(&n);
	}
}

#define AUTO "20010db800010000000000fffe000001 "

static bool answers(struct net *n, const char *who)
{
	char text[512];

	in_icmp(n, IN IP6("0020", "3a", "ff", LL2, LL1) "8700 0000 00000000 "
		LL1 "0101 020000000002");
	net_skip(n);
	snprintf(text, sizeof(text), IN IP6("0010", "3a", "40", LL2, "%s")
		 "8000 0000 0001 0001 6162636465666768", who);
	in_icmp(n, text);
	net_run(n, MS);
	return next_icmp(n, 129);
}

static void autoconfiguration(void)
{
	struct net n;

	CHECK(ready(&n, ""));
	/* more preferred than valid; of the link alone; 60 bits: none */
	in_icmp(&n, RA("0708", "0030", PREFIX("c0", "00000e10", "00001c20")));
	in_icmp(&n, RA("0708", "0030", PREFIX("80", "00000e10", "00000708")));
	net_run(&n, 3 * SEC);
	CHECK(!answers(&n, AUTO));
	/* three hours */
	in_icmp(&n, RA("0708", "0030", PREFIX("c0", "00002a30", "00000e10")));
	net_run(&n, 3 * SEC);
	CHECK(answers(&n, AUTO));
	/* RFC 4862 5.5.3 (e): one second is not believed, two hours stay */
	in_icmp(&n, RA("0708", "0030", PREFIX("c0", "00000001", "00000001")));
	net_run(&n, 7000 * SEC);
	CHECK(answers(&n, AUTO));
	net_run(&n, 210 * SEC);
	CHECK(!answers(&n, AUTO));
	net_check_pool(&n);
	net_close(&n);
}

/* --- neighbours ------------------------------------------------------------------------------ */

static void solicitation(void)
{
	struct net n;

	CHECK(ready(&n, "ip=2001:db8::1/64"));
	in_icmp(&n, "3333ff000001 020000000002 86dd "
		IP6("0020", "3a", "ff", LL2, SN1) "8700 0000 00000000 "
		G1 "0101 020000000002");
	CHECK_OUT(&n, OUT IP6("0020", "3a", "ff", G1, LL2)
		  "8800 xxxx 60000000 " G1 "0201 020000000001");
	/* from nobody: to all, not as an answer (RFC 4861 7.2.4) */
	in_icmp(&n, "3333ff000001 020000000002 86dd "
		IP6("0018", "3a", "ff", ANY, SN1) "8700 0000 00000000 " G1);
	CHECK_OUT(&n, "333300000001 020000000001 86dd "
		  IP6("0020", "3a", "ff", G1, ALL)
		  "8800 xxxx 20000000 " G1 "0201 020000000001");
	net_close(&n);
}

static const char *const refused[] = {
	/* from afar; a code; a group as target; no length; too long; from
	 * nobody with an address of the link; from nobody to us alone */
	IN IP6("0020", "3a", "fe", LL2, LL1) "8700 0000 00000000 " LL1
		"0101 020000000002",
	IN IP6("0020", "3a", "ff", LL2, LL1) "8701 0000 00000000 " LL1
		"0101 020000000002",
	IN IP6("0020", "3a", "ff", LL2, LL1) "8700 0000 00000000 " ALL
		"0101 020000000002",
	IN IP6("0020", "3a", "ff", LL2, LL1) "8700 0000 00000000 " LL1
		"0100 020000000002",
	IN IP6("0020", "3a", "ff", LL2, LL1) "8700 0000 00000000 " LL1
		"0102 020000000002",
	"3333ff000001 020000000002 86dd " IP6("0020", "3a", "ff", ANY, SN1)
		"8700 0000 00000000 " LL1 "0101 020000000002",
	IN IP6("0018", "3a", "ff", ANY, LL1) "8700 0000 00000000 " LL1,
	IN IP6("0017", "3a", "ff", LL2, LL1) "8700 0000 00000000 "
		"fe80000000000000000000fffe0000",
};

static void solicitations_refused(void)
{
	struct net n;

	CHECK(ready(&n, ""));
	for (u32 i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		in_icmp(&n, refused[i]);
		if (n.nout != n.next)
			TEST_FAIL("answered: %s", refused[i]);
		net_skip(&n);
	}
	CHECK_SILENT(&n);
	net_check_pool(&n);
	net_close(&n);
}

/* Who can say where another is. */
static void spoofed_advertisements(void)
{
	static const char *const lies[] = {
		/* not to override; from afar; an answer to all; unasked for
		 * one that nobody knows */
		IN IP6("0020", "3a", "ff", LL3, LL1) "8800 0000 00000000 " LL2
			"0201 020000000003",
		IN IP6("0020", "3a", "fe", LL3, LL1) "8800 0000 60000000 " LL2
			"0201 020000000003",
		"333300000001 020000000002 86dd "
			IP6("0020", "3a", "ff", LL3, ALL)
			"8800 0000 60000000 " LL2 "0201 020000000003",
		IN IP6("0020", "3a", "ff", LL3, LL1) "8800 0000 20000000 " LL2
			"0201 330000000003",
	};
	struct net n;
	const struct net_frame *f;

	CHECK(ready(&n, ""));
	for (u32 i = 0; i < 4; i++) {
		in_icmp(&n, lies[i]);
		net_skip(&n);
		in_icmp(&n, IN IP6("0010", "3a", "40", LL2, LL1)
			"8000 0000 0001 0001 6162636465666768");
		f = next_icmp(&n, 129);
		CHECK(net_is(f, OUT IP6("0010", "3a", "80", LL1, LL2)
			     "8100 xxxx 0001 0001 6162636465666768"));
	}
	/* LL3 was never asked for: no entry was made of what it said */
	in_icmp(&n, IN IP6("0020", "3a", "ff", LL3, LL1) "8800 0000 20000000 "
		LL3 "0201 020000000003");
	net_skip(&n);
	in_icmp(&n, IN IP6("0010", "3a", "40", LL3, LL1)
		"8000 0000 0001 0001 6162636465666768");
	CHECK(next_icmp(&n, 135) != NULL);
	net_close(&n);
}

/* An echo request from beyond the link, and the answer, which goes by a router. */
static const struct net_frame *far_echo(struct net *n)
{
	in_icmp(n, IN IP6("0010", "3a", "40", G2,
			  "20010db8000900000000000000000001 ")
		"8000 0000 0001 0001 6162636465666768");
	return next_icmp(n, 129);
}

/* A router of another link, a redirect of someone who is no router. */
static void routers_and_redirects(void)
{
	struct net n;
	const struct net_frame *f;

	CHECK(ready(&n, "ip=2001:db8:9::1/64"));
	/* a hop away, not of the link: no router */
	in_icmp(&n, "333300000001 020000000002 86dd 60000000 0010 3afe " LL2 ALL
		"8600 0000 4000 0708 00000000 00000000");
	in_icmp(&n, "333300000001 020000000002 86dd 60000000 0010 3aff " G2 ALL
		"8600 0000 4000 0708 00000000 00000000");
	CHECK(!far_echo(&n));
	in_icmp(&n, RA("0708", "0010", ""));
	net_skip(&n);
	f = far_echo(&n);
	CHECK(f && !memcmp(f->b, "\2\0\0\0\0\2", 6));
	/* from LL3, which is not the first hop: not believed */
	in_icmp(&n, IN IP6("0030", "3a", "ff", LL3, LL1) "8900 0000 00000000 "
		LL3 G2 "0201 020000000003");
	net_skip(&n);
	f = far_echo(&n);
	CHECK(f && !memcmp(f->b, "\2\0\0\0\0\2", 6));
	in_icmp(&n, IN IP6("0030", "3a", "ff", LL2, LL1) "8900 0000 00000000 "
		LL3 G2 "0201 020000000003");
	net_skip(&n);
	f = far_echo(&n);
	CHECK(f && !memcmp(f->b, "\2\0\0\0\0\3", 6));
	net_close(&n);
}

/* A flood of sources that do not answer: the table has its cap. */
static void neighbours_are_capped(void)
{
	struct net n;
	u8 b[128];
	u32 len;

	CHECK(ready(&n, ""));
	len = net_hex(IN IP6("0020", "3a", "ff", LL2, LL1)
		      "8700 0000 00000000 " LL1 "0101 020000000002", b,
		      sizeof(b));
	for (u32 i = 0; i < 1000; i++) {
		u32 sum = 0;

		net_put16(b + 36, (u16)(0x1000 + i));
		net_put16(b + 56, 0);
		for (u32 k = 22; k < 54; k += 2)
			sum += (u32)b[k] << 8 | b[k + 1];
		net_put16(b + 56, net_sum(b + 54, len - 54, sum + 32 + 58));
		net_raw(&n, b, len);
	}
	CHECK(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', '6', 'N', 'b')) <
	      257 * 160);
	CHECK(n.nout > n.next);
	net_close(&n);
}

/* --- headers --------------------------------------------------------------------------------- */

#define PONG OUT IP6("0010", "3a", "80", LL1, LL2) "8100 xxxx 0001 0001 "   \
	"6162636465666768"

static void chains(void)
{
	struct net n;

	CHECK(ready(&n, ""));
	in_icmp(&n, IN IP6("0010", "3a", "40", LL2, LL1) ECHO16);
	CHECK_OUT(&n, PONG);
	/* hop-by-hop with router alert, destination with padding */
	net6_icmp_at(&n, IN IP6("0020", "00", "40", LL2, LL1)
		   "3c00 0502 0000 0100 3a00 0104 00000000 " ECHO16, 70);
	CHECK_OUT(&n, PONG);
	/* an option that may be passed over; routing with nothing left */
	net6_icmp_at(&n, IN IP6("0020", "3c", "40", LL2, LL1)
		   "2b00 1e04 00000000 3a00 0000 00000000 " ECHO16, 70);
	CHECK_OUT(&n, PONG);
	/* type 0 with something left (RFC 5095): code 0, at the type */
	net6_icmp_at(&n, IN IP6("0018", "2b", "40", LL2, LL1)
		   "3a00 0001 00000000 " ECHO16, 62);
	CHECK_OUT(&n, OUT IP6("0048", "3a", "80", LL1, LL2) "0400 xxxx "
		  "0000002a " IP6("0018", "2b", "40", LL2, LL1)
		  "3a00 0001 00000000 8000 xxxx 0001 0001 6162636465666768");
	/* an unknown option that asks to be told of: code 2, at it */
	net6_icmp_at(&n, IN IP6("0018", "3c", "40", LL2, LL1)
		   "3a00 9e04 00000000 " ECHO16, 62);
	CHECK_OUT(&n, OUT IP6("0048", "3a", "80", LL1, LL2) "0402 xxxx "
		  "0000002a " IP6("0018", "3c", "40", LL2, LL1)
		  "3a00 9e04 00000000 8000 xxxx 0001 0001 6162636465666768");
	/* a protocol that nobody has: code 1, at the number */
	net_in(&n, IN IP6("0008", "fd", "40", LL2, LL1) "0102030405060708");
	CHECK_OUT(&n, OUT IP6("0038", "3a", "80", LL1, LL2) "0401 xxxx "
		  "00000006 " IP6("0008", "fd", "40", LL2, LL1)
		  "0102030405060708");
	/* hop-by-hop that is not the first */
	net6_icmp_at(&n, IN IP6("0020", "3c", "40", LL2, LL1)
		   "0000 0104 00000000 3a00 0104 00000000 " ECHO16, 70);
	CHECK_OUT(&n, OUT IP6("0050", "3a", "80", LL1, LL2) "0401 xxxx "
		  "00000028 " IP6("0020", "3c", "40", LL2, LL1)
		  "0000 0104 00000000 3a00 0104 00000000 "
		  "8000 xxxx 0001 0001 6162636465666768");
	net_check_pool(&n);
	net_close(&n);
}

static const char *const silent[] = {
	/* version 4; more than there is; from a group, from us, to ::1; no
	 * next header; an option to be dropped for; one beyond its header */
	IN "40000000 0010 3a40 " LL2 LL1 ECHO16,
	IN IP6("0011", "3a", "40", LL2, LL1) ECHO16,
	IN IP6("0010", "3a", "40", ALL, LL1) ECHO16,
	IN IP6("0010", "3a", "40", LL1, LL1) ECHO16,
	IN IP6("0010", "3a", "40", LL2, "00000000000000000000000000000001 ")
		ECHO16,
	IN IP6("0000", "3b", "40", LL2, LL1),
	IN IP6("0018", "3c", "40", LL2, LL1) "3a00 5e04 00000000 " ECHO16,
	IN IP6("0008", "3c", "40", LL2, LL1) "3a02 0104 00000000",
	IN IP6("0001", "3c", "40", LL2, LL1) "3a",
	/* a fragment of nothing; one within one */
	IN IP6("0008", "2c", "40", LL2, LL1) "3a00 0001 00000001",
	IN IP6("0018", "2c", "40", LL2, LL1) "2c00 0000 00000001 "
		"3a00 0000 00000002 0102030405060708",
	/* to all: no smurf */
	"333300000001 020000000002 86dd " IP6("0010", "3a", "40", LL2, ALL)
		ECHO16,
};

static void headers_refused(void)
{
	struct net n;

	CHECK(ready(&n, ""));
	for (u32 i = 0; i < sizeof(silent) / sizeof(*silent); i++) {
		/* behind an extension header, or the IPv6 header */
		net6_icmp_at(&n, silent[i], strstr(silent[i], " 3a40 ") ? 54 : 62);
		if (n.nout != n.next)
			TEST_FAIL("answered: %s", silent[i]);
		net_skip(&n);
	}
	CHECK_SILENT(&n);
	net_check_pool(&n);
	net_close(&n);
}

/* A hundred headers, a header of nothing but options. */
static void header_bombs(void)
{
	struct net n;
	u8 b[1514] = { 0 };
	u32 at;

	CHECK(ready(&n, ""));
	net_hex(IN IP6("05b0", "3c", "40", LL2, LL1), b, sizeof(b));
	for (at = 54; at + 8 <= 54 + 1456; at += 8) {
		b[at] = 60;
		b[at + 2] = 1;
		b[at + 3] = 4;
	}
	net_raw(&n, b, 54 + 1456);
	CHECK_SILENT(&n);
	memset(b + 54, 0, 1456);
	b[54] = 59;
	b[55] = 100;
	for (at = 56; at < 54 + 808; at += 2)
		b[at] = 0x1e;        /* no data each: 403 options */
	net_raw(&n, b, 54 + 1456);
	CHECK_SILENT(&n);
	net_check_pool(&n);
	net_close(&n);
}

/* --- fragments --------------------------------------------------------------------------------- */

/* An echo request of 24 bytes; its sum over both parts. */

static void echo_in_parts(const char *sum, char *to, size_t size)
{
	snprintf(to, size, FRAG("0018", "0001", "00000007",
				"8000 %s 0001 0001 6162636465666768"), sum);
}

/* Computed apart: the whole message with the pseudo-header. */
static void whole_sum(char *to)
{
	u8 b[64];
	u32 len = net_hex(LL2 LL1 "00000018 0000003a 8000 0000 0001 0001 "
			  "6162636465666768 6162636465666768", b, sizeof(b));

	snprintf(to, 5, "%04x", net_sum(b, len, 0));
}

static void fragments(void)
{
	struct net n;
	char sum[8], first[512];

	whole_sum(sum);
	echo_in_parts(sum, first, sizeof(first));
	CHECK(ready(&n, ""));
	/* the last one first, and one of them twice */
	net_in(&n, FRAG("0010", "0010", "00000007", "6162636465666768"));
	net_in(&n, FRAG("0010", "0010", "00000007", "6162636465666768"));
	net_in(&n, first);
	CHECK_OUT(&n, OUT IP6("0018", "3a", "80", LL1, LL2) "8100 xxxx 0001 "
		  "0001 6162636465666768 6162636465666768");
	/* RFC 5722: an overlap costs all of it, the rest too */
	net_in(&n, FRAG("0010", "0010", "00000007", "6162636465666768"));
	net_in(&n, FRAG("0010", "0010", "00000007", "7162636465666768"));
	net_in(&n, first);
	net_in(&n, FRAG("0010", "0010", "00000007", "6162636465666768"));
	CHECK_SILENT(&n);
	/* alone (RFC 6946), beside others of its number */
	net6_icmp_at(&n, FRAG("0018", "0000", "00000007", ECHO16), 62);
	CHECK_OUT(&n, PONG);
	/* the overlap is forgotten after a minute */
	net_run(&n, 61 * SEC);
	in_icmp(&n, IN IP6("0020", "3a", "ff", LL2, LL1) "8700 0000 00000000 "
		LL1 "0101 020000000002");
	net_skip(&n);
	net_check_pool(&n);
	net_close(&n);
}

static void fragments_refused(void)
{
	struct net n;

	CHECK(ready(&n, ""));
	/* not a multiple of eight: the payload length is to blame */
	net_in(&n, IN "60000000 000f 2c40 " LL2 LL1 "1100 0001 00000001 "
	       "61626364656667");
	CHECK_OUT(&n, OUT IP6("003f", "3a", "80", LL1, LL2) "0400 xxxx "
		  "00000004 60000000 000f 2c40 " LL2 LL1
		  "1100 0001 00000001 61626364656667");
	/* beyond 65535: the offset is */
	net_in(&n, IN "60000000 0010 2c40 " LL2 LL1 "1100 fff8 00000002 "
	       "6162636465666768");
	CHECK_OUT(&n, OUT IP6("0040", "3a", "80", LL1, LL2) "0400 xxxx "
		  "0000002a 60000000 0010 2c40 " LL2 LL1
		  "1100 fff8 00000002 6162636465666768");
	/* RFC 7112: a TCP header that is not all in the first */
	net_in(&n, IN "60000000 0010 2c40 " LL2 LL1 "0600 0001 00000003 "
	       "0007000800000000");
	CHECK_OUT(&n, OUT IP6("0040", "3a", "80", LL1, LL2) "0403 xxxx "
		  "00000000 60000000 0010 2c40 " LL2 LL1
		  "0600 0001 00000003 0007000800000000");
	/* a thousand first parts: a source has 16 places */
	for (u32 i = 0; i < 1000; i++) {
		char t[512];

		snprintf(t, sizeof(t), IN "60000000 0010 2c40 " LL2 LL1
			 "1100 0009 %08x 6162636465666768", i + 16);
		net_in(&n, t);
	}
	CHECK(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', '6', 'R', 'a')) <
	      17 * 800);
	net_run(&n, 70 * SEC);
	CHECK_EQ(tag_bytes(n.m.x, EX_NONPAGED, EX_TAG('T', '6', 'R', 'a')), 0);
	net_check_pool(&n);
	net_close(&n);
}

/* RFC 8201: less than 1280 is not believed; what is sent is cut. */
static void path_mtu(void)
{
	static u8 b[1514];
	struct net n;
	const char *told[] = { "00000400", "00000514" };

	CHECK(ready(&n, ""));
	for (u32 i = 0; i < 2; i++) {
		char t[512];
		u32 sum = 0, len = 54 + 1400;

		snprintf(t, sizeof(t), IN IP6("0038", "3a", "40", LL2, LL1)
			 "0200 0000 %s " IP6("0578", "3a", "80", LL1, LL2)
			 "8100 0000 0001 0001", told[i]);
		in_icmp(&n, t);
		CHECK_SILENT(&n);
		net_hex(IN IP6("0578", "3a", "40", LL2, LL1) "8000", b, 56);
		net_put16(b + 56, 0);
		for (u32 k = 22; k < 54; k += 2)
			sum += (u32)b[k] << 8 | b[k + 1];
		net_put16(b + 56, net_sum(b + 54, 1400, sum + 1400 + 58));
		net_raw(&n, b, len);
		CHECK_EQ(n.nout - n.next, 1 + i);
		if (i) {
			CHECK_EQ(n.out[n.next].n, 14 + 48 + 1248);
			CHECK_EQ(n.out[n.next + 1].n, 14 + 48 + 152);
			CHECK_EQ(n.out[n.next].b[20], 44);
		}
		net_skip(&n);
	}
	net_check_pool(&n);
	net_close(&n);
}

static void ports_and_limits(void)
{
	struct net n;

	CHECK(ready(&n, ""));
	/* UDP to a port that nobody has; its sum is right (RFC 8200 8.1) */
	net_in(&n, IN IP6("0008", "11", "40", LL2, LL1) "0401 0035 0008 00a4");
	CHECK_OUT(&n, OUT IP6("0038", "3a", "80", LL1, LL2) "0104 xxxx "
		  "00000000 " IP6("0008", "11", "40", LL2, LL1)
		  "0401 0035 0008 00a4");
	net_run(&n, 2 * SEC);
	for (u32 i = 0; i < 500; i++)
		net_in(&n, IN IP6("0008", "fd", "40", LL2, LL1)
		       "0102030405060708");
	CHECK(n.nout - n.next >= 100 && n.nout - n.next <= 103);
	net_close(&n);
}

/* --- groups -------------------------------------------------------------------------------- */

static void listener_reports(void)
{
	struct net n;
	const struct net_frame *f;

	CHECK(ready(&n, ""));
	/* RFC 3810 5.1: a general query, a second to answer */
	net6_icmp_at(&n, "333300000001 020000000002 86dd 60000000 0024 0001 "
		   LL2 ALL "3a00 0502 0000 0100 8200 0000 03e8 0000 " ANY
		   "02 7d 0000", 62);
	net_run(&n, 2 * SEC);
	f = net_next(&n);
	CHECK(net_is(f, "333300000016 020000000001 86dd 60000000 0024 0001 "
		     LL1 "ff020000000000000000000000000016 "
		     "3a00 0502 0000 0100 8f00 xxxx 0000 0001 0200 0000 " SN1));
	/* one of version 1: the report goes to the group */
	net6_icmp_at(&n, "333300000001 020000000002 86dd 60000000 0020 0001 "
		   LL2 ALL "3a00 0502 0000 0100 8200 0000 03e8 0000 " ANY, 62);
	net_run(&n, 2 * SEC);
	f = net_next(&n);
	CHECK(net_is(f, "3333ff000001 020000000001 86dd 60000000 0020 0001 "
		     LL1 SN1 "3a00 0502 0000 0100 8300 xxxx 0000 0000 " SN1));
	/* from afar */
	net6_icmp_at(&n, "333300000001 020000000002 86dd 60000000 0024 0002 "
		   LL2 ALL "3a00 0502 0000 0100 8200 0000 03e8 0000 " ANY
		   "02 7d 0000", 62);
	net_run(&n, 2 * SEC);
	while ((f = net_next(&n)))
		CHECK(f->b[20] != 0);
	net_close(&n);
}

/* --- options --------------------------------------------------------------------------------- */

static void options_are_strict(void)
{
	static const char *const bad[] = {
		"ip=2001:db8::1", "ip=2001:db8::1/0", "ip=2001:db8::1/129",
		"ip=ff02::1/64", "ip=::1/128", "ip=10.0.0.1/24", "mtu=1279",
		"gw=2001:db8::2", "dad=11", "autoconf=2", "nothing=1", "dev=",
		"dev=eth0 dev=eth0", "personality=os2", "ip" };

	for (u32 i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct net n;

		CHECK(!open6(&n, bad[i]));
		if (n.driver)
			TEST_FAIL("taken: %s", bad[i]);
		net_close(&n);
	}
}

/* --- memory that is not there ------------------------------------------------------------- */

/* Whichever allocation fails, the driver lives or refuses to. */
static void memory_fails(void)
{
	struct machine m = machine_new(1, 1);
	struct ex_pool_state p, q;
	u64 first;

	ex_pool_state(m.x, EX_NONPAGED, &p);
	ex_pool_state(m.x, EX_PAGED, &q);
	first = p.allocs + q.allocs + 1;
	machine_free(&m);
	for (u64 at = first; at < first + 150; at++) {
		struct net n;

		fail_at = at;
		if (open6(&n, "ip=2001:db8::1/64 gw=fe80::9")) {
			net_run(&n, 3 * SEC);
			for (u32 i = 0; i < NFRAMES6; i++)
				in_icmp(&n, frames6[i]);
			net_run(&n, 70 * SEC);
			CHECK(ex_stopped(n.m.x) <= EX_IDLE);
		}
		fail_at = 0;
		/* it may be the thread of the unloading that has none */
		if (n.driver && !ex_failed(io_unload(n.driver)))
			n.driver = NULL;
		net_close(&n);
	}
}

/* RFC 4861 7.3: three questions to one that is silent, then to all. */
static void unreachability(void)
{
	struct net n;
	u32 asked = 0, replies = 0;

	CHECK(ready(&n, ""));
	net_run(&n, 9 * SEC);
	for (const struct net_frame *f; (f = next_icmp(&n, 135));)
		asked += net_is(f, OUT IP6("0020", "3a", "ff", LL1, LL2)
				"8700 xxxx 00000000 " LL2 "0101 020000000001");
	CHECK_EQ(asked, 3);
	for (u32 i = 0; i < 5; i++)
		in_icmp(&n, IN IP6("0010", "3a", "40", LL2, LL1) ECHO16);
	CHECK_OUT(&n, "3333ff000002 020000000001 86dd "
		  IP6("0020", "3a", "ff", LL1,
		      "ff0200000000000000000001ff000002 ")
		  "8700 xxxx 00000000 " LL2 "0101 020000000001");
	CHECK_SILENT(&n);
	in_icmp(&n, IN IP6("0020", "3a", "ff", LL2, LL1) "8800 0000 60000000 "
		LL2 "0201 020000000002");
	while (next_icmp(&n, 129))
		replies++;
	CHECK_EQ(replies, 3);
	net_check_pool(&n);
	net_close(&n);
}

/* --- what a netstat asks ------------------------------------------------------------------- */

static void addresses_are_told(void)
{
	static const u8 own[16] = { 0xfe, 0x80, [11] = 0xff, 0xfe, [15] = 1 };
	struct inet_row r[2];
	struct net n;

	CHECK(ready(&n, "ip=2001:db8::1/64"));
	/* of more rows than there is room for, all are counted */
	CHECK_EQ(net_table(&n, "\\Device\\Tcp6", INET_ADDRESSES, r, 1), 2);
	CHECK_EQ(net_table(&n, "\\Device\\Tcp6", INET_ADDRESSES, r, 2), 2);
	CHECK(!strcmp(r[0].state, "preferred") && !strcmp(r[0].name, "eth0"));
	CHECK_EQ(r[0].prefix, 64);
	CHECK(!memcmp(r[0].local.ip, own, 16));
	CHECK_EQ(r[1].local.ip[15], 1);
	CHECK_EQ(r[1].local.ip[0], 0x20);
	CHECK_EQ(net_table(&n, "\\Device\\Tcp6", (enum inet_table)99, r, 2), 0);
	net_close(&n);
}

static void go(void *ctx)
{
	ndis_remove(ctx);
}

static u32 with_address(struct net *n, u8 last)
{
	struct inet_row row[16];
	u32 all = net_table(n, "\\Device\\Tcp6", INET_ADDRESSES, row, 16), k = 0;

	for (u32 i = 0; i < all && i < 16; i++)
		k += row[i].local.ip[0] == 0x20 && row[i].local.ip[15] == last;
	return k;
}

/* What was configured for one adapter is not given to another that comes while the
 * first has it, whoever else goes meanwhile. */
static void one_adapter_is_configured(void)
{
	struct ndis_adapter_info info = { .name = "eth1",
		.address = { 2, 0, 0, 0, 0, 9 }, .max_frame = 1500 };
	struct nic_wire *more[2];
	struct net n;

	CHECK(open6(&n, "ip=2001:db8::1/64 dad=0"));
	for (int i = 0; i < 2; i++) {
		more[i] = nic_wire_new(n.m.x, &info, NULL, NULL);
		net_run(&n, 50 * MS);
		CHECK_EQ(with_address(&n, 1), 1);
		CHECK(ex_call(n.m.x, go, nic_wire_adapter(more[i])));
		net_run(&n, 50 * MS);
		CHECK_EQ(with_address(&n, 1), 1);
	}
	net_close(&n);
	for (int i = 0; i < 2; i++)
		nic_wire_free(more[i]);
}

int main(void)
{
	RUN(addresses_are_told);
	RUN(unreachability);
	RUN(memory_fails);
	RUN(chains);
	RUN(headers_refused);
	RUN(header_bombs);
	RUN(fragments);
	RUN(fragments_refused);
	RUN(path_mtu);
	RUN(ports_and_limits);
	RUN(listener_reports);
	RUN(options_are_strict);
	RUN(duplicate_detection);
	RUN(duplicate_conflict);
	RUN(autoconfiguration);
	RUN(solicitation);
	RUN(solicitations_refused);
	RUN(spoofed_advertisements);
	RUN(routers_and_redirects);
	RUN(neighbours_are_capped);
	RUN(one_adapter_is_configured);
	return test_done();
}
