# SPDX-License-Identifier: Apache-2.0
signature Q130661 {
    title     "NetBT does not look whether it got memory"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q130661"
    affects   "Windows NT 3.5"
    false_positive "Another null pointer of NetBT: see whether nonpaged pool was short."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 < 0x1000
        require os.version >= 3.5 and os.version < 3.51
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require bugcheck.p4 >= module["netbt.sys"].base and bugcheck.p4 < module["netbt.sys"].base + module["netbt.sys"].size
        # Memory that is asked for is filled.
        support bugcheck.p3 == 1
        support weight 2 pool.nonpaged.pressure in ["high", "exhausted"]
    }
    say       "NetBT uses offset {bugcheck.p1:hex} of a null pointer."
    do        "Upgrade to Windows NT 3.51, or install the latest Service Pack of 3.5."
    do        "Find out what took the memory, too: the pool counters name the tag."

    test fires "Windows NT 3.5" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0x1c 2 1 "netbt!Alloc+0x7c"
        module "netbt.sys" date 1994-09-10
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Alloc+0x7c"
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
        stop 0xa 0xfd001238 2 1 "netbt!Alloc+0x7c"
        module "netbt.sys" date 1994-09-10
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Alloc+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
        damage overwrite 0xc 27030000
    }

    test silent "the same stop in another driver" {
        machine x86 nt3.51
        container full
        time 1995-02-01
        stop 0xa 0x1c 2 1 "foo!Alloc+0x7c"
        module "foo.sys" date 1994-09-10
        module "netbt.sys" date 1994-09-10
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Alloc+0x7c"
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
        stop 0xa 0x1c 2 1 "netbt!Alloc+0x7c"
        module "netbt.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "netbt!Alloc+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt3.51
        container header
        stop 0xa 0x1c 2 1 0
        damage overwrite 0xc 27030000
    }
}
