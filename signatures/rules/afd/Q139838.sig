# SPDX-License-Identifier: Apache-2.0
signature Q139838 {
    title     "AFD follows a connection to an endpoint that is not set yet"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q139838"
    affects   "Windows NT 3.5"
    related   "Q154484"
    false_positive "Another null pointer of AFD; the function of AFD on the stack, with symbols, tells whether it polled."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 < 0x1000
        # At these offsets are Q154484 and Q164416.
        require bugcheck.p1 not in [0xc, 0x28]
        require os.version >= 3.5 and os.version < 3.51
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require bugcheck.p4 >= module["afd.sys"].base and bugcheck.p4 < module["afd.sys"].base + module["afd.sys"].size
        require process.name not in ["Idle", "System"]
        support any f in stack.frames where f.function =~ /Poll/
        support blame.image == "afd.sys"
    }
    say       "{process.name} calls AFD, which reads offset {bugcheck.p1:hex} of a pointer that is null."
    do        "Upgrade to Windows NT 3.51, or install the latest Service Pack of 3.5."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0x18 2 0 "afd!Poll+0x7c"
        module "afd.sys" date 1994-09-10
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Poll+0x7c"
            frame "afd!Dispatch+0x40"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
        damage overwrite 0xc 27030000
    }

    test silent "no null pointer" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0xfd001238 2 0 "afd!Poll+0x7c"
        module "afd.sys" date 1994-09-10
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Poll+0x7c"
            frame "afd!Dispatch+0x40"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
        damage overwrite 0xc 27030000
    }

    test silent "an indication, not a call" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0x18 2 0 "afd!Poll+0x7c"
        module "afd.sys" date 1994-09-10
        module "ndis.sys" date 1994-09-10
        module "el90x.sys" date 1994-09-10
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Poll+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
        damage overwrite 0xc 27030000
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0x18 2 0 "foo!Poll+0x7c"
        module "foo.sys" date 1994-09-10
        module "afd.sys" date 1994-09-10
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Poll+0x7c"
            frame "foo!Dispatch+0x40"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
        damage overwrite 0xc 27030000
    }

    test silent "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xa 0x18 2 0 "afd!Poll+0x7c"
        module "afd.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Poll+0x7c"
            frame "afd!Dispatch+0x40"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0x18 2 0 0
        damage overwrite 0xc 27030000
    }
}
