# SPDX-License-Identifier: Apache-2.0
signature store-exception {
    title     "The memory compression store met bad data"
    class     corruption
    severity  high
    status    experimental
    affects   "Windows 10"
    affects   "Windows 11"

    on dump {
        require bugcheck.code == 0x154
    }
    say       "The store at {bugcheck.p1:hex} raised an exception it does not expect. Data that it wrote came back changed, or could not be read."
    do        "Look at the system disk first: its SMART values, the System log for disk, storahci, stornvme and ntfs events, firmware, cable. Then test the memory."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x154 0xffffe00112345670 0xffff850429891ee8 2 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x154 0xffffe00112345670 0xffff850429891ee8 2 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0x12b 0xffffffffc00002c4 0x5a3 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
