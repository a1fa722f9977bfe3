# SPDX-License-Identifier: Apache-2.0
"""udp6.py ADDRESS PORT BYTES: one datagram; prints "same" when it comes back as
it went, else what happened instead.
"""
import os
import socket
import sys

s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(3)
data = os.urandom(int(sys.argv[3]))
try:
    s.connect((sys.argv[1], int(sys.argv[2])))
    s.send(data)
    print("same" if s.recv(65536) == data else "other bytes")
except OSError as e:
    print(type(e).__name__)
