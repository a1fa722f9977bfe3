# SPDX-License-Identifier: Apache-2.0
signature dpc-watchdog-cumulative {
    title     "A processor stayed at DISPATCH_LEVEL too long in all"
    class     stop
    severity  high
    status    stable
    affects   "Windows 8 and later"

    on dump {
        require bugcheck.code == 0x133 and bugcheck.p1 == 1
        support blame.class == "definite"
        support blame.confidence != "low"
    }
    say       "The processor has been at DISPATCH_LEVEL or above for {bugcheck.p2:dec} ticks without a pause: many DPCs in a row, or code that holds a spin lock."
    say       "On the stack at that moment: {blame.image} ({blame.reason})."
    do        "The driver that is caught last need not be the one that took the time: count whose DPCs are queued (!dpcs), and take an event trace of DPC and interrupt times (xperf -on latency) while it happens."

    test fires "Windows 10 x64: the DPC of a driver was interrupted" {
        machine x64 10
        stop 0x133 1 0x1e00 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx"; frame "nt!KeAccumulateTicks+0x100"; trap "hal!HalpTimerClockInterrupt+0x20"; frame "foo!Dpc+0x40"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
        current "System" irql 13
    }

    test fires "Windows 10 x64: small dump" {
        machine x64 10
        container triage
        stop 0x133 1 0x1e00 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx"; frame "nt!KeAccumulateTicks+0x100"; trap "hal!HalpTimerClockInterrupt+0x20"; frame "foo!Dpc+0x40"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 11 ARM64" {
        machine arm64 11
        stop 0x133 1 0x1e00 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: no driver on the stack" {
        machine x64 10
        stop 0x133 1 0x1e00 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x133 1 0x1e00 0 0
    }

    test silent "the other limit" {
        machine x64 10
        stop 0x133 0 0x501 0x500 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a processor that hangs" {
        machine x64 10
        stop 0x101 0xc 0 prcb 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
