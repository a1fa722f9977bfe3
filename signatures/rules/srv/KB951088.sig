# SPDX-License-Identifier: Apache-2.0
# The article is of spring 2008; Service Pack 2 is of April 2009.
signature KB951088 {
    title     "The server refreshes snapshots of a share that MUP owns (SMB to NFS gateway)"
    class     stop
    severity  medium
    status    experimental
    component "srv.sys"
    article   "KB951088"
    affects   "Windows Server 2008"
    false_positive "Any other fault between the server and MUP; an NFS share given on as an SMB share speaks for this article."

    on dump {
        require bugcheck.code == 0x7e and bugcheck.p1 in [0xc0000005, 0xffffffffc0000005]
        require os.version == 6.0
        require any f in stack.frames where f.module == "srv"
        require any f in stack.frames where f.module == "mup"
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) in ["srv", "mup"]
        require module["srv.sys"].date < 2009-04-01
        support process.name == "System"
        support any f in stack.frames where f.function =~ /snap/i
    }
    say       "A system thread of the server ({module[\"srv.sys\"].date:date}) faulted together with MUP: {first(f in stack.frames where f.module in [\"srv\", \"mup\"] : f.text)}."
    do        "Install Service Pack 2 of Windows Server 2008, or the update of KB951088."
    do        "Until then do not share folders that are mounted from another server."

    test fires "an idle server" {
        machine x64 vista cpus 1
        time 2008-03-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "srv.sys" date 2008-01-19
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "mup!MupX+0x50"
            frame "srv!SrvSnapRefreshX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test fires "the fault is in the server" {
        machine x64 vista cpus 1
        time 2008-03-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "srv.sys" date 2008-01-19
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "srv!SrvSnapX+0x20"
            frame "mup!MupX+0x50"
            frame "srv!SrvSnapRefreshX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "a corrected srv.sys" {
        machine x64 vista cpus 1
        time 2009-08-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "srv.sys" date 2009-04-11
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "mup!MupX+0x50"
            frame "srv!SrvSnapRefreshX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "Windows 7" {
        machine x64 7 cpus 1
        time 2008-03-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "srv.sys" date 2008-01-19
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "mup!MupX+0x50"
            frame "srv!SrvSnapRefreshX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "the server without MUP" {
        machine x64 vista cpus 1
        time 2008-03-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "srv.sys" date 2008-01-19
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "srv!SrvX+0x20"
            frame "srv!SrvSnapRefreshX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "MUP without the server" {
        machine x64 vista cpus 1
        time 2008-03-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "srv.sys" date 2008-01-19
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "mup!MupX+0x50"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "the fault is in another driver" {
        machine x64 vista cpus 1
        time 2008-03-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "srv.sys" date 2008-01-19
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        module "foo.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "foo!Work+0x50"
            frame "mup!MupX+0x50"
            frame "srv!SrvSnapRefreshX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "a breakpoint" {
        machine x64 vista cpus 1
        time 2008-03-10
        stop 0x7e 0xffffffff80000003 ip exception context
        module "srv.sys" date 2008-01-19
        module "mup.sys" date 2008-01-19
        module "nfsrdr.sys"
        exception 0x80000003
        stack {
            frame "mup!MupX+0x50"
            frame "srv!SrvSnapRefreshX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test unknown "header-only dump" {
        machine x64 vista cpus 1
        container header
        time 2008-03-10
        stop 0x7e 0xffffffffc0000005 0xfffffa600061005c 0 0
    }
}
