# SPDX-License-Identifier: Apache-2.0
signature memory-single-bit {
    title     "A value is wrong in one bit: bad memory"
    class     corruption
    severity  critical
    status    experimental
    false_positive "A driver that clears or sets a flag through a wrong pointer changes one bit, too."

    on dump {
        require exists(hardware.single_bit)
    }
    on dump {
        require corruption.single_bits > 0
    }
    say       "{hardware.single_bit}"
    do        "Test the memory for some hours outside of Windows, one module at a time; take overclocking and memory profiles back; update the firmware. If the machine has ECC, read its log."

    test fires "Windows 10 x64: a kernel address without one of its high bits" {
        machine x64 10
        stop 0x50 0xfffbe00112345670 0 ip 4
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64: the same of a driver" {
        machine x64 7
        stop 0xd1 0xfffbfa8001234560 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86: a stack cookie" {
        machine x86 xp
        stop 0xf7 0x12345678 0x12345679 0xedcba986 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x1a 0x41792 0xfffff68000012340 0x2000000 0
    }

    test silent "a plain bad address" {
        machine x64 10
        stop 0x50 0xffffe00112345670 0 ip 2
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "many bits of a cookie" {
        machine x86 xp
        stop 0xf7 0x41414141 0x12345679 0xedcba986 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: a pool header" {
        machine x86 2003
        memory 64MiB
        stop 0x19 0x20 0x840053f0 0x84005460 0x41414141
        pool nonpaged {
        block Irp size 440 count 40 held
        page
        block NbtD size 104 count 9 held
        block Nb06 size 104 held
        flip 16
        block NbtD size 104 count 9 held
        page
        block File size 152 count 30 held
        }
    }
}
