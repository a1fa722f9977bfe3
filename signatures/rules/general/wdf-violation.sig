# SPDX-License-Identifier: Apache-2.0
signature wdf-violation {
    title     "A driver built on the driver framework broke one of its rules"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x10d
        support blame.class == "definite"
    }
    say       "The framework stopped the driver: case {bugcheck.p1:hex} (1 a power callback that did not return, 5 a wrong handle, 6 a request handled wrongly, 0xd a power request lost)."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "The framework's own log of that driver has the last events: !wdfkd.wdflogdump. Update the driver; for case 1 look at what its callback waits for."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x10d 5 0 0x1206 0xffffe00112345670
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x10d 6 2 0x7f 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x10d 4 0 ip 0x81234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x10d 5 0 0x1206 0xffffe00112345670
    }

    test silent "another stop" {
        machine x64 10
        stop 0xfe 5 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
