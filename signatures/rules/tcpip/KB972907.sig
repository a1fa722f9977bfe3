# SPDX-License-Identifier: Apache-2.0
signature KB972907 {
    title     "TCP/IP's own frames leave too little kernel stack to the drivers around it"
    class     stop
    severity  high
    status    experimental
    component "tcpip.sys"
    article   "KB972907"
    affects   "Windows Vista", "Windows Server 2008"
    related   "Q216765", "stack-overflow-huge-frame"
    supersedes "stack-overflow-many-drivers"
    false_positive "The article gives no version that is fixed here: a tcpip.sys with the hotfix and still more filters looks the same."

    on dump {
        require stack.overflow
        require "tcpip" in stack.modules
        # Whose drivers they are is told by name.
        require count(m in stack.modules where m not in ["nt", "hal", "ndis", "tcpip", "netio", "fwpkclnt", "afd", "netbt", "tdi", "tdx", "smb", "wfplwf", "pacer", "nwifi", "vwififlt", "tunnel", "rassstp", "srv", "srv2", "srvnet", "mrxsmb", "rdbss", "http", "msrpc", "ksecdd", "cng", "wdf01000"]) >= 2
        require sum(f in stack.frames where known(f.bytes) and f.module == "tcpip" : f.bytes) * 2 >= stack.size
        support os.version == 6.0
        support "ndis" in stack.modules
        exclude any c in stack.cycles where c.count >= 4 and c.share >= 25
        exclude os.nt and (os.version < 6.0 or os.version >= 6.2)
        exclude dump.kind == "user"
    }
    say       "TCP/IP took {sum(f in stack.frames where known(f.bytes) and f.module == \"tcpip\" : f.bytes):bytes} of a {stack.size:bytes} kernel stack, without recursion; the drivers above and below it had to share the rest."
    do        "Install the latest tcpip.sys for this system; then remove one of the third-party network filters on this stack: {stack.modules}."

    test fires "a firewall above, a VPN below" {
        machine x64 vista
        time 2009-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack overflow {
            frame "vpnlwf!Send+0x20" size 0xc00
            frame "ndis!Send+0x20" size 0x400
            frame "tcpip!IppSend+0x20" size 0x1c00
            frame "tcpip!TcpSend+0x20" size 0x1c00
            frame "fwall!Classify+0x20" size 0xe00
            frame "nt!F+0x20"
        }
    }
    test fires "a kernel dump of two processors" {
        machine x64 vista cpus 2
        container kernel
        time 2009-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack overflow {
            frame "vpnlwf!Send+0x20" size 0xc00
            frame "ndis!Send+0x20" size 0x400
            frame "tcpip!IppSend+0x20" size 0x1c00
            frame "tcpip!TcpSend+0x20" size 0x1c00
            frame "fwall!Classify+0x20" size 0xe00
            frame "nt!F+0x20"
        }
    }
    test fires "Windows 7, which the article does not name" {
        machine x64 7
        time 2009-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack overflow {
            frame "vpnlwf!Send+0x20" size 0xc00
            frame "ndis!Send+0x20" size 0x400
            frame "tcpip!IppSend+0x20" size 0x1c00
            frame "tcpip!TcpSend+0x20" size 0x1c00
            frame "fwall!Classify+0x20" size 0xe00
            frame "nt!F+0x20"
        }
    }
    test silent "TCP/IP takes a quarter" {
        machine x64 vista
        time 2009-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack overflow {
            frame "vpnlwf!Send+0x20" size 0x1c00
            frame "ndis!Send+0x20" size 0x400
            frame "tcpip!IppSend+0x20" size 0xc00
            frame "tcpip!TcpSend+0x20" size 0xc00
            frame "fwall!Classify+0x20" size 0x1e00
            frame "nt!F+0x20"
        }
    }
    test silent "a recursion in TCP/IP" {
        machine x64 vista
        time 2009-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack overflow { frame "vpnlwf!Send+0x20"; cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60; frame "fwall!X+0x20"; frame "nt!F+0x20" }
    }
    test silent "no driver but Windows' own" {
        machine x64 vista
        time 2009-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        stack overflow {
            frame "ndis!Send+0x20" size 0x400
            frame "tcpip!IppSend+0x20" size 0x2c00
            frame "tcpip!TcpSend+0x20" size 0x2000
            frame "nt!F+0x20"
        }
    }
    test silent "the same stack, and room left" {
        machine x64 vista
        time 2009-12-01
        stop 0xd1 0 2 0 0
        module "tcpip.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack {
            frame "vpnlwf!Send+0x20" size 0xc00
            frame "tcpip!IppSend+0x20" size 0x1000
            frame "fwall!Classify+0x20" size 0xe00
            frame "nt!F+0x20"
        }
    }
    test silent "Windows Server 2003" {
        machine x64 2003
        time 2009-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack overflow {
            frame "vpnlwf!Send+0x20" size 0xc00
            frame "tcpip!IppSend+0x20" size 0x3c00
            frame "fwall!Classify+0x20" size 0xe00
            frame "nt!F+0x20"
        }
    }
    test unknown "header-only dump" {
        machine x64 7
        container header
        stop 0x7f 8 0 0 0
    }
}
