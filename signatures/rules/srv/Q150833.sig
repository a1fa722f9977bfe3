# SPDX-License-Identifier: Apache-2.0
signature Q150833 {
    title     "The file server keeps buffers of folder change notification"
    class     leak
    severity  medium
    status    experimental
    component "srv.sys"
    article   "Q150833"
    affects   "Windows NT 3.51"
    false_positive "Very many open files, sessions or searches of clients take as much, and give it back."

    on dump {
        # A leak ends in a machine that does nothing more and is stopped by hand.
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0xdeaddead]
        require os.version == 3.51
        require module["srv.sys"].loaded
        require any t in pool.judged where t.kind == "paged" and t.verdict in ["suspect", "leak"] and starts(t.tag, "LS")
        # Buffers of transactions.
        support any t in pool.judged where t.kind == "paged" and t.tag in ["LStr", "LSdb"]
        support pool.paged.pressure in ["high", "exhausted"]
    }
    say       "{first(t in pool.judged where t.kind == \"paged\" and starts(t.tag, \"LS\") : t.bytes):bytes} of paged pool are the file server's ({first(t in pool.judged where t.kind == \"paged\" and starts(t.tag, \"LS\") : t.tag)}), hardly any of which was freed."
    do        "Install the latest Service Pack of Windows NT 3.51."
    do        "Until then find the clients that watch folders for changes."

    test fires "buffers of transactions" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "srv.sys" date 1995-06-01
        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block LStr size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag LStr allocs 6030 frees 30
        }
    }

    test silent "a stop by itself" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0x7f 8 0 0 0
        module "srv.sys" date 1995-06-01
        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block LStr size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag LStr allocs 6030 frees 30
        }
    }

    test silent "another tag" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "srv.sys" date 1995-06-01
        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block Foob size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag Foob allocs 6030 frees 30
        }
    }

    test silent "they come and go" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "srv.sys" date 1995-06-01
        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block LStr size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag LStr allocs 900000 frees 894000
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "srv.sys" date 1995-06-01
        pooltags on
        pool paged max 16MiB {
            block File size 92 count 400 held
            block LStr size 2000 count 6000
            tag File allocs 90000 frees 89600
            tag LStr allocs 6030 frees 30
        }
    }

    test unknown "pool tags are not counted" {
        machine x86 nt3.51
        memory 64MiB
        container full
        time 2002-01-01
        stop 0xe2
        module "srv.sys" date 1995-06-01
        pooltags off
        pool paged max 16MiB {
            block File size 92 count 400 held
            block LStr size 2000 count 6000
            tag File allocs 90000 frees 89600
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xe2
    }
}
