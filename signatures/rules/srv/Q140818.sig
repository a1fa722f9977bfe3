# SPDX-License-Identifier: Apache-2.0
signature Q140818 {
    title     "A Samba client's DIR of the folder above the share makes the server free a name twice"
    class     corruption
    severity  medium
    status    experimental
    component "srv.sys"
    article   "Q140818"
    affects   "Windows NT 3.5", "Windows NT 3.51"
    false_positive "Pool that others damaged is often found by the server, which uses much of it."

    on dump {
        require bugcheck.code in [0x19, 0x1a] or (bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005 and bugcheck.p2 >= kernel.base and bugcheck.p2 < kernel.base + kernel.size)
        require os.version in [3.50, 3.51]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "srv"
        support bugcheck.code == 0x19
        support weight 2 any f in stack.frames where f.function =~ /Pool/
        support any b in pool.corruption where starts(b.suspect, "LS")
    }
    say       "The file server of {module[\"srv.sys\"].date:date} uses pool that is damaged."
    do        "Install the latest Service Pack of Windows NT 3.51. Ask whether a Samba client listed a folder above its share."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0x19 2 0xfcd00000 0 0
        module "srv.sys" date 1994-09-10
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "srv!Find+0x50"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        damage overwrite 0xc 27030000
    }

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x19 2 0xfcd00000 0 0
        module "srv.sys" date 1995-06-01
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "srv!Find+0x50"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "the fault is in the server itself" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "srv!Find+0x50" 0 0xc
        module "srv.sys" date 1995-06-01
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "srv!Find+0x50"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x19 2 0xfcd00000 0 0
        module "foo.sys" date 1995-06-01
        module "srv.sys" date 1995-06-01
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "foo!Find+0x50"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x19 2 0xfcd00000 0 0
        module "srv.sys" date 1996-10-14
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "srv!Find+0x50"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0x19 2 0xfcd00000 0 0
    }

    test fires "the kernel faults for the server" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!ExFreePool+0x7c" 0 0x42
        module "srv.sys" date 1995-06-01
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "srv!Find+0x50"
            frame "nt!ExpWorkerThread+0x73"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }
}
