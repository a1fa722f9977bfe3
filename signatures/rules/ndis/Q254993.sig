# SPDX-License-Identifier: Apache-2.0
signature Q254993 {
    title     "An adapter is reset while it is being closed"
    class     stop
    severity  medium
    status    experimental
    component "ndis.sys"
    article   "Q254993"
    affects   "Windows NT 4.0"
    fixed     "ndis.sys" x86 os "4.0" date 2000-02-25 size 121840
    fixed     "ndis.sys" alpha os "4.0" date 2000-02-25 size 213840
    related   "Q156655"
    false_positive "A driver of the card that hands NDIS a pointer of freed memory."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        # Memory that is no longer the adapter's, no null pointer.
        require bugcheck.p1 >= 0x1000
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "ndis"
        require bugcheck.p4 >= module["ndis.sys"].base and bugcheck.p4 < module["ndis.sys"].base + module["ndis.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0xb7a
        support blame.image == "ndis.sys"
        exclude module["ndis.sys"].at_least_fixed
    }
    say       "NDIS of {module[\"ndis.sys\"].date:date} reads {bugcheck.p1:hex} in what was an adapter."
    do        "Install the ndis.sys of 25 February 2000 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x74fe5d64 2 0 "ndis+0x1b7a"
        module "ndis.sys" date 1999-10-13
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1b7a"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test fires "Windows NT 4.0 on Alpha" {
        machine alpha nt4
        container full
        time 2003-01-01
        stop 0xa 0x74fe5d64 2 0 "ndis+0x1b78"
        module "ndis.sys" date 1999-10-13
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "ndis+0x1b78"
            frame "nt!ExpWorkerThread+0x70"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x74fe5d64 2 0 "ndis+0x1b7a"
        module "ndis.sys" date 2000-02-25
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1b7a"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "a null pointer" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x14 2 0 "ndis+0x1b7a"
        module "ndis.sys" date 1999-10-13
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1b7a"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x74fe5d64 2 1 "ndis+0x1b7a"
        module "ndis.sys" date 1999-10-13
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1b7a"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x74fe5d64 2 0 "foo+0x1b7a"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1999-10-13
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x1b7a"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x74fe5d64 2 0 "ndis+0x1b7a"
        module "ndis.sys" date 1999-10-13
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x1b7a"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x74fe5d64 2 0 0
    }
}
