# SPDX-License-Identifier: Apache-2.0
signature storage-stall {
    title     "Threads wait behind one that waits for the disk"
    class     hang
    severity  critical
    status    experimental
    related   "eresource-chain"

    on dump {
        require not known(bugcheck.code) or bugcheck.code in [0xe2, 0xdeaddead, 0x1c8, 0x1ca, 0x1d5, 0x161, 0x80, 0x9f, 0xef, 0xf4, 0x77, 0x7a]
        require any r in waits.roots where r.all >= 3 and r.longest >= 20s and any m in r.modules where m in ["storport", "scsiport", "ataport", "disk", "classpnp", "partmgr", "volmgr", "storahci", "stornvme", "iastora", "mpio", "iscsi"]
    }
    say       "{first(r in waits.roots where r.all >= 3 and r.longest >= 20s and any m in r.modules where m in [\"storport\", \"scsiport\", \"ataport\", \"disk\", \"classpnp\", \"partmgr\", \"volmgr\", \"storahci\", \"stornvme\", \"iastora\", \"mpio\", \"iscsi\"] : r.text)}."
    do        "The request is with the storage stack: !irpfind and the port driver's extension (!storagekd.storunit) show whether it was sent to the device. Look for resets and time-outs in the System log (event 129, 153), the paths of a SAN, the host of a virtual machine."

    test fires "Windows 7 x64" {
        machine x64 7
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

    test fires "Windows 10 x64" {
        machine x64 10
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

    test silent "the root is not in the storage stack" {
        machine x64 7
        stop 0xe2 0 0 0 0
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "L" resource owner 0x104
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait Executive for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "foo!Wait+0x40"; frame "ntfs!NtfsNonCachedIo+0x90"; frame "nt!IofCallDriver+0x59" } }
        thread tid 0x200 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x204 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x208 wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x20c wait WrResource on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        }
    }

    test silent "a short wait" {
        machine x64 7
        stop 0xe2 0 0 0 0
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "L" resource owner 0x104
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait Executive for 1s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "storport!RaidUnitStartIo+0x40"; frame "disk!DiskReadWrite+0x80"; frame "ntfs!NtfsNonCachedIo+0x90"; frame "nt!IofCallDriver+0x59" } }
        thread tid 0x200 wait WrResource on "L" for 1s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x204 wait WrResource on "L" for 1s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x208 wait WrResource on "L" for 1s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x20c wait WrResource on "L" for 1s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        }
    }

    test silent "a crash that has nothing to do with it" {
        machine x64 7
        stop 0xd1 8 2 0 ip
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

    test unknown "a small dump has one thread" {
        machine x64 7
        container triage
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

    test unknown "the header alone has no threads" {
        machine x64 7
        container header
        stop 0xe2 0 0 0 0
    }
}
