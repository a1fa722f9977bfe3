# SPDX-License-Identifier: Apache-2.0
signature Q163251 {
    title     "A SLIP packet is larger than the buffer of NDISWAN"
    class     stop
    severity  medium
    status    experimental
    component "ndiswan.sys"
    article   "Q163251"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    false_positive "Other overruns of NDISWAN (such as Q230177's, by PPTP)."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 1
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "ndiswan"
        require bugcheck.p4 >= module["ndiswan.sys"].base and bugcheck.p4 < module["ndiswan.sys"].base + module["ndiswan.sys"].size
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["ndiswan.sys"].date >= 1998-10-01
        # SLIP comes over a serial line.
        require module["asyncmac.sys"].loaded
        support "asyncmac" in stack.modules
        support weight 2 blame.image == "ndiswan.sys"
    }
    say       "NDISWAN of {module[\"ndiswan.sys\"].date:date} writes to {bugcheck.p1:hex} while it takes a packet of a serial line."
    do        "Install Service Pack 4 of Windows NT 4.0 or later, or use PPP instead of SLIP."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd001230 2 1 "ndiswan!Slip+0x7c"
        module "ndiswan.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "asyncmac.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndiswan!Slip+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "asyncmac!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 1 "ndiswan!Slip+0x7c"
        module "ndiswan.sys" date 1998-10-13
        module "ndis.sys" date 1996-10-14
        module "asyncmac.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndiswan!Slip+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "asyncmac!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a read" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd001230 2 0 "ndiswan!Slip+0x7c"
        module "ndiswan.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "asyncmac.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndiswan!Slip+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "asyncmac!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no serial line" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd001230 2 1 "ndiswan!Slip+0x7c"
        module "ndiswan.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndiswan!Slip+0x7c"
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
        stop 0xa 0xfd001230 2 1 "foo!Slip+0x7c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "asyncmac.sys" date 1996-10-14
        module "ndiswan.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Slip+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "asyncmac!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 1 "ndiswan!Slip+0x7c"
        module "ndiswan.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "asyncmac.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndiswan!Slip+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "asyncmac!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xfd001230 2 1 0
    }
}
