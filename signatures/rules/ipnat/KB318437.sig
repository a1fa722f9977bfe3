# SPDX-License-Identifier: Apache-2.0
# The kernel writes to offset 98h of nothing on behalf of TCP/IP. Service Pack 3, of
# July 2002, has the correction; a kernel of that time says that it is installed.
signature KB318437 {
    title     "A route is released too early for a packet that NAT changed (RRAS with NAT and VPN)"
    class     stop
    severity  medium
    status    experimental
    component "ipnat.sys"
    article   "KB318437"
    affects   "Windows 2000 SP1", "Windows 2000 SP2"
    false_positive "Whatever hands the kernel a pointer of nothing from within TCP/IP looks the same; NAT and VPN on one machine speak for this article."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x98 and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version == 5.0
        require bugcheck.p4 >= module["nt"].base and bugcheck.p4 < module["nt"].base + module["nt"].size
        require module["ipnat.sys"].loaded
        require any f in stack.frames where f.module in ["tcpip", "ipnat"]
        support module["raspptp.sys"].loaded or module["rasl2tp.sys"].loaded
        support "ipnat" in stack.modules
        exclude module["nt"].date >= 2002-07-01
        exclude module["tcpip.sys"].date >= 2002-07-01
    }
    say       "The kernel wrote to {bugcheck.p1:hex} for TCP/IP while NAT is loaded: the count of users of a route was wrong."
    do        "Install Service Pack 3 or later of Windows 2000."
    do        "Until then let another machine do the address translation, or the VPN."

    test fires "NAT and PPTP on one machine" {
        machine x86 2000 cpus 1
        time 2002-01-10
        stop 0xa 0x98 2 1 "nt!ExpInterlockedX+0x20"
        module "nt" date 2001-05-04
        module "ndis.sys"
        module "tcpip.sys" date 2001-05-01
        module "ipnat.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "tcpip!RTCleanup+0x50"
            frame "ipnat!NatpSend+0x40"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "NAT above, TCP/IP not among the frames" {
        machine x86 2000 cpus 1
        time 2002-01-10
        stop 0xa 0x98 2 1 "nt!ExpInterlockedX+0x20"
        module "nt" date 2001-05-04
        module "ndis.sys"
        module "tcpip.sys" date 2001-05-01
        module "ipnat.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "ipnat!NatpSend+0x40"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Service Pack 3" {
        machine x86 2000 cpus 1
        time 2002-10-01
        stop 0xa 0x98 2 1 "nt!ExpInterlockedX+0x20"
        module "nt" date 2002-07-20
        module "ndis.sys"
        module "tcpip.sys" date 2001-05-01
        module "ipnat.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "tcpip!RTCleanup+0x50"
            frame "ipnat!NatpSend+0x40"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a tcpip.sys of Service Pack 3 or later" {
        machine x86 2000 cpus 1
        time 2002-10-01
        stop 0xa 0x98 2 1 "nt!ExpInterlockedX+0x20"
        module "nt" date 2001-05-04
        module "ndis.sys"
        module "tcpip.sys" date 2002-08-01
        module "ipnat.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "tcpip!RTCleanup+0x50"
            frame "ipnat!NatpSend+0x40"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Server 2003" {
        machine x86 2003 cpus 1
        time 2002-01-10
        stop 0xa 0x98 2 1 "nt!ExpInterlockedX+0x20"
        module "nt" date 2001-05-04
        module "ndis.sys"
        module "tcpip.sys" date 2001-05-01
        module "ipnat.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "tcpip!RTCleanup+0x50"
            frame "ipnat!NatpSend+0x40"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "NAT is not loaded" {
        machine x86 2000 cpus 1
        time 2002-01-10
        stop 0xa 0x98 2 1 "nt!ExpInterlockedX+0x20"
        module "nt" date 2001-05-04
        module "ndis.sys"
        module "tcpip.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "tcpip!RTCleanup+0x50"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop for another driver" {
        machine x86 2000 cpus 1
        time 2002-01-10
        stop 0xa 0x98 2 1 "nt!ExpInterlockedX+0x20"
        module "nt" date 2001-05-04
        module "ndis.sys"
        module "tcpip.sys" date 2001-05-01
        module "ipnat.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "foo!Work+0x40"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a read" {
        machine x86 2000 cpus 1
        time 2002-01-10
        stop 0xa 0x98 2 0 "nt!ExpInterlockedX+0x20"
        module "nt" date 2001-05-04
        module "ndis.sys"
        module "tcpip.sys" date 2001-05-01
        module "ipnat.sys" date 2001-05-01
        module "raspptp.sys" date 2001-05-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nt!ExpInterlockedX+0x20"
            frame "tcpip!RTCleanup+0x50"
            frame "ipnat!NatpSend+0x40"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2000 cpus 1
        container header
        time 2002-01-10
        stop 0xa 0x98 2 1 0x80464659
    }
}
