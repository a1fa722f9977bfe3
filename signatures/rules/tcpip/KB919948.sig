# SPDX-License-Identifier: Apache-2.0
# The Scalable Networking Pack of spring 2006 replaces ndis.sys and tcpip.sys of Service
# Pack 1; no service pack does that one without the kernel. Service Pack 2 (February
# 2007) has the Pack, corrected.
signature KB919948 {
    title     "TCP/IP of the Scalable Networking Pack faults when an address or gateway is changed"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "KB919948"
    affects   "Windows Server 2003 SP1", "Windows Server 2003 R2", "Windows XP x64"
    related   "KB938648"
    false_positive "Any fault of this tcpip.sys: the article names neither parameters nor a routine. Ask whether settings of the network were changed just before."

    on dump {
        require bugcheck.code == 0xd1
        require os.version == 5.2
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require blame.module == "tcpip"
        require module["nt"].date < 2007-02-01
        require module["tcpip.sys"].date >= 2006-03-01 and module["tcpip.sys"].date < 2007-02-01
        require module["ndis.sys"].date >= 2006-03-01 and module["ndis.sys"].date < 2007-02-01
        support "ndis" not in stack.modules
        support any f in stack.frames where f.function in ["NtDeviceIoControlFile", "IPSetNTEAddr", "IPAddNTEAddr"]
    }
    say       "tcpip.sys and ndis.sys ({module[\"tcpip.sys\"].date:date}) are those of the Scalable Networking Pack, on Service Pack 1; the fault is in TCP/IP."
    do        "Install Service Pack 2 of Windows Server 2003, or the update of KB919948."
    do        "Until then restart the machine after changing addresses or gateways, or remove the Pack."

    test fires "x86, a gateway is changed" {
        machine x86 2003 cpus 1
        time 2006-08-10
        stop 0xd1 0x10 2 0 "tcpip!AddrChangeX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys" date 2006-04-20
        module "tcpip.sys" date 2006-04-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!AddrChangeX+0x50"
            frame "tcpip!IPSetNTEAddr+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test fires "x64" {
        machine x64 2003 cpus 1
        time 2006-08-10
        stop 0xd1 0x10 2 0 "tcpip!AddrChangeX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys" date 2006-04-20
        module "tcpip.sys" date 2006-04-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!AddrChangeX+0x50"
            frame "tcpip!IPSetNTEAddr+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "Service Pack 2" {
        machine x86 2003 cpus 1
        time 2007-08-01
        stop 0xd1 0x10 2 0 "tcpip!AddrChangeX+0x50"
        module "nt" date 2007-02-17
        module "ndis.sys" date 2007-02-17
        module "tcpip.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!AddrChangeX+0x50"
            frame "tcpip!IPSetNTEAddr+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "Service Pack 1 without the Pack" {
        machine x86 2003 cpus 1
        time 2006-08-10
        stop 0xd1 0x10 2 0 "tcpip!AddrChangeX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys" date 2005-03-24
        module "tcpip.sys" date 2005-03-24
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!AddrChangeX+0x50"
            frame "tcpip!IPSetNTEAddr+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "a younger tcpip.sys, but no Pack" {
        machine x86 2003 cpus 1
        time 2006-08-10
        stop 0xd1 0x10 2 0 "tcpip!AddrChangeX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys" date 2005-03-24
        module "tcpip.sys" date 2006-04-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!AddrChangeX+0x50"
            frame "tcpip!IPSetNTEAddr+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "Windows XP" {
        machine x86 xp cpus 1
        time 2006-08-10
        stop 0xd1 0x10 2 0 "tcpip!AddrChangeX+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys" date 2006-04-20
        module "tcpip.sys" date 2006-04-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "tcpip!AddrChangeX+0x50"
            frame "tcpip!IPSetNTEAddr+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 2003 cpus 1
        time 2006-08-10
        stop 0xd1 0x10 2 0 "foo!Work+0x50"
        module "nt" date 2005-03-25
        module "ndis.sys" date 2006-04-20
        module "tcpip.sys" date 2006-04-20
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "foo!Work+0x50"
            frame "tcpip!AddrChangeX+0x50"
            frame "tcpip!IPSetNTEAddr+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 1
        container header
        time 2006-08-10
        stop 0xd1 0x10 2 0 0xf17445f3
    }
}
