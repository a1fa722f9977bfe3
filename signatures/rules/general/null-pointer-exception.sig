# SPDX-License-Identifier: Apache-2.0
signature null-pointer-exception {
    title     "A driver uses a null pointer"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0x1e, 0x3b, 0x7e, 0x8e, 0x50]
        require exception.code == 0xc0000005
        require exception.data < 0x10000
        require exception.access != "execute"
        require blame.class == "definite"
    }
    say       "{blame.image} touched {exception.data}, which is a member of a structure whose pointer is null ({exception.access} at {exception.address}; {blame.reason})."
    do        "Look at which pointer the instruction uses and where the function has it from: mostly an allocation or a lookup whose failure was not checked."
    do        "Get a newer version of {blame.image}."

    test fires "Windows 10 x64: system thread" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 0 0x10
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: a write" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 1 0x0
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64: " {
        machine x64 7
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 0 0x28
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "Windows 7 x64: a system call leaves no record of the access" {
        machine x64 7
        stop 0x3b 0xffffffffc0000005 ip context 0
        exception 0xc0000005 info 0 0x28
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86: " {
        machine x86 xp
        stop 0x1000007e 0xc0000005 ip exception context
        exception 0xc0000005 info 0 0x4
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a wild pointer" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 0 0xffffe00112345670
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a call through null" {
        machine x64 10
        stop 0x1000007e 0xffffffffc0000005 ip exception context
        exception 0xc0000005 info 8 0x0
        module "foo.sys" size 0x9000
        stack { frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a header without record" {
        machine x64 10
        container header
        stop 0x7e 0xffffffffc0000005 0xfffff80447a01040 0xffff850429891ee8 0xffff850429891720
    }

    test silent "another stop" {
        machine x64 10
        stop 0x139 3 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }
}
