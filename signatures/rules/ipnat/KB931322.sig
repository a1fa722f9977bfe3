# SPDX-License-Identifier: Apache-2.0
# On Service Pack 1 the driver of the service pack itself is KB926754's. The article is
# of 2007; a driver linked from October 2007 on is taken to have the correction.
signature KB931322 {
    title     "NAT reads what is no longer there under load (Server 2003 SP1 corrected once, or SP2)"
    class     stop
    severity  medium
    status    experimental
    component "ipnat.sys"
    article   "KB931322"
    affects   "Windows Server 2003 SP1", "Windows Server 2003 SP2"
    related   "KB926754"
    false_positive "The article states no cause; any bad read of ipnat.sys looks the same."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 5.2
        require bugcheck.p4 >= module["ipnat.sys"].base and bugcheck.p4 < module["ipnat.sys"].base + module["ipnat.sys"].size
        require any f in stack.frames where f.module == "ipnat"
        require module["nt"].date >= 2007-02-01 or (module["nt"].date >= 2005-03-01 and module["ipnat.sys"].date >= 2006-11-01)
        require module["ipnat.sys"].date < 2007-10-01
        support blame.module == "ipnat"
        support "ndis" in stack.modules
    }
    say       "ipnat.sys ({module[\"ipnat.sys\"].date:date}) read {bugcheck.p1:hex} at IRQL 2."
    do        "Install the update of KB931322 for ipnat.sys."
    do        "Until then less load on the address translation makes the stop rarer."

    test fires "Service Pack 2, x86" {
        machine x86 2003 cpus 1
        time 2007-04-10
        stop 0xd1 0x8a2f4010 2 0 "ipnat!NatpX+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "Service Pack 2, x64" {
        machine x64 2003 cpus 2
        time 2007-04-10
        stop 0xd1 0x8a2f4010 2 0 "ipnat!NatpX+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "Service Pack 1 with the update of KB926754" {
        machine x86 2003 cpus 1
        time 2007-01-10
        stop 0xd1 0x8a2f4010 2 0 "ipnat!NatpX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2006-12-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected ipnat.sys" {
        machine x86 2003 cpus 1
        time 2008-01-10
        stop 0xd1 0x8a2f4010 2 0 "ipnat!NatpX+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Service Pack 1 as it came (KB926754)" {
        machine x86 2003 cpus 1
        time 2006-12-10
        stop 0xd1 0x8a2f4010 2 0 "ipnat!NatpX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2005-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "no service pack" {
        machine x86 2003 cpus 1
        time 2006-12-10
        stop 0xd1 0x8a2f4010 2 0 "ipnat!NatpX+0x50"
        module "nt" date 2003-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows XP" {
        machine x86 xp cpus 1
        time 2006-12-10
        stop 0xd1 0x8a2f4010 2 0 "ipnat!NatpX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2005-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a write" {
        machine x86 2003 cpus 1
        time 2006-12-10
        stop 0xd1 0x8a2f4010 2 1 "ipnat!NatpX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2005-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in TCP/IP below NAT" {
        machine x86 2003 cpus 1
        time 2006-12-10
        stop 0xd1 0x8a2f4010 2 0 "tcpip!IPTransmit+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2005-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!IPTransmit+0x50"
            frame "ipnat!NatpX+0x50"
            frame "ipnat!NatTranslatePacket+0x40"
            frame "tcpip!IPRcvPacket+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 1
        container header
        time 2006-12-10
        stop 0xd1 0x8a2f4010 2 0 0xf27b4e8e
    }
}
