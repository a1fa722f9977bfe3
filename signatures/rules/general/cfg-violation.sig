# SPDX-License-Identifier: Apache-2.0
signature cfg-violation {
    title     "Control flow guard stopped a call to an address that is no function"
    class     corruption
    severity  critical
    status    stable

    on dump {
        require bugcheck.code == 0x139 and bugcheck.p1 in [10, 11, 37, 38, 39]
        support blame.class == "definite"
    }
    say       "An indirect call or jump (case {bugcheck.p1:dec}) went to an address that no compiler listed as a target: the pointer was overwritten, or a driver built without the guard was hooked in."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "rcx of the trap frame (parameter 2) is the target. Look for a freed or overwritten object, then for security products that patch code in memory."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 10 trap 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 39 trap 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x139 10 trap 0 0
    }

    test silent "a list" {
        machine x64 10
        stop 0x139 3 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 7
        stop 0xd1 10 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
