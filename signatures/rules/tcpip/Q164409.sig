# SPDX-License-Identifier: Apache-2.0
signature Q164409 {
    title     "A whole datagram that says it is a fragment is put together from fragments that do not exist"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q164409"
    affects   "Windows NT 3.51", "Windows NT 4.0"
    related   "Q179129", "Q143478"
    false_positive "Whoever damaged the pool, TCP/IP may be the one that finds it on this path; Q179129 damages it by the same code."

    on dump {
        require bugcheck.code in [0x0a, 0x19]
        require os.version in [3.51, 4.0]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require "ndis" in stack.modules
        require bugcheck.code == 0x19 or (bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size)
        # The datagrams are of the browser: NetBIOS must be there to be sent them.
        require module["netbt.sys"].loaded
        # The article is of early 1997; what is built later has the fix.
        require module["tcpip.sys"].date < 1997-05-01
        support weight 2 blame.image == "tcpip.sys"
        support "netbt" in stack.modules
    }
    say       "TCP/IP of {module[\"tcpip.sys\"].date:date} finds damaged pool while it takes a packet; drivers of that time put unfragmented datagrams together that have the bit of more fragments."
    do        "Install Service Pack 3 of NT 4.0 or later. Look at the routers: one of them sets the bit of more fragments on datagrams that are whole."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "netbt.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 3.51: the fixed driver" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1997-05-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "netbt.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0: the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1997-05-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fault is in TCP/IP itself" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "tcpip!Reassemble+0x50"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no NetBT" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "foo!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExAllocatePoolWithTag+0x7c"
        module "tcpip.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        module "netbt.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExAllocatePoolWithTag+0x7c"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x2c 2 1 0
    }
}
