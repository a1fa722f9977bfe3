# SPDX-License-Identifier: Apache-2.0
signature Q173881 {
    title     "A scan of LMHOSTS loses its context to another processor"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q173881"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    false_positive "Another structure of NetBT that is read at offset 0x14."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x14 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require bugcheck.p4 >= module["netbt.sys"].base and bugcheck.p4 < module["netbt.sys"].base + module["netbt.sys"].size
        # A driver moves by whole pages: the article's build faulted at this place of a page.
        support bits(bugcheck.p4, 0, 12) == 0x8ce
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["netbt.sys"].date >= 1998-10-01
        support process.name == "System"
    }
    say       "On {machine.cpus} processors netbt.sys of {module[\"netbt.sys\"].date:date} reads offset 0x14 of a record that was cleared under it."
    do        "Install Service Pack 4 of Windows NT 4.0 or later; until then do without LMHOSTS."

    test fires "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0xa 0x14 2 0 "netbt+0x18ce"
        module "netbt.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x18ce"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x14 2 0 "netbt+0x18ce"
        module "netbt.sys" date 1998-10-13
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x18ce"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "one processor" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x14 2 0 "netbt+0x18ce"
        module "netbt.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x18ce"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "another offset" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0xa 0x18 2 0 "netbt+0x18ce"
        module "netbt.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x18ce"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4 cpus 2
        container full
        time 1998-03-01
        stop 0xa 0x14 2 0 "foo+0x18ce"
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo+0x18ce"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x14 2 0 "netbt+0x18ce"
        module "netbt.sys" date 1999-11-30
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt+0x18ce"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test unknown "only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x14 2 0 0
    }
}
