# SPDX-License-Identifier: Apache-2.0
signature pnp-lock-timeout {
    title     "A change of power waits for plug and play, whose lock a thread keeps"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x9f and bugcheck.p1 == 4
        support blame.class == "definite"
    }
    say       "For {bugcheck.p2:dec} seconds a change of power has waited for the plug-and-play lock; the thread {bugcheck.p3:hex} has it."
    do        "Read that thread's stack: the driver that it is in is starting, removing or asking a device and does not return. A device that was just plugged in, or a driver being installed, is mostly it."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x9f 4 0x12c thread 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x9f 4 0x258 thread 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x9f 4 0x12c 0xffffe00112345670 0
    }

    test silent "a request that is kept" {
        machine x64 10
        stop 0x9f 3 device 0 irp
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
