# SPDX-License-Identifier: Apache-2.0
signature verifier-bad-free {
    title     "Verifier: a driver frees what is free already, or was never allocated"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0x10, 0x13, 0x14, 0x16]
        support blame.class == "definite"
    }
    say       "The address that was freed is not an allocation that lives (case {bugcheck.p1:hex}; 0x13 and 0x14: freed twice)."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "!verifier 80 ADDRESS shows who freed it first, as far as the log goes back."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x13 0 0xffffe00112345670 0x1234
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0x10 0xfffffa8001234560 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc4 0x14 0 0x81234560 0x1234
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x13 0 0xffffe00112345670 0x1234
    }

    test silent "a live timer in it" {
        machine x64 10
        stop 0xc4 0x15 0xffffe00112345670 0 0xffffe00112345600
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
