# SPDX-License-Identifier: Apache-2.0
signature Q147204 {
    title     "NDIS completes a request of a lower driver with a null pointer"
    class     stop
    severity  medium
    status    experimental
    component "ndis.sys"
    article   "Q147204"
    affects   "Windows NT 3.51 Server"
    false_positive "Another structure of NDIS that is read at offset 0x15."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x15 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 3.51
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "ndis"
        require bugcheck.p4 >= module["ndis.sys"].base and bugcheck.p4 < module["ndis.sys"].base + module["ndis.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x32c
        support uptime < 10min
    }
    say       "On {machine.cpus} processors NDIS of {module[\"ndis.sys\"].date:date} reads offset 0x15 of a null pointer."
    do        "Install the latest Service Pack of Windows NT 3.51."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0xa 0x15 2 0 "ndis+0x132c"
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x132c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "one processor" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x15 2 0 "ndis+0x132c"
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x132c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another offset" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0xa 0x14 2 0 "ndis+0x132c"
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x132c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51 cpus 2
        container full
        time 1996-04-01
        stop 0xa 0x15 2 0 "foo+0x132c"
        module "foo.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x132c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x15 2 0 "ndis+0x132c"
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "ndis+0x132c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51 cpus 2
        container header
        stop 0xa 0x15 2 0 0
    }
}
