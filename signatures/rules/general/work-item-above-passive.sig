# SPDX-License-Identifier: Apache-2.0
signature work-item-above-passive {
    title     "A work item returned at a raised IRQL"
    class     stop
    severity  high
    status    stable
    related   "Q177983"
    false_positive "The routine may have called another driver that left the IRQL raised: look what it calls."

    on dump {
        require bugcheck.code == 0xe1 and bugcheck.p2 >= 1
        support any m in modules where bugcheck.p1 >= m.base and bugcheck.p1 - m.base < m.size
    }
    say       "The work routine at {bugcheck.p1:hex}, in {first(m in modules where bugcheck.p1 >= m.base and bugcheck.p1 - m.base < m.size : m.image)}, came back at IRQL {bugcheck.p2} in place of 0."
    do        "Find the spin lock that {first(m in modules where bugcheck.p1 >= m.base and bugcheck.p1 - m.base < m.size : m.image)} takes and does not release on some path; Driver Verifier (IRQL checking) stops at the place."

    test fires "x86 2000, kernel dump" {
        machine x86 2000
        container kernel
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "x86 xp, kernel dump" {
        machine x86 xp
        container kernel
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "x86 2003, kernel dump" {
        machine x86 2003
        container kernel
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "x64 2003, kernel dump" {
        machine x64 2003
        container kernel
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "x64 7, kernel dump" {
        machine x64 7
        container kernel
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "x64 10, kernel dump" {
        machine x64 10
        container kernel
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "arm64 11, kernel dump" {
        machine arm64 11
        container kernel
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "x64 7, triage dump" {
        machine x64 7
        container triage
        stop 0xe1 "drv!WorkRoutine" 2 0 "drv!WorkRoutine"
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test fires "only a header: the stop says it all" {
        machine x64 7
        container header
        stop 0xe1 0xfffff88001234560 2 0 0xfffff88001234560
    }
    test silent "another stop" {
        machine x64 7
        container kernel
        stop 0xd1 0 2 0 0
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test silent "a worker that impersonates" {
        machine x64 7
        container kernel
        stop 0xdf "drv!WorkRoutine" 0 0 0
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test silent "IRQL is 0: an APC is disabled" {
        machine x64 7
        container kernel
        stop 0xe1 "drv!WorkRoutine" 0 0 0
        module "drv.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExpWorkerThread+0x13b"
            frame "nt!PspSystemThreadStartup+0x3e"
        }
    }
    test unknown "a user dump has no stop" {
        machine x64 7
        container mdmp
        process "x.exe" pid 0x40
        current "x.exe"
    }
}
