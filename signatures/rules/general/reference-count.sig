# SPDX-License-Identifier: Apache-2.0
signature reference-count {
    title     "A reference count ran over or under"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x18 or bugcheck.code == 0x139 and bugcheck.p1 == 14
        support blame.class == "definite"
    }
    say       "An object was released more often than it was referenced, or referenced without end."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "Find the object's type and name (!object), and the driver that holds handles or pointers to it; object reference tracing (gflags, ObTrace) names who released it."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x18 0 0xffffe00112345670 2 0xffffffffffffffff
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 14 trap 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x18 0 0x81234560 2 0xffffffff
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x18 0 0xffffe00112345670 2 0xffffffffffffffff
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
