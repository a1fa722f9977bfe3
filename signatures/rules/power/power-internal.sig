# SPDX-License-Identifier: Apache-2.0
signature power-internal {
    title     "Power management found a driver or firmware breaking its rules"
    class     stop
    severity  medium
    status    experimental

    on dump {
        require bugcheck.code == 0xa0
        require bugcheck.p1 < 6 or bugcheck.p1 >= 0x400 and bugcheck.p1 < 0xa00
        support blame.class == "definite"
    }
    say       "The power manager's own check failed (case {bugcheck.p1:hex}: 0x4xx power packets, 0x5xx device states, 0x6xx runtime power management, 0x7xx power engine plug-in, 0x8xx standby)."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "Update the firmware, the chipset's drivers and the driver that the stack or the parameters lead to."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xa0 0x600 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xa0 0x500 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xa0 2 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xa0 0x600 0 0 0
    }

    test silent "hibernation" {
        machine x64 10
        stop 0xa0 0x9 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
