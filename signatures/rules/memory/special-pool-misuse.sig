# SPDX-License-Identifier: Apache-2.0
signature special-pool-misuse {
    title     "A driver frees a wrong address of special pool, or calls it at a wrong IRQL"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc1
        require bugcheck.p4 in [0x20, 0x21, 0x22, 0x30, 0x31]
        support blame.class == "definite"
    }
    say       "The call itself is wrong (parameter 4 is {bugcheck.p4:hex}): 0x20 to 0x22 free an address that is not the start of a block, 0x30 and 0x31 come at a wrong IRQL."
    say       "Special pool stopped the driver in the act, so the instruction and the stack are those of the culprit: {blame.image} ({blame.reason})."
    do        "The caller of the allocation or release is at fault; fix the pointer that it frees, or the level at which it calls."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc1 0xfffff50148adeda0 0x26a 0x260 0x21
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc1 5 0 0x100 0x30
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc1 0x81234f80 0 0 0x20
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc1 0xfffff50148adeda0 0x26a 0x260 0x21
    }

    test silent "an overrun" {
        machine x64 10
        stop 0xc1 0xffffe00112345f80 0xffffe00112345ff8 0x80 0x24
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
