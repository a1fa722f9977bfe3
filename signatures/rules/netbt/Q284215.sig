# SPDX-License-Identifier: Apache-2.0
signature Q284215 {
    title     "NetBT forgets expired timers of broadcast name queries"
    class     leak
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q284215"
    affects   "Windows NT Server 4.0"
    related   "Q307519"
    supersedes "nonpaged-leak-by-tag"
    fixed     "netbt.sys" x86 date 2001-02-12 size 124720
    false_positive "The article names the size of the blocks and no tag; another leak of NetBT with blocks of that size looks alike."

    on dump {
        require os.version == 4.0
        require any t in pool.judged where t.kind == "nonpaged" and t.tag =~ /^Nb[tL0-9]/ and t.verdict in ["suspect", "leak"]
                and t.block in [0xa0, 0xa8, 0xc0] and percent(pool.tag[t.tag].lost, pool.tag[t.tag].live) >= 50
        support any t in pool.judged where t.tag =~ /^Nb[tL0-9]/ and t.uniform
        exclude module["netbt.sys"].at_least_fixed
    }
    say       "{first(t in pool.judged where t.tag =~ /^Nb[tL0-9]/ : t.live)} blocks of {first(t in pool.judged where t.tag =~ /^Nb[tL0-9]/ : t.block):bytes} of NetBT (tag {first(t in pool.judged where t.tag =~ /^Nb[tL0-9]/ : t.tag)}) are in nonpaged pool, and nothing points to them."
    do        "Install netbt.sys of 12 February 2001 or later. Until then watch nonpaged pool and restart in time; fewer broadcast name queries that nobody answers (WINS, correct LMHOSTS) make it slower."

    test fires "queries that nobody answered" {
        machine x86 nt4
        memory 64MiB
        time 2001-06-01T00:00:00Z
        stop 0xe2
        module "netbt.sys" date 1999-10-18
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Nbt4 size 160 count 60000
            tag File allocs 90000 frees 89600
            tag Nbt4 allocs 60030 frees 30

        }
    }
    test silent "something holds them" {
        machine x86 nt4
        memory 64MiB
        time 2001-06-01T00:00:00Z
        stop 0xe2
        module "netbt.sys" date 1999-10-18
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Nbt4 size 160 count 60000 held
            tag File allocs 90000 frees 89600
            tag Nbt4 allocs 60030 frees 30

        }
    }
    test silent "blocks of another size" {
        machine x86 nt4
        memory 64MiB
        time 2001-06-01T00:00:00Z
        stop 0xe2
        module "netbt.sys" date 1999-10-18
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Nbt4 size 104 count 60000
            tag File allocs 90000 frees 89600
            tag Nbt4 allocs 60030 frees 30

        }
    }
    test silent "the fixed driver" {
        machine x86 nt4
        memory 64MiB
        time 2001-06-01T00:00:00Z
        stop 0xe2
        module "netbt.sys" date 2001-02-12
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Nbt4 size 160 count 60000
            tag File allocs 90000 frees 89600
            tag Nbt4 allocs 60030 frees 30

        }
    }
    test silent "they come and go" {
        machine x86 nt4
        memory 64MiB
        time 2001-06-01T00:00:00Z
        stop 0xe2
        module "netbt.sys" date 1999-10-18
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Nbt4 size 160 count 60000
            tag File allocs 90000 frees 89600
            tag Nbt4 allocs 9000000 frees 8940000

        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        memory 64MiB
        time 2001-06-01T00:00:00Z
        stop 0xe2
        module "netbt.sys" date 1999-10-18
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Nbt4 size 160 count 60000
            tag File allocs 90000 frees 89600
            tag Nbt4 allocs 60030 frees 30

        }
    }
    test silent "Q138935: buffers of sockets" {
        machine x86 nt4
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "netbt.sys" date 1996-01-01
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 160 count 60000
            tag File allocs 90000 frees 89600
            tag AfdB allocs 60030 frees 30

        }
    }
    test unknown "pool tags are not counted" {
        machine x86 nt4
        memory 64MiB
        stop 0x2e 0 0 0 0
        module "netbt.sys" date 1996-01-01
        pooltags off
        pool nonpaged max 16MiB { block AfdB size 2000 count 6000 }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0x2e 0 0 0 0
    }
}
