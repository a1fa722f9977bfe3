# SPDX-License-Identifier: Apache-2.0
signature fast-fail {
    title     "A check against corruption failed in the kernel or a driver"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x139 and bugcheck.p1 in [1, 5, 6, 7, 8, 9, 12, 13, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]
        support blame.class == "definite"
    }
    say       "The code itself found its data impossible (case {bugcheck.p1:dec}: 1 a table of functions, 5 an argument, 8 and 28 an index, 13 a context, 19 read-only data, 21 exception handlers, 29 a balanced tree)."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "The frame that made the check saw the damage; find the structure that it checked and its owner."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 5 trap 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 29 trap 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x139 5 trap 0 0
    }

    test silent "a list" {
        machine x64 10
        stop 0x139 3 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a cookie" {
        machine x64 10
        stop 0x139 2 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
