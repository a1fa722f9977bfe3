# SPDX-License-Identifier: Apache-2.0
signature call-of-unloaded-driver {
    title     "A driver was unloaded with work of its own pending"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0xce, 0xd4]
        support any u in unloaded where bugcheck.p1 >= u.start and bugcheck.p1 < u.end
    }
    say       "{bugcheck.p1:hex} is in the range of a driver that is no longer loaded: {first(u in unloaded where bugcheck.p1 >= u.start and bugcheck.p1 < u.end : u.image)}. A timer, DPC, work item, thread or callback of it was left behind."
    do        "Its unload routine must cancel timers and wait for DPCs, threads and callbacks before it returns. Until it does, do not stop that driver's service."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xce 0xfffff8044b582000 8 0xfffff8044b582000 0
        unloaded "old.sys" start 0xfffff8044b580000 end 0xfffff8044b589000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xce 0xfffff88004b82000 8 0xfffff88004b82000 0
        unloaded "old.sys" start 0xfffff88004b80000 end 0xfffff88004b89000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xce 0xf8b82000 8 0xf8b82000 0
        unloaded "old.sys" start 0xf8b80000 end 0xf8b89000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Server 2003 x86: found while scanning" {
        machine x86 2003
        stop 0xd4 0xf8b82000 2 8 0xf8b82000
        unloaded "old.sys" start 0xf8b80000 end 0xf8b89000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xce 0xfffff8044b582000 8 0xfffff8044b582000 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0xd1 0xffffe00112345670 2 8 ip
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
