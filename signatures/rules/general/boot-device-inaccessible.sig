# SPDX-License-Identifier: Apache-2.0
signature boot-device-inaccessible {
    title     "The system cannot open its boot volume"
    class     stop
    severity  critical
    status    experimental

    on dump {
        require bugcheck.code == 0x7b
        support uptime < 5min
    }
    say       "The boot volume (object {bugcheck.p1:hex}) could not be opened; parameter 2 is {bugcheck.p2:hex} (a status, such as 0xc0000034 not found, or 0)."
    do        "After a change of the controller mode or of the machine: enable the storage driver that the controller needs (storahci, stornvme, iaStor, a virtual machine's), offline in the SYSTEM hive, or set the mode back."
    do        "After an update: undo the pending one from the recovery console. Else: cable, disk, boot sector viruses, file system (chkdsk)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x7b 0xffff8504298917a0 0xffffffffc0000034 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x7b 0xfffff880009a97e8 0xffffffffc0000034 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x7b 0xf789e524 0xc0000034 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x86 xp
        container header
        stop 0x7b 0xf789e524 0xc0000034 0 0
    }

    test silent "it was opened and could not be mounted" {
        machine x64 10
        stop 0xed 0xffffe00112345670 0xc0000032 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
