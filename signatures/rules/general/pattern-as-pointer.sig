# SPDX-License-Identifier: Apache-2.0
signature pattern-as-pointer {
    title     "A value that marks freed or unset memory is used as a pointer"
    class     stop
    severity  high
    status    stable
    false_positive "On 32-bit machines the value can be a genuine address; the instruction's other operands tell."

    on dump {
        require bugcheck.code in [0x0a, 0xd1, 0x50, 0xc5, 0xcc, 0xd5]
        require bugcheck.p1 >= 0xfeeefeee and bugcheck.p1 < 0xfeef2000 or bugcheck.p1 >= 0xdddddddd and bugcheck.p1 < 0xdddde000 or bugcheck.p1 >= 0xbaadf00d and bugcheck.p1 < 0xbaae0000 or bugcheck.p1 >= 0xdeadbeef and bugcheck.p1 < 0xdeadd000 or bits(bugcheck.p1, 32, 32) == 0xfeeefeee or bits(bugcheck.p1, 32, 32) == 0xdddddddd or bits(bugcheck.p1, 32, 32) == 0xbaadf00d or bits(bugcheck.p1, 32, 32) == 0xdeadbeef or bits(bugcheck.p1, 32, 32) == 0x6b6b6b6b
        support blame.class == "definite"
    }
    say       "The pointer {bugcheck.p1:hex} is a fill pattern (freed: feeefeee, dddddddd, 6b6b6b6b; never set: baadf00d; dead: deadbeef): it was read from memory that its owner had already given back, or never filled."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "This is use after release. Find the structure that the faulting instruction walks, and who freed it; Driver Verifier with special pool stops at the first such access."

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd1 0xdeadbeefdeadbeef 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: non-canonical" {
        machine x64 10
        stop 0x50 0xfeeefeeefeeeff06 0 ip 4
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xd1 0xdddddded 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x50 0xfeeeff02 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86: never set" {
        machine x86 xp
        stop 0x0a 0xbaadf011 2 1 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x50 0xfeeefeeefeeeff06 0 0xfffff80447a01040 4
    }

    test silent "an address of pool" {
        machine x86 xp
        stop 0xd1 0xddcc1234 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a kernel address" {
        machine x64 10
        stop 0xd1 0xffffe00112345670 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
