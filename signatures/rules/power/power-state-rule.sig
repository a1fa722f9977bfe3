# SPDX-License-Identifier: Apache-2.0
signature power-state-rule {
    title     "A driver breaks a rule of power management"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x9f and bugcheck.p1 in [1, 2, 5, 6, 0x500]
        support blame.class == "definite"
    }
    say       "Case {bugcheck.p1:hex}: 1 a device was deleted with a power request pending, 2 the next request was not started, 5, 6 and 0x500 a directed transition did not end or failed."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "The owner of the device (!devobj, !devstack of the address in the parameters) is at fault: update it."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x9f 2 device 0 driver
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x9f 1 device 0 0
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x9f 1 device 0 0
        module "foo.sys" size 0x9000
        driver "foo" module "foo.sys"
        device "Foo0" driver "foo"
        irp pending { location POWER minor 2 device "Foo0" current }
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!PopIrpWatchdogBugcheck+0x100"; frame "nt!KiRetireDpcList+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x9f 5 0xffffe00112345670 0 0
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
