# SPDX-License-Identifier: Apache-2.0
signature pool-write-after-free {
    title     "A freed pool block was written to"
    class     corruption
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0x19
        require bugcheck.p1 in [0xD, 0xE, 0xF, 0x23, 0x24, 0x25]
    }
    say       "The links or the header of a block on the list of free blocks changed after it was freed (parameter 1 is {bugcheck.p1:hex})."
    say       "{pool.block.text}"
    do        "Somebody still uses a block that he, or somebody else, has freed. The tag that the block had says whose it was."
    do        "Run Driver Verifier with special pool on the suspect and on recently installed drivers; the next stop then names the culprit at the act."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x19 0xe 0xffffe00112345670 0x1122 0x3344
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x19 0xd 0xfffffa8001234560 0x1 0x2
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0x19 0xe 0x81234560 0x1122 0x3344
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x19 0xe 0x81234560 0x1122 0x3344
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 7
        container header
        stop 0x19 0xd 0xfffffa8001234560 0x1 0x2
    }

    test silent "another finding of the same stop" {
        machine x64 10
        stop 0x19 0x20 0xfffffa8001234560 0xfffffa80012345a0 0x4030003
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 7
        stop 0xc2 0xd 0xfffffa8001234560 0x1 0x2
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
