# SPDX-License-Identifier: Apache-2.0
signature Q262479 {
    title     "TCP/IP does not give back broadcast packets that the IP filter refuses"
    class     leak
    severity  high
    status    experimental
    component "tcpip.sys"
    article   "Q262479"
    affects   "Windows NT 4.0", "Windows 2000"
    related   "KB833213"
    supersedes "nonpaged-leak-by-tag"
    fixed     "tcpip.sys" x86 os "4.0" date 2000-04-06 size 174448
    fixed     "tcpip.sys" alpha os "4.0" date 2000-04-06 size 310704
    fixed     "tcpip.sys" x86 os "5.0" version 5.0.2195.2096 date 2000-05-12 size 308720
    false_positive "A storm of packets takes as many for a while."

    on dump {
        require os.version in [4.0, 5.0]
        require module["ipfltdrv.sys"].loaded
        require any t in pool.judged where t.kind == "nonpaged" and t.tag in ["NDPt", "NDpt"] and t.verdict in ["suspect", "leak"]
        support percent(pool.tag["NDPt"].lost, pool.tag["NDPt"].live) >= 50
        support pool.nonpaged.pressure in ["high", "exhausted"]
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "The IP filter driver is loaded, and {pool.tag[\"NDPt\"].nonpaged_bytes:bytes} of nonpaged pool are TCP/IP's packets (NDPt), hardly any of which was freed."
    do        "Install a tcpip.sys as new as that of Q262479 (NT 4.0: 6 April 2000, Windows 2000: 5.0.2195.2096), or let the filter pass broadcasts."

    test fires "NT 4.0" {
        machine x86 nt4
        memory 64MiB
        time 2002-01-01T00:00:00Z
        stop 0xe2
        module "ipfltdrv.sys"
        module "tcpip.sys" date 1999-06-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test fires "Windows 2000" {
        machine x86 2000
        memory 64MiB
        time 2002-01-01T00:00:00Z
        stop 0xe2
        module "ipfltdrv.sys"
        module "tcpip.sys" date 1999-12-01 version 5.0.2134.1
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test silent "NT 4.0: the fixed driver" {
        machine x86 nt4
        memory 64MiB
        time 2002-01-01T00:00:00Z
        stop 0xe2
        module "ipfltdrv.sys"
        module "tcpip.sys" date 2000-04-06
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test silent "Windows 2000: the fixed driver" {
        machine x86 2000
        memory 64MiB
        time 2002-01-01T00:00:00Z
        stop 0xe2
        module "ipfltdrv.sys"
        module "tcpip.sys" date 2000-05-12 version 5.0.2195.2096
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test silent "no filter driver" {
        machine x86 nt4
        memory 64MiB

        stop 0xe2
        module "tcpip.sys" date 1996-01-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test silent "packets come and go" {
        machine x86 nt4
        memory 64MiB

        stop 0xe2
        module "ipfltdrv.sys"
        module "tcpip.sys" date 1996-01-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 900000 frees 894000

        }
    }
    test silent "Server 2003" {
        machine x86 2003
        memory 64MiB
        time 2002-01-01T00:00:00Z
        stop 0xe2
        module "ipfltdrv.sys"
        module "tcpip.sys" date 2000-01-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test unknown "pool tags are not counted" {
        machine x86 nt4
        memory 64MiB
        stop 0x2e 0 0 0 0
        module "ipfltdrv.sys"
        module "tcpip.sys" date 1996-01-01
        pooltags off
        pool nonpaged max 16MiB { block AfdB size 2000 count 6000 }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0x2e 0 0 0 0
    }
    test unknown "x86 2000: a small dump" {
        machine x86 2000
        container triage
        stop 0xe2
        module "ipfltdrv.sys"
    }
}
