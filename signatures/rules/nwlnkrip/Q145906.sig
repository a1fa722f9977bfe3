# SPDX-License-Identifier: Apache-2.0
signature Q145906 {
    title     "Every route that goes down costs RIP for IPX 64 bytes of nonpaged pool"
    class     leak
    severity  medium
    status    experimental
    component "nwlnkrip.sys"
    article   "Q145906"
    affects   "Windows NT 3.51"
    false_positive "Another leak of blocks of 64 bytes on a machine that routes IPX: the tag tells whose they are."

    on dump {
        # A leak ends in a machine that does nothing more and is stopped by hand.
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0xdeaddead]
        require os.version == 3.51
        require module["nwlnkrip.sys"].loaded
        # 64 bytes, or those with a header, rounded to the 32 bytes of this version.
        require any t in pool.judged where t.kind == "nonpaged" and t.verdict in ["suspect", "leak"] and t.uniform and t.block >= 64B and t.block <= 96B
        support pool.nonpaged.pressure in ["high", "exhausted"]
        support any t in pool.judged where t.kind == "nonpaged" and t.block >= 64B and t.block <= 96B and t.share >= 40
    }
    say       "RIP for IPX is loaded, and {first(t in pool.judged where t.kind == \"nonpaged\" and t.block >= 64B and t.block <= 96B : t.live)} live blocks of 64 bytes ({first(t in pool.judged where t.kind == \"nonpaged\" and t.block >= 64B and t.block <= 96B : t.tag)}) fill nonpaged pool."
    do        "Install the latest Service Pack of Windows NT 3.51, or upgrade to NT 4.0."
    do        "Find the router whose routes go up and down: every message of it costs a block."

    test fires "120,000 blocks" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "nwlnkrip.sys" date 1995-06-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Rip1 size 64 count 120000
            tag File allocs 90000 frees 89600
            tag Rip1 allocs 120030 frees 30
        }
    }

    test silent "a stop by itself" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0x7f 8 0 0 0
        module "nwlnkrip.sys" date 1995-06-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Rip1 size 64 count 120000
            tag File allocs 90000 frees 89600
            tag Rip1 allocs 120030 frees 30
        }
    }

    test silent "no RIP for IPX" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "nwlnkipx.sys" date 1995-06-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Rip1 size 64 count 120000
            tag File allocs 90000 frees 89600
            tag Rip1 allocs 120030 frees 30
        }
    }

    test silent "larger blocks" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "nwlnkrip.sys" date 1995-06-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Rip1 size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag Rip1 allocs 6030 frees 30
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "nwlnkrip.sys" date 1995-06-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Rip1 size 64 count 120000
            tag File allocs 90000 frees 89600
            tag Rip1 allocs 120030 frees 30
        }
    }

    test unknown "pool tags are not counted" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "nwlnkrip.sys" date 1995-06-01
        pooltags off
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Rip1 size 64 count 1000
            tag File allocs 90000 frees 89600
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xe2
    }
}
