# SPDX-License-Identifier: Apache-2.0
signature display-driver-stuck {
    title     "A thread of the display driver spins, waiting for its hardware"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xea
        support blame.class == "definite"
    }
    say       "A thread of the display driver waits in a loop for the graphics processor, which does not come."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "Clean-install another version of the display driver, not only the newest; take overclocking of the card back; check its power supply, temperature and seat."
    do        "The same with several driver versions and under load only: the card. In a remote or virtual machine: the host's driver."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x100000ea thread 0 0 0
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrTimedOperationDelay+0x40"; frame "gpudrv!WaitIdle+0x40"; frame "gpudrv!Start+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xea thread 0 0 0
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrTimedOperationDelay+0x40"; frame "gpudrv!WaitIdle+0x40"; frame "gpudrv!Start+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xea thread 0 0 0
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrTimedOperationDelay+0x40"; frame "gpudrv!WaitIdle+0x40"; frame "gpudrv!Start+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: small dump" {
        machine x64 10
        container triage
        stop 0x100000ea thread 0 0 0
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrTimedOperationDelay+0x40"; frame "gpudrv!WaitIdle+0x40"; frame "gpudrv!Start+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x100000ea thread 0 0 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0x116 0 0 0 0
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrTimedOperationDelay+0x40"; frame "gpudrv!WaitIdle+0x40"; frame "gpudrv!Start+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
