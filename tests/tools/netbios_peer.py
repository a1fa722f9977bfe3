#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A NetBIOS node of few lines, for refstack attach --call to speak to.

netbios_peer.py NAME ADDRESS: it answers questions for NAME<20> on UDP 137, sends
whoever calls it on TCP 139 on to port 1139 (RFC 1002 4.3.5), takes the session
there, sends a message in two pieces, and says on its standard output what it saw.
"""
import socket
import struct
import sys
import threading


def half(name, kind):
    raw = name.upper().ljust(15).encode() + bytes([kind])
    return b"\x20" + b"".join(bytes([65 + b // 16, 65 + b % 16]) for b in raw) + b"\0"


def say(text):
    print(text, flush=True)


def names(sock, name, address):
    while True:
        p, who = sock.recvfrom(600)
        if len(p) == 50 and p[2] & 0x80 == 0 and p[12:46] == half(name, 0x20) and p[46:] == b"\0\x20\0\1":
            broadcast = struct.unpack(">H", p[2:4])[0] & 0x10
            say("asked by broadcast" if broadcast else "asked directly")
            sock.sendto(p[:2] + b"\x85\0\0\0\0\1\0\0\0\0" + p[12:46] + b"\0\x20\0\1\0\0\x0e\x10\0\6\0\0" +
                        socket.inet_aton(address), who)


def whole(c, n):
    got = b""
    while len(got) < n:
        part = c.recv(n - len(got))
        if not part:
            raise EOFError
        got += part
    return got


def packet(c):
    kind, flags, length = struct.unpack(">BBH", whole(c, 4))
    return kind, whole(c, length | (flags & 1) << 16)


def request(c, name):
    kind, names_ = packet(c)
    good = kind == 0x81 and names_[:34] == half(name, 0x20) and len(names_) == 68
    say("session request" if good else "no session request: %02x %r" % (kind, names_))


def server(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    s.listen(2)
    return s


def main(name, address):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("", 137))
    first, second = server(139), server(1139)
    threading.Thread(target=names, args=(udp, name, address), daemon=True).start()
    say("ready")
    first.settimeout(20)
    second.settimeout(20)
    c, _ = first.accept()
    request(c, name)
    c.sendall(b"\x84\0\0\6" + socket.inet_aton(address) + struct.pack(">H", 1139))
    say("the first connection ends" if c.recv(1) == b"" else "more on the first")
    d, _ = second.accept()
    d.settimeout(20)
    request(d, name)
    d.sendall(b"\x82\0\0\0")
    say("message %s" % packet(d)[1].decode())
    d.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    d.sendall(b"\x85\0\0\0\0\0")
    d.sendall(b"\0\5ab")
    d.sendall(b"cde")
    for _ in range(2):
        say("keep-alive" if packet(d) == (0x85, b"") else "no keep-alive")
    d.shutdown(socket.SHUT_WR)
    say("the end" if d.recv(1) == b"" else "more")


main(sys.argv[1], sys.argv[2])
