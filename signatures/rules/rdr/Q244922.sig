# SPDX-License-Identifier: Apache-2.0
signature Q244922 {
    title     "The redirector writes four bytes past its block for a short answer of a server"
    class     corruption
    severity  medium
    status    experimental
    component "rdr.sys"
    article   "Q244922"
    affects   "Windows NT 4.0 Terminal Server Edition"
    related   "KB961799", "Q307519"
    false_positive "Any overrun of the redirector under special pool stops so; the article knows this one."

    on dump {
        require bugcheck.code == 0x50
        require os.version == 4.0
        # A write to the very first byte of a page behind a block of special pool.
        require bugcheck.p1 % 4096 == 0 and bugcheck.p2 == 1
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "rdr"
    }
    say       "The redirector writes at {bugcheck.p1:hex}, the first byte behind a block that ends with its page (special pool)."
    do        "Find the server that answers with 36 bytes where 40 belong (another vendor's SMB server, in a network trace) and bring it up to date, or install the fix of Q244922."
    do        "Special pool only shows the overrun early; do not turn it off as a cure, pool is damaged without it."

    test fires "a block of special pool" {
        machine x86 nt4
        container full
        symbols

        stop 0x50 0xf6eb8000 1 0 "nt!RtlMoveMemory+0x20"
        module "rdr.sys" pdb "rdr.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 2 address 0xf6eb8000
            frame "nt!RtlMoveMemory+0x20"
            frame "rdr!RdrTransceiveCallback+0x90"
            frame "rdr!RdrReceive+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "not at the beginning of a page" {
        machine x86 nt4
        container full
        symbols

        stop 0x50 0xf6eb8014 1 0 "nt!RtlMoveMemory+0x20"
        module "rdr.sys" pdb "rdr.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 2 address 0x14
            frame "nt!RtlMoveMemory+0x20"
            frame "rdr!RdrTransceiveCallback+0x90"
            frame "rdr!RdrReceive+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "a read" {
        machine x86 nt4
        container full
        symbols

        stop 0x50 0xf6eb8000 0 0 "nt!RtlMoveMemory+0x20"
        module "rdr.sys" pdb "rdr.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!RtlMoveMemory+0x20"
            frame "rdr!RdrTransceiveCallback+0x90"
            frame "rdr!RdrReceive+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "another driver" {
        machine x86 nt4
        container full
        symbols

        stop 0x50 0xf6eb8000 1 0 "nt!RtlMoveMemory+0x20"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 2 address 0x14
            frame "nt!RtlMoveMemory+0x20"
            frame "netbt!RdrTransceiveCallback+0x90"
            frame "netbt!RdrReceive+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        container full
        symbols

        stop 0x50 0xf6eb8000 1 0 "nt!RtlMoveMemory+0x20"
        module "rdr.sys" pdb "rdr.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 2 address 0x14
            frame "nt!RtlMoveMemory+0x20"
            frame "rdr!RdrTransceiveCallback+0x90"
            frame "rdr!RdrReceive+0x40"
            frame "nt!KiIdleLoop+0x5e"
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0x50 0xf6eb8000 1 0 0x80156000
    }
}
