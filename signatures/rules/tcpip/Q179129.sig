# SPDX-License-Identifier: Apache-2.0
signature Q179129 {
    title     "Overlapping IP fragments eat and damage kernel memory"
    class     stop
    severity  high
    status    experimental
    component "tcpip.sys"
    article   "Q179129"
    affects   "Windows NT 3.51", "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    fixed     "tcpip.sys" x86 os "4.0" date 1998-01-09 size 143664
    fixed     "tcpip.sys" alpha os "4.0" date 1998-01-09 size 263536
    fixed     "tcpip.sys" x86 os "3.51" date 1998-01-14 size 123824
    fixed     "tcpip.sys" alpha os "3.51" date 1998-01-14 size 216848
    related   "Q143478", "Q154174", "Q164409", "Q172030"
    false_positive "Whoever damaged the pool, TCP/IP may be the one that finds it on this path."

    on dump {
        require bugcheck.code in [0x0a, 0x19]
        require os.version in [3.51, 4.0]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require "ndis" in stack.modules
        # What the fragments damage is pool: then the kernel finds it.
        require bugcheck.code == 0x19 or (bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size)
        exclude any f in stack.frames where f.module == "nt" and known(f.function) and f.function =~ /Complet/
        support weight 2 blame.image == "tcpip.sys"
        support pool.nonpaged.share >= 80
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "TCP/IP of {module[\"tcpip.sys\"].date:date} asks for or gives back pool while it takes a packet, and the pool is damaged."
    do        "Install Service Pack 4 of NT 4.0, or the tcpip.sys of 9 January 1998 (3.51: 14 January 1998). A trace of the network shows who sends the overlapping fragments."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1996-04-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1997-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test fires "Windows NT 4.0 on Alpha" {
        machine alpha nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1997-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 3.51: the fixed driver" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1998-01-14
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0: the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1998-01-09
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fault is in TCP/IP itself" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Reassemble+0x50"
        module "tcpip.sys" date 1997-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "TCP/IP sends" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1997-06-01
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1997-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "foo!Reassemble+0x50"
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
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1997-06-01
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x2c 2 1 0
    }

    test fires "a bad pool header" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x19 2 0xfcd00000 0 0
        module "tcpip.sys" date 1997-06-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }
}
