# SPDX-License-Identifier: Apache-2.0
signature Q150823 {
    title     "Source routing of more than 18 bytes overruns a link of NetBEUI"
    class     stop
    severity  medium
    status    experimental
    component "nbf.sys"
    article   "Q150823"
    affects   "Windows NT 3.5", "Windows NT 3.51"
    related   "Q179157"
    false_positive "Other damage to the lists of NetBEUI on a Token Ring."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version in [3.50, 3.51]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "nbf"
        require bugcheck.p4 >= module["nbf.sys"].base and bugcheck.p4 < module["nbf.sys"].base + module["nbf.sys"].size
        # Only Token Ring has source routing: drivers of such cards.
        require any m in modules where m.image =~ /^(ibmtok|ibmtrp|mdgmport|madge|smctr|netflx|olitok|tok)/i
        # A pointer that was overwritten, not a null pointer.
        require bugcheck.p1 >= 0x1000
        support weight 2 blame.image == "nbf.sys"
    }
    say       "NetBEUI of {module[\"nbf.sys\"].date:date} follows a link to {bugcheck.p1:hex} on a machine with a Token Ring card."
    do        "Install Service Pack 5 of Windows NT 3.51, and find the station or bridge that sends more than 18 bytes of routing."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0x41414145 2 1 "nbf!Frame+0x7c"
        module "nbf.sys" date 1994-09-10
        module "ndis.sys" date 1994-09-10
        module "ibmtok.sys" date 1994-09-10
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
        damage overwrite 0xc 27030000
    }

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x41414145 2 1 "nbf!Frame+0x7c"
        module "nbf.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "ibmtok.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "an Ethernet card" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x41414145 2 1 "nbf!Frame+0x7c"
        module "nbf.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a null pointer" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x14 2 1 "nbf!Frame+0x7c"
        module "nbf.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "ibmtok.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x41414145 2 1 "foo!Frame+0x7c"
        module "foo.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "ibmtok.sys" date 1995-06-01
        module "nbf.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x41414145 2 1 "nbf!Frame+0x7c"
        module "nbf.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "ibmtok.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nbf!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "ibmtok!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0x41414145 2 1 0
    }
}
