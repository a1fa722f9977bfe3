# SPDX-License-Identifier: Apache-2.0
signature KB967891 {
    title     "The TDI translation driver of Windows 7 Beta faults under a TDI filter"
    class     stop
    severity  medium
    status    experimental
    component "tdx.sys"
    article   "KB967891"
    affects   "Windows 7 Beta (build 7000)", "Windows Server 2008 R2 Beta (build 7000)"
    false_positive "The filter may fault this way on its own account: it stands on the stack then."

    on dump {
        require bugcheck.code == 0xd1
        require os.version == 6.1
        require os.build >= 7000 and os.build < 7600
        require bugcheck.p4 >= module["tdx.sys"].base and bugcheck.p4 < module["tdx.sys"].base + module["tdx.sys"].size
        require any f in stack.frames where f.module == "tdx" and f.function == "TdxEventReceiveConnection"
        support os.build == 7000
        support blame.module == "tdx"
    }
    say       "TdxEventReceiveConnection of build {os.build} faulted on data of an SMB connection."
    do        "Use a released Windows 7 or Server 2008 R2: build 7600 or later."
    do        "On the beta, take antivirus programs and firewalls off that filter at TDI."

    test fires "build 7000" {
        machine x64 7 cpus 1
        time 2009-02-01
        stop 0xd1 0x10 2 0 "tdx!TdxEventReceiveConnection+0x50"
        module "ndis.sys"
        module "tcpip.sys"
        module "tdx.sys" date 2008-12-12
        module "netbt.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tdx!TdxEventReceiveConnection+0x50"
            frame "tcpip!TcpIndicateData+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
        damage overwrite 0xc 581b0000
    }

    test silent "the released system" {
        machine x64 7 cpus 1
        time 2009-02-01
        stop 0xd1 0x10 2 0 "tdx!TdxEventReceiveConnection+0x50"
        module "ndis.sys"
        module "tcpip.sys"
        module "tdx.sys" date 2008-12-12
        module "netbt.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tdx!TdxEventReceiveConnection+0x50"
            frame "tcpip!TcpIndicateData+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows Vista" {
        machine x64 vista cpus 1
        time 2009-02-01
        stop 0xd1 0x10 2 0 "tdx!TdxEventReceiveConnection+0x50"
        module "ndis.sys"
        module "tcpip.sys"
        module "tdx.sys" date 2008-12-12
        module "netbt.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tdx!TdxEventReceiveConnection+0x50"
            frame "tcpip!TcpIndicateData+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "another routine of tdx.sys" {
        machine x64 7 cpus 1
        time 2009-02-01
        stop 0xd1 0x10 2 0 "tdx!TdxOther+0x50"
        module "ndis.sys"
        module "tcpip.sys"
        module "tdx.sys" date 2008-12-12
        module "netbt.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tdx!TdxOther+0x50"
            frame "tcpip!TcpIndicateData+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
        damage overwrite 0xc 581b0000
    }

    test silent "the filter's own fault" {
        machine x64 7 cpus 1
        time 2009-02-01
        stop 0xd1 0x10 2 0 "klif!Work+0x50"
        module "ndis.sys"
        module "tcpip.sys"
        module "tdx.sys" date 2008-12-12
        module "netbt.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "klif!Work+0x50"
            frame "tdx!TdxEventReceiveConnection+0x50"
            frame "tcpip!TcpIndicateData+0x60"
            frame "ndis!ethFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
        damage overwrite 0xc 581b0000
    }

    test unknown "header-only dump" {
        machine x64 7 cpus 1
        container header
        time 2009-02-01
        stop 0xd1 0x10 2 0 0xfffff8800101005c
        damage overwrite 0xc 581b0000
    }
}
