# SPDX-License-Identifier: Apache-2.0
signature wfp-callout-fault {
    title     "A filter of the Windows Filtering Platform faults"
    class     stop
    severity  high
    status    experimental
    false_positive "The driver can be one that only sends or receives over a filter of somebody else."

    on dump {
        require bugcheck.code in [0x0a, 0xd1, 0x50, 0x1e, 0x3b, 0x7e, 0xc2, 0xc5, 0x139]
        require any f in stack.frames where f.module in ["netio", "fwpkclnt"] and f.trust != "scan"
        require blame.class == "definite"
        support blame.confidence == "high"
    }
    say       "{blame.image} is on the stack above NETIO, which calls the filters of the Windows Filtering Platform ({blame.reason})."
    do        "Update or remove the product that {blame.image} belongs to (firewall, VPN, antivirus, packet capture); switching it off is not enough, its driver stays loaded."
    do        "For its maker: the classify routine runs at DISPATCH_LEVEL, on any processor, also while the filter is being removed."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!Classify+0x40"; frame "netio!ProcessCallout+0x80"; frame "netio!ArbitrateAndEnforce+0x100"; frame "tcpip!WfpAleAuthorizeConnect+0x200"; frame "tcpip!TcpCreateAndConnect+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!Classify+0x40"; frame "netio!ProcessCallout+0x80"; frame "netio!ArbitrateAndEnforce+0x100"; frame "tcpip!WfpAleAuthorizeConnect+0x200"; frame "tcpip!TcpCreateAndConnect+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 10 x64: small dump" {
        machine x64 10
        container triage
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!Classify+0x40"; frame "netio!ProcessCallout+0x80"; frame "netio!ArbitrateAndEnforce+0x100"; frame "tcpip!WfpAleAuthorizeConnect+0x200"; frame "tcpip!TcpCreateAndConnect+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "only the system is on the stack" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "netio!StreamInvokeCalloutAndNormalizeAction+0x60"; frame "netio!StreamInvokeCallout+0x80"; frame "tcpip!FlReceiveNetBufferListChain+0xb6"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "a driver without the platform" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!Send+0x40"; frame "ndis!ndisMSendNBLToMiniport+0xf2"; frame "ndis!NdisSendNetBufferLists+0x80"; frame "tcpip!FlSendPackets+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "another stop" {
        machine x64 10
        stop 0x9f 3 0 0 0
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!Classify+0x40"; frame "netio!ProcessCallout+0x80"; frame "netio!ArbitrateAndEnforce+0x100"; frame "tcpip!WfpAleAuthorizeConnect+0x200"; frame "tcpip!TcpCreateAndConnect+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test unknown "the header alone has no modules" {
        machine x64 10
        container header
        stop 0xd1 8 2 0 0xfffff80447a01040
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
