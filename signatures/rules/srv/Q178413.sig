# SPDX-License-Identifier: Apache-2.0
signature Q178413 {
    title     "The file server and a filter driver wait for one another"
    class     hang
    severity  high
    status    experimental
    component "srv.sys"
    article   "Q178413"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "self-deadlock"
    false_positive "The article names no locks: any deadlock that passes through the server and a driver that is not Windows' own fires. The order may be the filter's mistake."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require module["srv.sys"].loaded
        require any c in waits.cycles where c.length >= 2 and "srv" in c.modules and any m in c.modules where m not in ["nt", "hal", "srv", "ntfs", "fastfat", "cdfs", "npfs", "rdr", "tdi", "afd", "tcpip", "netbt", "ndis", "nbf", "win32k", "ksecdd"]
        support any c in waits.cycles where c.behind > 0
        # Service Pack 4 has the fix.
        support module["srv.sys"].date < 1998-10-01
        exclude os.nt and (os.version < 4.0 or os.version >= 5.0)
    }
    say       "Threads of the file server and a filter driver wait for one another's locks: {first(c in waits.cycles where c.length >= 2 and \"srv\" in c.modules : c.text)}"
    do        "Install Service Pack 4 or later, and the filter's latest version; until then switch its scanning of files that clients open off."

    test fires "a virus scanner, NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "srv.sys"
        module "ntfs.sys"
        module "vscan.sys"
        lock "a" resource owner 0x104
        lock "b" resource owner 0x108
        process "System2" pid 0x70 {
            thread tid 0x104 wait WrResource on "b" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "vscan!Filter+0x30"; frame "srv!SmbOpen+0x20"; frame "nt!PspSystemThreadStartup+0x54" } }
            thread tid 0x108 wait WrResource on "a" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "ntfs!Create+0x20"; frame "vscan!Filter+0x30"; frame "nt!PspSystemThreadStartup+0x54" } }
        }
    }

    test silent "no filter" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "srv.sys"
        module "ntfs.sys"
        lock "a" resource owner 0x104
        lock "b" resource owner 0x108
        process "System2" pid 0x70 {
            thread tid 0x104 wait WrResource on "b" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "ntfs!Read+0x30"; frame "srv!SmbOpen+0x20"; frame "nt!PspSystemThreadStartup+0x54" } }
            thread tid 0x108 wait WrResource on "a" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "ntfs!Create+0x20"; frame "ntfs!Read+0x30"; frame "nt!PspSystemThreadStartup+0x54" } }
        }
    }

    test unknown "no circle in what is seen: Windows NT 4.0 does not say where its list of resources is" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "srv.sys"
        module "ntfs.sys"
        module "vscan.sys"
        lock "a" mutex owner 0x104
        lock "b" mutex owner 0x108
        process "System2" pid 0x70 {
            thread tid 0x104 wait UserRequest on "b" for 5m { stack { frame "nt!KeWaitForSingleObject+0x40"; frame "vscan!Filter+0x30"; frame "srv!SmbOpen+0x20"; frame "nt!PspSystemThreadStartup+0x54" } }
            thread tid 0x108 wait UserRequest on "a" timeout for 5m { stack { frame "nt!KeWaitForSingleObject+0x40"; frame "ntfs!Create+0x20"; frame "vscan!Filter+0x30"; frame "nt!PspSystemThreadStartup+0x54" } }
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 1998-03-01
        stop 0xe2
        module "srv.sys"
        module "ntfs.sys"
        module "vscan.sys"
        lock "a" resource owner 0x104
        lock "b" resource owner 0x108
        process "System2" pid 0x70 {
            thread tid 0x104 wait WrResource on "b" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "vscan!Filter+0x30"; frame "srv!SmbOpen+0x20"; frame "nt!PspSystemThreadStartup+0x54" } }
            thread tid 0x108 wait WrResource on "a" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "ntfs!Create+0x20"; frame "vscan!Filter+0x30"; frame "nt!PspSystemThreadStartup+0x54" } }
        }
    }

    test silent "the server is not there" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "ntfs.sys"
        module "vscan.sys"
        lock "a" resource owner 0x104
        lock "b" resource owner 0x108
        process "System2" pid 0x70 {
            thread tid 0x104 wait WrResource on "b" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "vscan!Filter+0x30"; frame "nt!PspSystemThreadStartup+0x54" } }
            thread tid 0x108 wait WrResource on "a" for 5m { stack { frame "nt!ExAcquireResourceExclusiveLite+0x40"; frame "ntfs!Create+0x20"; frame "vscan!Filter+0x30"; frame "nt!PspSystemThreadStartup+0x54" } }
        }
    }

    test unknown "header-only dump" {
        machine x86 nt4
        container header
        stop 0xe2
    }
}
