# SPDX-License-Identifier: Apache-2.0
signature ntfs-stop {
    title     "NTFS stopped the system"
    class     stop
    severity  high
    status    experimental

    on dump {
        require bugcheck.code == 0x24
        support blame.class == "definite"
    }
    say       "NTFS met an exception it cannot pass over ({exception.name}, at file and line {bugcheck.p1:hex})."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "With a filter driver as the suspect, update or remove it. With NTFS alone: look for disk events, run chkdsk, and when status or exception is about resources (0xc000009a) look at nonpaged pool. A wrong pointer with a good disk speaks for memory."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x24 0xb500190637 0xffff850429891ee8 0xffff850429891720 0xfffff80447a01040
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x24 0x1904fb 0xfffff880033156a8 0xfffff88003314f00 0xfffff8000288b000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x24 0x1902fe 0xf8512345 0xf8512000 0xc0000102
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x24 0xb500190637 0 0 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0x23 0xb500190637 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
