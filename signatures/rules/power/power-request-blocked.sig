# SPDX-License-Identifier: Apache-2.0
signature power-request-blocked {
    title     "A driver keeps a power request for too long"
    class     stop
    severity  critical
    status    stable
    affects   "Windows Vista and later"

    on dump {
        require bugcheck.code == 0x9f and bugcheck.p1 == 3
        support blame.class == "definite"
        support starts(blame.reason, "it owns")
    }
    say       "The request {bugcheck.p4:hex} (device {bugcheck.p2:hex}) asks for a change of power and was not passed on or completed in time."
    say       "Who has it: {blame.image} ({blame.reason})."
    do        "The driver of the request's current location holds it (!irp): look for the thread or the hardware that it waits for (!stacks 2 DRIVER), a lock in its power callback, a device that is gone."
    do        "Update that driver and the filters above it. Until then, exempt the device from power management, or switch fast startup and selective suspend off."
    do        "A small dump does not have the request; take a kernel dump when the driver is not named."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x9f 3 device 0 irp
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x9f 3 device 0 irp
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 10 x64: a kernel dump" {
        machine x64 10
        container kernel
        stop 0x9f 3 device 0 irp
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 10 x64: a small dump does not name the driver" {
        machine x64 10
        container triage
        stop 0x9f 3 device 0 irp
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x9f 3 0xffffe00112345670 0 0xffffe00112346670
    }

    test silent "the lock of plug and play" {
        machine x64 10
        stop 0x9f 4 0x12c thread 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "another stop" {
        machine x64 10
        stop 0xa0 3 device 0 irp
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
