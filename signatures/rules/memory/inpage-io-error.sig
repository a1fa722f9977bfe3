# SPDX-License-Identifier: Apache-2.0
signature inpage-io-error {
    title     "A page could not be read: the disk failed"
    class     stop
    severity  critical
    status    stable

    on dump {
        require bugcheck.code in [0x7a, 0x77]
        require bugcheck.p2 in [0xc000009c, 0xc000009d, 0xc000009e, 0xc0000185, 0xc000016a, 0xc000000e, 0xc00000c0, 0xffffffffc000009c, 0xffffffffc000009d, 0xffffffffc000009e, 0xffffffffc0000185, 0xffffffffc000016a, 0xffffffffc000000e, 0xffffffffc00000c0]
    }
    say       "A page of the kernel could not be read from disk; the status {bugcheck.p2:hex} comes from the disk or its controller (0xc000009c bad block, 0xc000009d and 0xc000000e device gone, 0xc0000185 I/O error, 0xc000016a disk sector)."
    do        "Back up first. Then look at the disk's SMART values, cable, backplane, firmware and the System log (disk, storport, ntfs); run chkdsk with a surface scan only after the backup."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x7a 0xfffff6fc40001234 0xffffffffc0000185 0x12345678 0xfffff88000246000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x7a 0xfffff6fc40001234 0xffffffffc000009d 0x12345678 0xfffff88000246000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x7a 0xc03e1234 0xc000009c 0xf8512345 0xf8480000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: a stack" {
        machine x86 2003
        stop 0x77 0xc0000185 0xc0000185 0 0x12345000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x7a 0xfffff6fc40001234 0xffffffffc000000e 0x12345678 0xfffff88000246000
    }

    test silent "no memory for the read" {
        machine x86 xp
        stop 0x7a 0xc03e1234 0xc000009a 0xf8512345 0xf8480000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 10
        stop 0x50 0xfffff88000246000 0 ip 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
