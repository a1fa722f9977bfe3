#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples in the language of packet scripts are none of its mistakes.

  pkt_words.py REFSTACK README

Each code in the first column of a table of datagrams becomes a line that comes
in and one that goes out; "…" stands for a datagram before it.  Whether it is
sent is no matter: only that the line can be read.
"""
import re
import subprocess
import sys

BEHIND = {"TCP": "S 0:0(0) "}


def examples(readme):
    section = head = ""
    for line in open(readme, encoding="utf-8"):
        if line.startswith("## "):
            section = line[3:].strip()
        elif re.match(r"\| .*\| \|$", line):
            head = line.split("|")[1].strip()
        elif section in ("Datagrams", "IPv6") and line.startswith("| `"):
            for code in re.findall(r"`([^`]*)`", line.split("|")[1]):
                yield section == "IPv6", head, code


def script(six, head, code):
    of = BEHIND.get(head, "rs " if re.match("… (code|cut|opt)", code) else
                    "udp 1 > 2 (8) ")
    if head.startswith("bytes"):
        code = "udp 1 > 2 [" + code + "]"
    elif code[0] == "<":
        code = of + code
    code = re.sub("^… ", of, code)
    code = re.sub("HEX…|…", "00", code)
    ways = "<" if code.startswith("frag d") else ">" if \
        code.startswith("frag") else "<>"
    for way in ways:
        yield "".join(("set ip=6\n" * six, "datagram d = udp 1 > 2 (3000)\n",
                       "0 %s %s\n" % (way, code)))


def main():
    read, wrong = 0, []
    for example in examples(sys.argv[2]):
        for text in script(*example):
            with open("word.pkt", "w", encoding="utf-8") as f:
                f.write(text)
            p = subprocess.run([sys.argv[1], "script", "word.pkt"],
                               capture_output=True, text=True, check=False)
            read += 1
            if p.returncode == 2:
                wrong.append(text.split("\n")[-2] + ": " + p.stderr)
    print("enough" if read > 100 else read, "examples,", *(wrong or ["all right"]))


main()
