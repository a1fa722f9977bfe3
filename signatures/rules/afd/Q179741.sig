# SPDX-License-Identifier: Apache-2.0
signature Q179741 {
    title     "AFD frees a structure twice under load"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q179741"
    affects   "Windows NT 3.51", "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q320249", "Q156208", "Q139281"
    false_positive "Whoever damaged the pool, AFD may be the one that finds it; Q320249 frees requests twice by a reset."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version in [3.51, 4.0]
        require bugcheck.p4 >= kernel.base and bugcheck.p4 < kernel.base + kernel.size
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "afd"
        require none f in stack.frames where f.module in ["nwlnkspx", "nwlnkipx"]
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude module["afd.sys"].date >= 1998-10-01
        support any m in modules where m.image =~ /^sna/i
        support any f in stack.frames where f.function =~ /^ExFreePool/
        support blame.image == "afd.sys"
    }
    say       "AFD of {module[\"afd.sys\"].date:date} makes the kernel fault at {bugcheck.p1:hex}, as it does when a block is freed that is free."
    do        "Install Service Pack 4 of Windows NT 4.0 or later."

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1996-04-01
        stop 0xa 0x2c 2 1 "nt!ExFreePoolWithTag+0x7c"
        module "afd.sys" date 1995-06-01
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePoolWithTag+0x7c"
            frame "afd!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "nt!ExFreePoolWithTag+0x7c"
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePoolWithTag+0x7c"
            frame "afd!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 1 "nt!ExFreePoolWithTag+0x7c"
        module "afd.sys" date 1998-10-13
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePoolWithTag+0x7c"
            frame "afd!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the fault is in AFD itself" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "afd!Free+0x50"
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "afd!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "over SPX: Q156208" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "nt!ExFreePoolWithTag+0x7c"
        module "afd.sys" date 1996-10-14
        module "nwlnkspx.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePoolWithTag+0x7c"
            frame "afd!Free+0x50"
            frame "nwlnkspx!Up+0x30"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 1 "nt!ExFreePoolWithTag+0x7c"
        module "foo.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePoolWithTag+0x7c"
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
        stop 0xa 0x2c 2 1 "nt!ExFreePoolWithTag+0x7c"
        module "afd.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!ExFreePoolWithTag+0x7c"
            frame "afd!Free+0x50"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x2c 2 1 0
    }
}
