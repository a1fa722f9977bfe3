# SPDX-License-Identifier: Apache-2.0
# The write path of AFD copies what is written into a buffer, as send does, but its
# completion frees the request only. The article names no stop code: the machine
# dies of whatever next finds nonpaged pool empty.
signature Q138935 {
    title     "WriteFile on a socket leaks AFD's buffers of nonpaged pool"
    class     leak
    severity  high
    status    stable
    component "afd.sys"
    article   "Q138935"
    affects   "Windows NT 3.51"
    related   "Q171996", "Q293841"
    supersedes "nonpaged-leak-by-tag"
    false_positive "Another use of sockets may lose AFD's buffers too: ask what the application does, and whether the leak follows WriteFile."

    on dump {
        require os.version == 3.51
        # AFD's blocks fill nonpaged pool, were hardly ever freed, and nothing points to them any more.
        require any t in pool.judged where t.kind == "nonpaged" and t.tag =~ /^Afd/ and t.verdict in ["suspect", "leak"]
                and percent(pool.tag[t.tag].lost, pool.tag[t.tag].live) >= 50
        # Connections that wait behind workers (Q164823).
        exclude pool.tag["TCPt"].nonpaged_share >= 20
        support any t in pool.judged where t.tag =~ /^Afd/ and t.uniform
        support pool.nonpaged.pressure in ["high", "exhausted"]
    }
    say       "{first(t in pool.judged where t.kind == \"nonpaged\" and t.tag =~ /^Afd/ : t.bytes):bytes} of nonpaged pool are {first(t in pool.judged where t.kind == \"nonpaged\" and t.tag =~ /^Afd/ : t.live)} blocks of tag {first(t in pool.judged where t.kind == \"nonpaged\" and t.tag =~ /^Afd/ : t.tag)}, and nothing in memory points to them: what was written to sockets was never given back."
    do        "Set SO_SNDBUF of the socket to 0, or use send() or WSASend() in place of WriteFile(): then AFD makes no copy, and nothing leaks."
    do        "Until then restart the service before 20 to 40 MB have been written."

    test fires "overlapped writes of 2,000 bytes, pool full" {
        machine x86 nt3.51
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
    test fires "writes of 4 KiB: large blocks" {
        machine x86 nt3.51
        memory 64MiB
        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 32MiB {
            block File size 92 count 400 held
            big AfdB size 4096 count 5000
            tag File allocs 90000 frees 89600
            tag AfdB allocs 5010 frees 10
        }
    }
    test fires "writes of several sizes" {
        machine x86 nt3.51
        memory 64MiB
        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block AfdB size 2000 count 3000
            block AfdB size 500 count 3000
            tag AfdB allocs 6030 frees 30
        }
    }
    test silent "send(): buffers come and go" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag AfdB allocs 900000 frees 894000

        }
    }
    test silent "SO_SNDBUF is 0: no buffers" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Irp size 2000 count 6
            tag File allocs 90000 frees 89600
            tag Irp allocs 900000 frees 899994

        }
    }
    test silent "a slow reader: endpoints hold the buffers" {
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
    test silent "Q293841: a receive list holds them" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000 held linked
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test silent "many sockets" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdE size 148 count 60000 held
            tag File allocs 90000 frees 89600
            tag AfdE allocs 60030 frees 30

        }
    }
    test silent "Q164823: TCPt and Afde" {
        machine x86 nt3.51
        memory 64MiB
        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block TCPt size 200 count 20000
            block Afde size 148 count 20000
            tag TCPt allocs 20010 frees 10
            tag Afde allocs 20010 frees 10
        }
    }
    test silent "Q262479: NDPt" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDPt size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDPt allocs 6030 frees 30

        }
    }
    test silent "Q284215: timers of NetBT" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block Nbt4 size 160 count 60000
            tag File allocs 90000 frees 89600
            tag Nbt4 allocs 60030 frees 30

        }
    }
    test silent "KB833213: packet pools" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block NDpp size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag NDpp allocs 6030 frees 30

        }
    }
    test silent "it lost a few, and stopped" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool nonpaged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 150
            tag File allocs 90000 frees 89600
            tag AfdB allocs 900000 frees 899850

        }
    }
    test silent "paged pool" {
        machine x86 nt3.51
        memory 64MiB

        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block AfdB size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag AfdB allocs 6030 frees 30

        }
    }
    test silent "another system" {
        machine x86 2003
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
    test unknown "pool tags are not counted" {
        machine x86 nt3.51
        memory 64MiB
        stop 0x2e 0 0 0 0
        module "afd.sys" size 0x12000
        pooltags off
        pool nonpaged max 16MiB { block AfdB size 2000 count 6000 }
    }
    test unknown "x86 nt3.51: only a header" {
        machine x86 nt3.51
        container header
        stop 0x2e 0 0 0 0
    }
}
