# SPDX-License-Identifier: Apache-2.0
signature Q243878 {
    title     "TCP/IP hotfixes of 28 April to 4 June 1999 release a spin lock twice"
    class     stop
    severity  high
    status    experimental
    component "tcpip.sys"
    article   "Q243878"
    affects   "Windows NT 4.0 SP5"
    fixed     "tcpip.sys" x86 os "4.0" date 1999-07-26 size 150832
    fixed     "tcpip.sys" alpha os "4.0" date 1999-07-26 size 274032
    related   "Q234593", "Q236794"
    false_positive "A second release leaves no trace: what is seen is a fault in TCP/IP with a driver of these weeks, which other defects of that driver cause, too."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 >= 2
        require os.version == 4.0
        require blame.module == "tcpip"
        # A date is of the link; the files are a day or two younger.
        require module["tcpip.sys"].date >= 1999-04-26
        support machine.cpus >= 2
        support any m in stack.modules where m in ["afd", "tdi"]
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "TCP/IP used memory that was gone, and this tcpip.sys ({module[\"tcpip.sys\"].date:date}) is one of the hotfixes that release a spin lock twice, so that two processors work on one connection."
    do        "Replace the hotfix by Service Pack 6 or a tcpip.sys of 26 July 1999 or later."

    test fires "a fault in TCP/IP, two processors" {
        machine x86 nt4 cpus 2
        time 1999-07-01
        stop 0xa 0x14 2 0 "tcpip!TdiReceive+0x20"
        module "tcpip.sys" date 1999-06-04
        module "afd.sys"
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x14; frame "tcpip!TdiReceive+0x20"; frame "afd!AfdReceive+0x40"; frame "nt!NtDeviceIoControlFile+0x11" }
    }

    test fires "Alpha" {
        machine alpha nt4 cpus 1
        time 1999-07-01
        stop 0xa 0x14 2 0 "tcpip!TdiReceive+0x20"
        module "tcpip.sys" date 1999-05-12
        stack { frame "nt!KeBugCheckEx+0x12c"; frame "tcpip!TdiReceive+0x20"; frame "nt!NtDeviceIoControlFile+0x14" }
    }

    test silent "the driver of Service Pack 5" {
        machine x86 nt4 cpus 2
        time 1999-07-01
        stop 0xa 0x14 2 0 "tcpip!TdiReceive+0x20"
        module "tcpip.sys" date 1999-02-20
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x14; frame "tcpip!TdiReceive+0x20"; frame "nt!NtDeviceIoControlFile+0x11" }
    }

    test silent "the fixed driver" {
        machine x86 nt4 cpus 2
        time 1999-09-01
        stop 0xa 0x14 2 0 "tcpip!TdiReceive+0x20"
        module "tcpip.sys" date 1999-07-26
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x14; frame "tcpip!TdiReceive+0x20"; frame "nt!NtDeviceIoControlFile+0x11" }
    }

    test silent "a fault in another driver" {
        machine x86 nt4 cpus 2
        time 1999-07-01
        stop 0xa 0x14 2 0 "foo!Read+0x20"
        module "tcpip.sys" date 1999-06-04
        module "foo.sys"
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x14; frame "foo!Read+0x20"; frame "nt!NtDeviceIoControlFile+0x11" }
    }

    test silent "another stop" {
        machine x86 nt4 cpus 2
        time 1999-07-01
        stop 0x1e 0xc0000005 "tcpip!TdiReceive+0x20" 0 0
        module "tcpip.sys" date 1999-06-04
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x14; frame "tcpip!TdiReceive+0x20"; frame "nt!NtDeviceIoControlFile+0x11" }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        time 1999-07-01
        stop 0xa 0x14 2 0 "tcpip!TdiReceive+0x20"
        module "tcpip.sys" date 1999-06-04
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x14; frame "tcpip!TdiReceive+0x20"; frame "nt!NtDeviceIoControlFile+0x11" }
    }

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x14 2 0 0xf5a178ce
    }
}
