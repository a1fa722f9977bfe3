# SPDX-License-Identifier: Apache-2.0
signature pageable-code-at-dispatch {
    title     "Code or data of a driver is paged out and used at raised IRQL"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0x0a, 0xd1, 0xd3]
        require bugcheck.p2 >= 2
        require any m in modules where bugcheck.p1 >= m.base and bugcheck.p1 - m.base < m.size
    }
    say       "The address {bugcheck.p1:hex}, touched at IRQL {bugcheck.p2:dec}, is in the image of {first(m in modules where bugcheck.p1 >= m.base and bugcheck.p1 - m.base < m.size : m.image)}, at a page that is not in memory: a pageable section."
    do        "The routine (or its data) is in a PAGE section but is called with a spin lock held, from a DPC or from a completion routine. Its maker must take it out of the section or lower the level."
    do        "Driver Verifier with forced IRQL checking makes it happen at the first call."

    test fires "Windows 10 x64: code" {
        machine x64 10
        stop 0xd1 0xfffff8044b582000 2 8 0xfffff8044b582000
        module "foo.sys" base 0xfffff8044b580000 size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64: data" {
        machine x64 7
        stop 0xd1 0xfffff88004b82000 2 0 ip
        module "foo.sys" base 0xfffff88004b80000 size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86: marked wrongly" {
        machine x86 xp
        stop 0xd3 0xf8b82000 2 0 ip
        module "foo.sys" base 0xf8b80000 size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: small dump" {
        machine x64 10
        container triage
        stop 0xd1 0xfffff8044b582000 2 8 0xfffff8044b582000
        module "foo.sys" base 0xfffff8044b580000 size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "memory of nobody" {
        machine x64 10
        stop 0xd1 0xffffe00112345670 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "the byte behind the image" {
        machine x64 10
        stop 0xd1 0xfffff8044b589000 2 8 0xfffff8044b589000
        module "foo.sys" base 0xfffff8044b580000 size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "no page fault at raised IRQL" {
        machine x64 10
        stop 0x50 0xfffff8044b582000 0 0xfffff8044b582000 2
        module "foo.sys" base 0xfffff8044b580000 size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "the header alone has no modules" {
        machine x64 10
        container header
        stop 0xd1 0xfffff8044b582000 2 8 0xfffff8044b582000
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
