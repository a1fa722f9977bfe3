# SPDX-License-Identifier: Apache-2.0
signature Q135553 {
    title     "A question for all statistics of a card makes NDIS write through a bad pointer"
    class     stop
    severity  low
    status    experimental
    component "ndis.sys"
    article   "Q135553"
    affects   "Windows NT 3.51"
    false_positive "Another request of a program to NDIS with a bad pointer."

    on dump {
        require bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005
        require os.version == 3.51
        require bugcheck.p3 == 1 and bugcheck.p4 < 0x10000
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "ndis"
        # A program asks: no packet and no work item.
        require process.name not in ["Idle", "System"]
        require bugcheck.p2 >= kernel.base and bugcheck.p2 < kernel.base + kernel.size
        support bugcheck.p4 == 1
        support bugcheck.p2 == 0x801704a7
    }
    say       "{process.name} asks NDIS of {module[\"ndis.sys\"].date:date}, which writes to {bugcheck.p4:hex}."
    do        "Install the latest Service Pack of Windows NT 3.51; do not run the program that asks for statistics of all kinds."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!RtlMoveMemory+0x7c" 1 1
        module "ndis.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlMoveMemory+0x7c"
            frame "ndis!Statistics+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a read" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!RtlMoveMemory+0x7c" 0 1
        module "ndis.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlMoveMemory+0x7c"
            frame "ndis!Statistics+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a packet" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!RtlMoveMemory+0x7c" 1 1
        module "ndis.sys" date 1995-06-01
        module "el90x.sys" date 1995-06-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlMoveMemory+0x7c"
            frame "ndis!Statistics+0x50"
            frame "el90x!Dpc+0x58"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0x1e 0xc0000005 "nt!RtlMoveMemory+0x7c" 1 1
        module "foo.sys" date 1995-06-01
        module "ndis.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlMoveMemory+0x7c"
            frame "foo!Statistics+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 "nt!RtlMoveMemory+0x7c" 1 1
        module "ndis.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!RtlMoveMemory+0x7c"
            frame "ndis!Statistics+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0x1e 0xc0000005 0 1 1
    }
}
