# SPDX-License-Identifier: Apache-2.0
signature Q252186 {
    title     "The redirector reads a pageable time-out at DISPATCH_LEVEL"
    class     stop
    severity  high
    status    stable
    component "rdr.sys"
    article   "Q252186"
    affects   "Windows NT 4.0 Terminal Server Edition", "Windows NT 4.0"
    false_positive "None is known: the function has one such value."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 >= 2 and bugcheck.p3 == 0
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "rdr" and first(f in stack.frames where f.module not in ["nt", "hal"] : f.function) == "RdrFailedConnectTimeout"
        support any f in stack.frames where f.function == "RdrScavengeServerEntries"
        support bugcheck.p1 >= module["rdr.sys"].base and bugcheck.p1 - module["rdr.sys"].base < module["rdr.sys"].size
    }
    say       "rdr.sys removes dormant connections and reads {bugcheck.p1:hex} at IRQL {bugcheck.p2}, which is paged out."
    do        "Install Service Pack 6 of NT 4.0, or for the Terminal Server Edition the fix of Q252186."

    test fires "dormant connections are removed" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0xf7223c1c 2 0 "rdr!RdrFailedConnectTimeout+0x15"
        module "rdr.sys" pdb "rdr.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!RdrFailedConnectTimeout+0x15"
            frame "rdr!RdrScavengeServerEntries+0xa1"
            frame "rdr!RdrTimer+0x46"
            frame "rdr!RdrExecutiveWorkerThreadRoutine+0x5c"
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }
    test silent "a write" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0xf7223c1c 2 1 "rdr!RdrFailedConnectTimeout+0x15"
        module "rdr.sys" pdb "rdr.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!RdrFailedConnectTimeout+0x15"
            frame "rdr!RdrScavengeServerEntries+0xa1"
            frame "rdr!RdrTimer+0x46"
            frame "rdr!RdrExecutiveWorkerThreadRoutine+0x5c"
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }
    test silent "another function of the redirector" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0xf7223c1c 2 0 "rdr!RdrScavengeServerEntries+0xa1"
        module "rdr.sys" pdb "rdr.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!RdrScavengeServerEntries+0xa1"
            frame "rdr!RdrTimer+0x46"
            frame "rdr!RdrExecutiveWorkerThreadRoutine+0x5c"
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        container full
        symbols

        stop 0xa 0xf7223c1c 2 0 "rdr!RdrFailedConnectTimeout+0x15"
        module "rdr.sys" pdb "rdr.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!RdrFailedConnectTimeout+0x15"
            frame "rdr!RdrScavengeServerEntries+0xa1"
            frame "rdr!RdrTimer+0x46"
            frame "rdr!RdrExecutiveWorkerThreadRoutine+0x5c"
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }
    test unknown "no symbols of rdr" {
        machine x86 nt4
        container full

        stop 0xa 0xf7223c1c 2 0 "rdr!RdrFailedConnectTimeout+0x15"
        module "rdr.sys" pdb "rdr.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "rdr!RdrFailedConnectTimeout+0x15"
            frame "rdr!RdrScavengeServerEntries+0xa1"
            frame "rdr!RdrTimer+0x46"
            frame "rdr!RdrExecutiveWorkerThreadRoutine+0x5c"
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xf7223c1c 2 0 0xf71e9ec5
    }
}
