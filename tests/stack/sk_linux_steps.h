// SPDX-License-Identifier: Apache-2.0
/*
 * The sequences of sk_linux_test.c.  S(call): the same result on both.  D(call,
 * Linux's, ours, reason): each gives that.  To add one: an array of steps and a
 * row of sequences[].
 */
#ifndef TESTS_STACK_SK_LINUX_STEPS_H
#define TESTS_STACK_SK_LINUX_STEPS_H

#include "sk_linux.h"

#define WINSOCK_UNCONNECTED "Winsock: WSAENOTCONN, whatever else is wrong"
#define WINSOCK_UNBOUND "Winsock: WSAEINVAL of a socket that is not bound"
#define WINSOCK_REUSE "Winsock: SO_REUSEADDR takes a port from who has it"
#define WINSOCK_TIME_WAIT "NT: TIME-WAIT keeps nobody from the port"
#define WINSOCK_LISTENER "Winsock: WSAENOTCONN; a listener is not shut down"
#define WINSOCK_NO_ADDRESS "Winsock: WSAEADDRNOTAVAIL, no address of a host"
#define WINSOCK_KEEPALIVE "Winsock: SO_KEEPALIVE is of streams"
#define NT_BACKLOG "NT resets what the backlog has no room for; Linux waits, \
and has room for one more"
#define NT_DEFAULTS "NT's default"
#define AFD_BROKEN "AFD: a broken connection stays connected and gives its error \
to each call; Linux forgets the peer and the error"
#define LINUX_ONCE "Linux tells the end of a connect that was not waited for by \
the next connect, once"

#define CONNECTED                                                          \
	S("socket 0 tcp"), S("bind 0 1"), S("listen 0 5"), S("socket 1 tcp"), \
		S("connect 1 1"), S("accept 2 0")

static const struct step q_opening[] = {
	S("socket 0 tcp"), S("socket 1 udp"), S("socket 2 tcp:6"),
	S("socket 3 udp:17"), S("socket 4 tcp:17"), S("socket 5 udp:6"),
	S("socket 6 family"), S("socket 7 seqpacket"),
	S("get 0 type"), S("get 1 type"), S("get 0 domain"),
	S("close 0"), S("close 1"),
};

static const struct step q_fresh_tcp[] = {
	S("socket 0 tcp"), S("name 0"), S("peer 0"), S("poll 0 iopr 0"),
	S("recv 0 5 d"), D("send 0 x d", "EPIPE", "ENOTCONN", WINSOCK_UNCONNECTED), S("shutdown 0 rd"),
	S("shutdown 0 wr"), S("accept 1 0"), S("get 0 error"),
	S("ioctl 0 fionread"), S("ioctl 0 atmark"), S("ioctl 0 outq"),
	S("ioctl 0 wrong"), S("get 0 info"), S("get 0 listening"),
	D("recv 0 0 d", "0:", "ENOTCONN", WINSOCK_UNCONNECTED), D("send 0 x do", "EPIPE", "ENOTCONN", WINSOCK_UNCONNECTED), D("recv 0 1 do", "EINVAL", "ENOTCONN", WINSOCK_UNCONNECTED),
};

static const struct step q_fresh_udp[] = {
	S("socket 0 udp"), S("name 0"), S("peer 0"), S("poll 0 iopr 0"),
	D("recv 0 5 d", "EAGAIN", "EINVAL", WINSOCK_UNBOUND), D("send 0 x d", "EDESTADDRREQ", "ENOTCONN", WINSOCK_UNCONNECTED), S("shutdown 0 wr"), S("listen 0 1"),
	S("accept 1 0"), S("get 0 error"), S("ioctl 0 fionread"),
	S("ioctl 0 atmark"), S("name 0"), S("get 0 info"),
};

static const struct step q_binding[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("bind 0 2"), S("name 0"),
	S("socket 1 tcp"), S("bind 1 1"), S("bind 1 any:1"),
	S("bind 1 foreign:1"), S("bind 1 0"), S("name 1"),
	S("socket 2 udp"), S("bind 2 1"), S("socket 3 udp"), S("bind 3 1"),
	S("bind 3 any:1"), S("bind 3 any:2"), S("name 3"),
	S("socket 4 udp"), S("bind 4 foreign:3"),
	S("close 0"), S("socket 0 tcp"), S("bind 0 1"),
	S("socket 5 udp"), S("bind 5 group:4"), S("socket 6 tcp"),
	S("bind 6 group:4"), S("socket 7 udp"), S("bind 7 all:5"),
};

static const struct step q_reusing[] = {
	S("socket 0 udp"), S("set 0 reuse 1"), S("bind 0 1"),
	S("socket 1 udp"), S("bind 1 1"), S("set 1 reuse 1"), S("bind 1 1"),
	S("socket 2 tcp"), S("set 2 reuse 1"), S("bind 2 1"),
	S("socket 3 tcp"), S("set 3 reuse 1"), S("bind 3 1"), S("listen 2 1"),
	D("listen 3 1", "EADDRINUSE", "0", WINSOCK_REUSE), S("socket 4 tcp"), S("set 4 reuse 1"), D("bind 4 1", "EADDRINUSE", "0", WINSOCK_REUSE),
	S("get 4 reuse"),
};

/* The port of a connection that is in TIME-WAIT. */
static const struct step q_reusing_after[] = {
	CONNECTED, S("close 0"), S("close 2"), S("recv 1 1"), S("close 1"),
	S("socket 0 tcp"), D("bind 0 1", "EADDRINUSE", "0", WINSOCK_TIME_WAIT), S("set 0 reuse 1"),
};

static const struct step q_listening[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("listen 0 2"), S("get 0 listening"),
	S("listen 0 4"), S("poll 0 iopr 0"), S("nonblock 0 1"),
	S("accept 1 0"), S("recv 0 1 d"), D("send 0 x d", "EPIPE", "ENOTCONN", WINSOCK_UNCONNECTED), S("peer 0"),
	S("name 0"), S("get 0 info"), S("ioctl 0 fionread"),
	S("socket 2 tcp"), S("connect 2 1"), S("poll 0 iopr 100"),
	S("accept 1 0"), S("poll 0 i 0"), S("listen 1 1"), D("connect 0 1", "EISCONN", "EINVAL", "Winsock: a listener cannot connect"),
	S("bind 0 2"), S("accept 3 1"), S("name 1"), S("peer 2"),
	D("shutdown 0 wr", "0", "ENOTCONN", WINSOCK_LISTENER), S("accept 3 0"),
};

static const struct step q_listening_unbound[] = {
	S("socket 0 tcp"), D("listen 0 1", "0", "EINVAL", WINSOCK_UNBOUND), D("name 0", "any:?", "any:0", WINSOCK_UNBOUND),
};

static const struct step q_listener_shut[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("listen 0 2"), D("shutdown 0 rd", "0", "ENOTCONN", WINSOCK_LISTENER),
	D("poll 0 ir 0", "h", "-", WINSOCK_LISTENER), S("nonblock 0 1"), D("accept 1 0", "EINVAL", "EAGAIN", WINSOCK_LISTENER),
};

static const struct step q_backlog[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("listen 0 1"),
	S("socket 1 tcp nonblock"), S("connect 1 1"), S("poll 1 o 100"),
	S("get 1 error"),
	S("socket 2 tcp nonblock"), S("connect 2 1"), D("poll 2 o 100", "o", "oeh", NT_BACKLOG),
	D("get 2 error", "0", "ECONNRESET", NT_BACKLOG),
	S("socket 3 tcp nonblock"), S("connect 3 1"), D("poll 3 o 100", "-", "oeh", NT_BACKLOG),
	D("get 3 error", "0", "ECONNRESET", NT_BACKLOG), S("accept 4 0"), D("poll 0 i 0", "i", "-", NT_BACKLOG),
};

static const struct step q_listener_closes[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("listen 0 5"), S("socket 1 tcp"),
	S("connect 1 1"), S("close 0"), S("poll 1 ior 100"), S("recv 1 1 d"),
	D("send 1 x d", "EPIPE", "ECONNRESET", AFD_BROKEN), S("connect 1 1"),
};

static const struct step q_refused[] = {
	S("socket 0 tcp"), S("connect 0 9"), S("get 0 error"), S("poll 0 io 0"),
	S("connect 0 9"), D("send 0 x d", "EPIPE", "ENOTCONN", WINSOCK_UNCONNECTED), S("recv 0 1 d"),
	S("socket 1 tcp nonblock"), S("connect 1 9"), S("poll 1 ior 100"),
	S("get 1 error"), S("get 1 error"), S("poll 1 ior 0"),
	D("connect 1 9", "ECONNABORTED", "EINPROGRESS", LINUX_ONCE), D("poll 1 o 100", "oh", "oeh", LINUX_ONCE), S("connect 1 9"),
	S("socket 2 tcp nonblock"), S("connect 2 9"), S("poll 2 o 100"),
	S("recv 2 1 d"), D("recv 2 1 d", "0:", "ENOTCONN", WINSOCK_UNCONNECTED), S("get 2 error"),
	S("socket 3 tcp nonblock"), S("connect 3 9"), S("poll 3 o 100"),
	S("send 3 x d"), S("get 3 error"),
};

static const struct step q_connecting[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("listen 0 5"),
	S("socket 1 tcp nonblock"), S("connect 1 1"), S("poll 1 iopr 100"),
	S("get 1 error"), D("connect 1 1", "0", "EISCONN", LINUX_ONCE), S("connect 1 1"), S("accept 2 0"),
	S("connect 2 1"), S("bind 1 2"), S("listen 1 1"), S("get 1 info"),
	S("socket 3 tcp"), S("bind 3 3"), S("connect 3 1"), S("name 3"),
	S("peer 3"), S("accept 4 0"), S("peer 4"),
	S("socket 5 tcp"), D("connect 5 none", "0", "EINVAL", "Winsock: only datagram sockets let go of their peer"), D("connect 5 0", "ECONNREFUSED", "EADDRNOTAVAIL", WINSOCK_NO_ADDRESS),
	S("socket 6 tcp"), D("connect 6 group:1", "ENETUNREACH", "EADDRNOTAVAIL", WINSOCK_NO_ADDRESS), S("socket 7 tcp"),
	D("connect 7 all:1", "ENETUNREACH", "EADDRNOTAVAIL", WINSOCK_NO_ADDRESS), S("socket 8 tcp"), D("connect 8 any:9", "ECONNREFUSED", "EADDRNOTAVAIL", WINSOCK_NO_ADDRESS),
};

/* RFC 9293 3.5: simultaneous open, of one. */
static const struct step q_with_itself[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("connect 0 1"), S("get 0 info"),
	S("peer 0"), S("send 0 hello"), S("recv 0 9"), S("shutdown 0 wr"),
	S("recv 0 9"), S("send 0 x"),
};

static const struct step q_moving[] = {
	CONNECTED, S("recv 1 5 d"), S("send 1 hello"), S("ioctl 2 fionread"),
	S("recv 2 2"), S("recv 2 9 p"), S("recv 2 9 pd"), S("recv 2 9"),
	S("ioctl 2 fionread"), S("recv 2 9 d"), S("send 2 abc"),
	S("send 2 def"), S("poll 1 ior 100"), S("recv 1 6 w"),
	S("send 2 ab"), S("recv 1 6 wd"), D("recv 1 0 d", "EAGAIN", "0:", "AFD: no room for bytes waits for none"), S("send 1 x d"),
	D("recv 2 1 t", "1:a", "1:x", "Linux throws bytes of a stream away with MSG_TRUNC; NT has no such thing"), S("get 1 info"),
	S("sendto 1 9 x"), S("recvfrom 2 5"),
};

static const struct step q_ends[] = {
	CONNECTED, S("send 1 last"), S("shutdown 1 wr"), S("poll 2 iorp 100"),
	S("recv 2 9"), S("recv 2 9"), S("recv 2 9"), S("send 1 x"),
	S("shutdown 1 wr"), S("send 2 more"), S("recv 1 9"), S("poll 1 ior 0"),
	S("get 1 info"), S("get 2 info"), S("close 2"), S("poll 1 ior 100"),
	S("recv 1 9"), D("shutdown 1 rdwr", "ENOTCONN", "0", AFD_BROKEN), D("peer 1", "ENOTCONN", "own:1", AFD_BROKEN), S("name 1"),
};

static const struct step q_reads_shut[] = {
	CONNECTED, S("shutdown 2 rd"), S("recv 2 5"), S("poll 2 ior 0"),
	S("send 1 x"), D("recv 2 5 d", "1:x", "0:", "AFD drops what comes after SHUT_RD, Linux keeps it"), S("send 2 y"), S("recv 1 5"),
	S("shutdown 2 7"), S("shutdown 2 rdwr"), S("recv 1 5"),
	S("poll 2 ior 0"), S("poll 1 ior 0"),
};

static const struct step q_closed_early[] = {
	CONNECTED, S("send 1 unread"), S("sleep 5"), S("close 2"),
	S("poll 1 iorp 100"), S("recv 1 5 d"), D("recv 1 5 d", "0:", "ECONNRESET", AFD_BROKEN), D("send 1 x", "EPIPE", "ECONNRESET", AFD_BROKEN),
	S("get 1 error"), S("get 1 info"),
};

static const struct step q_writes_after_close[] = {
	CONNECTED, S("close 2"), S("poll 1 ior 100"), S("send 1 x"),
	S("sleep 5"), S("poll 1 ior 100"), D("send 1 x", "EPIPE", "ECONNRESET", AFD_BROKEN), S("get 1 error"),
	D("recv 1 5 d", "0:", "ECONNRESET", AFD_BROKEN),
};

static const struct step q_reset[] = {
	CONNECTED, S("set 2 linger 1 0"), S("get 2 linger"), S("close 2"),
	S("poll 1 ior 100"), S("get 1 error"), S("get 1 error"),
	D("recv 1 5 d", "0:", "ECONNRESET", AFD_BROKEN), D("send 1 x d", "EPIPE", "ECONNRESET", AFD_BROKEN), D("peer 1", "ENOTCONN", "own:1", AFD_BROKEN), D("shutdown 1 wr", "ENOTCONN", "0", AFD_BROKEN),
};

static const struct step q_lingers[] = {
	CONNECTED, S("set 1 linger 1 5"), S("send 1 x"), S("close 1"),
	S("took 0 500"), S("recv 2 5"), S("recv 2 5"),
	S("socket 3 tcp"), S("connect 3 1"), S("accept 4 0"), S("fill 3"),
	S("set 3 linger 1 1"), S("close 3"), S("took 900 2500"),
	S("socket 5 tcp"), S("get 5 linger"), S("set 5 linger 0 9"),
	S("get 5 linger"),
};

static const struct step q_windows[] = {
	CONNECTED, S("fill 1"), S("poll 1 o 20"), S("send 1 x d"),
	S("drain 2"), S("poll 1 o 500"), S("send 1 x d"),
};

static const struct step q_limits[] = {
	CONNECTED, S("set 2 rcvtimeo 60"), S("get 2 rcvtimeo"), S("recv 2 5"),
	S("took 50 1000"), S("send 1 ab"), S("recv 2 5 w"), S("took 50 1000"),
	S("set 0 rcvtimeo 60"), S("accept 3 0"), S("took 50 1000"),
	S("set 1 sndtimeo 60"), S("fill 1"), S("send 1 x"), S("took 55 1000"),
	S("get 1 sndtimeo"), S("set 2 rcvtimeo 0"), S("get 2 rcvtimeo"),
	S("socket 4 udp"), S("bind 4 1"), S("set 4 rcvtimeo 40"),
	S("recv 4 5"), S("took 35 1000"),
};

static const struct step q_urgent[] = {
	CONNECTED, S("recv 2 1 o"), S("ioctl 2 atmark"), S("send 1 ab"),
	S("send 1 ! o"), S("send 1 cd"), S("poll 2 iopr 100"),
	S("ioctl 2 fionread"), S("ioctl 2 atmark"), S("recv 2 9 p"),
	S("recv 2 4 w"), S("ioctl 2 atmark"), S("poll 2 p 0"),
	S("recv 2 5 op"), S("recv 2 5 o"), S("recv 2 5 o"), S("poll 2 ip 0"),
	S("ioctl 2 atmark"), D("ioctl 2 fionread", "0", "2", "at the mark Linux counts what is before it: nothing"), S("recv 2 9"),
	S("ioctl 2 atmark"), S("recv 2 9 d"),
};

static const struct step q_urgent_inline[] = {
	CONNECTED, S("set 2 oobinline 1"), S("get 2 oobinline"),
	S("send 1 ab"), S("send 1 ! o"), S("send 1 cd"), S("poll 2 i 100"),
	S("recv 2 1 o"), S("ioctl 2 fionread"), S("recv 2 9 w"),
	S("ioctl 2 atmark"), S("recv 2 9"), S("ioctl 2 atmark"),
	S("send 1 ? o"), S("sleep 5"), S("ioctl 2 atmark"), S("recv 2 9"),
};

static const struct step q_datagrams[] = {
	S("socket 0 udp"), S("bind 0 1"), S("socket 1 udp"),
	S("sendto 1 1 hello"), S("poll 0 io 100"), S("ioctl 0 fionread"),
	S("recvfrom 0 9 p"), S("recvfrom 0 9"), S("recv 0 9 d"),
	S("sendto 1 1 first"), S("sendto 1 1 second"), S("recvmsg 0 3"),
	S("recvmsg 0 9"), S("sendto 1 1 third"), S("recvmsg 0 2 t"),
	S("sendto 1 1 fourth"), S("recv 0 2 tp"), S("recv 0 9 w"),
	S("connect 1 1"), S("send 1 abc"), S("recvfrom 0 9"), S("peer 1"),
	D("name 1", "other:?", "any:?", "AFD connects datagrams by itself: the address below stays bound to all"), S("sendto 1 2 x"), S("sendto 1 1 y"), S("recv 0 9"),
	S("connect 1 none"), S("peer 1"), D("send 1 x", "EDESTADDRREQ", "ENOTCONN", WINSOCK_UNCONNECTED), S("poll 1 io 0"),
	S("bind 1 3"), S("sendto 1 0 x"),
};

static const struct step q_empty_datagrams[] = {
	S("socket 0 udp"), S("bind 0 1"), S("socket 1 udp"),
	S("connect 1 1"), S("sendto 1 1"), S("poll 0 i 100"),
	S("ioctl 0 fionread"), S("recv 0 9"), S("recv 0 9 d"),
};

static const struct step q_datagrams_filtered[] = {
	S("socket 0 udp"), S("bind 0 1"), S("connect 0 2"),
	S("socket 1 udp"), S("bind 1 3"), S("sendto 1 1 no"),
	S("recv 0 9 d"), S("get 1 error"), S("socket 2 udp"), S("bind 2 2"),
	S("sendto 2 1 yes"), S("recvfrom 0 9"), S("shutdown 0 rd"),
	D("recv 0 9 d", "EAGAIN", "0:", "of datagrams, too, the end of receiving is told as that"), S("shutdown 0 wr"), S("send 0 x"), S("poll 0 ior 0"),
};

static const struct step q_datagrams_refused[] = {
	S("socket 0 udp"), S("connect 0 9"), S("send 0 x"), S("sleep 5"),
	S("poll 0 io 100"), S("get 0 error"), S("get 0 error"),
	S("send 0 x"), S("sleep 5"), S("recv 0 5 d"), S("recv 0 5 d"),
	S("send 0 x"), S("sleep 5"), S("send 0 y"), S("sleep 5"),
	S("get 0 error"), S("socket 1 udp"), S("sendto 1 9 x"), S("sleep 5"),
	S("recv 1 5 d"), S("get 1 error"),
};

static const struct step q_broadcasts[] = {
	S("socket 0 udp"), S("sendto 0 all:1 x"), S("get 0 broadcast"),
	S("set 0 broadcast 1"), S("get 0 broadcast"), S("connect 0 all:1"),
	S("socket 1 udp"), S("connect 1 all:1"),
};

static const struct step q_options[] = {
	S("socket 0 tcp"), S("get 0 nodelay"), S("set 0 nodelay 1"),
	S("get 0 nodelay"), S("set 0 nodelay -1"), S("get 0 nodelay"),
	S("get 0 keepalive"), S("set 0 keepalive 7"), S("get 0 keepalive"),
	S("get 0 keepidle"), S("set 0 keepidle 30"), S("get 0 keepidle"),
	S("set 0 keepidle 0"), S("set 0 keepidle 40000"),
	D("get 0 keepintvl", "75", "1", NT_DEFAULTS), S("set 0 keepintvl 5"), S("get 0 keepintvl"),
	D("get 0 keepcnt", "9", "5", NT_DEFAULTS), S("set 0 keepcnt 3"), S("get 0 keepcnt"),
	S("set 0 keepcnt 0"), S("get 0 usertimeout"),
	S("set 0 usertimeout 3000"), S("get 0 usertimeout"),
	S("set 0 wrong 1"), S("get 0 wrong"), S("set 0 wronglevel 1"),
	S("set 0 error 1"), S("set 0 listening 1"), S("set 0 type 1"),
};

static const struct step q_options_ip[] = {
	S("socket 0 udp"), D("get 0 ttl", "64", "128", NT_DEFAULTS), S("set 0 ttl 9"), S("get 0 ttl"),
	S("set 0 ttl 0"), S("set 0 ttl 256"), S("set 0 ttl -1"), D("get 0 ttl", "64", "128", NT_DEFAULTS),
	S("get 0 tos"), S("set 0 tos 16"), S("get 0 tos"), S("set 0 nodelay 1"),
	S("get 0 nodelay"), D("set 0 keepalive 1", "0", "ENOPROTOOPT", WINSOCK_KEEPALIVE), D("get 0 keepalive", "1", "EOPNOTSUPP", WINSOCK_KEEPALIVE),
	S("set 0 linger 1 3"), S("get 0 linger"), S("set 0 oobinline 1"),
	S("socket 1 tcp"), S("set 1 ttl 33"), S("get 1 ttl"),
	S("set 1 tos 8"), S("get 1 tos"), S("set 1 hdrincl 1"),
	S("set 1 broadcast 1"), S("get 1 maxseg"), S("set 1 maxseg 87"),
	S("set 1 maxseg 1000"), S("get 1 maxseg"), S("set 1 maxseg 40000"),
	D("get 1 sndbuf", "16384", "8192", NT_DEFAULTS), S("set 1 sndbuf 20000"), D("get 1 sndbuf", "40000", "20000", "Linux doubles what is asked for"),
};

static const struct step q_buffers[] = {
	S("socket 0 udp"), S("bind 0 1"), S("set 0 rcvbuf 3"),
	S("socket 1 udp"), S("connect 1 1"), S("send 1 longerthanthat"),
	S("recv 0 20 d"), S("set 0 rcvbuf 2147483647"),
	S("set 1 sndbuf 2147483647"), S("send 1 again"), S("recv 0 20 d"),
	S("socket 3 tcp"), S("bind 3 2"), S("listen 3 5"), S("socket 4 tcp"),
	S("connect 4 2"), S("accept 5 3"), S("set 4 sndbuf 2147483647"),
	S("set 5 rcvbuf 2147483647"), S("send 4 x"), S("recv 5 1"),
};

/* What is set on a listener that listens is of those that come later. */
static const struct step q_inherited_late[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("listen 0 5"),
	S("set 0 nodelay 1"), S("set 0 keepalive 1"), S("set 0 ttl 33"),
	S("socket 1 tcp"), S("connect 1 1"), S("accept 2 0"),
	S("get 2 nodelay"), S("get 2 keepalive"), S("get 2 ttl"),
	S("socket 3 tcp"), S("connect 3 1"), S("set 0 nodelay 0"),
	S("accept 4 0"), S("get 4 keepalive"), S("send 3 x"), S("recv 4 1"),
};

static const struct step q_inherited[] = {
	S("socket 0 tcp"), S("bind 0 1"), S("set 0 nodelay 1"),
	S("set 0 keepalive 1"), S("set 0 keepidle 30"), S("set 0 linger 1 4"),
	S("set 0 oobinline 1"), S("set 0 ttl 44"), S("set 0 rcvtimeo 700"),
	S("listen 0 5"), S("socket 1 tcp"), S("connect 1 1"),
	S("accept 2 0"), S("get 2 nodelay"), S("get 2 keepalive"),
	S("get 2 keepidle"), S("get 2 linger"), S("get 2 oobinline"),
	S("get 2 ttl"), S("get 2 rcvtimeo"), S("get 2 listening"),
};

static const struct step q_raw[] = {
	S("socket 0 raw:254"), S("bind 0 0"), S("socket 1 raw:254"),
	S("sendto 1 0 hello"), S("poll 0 i 100"), S("ioctl 0 fionread"),
	S("recv 0 0 t"), D("socket 2 raw", "EPROTONOSUPPORT", "0", "Winsock: protocol 0 is any"), S("get 1 hdrincl"),
	S("set 1 hdrincl 1"), S("get 1 hdrincl"), S("sendto 1 0 short"),
	S("connect 1 0"),
};

static const struct step q_six[] = {
	S("socket 0 tcp6"), S("get 0 domain"), S("name 0"), S("bind 0 six:1"),
	S("name 0"), S("listen 0 5"), S("socket 1 tcp6"), S("connect 1 six:1"),
	S("accept 2 0"), S("send 1 hello"), S("recv 2 9"), S("peer 1"),
	S("name 2"), S("socket 3 tcp6"), S("connect 3 six:9"),
	S("socket 4 tcp6 nonblock"), S("connect 4 six:9"), S("poll 4 o 100"),
	S("get 4 error"), S("socket 5 tcp6"), S("bind 5 sixforeign:2"),
	S("bind 5 six:1"), S("bind 5 sixany:1"), S("bind 5 sixany:3"),
	D("get 1 hops", "64", "128", NT_DEFAULTS), S("set 1 hops 7"),
	S("get 1 hops"),
	D("set 1 hops 0", "0", "EINVAL", "nothing gets anywhere with that"),
	S("set 1 hops 256"), S("set 1 tclass 32"), S("get 1 tclass"),
	S("shutdown 1 wr"), S("recv 2 9"), S("close 2"), S("recv 1 9"),
	S("socket 6 tcp"), S("bind 6 six:4"), S("connect 6 six:1"),
};

static const struct step q_six_datagrams[] = {
	S("socket 0 udp6"), S("bind 0 six:1"), S("socket 1 udp6"),
	S("sendto 1 six:1 hello"), S("recvfrom 0 9"), S("connect 1 six:1"),
	S("send 1 abc"), S("recvmsg 0 2"), S("connect 1 six:9"), S("send 1 x"),
	S("sleep 5"), S("poll 1 io 100"), S("recv 1 5 d"), S("send 1 x"),
	S("sleep 5"), S("get 1 error"), S("get 1 error"), S("peer 1"),
};

#define Q(n) { #n, q_##n, sizeof(q_##n) / sizeof(*(q_##n)), false }
static const struct sequence sequences[] = {
	Q(opening), Q(fresh_tcp), Q(fresh_udp), Q(binding), Q(reusing),
	Q(reusing_after), Q(listening), Q(listening_unbound), Q(listener_shut),
	Q(backlog), Q(listener_closes), Q(refused), Q(connecting),
	Q(with_itself), Q(moving), Q(ends), Q(reads_shut), Q(closed_early),
	Q(writes_after_close), Q(reset), Q(lingers), Q(windows), Q(limits),
	Q(urgent), Q(urgent_inline), Q(datagrams), Q(empty_datagrams),
	Q(datagrams_filtered), Q(datagrams_refused), Q(broadcasts),
	Q(options), Q(options_ip), Q(buffers), Q(inherited), Q(inherited_late), Q(six), Q(six_datagrams),
	{ "raw", q_raw, sizeof(q_raw) / sizeof(*q_raw), true },
};

#endif
