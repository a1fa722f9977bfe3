# SPDX-License-Identifier: Apache-2.0
"""Questions about a Breakpad .sym file and their answers, by brute force.

Prints lines of fields separated by tabs: the question (kind, address) and the
answer. symtext_real_test.c asks the reader the same and compares whole lines.
Every record of the file is asked for at its first, middle and last address.
"""
import re
import sys


def read(path):
    with open(path, encoding="utf-8", newline="") as f:
        return [line.rstrip("\r\n") for line in f.read().split("\n")]


def num(text):
    return int(text, 16)


class Sym:
    def __init__(self, path):
        self.files, self.funcs, self.publics = {}, [], []
        self.win, self.cfi, self.code_id = [], [], None
        for line in read(path):
            self.record(line)

    def record(self, line):
        word = line.split(" ")
        if word[0] == "MODULE":
            self.module = word[1:5]
        elif line.startswith("INFO CODE_ID "):
            self.code_id = word[2]
        elif word[0] == "FILE":
            self.files[int(word[1])] = line.split(" ", 2)[2]
        elif word[0] == "FUNC":
            m = re.fullmatch(r"FUNC (?:m )?(\S+) (\S+) (\S+) (.*)", line)
            self.funcs.append((num(m[1]), num(m[2]), m[4], []))
        elif word[0] == "PUBLIC":
            m = re.fullmatch(r"PUBLIC (?:m )?(\S+) (\S+) (.*)", line)
            self.publics.append((num(m[1]), m[3]))
        elif line.startswith("STACK WIN "):
            w = line.split(" ", 11)  # the last two: flag, program or ebp
            self.win.append([num(x) for x in w[2:11]] + [w[11].split(" ", 1)])
        elif line.startswith("STACK CFI INIT "):
            w = line.split(" ", 5)
            self.cfi.append((num(w[3]), num(w[4]), w[5], []))
        elif line.startswith("STACK CFI "):
            w = line.split(" ", 3)
            self.cfi[-1][3].append((num(w[2]), w[3]))
        elif re.match(r"[0-9a-f]+ ", line):
            self.funcs[-1][3].append((num(word[0]), num(word[1]), int(word[2]), int(word[3])))


def say(*fields):
    print("\t".join("%x" % f if isinstance(f, int) else f for f in fields))


def cover(spans, at):
    """Of the spans (rva, size, ...) around at the one that begins last; of
    those that begin together the smallest, then the file's first."""
    best = None
    for s in spans:
        if s[0] <= at < s[0] + s[1]:
            if not best or s[0] > best[0] or (s[0] == best[0] and s[1] < best[1]):
                best = s
    return best


def nearest(spans, at):
    best = None
    for s in spans:
        if s[0] <= at and (not best or s[0] > best[0]):
            best = s
    return best


def answer_at(sym, at):
    f = cover(sym.funcs, at)
    if not f:
        f = nearest([(x[0], -x[1], x) for x in sorted(sym.funcs, key=lambda x: x[1])], at)
        f = f and f[2]
        p = nearest(sym.publics, at)
        if p and (not f or p[0] > f[0]):
            return say("at", at, "public", p[0], 0, p[1])
    if f:
        return say("at", at, "func", f[0], f[1], f[2])
    say("at", at, "absent")


def answer_line(sym, at):
    f = cover(sym.funcs, at)
    best = None
    for x in f[3] if f else []:
        if x[0] <= at < x[0] + x[1] and (not best or x[0] > best[0]):
            best = x
    if not best:
        return say("line", at, "absent")
    say("line", at, best[0], best[1], best[2], sym.files[best[3]])


def rules(texts):
    out = {}
    for text in texts:
        for m in re.finditer(r"(\S+): (.*?)(?= \S+: |$)", text):
            out[m[1]] = m[2]
    return out


def answer_unwind(sym, at):
    wins = [(w[1], w[2], w) for w in sym.win if w[0] == 4]
    w = cover(wins, at)
    c = None if w else cover(sym.cfi, at)
    if not w and not c:
        w = cover([(x[1], x[2], x) for x in sym.win if x[0] < 4], at)
    if w:
        t, rva, size, prolog, _epilog, params, saved, local, most, (has, rest) = w[2]
        kind = "framedata" if t == 4 or has == "1" else "fpo"
        return say("unwind", at, kind, rva, size, prolog, params, local, saved, most,
                   "frame %d" % (t if t < 4 else 0),
                   rest if has == "1" else "ebp " + rest)
    if not c:
        return say("unwind", at, "absent")
    r = rules([c[2]] + [x[1] for x in c[3] if x[0] <= at])
    say("unwind", at, "cfi", c[0], c[1], *["%s: %s" % x for x in sorted(r.items())])


def addresses(sym):
    at = {0, 1, 0xFFFFFFFF, 2**64 - 1}
    for s in sym.funcs + sym.cfi + [(w[1], w[2]) for w in sym.win]:
        at |= {s[0], s[0] + s[1] // 2, s[0] + s[1] - 1, s[0] + s[1]}
    for f in sym.funcs:
        for x in f[3]:
            at |= {x[0], x[0] + x[1] - 1}
    for c in sym.cfi:
        at |= {x[0] for x in c[3]} | {x[0] - 1 for x in c[3]}
    at |= {p[0] for p in sym.publics} | {p[0] + 1 for p in sym.publics}
    return sorted(a for a in at if a >= 0)


def main():
    sym = Sym(sys.argv[1])
    g = bytes.fromhex(sym.module[2][:32])
    guid = g[3::-1] + g[5:3:-1] + g[7:5:-1] + g[8:]
    image = sym.code_id or "none"
    if sym.code_id:
        image = "%x %x" % (num(image[:8]), num(image[8:]))
    say("id", 0, guid.hex(), num(sym.module[2][32:]), sym.module[1], image)
    say("count", 0, len(sym.funcs), len(sym.publics), sum(len(f[3]) for f in sym.funcs))
    for name in sorted({f[2] for f in sym.funcs} | {p[1] for p in sym.publics}):
        say("named", 0, name)
    for at in addresses(sym):
        answer_at(sym, at)
        answer_line(sym, at)
        answer_unwind(sym, at)


main()
