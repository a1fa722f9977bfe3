# SPDX-License-Identifier: Apache-2.0
# The update is of December 2013.
signature KB2905412 {
    title     "Two processors receive the same TCP segment"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "KB2905412"
    affects   "Windows Vista", "Windows Server 2008", "Windows 7", "Windows Server 2008 R2", "Windows 8", "Windows Server 2012"
    related   "KB2519644", "KB943650"
    false_positive "Other faults of TCP/IP on receiving: the article names neither parameters nor a routine."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p2 == 2
        require os.version >= 6.0 and os.version <= 6.2
        require machine.cpus >= 2
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require blame.module == "tcpip"
        require any f in stack.frames where f.module == "ndis"
        require module["tcpip.sys"].date < 2013-12-01
        support weight 4 any f in stack.frames where f.module == "tcpip" and f.function =~ /^Tcp.*Receive/
        exclude first(f in stack.frames where f.module == "tcpip" : f.text) =~ /^tcpip!(Udp|Raw|Icmp)/
    }
    say       "tcpip.sys ({module[\"tcpip.sys\"].date:date}) faulted while receiving, on a machine of {machine.cpus} processors."
    do        "Install the update of KB2905412, or any tcpip.sys of 2014 or later."
    do        "Until then receive on one processor (netsh interface tcp set global rss=disabled)."

    test fires "Windows 7, four processors" {
        machine x64 7 cpus 4
        time 2013-06-10
        stop 0xd1 0x28 2 0 "tcpip!TcpTcbReceive+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2012-10-03
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TcpTcbReceive+0x50"
            frame "tcpip!TcpMatchReceive+0x60"
            frame "tcpip!IppDeliverListToProtocol+0x90"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "Windows Vista" {
        machine x64 vista cpus 2
        time 2013-06-10
        stop 0xd1 0x28 2 0 "tcpip!TcpTcbReceive+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2009-04-11
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TcpTcbReceive+0x50"
            frame "tcpip!TcpMatchReceive+0x60"
            frame "tcpip!IppDeliverListToProtocol+0x90"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected tcpip.sys" {
        machine x64 7 cpus 4
        time 2014-03-01
        stop 0xd1 0x28 2 0 "tcpip!TcpTcbReceive+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2014-01-15
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TcpTcbReceive+0x50"
            frame "tcpip!TcpMatchReceive+0x60"
            frame "tcpip!IppDeliverListToProtocol+0x90"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows 10" {
        machine x64 10 cpus 4
        time 2013-06-10
        stop 0xd1 0x28 2 0 "tcpip!TcpTcbReceive+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2012-10-03
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TcpTcbReceive+0x50"
            frame "tcpip!TcpMatchReceive+0x60"
            frame "tcpip!IppDeliverListToProtocol+0x90"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Server 2003" {
        machine x64 2003 cpus 4
        time 2013-06-10
        stop 0xd1 0x28 2 0 "tcpip!TcpTcbReceive+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2012-10-03
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TcpTcbReceive+0x50"
            frame "tcpip!TcpMatchReceive+0x60"
            frame "tcpip!IppDeliverListToProtocol+0x90"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "one processor" {
        machine x64 7 cpus 1
        time 2013-06-10
        stop 0xd1 0x28 2 0 "tcpip!TcpTcbReceive+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2012-10-03
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TcpTcbReceive+0x50"
            frame "tcpip!TcpMatchReceive+0x60"
            frame "tcpip!IppDeliverListToProtocol+0x90"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "sending" {
        machine x64 7 cpus 4
        time 2013-06-10
        stop 0xd1 0x28 2 0 "tcpip!TcpTcbReceive+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2012-10-03
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TcpTcbReceive+0x50"
            frame "tcpip!TcpMatchReceive+0x60"
            frame "nt!NtDeviceIoControlFile+0x56"
        }
    }

    test silent "a UDP datagram" {
        machine x64 7 cpus 4
        time 2013-06-10
        stop 0xd1 0x28 2 0 "tcpip!UdpDeliver+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2012-10-03
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!UdpDeliver+0x50"
            frame "tcpip!IppDeliverListToProtocol+0x90"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in the card's driver" {
        machine x64 7 cpus 4
        time 2013-06-10
        stop 0xd1 0x28 2 0 "e1q62x64!Rx+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2012-10-03
        module "e1q62x64.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "e1q62x64!Rx+0x50"
            frame "ndis!ndisMIndicateNetBufferListsToOpen+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x64 7 cpus 4
        container header
        time 2013-06-10
        stop 0xd1 0x28 2 0 0xfffff8800101005c
    }
}
