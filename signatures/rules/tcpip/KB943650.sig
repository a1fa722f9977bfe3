# SPDX-License-Identifier: Apache-2.0
# The article names stops and the damaged structure, no routine. Its last review is of
# July 2008; a driver linked after that is taken to have the correction.
signature KB943650 {
    title     "TCP/IP alters its timer queue under a lock taken for reading (multicast forwarding)"
    class     corruption
    severity  medium
    status    experimental
    component "tcpip.sys"
    article   "KB943650"
    affects   "Windows Vista", "Windows Server 2008"
    related   "KB2905412"
    false_positive "Any fault of this tcpip.sys that a timer led to: that multicast forwarding is on, no dump says; ask for it."

    on dump {
        require bugcheck.code == 0xd1 or (bugcheck.code == 0x1e and bugcheck.p1 == 0xffffffffc0000005) or (bugcheck.code == 0x1e and bugcheck.p1 == 0xc0000005)
        require os.version == 6.0
        require machine.cpus >= 2
        require blame.module == "tcpip"
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "tcpip"
        require module["tcpip.sys"].date < 2008-07-28
        support weight 3 any f in stack.frames where f.function in ["KiTimerExpiration", "KiTimerListExpire", "KiProcessTimerDpcTable"] or (f.module == "tcpip" and f.function =~ /timer|timeout/i)
    }
    say       "tcpip.sys ({module[\"tcpip.sys\"].date:date}) faulted, perhaps over its queue of timers."
    do        "Ask whether the machine forwards multicast packets. If so, switch that off, or install the update of KB943650."
    do        "If not, this is not the cause."

    test fires "stop D1 in a timer" {
        machine x64 vista cpus 2
        time 2008-05-10
        stop 0xd1 0x10 2 0 "tcpip!TimerQueueX+0x50"
        module "ndis.sys"
        module "tcpip.sys" date 2008-01-19
        module "netio.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TimerQueueX+0x50"
            frame "tcpip!IppTimeout+0x60"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test fires "stop 1E" {
        machine x64 vista cpus 2
        time 2008-05-10
        stop 0x1e 0xffffffffc0000005 "tcpip!TimerQueueX+0x50" 0 0x10
        module "ndis.sys"
        module "tcpip.sys" date 2008-01-19
        module "netio.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TimerQueueX+0x50"
            frame "tcpip!IppTimeout+0x60"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "a tcpip.sys from after the article" {
        machine x64 vista cpus 2
        time 2009-08-10
        stop 0xd1 0x10 2 0 "tcpip!TimerQueueX+0x50"
        module "ndis.sys"
        module "tcpip.sys" date 2009-04-11
        module "netio.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TimerQueueX+0x50"
            frame "tcpip!IppTimeout+0x60"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "Windows 7" {
        machine x64 7 cpus 2
        time 2008-05-10
        stop 0xd1 0x10 2 0 "tcpip!TimerQueueX+0x50"
        module "ndis.sys"
        module "tcpip.sys" date 2008-01-19
        module "netio.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TimerQueueX+0x50"
            frame "tcpip!IppTimeout+0x60"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "one processor" {
        machine x64 vista cpus 1
        time 2008-05-10
        stop 0xd1 0x10 2 0 "tcpip!TimerQueueX+0x50"
        module "ndis.sys"
        module "tcpip.sys" date 2008-01-19
        module "netio.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TimerQueueX+0x50"
            frame "tcpip!IppTimeout+0x60"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "the same stop in another driver" {
        machine x64 vista cpus 2
        time 2008-05-10
        stop 0xd1 0x10 2 0 "foo!Work+0x50"
        module "ndis.sys"
        module "tcpip.sys" date 2008-01-19
        module "netio.sys"
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "foo!Work+0x50"
            frame "tcpip!TimerQueueX+0x50"
            frame "tcpip!IppTimeout+0x60"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test silent "another exception" {
        machine x64 vista cpus 2
        time 2008-05-10
        stop 0x1e 0xffffffff80000003 "tcpip!TimerQueueX+0x50" 0 0
        module "ndis.sys"
        module "tcpip.sys" date 2008-01-19
        module "netio.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap "nt!KiPageFault+0x260" error 0
            frame "tcpip!TimerQueueX+0x50"
            frame "tcpip!IppTimeout+0x60"
            frame "nt!KiTimerExpiration+0x9b"
            frame "nt!KiRetireDpcList+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x64 vista cpus 2
        container header
        time 2008-05-10
        stop 0xd1 0x10 2 0 0xfffffa600061005c
    }
}
