# SPDX-License-Identifier: Apache-2.0
signature Q244239 {
    title     "NetBT loses count when the redirector says it took all that was indicated"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q244239"
    affects   "Windows NT 4.0"
    related   "KB961799"
    fixed     "netbt.sys" x86 date 1999-10-18 size 123152
    fixed     "netbt.sys" alpha date 1999-10-18 size 184320
    false_positive "Several defects of NetBT read a bad pointer at DISPATCH_LEVEL; a trace of the session to another vendor's server tells."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require "tcpip" in stack.modules and module["rdr.sys"].loaded
        exclude module["netbt.sys"].at_least_fixed
        support any f in stack.frames where f.function =~ /Receive/
    }
    say       "NetBT, of {module[\"netbt.sys\"].date:date}, reads {bugcheck.p1:hex} while TCP/IP indicates data to it, and the redirector is its client."
    do        "Install netbt.sys of 18 October 1999 or later."

    test fires "data of a server of another vendor" {
        machine x86 nt4
        container full
        symbols
        time 2000-03-01T00:00:00Z
        stop 0xa 8 2 0 "netbt!TdiReceiveHandler+0x50"
        module "netbt.sys" date 1998-10-18 pdb "netbt.pdb"
        module "rdr.sys" pdb "rdr.pdb"
        module "tcpip.sys" pdb "tcpip.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!TdiReceiveHandler+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "the fixed driver" {
        machine x86 nt4
        container full
        symbols
        time 2000-03-01T00:00:00Z
        stop 0xa 8 2 0 "netbt!TdiReceiveHandler+0x50"
        module "netbt.sys" date 1999-10-18 pdb "netbt.pdb"
        module "rdr.sys" pdb "rdr.pdb"
        module "tcpip.sys" pdb "tcpip.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!TdiReceiveHandler+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "a write" {
        machine x86 nt4
        container full
        symbols
        time 2000-03-01T00:00:00Z
        stop 0xa 8 2 1 "netbt!TdiReceiveHandler+0x50"
        module "netbt.sys" date 1998-10-18 pdb "netbt.pdb"
        module "rdr.sys" pdb "rdr.pdb"
        module "tcpip.sys" pdb "tcpip.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!TdiReceiveHandler+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "no redirector" {
        machine x86 nt4
        container full
        symbols
        time 2000-03-01T00:00:00Z
        stop 0xa 8 2 0 "netbt!TdiReceiveHandler+0x50"
        module "netbt.sys" date 1998-10-18 pdb "netbt.pdb"
        module "disk.sys" pdb "disk.pdb"
        module "tcpip.sys" pdb "tcpip.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!TdiReceiveHandler+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        container full
        symbols
        time 2000-03-01T00:00:00Z
        stop 0xa 8 2 0 "netbt!TdiReceiveHandler+0x50"
        module "netbt.sys" date 1998-10-18 pdb "netbt.pdb"
        module "rdr.sys" pdb "rdr.pdb"
        module "tcpip.sys" pdb "tcpip.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!TdiReceiveHandler+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "TCP/IP itself faults" {
        machine x86 nt4
        container full
        symbols
        time 2000-03-01T00:00:00Z
        stop 0xa 8 2 0 "tcpip!TCPRcv+0x50"
        module "netbt.sys" date 1998-10-18 pdb "netbt.pdb"
        module "rdr.sys" pdb "rdr.pdb"
        module "tcpip.sys" pdb "tcpip.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "tcpip!TCPRcv+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "linked the day before the fix" {
        machine x86 nt4
        container full
        symbols
        time 2000-03-01T00:00:00Z
        stop 0xa 8 2 0 "netbt!TdiReceiveHandler+0x50"
        module "netbt.sys" date 1999-10-17 pdb "netbt.pdb"
        module "rdr.sys" pdb "rdr.pdb"
        module "tcpip.sys" pdb "tcpip.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!TdiReceiveHandler+0x50"
            frame "tcpip!IndicateData+0x90"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xa 8 2 0 0xf31c8485
    }
}
