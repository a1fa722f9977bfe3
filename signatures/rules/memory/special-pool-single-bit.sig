# SPDX-License-Identifier: Apache-2.0
signature special-pool-single-bit {
    title     "One bit of special pool changed: bad memory"
    class     corruption
    severity  critical
    status    stable

    on dump {
        require bugcheck.code == 0xc1 and bugcheck.p4 == 0x32
    }
    say       "The pool's own check says that one bit near {bugcheck.p2:hex} is not what it wrote."
    do        "Test the memory outside of Windows before looking at drivers."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc1 0xfffff50148adeda0 0xfffff50148adedf0 0x260 0x32
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0xc1 0x81234f80 0x81234ff8 0x80 0x32
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 7
        container header
        stop 0xc1 0xfffffa8001234f80 0xfffffa8001234ff0 0x70 0x32
    }

    test silent "several bytes" {
        machine x64 10
        stop 0xc1 0xffffe00112345f80 0xffffe00112345ff8 0x80 0x24
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
