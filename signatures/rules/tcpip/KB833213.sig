# SPDX-License-Identifier: Apache-2.0
signature KB833213 {
    title     "A storm of TCP control segments makes NDIS's packet pools take nonpaged pool"
    class     leak
    severity  high
    status    experimental
    component "tcpip.sys", "ndis.sys"
    article   "KB833213"
    affects   "Windows NT Server 4.0"
    related   "Q262479"
    supersedes "nonpaged-leak-by-tag"
    false_positive "A packet leak (Q262479) ends in the same stop."

    on dump {
        require bugcheck.code == 0x41
        require os.version == 4.0
        require any t in pool.judged where t.kind == "nonpaged" and t.tag =~ /^ND[Pp]/ and t.share >= 40
        exclude module["ipfltdrv.sys"].loaded and percent(pool.tag["NDPt"].lost, pool.tag["NDPt"].live) >= 50
        support pool.nonpaged.pressure in ["high", "exhausted"]
    }
    say       "Pool that must not fail ran out, and {first(t in pool.judged where t.tag =~ /^ND[Pp]/ : t.share)} % of nonpaged pool are packet pools of NDIS."
    do        "Look in a network trace for one address that sends many TCP segments without data (an old Windows 9x machine in the article), and stop it. Install the update of KB833213."

    test fires "packet pools grew" {
        machine x86 nt4
        memory 64MiB

        stop 0x41 0x1000 0 0 0

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test fires "they come and go, but are large" {
        machine x86 nt4
        memory 64MiB

        stop 0x41 0x1000 0 0 0

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDpp size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag NDpp allocs 900000 frees 894000

        }
    }
    test silent "another stop" {
        machine x86 nt4
        memory 64MiB

        stop 0x2e 0 0 0 0

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test silent "sockets took the pool" {
        machine x86 nt4
        memory 64MiB

        stop 0x41 0x1000 0 0 0

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test silent "packets behind the IP filter are lost" {
        machine x86 nt4
        memory 64MiB

        stop 0x41 0x1000 0 0 0
        module "ipfltdrv.sys"
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        memory 64MiB

        stop 0x41 0x1000 0 0 0

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0x41 0x1000 0 0 0
    }
}
