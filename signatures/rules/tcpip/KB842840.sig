# SPDX-License-Identifier: Apache-2.0
# Superseded by the update of KB840711. Service Pack 1 is of March 2005. When the
# correction was made is not public; a driver linked from September 2004 on is taken
# to have it.
signature KB842840 {
    title     "TCP/IP sends a segment again while another processor frees it (Server 2003 before SP1)"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "KB842840"
    affects   "Windows Server 2003"
    related   "KB938648"
    false_positive "Any use of freed memory in this tcpip.sys; several processors and retransmissions speak for this article."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p2 >= 2
        require os.version == 5.2
        require machine.cpus >= 2
        require bugcheck.p1 >= 0x10000
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require blame.module == "tcpip"
        require module["nt"].date < 2005-03-01 and module["tcpip.sys"].date < 2004-09-01
        support "ndis" in stack.modules
        support weight 3 any f in stack.frames where f.module == "tcpip" and f.function =~ /xmit/i
    }
    say       "tcpip.sys ({module[\"tcpip.sys\"].date:date}) touched {bugcheck.p1:hex}, which is no longer there, on a machine of {machine.cpus} processors."
    do        "Install Service Pack 1 or later of Windows Server 2003, or the update of KB840711."

    test fires "two processors, on receiving" {
        machine x86 2003 cpus 2
        time 2004-06-10
        stop 0xd1 0x8a2f4010 2 0 "tcpip!TCPFastXmit+0x50"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!TCPFastXmit+0x50"
            frame "tcpip!ACKData+0x40"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Service Pack 1" {
        machine x86 2003 cpus 2
        time 2005-08-01
        stop 0xd1 0x8a2f4010 2 0 "tcpip!TCPFastXmit+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys" date 2005-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!TCPFastXmit+0x50"
            frame "tcpip!ACKData+0x40"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected tcpip.sys" {
        machine x86 2003 cpus 2
        time 2004-12-01
        stop 0xd1 0x8a2f4010 2 0 "tcpip!TCPFastXmit+0x50"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys" date 2004-10-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!TCPFastXmit+0x50"
            frame "tcpip!ACKData+0x40"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        time 2004-06-10
        stop 0xd1 0x8a2f4010 2 0 "tcpip!TCPFastXmit+0x50"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!TCPFastXmit+0x50"
            frame "tcpip!ACKData+0x40"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "one processor" {
        machine x86 2003 cpus 1
        time 2004-06-10
        stop 0xd1 0x8a2f4010 2 0 "tcpip!TCPFastXmit+0x50"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!TCPFastXmit+0x50"
            frame "tcpip!ACKData+0x40"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a null pointer" {
        machine x86 2003 cpus 2
        time 2004-06-10
        stop 0xd1 0x10 2 0 "tcpip!TCPFastXmit+0x50"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!TCPFastXmit+0x50"
            frame "tcpip!ACKData+0x40"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in the card's driver" {
        machine x86 2003 cpus 2
        time 2004-06-10
        stop 0xd1 0x8a2f4010 2 0 "e100b!Send+0x50"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys" date 2003-03-25
        module "e100b.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "e100b!Send+0x50"
            frame "tcpip!TCPFastXmit+0x50"
            frame "tcpip!ACKData+0x40"
            frame "tcpip!TCPRcv+0x60"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 2
        container header
        time 2004-06-10
        stop 0xd1 0x8a2f4010 2 0 0xf17445f3
    }
}
