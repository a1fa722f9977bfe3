# SPDX-License-Identifier: Apache-2.0
signature pool-bad-request {
    title     "A driver asks the pool for a block that it cannot have"
    class     corruption
    severity  medium
    status    stable

    on dump {
        require bugcheck.code == 0xc2
        require bugcheck.p1 in [0x0, 0x9A, 0x9B, 0x9C, 0x9D]
        support blame.class == "definite"
    }
    say       "The request itself is wrong: no bytes, no tag or a reserved tag, or the must-succeed pool that is no longer there (parameter 1 is {bugcheck.p1:hex})."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "The caller of the allocation is at fault, whatever state the machine is in; parameter 4 or the stack names it. Get a newer version of that driver."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc2 155 1 0x100 nt!Caller+0x20
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc2 157 0 1 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc2 154 0x2 100 0x6f6f4621
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: no driver on the stack" {
        machine x86 2003
        stop 0xc2 154 0x2 100 0x6f6f4621
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc2 155 1 0x100 nt!Caller+0x20
    }

    test silent "another violation of the same stop" {
        machine x64 10
        stop 0xc2 7 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "the same parameters of another stop" {
        machine x64 7
        stop 0xc4 157 0 1 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
