# SPDX-License-Identifier: Apache-2.0
signature eresource-chain {
    title     "Threads queue behind one thread that holds a lock and does not go on"
    class     hang
    severity  high
    status    experimental

    on dump {
        require not known(bugcheck.code) or bugcheck.code in [0xe2, 0xdeaddead, 0x1c8, 0x1ca, 0x1d5, 0x161, 0x80, 0x9f, 0xef, 0xf4, 0x77, 0x7a]
        require any r in waits.roots where r.all >= 3 and r.longest >= 20s
        require any t in threads where t.reason == "WrResource" and t.waited >= 20s
        support any r in waits.roots where r.all >= 8
        support bugcheck.code in [0xe2, 0xdeaddead, 0x1c8, 0xef, 0xf4, 0x9f]
    }
    say       "{first(r in waits.roots where r.all >= 3 and r.longest >= 20s : r.text)}."
    say       "{first(r in waits.roots where r.all >= 3 and r.longest >= 20s : r.all)} threads wait for it, the longest for {first(r in waits.roots where r.all >= 3 and r.longest >= 20s : r.longest)}."
    do        "Go to the thread at the root, not to those that wait (!waits, !locks): its stack tells what it waits for, a disk, the network, a request to a driver."
    do        "If it is Ready or Running it may only be slow: take a second dump a minute later and compare."

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

    test silent "two threads wait" {
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
        }
    }

    test silent "they came just now" {
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

    test silent "a mutex, no resource" {
        machine x64 7
        stop 0xe2 0 0 0 0
        module "storport.sys"
        module "disk.sys"
        module "ntfs.sys"
        module "foo.sys"
        lock "L" mutex owner 0x104
        process "app.exe" pid 0x100 {
        thread tid 0x104 wait Executive for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "storport!RaidUnitStartIo+0x40"; frame "disk!DiskReadWrite+0x80"; frame "ntfs!NtfsNonCachedIo+0x90"; frame "nt!IofCallDriver+0x59" } }
        thread tid 0x200 wait Executive on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x204 wait Executive on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x208 wait Executive on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
        thread tid 0x20c wait Executive on "L" for 90s { stack { frame "nt!KeWaitForSingleObject+0x140"; frame "nt!ExpWaitForResource+0x90"; frame "ntfs!NtfsAcquire+0x40" } }
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
