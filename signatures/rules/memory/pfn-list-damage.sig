# SPDX-License-Identifier: Apache-2.0
signature pfn-list-damage {
    title     "The list of page frames is damaged"
    class     corruption
    severity  high
    status    experimental

    on dump {
        require bugcheck.code == 0x4e
        require bugcheck.p1 in [1, 2, 0x8f, 0x99]
    }
    say       "Entry {bugcheck.p2:hex} of the page-frame database, or the list it is on, is damaged (case {bugcheck.p1:hex}); this thread only met it."
    do        "Bad memory and drivers that unlock or free pages they do not own share this stop. Test the memory for some hours outside of Windows, one module at a time; take overclocking and memory profiles back; update the firmware. If the machine has ECC, read its log."
    do        "If the memory is good, run Driver Verifier on the drivers that are not Microsoft's."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x4e 0x99 0x12345 2 0x30000000123
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x4e 0x99 0x12345 0 0x12345
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x4e 0x8f 0x1234 0x2345 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x4e 2 0x12345 0x12345 0
    }

    test silent "a driver unlocks once too often" {
        machine x86 xp
        stop 0x4e 7 0x1234 1 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
