# SPDX-License-Identifier: Apache-2.0
signature critical-process-died {
    title     "A process or thread that the system cannot do without has ended"
    class     stop
    severity  critical
    status    experimental

    on dump {
        require bugcheck.code == 0xef or bugcheck.code == 0xf4 and bugcheck.p1 in [3, 6]
    }
    say       "What ended: object {bugcheck.p1:hex} ({bugcheck.p2:hex} tells what it is in the other stop code); the stop was made in {process.name}."
    do        "Find why it ended, not who noticed: exit status of the process, the last exception in it (!process, !thread), events of the disk shortly before: when the system disk goes away, csrss or wininit cannot read a page and die."
    do        "Damaged system files (sfc, DISM), a security product that ends processes, and bad memory are the others."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xef process 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xf4 3 process 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xf4 3 process 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: a thread" {
        machine x86 2003
        stop 0xf4 6 thread 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xef 0xffffe00112345670 0 0 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0x1c8 0x1b58 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
