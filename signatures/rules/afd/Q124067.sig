# SPDX-License-Identifier: Apache-2.0
signature Q124067 {
    title     "AFD puts a connection on the list of an endpoint that never listened"
    class     stop
    severity  medium
    status    stable
    component "afd.sys"
    article   "Q124067"
    affects   "Windows NT 3.5"
    false_positive "Freed memory of an endpoint (somebody else's overrun) may fault at the same place."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p3 == 1
        require os.version < 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd" and first(f in stack.frames where f.module not in ["nt", "hal"] : f.function) == "AfdAddFreeConnection"
        require any f in stack.frames where f.module == "afd" and f.function == "AfdAccept"
        support bugcheck.p1 == 0
        support any f in stack.frames where f.function == "AfdReplenishListenBacklog"
    }
    say       "AFD accepts on a socket and inserts into a list at {bugcheck.p1:hex} that was never made."
    do        "The application closes a listening socket and accepts on a new one, which got the same handle, before listen(): make it wait for its threads before it closes the socket."
    do        "Upgrade to Windows NT 3.51 or later."

    test fires "accept before listen" {
        machine x86 nt3.51
        container full
        symbols

        stop 0xa 0 0xff 1 "nt!ExfInterlockedInsertTailList+0x9"
        module "afd.sys" pdb "afd.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 2 address 0
            frame "nt!ExfInterlockedInsertTailList+0x9"
            frame "afd!AfdAddFreeConnection+0x61"
            frame "afd!AfdReplenishListenBacklog+0x2b"
            frame "afd!AfdAccept+0x18c"
            frame "afd!AfdDispatchDeviceControl+0x4a"
            frame "afd!AfdDispatch+0x5e"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x26"
            frame "nt!KiSystemService+0xa0"
        }
    }
    test silent "the same routine, a read" {
        machine x86 nt3.51
        container full
        symbols

        stop 0xa 0 0xff 0 "nt!ExfInterlockedInsertTailList+0x9"
        module "afd.sys" pdb "afd.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExfInterlockedInsertTailList+0x9"
            frame "afd!AfdAddFreeConnection+0x61"
            frame "afd!AfdReplenishListenBacklog+0x2b"
            frame "afd!AfdAccept+0x18c"
            frame "afd!AfdDispatchDeviceControl+0x4a"
            frame "afd!AfdDispatch+0x5e"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x26"
            frame "nt!KiSystemService+0xa0"
        }
    }
    test silent "not from accept" {
        machine x86 nt3.51
        container full
        symbols

        stop 0xa 0 0xff 1 "nt!ExfInterlockedInsertTailList+0x9"
        module "afd.sys" pdb "afd.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExfInterlockedInsertTailList+0x9"
            frame "afd!AfdAddFreeConnection+0x61"
            frame "afd!AfdReplenishListenBacklog+0x2b"
            frame "afd!AfdDispatchDeviceControl+0x4a"
            frame "afd!AfdDispatch+0x5e"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x26"
            frame "nt!KiSystemService+0xa0"
        }
    }
    test silent "another list of AFD" {
        machine x86 nt3.51
        container full
        symbols

        stop 0xa 0 0xff 1 "nt!ExfInterlockedInsertTailList+0x9"
        module "afd.sys" pdb "afd.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExfInterlockedInsertTailList+0x9"
            frame "afd!AfdPoll+0x61"
            frame "afd!AfdAccept+0x18c"
            frame "afd!AfdDispatchDeviceControl+0x4a"
            frame "afd!AfdDispatch+0x5e"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x26"
            frame "nt!KiSystemService+0xa0"
        }
    }
    test silent "NT 4.0" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0 0xff 1 "nt!ExfInterlockedInsertTailList+0x9"
        module "afd.sys" pdb "afd.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExfInterlockedInsertTailList+0x9"
            frame "afd!AfdAddFreeConnection+0x61"
            frame "afd!AfdReplenishListenBacklog+0x2b"
            frame "afd!AfdAccept+0x18c"
            frame "afd!AfdDispatchDeviceControl+0x4a"
            frame "afd!AfdDispatch+0x5e"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x26"
            frame "nt!KiSystemService+0xa0"
        }
    }
    test unknown "no symbols of afd" {
        machine x86 nt3.51
        container full

        stop 0xa 0 0xff 1 "nt!ExfInterlockedInsertTailList+0x9"
        module "afd.sys" pdb "afd.pdb"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExfInterlockedInsertTailList+0x9"
            frame "afd!AfdAddFreeConnection+0x61"
            frame "afd!AfdReplenishListenBacklog+0x2b"
            frame "afd!AfdAccept+0x18c"
            frame "afd!AfdDispatchDeviceControl+0x4a"
            frame "afd!AfdDispatch+0x5e"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x26"
            frame "nt!KiSystemService+0xa0"
        }
    }
    test unknown "x86 nt3.51: only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0 0xff 1 0x80137989
    }
}
