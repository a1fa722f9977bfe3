# SPDX-License-Identifier: Apache-2.0
signature Q242060 {
    title     "TCP/IP counts the chain of received buffers wrongly and copies beyond it"
    class     stop
    severity  medium
    status    stable
    component "tcpip.sys"
    article   "Q242060"
    affects   "Windows NT 4.0"
    fixed     "tcpip.sys" x86 os "4.0" date 1999-09-20 size 150864
    fixed     "tcpip.sys" alpha os "4.0" date 1999-09-20 size 274128
    related   "Q252664"
    false_positive "A buffer that somebody else unmapped while data were copied into it."

    on dump {
        require bugcheck.code == 0x0a
        require os.version == 4.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require first(f in stack.frames where f.module == "tcpip" : f.function) == "CopyRcvToBuffer"
        support machine.cpus >= 2
        support any t in threads where t.process == "inetinfo.exe"
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "TCP/IP of {module[\"tcpip.sys\"].date:date} copies received data and faults at {bugcheck.p1:hex}."
    do        "Install the tcpip.sys of 20 September 1999 or later."

    test fires "Alpha, whose symbols are in the image" {
        machine alpha nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 0
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "tcpip!CopyRcvToBuffer+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver" {
        machine alpha nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 0
        module "tcpip.sys" date 1999-09-20
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "tcpip!CopyRcvToBuffer+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another function of TCP/IP" {
        machine alpha nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 0
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "tcpip!TCPRcv+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the same function name in another driver" {
        machine alpha nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 0
        module "foo.sys" date 1996-10-14
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        module "tcpip.sys" date 1999-06-04
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "foo!CopyRcvToBuffer+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another stop" {
        machine alpha nt4 cpus 2
        container full
        time 2003-01-01
        stop 0x1e 0xc0000005 0 0 0
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12c"
            frame "tcpip!CopyRcvToBuffer+0x7c"
            frame "ndis!MIndicate+0x2c"
            frame "el90x!Dpc+0x58"
            frame "nt!KiRetireDpcList+0x3c"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "no symbols of TCP/IP" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 "tcpip!CopyRcvToBuffer+0x7c"
        module "tcpip.sys" date 1999-06-04
        module "ndis.sys" date 1996-10-14
        module "el90x.sys" date 1996-10-14
        process "inetinfo.exe" pid 0x70 { thread tid 0x74 }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap0E+0xdc" address 0x14
            frame "tcpip!CopyRcvToBuffer+0x7c"
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
