# SPDX-License-Identifier: Apache-2.0
signature verifier-ddi {
    title     "Verifier: a driver breaks a rule of the driver interface"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 >= 0x20000 and bugcheck.p1 < 0xa0000
        support blame.class == "definite"
    }
    say       "Rule {bugcheck.p1:hex} of the compliance checks was broken."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "Parameter 2 points to the rule in words; the rule's page in the driver kit has the correct order of calls."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x20003 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0x91001 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x40001 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x20003 0 0 0
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
