# SPDX-License-Identifier: Apache-2.0
signature text-as-pointer {
    title     "Text is used as a pointer"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0x0a, 0xd1, 0x50, 0xc5]
        require machine.pointer_size == 8B
        require bits(bugcheck.p1, 0, 8) >= 0x20 and bits(bugcheck.p1, 0, 8) < 0x7f and bits(bugcheck.p1, 8, 8) >= 0x20 and bits(bugcheck.p1, 8, 8) < 0x7f and bits(bugcheck.p1, 16, 8) >= 0x20 and bits(bugcheck.p1, 16, 8) < 0x7f and bits(bugcheck.p1, 24, 8) >= 0x20 and bits(bugcheck.p1, 24, 8) < 0x7f and bits(bugcheck.p1, 32, 8) >= 0x20 and bits(bugcheck.p1, 32, 8) < 0x7f and bits(bugcheck.p1, 40, 8) >= 0x20 and bits(bugcheck.p1, 40, 8) < 0x7f and bits(bugcheck.p1, 48, 8) >= 0x20 and bits(bugcheck.p1, 48, 8) < 0x7f and bits(bugcheck.p1, 56, 8) >= 0x20 and bits(bugcheck.p1, 56, 8) < 0x7f
    }
    say       "All eight bytes of the pointer {bugcheck.p1:hex} are printable characters, which no address can be: text was written over the structure that held the pointer."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "Read the eight bytes backwards: file names, tags or messages tell whose buffer ran over. The thread that stopped is mostly the victim."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x50 0x6c69662e65787478 0 ip 4
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd1 0x2064616574786574 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x50 0x6c69662e65787478 0 0xfffff80447a01040 4
    }

    test silent "one byte is not text" {
        machine x64 10
        stop 0x50 0x6c69662e65780078 0 ip 4
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "32-bit: such an address can exist" {
        machine x86 xp
        stop 0xd1 0x6c69662e 2 0 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
