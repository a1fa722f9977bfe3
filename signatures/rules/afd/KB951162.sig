# SPDX-License-Identifier: Apache-2.0
# A spare connection is one that no socket has yet: AfdC blocks with no AfdE beside them.
# The article is of 2008. Security updates of that year have younger files without the
# correction, so the date only supports.
signature KB951162 {
    title     "AFD makes as many spare connections as MaximumDynamicBacklog allows"
    class     leak
    severity  medium
    status    experimental
    component "afd.sys"
    article   "KB951162"
    affects   "Windows Server 2003"
    related   "KB931311"
    false_positive "A program that accepts connections by the thousand and keeps no socket of them: look at the handles of processes other than System."

    on dump {
        require os.version == 5.2
        require module["afd.sys"].loaded
        require pool.tag["AfdC"].nonpaged_live >= 5000
        require pool.tag["AfdC"].nonpaged_live >= 4 * pool.tag["AfdE"].nonpaged_live
        support pool.nonpaged.pressure in ["high", "exhausted"]
        support weight 2 first(p in handles.processes : p.name) == "System" and first(p in handles.processes : p.count) >= 5000
        support module["afd.sys"].date < 2008-06-01
    }
    say       "AFD has {pool.tag[\"AfdC\"].nonpaged_live} connections and {pool.tag[\"AfdE\"].nonpaged_live} sockets; nonpaged pool is at {pool.nonpaged.share:percent} of its limit."
    do        "Look at Services\\Afd\\Parameters: with EnableDynamicBacklog at 1, lower MaximumDynamicBacklog, or set EnableDynamicBacklog to 0, and restart."
    do        "Install the update of KB951162 for afd.sys."

    test fires "twenty thousand spare connections" {
        machine x86 2003 cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 30MiB {
            tag AfdC allocs 920400 frees 900000 bytes 12240000
            tag AfdE allocs 900300 frees 900000 bytes 120000
            tag TCPC allocs 920400 frees 900000 bytes 8160000
        }
        pooltags on
    }

    test fires "pool not exhausted yet" {
        machine x86 2003 cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 20MiB {
            tag AfdC allocs 906000 frees 900000 bytes 3600000
            tag AfdE allocs 900300 frees 900000 bytes 120000
            tag TCPC allocs 906000 frees 900000 bytes 2400000
        }
        pooltags on
    }

    test fires "x64" {
        machine x64 2003 cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 30MiB {
            tag AfdC allocs 920400 frees 900000 bytes 12240000
            tag AfdE allocs 900300 frees 900000 bytes 120000
            tag TCPC allocs 920400 frees 900000 bytes 8160000
        }
        pooltags on
    }

    test silent "as many sockets as connections" {
        machine x86 2003 cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 30MiB {
            tag AfdC allocs 920400 frees 900000 bytes 12240000
            tag AfdE allocs 920400 frees 900000 bytes 8160000
            tag TCPC allocs 920400 frees 900000 bytes 8160000
        }
        pooltags on
    }

    test silent "a hundred spare connections, the growth that is meant" {
        machine x86 2003 cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 30MiB {
            tag AfdC allocs 900400 frees 900000 bytes 240000
            tag AfdE allocs 900300 frees 900000 bytes 120000
            tag TCPC allocs 920400 frees 900000 bytes 8160000
        }
        pooltags on
    }

    test silent "data buffers fill the pool (KB931311)" {
        machine x86 2003 cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 30MiB {
            tag AfdB allocs 1000000 frees 900000 bytes 28000000
            tag AfdC allocs 1000 frees 700 bytes 180000
            tag AfdE allocs 1000 frees 700 bytes 120000
        }
        pooltags on
    }

    test silent "Windows XP" {
        machine x86 xp cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 30MiB {
            tag AfdC allocs 920400 frees 900000 bytes 12240000
            tag AfdE allocs 900300 frees 900000 bytes 120000
            tag TCPC allocs 920400 frees 900000 bytes 8160000
        }
        pooltags on
    }

    test silent "another driver fills the pool" {
        machine x86 2003 cpus 1
        container full
        time 2008-02-10
        uptime 20d
        stop 0xe2
        module "tcpip.sys"
        module "afd.sys" date 2007-02-17
        pool nonpaged max 32MiB inuse 30MiB {
            tag Foo1 allocs 1000000 frees 900000 bytes 28000000
            tag AfdC allocs 1000 frees 700 bytes 180000
            tag AfdE allocs 1000 frees 700 bytes 120000
        }
        pooltags on
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 1
        container header
        time 2008-02-10
        stop 0xe2
    }
}
