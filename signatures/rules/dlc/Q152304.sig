# SPDX-License-Identifier: Apache-2.0
signature Q152304 {
    title     "DLC trusts the length of an 802.3 frame that is shorter than its header"
    class     stop
    severity  medium
    status    experimental
    component "dlc.sys"
    article   "Q152304"
    affects   "Windows NT 3.51"
    false_positive "Other bad frames that DLC takes from the network."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 3.51
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "dlc"
        require bugcheck.p4 >= module["dlc.sys"].base and bugcheck.p4 < module["dlc.sys"].base + module["dlc.sys"].size
        require "ndis" in stack.modules
        # A length below zero leads far away.
        require bugcheck.p1 >= 0x1000
        support weight 2 blame.image == "dlc.sys"
    }
    say       "DLC of {module[\"dlc.sys\"].date:date} takes a frame and faults at {bugcheck.p1:hex}."
    do        "Install the latest Service Pack of Windows NT 3.51; until then remove DLC. A trace of the network shows who sends frames with a length below 3."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xfd001230 2 0 "dlc!Frame+0x7c"
        module "dlc.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "dlc!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a program calls" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xfd001230 2 0 "dlc!Frame+0x7c"
        module "dlc.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "dlc!Frame+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a null pointer" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x14 2 0 "dlc!Frame+0x7c"
        module "dlc.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "dlc!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0xfd001230 2 0 "foo!Frame+0x7c"
        module "foo.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        module "dlc.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xfd001230 2 0 "dlc!Frame+0x7c"
        module "dlc.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "dlc!Frame+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0xfd001230 2 0 0
    }
}
