# SPDX-License-Identifier: Apache-2.0
signature stack-recursion {
    title     "A recursion used up the kernel stack"
    class     stop
    severity  high
    status    stable
    related   "stack-overflow-huge-frame", "stack-overflow-many-drivers"

    on dump {
        require stack.overflow
        require any c in stack.cycles where c.count >= 5 and c.share >= 50
        exclude dump.kind == "user"
        # Stopped by hand or by a watchdog: nothing overflowed.
        exclude known(bugcheck.code) and bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        support any c in stack.cycles where c.count >= 8
    }
    say       "{stack.cycles[0].count} rounds ({stack.cycles[0].bytes:bytes}) of {stack.cycles[0].text} fill a kernel stack of {stack.size:bytes}."
    do        "Ask the owner of the driver in the round that is not Windows' own; where there is none, look for what begins the round: a cycle in data, or two drivers that call one another."

    test fires "x86, a driver calls itself" {
        machine x86 xp
        time 2004-08-09
        stop 0x7f 8 0 0 0
        module "fltdrv.sys"
        stack overflow { cycle "fltdrv!A+0x1c" times 60 }
    }
    test fires "NT 4.0" {
        machine x86 nt4 cpus 2
        stop 0x7f 8 0 0 0
        module "fltdrv.sys"
        stack overflow { cycle "fltdrv!A+0x1c" "nt!B+0x40" times 20 }
    }
    test fires "x64, the double fault's stack" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "fltdrv.sys"
        stack overflow { cycle "fltdrv!A+0x1c" "nt!B+0x40" times 60 }
    }
    test fires "x64, in a small dump" {
        machine x64 10
        container triage
        stop 0x7f 8 0 0 0
        module "fltdrv.sys"
        stack overflow { cycle "fltdrv!A+0x1c" "nt!B+0x40" times 60 }
    }
    test silent "a deep recursion, most of the stack free" {
        machine x64 7
        stop 0xd1 0 2 0 0
        module "fltdrv.sys"
        stack { cycle "fltdrv!A+0x1c" "nt!B+0x40" times 10 }
    }
    test silent "one huge frame" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "fltdrv.sys"
        stack overflow { frame "fltdrv!A+0x1c" size 0x5000; frame "nt!B+0x40" size 0x200; frame "nt!C+0x40" }
    }
    test silent "a bounded recursion beside a huge frame" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "fltdrv.sys"
        stack overflow {
            frame "fltdrv!Huge+0x1c" size 0x4800
            cycle "fltdrv!A+0x1c" "nt!B+0x40" times 4 bytes 640
            frame "nt!C+0x40"
        }
    }
    test silent "a process that ran out of its own stack" {
        machine x64 10
        container mdmp
        process "app.exe" pid 0x70 { thread tid 0x74 }
        current "app.exe"
        exception 0xc00000fd
    }
    test unknown "header-only dump" {
        machine x64 7
        container header
        stop 0x7f 8 0 0 0
    }
}
