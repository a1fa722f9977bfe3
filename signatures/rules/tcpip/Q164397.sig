# SPDX-License-Identifier: Apache-2.0
signature Q164397 {
    title     "AFD describes one byte less than TCP/IP is told to send"
    class     stop
    severity  medium
    status    experimental
    component "afd.sys", "tcpip.sys"
    article   "Q164397"
    affects   "Windows NT 4.0"
    related   "Q225212", "Q192774"
    false_positive "A program that unmaps its buffer while it is sent makes TCP/IP read an absent page, too."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 4.0
        # One byte behind the buffer is on the next page only if the buffer ends with one.
        require bugcheck.p1 % 4096 == 0
        require bugcheck.p1 != 0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require "afd" in stack.modules
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        # The article is of early 1997; Service Pack 3 is the next.
        support weight 2 module["afd.sys"].date < 1997-05-01
        support blame.image in ["tcpip.sys", "afd.sys"]
    }
    say       "TCP/IP reads the first byte of a page that is not there, {bugcheck.p1:hex}, while it sends for AFD of {module[\"afd.sys\"].date:date}."
    do        "Install Service Pack 3 of Windows NT 4.0 or later."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd0a3000 2 0 "tcpip!Checksum+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Checksum+0x7c"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "not at the start of a page" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd0a3004 2 0 "tcpip!Checksum+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Checksum+0x7c"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "a write" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd0a3000 2 1 "tcpip!Checksum+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Checksum+0x7c"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "not a send of AFD" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd0a3000 2 0 "tcpip!Checksum+0x7c"
        module "tcpip.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Checksum+0x7c"
            frame "netbt!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0xfd0a3000 2 0 "foo!Checksum+0x7c"
        module "foo.sys" date 1996-10-14
        module "afd.sys" date 1996-10-14
        module "tcpip.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Checksum+0x7c"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0xfd0a3000 2 0 "tcpip!Checksum+0x7c"
        module "tcpip.sys" date 1999-11-30
        module "afd.sys" date 1999-11-30
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Checksum+0x7c"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xfd0a3000 2 0 0
    }
}
