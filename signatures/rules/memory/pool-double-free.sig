# SPDX-License-Identifier: Apache-2.0
signature pool-double-free {
    title     "A driver frees a pool block that is already free"
    class     corruption
    severity  high
    status    stable
    false_positive "A damaged header in the block in front can make a live block look free: look at pool.block.fault."

    on dump {
        require bugcheck.code == 0xc2
        require bugcheck.p1 in [0x6, 0x7]
        support blame.class == "definite"
    }
    say       "The kernel was asked to free a pool block that is free already (parameter 1 is {bugcheck.p1:hex})."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Read the stack for the call that freed: its caller freed the block a second time, or kept a pointer after somebody else freed it."
    do        "The first free left no trace here. Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc2 7 0x1200 67633155 0xffffe00112345670
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc2 7 0x109b 0x4080003 0xfffffa8001234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc2 7 0xcd4 0x2050001 0x81234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: no driver on the stack" {
        machine x86 2003
        stop 0xc2 7 0xcd4 0x2050001 0x81234560
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc2 7 0x1200 67633155 0xffffe00112345670
    }

    test silent "another violation of the same stop" {
        machine x64 10
        stop 0xc2 10 0xfffffa8001234560 0x6f6f4621 0x72614221
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "the same parameters of another stop" {
        machine x64 7
        stop 0xc4 7 0x109b 0x4080003 0xfffffa8001234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
