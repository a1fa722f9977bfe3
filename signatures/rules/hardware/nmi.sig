# SPDX-License-Identifier: Apache-2.0
signature nmi {
    title     "The hardware, or an operator, raised a non-maskable interrupt"
    class     stop
    severity  critical
    status    experimental

    on dump {
        require bugcheck.code == 0x80
    }
    say       "A non-maskable interrupt came (parameter 1 is {bugcheck.p1:hex})."
    do        "First ask whether somebody pressed the dump switch or sent one from the management controller or the hypervisor: then it is a dump of a hang. Else the controller's log names parity or bus errors."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x80 0x4f4454 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x80 0x4f4454 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x80 0x4f4454 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x80 0x4f4454 0 0 0
    }

    test silent "a machine check" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800115
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
