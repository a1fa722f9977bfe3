# SPDX-License-Identifier: Apache-2.0
signature Q109993 {
    title     "TCP/IP faults under a program that sends datagrams without a pause"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q109993"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q164397", "Q172030"
    false_positive "Any other fault of TCP/IP on the path of a send: the article names no cause, so look at what the program sent."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require bugcheck.p1 % 4096 != 0 and bugcheck.p1 not in [6, 0x14]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require "afd" in stack.modules and process.name not in ["System", "Idle"]
        # Service Pack 4 of NT 4.0 (October 1998) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack [4-6]/
        exclude os.version == 4.0 and module["tcpip.sys"].date >= 1998-10-01
        # Nothing of the article tells its stop from another on the path of a send.
        support blame.image == "tcpip.sys"
        support weight 2 any f in stack.frames where f.function =~ /Send/
        support module["tcpip.sys"].date < 1997-05-01
    }
    say       "{process.name} sends through AFD, and TCP/IP, built {module[\"tcpip.sys\"].date:date}, faults at {bugcheck.p1:hex}."
    do        "Install Service Pack 4 of Windows NT 4.0 or later; until then let the program pause between sends."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "tcpip!Send+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Send+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Send+0x7c"
        module "tcpip.sys" date 1998-10-13
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Send+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "received, not sent" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "tcpip!Send+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Send+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a read at a fixed offset of a null pointer: Q320392" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x14 2 0 "tcpip!Send+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Send+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "foo!Send+0x7c"
        module "foo.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Send+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Send+0x7c"
        module "tcpip.sys" date 1999-11-30
        module "afd.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Send+0x7c"
            frame "afd!Dispatch+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x2c 2 0 0
    }
}
