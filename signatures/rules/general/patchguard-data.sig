# SPDX-License-Identifier: Apache-2.0
signature patchguard-data {
    title     "Data that the kernel protects were changed"
    class     corruption
    severity  high
    status    experimental

    on dump {
        require bugcheck.code == 0x109
        require bugcheck.p4 in [0, 4, 5, 8, 0xe, 0x10, 0x11, 0x101, 0x102]
    }
    say       "Kernel Patch Protection found region type {bugcheck.p4:hex} changed (4 and 5 the list of processes, 8 an object type, 0x101 pool, 0x102 page-table entries)."
    do        "Lists of processes and object types: a product that hides or filters, or a rootkit. Plain data, pool and page-table entries: a driver's stray write or bad memory as well; test the memory, then Driver Verifier."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x109 1 2 0xffffe00112345670 0x102
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64: the list of processes" {
        machine x64 7
        stop 0x109 1 2 0xfffffa8001234560 4
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x109 1 2 0xffffe00112345670 0
    }

    test silent "code" {
        machine x64 10
        stop 0x109 1 2 0xfffff80447a01040 1
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
