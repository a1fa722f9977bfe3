# SPDX-License-Identifier: Apache-2.0
signature verifier-lock-order {
    title     "Verifier: a deadlock is possible or there"
    class     hang
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0x1000, 0x1001]
        support blame.class == "definite"
    }
    say       "Case {bugcheck.p1:hex}: 0x1000 locks are taken in one order here and in the other elsewhere (a hang that only waits for its moment), 0x1001 a holder takes its lock again."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "!deadlock shows both orders with their stacks. Fix one order for the two locks, everywhere."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x1001 0xffffe00112345670 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0x1000 0xfffffa8001234560 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0xc4 0x1001 0x81234560 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x1001 0xffffe00112345670 0 0
    }

    test silent "the wrong order of releasing" {
        machine x64 10
        stop 0xc4 0x1003 0xffffe00112345670 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
