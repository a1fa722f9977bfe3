# SPDX-License-Identifier: Apache-2.0
signature special-pool-use-after-free {
    title     "A driver touches special pool that it has freed"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0xcc, 0xd5]
        support blame.class == "definite"
    }
    say       "{bugcheck.p1:hex} lies in special pool that was freed before."
    say       "Special pool stopped the driver in the act, so the instruction and the stack are those of the culprit: {blame.image} ({blame.reason})."
    do        "Find who freed the block (!verifier 80 ADDRESS, when the log of allocations is in the dump), and why this code still had the pointer: a missing reference, a timer or a completion routine that comes late."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xd5 0xffffe00112345f80 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd5 0xfffffa8001234f80 1 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xcc 0x81234f80 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xd5 0xffffe00112345f80 0 ip 0
    }

    test silent "behind the end" {
        machine x64 10
        stop 0xd6 0xffffe00112346000 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a plain bad address" {
        machine x64 7
        stop 0x50 0xfffffa8001234f80 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
