# SPDX-License-Identifier: Apache-2.0
signature verifier-irql {
    title     "Verifier: a driver uses a lock or a service at a wrong IRQL"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x40, 0x41, 0x42, 0x80, 0xe5, 0xe6, 0xea, 0xeb]
        support blame.class == "definite"
    }
    say       "The level was {bugcheck.p2:dec} (case {bugcheck.p1:hex}): 0x30, 0x31 raising and lowering; 0x32, 0x35, 0x40 to 0x42 spin locks; 0x33, 0x34, 0x37 to 0x3a mutexes and resources; 0x3b a wait."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "A mutex, resource or wait may not be used above APC_LEVEL, and with a resource kernel APCs must be off."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x3b 2 0xffffe00112345670 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0x30 2 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc4 0x37 0 0 0x81234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x3b 2 0xffffe00112345670 0
    }

    test silent "pool" {
        machine x64 10
        stop 0xc4 1 2 1 0x100
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
