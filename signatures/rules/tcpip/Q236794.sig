# SPDX-License-Identifier: Apache-2.0
signature Q236794 {
    title     "TCP/IP's timer and a lookup race for the control block found last"
    class     stop
    severity  high
    status    experimental
    component "tcpip.sys"
    article   "Q236794"
    affects   "Windows NT 4.0 Terminal Server Edition SP4"
    related   "Q243878"
    false_positive "Without symbols of TCP/IP it cannot be told; any fault below these two routines looks alike."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require any f in stack.frames where f.module == "tcpip" and f.function in ["FindTCB", "_FindTCB", "TCBTimeout", "_TCBTimeout"]
        # What is damaged is used where the kernel takes or releases its lock.
        support bugcheck.p3 == 1 and any f in stack.frames where f.ip == fault.ip and f.module in ["nt", "hal"]
        support machine.cpus >= 2
        support module["termdd.sys"].loaded
    }
    say       "TCP/IP faulted while it looked up or timed out a connection's control block: what it had found last was freed by the other at the same time."
    do        "Install the latest service pack and tcpip.sys for Windows NT 4.0 (Terminal Server Edition: later than Service Pack 4); this one is of {module[\"tcpip.sys\"].date:date}."

    test fires "the lookup uses what the timer freed (Alpha, whose function tables name the routine)" {
        machine alpha nt4 cpus 2
        time 1999-06-01
        stop 0xa 0xf1c2cf0f 2 1 "nt!KiReleaseSpinLock+0x10"
        module "tcpip.sys" date 1999-01-10
        module "termdd.sys"
        stack { frame "nt!KeBugCheckEx+0x12c"; frame "nt!KiReleaseSpinLock+0x10"; frame "tcpip!FindTCB+0x84"; frame "tcpip!TCPRcv+0x14"; frame "nt!KiIdleLoop+0x10" }
    }

    test fires "the timer faults" {
        machine alpha nt4 cpus 2
        time 1999-06-01
        stop 0xa 0x10 2 0 "tcpip!TCBTimeout+0x110"
        module "tcpip.sys" date 1999-01-10
        stack { frame "nt!KeBugCheckEx+0x12c"; frame "tcpip!TCBTimeout+0x110"; frame "nt!KiTimerExpiration+0x14"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "another routine of TCP/IP" {
        machine alpha nt4 cpus 2
        time 1999-06-01
        stop 0xa 0x10 2 0 "tcpip!FreeARPBuffer+0x14"
        module "tcpip.sys" date 1999-01-10
        stack { frame "nt!KeBugCheckEx+0x12c"; frame "tcpip!FreeARPBuffer+0x14"; frame "tcpip!ARPSendComplete+0x14"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "another stop" {
        machine alpha nt4 cpus 2
        time 1999-06-01
        stop 0x1e 0xc0000005 "tcpip!FindTCB+0x84" 0 0
        module "tcpip.sys" date 1999-01-10
        stack { frame "nt!KeBugCheckEx+0x12c"; frame "tcpip!FindTCB+0x84"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "Windows 2000" {
        machine x86 2000 cpus 2
        time 2000-06-01
        stop 0xa 0x10 2 0 "tcpip!FindTCB+0x84"
        module "tcpip.sys" date 1999-12-01
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x10; frame "tcpip!FindTCB+0x84"; frame "nt!KiIdleLoop+0x10" }
    }

    test unknown "x86 without symbols of TCP/IP" {
        machine x86 nt4 cpus 2
        time 1999-06-01
        stop 0xa 0x10 2 0 "tcpip!FindTCB+0x84"
        module "tcpip.sys" date 1999-01-10
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x10; frame "tcpip!FindTCB+0x84"; frame "nt!KiIdleLoop+0x10" }
    }

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xa 0x14 2 0 0xf5a178ce
    }
}
