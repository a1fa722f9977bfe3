# SPDX-License-Identifier: Apache-2.0
signature verifier-user-data {
    title     "Verifier: a driver trusts a pointer or handle of user mode"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0x3c, 0xe2, 0xe3, 0xe4, 0xf5, 0xf6, 0xf7]
        support blame.class == "definite"
    }
    say       "A handle or pointer of user mode is used as the kernel's own (case {bugcheck.p1:hex}): a hole that a program can use."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "Handles for the kernel must be opened as kernel handles; buffers of user mode must be probed and copied. Treat it as a security defect."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0xf6 0x1234 process 0xfffff8044b582000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0xe3 0xfffff88004b80000 0x12340000 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc4 0x3c 0x1234 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0xf6 0x1234 process 0xfffff8044b582000
    }

    test silent "a level" {
        machine x64 10
        stop 0xc4 0x30 2 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
