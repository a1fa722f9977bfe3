# SPDX-License-Identifier: Apache-2.0
signature Q174058 {
    title     "Server announcements queue work items without a bound"
    class     leak
    severity  medium
    status    experimental
    component "bowser.sys"
    article   "Q174058"
    affects   "Windows NT 4.0"
    related   "worker-queue-exhausted"
    false_positive "A master browser after a pause of its workers may have as many for a short while."

    on dump {
        require os.version == 4.0
        require any q in queues where count(i in q.items where i.module == "bowser") >= 500
        support bugcheck.code == 0x7a
        support pool.nonpaged.pressure in ["high", "exhausted"]
    }
    say       "{first(q in queues where q.pending >= 500 : q.pending)} items are pending in the {first(q in queues where q.pending >= 500 : q.name)} queue, most of them announcements that the browser (bowser.sys) has not looked at; each is a block of nonpaged pool."
    do        "Install Service Pack 4 of NT 4.0 or later; until then have fewer servers announce to this machine (it need not be a browser)."

    test fires "stop 7A, nonpaged pool is gone" {
        machine x86 nt4 cpus 2
        uptime 9m
        stop 0x7a 3 0xc000009a 0 0
        module "bowser.sys"

        queue delayed {
            item "bowser!ProcessAnnouncement" times 800
        }
        process "System" {
            thread tid 0x300 ready worker delayed
        }
    }
    test fires "before the stop" {
        machine x86 nt4 cpus 2
        uptime 9m
        stop 0xe2
        module "bowser.sys"

        queue delayed {
            item "bowser!ProcessAnnouncement" times 2000
        }
        process "System" {
            thread tid 0x300 ready worker delayed
        }
    }
    test silent "a few announcements" {
        machine x86 nt4 cpus 2
        uptime 9m
        stop 0x7a 3 0xc000009a 0 0
        module "bowser.sys"

        queue delayed {
            item "bowser!ProcessAnnouncement" times 40
        }
        process "System" {
            thread tid 0x300 ready worker delayed
        }
    }
    test silent "a long queue of another driver" {
        machine x86 nt4 cpus 2
        uptime 9m
        stop 0x7a 3 0xc000009a 0 0
        module "disk.sys"

        queue delayed {
            item "disk!ProcessAnnouncement" times 800
        }
        process "System" {
            thread tid 0x300 ready worker delayed
        }
    }
    test silent "stop 7A of a bad disk" {
        machine x86 nt4 cpus 2
        uptime 9m
        stop 0x7a 3 0xc0000185 0 0
        module "bowser.sys"

        queue delayed {
            item "bowser!ProcessAnnouncement" times 3
        }
        process "System" {
            thread tid 0x300 ready worker delayed
        }
    }
    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        uptime 9m
        stop 0x7a 3 0xc000009a 0 0
        module "bowser.sys"

        queue delayed {
            item "bowser!ProcessAnnouncement" times 800
        }
        process "System" {
            thread tid 0x300 ready worker delayed
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0x7a 3 0xc000009a 0 0
    }
}
