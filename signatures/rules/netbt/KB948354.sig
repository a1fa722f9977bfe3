# SPDX-License-Identifier: Apache-2.0
# The update of KB961799, of the beginning of 2009, contains this one; a driver linked
# from 2009 on is taken to have it.
signature KB948354 {
    title     "NetBT faults by its own timing (Server 2003)"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "KB948354"
    affects   "Windows Server 2003"
    related   "KB961799"
    false_positive "Only the title of the article is known: every other fault of netbt.sys looks the same."

    on dump {
        require bugcheck.code == 0xd1
        require os.version == 5.2
        require bugcheck.p4 >= module["netbt.sys"].base and bugcheck.p4 < module["netbt.sys"].base + module["netbt.sys"].size
        require blame.module == "netbt"
        require module["netbt.sys"].date < 2009-01-01
        require machine.cpus >= 2
        exclude any f in stack.frames where f.module == "netbt" and f.text =~ /NbtCopyToStartOfIndicate/
        support "tcpip" in stack.modules
    }
    say       "netbt.sys ({module[\"netbt.sys\"].date:date}) faulted on a machine of {machine.cpus} processors; nothing speaks for a malformed packet (KB961799)."
    do        "Install the update of KB961799 for netbt.sys: it contains that of KB948354."

    test fires "Service Pack 2, two processors" {
        machine x86 2003 cpus 2
        time 2008-02-10
        stop 0xd1 0x10 2 0 "netbt!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "netbt!X+0x50"
            frame "netbt!TdiReceiveHandler+0x60"
            frame "tcpip!IndicateData+0x40"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "x64" {
        machine x64 2003 cpus 2
        time 2008-02-10
        stop 0xd1 0x10 2 0 "netbt!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "netbt!X+0x50"
            frame "netbt!TdiReceiveHandler+0x60"
            frame "tcpip!IndicateData+0x40"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the netbt.sys of KB961799" {
        machine x86 2003 cpus 2
        time 2009-05-01
        stop 0xd1 0x10 2 0 "netbt!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" date 2009-02-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "netbt!X+0x50"
            frame "netbt!TdiReceiveHandler+0x60"
            frame "tcpip!IndicateData+0x40"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows Vista" {
        machine x64 vista cpus 2
        time 2008-02-10
        stop 0xd1 0x10 2 0 "netbt!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "netbt!X+0x50"
            frame "netbt!TdiReceiveHandler+0x60"
            frame "tcpip!IndicateData+0x40"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "one processor" {
        machine x86 2003 cpus 1
        time 2008-02-10
        stop 0xd1 0x10 2 0 "netbt!X+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "netbt!X+0x50"
            frame "netbt!TdiReceiveHandler+0x60"
            frame "tcpip!IndicateData+0x40"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the routine of KB961799" {
        machine x64 2003 cpus 2
        time 2008-02-10
        stop 0xd1 0x10 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x60"
            frame "tcpip!IndicateData+0x40"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in TCP/IP" {
        machine x86 2003 cpus 2
        time 2008-02-10
        stop 0xd1 0x10 2 0 "tcpip!IndicateData+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!IndicateData+0x40"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 2
        container header
        time 2008-02-10
        stop 0xd1 0x10 2 0 0xba045c43
    }
}
