# SPDX-License-Identifier: Apache-2.0
# The hotfix that brought the fault came after Service Pack 4 (June 2003); the
# correction of the first half of 2004; a driver linked from July 2004 on is taken
# to have it.
signature KB840890 {
    title     "TCP/IP calls a routine of nothing when a host-unreachable arrives (after hotfix 818635)"
    class     stop
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "KB840890"
    affects   "Windows 2000 SP3", "Windows 2000 SP4"
    false_positive "Another null routine called by TCP/IP; hotfix 818635 and an ICMP message on the way speak for this article."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p1 == 0 and bugcheck.p2 == 2 and bugcheck.p4 == 0
        require os.version == 5.0
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require module["tcpip.sys"].date >= 2003-06-01 and module["tcpip.sys"].date < 2004-07-01
        support "ndis" in stack.modules
        support any f in stack.frames where f.module == "tcpip" and f.function =~ /^ICMP/
        support bugcheck.p3 == 0
    }
    say       "TCP/IP ({module[\"tcpip.sys\"].date:date}) called address 0: what it kept of one of its own addresses was stale."
    do        "Install the update of KB840890, or the Update Rollup for Service Pack 4."
    do        "Until then a filter against incoming ICMP destination-unreachable messages keeps the machine up."

    test fires "an ICMP message has arrived" {
        machine x86 2000 cpus 1
        time 2004-02-10
        stop 0xd1 0 2 0 0
        module "nt" date 2003-06-11
        module "ndis.sys"
        module "tcpip.sys" date 2003-09-01
        context eip 0
        stack {
            frame "tcpip!Skipped+0x20"
            frame "tcpip!ICMPRcv+0x90"
            frame "tcpip!IPRcvPacket+0x80"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the tcpip.sys from before hotfix 818635" {
        machine x86 2000 cpus 1
        time 2004-02-10
        stop 0xd1 0 2 0 0
        module "nt" date 2003-06-11
        module "ndis.sys"
        module "tcpip.sys" date 2003-03-18
        context eip 0
        stack {
            frame "tcpip!Skipped+0x20"
            frame "tcpip!ICMPRcv+0x90"
            frame "tcpip!IPRcvPacket+0x80"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the corrected driver" {
        machine x86 2000 cpus 1
        time 2004-10-01
        stop 0xd1 0 2 0 0
        module "nt" date 2003-06-11
        module "ndis.sys"
        module "tcpip.sys" date 2004-08-01
        context eip 0
        stack {
            frame "tcpip!Skipped+0x20"
            frame "tcpip!ICMPRcv+0x90"
            frame "tcpip!IPRcvPacket+0x80"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Server 2003" {
        machine x86 2003 cpus 1
        time 2004-02-10
        stop 0xd1 0 2 0 0
        module "nt" date 2003-06-11
        module "ndis.sys"
        module "tcpip.sys" date 2003-09-01
        context eip 0
        stack {
            frame "tcpip!Skipped+0x20"
            frame "tcpip!ICMPRcv+0x90"
            frame "tcpip!IPRcvPacket+0x80"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "another driver called it" {
        machine x86 2000 cpus 1
        time 2004-02-10
        stop 0xd1 0 2 0 0
        module "nt" date 2003-06-11
        module "ndis.sys"
        module "tcpip.sys" date 2003-09-01
        module "foo.sys"
        context eip 0
        stack {
            frame "tcpip!Skipped+0x20"
            frame "foo!Work+0x40"
            frame "tcpip!IPRcvPacket+0x80"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a null pointer read by TCP/IP itself" {
        machine x86 2000 cpus 1
        time 2004-02-10
        stop 0xd1 0 2 0 "tcpip!ICMPRcv+0x90"
        module "nt" date 2003-06-11
        module "ndis.sys"
        module "tcpip.sys" date 2003-09-01
        stack {
            frame "tcpip!ICMPRcv+0x90"
            frame "tcpip!IPRcvPacket+0x80"
            frame "ndis!EthFilterDprIndicateReceive+0x7a"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2000 cpus 1
        container header
        time 2004-02-10
        stop 0xd1 0 2 0 0
    }
}
