# SPDX-License-Identifier: Apache-2.0
signature special-pool-beyond-end {
    title     "A driver reads or writes past the end of a block in special pool"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0xcd, 0xd6]
        support blame.class == "definite"
    }
    say       "{bugcheck.p1:hex} is behind the end of a block of special pool."
    say       "Special pool stopped the driver in the act, so the instruction and the stack are those of the culprit: {blame.image} ({blame.reason})."
    do        "Look at the length with which this code walks the block: an off-by-one, a size in characters instead of bytes, a count that comes from outside."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xd6 0xffffe00112346000 1 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd6 0xfffffa8001235000 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xcd 0x81235000 1 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xd6 0xffffe00112346000 1 ip 0
    }

    test silent "freed memory" {
        machine x64 10
        stop 0xd5 0xffffe00112345f80 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
