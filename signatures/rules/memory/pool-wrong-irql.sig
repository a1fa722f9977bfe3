# SPDX-License-Identifier: Apache-2.0
signature pool-wrong-irql {
    title     "A driver calls the pool at an IRQL that the pool does not allow"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc2
        require bugcheck.p1 in [0x8, 0x9]
        support blame.class == "definite"
    }
    say       "Pool was allocated or freed at IRQL {bugcheck.p2:dec}: paged pool wants APC_LEVEL (1) or less, nonpaged pool DISPATCH_LEVEL (2) or less."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Fix the caller: take the block from nonpaged pool, or move the call out of the spin lock, DPC or interrupt routine that it stands in."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc2 9 2 1 0xffffe00112345670
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc2 8 5 0 0x100
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc2 9 2 1 0x81234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: no driver on the stack" {
        machine x86 2003
        stop 0xc2 9 2 1 0x81234560
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc2 9 2 1 0xffffe00112345670
    }

    test silent "another violation of the same stop" {
        machine x64 10
        stop 0xc2 7 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "the same parameters of another stop" {
        machine x64 7
        stop 0xc4 8 5 0 0x100
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
