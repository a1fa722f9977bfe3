# SPDX-License-Identifier: Apache-2.0
signature Q273005 {
    title     "NetBT frees a null pointer"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q273005"
    affects   "Windows NT 4.0"
    fixed     "netbt.sys" x86 os "4.0" date 2000-09-29 size 124688
    false_positive "NetBT frees some other address that is not in pool."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        # The kernel looks for the page of a small address in the page tables.
        require bugcheck.p1 >= 0xc0000000 and bugcheck.p1 < 0xc0400000
        require bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        support bugcheck.p1 == 0xc0007000
        support bugcheck.p4 == 0x8012a5a1
        support any f in stack.frames where f.function =~ /^ExFreePool/
        exclude module["netbt.sys"].at_least_fixed
    }
    say       "netbt.sys of {module[\"netbt.sys\"].date:date} frees what is no block: the kernel reads {bugcheck.p1:hex} in the page tables."
    do        "Install the netbt.sys of 29 September 2000 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xc0007000 2 0 "nt!ExFreePool+0x7c"
        module "netbt.sys" date 1999-10-20
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "netbt!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xc0007000 2 0 "nt!ExFreePool+0x7c"
        module "netbt.sys" date 2000-09-29
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "netbt!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "no page table" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xfd007000 2 0 "nt!ExFreePool+0x7c"
        module "netbt.sys" date 1999-10-20
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "netbt!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xc0007000 2 1 "nt!ExFreePool+0x7c"
        module "netbt.sys" date 1999-10-20
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "netbt!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0xc0007000 2 0 "nt!ExFreePool+0x7c"
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1999-10-20
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "foo!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0xc0007000 2 0 "nt!ExFreePool+0x7c"
        module "netbt.sys" date 1999-10-20
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePool+0x7c"
            frame "netbt!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xc0007000 2 0 0
    }
}
