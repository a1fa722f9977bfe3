# SPDX-License-Identifier: Apache-2.0
signature driver-wild-pointer {
    title     "A driver uses a pointer that leads nowhere"
    class     stop
    severity  high
    status    experimental
    related   "null-pointer-exception"
    false_positive "The driver can be the victim of another one's overwriting."

    on dump {
        require bugcheck.code in [0x1e, 0x3b, 0x7e, 0x8e]
        require exception.code == 0xc0000005
        require exception.access != "execute"
        require exception.data >= 0x10000
        require blame.class == "definite"
        support blame.confidence == "high"
    }
    say       "{blame.image} tried to {exception.access} {exception.data} at {exception.address} ({blame.reason})."
    do        "The processor shows 0xffffffffffffffff for every address that is not canonical; the registers then have the real one. Freed or overwritten structures are the usual cause: Driver Verifier with special pool on {blame.image} finds it."
    do        "Get a newer version of {blame.image}."

    test fires "Windows 10 x64: " {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 1 0xffffffffffffffff
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64: " {
        machine x64 7
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 0 0xfffffa8001234560
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "Windows 7 x64: a system call leaves no record of the access" {
        machine x64 7
        stop 0x3b 0xffffffffc0000005 ip context 0
        exception 0xc0000005 info 0 0xfffffa8001234560
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86: " {
        machine x86 xp
        stop 0x1000007e 0xc0000005 ip exception context
        exception 0xc0000005 info 0 0x81234560
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "null" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 0 0x10
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a call" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 8 0xffffe00112345670
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a header without record" {
        machine x64 10
        container header
        stop 0x7e 0xffffffffc0000005 0xfffff80447a01040 0xffff850429891ee8 0xffff850429891720
    }
}
