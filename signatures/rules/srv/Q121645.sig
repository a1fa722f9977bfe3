# SPDX-License-Identifier: Apache-2.0
signature Q121645 {
    title     "A named-pipe request whose name does not end makes the file server read on"
    class     stop
    severity  medium
    status    experimental
    component "srv.sys"
    article   "Q121645"
    affects   "Windows NT 3.1", "Windows NT 3.5"
    false_positive "Other broken requests that the server reads beyond."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005 and bugcheck.p3 == 0
        require os.version < 3.51
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "srv"
        require bugcheck.p2 >= module["srv.sys"].base and bugcheck.p2 < module["srv.sys"].base + module["srv.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p2, 0, 12) == 0xbee
        support bugcheck.p4 == 0xc
    }
    say       "The file server reads {bugcheck.p4:hex} while it looks at a request."
    do        "Upgrade to Windows NT 3.51, or install the latest Service Pack of 3.5. A trace of the network shows the client whose pipe name has no end."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0x1e 0xc0000005 "srv+0x1bee" 0 0xc
        module "srv.sys" date 1994-09-10
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "srv+0x1bee"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        damage overwrite 0xc 27030000
    }

    test silent "a write" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0x1e 0xc0000005 "srv+0x1bee" 1 0xc
        module "srv.sys" date 1994-09-10
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "srv+0x1bee"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        damage overwrite 0xc 27030000
    }

    test silent "another exception" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0x1e 0xc0000094 "srv+0x1bee" 0 0xc
        module "srv.sys" date 1994-09-10
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "srv+0x1bee"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        damage overwrite 0xc 27030000
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0x1e 0xc0000005 "foo+0x1bee" 0 0xc
        module "foo.sys" date 1994-09-10
        module "srv.sys" date 1994-09-10
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x1bee"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        damage overwrite 0xc 27030000
    }

    test silent "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "srv+0x1bee" 0 0xc
        module "srv.sys" date 1995-06-01
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "srv+0x1bee"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0x1e 0xc0000005 0 0 0xc
        damage overwrite 0xc 27030000
    }
}
