# SPDX-License-Identifier: Apache-2.0
signature pool-overrun-on-free {
    title     "A driver wrote behind the end of its pool block, found when it freed it"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x19
        require bugcheck.p1 in [0x21]
        support blame.class == "definite"
    }
    say       "The block at {bugcheck.p2:hex} of {bugcheck.p3:dec} bytes was written past its end; {bugcheck.p4:hex} stands where the pool keeps its own mark."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Here the one who frees mostly owns the block and so wrote too far: look at the length that it computes for this buffer."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x19 0x21 0xffffe00112345000 0x1100 0x4141414141414141
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x19 0x21 0xfffffa8001234000 0x1100 0x41
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x19 0x21 0x81234000 0x1100 0x41414141
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x19 0x21 0x81234000 0x1100 0x41414141
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 7
        container header
        stop 0x19 0x21 0xfffffa8001234000 0x1100 0x41
    }

    test silent "another finding of the same stop" {
        machine x64 10
        stop 0x19 0x20 0xfffffa8001234560 0xfffffa80012345a0 0x4030003
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 7
        stop 0xc2 0x21 0xfffffa8001234000 0x1100 0x41
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
