#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A symbol server on the loopback that can misbehave.

    symserver.py ROOT LOG PORTFILE

The first part of a path says how, the rest is a file below ROOT:
    ok         as it should be, with ranges and an ETag
    norange    the same without ranges
    slow       1 MiB/s, with ranges
    die        the connection ends after 256 KiB of each answer, with ranges
    drip       a byte a second
    mute       no answer at all
    html       a page, with 200
    truncated  half the bytes of the length it announced; no ranges
    nolength   half the bytes, no length announced
    wrong      ROOT/wrong.bin, whatever was asked for
    empty      200 and nothing
    error      500
    forbidden  403
    loop       a redirect to itself
    hop        a redirect to ok
    tofile     a redirect to file:///
    changed    another ETag each time, with ranges
    lie        206 with a range that was not asked for
    only       404 unless the path ends in what ROOT/only.txt says
LOG gets a line per answer: PATH STATUS FROM SENT.
"""
import http.server
import os
import sys
import threading
import time
import urllib.parse

ROOT, LOG, PORTFILE = sys.argv[1:4]
LOCK = threading.Lock()
COUNT = [0]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status, start=0, sent=0):
        with LOCK, open(LOG, "a") as log:
            log.write(f"{self.path} {status} {start} {sent}\n")

    def plain(self, status, body=b"", **headers):
        self.send_response(status)
        for k, v in headers.items():
            self.send_header(k.replace("_", "-"), v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.note(status, 0, len(body))

    def body_range(self, size, ranges, etag):
        want = self.headers.get("Range")
        if not ranges or not want:
            return 0
        if self.headers.get("If-Range", etag) != etag:
            return 0
        return int(want.split("=")[1].split("-")[0])

    def send_file(self, path, mode):
        data = open(path, "rb").read()
        ranges = mode not in ("norange", "truncated", "nolength")
        COUNT[0] += 1
        etag = f'"{COUNT[0]}"' if mode == "changed" else '"same"'
        start = self.body_range(len(data), ranges, etag)
        if start >= len(data) > 0:
            return self.plain(416, Content_Range=f"bytes */{len(data)}")
        told = start + 7 if mode == "lie" and start else start
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range",
                             f"bytes {told}-{len(data) - 1}/{len(data)}")
        if ranges:
            self.send_header("ETag", etag)
        if mode == "nolength":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.send_body(data, start, mode, 206 if start else 200)

    def send_body(self, data, start, mode, status):
        end = len(data)
        if mode in ("truncated", "nolength"):
            end //= 2
        if mode == "die":
            end = min(end, start + (256 << 10))
        at = start
        try:
            while at < end:
                n = {"drip": 1, "slow": 16 << 10}.get(mode, 64 << 10)
                n = min(n, end - at)
                self.wfile.write(data[at:at + n])
                at += n
                if mode in ("drip", "slow"):
                    time.sleep({"drip": 1, "slow": 1 / 64}[mode])
        except OSError:
            pass
        if end < len(data) or mode == "nolength":
            self.close_connection = True
        self.note(status, start, at - start)

    def do_GET(self):
        parts = urllib.parse.unquote(self.path).lstrip("/").split("/", 1)
        mode, rel = parts[0], parts[1] if len(parts) > 1 else ""
        path = os.path.join(ROOT, rel)
        if mode == "mute":
            time.sleep(30)
            self.close_connection = True
        elif mode == "html":
            self.plain(200, b"<!DOCTYPE html><title>Log in</title>",
                       Content_Type="text/html")
        elif mode == "empty":
            self.plain(200)
        elif mode in ("error", "forbidden"):
            self.plain(500 if mode == "error" else 403, b"no")
        elif mode in ("loop", "hop"):
            self.plain(302, Location=f"/{'loop' if mode == 'loop' else 'ok'}/{rel}")
        elif mode == "tofile":
            self.plain(302, Location="file:///etc/hostname")
        elif mode == "wrong":
            self.send_file(os.path.join(ROOT, "wrong.bin"), mode)
        elif not os.path.isfile(path):
            self.plain(404, b"<html>not found</html>")
        elif mode == "only" and not rel.endswith(
                open(os.path.join(ROOT, "only.txt")).read().strip()):
            self.plain(404)
        else:
            self.send_file(path, mode)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(PORTFILE + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(PORTFILE + ".new", PORTFILE)
server.serve_forever()
