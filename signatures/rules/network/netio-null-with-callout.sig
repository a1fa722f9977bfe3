# SPDX-License-Identifier: Apache-2.0
signature netio-null-with-callout {
    title     "NETIO falls over a stream that a filter has damaged"
    class     stop
    severity  high
    status    experimental
    related   "wfp-callout-fault"
    false_positive "The filter is judged by its name; who damaged the stream does not show."

    on dump {
        require bugcheck.code in [0x0a, 0xd1]
        require bugcheck.p1 < 0x1000
        require any f in stack.frames where f.module == "netio" and f.ip == fault.ip
        require any m in modules where m.image =~ /wfp|netfilter|ndisrd|windivert|nfsdk|adgnet|klwfp|eset|epfw|aswnet|bdfw|mfewfpk|npcap|npf/i
        support bugcheck.p2 == 2
    }
    say       "NETIO used a null pointer in code that serves filters; loaded is {first(m in modules where m.image =~ /wfp|netfilter|ndisrd|windivert|nfsdk|adgnet|klwfp|eset|epfw|aswnet|bdfw|mfewfpk|npcap|npf/i : m.image)}, which is such a filter."
    do        "NETIO mostly trips over a stream or a packet that a filter completed twice, or after its flow was gone. Update that filter; if there are several, remove them one at a time."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        module "adgnetworkwfpdrv.sys"
        stack { frame "netio!StreamInvokeCalloutAndNormalizeAction+0x60"; frame "netio!StreamInvokeCallout+0x80"; frame "tcpip!FlReceiveNetBufferListChain+0xb6"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        module "npcap.sys"
        stack { frame "netio!StreamInvokeCalloutAndNormalizeAction+0x60"; frame "netio!StreamInvokeCallout+0x80"; frame "tcpip!FlReceiveNetBufferListChain+0xb6"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "no such filter is loaded" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        stack { frame "netio!StreamInvokeCalloutAndNormalizeAction+0x60"; frame "netio!StreamInvokeCallout+0x80"; frame "tcpip!FlReceiveNetBufferListChain+0xb6"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "not a null pointer" {
        machine x64 10
        stop 0xd1 0xffffe00112345670 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        module "npcap.sys"
        stack { frame "netio!StreamInvokeCalloutAndNormalizeAction+0x60"; frame "netio!StreamInvokeCallout+0x80"; frame "tcpip!FlReceiveNetBufferListChain+0xb6"; frame "ndis!NdisMIndicateReceiveNetBufferLists+0x100"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "the filter itself faults" {
        machine x64 10
        stop 0xd1 8 2 0 ip
        module "netio.sys"
        module "tcpip.sys"
        module "ndis.sys"
        module "fwpkclnt.sys"
        module "foo.sys" size 0x9000
        module "npcap.sys"
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
