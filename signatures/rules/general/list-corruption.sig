# SPDX-License-Identifier: Apache-2.0
signature list-corruption {
    title     "A doubly linked list is corrupt"
    class     corruption
    severity  critical
    status    stable

    on dump {
        require bugcheck.code == 0x139 and bugcheck.p1 == 3
        support blame.class == "definite"
        support none c in corruption.items where c.single_bit
    }
    say       "An entry's neighbours do not point back to it: it was removed twice, inserted twice, freed while on the list, or overwritten."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "The entry is in a register of the trap frame (parameter 2). Find its owner by the pool tag (!pool) and look for two paths that remove it without the lock."
    do        "Driver Verifier with special pool on the suspect separates a double removal from an overwrite."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 3 trap 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x139 3 0xffff850429891ee8 0xffff850429891720 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x139 3 trap 0 0
    }

    test silent "a cookie" {
        machine x64 10
        stop 0x139 2 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
