# SPDX-License-Identifier: Apache-2.0
# Service Pack 4 is of June 2003.
signature KB817864 {
    title     "The driver of Network Monitor does not know that adapters tell of their closing"
    class     stop
    severity  medium
    status    experimental
    component "nmnt.sys"
    article   "KB817864"
    affects   "Windows 2000 SP1", "Windows 2000 SP2", "Windows 2000 SP3"
    false_positive "Any other null pointer in this driver during an indication of NDIS."

    on dump {
        require bugcheck.code == 0xd1 and bugcheck.p1 == 0 and bugcheck.p2 == 2 and bugcheck.p3 == 0
        require os.version == 5.0
        require bugcheck.p4 >= module["nmnt.sys"].base and bugcheck.p4 < module["nmnt.sys"].base + module["nmnt.sys"].size
        require "nmnt" in stack.modules
        support "ndis" in stack.modules
        support any f in stack.frames where f.function in ["NdisMIndicateStatus", "ndisMIndicateStatus"]
        exclude module["nt"].date >= 2003-06-01
        exclude module["nmnt.sys"].date >= 2003-06-01
    }
    say       "nmnt.sys ({module[\"nmnt.sys\"].date:date}) read from a pointer of nothing when an adapter was closed."
    do        "Install Service Pack 4 of Windows 2000, or the update of KB817864."
    do        "Remove the Network Monitor driver from adapters where nobody captures."

    test fires "an adapter goes away" {
        machine x86 2000 cpus 1
        time 2003-03-10
        stop 0xd1 0 2 0 "nmnt!BhStatus+0x50"
        module "nt" date 2002-07-20
        module "ndis.sys"
        module "nmnt.sys" date 2002-07-01
        module "e100b.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nmnt!BhStatus+0x50"
            frame "ndis!NdisMIndicateStatus+0x40"
            frame "e100b!Halt+0x60"
            frame "nt!IopShutdownX+0x40"
        }
    }

    test silent "Service Pack 4" {
        machine x86 2000 cpus 1
        time 2003-10-01
        stop 0xd1 0 2 0 "nmnt!BhStatus+0x50"
        module "nt" date 2003-06-11
        module "ndis.sys"
        module "nmnt.sys" date 2002-07-01
        module "e100b.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nmnt!BhStatus+0x50"
            frame "ndis!NdisMIndicateStatus+0x40"
            frame "e100b!Halt+0x60"
            frame "nt!IopShutdownX+0x40"
        }
    }

    test silent "a corrected nmnt.sys" {
        machine x86 2000 cpus 1
        time 2003-10-01
        stop 0xd1 0 2 0 "nmnt!BhStatus+0x50"
        module "nt" date 2002-07-20
        module "ndis.sys"
        module "nmnt.sys" date 2003-06-05
        module "e100b.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nmnt!BhStatus+0x50"
            frame "ndis!NdisMIndicateStatus+0x40"
            frame "e100b!Halt+0x60"
            frame "nt!IopShutdownX+0x40"
        }
    }

    test silent "Windows XP" {
        machine x86 xp cpus 1
        time 2003-03-10
        stop 0xd1 0 2 0 "nmnt!BhStatus+0x50"
        module "nt" date 2002-07-20
        module "ndis.sys"
        module "nmnt.sys" date 2002-07-01
        module "e100b.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nmnt!BhStatus+0x50"
            frame "ndis!NdisMIndicateStatus+0x40"
            frame "e100b!Halt+0x60"
            frame "nt!IopShutdownX+0x40"
        }
    }

    test silent "the same stop in the card's driver" {
        machine x86 2000 cpus 1
        time 2003-03-10
        stop 0xd1 0 2 0 "e100b!Halt+0x60"
        module "nt" date 2002-07-20
        module "ndis.sys"
        module "nmnt.sys" date 2002-07-01
        module "e100b.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "e100b!Halt+0x60"
            frame "nt!IopShutdownX+0x40"
        }
    }

    test silent "a write" {
        machine x86 2000 cpus 1
        time 2003-03-10
        stop 0xd1 0 2 1 "nmnt!BhStatus+0x50"
        module "nt" date 2002-07-20
        module "ndis.sys"
        module "nmnt.sys" date 2002-07-01
        module "e100b.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiTrap0E+0x20b" error 0
            frame "nmnt!BhStatus+0x50"
            frame "ndis!NdisMIndicateStatus+0x40"
            frame "e100b!Halt+0x60"
            frame "nt!IopShutdownX+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2000 cpus 1
        container header
        time 2003-03-10
        stop 0xd1 0 2 0 0xf9c8d886
    }
}
