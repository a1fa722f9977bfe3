# SPDX-License-Identifier: Apache-2.0
"""The table of NT structure offsets against other collections of them.

    nt_types_truth.py nt_types.txt [nt-offsets.tsv] [kphdyn.xml]
Prints "pass", "fail" and "skip" lines. Every row of the table that one of the
others knows too, for a build that both name, has to say the same.
"""
import os
import re
import sys
import xml.etree.ElementTree as xml

# Labels of nt-offsets.tsv that are variants of a build.
KEYS = {"03SP1": "3790.1", "03SP2": "3790.2", "7SP1u": "7601.2", "8.1u1": "9600.1"}
ARCH = {"amd64": "x64", "arm64": "a64"}


def key(build):
    number, _, variant = build.partition(".")
    return int(number) * 16 + int(variant or 0)


def table(path):
    """(machine, struct, member) -> [(first, last, offset, type)]"""
    rows = {}
    for line in open(path, encoding="utf-8"):
        if line[0] in "#!\n":
            continue
        name, kind, machines, *spans = line.split()
        struct, member = name.split(".", 1)
        for m in machines.split(","):
            for span in spans:
                builds, offset = span.split("=")
                ends = [0, 1 << 32] if builds == "*" else [key(b) for b in builds.split("-")]
                rows.setdefault((m, struct, member), []).append(
                    (ends[0], ends[-1], int(offset, 16), kind))
    return rows


def lookup(rows, at, build):
    for first, last, offset, kind in rows.get(at, []):
        if first <= build <= last:
            return offset, kind
    return None


class Offsets:
    """nt-offsets.tsv: a member of a member is found by following its type."""

    def __init__(self, path):
        self.at, self.builds = {}, set()
        for line in open(path, encoding="utf-8"):
            if line[0] == "#":
                continue
            arch, label, build, struct, size, member, offset, bits, kind = \
                (line.rstrip("\n").split("\t") + [""] * 9)[:9]
            b = (arch, key(KEYS.get(label, build)))
            self.builds.add(b)
            if size:
                self.at[b, struct, "@size"] = int(size, 16), "u0"
            if not bits:
                self.at[b, struct, member] = int(offset, 16), kind

    def find(self, b, struct, path):
        if struct == "_KLDR":  # the loader's own has the same head
            struct = "_KLDR_DATA_TABLE_ENTRY"
            if (b, struct, path.split(".")[0]) not in self.at and path != "TimeDateStamp":
                struct = "_LDR_DATA_TABLE_ENTRY"
        total = 0
        for member in path.split("."):
            hit = self.at.get((b, struct, member))
            if not hit:
                return None
            total += hit[0]
            struct = hit[1]
        return total, struct


SIZES = {"char": 1, "short": 2, "long": 4, "int": 4, "long long": 8, "ptr64": 8}


def width_of(kind, pointer):
    """Bytes that nt-offsets.tsv's type has, None where it does not say."""
    m = re.fullmatch(r"(?:unsigned )?(.*?)(?:\[(\d+)\])?", kind)
    size = pointer if m[1] == "ptr" else SIZES.get(m[1])
    return size and size * int(m[2] or 1)


def my_width(kind, pointer):
    if kind == "p":
        return pointer
    return {"u": 1, "b": 8}.get(kind[0], 0) * int(kind[1:]) // 8 if kind[0] in "ub" else None


def against_offsets(rows, path):
    other = Offsets(path)
    wrong, n = [], 0
    for (machine, struct, member), spans in sorted(rows.items()):
        for arch, build in sorted(other.builds):
            mine = lookup(rows, (machine, struct, member), build)
            theirs = other.find((arch, build), struct, member) if arch == machine else None
            if not mine or not theirs:
                continue
            n += 1
            where = "%s %d.%d %s.%s" % (arch, build // 16, build % 16, struct, member)
            if mine[0] != theirs[0]:
                wrong.append("%s: 0x%x, there 0x%x" % (where, mine[0], theirs[0]))
            pointer = 4 if arch == "x86" else 8
            kind = mine[1]
            # a row of an array is of its first element
            whole, first = theirs[1], theirs[1].split("[")[0]
            own = my_width(kind, pointer)
            width = width_of(first if kind[0] in "pu" else whole, pointer)
            if width and own and width != own:
                wrong.append("%s: %s, there %s" % (where, kind, theirs[1]))
            if kind[0] == "_" and first[:1] == "_" and kind != first:
                wrong.append("%s: %s, there %s" % (where, kind, theirs[1]))
    report("nt-offsets.tsv", n, wrong)


def against_kphdyn(rows, path):
    root = xml.parse(path).getroot()
    fields = {f.get("id"): f for f in root.iter("fields")}
    wrong, n = [], 0
    for data in root.iter("data"):
        machine = ARCH.get(data.get("arch"))
        build = int(data.get("version").split(".")[2]) * 16
        if not machine or not data.get("file").startswith("nt"):
            continue
        for f in fields[data.text.strip()]:
            if not f.get("name").startswith("Kt"):
                continue
            mine = lookup(rows, (machine, "_KTHREAD", f.get("name")[2:]), build)
            if not mine:
                continue
            n += 1
            if mine[0] != int(f.get("value"), 16):
                wrong.append("%s %d _KTHREAD.%s: 0x%x, there %s" % (
                    machine, build // 16, f.get("name")[2:], mine[0], f.get("value")))
    report("kphdyn.xml", n, wrong)


def report(name, n, wrong):
    for text in wrong:
        print("    " + text)
    if wrong or not n:
        print("fail %s: %d of %d rows differ" % (name, len(wrong), n))
    else:
        print("pass %s agrees in %d rows" % (name, n))


def main():
    rows = table(sys.argv[1])
    for path, compare in zip(sys.argv[2:], (against_offsets, against_kphdyn)):
        if os.path.exists(path):
            compare(rows, path)
        else:
            print("skip %s: not in the corpus" % os.path.basename(path))


main()
