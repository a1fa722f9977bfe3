# SPDX-License-Identifier: Apache-2.0
# The files of the correction are not public any more; the article is of the beginning
# of 2002, and a driver linked from March 2002 on is taken to have it.
signature KB315836 {
    title     "NDIS races with itself under a deserialized miniport (NT 4.0)"
    class     stop
    severity  medium
    status    experimental
    component "ndis.sys"
    article   "KB315836"
    affects   "Windows NT Server 4.0 SP6a"
    false_positive "Any driver that hands NDIS a structure with a null member faults alike; teaming drivers and load speak for this article."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p1 == 0x18
        require os.version == 4.0
        require machine.cpus >= 2
        require bugcheck.p4 >= module["ndis.sys"].base and bugcheck.p4 < module["ndis.sys"].base + module["ndis.sys"].size
        require "ndis" in stack.modules
        require module["ndis.sys"].date < 2002-03-01
        support blame.module == "ndis"
        support bugcheck.p2 in [0, 2]
    }
    say       "ndis.sys ({module[\"ndis.sys\"].date:date}) used a structure that was not there ({bugcheck.p1:hex}), on a machine of {machine.cpus} processors."
    do        "Ask for the update of KB315836 for ndis.sys."
    do        "Until then take adapters out of teams, or use a miniport that NDIS serializes."

    test fires "teaming driver, two processors" {
        machine x86 nt4 cpus 2
        time 2001-11-01
        stop 0xa 0x18 0 2 "ndis!ndisMDprX+0x50"
        module "ndis.sys" date 1999-11-01
        module "team.sys" date 2001-03-01
        module "tcpip.sys" date 1999-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0xdc" error 0
            frame "ndis!ndisMDprX+0x50"
            frame "team!Send+0x40"
            frame "tcpip!IPTransmit+0x60"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "an ndis.sys from after the article" {
        machine x86 nt4 cpus 2
        time 2003-01-01
        stop 0xa 0x18 0 2 "ndis!ndisMDprX+0x50"
        module "ndis.sys" date 2002-09-01
        module "team.sys" date 2001-03-01
        module "tcpip.sys" date 1999-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0xdc" error 0
            frame "ndis!ndisMDprX+0x50"
            frame "team!Send+0x40"
            frame "tcpip!IPTransmit+0x60"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        time 2001-11-01
        stop 0xa 0x18 0 2 "ndis!ndisMDprX+0x50"
        module "ndis.sys" date 1999-11-01
        module "team.sys" date 2001-03-01
        module "tcpip.sys" date 1999-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0xdc" error 0
            frame "ndis!ndisMDprX+0x50"
            frame "team!Send+0x40"
            frame "tcpip!IPTransmit+0x60"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "one processor" {
        machine x86 nt4 cpus 1
        time 2001-11-01
        stop 0xa 0x18 0 2 "ndis!ndisMDprX+0x50"
        module "ndis.sys" date 1999-11-01
        module "team.sys" date 2001-03-01
        module "tcpip.sys" date 1999-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0xdc" error 0
            frame "ndis!ndisMDprX+0x50"
            frame "team!Send+0x40"
            frame "tcpip!IPTransmit+0x60"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in the miniport" {
        machine x86 nt4 cpus 2
        time 2001-11-01
        stop 0xa 0x18 2 0 "team!Send+0x40"
        module "ndis.sys" date 1999-11-01
        module "team.sys" date 2001-03-01
        module "tcpip.sys" date 1999-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0xdc" error 0
            frame "team!Send+0x40"
            frame "tcpip!IPTransmit+0x60"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "another member" {
        machine x86 nt4 cpus 2
        time 2001-11-01
        stop 0xa 0x1c 2 0 "ndis!ndisMDprX+0x50"
        module "ndis.sys" date 1999-11-01
        module "team.sys" date 2001-03-01
        module "tcpip.sys" date 1999-11-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0xdc" error 0
            frame "ndis!ndisMDprX+0x50"
            frame "team!Send+0x40"
            frame "tcpip!IPTransmit+0x60"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        time 2001-11-01
        stop 0xa 0x18 0 2 0xf17445f3
    }
}
