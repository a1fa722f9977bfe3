# SPDX-License-Identifier: Apache-2.0
signature call-into-unloaded-driver {
    title     "Code of a driver that was unloaded is called"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code in [0x0a, 0xd1, 0x50, 0x1e, 0x7e, 0x8e, 0x3b]
        require any u in unloaded where fault.ip >= u.start and fault.ip < u.end
        require none m in modules where fault.ip >= m.base and fault.ip - m.base < m.size
    }
    say       "The processor was to execute {fault.ip}, where {first(u in unloaded where fault.ip >= u.start and fault.ip < u.end : u.image)} had been."
    do        "That driver left a timer, DPC, thread or callback behind when it was unloaded; its unload routine is at fault."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x50 0xfffff8044b582000 0x10 0xfffff8044b582000 2
        unloaded "old.sys" start 0xfffff8044b580000 end 0xfffff8044b589000
        context rip 0xfffff8044b582000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd1 0xfffff88004b82000 2 8 0xfffff88004b82000
        unloaded "old.sys" start 0xfffff88004b80000 end 0xfffff88004b89000
        context rip 0xfffff88004b82000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "it was loaded again" {
        machine x64 10
        stop 0x50 0xfffff8044b582000 0x10 0xfffff8044b582000 2
        module "foo.sys" base 0xfffff8044b580000 size 0x9000
        unloaded "foo.sys" start 0xfffff8044b580000 end 0xfffff8044b589000
        context rip 0xfffff8044b582000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "only data was there" {
        machine x64 10
        stop 0x50 0xfffff8044b582000 0 ip 2
        unloaded "old.sys" start 0xfffff8044b580000 end 0xfffff8044b589000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "the header alone has no list of unloaded drivers" {
        machine x64 10
        container header
        stop 0x50 0xfffff8044b582000 0x10 0xfffff8044b582000 2
    }
}
