# SPDX-License-Identifier: Apache-2.0
signature mdl-misuse {
    title     "A driver locks, unlocks or frees pages that it may not"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x4e and bugcheck.p1 in [7, 0x9a] or bugcheck.code == 0x1a and bugcheck.p1 in [0x1233, 0x1234, 0x1235, 0x1236, 0x1240, 0x1241, 0x61946] or bugcheck.code == 0x76 or bugcheck.code == 0xcb
        support blame.class == "definite"
    }
    say       "The counts of locked pages do not come out (case {bugcheck.p1:hex}, {bugcheck.p2:hex}): an MDL was unlocked twice, freed while locked, or never unlocked."
    say       "First suspect: {blame.image} ({blame.reason})."
    do        "Find the driver that made the MDL: for a process that ends (0x76, 0xCB) it has a request that it never completed or cancelled. Tracking of locked pages (TrackLockedPages, or Driver Verifier) names it."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x1a 0x1236 0xffffe00112345670 0 0x1234
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x4e 0x9a 0x12345 3 1
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x4e 7 0x1234 1 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: a process ends" {
        machine x86 2003
        stop 0x76 0 process 4 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86: tracked" {
        machine x86 xp
        stop 0xcb ip 0 0x81234560 3
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x1a 0x1236 0xffffe00112345670 0 0x1234
    }

    test silent "damage of the list" {
        machine x64 10
        stop 0x4e 0x99 0x12345 2 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
