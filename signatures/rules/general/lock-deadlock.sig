# SPDX-License-Identifier: Apache-2.0
signature lock-deadlock {
    title     "Threads wait for one another's locks and can never go on"
    class     hang
    severity  critical
    status    stable

    on dump {
        require not known(bugcheck.code) or bugcheck.code in [0xe2, 0xdeaddead, 0x1c8, 0x1ca, 0x1d5, 0x161, 0x80, 0x9f, 0xef, 0xf4, 0x77, 0x7a]
        require any c in waits.cycles where c.length >= 2
    }
    say       "{first(c in waits.cycles where c.length >= 2 : c.text)}."
    do        "The stacks of the threads of the ring show the two orders in which the locks are taken; the module that both pass through, or that calls back while it holds its lock, has to change."
    do        "!waits prints the ring; !locks and !thread the details."

    test fires "Windows 7 x64" {
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

    test fires "Windows 10 x64" {
        machine x64 10
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

    test fires "Server 2003 x86" {
        machine x86 2003
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

    test silent "a chain is no ring" {
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
        machine x64 7
        container header
        stop 0xe2 0 0 0 0
    }
}
