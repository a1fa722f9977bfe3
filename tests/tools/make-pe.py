#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small x64 PE image with a debug record, for tests of the symbol store.

    make-pe.py OUT TIMESTAMP IMAGE_SIZE [RAW_BYTES [PDB GUID_HEX AGE]]

Layout by hand from Microsoft's "PE Format"; nothing is shared with the reader.
The last section holds RAW_BYTES of noise, the same for the same TIMESTAMP.
"""
import random
import struct
import sys

out, stamp, image_size = sys.argv[1], int(sys.argv[2], 0), int(sys.argv[3], 0)
raw = int(sys.argv[4], 0) if len(sys.argv) > 4 else 0x400
raw = (raw + 0x1ff) & ~0x1ff
rdata = bytearray(0x200)
debug = (0, 0)
if len(sys.argv) > 5:
    pdb, guid, age = sys.argv[5], bytes.fromhex(sys.argv[6]), int(sys.argv[7])
    rsds = b"RSDS" + guid + struct.pack("<I", age) + pdb.encode() + b"\0"
    rdata[0:28] = struct.pack("<IIHHIIII", 0, stamp, 0, 0, 2, len(rsds),
                              0x1040, 0x440)
    rdata[0x40:0x40 + len(rsds)] = rsds
    debug = (0x1000, 28)

head = bytearray(0x400)
head[0:2] = b"MZ"
struct.pack_into("<I", head, 0x3c, 0x80)
head[0x80:0x84] = b"PE\0\0"
struct.pack_into("<HHIIIHH", head, 0x84, 0x8664, 2, stamp, 0, 0, 240, 0x22)
o = 0x98
struct.pack_into("<HBBIIIII", head, o, 0x20b, 14, 0, raw, 0x200, 0, 0x2000,
                 0x2000)
struct.pack_into("<QII", head, o + 24, 0x140000000, 0x1000, 0x200)
struct.pack_into("<II", head, o + 56, image_size, 0x400)
struct.pack_into("<I", head, o + 108, 16)
struct.pack_into("<II", head, o + 112 + 6 * 8, *debug)
s = o + 240
struct.pack_into("<8sIIII12xI", head, s, b".rdata", 0x200, 0x1000, 0x200,
                 0x400, 0x40000040)
struct.pack_into("<8sIIII12xI", head, s + 40, b".text", raw, 0x2000, raw,
                 0x600, 0x60000020)
with open(out, "wb") as f:
    f.write(head + rdata + random.Random(stamp).randbytes(raw))
