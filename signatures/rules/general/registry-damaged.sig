# SPDX-License-Identifier: Apache-2.0
signature registry-damaged {
    title     "The registry is damaged"
    class     corruption
    severity  high
    status    experimental

    on dump {
        require bugcheck.code in [0x51, 0x73, 0x74, 0xc0000218]
    }
    say       "A hive could not be loaded, or its memory does not hold together (parameters {bugcheck.p1:hex}, {bugcheck.p2:hex}, {bugcheck.p3:hex}, {bugcheck.p4:hex})."
    do        "Restore the hive from its backup (RegBack, a restore point), then check the disk: hives are damaged by lost writes. If it comes again with another hive, test the memory."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x51 1 0xffffe00112345670 0x12345 0x174
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x74 2 0xfffff880009a97e8 2 0xffffffffc000014c
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x51 3 1 0xe1234560 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x51 1 0xffffe00112345670 0x12345 0x174
    }

    test silent "another stop" {
        machine x64 10
        stop 0x7b 1 2 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
