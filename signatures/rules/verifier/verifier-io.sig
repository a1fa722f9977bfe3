# SPDX-License-Identifier: Apache-2.0
signature verifier-io {
    title     "Verifier: a driver handles an I/O request wrongly"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc9
        support blame.class == "definite"
    }
    say       "Case {bugcheck.p1:hex} of the I/O checks: 1 to 3 and 6 an IRP that is none, 7 a cancel routine left set, 0x200 and up a rule of dispatch or completion."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "!irp on the request of the parameters shows who has it; the address in parameter 2 is mostly the routine at fault."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc9 0x22a "foo!Dispatch+0x10" 0xffffe00112345670 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc9 6 0xfffffa8001234560 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc9 7 0xf8b82000 0x81234560 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc9 0x22a 0xfffff8044b582000 0xffffe00112345670 0
    }

    test silent "another stop" {
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
