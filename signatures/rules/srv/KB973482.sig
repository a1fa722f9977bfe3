# SPDX-License-Identifier: Apache-2.0
# The article is of summer 2009; a driver linked from 2010 on is taken to have the
# correction.
signature KB973482 {
    title     "The server goes on with a socket whose bind failed"
    class     stop
    severity  medium
    status    experimental
    component "srvnet.sys"
    article   "KB973482"
    affects   "Windows Vista", "Windows Server 2008"
    false_positive "Another misuse of AFD by the server: see in the log whether an address went away while it started to listen."

    on dump {
        require bugcheck.code == 0x0a or (bugcheck.code == 0x7e and bugcheck.p1 in [0xc0000005, 0xffffffffc0000005])
        require os.version == 6.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require any f in stack.frames where f.module == "srvnet"
        require none f in stack.frames where f.module == "tcpip"
        require module["srvnet.sys"].date < 2010-01-01
        support process.name == "System"
        support bugcheck.code != 0x0a or bugcheck.p1 < 0x1000
    }
    say       "AFD faulted on a socket that srvnet.sys ({module[\"srvnet.sys\"].date:date}) gave it."
    do        "Install the update of KB973482."
    do        "Until then avoid adding and removing addresses while the Server service starts."

    test fires "stop 0A" {
        machine x64 vista cpus 1
        time 2009-06-10
        stop 0xa 0x10 2 0 "afd!WskProX+0x50"
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2009-04-11
        module "srv2.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "afd!WskProX+0x50"
            frame "srvnet!SrvNetWskX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test fires "stop 7E" {
        machine x64 vista cpus 1
        time 2009-06-10
        stop 0x7e 0xffffffffc0000005 ip exception context
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2009-04-11
        module "srv2.sys"
        exception 0xc0000005 info 0 0x10
        stack {
            frame "afd!WskProX+0x50"
            frame "srvnet!SrvNetWskX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "a corrected srvnet.sys" {
        machine x64 vista cpus 1
        time 2010-05-01
        stop 0xa 0x10 2 0 "afd!WskProX+0x50"
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2010-02-01
        module "srv2.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "afd!WskProX+0x50"
            frame "srvnet!SrvNetWskX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "Windows 7" {
        machine x64 7 cpus 1
        time 2009-06-10
        stop 0xa 0x10 2 0 "afd!WskProX+0x50"
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2009-04-11
        module "srv2.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "afd!WskProX+0x50"
            frame "srvnet!SrvNetWskX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "AFD without the server" {
        machine x64 vista cpus 1
        time 2009-06-10
        stop 0xa 0x10 2 0 "afd!WskProX+0x50"
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2009-04-11
        module "srv2.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "afd!WskProX+0x50"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "the fault is in srvnet.sys" {
        machine x64 vista cpus 1
        time 2009-06-10
        stop 0xa 0x10 2 0 "afd!WskProX+0x50"
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2009-04-11
        module "srv2.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "srvnet!SrvNetWskX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test silent "on receiving: the socket was bound" {
        machine x64 vista cpus 1
        time 2009-06-10
        stop 0xa 0x10 2 0 "afd!WskProX+0x50"
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2009-04-11
        module "srv2.sys"
        module "tcpip.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "afd!WskProX+0x50"
            frame "srvnet!SrvNetWskX+0x40"
            frame "tcpip!TcpIndicateData+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a filter at the fault" {
        machine x64 vista cpus 1
        time 2009-06-10
        stop 0xa 0x10 2 0 "afd!WskProX+0x50"
        module "ndis.sys"
        module "afd.sys" date 2009-04-11
        module "srvnet.sys" date 2009-04-11
        module "srv2.sys"
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "foo!Work+0x50"
            frame "afd!WskProX+0x50"
            frame "srvnet!SrvNetWskX+0x40"
            frame "nt!ExpWorkerThread+0x11a"
            frame "nt!PspSystemThreadStartup+0x57"
        }
    }

    test unknown "header-only dump" {
        machine x64 vista cpus 1
        container header
        time 2009-06-10
        stop 0x7e 0xffffffffc0000005 0xfffffa600061005c 0 0
    }
}
