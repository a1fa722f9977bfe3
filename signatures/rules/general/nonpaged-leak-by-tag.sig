# SPDX-License-Identifier: Apache-2.0
signature nonpaged-leak-by-tag {
    title     "Nonpaged pool leaks under one tag"
    class     leak
    severity  high
    status    stable
    false_positive "A cache that was filled once and kept looks alike; a second dump an hour later (--baseline) tells a leak from it."

    on dump {
        require any t in pool.judged where t.kind == "nonpaged" and (t.verdict == "leak" or t.verdict == "suspect" and
                (pool.nonpaged.pressure in ["high", "exhausted"] or percent(pool.tag[t.tag].lost, pool.tag[t.tag].live) >= 50))
        support any t in pool.judged where t.kind == "nonpaged" and t.verdict in ["suspect", "leak"] and t.share >= 50
        support any t in pool.judged where t.kind == "nonpaged" and t.verdict == "leak" or pool.nonpaged.pressure == "exhausted"
    }
    say       "Tag {first(t in pool.judged where t.kind == \"nonpaged\" and t.verdict in [\"suspect\", \"leak\"] : t.tag)} holds {first(t in pool.judged where t.kind == \"nonpaged\" and t.verdict in [\"suspect\", \"leak\"] : t.bytes):bytes} of nonpaged pool in {first(t in pool.judged where t.kind == \"nonpaged\" and t.verdict in [\"suspect\", \"leak\"] : t.live)} blocks, hardly any of which was ever freed."
    do        "!poolused shows the tag's owner, !poolfind its blocks; look at what they hold and which driver allocates under the tag."
    do        "To prove that it grows take a second dump and give the first as --baseline."

    test fires "pool is full of one tag" {
        machine x64 7
        memory 64MiB

        stop 0xe2

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Leak size 1000 count 14000 held
            tag File allocs 90000 frees 89600
            tag Leak allocs 14010 frees 10

        }
    }
    test fires "x86: nothing points to the blocks" {
        machine x86 2003
        memory 64MiB

        stop 0xe2

        pooltags on
        pool nonpaged max 64MiB {
            block File size 92 count 400 held
            block Leak size 1000 count 6000
            tag File allocs 90000 frees 89600
            tag Leak allocs 6010 frees 10

        }
    }
    test fires "Windows 10" {
        machine x64 10
        memory 64MiB

        stop 0xe2

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Leak size 1000 count 14000 held
            tag File allocs 90000 frees 89600
            tag Leak allocs 14010 frees 10

        }
    }
    test silent "a large tag that comes and goes" {
        machine x64 7
        memory 64MiB

        stop 0xe2

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Leak size 1000 count 14000 held
            tag File allocs 90000 frees 89600
            tag Leak allocs 9000000 frees 8986000

        }
    }
    test silent "filled once and held, pool far from its limit" {
        machine x64 7
        memory 64MiB

        stop 0xe2

        pooltags on
        pool nonpaged max 512MiB {
            block File size 92 count 400 held
            block Leak size 1000 count 6000 held
            tag File allocs 90000 frees 89600
            tag Leak allocs 6010 frees 10

        }
    }
    test silent "no tag is large" {
        machine x64 7
        memory 64MiB

        stop 0xe2

        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Leak size 1000 count 100 held
            tag File allocs 90000 frees 89600
            tag Leak allocs 900000 frees 899900

        }
    }
    test silent "the tag is large in paged pool" {
        machine x64 7
        memory 64MiB

        stop 0xe2

        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block Leak size 1000 count 14000 held
            tag File allocs 90000 frees 89600
            tag Leak allocs 14010 frees 10

        }
        pool nonpaged max 64MiB { block File size 92 count 400 held }
    }
    test unknown "pool tags are not counted" {
        machine x86 xp
        memory 64MiB
        stop 0xe2
        pooltags off
        pool nonpaged max 16MiB { block Leak size 1000 count 14000 held }
    }
    test unknown "x64 7: a small dump" {
        machine x64 7
        container triage
        stop 0xd1 0 2 0 0
    }
    test unknown "x64 10: a small dump" {
        machine x64 10
        container triage
        stop 0xd1 0 2 0 0
    }
    test unknown "x64 7: only a header" {
        machine x64 7
        container header
        stop 0xd1 0 2 0 0
    }
}
