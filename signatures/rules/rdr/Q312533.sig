# SPDX-License-Identifier: Apache-2.0
signature Q312533 {
    title     "The redirector completes a send again that was cancelled"
    class     stop
    severity  medium
    status    experimental
    component "rdr.sys"
    article   "Q312533"
    affects   "Windows NT 4.0"
    fixed     "rdr.sys" x86 os "4.0" version 4.0.1381.7114 date 2001-12-05 size 266160
    related   "Q224428"
    false_positive "The article names no stop code: what decides is a request that is completed for the redirector a second time. The transport could be the one that completed it twice."

    on dump {
        require bugcheck.code == 0x44 or (bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size)
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "rdr"
        require bugcheck.code == 0x44 or any f in stack.frames where f.module == "nt" and f.function =~ /Complet|Irp/
        support bugcheck.code == 0x44
        support module["rdr.sys"].date >= 1999-10-01
        exclude module["rdr.sys"].at_least_fixed
    }
    say       "rdr.sys {module[\"rdr.sys\"].version} of {module[\"rdr.sys\"].date:date} completes a request that was completed before."
    do        "Install the rdr.sys 4.0.1381.7114 of 5 December 2001 or later, and look for the time-outs of the network that make it cancel."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x44 0xfcd01000 0 0 0
        module "rdr.sys" date 1999-10-13 version 4.0.1381.336
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "rdr!SendDone+0x50"
            frame "netbt!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x44 0xfcd01000 0 0 0
        module "rdr.sys" date 2001-12-05 version 4.0.1381.7114
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "rdr!SendDone+0x50"
            frame "netbt!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another stop" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x1a 0x403 0 0 0
        module "rdr.sys" date 1999-10-13 version 4.0.1381.336
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "rdr!SendDone+0x50"
            frame "netbt!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x44 0xfcd01000 0 0 0
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "rdr.sys" date 1999-10-13 version 4.0.1381.336
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "foo!SendDone+0x50"
            frame "netbt!Up+0x30"
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
        stop 0x44 0xfcd01000 0 0 0
        module "rdr.sys" date 1999-10-13
        module "netbt.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "rdr!SendDone+0x50"
            frame "netbt!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0x44 0xfcd01000 0 0 0
    }
}
