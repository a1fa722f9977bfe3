# SPDX-License-Identifier: Apache-2.0
signature manual-crash-hang {
    title     "Somebody stopped a machine that hung, and the dump shows what it hung on"
    class     hang
    severity  high
    status    experimental

    on dump {
        require bugcheck.code in [0xe2, 0xdeaddead, 0x1c8, 0x80]
        require exists(waits.cycles[0].length) or (any q in queues where q.exhausted) or (any r in waits.roots where r.all >= 3 and r.longest >= 20s)
    }
    say       "The stop was asked for ({bugcheck.name}); what matters is what waited: {waits.blocked:dec} of {waits.threads:dec} threads."
    do        "Nothing on the stack of the stop is at fault. Look at the rings, roots and work queues (!waits, !exqueue, !analyze -hang)."

    test fires "Windows 7 x64: a ring" {
        machine x64 7
        stop 0xe2 0 0 0 0
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "A" resource owner 0x104
        lock "B" resource owner 0x108
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait WrResource on "B" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "foo!First+0x40" } }
        thread tid 0x108 wait WrResource on "A" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "foo!Second+0x40" } }
        }
    }

    test fires "Windows 10 x64: a queue behind one thread" {
        machine x64 10
        stop 0xdeaddead 0 0 0 0
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "L" resource owner 0x104
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait Executive for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "storport!RaidUnitStartIo+0x40"; frame "disk!DiskReadWrite+0x80"; frame "ntfs!NtfsNonCachedIo+0x90"; frame "nt!IofCallDriver+0x59" } }
        thread tid 0x200 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x204 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x208 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x20c wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0xe2 0 0 0 0
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "L" resource owner 0x104
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait Executive for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "storport!RaidUnitStartIo+0x40"; frame "disk!DiskReadWrite+0x80"; frame "ntfs!NtfsNonCachedIo+0x90"; frame "nt!IofCallDriver+0x59" } }
        thread tid 0x200 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x204 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x208 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x20c wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        }
    }

    test silent "nothing waits" {
        machine x64 7
        stop 0xe2 0 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "nt!ExpWorkerThread+0x100"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "not asked for" {
        machine x64 7
        stop 0xd1 8 2 0 ip
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "A" resource owner 0x104
        lock "B" resource owner 0x108
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait WrResource on "B" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "foo!First+0x40" } }
        thread tid 0x108 wait WrResource on "A" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "foo!Second+0x40" } }
        }
    }

    test unknown "a small dump has one thread" {
        machine x64 7
        container triage
        stop 0xe2 0 0 0 0
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "A" resource owner 0x104
        lock "B" resource owner 0x108
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait WrResource on "B" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "foo!First+0x40" } }
        thread tid 0x108 wait WrResource on "A" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "foo!Second+0x40" } }
        }
    }

    test unknown "the header alone has no threads" {
        machine x64 10
        container header
        stop 0x1c8 0x1b58 0 0 0
    }
}
