# SPDX-License-Identifier: Apache-2.0
signature pool-free-bad-address {
    title     "A driver frees an address that is no allocation of pool"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc2
        require bugcheck.p1 in [0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x47, 0x48, 0x50, 0x60, 0x99, 0x41286]
        support blame.class == "definite"
    }
    say       "The address {bugcheck.p2:hex} was given to the pool to be freed, and the pool has no such allocation (parameter 1 is {bugcheck.p1:hex})."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Look at where the caller has the pointer from: a pointer into the middle of a block, memory of another allocator, a structure that was overwritten, or a block freed before whose page is gone."
    do        "Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc2 153 0xffffe00112345678 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc2 70 0xfffffa8001234560 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xc2 65 0x81234560 0x1234 0x1ffff
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: no driver on the stack" {
        machine x86 2003
        stop 0xc2 65 0x81234560 0x1234 0x1ffff
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc2 153 0xffffe00112345678 0 0
    }

    test silent "another violation of the same stop" {
        machine x64 10
        stop 0xc2 7 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "the same parameters of another stop" {
        machine x64 7
        stop 0xc4 70 0xfffffa8001234560 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
