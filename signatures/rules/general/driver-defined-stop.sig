# SPDX-License-Identifier: Apache-2.0
signature driver-defined-stop {
    title     "A driver stopped the system with a code of its own"
    class     stop
    severity  high
    status    experimental

    on dump {
        require has_bits(bugcheck.code, 0x20000000)
        require bugcheck.code < 0xc0000000
        require blame.class == "definite"
    }
    say       "The code {bugcheck.code:hex} has the bit by which drivers mark codes of their own; only the maker of {blame.image} knows what it means ({blame.reason})."
    do        "Update {blame.image}, or go back to the version before; for a display driver check the card (temperature, power, overclocking), which such codes mostly report."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xa0000001 5 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xa0000001 5 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x20000123 0 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: small dump" {
        machine x64 10
        container triage
        stop 0xa0000001 5 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "the header alone names no driver" {
        machine x64 10
        container header
        stop 0xa0000001 5 0 0 0
    }

    test silent "a code of the system" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a mark of an operator" {
        machine x64 10
        stop 0xdeaddead 0 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "no driver on the stack" {
        machine x64 10
        stop 0xa0000001 5 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
