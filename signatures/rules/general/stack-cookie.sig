# SPDX-License-Identifier: Apache-2.0
signature stack-cookie {
    title     "A driver wrote past the end of a buffer on its stack"
    class     corruption
    severity  critical
    status    stable

    on dump {
        require bugcheck.code == 0xf7 or bugcheck.code == 0x139 and bugcheck.p1 in [0, 2]
        require not (bugcheck.code == 0xf7 and exists(hardware.single_bit))
        support blame.class == "definite"
    }
    say       "The stack cookie in front of a return address was overwritten before the function returned."
    say       "Its function is in {stack.cookie.module}."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "The function that was to return is at fault: look for its local arrays and the lengths that it copies. It can be an attack when the data comes from outside: keep the dump."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xf7 0x4141414141414141 0xf8a512345678 0xffff075aedcba987 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 2 trap 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xf7 0x41414141 0x1234abcd 0xedcb5432 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xf7 0x4141414141414141 0xf8a512345678 0xffff075aedcba987 0
    }

    test silent "one bit is bad memory" {
        machine x86 xp
        stop 0xf7 0x1234abcf 0x1234abcd 0xedcb5432 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a list" {
        machine x64 10
        stop 0x139 3 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
