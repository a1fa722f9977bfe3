# SPDX-License-Identifier: Apache-2.0
# That the address wanted is the instruction itself says that code was paged out.
# The article is of the time before Service Pack 1 (March 2005).
signature KB890554 {
    title     "The redirector runs pageable code at raised IRQL for a browser announcement"
    class     stop
    severity  high
    status    experimental
    component "mrxsmb.sys"
    article   "KB890554"
    affects   "Windows Server 2003"
    false_positive "Other pageable code of the redirector that runs at raised IRQL; a datagram of NetBT on the way speaks for this article."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p1 == bugcheck.p4 and bugcheck.p2 == 2
        require bugcheck.p3 in [0, 8, 16]
        require os.version == 5.2
        require bugcheck.p4 >= module["mrxsmb.sys"].base and bugcheck.p4 < module["mrxsmb.sys"].base + module["mrxsmb.sys"].size
        support "netbt" in stack.modules
        support any f in stack.frames where f.module == "mrxsmb" and f.function =~ /^Bowser/i
        exclude module["nt"].date >= 2005-03-01
        exclude module["mrxsmb.sys"].date >= 2005-03-01
    }
    say       "Code of mrxsmb.sys at {bugcheck.p4:hex} was paged out when it was to run at IRQL {bugcheck.p2}."
    do        "Install Service Pack 1 or later of Windows Server 2003, or the update of KB890554."
    do        "Until then DisablePagingExecutive (Session Manager\\Memory Management) keeps the code of drivers in memory; it needs a restart."

    test fires "an announcement under load" {
        machine x86 2003 cpus 1
        time 2004-12-10
        stop 0xd1 "mrxsmb!BowserHandleX+0x12" 2 0 "mrxsmb!BowserHandleX+0x12"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys"
        module "rdbss.sys"
        module "mrxsmb.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "mrxsmb!BowserHandleX+0x12"
            frame "mrxsmb!BowserTdiReceiveDatagram+0x60"
            frame "netbt!TdiRcvDatagram+0x40"
            frame "tcpip!UDPDeliver+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Service Pack 1" {
        machine x86 2003 cpus 1
        time 2005-08-01
        stop 0xd1 "mrxsmb!BowserHandleX+0x12" 2 0 "mrxsmb!BowserHandleX+0x12"
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys"
        module "rdbss.sys"
        module "mrxsmb.sys" date 2005-03-24
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "mrxsmb!BowserHandleX+0x12"
            frame "mrxsmb!BowserTdiReceiveDatagram+0x60"
            frame "netbt!TdiRcvDatagram+0x40"
            frame "tcpip!UDPDeliver+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected mrxsmb.sys" {
        machine x86 2003 cpus 1
        time 2005-08-01
        stop 0xd1 "mrxsmb!BowserHandleX+0x12" 2 0 "mrxsmb!BowserHandleX+0x12"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys"
        module "rdbss.sys"
        module "mrxsmb.sys" date 2005-03-10
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "mrxsmb!BowserHandleX+0x12"
            frame "mrxsmb!BowserTdiReceiveDatagram+0x60"
            frame "netbt!TdiRcvDatagram+0x40"
            frame "tcpip!UDPDeliver+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 1
        time 2004-12-10
        stop 0xd1 "mrxsmb!BowserHandleX+0x12" 2 0 "mrxsmb!BowserHandleX+0x12"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys"
        module "rdbss.sys"
        module "mrxsmb.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "mrxsmb!BowserHandleX+0x12"
            frame "mrxsmb!BowserTdiReceiveDatagram+0x60"
            frame "netbt!TdiRcvDatagram+0x40"
            frame "tcpip!UDPDeliver+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 2003 cpus 1
        time 2004-12-10
        stop 0xd1 "foo!Work+0x12" 2 0 "foo!Work+0x12"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys"
        module "rdbss.sys"
        module "mrxsmb.sys" date 2003-03-25
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "foo!Work+0x12"
            frame "mrxsmb!BowserHandleX+0x12"
            frame "mrxsmb!BowserTdiReceiveDatagram+0x60"
            frame "netbt!TdiRcvDatagram+0x40"
            frame "tcpip!UDPDeliver+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "data, not code" {
        machine x86 2003 cpus 1
        time 2004-12-10
        stop 0xd1 0xe1002010 2 0 "mrxsmb!BowserHandleX+0x12"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys"
        module "rdbss.sys"
        module "mrxsmb.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "mrxsmb!BowserHandleX+0x12"
            frame "mrxsmb!BowserTdiReceiveDatagram+0x60"
            frame "netbt!TdiRcvDatagram+0x40"
            frame "tcpip!UDPDeliver+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 1
        container header
        time 2004-12-10
        stop 0xd1 0xf2bc8c92 2 0 0xf2bc8c92
    }
}
