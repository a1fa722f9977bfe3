# SPDX-License-Identifier: Apache-2.0
signature special-pool-overrun-found {
    title     "A driver wrote near a block of special pool, found when the block was freed"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc1
        require bugcheck.p4 in [0x23, 0x24]
        support blame.class == "definite"
    }
    say       "The bytes beside the block at {bugcheck.p1:hex} changed between its allocation and its release."
    say       "Special pool stopped the driver in the act, so the instruction and the stack are those of the culprit: {blame.image} ({blame.reason})."
    do        "The owner of the block wrote past what it asked for. Special pool that checks the end (or the start) catches the write itself in the next run."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc1 0xffffe00112345f80 0xffffe00112345ff8 0x80 0x24
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc1 0xfffffa8001234f80 0xfffffa8001234ff0 0x70 0x23
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0xc1 0x81234f80 0x81234ff8 0x80 0x24
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc1 0xffffe00112345f80 0xffffe00112345ff8 0x80 0x24
    }

    test silent "a wrong address is freed" {
        machine x64 10
        stop 0xc1 0xfffff50148adeda0 0x26a 0x260 0x21
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "one bit" {
        machine x64 10
        stop 0xc1 0xfffff50148adeda0 0xfffff50148adedf0 0x260 0x32
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
