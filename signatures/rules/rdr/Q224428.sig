# SPDX-License-Identifier: Apache-2.0
signature Q224428 {
    title     "The redirector does not check a server's answer that is no success"
    class     stop
    severity  medium
    status    experimental
    component "rdr.sys"
    article   "Q224428"
    affects   "Windows NT 4.0", "Windows NT 4.0 Terminal Server Edition"
    related   "Q312533"
    false_positive "Other faults of the redirector on the path of a response."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "rdr"
        require bugcheck.p4 >= module["rdr.sys"].base and bugcheck.p4 < module["rdr.sys"].base + module["rdr.sys"].size
        # An answer comes up from a transport.
        require any f in stack.frames where f.module in ["netbt", "nbf", "nwlnknb", "tdi"]
        # Service Pack 6 of NT 4.0 (October 1999) has the fix.
        exclude os.version == 4.0 and known(os.service_pack) and os.service_pack =~ /Service Pack 6/
        exclude os.version == 4.0 and module["rdr.sys"].date >= 1999-10-01
        support bugcheck.p3 == 0
        support weight 2 blame.image == "rdr.sys"
    }
    say       "rdr.sys of {module[\"rdr.sys\"].date:date} takes a server's answer and faults at {bugcheck.p1:hex}."
    do        "Install Service Pack 6a of Windows NT 4.0. A trace of the network shows the server that answers with broken SMBs."

    test fires "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "rdr!Answer+0x7c"
        module "rdr.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!Answer+0x7c"
            frame "netbt!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the driver of Service Pack 6" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "rdr!Answer+0x7c"
        module "rdr.sys" date 1999-10-13
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!Answer+0x7c"
            frame "netbt!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "no answer: a program calls" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "rdr!Answer+0x7c"
        module "rdr.sys" date 1996-10-14
        process "app.exe" pid 0x60 { thread tid 0x64 }
        current "app.exe" tid 0x64 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!Answer+0x7c"
            frame "nt!IofCallDriver+0x38"
            frame "nt!NtDeviceIoControlFile+0x28"
            frame "nt!KiSystemService+0xa0"
        }
    }

    test silent "in the kernel: Q312533" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xa 0x2c 2 0 "nt!IofCompleteRequest+0x7c"
        module "rdr.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "nt!IofCompleteRequest+0x7c"
            frame "rdr!Answer+0x50"
            frame "netbt!Up+0x50"
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
        stop 0xa 0x2c 2 0 "foo!Answer+0x7c"
        module "foo.sys" date 1996-10-14
        module "netbt.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "rdr.sys" date 1996-10-14
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "foo!Answer+0x7c"
            frame "netbt!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "rdr!Answer+0x7c"
        module "rdr.sys" date 1999-11-30
        module "netbt.sys" date 1999-11-30
        module "ndis.sys" date 1999-11-30
        module "el90x.sys" date 1999-11-30
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "rdr!Answer+0x7c"
            frame "netbt!Up+0x50"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xa 0x2c 2 0 0
    }
}
