# SPDX-License-Identifier: Apache-2.0
# The update is for Service Packs 1 and 2 and its article was in print in October 2007;
# a driver linked after that is taken to have it.
signature KB938648 {
    title     "TCP/IP writes to an object that it has freed (race, Server 2003)"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "KB938648"
    affects   "Windows Server 2003"
    related   "KB842840", "KB919948"
    false_positive "Damaged memory makes TCP/IP write anywhere, too: see whether pool is whole."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version == 5.2
        require bugcheck.p1 >= 0x10000
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require blame.module == "tcpip"
        require module["nt"].date >= 2005-03-01
        require module["tcpip.sys"].date < 2007-10-12
        support machine.cpus >= 2
        support bugcheck.p1 % 4 != 0
    }
    say       "tcpip.sys ({module[\"tcpip.sys\"].date:date}) wrote to {bugcheck.p1:hex}, an address taken from an object that was freed."
    do        "Install the update of KB938648 for tcpip.sys."
    do        "If it stops again, switch special pool on for the tags of TCP/IP: then the stop names who uses the freed block."

    test fires "Service Pack 2, two processors" {
        machine x86 2003 cpus 2
        time 2007-05-10
        stop 0xd1 0x977e6fde 2 1 "tcpip!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys" date 2007-02-17
        module "tcpip.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "Service Pack 1" {
        machine x86 2003 cpus 2
        time 2007-05-10
        stop 0xd1 0x977e6fde 2 1 "tcpip!X+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys" date 2005-03-24
        module "tcpip.sys" date 2005-03-24
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "x64" {
        machine x64 2003 cpus 2
        time 2007-05-10
        stop 0xd1 0xfffffa80977e6fde 2 1 "tcpip!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys" date 2007-02-17
        module "tcpip.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected tcpip.sys" {
        machine x86 2003 cpus 2
        time 2008-01-10
        stop 0xd1 0x977e6fde 2 1 "tcpip!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys" date 2007-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows Vista" {
        machine x64 vista cpus 2
        time 2007-05-10
        stop 0xd1 0xfffffa80977e6fde 2 1 "tcpip!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys" date 2007-02-17
        module "tcpip.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a read" {
        machine x86 2003 cpus 2
        time 2007-05-10
        stop 0xd1 0x977e6fde 2 0 "tcpip!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys" date 2007-02-17
        module "tcpip.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a null pointer" {
        machine x86 2003 cpus 2
        time 2007-05-10
        stop 0xd1 0x10 2 1 "tcpip!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys" date 2007-02-17
        module "tcpip.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in NDIS" {
        machine x86 2003 cpus 2
        time 2007-05-10
        stop 0xd1 0x977e6fde 2 1 "ndis!ndisX+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys" date 2007-02-17
        module "tcpip.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ndis!ndisX+0x50"
            frame "tcpip!X+0x50"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 2
        container header
        time 2007-05-10
        stop 0xd1 0x977e6fde 2 1 0xba045c43
    }
}
