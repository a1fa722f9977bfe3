# SPDX-License-Identifier: Apache-2.0
"""Everything in a Volatility symbol table, as Python's json reads it.

Prints lines of fields separated by tabs: the question (kind, name or address)
and the answer. symtext_real_test.c asks the reader the same and compares
whole lines.
"""
import bisect
import json
import lzma
import sys


def say(*fields):
    print("\t".join("%x" % f if isinstance(f, int) else f for f in fields))


class Isf:
    def __init__(self, path):
        opener = lzma.open if path.endswith(".xz") else open
        with opener(path, "rb") as f:
            self.json = json.load(f)
        self.base, self.enums = self.json["base_types"], self.json["enums"]
        self.user = self.json["user_types"]

    def size(self, t):
        kind = t["kind"]
        if kind == "array":
            return t["count"] * self.size(t["subtype"])
        if kind == "pointer":
            return self.base["pointer"]["size"]
        table = {"base": self.base, "enum": self.enums, "struct": self.user,
                 "union": self.user, "class": self.user}.get(kind)
        return table.get(t["name"], {"size": 0})["size"] if table else 0

    def text(self, t):
        kind = t["kind"]
        if kind == "pointer":
            return "pointer %x to %s" % (self.size(t), self.text(t["subtype"]))
        if kind == "array":
            return "array %x [%x] of %s" % (self.size(t), t["count"], self.text(t["subtype"]))
        if kind == "function":
            return "function"
        if kind == "base":
            b = self.base[t["name"]]
            kind = {"int": "integer", "char": "integer"}.get(b["kind"], b["kind"])
            mark = " signed" * (b["signed"] and kind != "void") + " char" * (b["kind"] == "char")
            return "%s%s %s %x" % (kind, mark, t["name"], b["size"])
        if kind == "enum":
            mark = " signed" * self.base[self.enums[t["name"]]["base"]]["signed"]
            return "enum%s %s %x" % (mark, t["name"], self.enums[t["name"]]["size"])
        if t["name"] not in self.user:  # named, but defined nowhere
            return "%s %s 0 declared" % (kind, t["name"])
        u = self.user[t["name"]]
        return "%s %s %x" % (u["kind"].replace("class", "struct"), t["name"], u["size"])


def symbols(isf):
    first = {}
    for name, s in isf.json["symbols"].items():
        stored = s.get("linkage_name", name)
        first.setdefault(s["address"], stored)
        say("symbol", name, s["address"], stored)
    at = sorted(first)
    for rva in sorted(set(at) | {a + 1 for a in at} | {a - 1 for a in at} | {0, 2**64 - 1}):
        i = bisect.bisect(at, rva)
        if i:
            say("at", rva, at[i - 1], first[at[i - 1]])
        else:
            say("at", rva, "absent")


def types(isf):
    for name, t in isf.user.items():
        say("type", name, isf.text({"kind": "struct", "name": name}), len(t["fields"]))
        for field, f in t["fields"].items():
            ty, bit, bits = f["type"], 0, 0
            if ty["kind"] == "bitfield":
                bit, bits, ty = ty["bit_position"], ty["bit_length"], ty["type"]
            say("field", name, field, f["offset"], bit, bits, isf.text(ty))
    for name, t in isf.enums.items():
        say("type", name, isf.text({"kind": "enum", "name": name}), len(t["constants"]))
        for constant, value in t["constants"].items():
            say("constant", name, constant, value & (2**64 - 1))


def main():
    isf = Isf(sys.argv[1])
    pdb = isf.json["metadata"]["windows"]["pdb"]
    g = bytes.fromhex(pdb["GUID"])
    guid = g[3::-1] + g[5:3:-1] + g[7:5:-1] + g[8:]
    say("id", "-", guid.hex(), pdb["age"], pdb["machine_type"])
    say("count", "-", len(isf.json["symbols"]), len(isf.user) + len(isf.enums))
    symbols(isf)
    types(isf)


main()
