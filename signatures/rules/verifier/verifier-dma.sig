# SPDX-License-Identifier: Apache-2.0
signature verifier-dma {
    title     "Verifier: a driver uses DMA wrongly"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xe6
        support blame.class == "definite"
    }
    say       "Case {bugcheck.p1:hex} of the DMA checks: buffers written outside their bounds, map registers or adapters freed twice or not at all. With 0x26 the IOMMU caught a device that accessed memory it was not given."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "For 0x26 find the device in the parameters: its driver, its firmware, or the machine's firmware that did not list its memory. Else the driver on the stack is at fault."

    test fires "Windows 10 x64: the IOMMU" {
        machine x64 10
        stop 0xe6 0x26 0xffffe00112345670 0x12345 5
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xe6 0xf 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xe6 0x1 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xe6 0x26 0 0 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0xc4 0x30 2 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
