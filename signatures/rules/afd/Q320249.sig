# SPDX-License-Identifier: Apache-2.0
signature Q320249 {
    title     "AFD frees a request twice when a connection is reset"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q320249"
    affects   "Windows NT 4.0"
    fixed     "afd.sys" x86 os "4.0" version 4.0.1381.7144 date 2002-03-28 size 66672
    related   "Q179741"
    false_positive "Damaged pool that AFD is only the first to meet."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 0 and bugcheck.p1 >= 0x1000
        require os.version == 4.0
        require machine.cpus >= 2
        require bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        # A reset comes from the network.
        require "tcpip" in stack.modules and "ndis" in stack.modules
        support bugcheck.p4 == 0x80139f43
        support module["afd.sys"].date >= 1998-10-01
        exclude module["afd.sys"].at_least_fixed
    }
    say       "AFD {module[\"afd.sys\"].version} of {module[\"afd.sys\"].date:date} takes a segment from TCP/IP and makes the kernel read {bugcheck.p1:hex} in a request that is free."
    do        "Install the afd.sys 4.0.1381.7144 of 28 March 2002 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 0 "nt!IoFreeIrp+0x7c"
        module "afd.sys" date 1999-10-20 version 4.0.1381.336
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "afd!Reset+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 0 "nt!IoFreeIrp+0x7c"
        module "afd.sys" date 2002-03-28 version 4.0.1381.7144
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "afd!Reset+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "one processor" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 0 "nt!IoFreeIrp+0x7c"
        module "afd.sys" date 1999-10-20 version 4.0.1381.336
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "afd!Reset+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a program calls" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 0 "nt!IoFreeIrp+0x7c"
        module "afd.sys" date 1999-10-20 version 4.0.1381.336
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "afd!Reset+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the fault is in AFD itself" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 0 "afd!Reset+0x50"
        module "afd.sys" date 1999-10-20 version 4.0.1381.336
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "afd!Reset+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a write" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 1 "nt!IoFreeIrp+0x7c"
        module "afd.sys" date 1999-10-20 version 4.0.1381.336
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "afd!Reset+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 0 "nt!IoFreeIrp+0x7c"
        module "foo.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "afd.sys" date 1999-10-20 version 4.0.1381.336
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "foo!Reset+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x617470e5 2 0 "nt!IoFreeIrp+0x7c"
        module "afd.sys" date 1999-10-20
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IoFreeIrp+0x7c"
            frame "afd!Reset+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x617470e5 2 0 0
    }
}
