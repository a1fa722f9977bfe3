# SPDX-License-Identifier: Apache-2.0
signature execute-data {
    title     "The processor was sent to memory that holds no code"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xfc
        support blame.class == "definite"
    }
    say       "{bugcheck.p1:hex} is not executable (page-table entry {bugcheck.p2:hex}): a function pointer or a return address is wrong or was overwritten."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "The caller is the frame behind: look at the pointer through which it called. Small or odd targets point at an overwritten stack or object. Old drivers that build code in pool stop here too: update them."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xfc 0xffffe00112345670 0x8a00000012345863 trap 2
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xfc 0xfffffa8001234560 0x8a00000012345863 0 2
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xfc 0x81234560 0x1234163 0 1
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xfc 0xffffe00112345670 0x8a00000012345863 0 2
    }

    test silent "a page fault" {
        machine x64 10
        stop 0x50 0xffffe00112345670 0 ip 2
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
