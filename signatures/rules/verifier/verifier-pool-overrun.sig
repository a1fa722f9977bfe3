# SPDX-License-Identifier: Apache-2.0
signature verifier-pool-overrun {
    title     "Verifier: a driver wrote past the end of its pool block"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0x51, 0x52, 0x53, 0x54, 0x59]
        support blame.class == "definite"
    }
    say       "The block at {bugcheck.p2:hex} was written past its end, at {bugcheck.p3:hex}."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "Look at the length that the owner of the block computes."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x51 0xffffe00112345670 0xffffe001123456f0 0x41
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0x59 0xfffffa8001234560 0xfffffa80012345f0 0x41
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc4 0x53 0x81234560 0x812345f0 0x41
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x51 0xffffe00112345670 0xffffe001123456f0 0x41
    }

    test silent "freed twice" {
        machine x64 10
        stop 0xc4 0x13 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
