# SPDX-License-Identifier: Apache-2.0
# The article is of spring 2011; a driver linked from June 2011 on is taken to have the
# correction.
signature KB2519644 {
    title     "TCP/IP uses a pointer without asking whether it is there (Server 2008 R2)"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "KB2519644"
    affects   "Windows Server 2008 R2"
    related   "KB2905412"
    false_positive "The article names neither trigger nor routine: any null pointer in this tcpip.sys looks the same."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p1 < 0x1000 and bugcheck.p2 == 2
        require os.version == 6.1
        require machine.arch in ["x64", "IA64"]
        require bugcheck.p4 >= module["tcpip.sys"].base and bugcheck.p4 < module["tcpip.sys"].base + module["tcpip.sys"].size
        require blame.module == "tcpip"
        require module["tcpip.sys"].date < 2011-06-01
        require not known(os.product) or os.product != "Workstation"
    }
    say       "tcpip.sys ({module[\"tcpip.sys\"].date:date}) used address {bugcheck.p1:hex}: a pointer of nothing and the offset of a member."
    do        "Install the update of KB2519644, or any younger tcpip.sys."
    do        "If it stops again, keep a kernel dump: the routine tells more than the stop."

    test fires "Service Pack 1" {
        machine x64 7 cpus 1
        time 2011-02-10
        stop 0xd1 0x10 2 0 "tcpip!X+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2010-11-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!IppReceiveX+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "the system as released, a write" {
        machine x64 7 cpus 1
        time 2011-02-10
        stop 0xd1 0x18 2 1 "tcpip!X+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2009-07-13
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!IppReceiveX+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected tcpip.sys" {
        machine x64 7 cpus 1
        time 2011-09-01
        stop 0xd1 0x10 2 0 "tcpip!X+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2011-06-21
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!IppReceiveX+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows Vista" {
        machine x64 vista cpus 1
        time 2011-02-10
        stop 0xd1 0x10 2 0 "tcpip!X+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2010-11-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!IppReceiveX+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a workstation" {
        machine x64 7 cpus 1
        time 2011-02-10
        product workstation
        stop 0xd1 0x10 2 0 "tcpip!X+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2010-11-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!IppReceiveX+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "not a null pointer" {
        machine x64 7 cpus 1
        time 2011-02-10
        stop 0xd1 0xfffffa8001234560 2 0 "tcpip!X+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2010-11-20
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!X+0x50"
            frame "tcpip!IppReceiveX+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in a filter" {
        machine x64 7 cpus 1
        time 2011-02-10
        stop 0xd1 0x10 2 0 "foo!Work+0x50"
        module "ndis.sys"
        module "netio.sys"
        module "tcpip.sys" date 2010-11-20
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "foo!Work+0x50"
            frame "tcpip!X+0x50"
            frame "tcpip!IppReceiveX+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x64 7 cpus 1
        container header
        time 2011-02-10
        stop 0xd1 0x10 2 0 0xfffff8800101005c
    }
}
