#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same stories told by the reference stack and by the Linux kernel.

  differ.py REFSTACK KNOWN WORKLOAD...

Each workload (stack/host/workload.h) is played four times: both machines Linux
("LL", the reference), a the stack ("SL"), b the stack ("LS"), both ("SS", in
simulation).  Live machines are in network namespaces of their own, each at the
end of a TAP device; a relay with the workload's delay lies between them and
writes down what it carries.  Compared with LL: the result of each call, and
what went over the wire as tshark reads it, in a form that timing does not
change (see Wire).  What may differ is in the file KNOWN, with the reason:

  WORKLOAD | WHO PLAYS | LINE OF LL | LINE OF THE OTHER | REASON

where the first four are patterns (shell's).  Prints "pass", "fail", "skip".
Only root may make namespaces.
"""
import ctypes
import errno
import fcntl
import fnmatch
import heapq
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
ETH_P_ALL, PACKET_OUTGOING, SO_RCVBUFFORCE = 3, 4, 33
LIMIT = 25                          # s that a play may take
PLAYS = 24                          # at a time
TRIES = 3     # a busy host's timing is not there the next time, a defect is
RUN_APART = 1000000                 # s between plays in the one capture
ROLES = ("LL", "SL", "LS", "SS")
libc = ctypes.CDLL(None, use_errno=True)


# --- a workload ---------------------------------------------------------------

class Workload:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-4]
        self.ip, self.settings, self.story = {}, {}, {"a": [], "b": []}
        self.delay = self.down = 0.0
        for line in open(path, encoding="ascii"):
            w = line.split("#")[0].split()
            if not w:
                continue
            if w[0] == "machine":
                self.ip[w[1]] = w[w.index("ip") + 1]
                self.settings[w[1]] = dict(w[i + 1].split("=") for i in
                                           range(len(w)) if w[i] == "set")
            elif w[0] == "link":
                for k in ("delay", "down"):
                    if k in w:
                        setattr(self, k, float(w[w.index(k) + 1]) / 1000)
            else:
                self.story[w[0][:-1]].append(w[1:])

    def rests(self):
        """ms that it sleeps: about how long it takes."""
        return sum(int(w[1]) for s in self.story.values() for w in s
                   if w[0] == "sleep")


# --- the Linux side -------------------------------------------------------------

def pattern(at, n):
    return bytes((i ^ i >> 8 ^ i >> 16) & 255 for i in range(at, at + n))


STREAM = pattern(0, 1 << 19)


def fnv(data):
    h = 0xcbf29ce484222325
    for b in data:
        h = (h ^ b) * 0x100000001b3 & (1 << 64) - 1
    return h


def came(data, error=None):
    if not data and error:
        return errno.errorcode[error]
    text = "%d %016x" % (len(data), fnv(data))
    return text + " " + errno.errorcode[error] if error else text


class Linux:
    """Tells a story with sockets of the calling thread's namespace."""

    OPTIONS = {
        "nodelay": (socket.IPPROTO_TCP, socket.TCP_NODELAY),
        "user_timeout": (socket.IPPROTO_TCP, 18),
        "keepalive": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        "rcvbuf": (socket.SOL_SOCKET, socket.SO_RCVBUF),
        "sndbuf": (socket.SOL_SOCKET, socket.SO_SNDBUF),
        "oobinline": (socket.SOL_SOCKET, socket.SO_OOBINLINE),
    }

    def __init__(self, work, name, heard):
        self.work, self.name, self.heard = work, name, heard
        self.s, self.at = {}, {}

    def tell(self):
        for w in self.work.story[self.name]:
            if w[0] == "sleep":
                time.sleep(int(w[1]) / 1000)
                r = 0
            else:
                try:
                    r = getattr(self, "do_" + w[1])(int(w[0]), *w[2:])
                except OSError as e:
                    r = errno.errorcode[e.errno]
            self.heard(self.name, "%s = %s" % (" ".join(w),
                                               0 if r is None else r))
        for s in self.s.values():
            s.close()

    def new(self, i, s):
        s.settimeout(LIMIT)          # a story that hangs shall not hang us
        self.s[i], self.at[i] = s, 0

    def do_socket(self, i, kind):
        self.new(i, socket.socket(socket.AF_INET, socket.SOCK_DGRAM if
                                  kind == "udp" else socket.SOCK_STREAM))

    def do_bind(self, i, port):
        self.s[i].bind(("0.0.0.0", int(port)))

    def do_listen(self, i, backlog):
        self.s[i].listen(int(backlog))

    def do_accept(self, i, listener):
        self.new(i, self.s[int(listener)].accept()[0])

    def do_connect(self, i, to, port):
        self.s[i].settimeout(None)
        self.s[i].connect((self.work.ip[to].split("/")[0], int(port)))
        self.s[i].settimeout(LIMIT)

    def send(self, i, n, most, flags):
        end = self.at[i] + n
        while self.at[i] < end:
            k = min(most, end - self.at[i])
            self.at[i] += self.s[i].send(STREAM[self.at[i]:self.at[i] + k],
                                         flags)
        return n

    def do_send(self, i, n, how=""):
        return self.send(i, int(n), 16384, socket.MSG_OOB if how else 0)

    def do_ones(self, i, n):
        return self.send(i, int(n), 1, 0)

    def do_recv(self, i, n, how=""):
        flags = {"": 0, "waitall": socket.MSG_WAITALL, "oob": socket.MSG_OOB,
                 "peek": socket.MSG_PEEK}[how]
        self.s[i].settimeout(None)   # MSG_WAITALL wants a socket that blocks
        try:
            return came(self.s[i].recv(min(int(n), 16384), flags))
        finally:
            self.s[i].settimeout(LIMIT)

    def do_drain(self, i):
        data = b""
        try:
            while True:
                d = self.s[i].recv(16384)
                if not d:
                    return came(data)
                data += d
        except OSError as e:
            return came(data, e.errno)

    def do_exchange(self, i, n, m):
        end, left, data = self.at[i] + int(n), int(m), b""
        s = self.s[i]
        while left or self.at[i] < end:
            r, w, _ = select.select([s] if left else [],
                                    [s] if self.at[i] < end else [], [], LIMIT)
            if r:
                d = s.recv(min(left, 16384))
                data += d
                left -= len(d)
                if not d:
                    return came(data, errno.ECONNRESET)
            if w:
                self.at[i] += s.send(STREAM[self.at[i]:min(end, self.at[i] +
                                            16384)], socket.MSG_DONTWAIT)
        return came(data)

    def do_set(self, i, option, v):
        s, v = self.s[i], int(v)
        if option == "linger":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, v))
            return
        s.setsockopt(*self.OPTIONS[option], v)
        if option == "keepalive":    # of the machine, there
            of = self.work.settings[self.name]
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE,
                         int(of.get("keepalive_s", 7200)))
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL,
                         int(of.get("keepalive_interval_s", 1)))
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 5)

    def do_error(self, i):
        e = self.s[i].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode[e] if e else 0

    def do_shutdown(self, i, how):
        self.s[i].shutdown({"rd": 0, "wr": 1, "rdwr": 2}[how])

    def do_close(self, i):
        self.s.pop(i).close()


# --- a play ------------------------------------------------------------------------

def in_namespace(*commands):
    """The calling thread goes into a new one."""
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    for c in ("all", "default"):
        try:
            with open("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % c, "w",
                      encoding="ascii") as f:
                f.write("1")
        except OSError:
            pass                     # IPv6 is not what is looked at
    for c in commands:
        subprocess.run(c.split(), check=True, stderr=subprocess.PIPE)


class Relay(threading.Thread):
    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.port, self.seen, self.stop = work, {}, [], False

    def read(self, side):
        fd = self.port[side]
        if isinstance(fd, socket.socket):
            f, a = fd.recvfrom(65536)
            return None if a[2] == PACKET_OUTGOING else f
        return os.read(fd, 65536)

    def run(self):
        due, n, first = [], 0, None
        while not self.stop:
            wait = max(0, due[0][0] - time.monotonic()) if due else 0.2
            ready = select.select(list(self.port.values()), [], [],
                                  min(wait, 0.2))[0]
            now = time.monotonic()
            for side, fd in self.port.items():
                f = self.read(side) if fd in ready else None
                if not f:
                    continue
                self.seen.append((time.time(), f))
                if first is None and f[12:14] == b"\x08\x00":
                    first = now      # the first datagram: 100 ms after begin
                if self.work.down and first and \
                        now > first - 0.1 + self.work.down:
                    continue
                n += 1
                heapq.heappush(due, (now + self.work.delay, n,
                                     "b" if side == "a" else "a", f))
            while due and due[0][0] <= time.monotonic():
                _, _, to, f = heapq.heappop(due)
                p = self.port[to]
                try:
                    p.send(f) if isinstance(p, socket.socket) else \
                        os.write(p, f)
                except OSError:
                    pass


class Play:
    """One workload with one cast: results, and the frames."""

    def __init__(self, refstack, work, cast):
        self.refstack, self.work, self.cast = refstack, work, cast
        self.result = {"a": [], "b": []}
        self.error = None
        self.listening = threading.Event()
        self.relay = Relay(work)
        self.ready = threading.Barrier(3)
        self.told = threading.Barrier(2)

    def heard(self, name, line):
        self.result[name].append(line)
        if name == "b" and (" listen " in line or line.startswith("sleep")):
            self.listening.set()

    def linux(self, name):
        in_namespace("ip link set lo up")
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"eth0",
                                               IFF_TAP | IFF_NO_PI))
        subprocess.run(["ip", "addr", "add", self.work.ip[name], "dev",
                        "eth0"], check=True)
        subprocess.run(["ip", "link", "set", "eth0", "up"], check=True)
        self.begin(name, fd)
        Linux(self.work, name, self.heard).tell()
        self.last()

    def begin(self, name, port):
        self.relay.port[name] = port
        self.ready.wait(LIMIT)
        if name == "a" and self.work.story["b"]:
            self.listening.wait(LIMIT)

    def last(self):
        """What the other one does is still answered."""
        self.told.wait(LIMIT)
        time.sleep(0.3)

    def stack(self, name):
        in_namespace("ip tuntap add eth0 mode tap", "ip link set eth0 up")
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                          socket.htons(ETH_P_ALL))
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
        s.bind(("eth0", 0))
        self.begin(name, s)
        p = subprocess.Popen([self.refstack, "attach", "--tap", "eth0",
                              "--story", self.work.path, "--as", name],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True)
        timer = threading.Timer(LIMIT, p.kill)
        timer.start()
        for line in p.stdout:
            who, text = line.rstrip("\n").split(": ", 1)
            self.heard(who, text)
            if len(self.result[name]) == len(self.work.story[name]):
                self.last()
                p.send_signal(signal.SIGINT)
        if p.wait():
            self.error = "refstack: exit %d: %s" % (p.returncode,
                                                    p.stderr.read(200))
        timer.cancel()

    def act(self, name):
        try:
            (self.stack if self.cast["ab".index(name)] == "S" else
             self.linux)(name)
        except Exception as e:       # of any kind: the play has failed
            self.error = "%s: %s" % (name, e)
            self.ready.abort()
            self.told.abort()

    def live(self):
        threads = [threading.Thread(target=self.act, args=n, daemon=True)
                   for n in "ab"]
        for t in threads:
            t.start()
        try:
            self.ready.wait(LIMIT)
        except threading.BrokenBarrierError:
            self.error = self.error or "it does not begin"
        self.relay.start()
        for t in threads:
            t.join(LIMIT)
        self.relay.stop = True
        self.relay.join()
        self.frames = self.relay.seen

    def simulate(self):
        pcap = "%s.pcap" % self.work.name
        p = subprocess.run([self.refstack, "run", self.work.path, "--pcap",
                            pcap], capture_output=True, text=True,
                           timeout=LIMIT, check=False)
        for line in p.stdout.split("\n"):
            m = re.match("([ab]): (.*)", line)
            if m:
                self.heard(*m.groups())
        if p.returncode:
            self.error = p.stdout[-300:]
        self.frames = list(read_pcap(pcap))

    def run(self):
        try:
            self.simulate() if self.cast == "SS" else self.live()
        except Exception as e:
            self.error, self.frames = str(e), []
        return self


def read_pcap(path):
    data = open(path, "rb").read()
    at = 24
    while at + 16 <= len(data):
        s, ns, n, _ = struct.unpack_from("<IIII", data, at)
        yield s + ns / 1e9, data[at + 16:at + 16 + n]
        at += 16 + n


def write_pcap(path, plays):
    """Of play i the frames are RUN_APART * i seconds later."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
        for i, p in enumerate(plays):
            for t, b in p.frames:
                t = RUN_APART * (i + 1) + t - p.frames[0][0]
                f.write(struct.pack("<IIII", int(t), int(t % 1 * 1e9), len(b),
                                    len(b)) + b)


# --- what went over the wire ----------------------------------------------------------

FIELDS = ("frame.time_epoch ip.src ip.proto tcp.srcport tcp.dstport tcp.flags "
          "tcp.seq_raw tcp.ack_raw tcp.len tcp.option_kind tcp.urgent_pointer "
          "icmp.type icmp.code udp.length tcp.checksum.status").split()
OPTION = {2: "mss", 3: "wscale", 4: "sackOK", 8: "ts"}


class Wire:
    """A play's datagrams so that only behaviour is left of them.

    For each end: its SYNs with their options as a set (the order is the
    personality's), the bytes it sent as one range, where its FIN and its RSTs
    were and what they acknowledged, the last acknowledgement, the urgent
    pointer, and, where the link goes down or keep-alive is on, whether
    something was sent again.  Segments that only
    acknowledge are merged into the last, the handshake's third among them.
    """

    def __init__(self, work):
        self.name = {work.ip[n].split("/")[0]: n for n in work.ip}
        self.asks = work.down or any(work.settings.values())
        self.flow = {}
        self.order = []
        self.other = []
        self.bad = 0

    def end(self, who, w):
        port = w["tcp.srcport"] if who == "a" else w["tcp.dstport"]
        if (port, "a") not in self.flow:
            n = len(self.order) + 1
            self.order.append(port)
            for name in "ab":
                self.flow[port, name] = {"n": n, "isn": None, "top": 0,
                                         "ack": 0, "lines": [], "fin": None}
        return self.flow[port, who], self.flow[port, "b" if who == "a" else
                                               "a"]

    def add(self, w):
        who = self.name.get(w["ip.src"].split(",")[0])
        if not who:
            return
        if w["icmp.type"]:
            self.other.append("%s: icmp %s/%s" % (who, w["icmp.type"],
                                                  w["icmp.code"]))
        elif w["udp.length"]:
            self.other.append("%s: udp %d" % (who, int(w["udp.length"]) - 8))
        elif w["tcp.flags"]:
            self.tcp(who, w)

    def tcp(self, who, w):
        me, peer = self.end(who, w)
        flags, n = int(w["tcp.flags"], 16), int(w["tcp.len"])
        seq, ack = int(w["tcp.seq_raw"]), int(w["tcp.ack_raw"] or 0)
        self.bad += w["tcp.checksum.status"] == "0"
        say = lambda t: me["lines"].append(t) if t not in me["lines"] else None
        if flags & 2:
            kinds = sorted({int(k) for k in w["tcp.option_kind"].split(",")
                            if k} - {0, 1})
            say("SYN%s %s" % ("+ACK" if flags & 16 else "",
                              " ".join(OPTION.get(k, str(k)) for k in kinds)))
            if me["isn"] is not None:
                say("SYN again")
            me["isn"] = seq
            me["top"] = max(me["top"], 1)
        rel = (seq - (me["isn"] or 0)) % (1 << 32) if me["isn"] is not None \
            else 0
        acked = (ack - peer["isn"]) % (1 << 32) if flags & 16 and \
            peer["isn"] is not None else 0
        if flags & 4:
            say("RST%s seq %d" % ("+ACK %d" % acked if flags & 16 else "",
                                  rel))
            return
        me["ack"] = max(me["ack"], acked)
        if flags & 32:
            say("URG to %d" % (rel + int(w["tcp.urgent_pointer"] or 0)))
        end = rel + n + (flags & 1)
        if self.asks and (not flags & 2 and rel + n < me["top"] or
                          (n or flags & 1) and end <= me["top"]):
            say("again")
        me["top"] = max(me["top"], end)
        if flags & 1 and me["fin"] is None:
            me["fin"] = rel + n
            say("FIN at %d%s" % (rel + n, " of the peer's knowing" if
                                 peer["fin"] is not None and
                                 acked > peer["fin"] else ""))

    def lines(self):
        out = sorted(set(self.other), key=self.other.index)
        for port in self.order:
            for who in "ab":
                e = self.flow[port, who]
                tag = "%s%s: " % (who, "" if e["n"] == 1 else e["n"])
                out += [tag + t for t in e["lines"]]
                if any(t.startswith("SYN") for t in e["lines"]):
                    data = e["top"] - 1 - (e["fin"] is not None)
                    out.append("%sdata %d" % (tag, data))
                    out.append("%sacknowledged %d" % (tag, e["ack"]))
        if self.bad:
            out.append("bad checksums")
        return out


def wires(plays):
    write_pcap("all.pcap", plays)
    cmd = ["tshark", "-r", "all.pcap", "-o", "tcp.check_checksum:TRUE", "-T",
           "fields", "-E", "separator=|", "-E", "occurrence=a"]
    for f in FIELDS:
        cmd += ["-e", f]
    out = subprocess.run(cmd, capture_output=True, text=True, check=True)
    seen = [Wire(p.work) for p in plays]
    for line in out.stdout.splitlines():
        w = dict(zip(FIELDS, line.split("|")))
        seen[int(float(w["frame.time_epoch"])) // RUN_APART - 1].add(w)
    return [s.lines() for s in seen]


# --- comparing -------------------------------------------------------------------------

class Known:
    def __init__(self, path):
        self.rows, self.used = [], set()
        for line in open(path, encoding="utf-8"):
            f = [x.strip() for x in line.split("|")]
            if len(f) == 5 and not line.startswith("#"):
                self.rows.append(f)

    def has(self, work, cast, ref, other):
        for i, (w, c, r, o, _) in enumerate(self.rows):
            if fnmatch.fnmatchcase(work, w) and fnmatch.fnmatchcase(cast, c) \
                    and fnmatch.fnmatchcase(ref, r) \
                    and fnmatch.fnmatchcase(other, o):
                self.used.add(i)
                return True
        return False


def pairs(ref, other):
    """Lines that differ, side by side; "-" where there is none."""
    key = lambda t: re.sub(r"\d+$|\+ACK \d+", "", t)
    only_r = [t for t in ref if t not in other]
    only_o = [t for t in other if t not in ref]
    for r in only_r:
        o = next((t for t in only_o if key(t) == key(r)), "-")
        if o != "-":
            only_o.remove(o)
        yield r, o
    for o in only_o:
        yield "-", o


def differing(p, q, wire_p, wire_q):
    """Calls one by one, as they are the same; then what was on the wire."""
    for n in "ab":
        for i in range(max(len(p.result[n]), len(q.result[n]))):
            r, o = ("%s: %s" % (n, x.result[n][i]) if i < len(x.result[n])
                    else "-" for x in (p, q))
            if r != o:
                yield r, o
    yield from pairs(["wire " + t for t in wire_p],
                     ["wire " + t for t in wire_q])


def text(play, wire):
    return ["%s: %s" % (n, t) for n in "ab" for t in play.result[n]] + \
        ["wire " + t for t in wire]


def verdicts(known, works, plays, wire):
    """What is wrong with each play of each workload."""
    for k, work in enumerate(works):
        out = {}
        for i, cast in enumerate(ROLES):
            p = plays[4 * k + i]
            wrong = ["%s, not %s" % (o, r) for r, o in
                     differing(plays[4 * k], p, wire[4 * k],
                               wire[4 * k + i])
                     if not known.has(work.name, cast, r, o)]
            if p.error or not p.result["a"]:
                wrong.insert(0, p.error or "nothing was told")
            out["%s-%s" % (work.name, cast)] = wrong
        yield work, out


def play_all(refstack, known, works):
    plays = [Play(refstack, w, c) for w in works for c in ROLES]
    with ThreadPoolExecutor(PLAYS) as pool:
        list(pool.map(Play.run, sorted(plays, reverse=True,
                                       key=lambda p: p.work.rests())))
    wire = wires(plays)
    if os.environ.get("NTR_SHOW"):
        for p, w in zip(plays, wire):
            print("#", p.work.name, p.cast, *text(p, w), sep="\n#   ")
    return verdicts(known, works, plays, wire)


def main():
    refstack, known = os.path.abspath(sys.argv[1]), Known(sys.argv[2])
    works = [Workload(os.path.abspath(p)) for p in sys.argv[3:]]
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    bad = 0
    for attempt in range(TRIES):
        again = []
        for work, out in play_all(refstack, known, works):
            if any(out.values()) and attempt + 1 < TRIES:
                again.append(work)
                continue
            for name, wrong in out.items():
                bad += bool(wrong)
                print("fail %s: %s" % (name, "; ".join(wrong)) if wrong else
                      "pass " + name)
        works = again
        if not works:
            break
    sys.stdout.flush()
    os._exit(bad > 0)                # threads of a play that hangs are no matter


main()
