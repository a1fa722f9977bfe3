# SPDX-License-Identifier: Apache-2.0
signature verifier-free-in-use {
    title     "Verifier: a driver frees memory that holds a live timer, lock or other object"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0x15, 0x17, 0xca, 0xcb, 0xcc, 0xcd, 0xd0, 0xd1, 0xd2, 0xd5, 0xd6, 0xd7, 0xda, 0xdb, 0xdc, 0xdd, 0xdf, 0xe0, 0xe1]
        support blame.class == "definite"
    }
    say       "An object that the system still uses is at {bugcheck.p2:hex} (case {bugcheck.p1:hex}: 0x15 a timer, 0x17 and 0xd0 to 0xd2 a resource, 0xca to 0xcd a lookaside list, 0xd5 to 0xd7 a remove lock, 0xda to 0xdd a registration, 0xdf to 0xe1 where it may not lie)."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "The driver must cancel, delete or unregister the object before it frees its memory or unloads."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x15 0xffffe00112345670 0 0xffffe00112345600
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0xd2 0xfffffa8001234560 0 0xfffffa8001234000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc4 0x17 0x81234560 0 0x81234500
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x15 0xffffe00112345670 0 0xffffe00112345600
    }

    test silent "freed twice" {
        machine x64 10
        stop 0xc4 0x13 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
