# SPDX-License-Identifier: Apache-2.0
signature stack-overflow-huge-frame {
    title     "One function took most of the kernel stack"
    class     stop
    severity  high
    status    stable
    related   "stack-recursion", "stack-overflow-many-drivers"

    on dump {
        require stack.overflow
        require any f in stack.frames where f.bytes * 2 >= stack.size
        exclude any c in stack.cycles where c.count >= 5 and c.share >= 40
        exclude dump.kind == "user"
        # Stopped by hand or by a watchdog: nothing overflowed.
        exclude known(bugcheck.code) and bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
    }
    say       "The frame of {first(f in stack.frames where f.bytes * 2 >= stack.size : f.text)}, {first(f in stack.frames where f.bytes * 2 >= stack.size : f.bytes):bytes}, lies on a kernel stack of {stack.size:bytes}, which it overflowed."
    do        "Have the driver of that function allocate its large local variables (buffers, structures) from pool instead."

    test fires "x86" {
        machine x86 xp
        stop 0x7f 8 0 0 0
        module "vscan.sys"
        stack overflow { frame "nt!X+0x10"; frame "vscan!Scan+0x1c" size 0x2400; frame "nt!B+0x40"; frame "nt!C+0x40" }
    }
    test fires "x86 NT 4.0, the function that faulted itself" {
        machine x86 nt4
        stop 0x7f 8 0 0 0
        module "vscan.sys"
        stack overflow { frame "vscan!Scan+0x1c" size 0x2400; frame "nt!B+0x40"; frame "nt!C+0x40" }
    }
    test fires "x64" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "vscan.sys"
        stack overflow { frame "nt!X+0x10"; frame "vscan!Scan+0x1c" size 0x4000; frame "nt!B+0x40"; frame "nt!C+0x40" }
    }
    test unknown "a small dump without unwind data: the caller is found by a scan" {
        machine x64 7
        container triage
        stop 0x7f 8 0 0 0
        module "vscan.sys"
        stack overflow { frame "nt!X+0x10"; frame "vscan!Scan+0x1c" size 0x4000; frame "nt!B+0x40"; frame "nt!C+0x40" }
    }
    test silent "a recursion" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "vscan.sys"
        stack overflow { cycle "vscan!A+0x1c" "nt!B+0x40" times 60 }
    }
    test silent "many frames of moderate size" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "a.sys"
        module "b.sys"
        stack overflow {
            frame "a!A+0x20" size 0x1400
            frame "b!B+0x20" size 0x1800
            frame "a!C+0x20" size 0x1800
            frame "nt!D+0x20" size 0x1000
            frame "nt!E+0x20"
        }
    }
    test silent "a large frame that fitted" {
        machine x64 7
        stop 0xd1 0 2 0 0
        module "vscan.sys"
        stack { frame "vscan!Scan+0x1c" size 0x3800; frame "nt!B+0x40" }
    }
    test unknown "header-only dump" {
        machine x64 7
        container header
        stop 0x7f 8 0 0 0
    }
}
