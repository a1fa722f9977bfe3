# SPDX-License-Identifier: Apache-2.0
signature Q252664 {
    title     "Urgent segments that overlap are not trimmed on an FTP server"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "Q252664"
    affects   "Windows NT 4.0 Server"
    fixed     "tcpip.sys" x86 os "4.0" date 2000-02-01 size 802328
    fixed     "tcpip.sys" alpha os "4.0" date 2000-02-04 size 305744
    related   "Q242060", "Q143478"
    false_positive "Other packets that TCP/IP of this time trusts; the FTP service and several processors make this one likely."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require bugcheck.p1 % 4096 != 0 and bugcheck.p1 not in [6, 0x14]
        require os.version == 4.0
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require "ndis" in stack.modules
        # The FTP service of NT 4.0 is in inetinfo.exe.
        require any t in threads where t.process == "inetinfo.exe"
        support weight 2 module["tcpip.sys"].date >= 1998-10-01
        support blame.image == "tcpip.sys"
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "With inetinfo.exe on {machine.cpus} processors TCP/IP of {module[\"tcpip.sys\"].date:date} faults at {bugcheck.p1:hex} while it takes a segment."
    do        "Install the tcpip.sys of 1 February 2000 or later (the one for Alpha is of 4 February)."

    test fires "Windows NT 4.0" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Resequence+0x7c"
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Resequence+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Resequence+0x7c"
        module "tcpip.sys" date 2000-02-01
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Resequence+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "one processor" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Resequence+0x7c"
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Resequence+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no FTP service" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Resequence+0x7c"
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Resequence+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "sent, not received" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Resequence+0x7c"
        module "tcpip.sys" date 1999-06-04
        module "afd.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Resequence+0x7c"
            frame "afd!Send+0x6c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "the same stop in another driver" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "foo!Resequence+0x7c"
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1999-06-04
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Resequence+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Resequence+0x7c"
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!Resequence+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x2c 2 0 0
    }
}
