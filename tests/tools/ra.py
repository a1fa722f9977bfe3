# SPDX-License-Identifier: Apache-2.0
"""A router advertisement (RFC 4861 4.2) from this machine's link-local address.

ra.py DEVICE LIFETIME PREFIX VALID PREFERRED [MTU]: to all nodes of the link; the
prefix is on the link and for addresses, 64 bits long.  The kernel makes the
checksum.
"""
import socket
import struct
import sys

device, lifetime, prefix, valid, preferred = sys.argv[1:6]
mac = open(f"/sys/class/net/{device}/address").read().strip().split(":")
ra = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, int(lifetime), 0, 0)
ra += bytes([1, 1]) + bytes(int(b, 16) for b in mac)
ra += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, int(valid), int(preferred), 0)
ra += socket.inet_pton(socket.AF_INET6, prefix)
if len(sys.argv) > 6:
    ra += struct.pack("!BBHI", 5, 1, 0, int(sys.argv[6]))
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
index = socket.if_nametoindex(device)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
s.sendto(ra, ("ff02::1", 0, 0, index))
