# SPDX-License-Identifier: Apache-2.0
signature Q172030 {
    title     "TCP/IP completes one request twice"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q172030"
    affects   "Windows NT 3.51 SP5", "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q109993", "Q143478", "Q179129"
    false_positive "A driver above TCP/IP that frees its request too early faults at the same place."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version in [3.51, 4.0]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size
        require any f in stack.frames where f.module == "nt" and f.function =~ /Complet/
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude module["tcpip.sys"].date >= 1998-10-01
        support machine.cpus >= 2
        support blame.image == "tcpip.sys"
    }
    say       "The kernel completes a request for TCP/IP and faults at {bugcheck.p1:hex}, as it does when the request was completed before."
    do        "Install Service Pack 4 of Windows NT 4.0 or later (3.51: a tcpip.sys newer than Service Pack 5)."

    test fires "Windows NT 4.0 on Alpha" {
        machine alpha nt4
        container full
        time 1998-03-01
        stop 0xa 0x30 2 1 "nt!IofCompleteRequest+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "nt!IofCompleteRequest+0x7c"
            frame "tcpip!Complete+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x30 2 1 "nt!IofCompleteRequest+0x7c"
        module "tcpip.sys" date 1998-10-13
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "tcpip!Complete+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "pool, not a request" {
        machine alpha nt4
        container full
        time 1998-03-01
        stop 0xa 0x30 2 1 "nt!ExFreePool+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "nt!ExFreePool+0x7c"
            frame "tcpip!Complete+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fault is in TCP/IP" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x30 2 1 "tcpip!Complete+0x50"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "tcpip!Complete+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x30 2 1 "nt!IofCompleteRequest+0x7c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "foo!Complete+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x30 2 1 "nt!IofCompleteRequest+0x7c"
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "tcpip!Complete+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "no symbols of the kernel" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x30 2 1 "nt!IofCompleteRequest+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "tcpip!Complete+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x30 2 1 0
    }
}
