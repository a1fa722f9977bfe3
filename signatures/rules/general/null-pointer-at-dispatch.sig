# SPDX-License-Identifier: Apache-2.0
signature null-pointer-at-dispatch {
    title     "A driver uses a null pointer at raised IRQL"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0x0a, 0xd1]
        require bugcheck.p1 < 0x10000
        require not bugcheck.p3 in [8, 0x10]
        require blame.class == "definite"
    }
    say       "{blame.image} touched {bugcheck.p1:hex} at IRQL {bugcheck.p2:dec}: member {bugcheck.p1:hex} of a structure whose pointer is null ({blame.reason})."
    do        "Look at which pointer the instruction at {fault.ip} uses (u, r): something that this driver frees or clears at removal, cancel or shutdown, while a DPC or an interrupt still comes."
    do        "Get a newer version of {blame.image}; if there is none, hand its maker this stack."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64: a write" {
        machine x64 7
        stop 0xd1 0x28 2 1 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xd1 0 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: the general code" {
        machine x86 2003
        stop 0x0a 0x14 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: small dump" {
        machine x64 10
        container triage
        stop 0xd1 8 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "not a null pointer" {
        machine x64 10
        stop 0xd1 0xffffe00112345670 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a call through null" {
        machine x64 10
        stop 0xd1 0 2 8 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "only the kernel is on the stack" {
        machine x64 10
        stop 0x0a 8 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "the header alone names no driver" {
        machine x64 10
        container header
        stop 0xd1 8 2 0 0xfffff80447a01040
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
