# SPDX-License-Identifier: Apache-2.0
signature Q132470 {
    title     "An echo request of almost 64 KiB with a time stamp brings the target down"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q132470"
    affects   "Windows NT 3.51"
    related   "Q143478", "Q179129"
    false_positive "Every bad packet that TCP/IP trusts stops a machine on this path; the dump does not say which it was."

    on dump {
        require bugcheck.code == 0x0a or (bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005)
        require os.version == 3.51
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require "ndis" in stack.modules
        require none f in stack.frames where f.module in ["afd", "netbt"]
        # In TCP/IP itself: a fault in the kernel is what damaged pool gives (Q179129).
        require (bugcheck.code == 0x0a and bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size) or (bugcheck.code == 0x1e and bugcheck.p2 >= module["tcpip.sys"].base and bugcheck.p2 < module["tcpip.sys"].base + module["tcpip.sys"].size)
        require bugcheck.p1 not in [6, 0x14]
        # Nobody but a trace of the network shows the packet.
        support weight 2 blame.image == "tcpip.sys"
        support module["tcpip.sys"].date < 1995-10-01
    }
    say       "TCP/IP of {module[\"tcpip.sys\"].date:date} faults while it takes a packet from the network."
    do        "Install the latest Service Pack of Windows NT 3.51 and keep oversized ICMP fragments out at the border; record the traffic to see who sends them."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x2c 2 0 "tcpip!Reassemble+0x7c"
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Reassemble+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "on the way from AFD" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x2c 2 0 "tcpip!Reassemble+0x7c"
        module "tcpip.sys" date 1995-06-01
        module "afd.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Reassemble+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "an exception that is no access violation" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000094 "tcpip!Reassemble+0x7c" 0 0
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Reassemble+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x2c 2 0 "foo!Reassemble+0x7c"
        module "foo.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Reassemble+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Reassemble+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Reassemble+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0x2c 2 0 0
    }

    test fires "an exception instead" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "tcpip!Reassemble+0x7c" 0 0x2c
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Reassemble+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }
}
