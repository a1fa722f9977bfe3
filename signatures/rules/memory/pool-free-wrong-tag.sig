# SPDX-License-Identifier: Apache-2.0
signature pool-free-wrong-tag {
    title     "A driver frees a pool block under a tag that is not the block's"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc2
        require bugcheck.p1 in [0xA]
        support blame.class == "definite"
    }
    say       "The block at {bugcheck.p2:hex} was allocated under another tag than the one it was freed with; the driver that frees does not own it, or mixes up two of its own pointers."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Compare the two tags (parameters 3 and 4) with the pool tag list: the owner of the second tag made the call that freed, the owner of the first lost its block."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc2 10 0xffffe00112345670 0x6f6f4621 0x72614221
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc2 10 0xfffffa8001234560 0x6f6f4621 0x72614221
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc2 10 0x81234560 0x6f6f4621 0x72614221
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: no driver on the stack" {
        machine x86 2003
        stop 0xc2 10 0x81234560 0x6f6f4621 0x72614221
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc2 10 0xffffe00112345670 0x6f6f4621 0x72614221
    }

    test silent "another violation of the same stop" {
        machine x64 10
        stop 0xc2 7 0x109b 0x4080003 0xfffffa8001234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "the same parameters of another stop" {
        machine x64 7
        stop 0xc4 10 0xfffffa8001234560 0x6f6f4621 0x72614221
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
