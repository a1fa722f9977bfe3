# SPDX-License-Identifier: Apache-2.0
signature Q164823 {
    title     "Connections pile up behind AFD's worker threads and take nonpaged pool"
    class     leak
    severity  high
    status    experimental
    component "afd.sys", "tcpip.sys"
    article   "Q164823"
    affects   "Windows NT 4.0"
    related   "Q138935", "Q171996"
    supersedes "nonpaged-leak-by-tag"
    false_positive "A server with that many connections open holds as much; compare with the connections that netstat counts."

    on dump {
        require os.version == 4.0
        require pool.tag["TCPt"].nonpaged_share + pool.tag["Afde"].nonpaged_share >= 40
        require pool.tag["TCPt"].nonpaged_live >= 500 and pool.tag["Afde"].nonpaged_live >= 500
        require percent(pool.tag["TCPt"].nonpaged_live, pool.tag["TCPt"].nonpaged_allocs) >= 50
        require percent(pool.tag["Afde"].nonpaged_live, pool.tag["Afde"].nonpaged_allocs) >= 50
        support pool.nonpaged.pressure in ["high", "exhausted"]
        support queue.critical.pending >= 100 or queue.delayed.pending >= 100
    }
    say       "Tags TCPt ({pool.tag[\"TCPt\"].nonpaged_live} blocks) and Afde ({pool.tag[\"Afde\"].nonpaged_live}) hold {pool.tag[\"TCPt\"].nonpaged_share + pool.tag[\"Afde\"].nonpaged_share} % of nonpaged pool."
    do        "Install the latest service pack of NT 4.0; until then spread the load, or add worker threads (AdditionalCriticalWorkerThreads)."

    test fires "under stress" {
        machine x86 nt4
        memory 64MiB
        stop 0xe2
        module "afd.sys"
        pooltags on
        pool nonpaged max 16MiB {
            block TCPt size 200 count 20000 held
            block Afde size 148 count 20000 held
            tag TCPt allocs 20010 frees 10
            tag Afde allocs 20010 frees 10
        }
    }
    test silent "both come and go" {
        machine x86 nt4
        memory 64MiB
        stop 0xe2
        module "afd.sys"
        pooltags on
        pool nonpaged max 16MiB {
            block TCPt size 200 count 20000 held
            block Afde size 148 count 20000 held
            tag TCPt allocs 900000 frees 880000
            tag Afde allocs 900000 frees 880000
        }
    }
    test silent "only sockets: Q293841" {
        machine x86 nt4
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test silent "only TCPt" {
        machine x86 nt4
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block TCPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag TCPt allocs 6030 frees 30

        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        memory 64MiB
        stop 0xe2
        pooltags on
        pool nonpaged max 16MiB {
            block TCPt size 200 count 20000 held
            block Afde size 148 count 20000 held
            tag TCPt allocs 20010 frees 10
            tag Afde allocs 20010 frees 10
        }
    }
    test unknown "pool tags are not counted" {
        machine x86 nt4
        memory 64MiB
        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags off
        pool nonpaged max 16MiB { block AfdB size 2000 count 6000 }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0x2e 0 0 0 0
    }
}
