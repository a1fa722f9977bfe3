# SPDX-License-Identifier: Apache-2.0
signature Q154174 {
    title     "Invalid ICMP fragments keep TCP/IP busy for ever"
    class     hang
    severity  high
    status    experimental
    component "tcpip.sys"
    article   "Q154174"
    affects   "Windows NT 3.51", "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    fixed     "tcpip.sys" x86 os "3.51" date 1998-01-14 size 123824
    fixed     "tcpip.sys" alpha os "3.51" date 1998-01-14 size 216848
    related   "Q179129"
    false_positive "A dump shows one moment: a machine that was stopped while it was busy with packets looks the same. Take a second one a minute later."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0xdeaddead]
        require os.version in [3.51, 4.0]
        require any c in waits.cpus where c.work == "runs" and "tcpip" in c.modules and "ndis" in c.modules and c.modules[0] == "tcpip"
        require none c in waits.cpus where c.work == "runs" and c.modules[0] not in ["tcpip", "nt", "hal"]
        require none c in waits.cpus where c.work == "spins"
        support any c in waits.cpus where "tcpip" in c.modules and c.dpcs > 0
        # Service Pack 4 of NT 4.0 (October 1998) has the fix; of 3.51 the file is named.
        exclude os.version == 4.0 and module["tcpip.sys"].date >= 1998-10-01
        exclude os.version == 3.51 and module["tcpip.sys"].at_least_fixed
    }
    say       "The machine was stopped while TCP/IP of {module[\"tcpip.sys\"].date:date} was taking a packet and nothing else ran."
    do        "Install Service Pack 4 of NT 4.0 (3.51: the tcpip.sys of 14 January 1998) and keep broken ICMP fragments out at the border. A second dump shows whether it is the same loop."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xe2
        module "tcpip.sys" date 1997-04-01
        module "ndis.sys" date 1996-05-01
        module "el90x.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xe2
        module "tcpip.sys" date 1996-04-01
        module "ndis.sys" date 1996-05-01
        module "el90x.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver, 3.51" {
        machine x86 nt3.51
        container full
        time 2003-01-01
        stop 0xe2
        module "tcpip.sys" date 1998-01-14
        module "ndis.sys" date 1996-05-01
        module "el90x.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 4" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xe2
        module "tcpip.sys" date 1998-10-13
        module "ndis.sys" date 1996-05-01
        module "el90x.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a fault, not a hang" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!Reassemble+0x50"
        module "tcpip.sys" date 1997-04-01
        module "ndis.sys" date 1996-05-01
        module "el90x.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another driver runs" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xe2
        module "tcpip.sys" date 1997-04-01
        module "foo.sys" date 1996-05-01
        module "ndis.sys" date 1996-05-01
        module "el90x.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "foo!Loop+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "TCP/IP sends" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xe2
        module "tcpip.sys" date 1997-04-01
        module "afd.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "tcpip!Send+0x50"
            frame "afd!Send+0x40"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xe2
        module "tcpip.sys" date 1997-04-01
        module "ndis.sys" date 1996-05-01
        module "el90x.sys" date 1996-05-01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "tcpip!Reassemble+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xe2
    }
}
