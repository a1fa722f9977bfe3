# SPDX-License-Identifier: Apache-2.0
signature verifier-pool-leak {
    title     "Verifier: a driver was unloaded without freeing its pool"
    class     leak
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0x60, 0x61, 0x62]
        support blame.class == "definite"
    }
    say       "{bugcheck.p4:dec} blocks of the driver were still allocated when it was unloaded (case {bugcheck.p1:hex})."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "!verifier 3 DRIVER lists the blocks and who allocated them. Every path of unload and of device removal must free them."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0x62 0 0 3
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0x62 0 0 1
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc4 0x60 0x100 0x200 3
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0x62 0 0 3
    }

    test fires "Windows 7 x64: the stop names it" {
        machine x64 7
        stop 0xc4 0x62 0xfffff8a012340000 0 3
        module "foo.sys" size 0x9000
        page 0xfffff8a012340000 valid
        poke 0xfffff8a012340000 66 6f 6f 2e 73 79 73 00
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "freed twice" {
        machine x64 10
        stop 0xc4 0x13 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
