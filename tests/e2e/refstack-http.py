# SPDX-License-Identifier: Apache-2.0
"""What a hostile client of the live services does, seen from its own socket.

Called by refstack-http.sh with the served folder; prints "NAME RESULT" lines, of
which the script knows what they have to be.  What RFC 9110 and 9112 say is right;
nothing here is taken from what the server once printed.
"""
import os
import re
import resource
import socket
import struct
import sys
import time

WWW = sys.argv[1]
HOST = "192.0.2.1"


def talk(data, port=80, wait=3.0):
    """All that comes until the end, or until nothing comes for a while."""
    s = socket.create_connection((HOST, port), timeout=5)
    s.settimeout(wait)
    out = b""
    try:
        s.sendall(data)
        while True:
            b = s.recv(65536)
            if not b:
                break
            out += b
    except OSError:
        out += b"<still open>"
    s.close()
    return out


def codes(out):
    return ",".join(m.decode() for m in re.findall(rb"HTTP/1\.1 (\d+)", out)) or "none"


def get(path, more=""):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}Connection: close\r\n\r\n".encode()


def put(path, body, length=None, more=""):
    n = len(body) if length is None else length
    return (f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {n}\r\n{more}"
            "Connection: close\r\n\r\n").encode() + body


def say(name, result):
    print(name, result, flush=True)


# No way out of the folder, by whatever name.
say("link-last", codes(talk(get("/out.txt"))))
say("link-folder", codes(talk(get("/outside/secret"))))
say("link-put", codes(talk(put("/outside/made", b"x"))) + ("!" if os.path.exists(WWW + "/../elsewhere/made") else ""))
say("dots-encoded", codes(talk(get("/%2e%2e/elsewhere/secret"))))
say("dots-within", codes(talk(get("/sub/../../elsewhere/secret"))))
say("zero-encoded", codes(talk(get("/small%00.txt"))))
say("bad-encoded", codes(talk(get("/small%zz"))))
out = talk(get("/a%20b"))
say("encoded", codes(out) + " " + out.split(b"\r\n\r\n", 1)[1].decode())
# What is no plain file is none, and holds nobody up.
t = time.time()
say("fifo", codes(talk(get("/pipe"))))
say("fifo-put", codes(talk(put("/pipe", b"x"))))
say("folder", codes(talk(get("/sub"))))
say("in-time", "yes" if time.time() - t < 2 else "no")
# One request is not another's head (RFC 9112 9.3.2).
two = (b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n"
       b"PUT /later HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater")
say("pipelined", codes(talk(two)))
say("body-is-no-head", codes(talk(put("/body", b"\r\nTransfer-Encoding: chunked\r\n\r\n"))))
# RFC 9112 6.3: a length that is none, or two of them, is an error.
for name, value in (("minus", "-1"), ("word", "abc"), ("list", "5, 6"), ("huge", "99999999999999999999999"),
                    ("plus", "+5"), ("none", "")):
    say("length-" + name, codes(talk(put("/len", b"12345", value))))
say("length-two", codes(talk(put("/len", b"12345", 5, "Content-Length: 4\r\n"))))
say("length-same", codes(talk(put("/len", b"12345", 5, "Content-Length: 5\r\n"))))
say("length-space", codes(talk(b"PUT /len HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\nConnection: close\r\n\r\n12345")))
say("chunked", codes(talk(put("/len", b"", 0, "Transfer-Encoding: chunked\r\n"))))
# Heads that do not end, and such as are no text.
say("long-head", codes(talk(b"GET /small HTTP/1.1\r\nX: " + b"x" * 9000)))
say("zero-head", codes(talk(b"GET /small HTTP/1.1\r\nX: \0\r\n\r\n")))
say("no-head", codes(talk(b"\r\n\r\n")))
# HEAD has the length and no body.
out = talk(b"HEAD /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
head, _, rest = out.partition(b"\r\n\r\n")
say("head", codes(out) + " %d %s" % (len(rest), b"Content-Length: 1000" in head))
say("range", codes(talk(get("/small", "Range: bytes=0-9\r\n"))))


def grows():
    """The file grows behind the length that was said: its answer does not."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(10)
    s.connect((HOST, 80))
    s.sendall(b"GET /grows HTTP/1.1\r\nHost: x\r\n\r\n")
    first = s.recv(100)
    time.sleep(0.3)
    with open(WWW + "/grows", "ab") as f:
        f.write(b"+" * 100000)
    s.sendall(b"GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    out = first
    while True:
        b = s.recv(65536)
        if not b:
            break
        out += b
    s.close()
    body = out.split(b"\r\n\r\n", 1)[1]
    return "yes" if body[2000001:2000013] == b"HTTP/1.1 200" else "no"


say("grows", grows())


def slow(data):
    """How it ends when the rest of data never comes: within the time it has."""
    s = socket.create_connection((HOST, 80), timeout=5)
    s.sendall(data)
    s.settimeout(75)
    t = time.time()
    try:
        while True:
            if not s.recv(65536):
                break
    except socket.timeout:
        return "open"
    except OSError:
        pass
    return "ended" if time.time() - t < 70 else "late"


if os.environ.get("NTR_LONG"):
    say("slow-body", slow(put("/slow", b"12", 5)))


def many():
    """More connections at once than are served: the rest is turned away, and
    when they have gone it goes on."""
    held, away = [], 0
    resource.setrlimit(resource.RLIMIT_NOFILE, (12300, 12300))
    for i in range(12100):
        if i % 100 == 0:  # the backlog is 200
            time.sleep(0.01)
        s = socket.socket()
        s.settimeout(5)
        try:
            s.connect((HOST, 9))
            held.append(s)
        except OSError:
            away += 1
    time.sleep(0.3)
    for s in held:
        s.setblocking(False)
        try:
            if s.recv(1) == b"":
                away += 1
        except BlockingIOError:
            pass
        except OSError:
            away += 1
    for s in held:
        s.close()
    return "%s" % (11000 <= 12100 - away <= 12000)


if os.environ.get("NTR_LONG"):
    say("many", many())
    time.sleep(0.5)
say("after-many", codes(talk(get("/small"))))


def datagram(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("192.0.2.2", port))
    s.settimeout(0.7)
    s.sendto(b"x", (HOST, 7))
    try:
        return s.recv(10).decode()
    except OSError:
        return "nothing"


# RFC 862 between two that echo has no end: CERT CA-1996-01.
say("udp-echo", datagram(40007))
say("udp-echo-of-echo", datagram(7))


def iperf(amount, host):
    """Who connects for iperf's -d, and whether it sends: to us alone, whatever
    address is in the header."""
    back = socket.socket()
    back.bind(("192.0.2.2", 0))
    back.listen(1)
    back.settimeout(3)
    port = back.getsockname()[1]
    s = socket.create_connection((HOST, 5001), timeout=5)
    s.sendall(struct.pack(">IIIIIi", 0x80000001, 1, port, 0, host, amount) + b"\0" * 12)
    try:
        c, at = back.accept()
        n = len(c.recv(65536)) > 0
        c.close()
    except OSError:
        at, n = ("nobody",), False
    s.close()
    back.close()
    return f"{at[0]} {n}"


say("iperf-back", iperf(-1, 0))
say("iperf-elsewhere", iperf(-1, 0x7f000001))
say("iperf-least", iperf(-2147483648, 0xc0000263))
say("iperf-most", iperf(2147483647, 0))
say("alive", codes(talk(get("/small"))))
