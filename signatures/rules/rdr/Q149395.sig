# SPDX-License-Identifier: Apache-2.0
signature Q149395 {
    title     "The redirector reads more words of an SMB than it has"
    class     stop
    severity  medium
    status    experimental
    component "rdr.sys"
    article   "Q149395"
    affects   "Windows NT 3.5", "Windows NT 3.51"
    false_positive "Other broken responses that the redirector hands to the kernel."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005 and bugcheck.p3 == 0
        require os.version in [3.50, 3.51]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "rdr"
        require bugcheck.p2 >= kernel.base and bugcheck.p2 < kernel.base + kernel.size
        require bugcheck.p4 < 0x10000
        support bugcheck.p4 == 0x1104
        support bugcheck.p2 == 0x801353d3
        support module["nbf.sys"].loaded
    }
    say       "The redirector of {module[\"rdr.sys\"].date:date} makes the kernel read {bugcheck.p4:hex} from an SMB."
    do        "Install the latest Service Pack of Windows NT 3.51."
    do        "Event 8006 in the log and a trace of the network name the machine that sends broken SMBs."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0x1e 0xc0000005 "nt!RtlCopyMemory+0x7c" 0 0x1104
        module "rdr.sys" date 1994-09-10
        module "ndis.sys" date 1994-09-10
        module "nbf.sys" date 1994-09-10
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlCopyMemory+0x7c"
            frame "rdr!Receive+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "nbf!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
        damage overwrite 0xc 27030000
    }

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!RtlCopyMemory+0x7c" 0 0x1104
        module "rdr.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "nbf.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlCopyMemory+0x7c"
            frame "rdr!Receive+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "nbf!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a write" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!RtlCopyMemory+0x7c" 1 0x1104
        module "rdr.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "nbf.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlCopyMemory+0x7c"
            frame "rdr!Receive+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "nbf!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "in the redirector itself" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "rdr!Receive+0x50" 0 0x1104
        module "rdr.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "nbf.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!Receive+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "nbf!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!RtlCopyMemory+0x7c" 0 0x1104
        module "foo.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "nbf.sys" date 1995-06-01
        module "rdr.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlCopyMemory+0x7c"
            frame "foo!Receive+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "nbf!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "nt!RtlCopyMemory+0x7c" 0 0x1104
        module "rdr.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "nbf.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlCopyMemory+0x7c"
            frame "rdr!Receive+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "nbf!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0x1e 0xc0000005 0 0 0x1104
    }
}
