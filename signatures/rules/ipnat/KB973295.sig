# SPDX-License-Identifier: Apache-2.0
# The article is of 2009; a driver linked from 2010 on is taken to have the correction.
signature KB973295 {
    title     "Two processors delete one mapping of Windows Firewall"
    class     corruption
    severity  high
    status    experimental
    component "ipnat.sys"
    article   "KB973295"
    affects   "Windows Server 2003 SP2"
    false_positive "Any other block that ipnat.sys frees twice or uses after freeing it."

    on dump {
        require bugcheck.code in [0xc2, 0xcc, 0xd5]
        require os.version == 5.2
        require machine.cpus >= 2
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "ipnat"
        require module["nt"].date >= 2007-02-01
        require module["ipnat.sys"].date < 2010-01-01
        support bugcheck.code != 0xc2 or bugcheck.p1 in [6, 7]
        support blame.module == "ipnat"
    }
    say       "ipnat.sys ({module[\"ipnat.sys\"].date:date}) used a block that was freed, on a machine of {machine.cpus} processors."
    do        "Install the update of KB973295 for ipnat.sys."
    do        "Until then change the settings of Windows Firewall when the machine has little to do."

    test fires "a block freed twice" {
        machine x86 2003 cpus 2
        time 2009-05-10
        stop 0xc2 7 0x121a 0 0x8a2f4010
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExFreePoolWithTag+0x20"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "special pool, stop CC" {
        machine x86 2003 cpus 2
        time 2009-05-10
        stop 0xcc 0x8a2f4010 0 "ipnat!NatDeleteMappingX+0x50" 0
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "special pool, stop D5, x64" {
        machine x64 2003 cpus 2
        time 2009-05-10
        stop 0xd5 0xfffffa808a2f4010 0 "ipnat!NatDeleteMappingX+0x50" 0
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a corrected ipnat.sys" {
        machine x86 2003 cpus 2
        time 2010-05-01
        stop 0xc2 7 0x121a 0 0x8a2f4010
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2010-02-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExFreePoolWithTag+0x20"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Service Pack 1" {
        machine x86 2003 cpus 2
        time 2009-05-10
        stop 0xc2 7 0x121a 0 0x8a2f4010
        module "nt" date 2005-03-25
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2005-03-25
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExFreePoolWithTag+0x20"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows XP" {
        machine x86 xp cpus 2
        time 2009-05-10
        stop 0xc2 7 0x121a 0 0x8a2f4010
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExFreePoolWithTag+0x20"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "one processor" {
        machine x86 2003 cpus 1
        time 2009-05-10
        stop 0xc2 7 0x121a 0 0x8a2f4010
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExFreePoolWithTag+0x20"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "another driver frees twice" {
        machine x86 2003 cpus 2
        time 2009-05-10
        stop 0xc2 7 0x121a 0 0x8a2f4010
        module "nt" date 2007-02-17
        module "ndis.sys"
        module "tcpip.sys"
        module "ipnat.sys" date 2007-02-17
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!ExFreePoolWithTag+0x20"
            frame "foo!Work+0x50"
            frame "ipnat!NatDeleteMappingX+0x50"
            frame "ipnat!NatTimerX+0x40"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 2
        container header
        time 2009-05-10
        stop 0xc2 7 0x121a 0 0x8a2f4010
    }
}
