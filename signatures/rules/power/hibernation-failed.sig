# SPDX-License-Identifier: Apache-2.0
signature hibernation-failed {
    title     "The system could not hibernate or resume"
    class     stop
    severity  high
    status    experimental

    on dump {
        require bugcheck.code == 0xa0
        require bugcheck.p1 in [6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf] or bugcheck.p1 >= 0x100 and bugcheck.p1 < 0x200
    }
    say       "Writing or reading the hibernation file failed (case {bugcheck.p1:hex}; 9 is a write error with status {bugcheck.p2:hex}, 0xa a damaged image, 0xb too small a file)."
    do        "Look at the disk and its driver: the copy of the storage driver that writes the image (hiber_*) does the work. Make the file anew (powercfg /h off, then on). A damaged image with a good disk speaks for memory or a firmware that changes the memory map."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xa0 0x9 0xffffffffc0000185 1 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xa0 0x10d 5 0xfffff88000246000 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xa0 0xb 0x1000 0x2000 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xa0 0xa 0 0 0
    }

    test silent "a power packet" {
        machine x64 10
        stop 0xa0 0x600 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 10
        stop 0x9f 3 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
