# SPDX-License-Identifier: Apache-2.0
signature Q156208 {
    title     "AFD drops a connection of SPX once more than it took it"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q156208"
    affects   "Windows NT 3.51 Server"
    related   "Q179741"
    false_positive "Damaged objects that AFD is only the first to drop."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version == 3.51
        require bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require "nwlnkspx" in stack.modules
        support bugcheck.p1 == 0x20b5
        support bugcheck.p4 == 0x8010da81
    }
    say       "AFD drops an object that is none any more ({bugcheck.p1:hex}) when a client of SPX disconnects."
    do        "Install the latest Service Pack of Windows NT 3.51, or NT 4.0."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x20b5 2 1 "nt!ObDereferenceObject+0x7c"
        module "afd.sys" date 1995-06-01
        module "nwlnkspx.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ObDereferenceObject+0x7c"
            frame "afd!Disconnect+0x50"
            frame "nwlnkspx!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a read" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x20b5 2 0 "nt!ObDereferenceObject+0x7c"
        module "afd.sys" date 1995-06-01
        module "nwlnkspx.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ObDereferenceObject+0x7c"
            frame "afd!Disconnect+0x50"
            frame "nwlnkspx!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "TCP, not SPX" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x20b5 2 1 "nt!ObDereferenceObject+0x7c"
        module "afd.sys" date 1995-06-01
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ObDereferenceObject+0x7c"
            frame "afd!Disconnect+0x50"
            frame "tcpip!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "in AFD itself" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x20b5 2 1 "afd!Disconnect+0x50"
        module "afd.sys" date 1995-06-01
        module "nwlnkspx.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ObDereferenceObject+0x7c"
            frame "afd!Disconnect+0x50"
            frame "nwlnkspx!Up+0x30"
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
        stop 0xa 0x20b5 2 1 "nt!ObDereferenceObject+0x7c"
        module "foo.sys" date 1995-06-01
        module "nwlnkspx.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "afd.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ObDereferenceObject+0x7c"
            frame "foo!Disconnect+0x50"
            frame "nwlnkspx!Up+0x30"
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
        stop 0xa 0x20b5 2 1 "nt!ObDereferenceObject+0x7c"
        module "afd.sys" date 1996-10-14
        module "nwlnkspx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ObDereferenceObject+0x7c"
            frame "afd!Disconnect+0x50"
            frame "nwlnkspx!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0x20b5 2 1 0
    }
}
