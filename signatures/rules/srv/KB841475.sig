# SPDX-License-Identifier: Apache-2.0
# Service Pack 1 is of March 2005. When the correction was made is not public; a
# driver linked from September 2004 on is taken to have it.
signature KB841475 {
    title     "The server is asked before it has prepared all it uses (at startup)"
    class     stop
    severity  medium
    status    experimental
    component "srv.sys"
    article   "KB841475"
    affects   "Windows Server 2003"
    false_positive "Other faults of the server within its first minutes; a machine that clients try to reach while it starts speaks for this article."

    on dump {
        require bugcheck.code == 0x0a
        require os.version == 5.2
        require uptime < 10min
        require (bugcheck.p4 >= module["srv.sys"].base and bugcheck.p4 < module["srv.sys"].base + module["srv.sys"].size) or blame.module == "srv"
        require any f in stack.frames where f.module == "srv"
        support bugcheck.p1 < 0x1000
        support uptime < 3min
        exclude module["nt"].date >= 2005-03-01
        exclude module["srv.sys"].date >= 2004-09-01
    }
    say       "srv.sys ({module[\"srv.sys\"].date:date}) touched {bugcheck.p1:hex} when the machine had run for {uptime:duration}: a request came before the server was ready."
    do        "Install Service Pack 1 or later of Windows Server 2003, or the update of KB841475."
    do        "Until then connect the machine to the network after it has started, or start the Server service by hand."

    test fires "forty seconds after the start" {
        machine x86 2003 cpus 1
        time 2004-02-10T08:00:00Z
        uptime 40s
        stop 0xa 0x10 2 0 "srv!SrvNetBIOSX+0x50"
        module "nt" date 2003-03-25
        module "netbt.sys"
        module "srv.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "srv!SrvNetBIOSX+0x50"
            frame "netbt!Indicate+0x40"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "two days later" {
        machine x86 2003 cpus 1
        time 2004-02-10T08:00:00Z
        uptime 2d
        stop 0xa 0x10 2 0 "srv!SrvNetBIOSX+0x50"
        module "nt" date 2003-03-25
        module "netbt.sys"
        module "srv.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "srv!SrvNetBIOSX+0x50"
            frame "netbt!Indicate+0x40"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Service Pack 1" {
        machine x86 2003 cpus 1
        time 2005-08-01T08:00:00Z
        uptime 40s
        stop 0xa 0x10 2 0 "srv!SrvNetBIOSX+0x50"
        module "nt" date 2005-03-25
        module "netbt.sys"
        module "srv.sys" date 2005-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "srv!SrvNetBIOSX+0x50"
            frame "netbt!Indicate+0x40"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected srv.sys" {
        machine x86 2003 cpus 1
        time 2004-12-01T08:00:00Z
        uptime 40s
        stop 0xa 0x10 2 0 "srv!SrvNetBIOSX+0x50"
        module "nt" date 2003-03-25
        module "netbt.sys"
        module "srv.sys" date 2004-10-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "srv!SrvNetBIOSX+0x50"
            frame "netbt!Indicate+0x40"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 1
        time 2004-02-10T08:00:00Z
        uptime 40s
        stop 0xa 0x10 2 0 "srv!SrvNetBIOSX+0x50"
        module "nt" date 2003-03-25
        module "netbt.sys"
        module "srv.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "srv!SrvNetBIOSX+0x50"
            frame "netbt!Indicate+0x40"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 2003 cpus 1
        time 2004-02-10T08:00:00Z
        uptime 40s
        stop 0xa 0x10 2 0 "foo!Work+0x50"
        module "nt" date 2003-03-25
        module "netbt.sys"
        module "srv.sys" date 2003-03-25
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "foo!Work+0x50"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "another stop" {
        machine x86 2003 cpus 1
        time 2004-02-10T08:00:00Z
        uptime 40s
        stop 0xd1 0x10 2 0 "srv!SrvNetBIOSX+0x50"
        module "nt" date 2003-03-25
        module "netbt.sys"
        module "srv.sys" date 2003-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "srv!SrvNetBIOSX+0x50"
            frame "netbt!Indicate+0x40"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 1
        container header
        time 2004-02-10T08:00:00Z
        uptime 40s
        stop 0xa 0x10 2 0 0xf17445f3
    }
}
