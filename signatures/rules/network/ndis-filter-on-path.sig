# SPDX-License-Identifier: Apache-2.0
signature ndis-filter-on-path {
    title     "The network stack faults on a packet that a filter or protocol driver passed on"
    class     stop
    severity  medium
    status    experimental
    false_positive "The card's own miniport is always on this path; offloads that go wrong (large send, checksum) look like it: switch them off to tell."

    on dump {
        require bugcheck.code in [0x0a, 0xd1, 0x50, 0x1e, 0x3b, 0x7e, 0xc2, 0xc5, 0x139]
        require any f in stack.frames where f.module in ["tcpip", "ndis"] and f.ip == fault.ip
        require blame.class == "definite"
        require any f in stack.frames where f.module == blame.module and f.trust != "scan"
        require any f in stack.frames where f.module == "ndis"
    }
    say       "The fault is in {stack.modules[0]}, and {blame.image} stands behind it on the path of the packet ({blame.reason})."
    do        "Look at the packet (!ndiskd.nbl): lengths and lists that the driver changed, one that it completed before. Update or remove the product that {blame.image} belongs to (firewall, VPN, antivirus, packet capture); switching it off is not enough, its driver stays loaded."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "tcpip!IppInspect+0x1e"; frame "ndis!ndisMIndicateNetBufferListsToOpen+0x100"; frame "foo!FilterReceive+0x40"; frame "ndis!ndisCallReceiveHandler+0x80"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "tcpip!IppInspect+0x1e"; frame "ndis!ndisMIndicateNetBufferListsToOpen+0x100"; frame "foo!FilterReceive+0x40"; frame "ndis!ndisCallReceiveHandler+0x80"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "it faults itself" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!Send+0x40"; frame "ndis!ndisMSendNBLToMiniport+0xf2"; frame "ndis!NdisSendNetBufferLists+0x80"; frame "tcpip!FlSendPackets+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "only the system is on the path" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "tcpip!IppInspect+0x1e"; frame "ndis!ndisCallReceiveHandler+0x80"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "another stop" {
        machine x64 10
        stop 0x9f 3 0 0 0
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "tcpip!IppInspect+0x1e"; frame "ndis!ndisMIndicateNetBufferListsToOpen+0x100"; frame "foo!FilterReceive+0x40"; frame "ndis!ndisCallReceiveHandler+0x80"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
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
