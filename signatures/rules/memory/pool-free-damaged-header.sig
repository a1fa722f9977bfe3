# SPDX-License-Identifier: Apache-2.0
signature pool-free-damaged-header {
    title     "A pool block whose header was overwritten is freed"
    class     corruption
    severity  high
    status    stable
    false_positive "A bad memory cell changes headers as well: see pool-header-single-bit."

    on dump {
        require bugcheck.code == 0xc2
        require bugcheck.p1 in [0x1, 0x2, 0x4, 0xB, 0xC, 0xD]
        support blame.class == "definite"
    }
    say       "The header of the block at {bugcheck.p2:hex} was overwritten before it was freed (parameter 1 is {bugcheck.p1:hex})."
    say       "{pool.block.text}"
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Whoever frees is mostly the victim. Look at the block in front (pool.block.previous) and at the words that stand in the header: text, addresses or a structure tell whose they are."
    do        "Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc2 13 0xffffc50c03936310 0x20ab4433 0x981276f174f0dba6
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc2 1 0xfffffa8001234560 0x41414141 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc2 13 0x81234560 0x6f6f4621 0x12345
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: no driver on the stack" {
        machine x86 2003
        stop 0xc2 13 0x81234560 0x6f6f4621 0x12345
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc2 13 0xffffc50c03936310 0x20ab4433 0x981276f174f0dba6
    }

    test silent "another violation of the same stop" {
        machine x64 10
        stop 0xc2 7 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "the same parameters of another stop" {
        machine x64 7
        stop 0xc4 1 0xfffffa8001234560 0x41414141 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
