# SPDX-License-Identifier: Apache-2.0
signature page-table-damage {
    title     "The memory manager's own data are damaged"
    class     corruption
    severity  high
    status    experimental
    related   "pte-single-bit"

    on dump {
        require bugcheck.code == 0x1a
        require bugcheck.p1 in [0x402, 0x403, 0x404, 0x411, 0x3451, 0x3453, 0x5003, 0x5100, 0x8884, 0x8885, 0x8886, 0x8887, 0x8888, 0x8889, 0x888a, 0x9696, 0x41201, 0x41202, 0x41283, 0x41284, 0x41285, 0x41287, 0x41289, 0x41790, 0x41792, 0x41793, 0x61940, 0x61941]
        exclude bugcheck.p1 == 0x41792 and (bugcheck.p3 in [0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000, 0x800000, 0x1000000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80000000, 0x100000000, 0x200000000, 0x400000000, 0x800000000, 0x1000000000, 0x2000000000, 0x4000000000, 0x8000000000, 0x10000000000, 0x20000000000, 0x40000000000, 0x80000000000, 0x100000000000, 0x200000000000, 0x400000000000, 0x800000000000, 0x1000000000000, 0x2000000000000, 0x4000000000000, 0x8000000000000, 0x10000000000000, 0x20000000000000, 0x40000000000000, 0x80000000000000, 0x100000000000000, 0x200000000000000, 0x400000000000000, 0x800000000000000, 0x1000000000000000, 0x2000000000000000, 0x4000000000000000, 0x8000000000000000] and bugcheck.p4 == 0 or bugcheck.p3 == 0 and bugcheck.p4 in [0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000, 0x800000, 0x1000000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80000000, 0x100000000, 0x200000000, 0x400000000, 0x800000000, 0x1000000000, 0x2000000000, 0x4000000000, 0x8000000000, 0x10000000000, 0x20000000000, 0x40000000000, 0x80000000000, 0x100000000000, 0x200000000000, 0x400000000000, 0x800000000000, 0x1000000000000, 0x2000000000000, 0x4000000000000, 0x8000000000000, 0x10000000000000, 0x20000000000000, 0x40000000000000, 0x80000000000000, 0x100000000000000, 0x200000000000000, 0x400000000000000, 0x800000000000000, 0x1000000000000000, 0x2000000000000000, 0x4000000000000000, 0x8000000000000000])
    }
    say       "The memory manager found its own tables inconsistent, or met an address in them that is not valid (case {bugcheck.p1:hex}, entry {bugcheck.p2:hex}, {bugcheck.p3:hex}). This thread only met it."
    do        "Two causes share this: bad memory, and a driver that writes through a wrong pointer or misuses an MDL. Compare with other dumps of the machine: stops of many kinds at many places speak for memory, one kind for a driver."
    do        "Test the memory for some hours outside of Windows, one module at a time; take overclocking and memory profiles back; update the firmware. If the machine has ECC, read its log."
    do        "If the memory is good, run Driver Verifier on the drivers that are not Microsoft's."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x1a 0x402 0xffffa30ebf6f0090 0x851af68c0 0xffffa30ebf6f7248
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x1a 0x41790 0xfffffa8001234560 0xffff 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64: a wild address" {
        machine x64 10
        stop 0x1a 0x41287 0x14dbff6666af 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x1a 0x41284 0x12345001 0x2345 0xc0883000
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x1a 0x403 0xfffff68000012340 0x8a00000012345867 0xfffff68000012348
    }

    test silent "a driver's call" {
        machine x64 10
        stop 0x1a 0x1236 0xffffe00112345670 0 0x1234
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 10
        stop 0x4e 0x99 0x1234 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "a single bit has its own rule" {
        machine x64 10
        stop 0x1a 0x41792 0xfffff68000012340 0x2000000 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
