# SPDX-License-Identifier: Apache-2.0
signature pool-found-corrupt {
    title     "The pool's own structures were damaged before, and this code fell over them"
    class     corruption
    severity  high
    status    experimental
    related   "pool-overrun-by-neighbour"

    on dump {
        require bugcheck.code in [0xc5, 0xd0]
    }
    say       "Walking the pool's lists at IRQL {bugcheck.p2:dec} led to {bugcheck.p1:hex}: the lists were overwritten earlier. The stack shows the victim."
    say       "{pool.block.text}"
    do        "Do not accuse the thread that stopped. Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc5 0x8 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc5 0x41414141 2 1 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: the older name" {
        machine x86 2003
        stop 0xd0 0x41414141 2 1 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc5 0x8 2 0 0xfffff80447a01040
    }

    test silent "a fault of the driver's own" {
        machine x86 xp
        stop 0xd1 0x41414141 2 1 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
