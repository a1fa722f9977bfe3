# SPDX-License-Identifier: Apache-2.0
signature pool-header-damaged {
    title     "Pool headers that lie behind one another do not agree"
    class     corruption
    severity  high
    status    stable
    false_positive "One changed bit in a header is bad memory, not a driver: see pool-header-single-bit."

    on dump {
        require bugcheck.code == 0x19
        require bugcheck.p1 in [0x3, 0x5, 0x6, 0x7, 0x8, 0x9, 0xA, 0x20]
    }
    say       "The pool found a header or a list of free blocks overwritten (parameter 1 is {bugcheck.p1:hex})."
    say       "{pool.block.text}"
    do        "The running thread found it and is seldom at fault. The block in front of the damage is the suspect: {pool.block.previous.tag} ({pool.block.previous.driver})."
    do        "Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x19 0x20 0xffffe00112345670 0xffffe001123456a0 0x4030003
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x19 0x3 0xfffff8000381da40 0 0xfffff8000381da40
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x19 0x20 0x81234560 0x812345a0 0xa080001
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x19 0x20 0x81234560 0x812345a0 0xa080001
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 7
        container header
        stop 0x19 0x3 0xfffff8000381da40 0 0xfffff8000381da40
    }

    test silent "another finding of the same stop" {
        machine x64 10
        stop 0x19 0x21 0xfffffa8001234560 0x20 0x4141
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 7
        stop 0xc2 0x3 0xfffff8000381da40 0 0xfffff8000381da40
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
