# SPDX-License-Identifier: Apache-2.0
signature clock-watchdog {
    title     "A processor stopped answering clock interrupts"
    class     stop
    severity  critical
    status    stable

    on dump {
        require bugcheck.code == 0x101
    }
    say       "Processor {bugcheck.p4:dec} did not take clock interrupts for {bugcheck.p1:dec} ticks."
    say       "The running code of that processor, not this stack, tells why; named is {blame.image} ({blame.reason})."
    do        "Look at what that processor runs (~Ns, k): a driver in a loop with interrupts off is at fault. Idle or plain kernel code, or no registers at all, speak for the hardware: undo overclocking and undervolting, update firmware and microcode, check voltage and temperature."
    do        "On a virtual machine look at the host: it may not have given the processor any time."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x101 0xc 0 prcb 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x101 0x21 0 prcb 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 11 ARM64" {
        machine arm64 11
        stop 0x101 0xc 0 prcb 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x101 0xc 0 0xffff98802b36a180 2
    }

    test silent "a long DPC" {
        machine x64 10
        stop 0x133 0 0x501 0x500 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
