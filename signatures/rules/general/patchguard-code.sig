# SPDX-License-Identifier: Apache-2.0
signature patchguard-code {
    title     "Code or dispatch tables of the kernel were changed"
    class     corruption
    severity  critical
    status    experimental

    on dump {
        require bugcheck.code == 0x109
        require bugcheck.p4 in [1, 2, 3, 6, 7, 9, 0xa, 0xb, 0xc, 0xd, 0xf, 0x12]
        support none c in corruption.items where c.single_bit
        exclude exists(hardware.single_bit)
    }
    say       "Kernel Patch Protection found region type {bugcheck.p4:hex} changed at {bugcheck.p3:hex} (1 a function, 2 and 3 descriptor tables, 7 a model-specific register, 0xa and 0xb system call tables, 0xc and 0xd tables of an image, 0x12 a dispatch table)."
    do        "A table or several bytes of code: a product that hooks the kernel, or a rootkit. Compare the function with its file (!chkimg), remove old security, game-protection and virtualisation drivers."
    do        "One changed bit: bad memory. Test it first when dumps of this machine differ."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x109 0xa39fec8d9f1cb8ae 0xb3b6f913f19f17d7 0xfffff80447a01040 1
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64: the system call table" {
        machine x64 7
        stop 0x109 0xa3a039d89b456786 0xb3b7465eedc23654 0xfffff80002a83000 0xa
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x64" {
        machine x64 2003
        stop 0x109 1 2 0xfffff80001030000 2
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x109 0xa39fec8d9f1cb8ae 0xb3b6f913f19f17d7 0xfffff80447a01040 7
    }

    test silent "data" {
        machine x64 10
        stop 0x109 1 2 0xffffe00112345670 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
