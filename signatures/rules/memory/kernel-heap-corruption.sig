# SPDX-License-Identifier: Apache-2.0
signature kernel-heap-corruption {
    title     "A kernel heap is damaged"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x13a
    }
    say       "The heap at {bugcheck.p2:hex} is damaged at {bugcheck.p3:hex} (parameter 1 is {bugcheck.p1:hex})."
    say       "{pool.block.text}"
    do        "Since Windows 10 1903 pool blocks lie in such heaps: treat it as pool corruption. The block in front of the address is the suspect, the running thread mostly the victim."
    do        "Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x13a 0x11 0xffffe00110000000 0xffffe00112345670 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x13a 0x3 0xffffe00110000000 0xffffe00112345670 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0x139 3 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
