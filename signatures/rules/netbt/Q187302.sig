# SPDX-License-Identifier: Apache-2.0
signature Q187302 {
    title     "NetBT copies into a buffer that another driver made too small"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q187302"
    affects   "Windows NT 4.0"
    related   "Q244239"
    false_positive "Whoever sits above NetBT made the buffer: a redirector or filter of another vendor may be at fault on any version."
    false_positive "Service Pack 4 has the check; NT 4.0 keeps no service pack where a dump can be asked for it."

    on dump {
        require bugcheck.code == 0x40
        require os.version <= 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        support os.version == 4.0
    }
    say       "NetBT built a partial MDL that is larger than the buffer it was given (stop 40)."
    do        "Install Service Pack 4 of NT 4.0 or later, which checks the size, and look at the driver above NetBT that gave the buffer."

    test fires "a file is transferred" {
        machine x86 nt4
        symbols
        stop 0x40 0x80e01000 0x80e02000 0 0
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IoBuildPartialMdl+0x30"
            frame "netbt!TdiReceive+0x50"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another caller" {
        machine x86 nt4
        stop 0x40 0x80e01000 0x80e02000 0 0
        module "netbt.sys"
        module "disk.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IoBuildPartialMdl+0x30"
            frame "disk!Split+0x50"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another stop" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0 2 0 "netbt!TdiReceive+0x50"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "netbt!TdiReceive+0x50"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "Server 2003" {
        machine x86 2003
        stop 0x40 0x80e01000 0x80e02000 0 0
        module "netbt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IoBuildPartialMdl+0x30"
            frame "netbt!TdiReceive+0x50"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0x40 0x80e01000 0x80e02000 0 0
    }
}
