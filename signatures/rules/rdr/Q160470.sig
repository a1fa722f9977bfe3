# SPDX-License-Identifier: Apache-2.0
signature Q160470 {
    title     "IPX indicates an incomplete datagram, and the browser reads past it"
    class     stop
    severity  medium
    status    experimental
    component "rdr.sys", "nwlnkipx.sys"
    article   "Q160470"
    affects   "Windows NT 4.0"
    false_positive "A malformed browser datagram over another transport is another defect."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) in ["rdr", "bowser"]
        require "nwlnkipx" in stack.modules or "nwlnknb" in stack.modules
        support any f in stack.frames where f.function =~ /Datagram/
    }
    say       "A datagram came in over IPX, and {stack.frames[2].text} reads {bugcheck.p1:hex}, behind what was indicated."
    do        "Install Service Pack 3 of NT 4.0 or later, or unbind NWLink NetBIOS where browsing over IPX is not needed."

    test fires "over IPX" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0x80f03000 2 0 "rdr!BowserReceiveDatagram+0x50"
        module "rdr.sys" pdb "rdr.pdb"
        module "nwlnkipx.sys" pdb "nwlnkipx.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x80f03000
            frame "rdr!BowserReceiveDatagram+0x50"
            frame "nwlnkipx!IpxReceive+0x90"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test fires "over NWLink NetBIOS" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0x80f03000 2 0 "bowser!BowserReceiveDatagram+0x50"
        module "bowser.sys" pdb "bowser.pdb"
        module "nwlnknb.sys" pdb "nwlnknb.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x80f03000
            frame "bowser!BowserReceiveDatagram+0x50"
            frame "nwlnknb!IpxReceive+0x90"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "over TCP/IP" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0x80f03000 2 0 "rdr!BowserReceiveDatagram+0x50"
        module "rdr.sys" pdb "rdr.pdb"
        module "netbt.sys" pdb "netbt.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!BowserReceiveDatagram+0x50"
            frame "netbt!IpxReceive+0x90"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "a write" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0x80f03000 2 1 "rdr!BowserReceiveDatagram+0x50"
        module "rdr.sys" pdb "rdr.pdb"
        module "nwlnkipx.sys" pdb "nwlnkipx.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!BowserReceiveDatagram+0x50"
            frame "nwlnkipx!IpxReceive+0x90"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        container full
        symbols

        stop 0xa 0x80f03000 2 0 "rdr!BowserReceiveDatagram+0x50"
        module "rdr.sys" pdb "rdr.pdb"
        module "nwlnkipx.sys" pdb "nwlnkipx.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!BowserReceiveDatagram+0x50"
            frame "nwlnkipx!IpxReceive+0x90"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "IPX itself faults" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0x80f03000 2 0 "nwlnkipx!IpxReceive+0x90"
        module "rdr.sys" pdb "rdr.pdb"
        module "nwlnkipx.sys" pdb "nwlnkipx.pdb"
        module "ndis.sys" pdb "ndis.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nwlnkipx!IpxReceive+0x90"
            frame "ndis!NdisDpc+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x80f03000 2 0 0xf1583318
    }
}
