# SPDX-License-Identifier: Apache-2.0
signature verifier-mdl {
    title     "Verifier: a driver passes a wrong MDL"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 >= 0x6f and bugcheck.p1 <= 0x7f or bugcheck.p1 in [0x81, 0x82, 0x83, 0x85, 0x89] or bugcheck.p1 >= 0xb0 and bugcheck.p1 <= 0xb9
        support blame.class == "definite"
    }
    say       "An MDL is used wrongly (case {bugcheck.p1:hex}): locked twice, unlocked without having been locked, mapped wrongly, or at a wrong level."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "Follow the MDL of the parameters (dt nt!_MDL) to who built and who locked it."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x75 2 0xffffe00112345670 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0x81 0xfffffa8001234560 5 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc4 0x70 2 0x81234560 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x75 2 0xffffe00112345670 0
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
