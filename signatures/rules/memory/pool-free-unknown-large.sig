# SPDX-License-Identifier: Apache-2.0
signature pool-free-unknown-large {
    title     "A driver frees a large pool allocation that does not exist"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x19
        require bugcheck.p1 in [0x22]
        support blame.class == "definite"
    }
    say       "The address {bugcheck.p2:hex} was freed, and the table of large allocations has no entry for it: it was freed before, or it never was one."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Treat it as a double free of a large block: find the second owner of the pointer."
    do        "Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x19 0x22 0xffffe00112345000 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x19 0x22 0xfffffa8001234000 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x19 0x22 0x81234000 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x19 0x22 0x81234000 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 7
        container header
        stop 0x19 0x22 0xfffffa8001234000 0 0
    }

    test silent "another finding of the same stop" {
        machine x64 10
        stop 0x19 0x20 0xfffffa8001234560 0xfffffa80012345a0 0x4030003
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 7
        stop 0xc2 0x22 0xfffffa8001234000 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
