# SPDX-License-Identifier: Apache-2.0
signature faulty-page {
    title     "A page changed by itself"
    class     corruption
    severity  critical
    status    stable
    false_positive "A device that writes by DMA where it must not changes pages, too."

    on dump {
        require bugcheck.code == 0x12b
    }
    say       "The memory manager compared a page with what was kept of it: they differ (page frame {bugcheck.p2:hex})."
    do        "Test the memory for some hours outside of Windows, one module at a time; take overclocking and memory profiles back; update the firmware. If the machine has ECC, read its log."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x12b 0xffffffffc00002c4 0x5a3 0x12345678 0xffff8001a2b40000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x12b 0xffffffffc00002c4 0x5a3 0x12345678 0xffff8001a2b40000
    }

    test silent "another stop" {
        machine x64 10
        stop 0x154 0xffffe00112345670 0xffff850429891ee8 2 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
