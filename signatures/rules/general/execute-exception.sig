# SPDX-License-Identifier: Apache-2.0
signature execute-exception {
    title     "A call or return went to an address without code"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0x1e, 0x3b, 0x7e, 0x8e]
        require exception.code == 0xc0000005
        require exception.access == "execute"
        support blame.class == "definite"
    }
    say       "The processor was to execute {exception.data}: a function pointer is null, freed or overwritten."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "Look at the call in the frame behind: a null target is an operation that the object does not offer; anything else is an object that was freed or overwritten."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 8 0xffffe00112345670
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: null" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 8 0x0
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 8 0xfffffa8001234560
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "Windows 7 x64: a system call leaves no record of the access" {
        machine x64 7
        stop 0x3b 0xffffffffc0000005 ip context 0
        exception 0xc0000005 info 8 0xfffffa8001234560
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x1000007e 0xc0000005 ip exception context
        exception 0xc0000005 info 8 0x81234560
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "data" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 0 0x10
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a header without record" {
        machine x64 10
        container header
        stop 0x7e 0xffffffffc0000005 0xfffff80447a01040 0xffff850429891ee8 0xffff850429891720
    }
}
