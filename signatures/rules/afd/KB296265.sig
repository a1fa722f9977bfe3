# SPDX-License-Identifier: Apache-2.0
signature KB296265 {
    title     "AFD buffers urgent data without a bound and takes nonpaged pool (Windows 2000)"
    class     leak
    severity  high
    status    experimental
    component "afd.sys"
    article   "KB296265"
    affects   "Windows 2000"
    related   "Q138935"
    supersedes "nonpaged-leak-by-tag"
    fixed     "afd.sys" x86 version 5.0.2195.3503 date 2001-04-16
    false_positive "An application that is merely slow to receive holds as many buffers for a while: look whether the figures rise."

    on dump {
        require os.version == 5.0
        require any t in pool.judged where t.kind == "nonpaged" and t.tag == "AfdB" and t.verdict in ["suspect", "leak"]
        # Sockets hold them: they are received, not lost.
        require percent(pool.tag["AfdB"].lost, pool.tag["AfdB"].live) < 50
        support pool.nonpaged.pressure in ["high", "exhausted"]
        exclude module["afd.sys"].at_least_fixed
    }
    say       "{pool.tag[\"AfdB\"].nonpaged_bytes:bytes} of nonpaged pool are {pool.tag[\"AfdB\"].live} buffers of sockets (AfdB) that sockets still hold and nobody receives."
    do        "Find the process that mixes MSG_OOB with normal data and does not receive (its handles of type File, !afd). Make it receive, use a second socket for urgent data, or do without MSG_OOB."
    do        "Install afd.sys 5.0.2195.3503 or later, with the msafd.dll and tcpip.sys that come with it."

    test fires "x86 2000: received data pile up" {
        machine x86 2000
        memory 64MiB
        time 2008-01-01T00:00:00Z
        stop 0xe2
        module "afd.sys" size 0x12000 date 1999-01-01 version 5.0.1.1
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test silent "the buffers are lost: another defect" {
        machine x86 2000
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
    test silent "buffers come and go" {
        machine x86 2000
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag AfdB allocs 900000 frees 894000

        }
    }
    test silent "Q164823: TCPt and Afde" {
        machine x86 2000
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Afde size 148 count 20000 held
            tag File allocs 90000 frees 89600
            tag Afde allocs 20010 frees 10

        }
    }
    test silent "paged pool" {
        machine x86 2000
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test silent "Windows NT 3.51" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test silent "the fixed driver" {
        machine x86 2000
        memory 64MiB
        time 2003-01-01T00:00:00Z
        stop 0xe2
        module "afd.sys" version 5.0.2195.3503 date 2001-04-16
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000 held
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test unknown "x86 2000: only a header" {
        machine x86 2000
        container header
        stop 0x2e 0 0 0 0
    }
    test unknown "x86 2000: a small dump" {
        machine x86 2000
        container triage
        stop 0xd1 0 2 0 0
        module "afd.sys" size 0x12000
    }
}
