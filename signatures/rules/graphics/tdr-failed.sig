# SPDX-License-Identifier: Apache-2.0
signature tdr-failed {
    title     "The graphics processor hung and could not be reset"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x116
        support blame.class == "definite"
    }
    say       "The display driver did not answer, and resetting it failed with {bugcheck.p3:hex}."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "Clean-install another version of the display driver, not only the newest; take overclocking of the card back; check its power supply, temperature and seat."
    do        "The same with several driver versions and under load only: the card. In a remote or virtual machine: the host's driver."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x116 0xffffe00112345670 "gpudrv!Ddi+0x20" 0xffffffffc000009a 4
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        module "dxgmms1.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrBugcheckOnTimeout+0xfa"; frame "dxgkrnl!TdrIsRecoveryRequired+0x10a"; frame "dxgmms1!VidSchiReportHwHang+0x40b"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x116 0xfffffa8001234560 "gpudrv!Ddi+0x20" 0 0xd
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        module "dxgmms1.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrBugcheckOnTimeout+0xfa"; frame "dxgkrnl!TdrIsRecoveryRequired+0x10a"; frame "dxgmms1!VidSchiReportHwHang+0x40b"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: small dump" {
        machine x64 10
        container triage
        stop 0x116 0xffffe00112345670 "gpudrv!Ddi+0x20" 0xffffffffc000009a 4
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        module "dxgmms1.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrBugcheckOnTimeout+0xfa"; frame "dxgkrnl!TdrIsRecoveryRequired+0x10a"; frame "dxgmms1!VidSchiReportHwHang+0x40b"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x116 0xffffe00112345670 0xfffff8044b582000 0xffffffffc000009a 4
    }

    test silent "another stop" {
        machine x64 10
        stop 0x117 0xffffe00112345670 "gpudrv!Ddi+0x20" 0 0
        module "gpudrv.sys" size 0x9000
        module "dxgkrnl.sys"
        module "dxgmms1.sys"
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "dxgkrnl!TdrBugcheckOnTimeout+0xfa"; frame "dxgkrnl!TdrIsRecoveryRequired+0x10a"; frame "dxgmms1!VidSchiReportHwHang+0x40b"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
