# SPDX-License-Identifier: Apache-2.0
signature Q234593 {
    title     "TCP/IP hotfixes of 28 April to 28 May 1999 deadlock on multiprocessors"
    class     hang
    severity  critical
    status    experimental
    component "tcpip.sys"
    article   "Q234593"
    affects   "Windows NT 4.0 SP5", "Windows NT 4.0 Terminal Server Edition"
    fixed     "tcpip.sys" x86 os "4.0" date 1999-06-04 size 150768
    fixed     "tcpip.sys" alpha os "4.0" date 1999-06-04 size 273968
    related   "Q177245", "Q243878"
    supersedes "spin-lock-deadlock", "spin-lock-orphan"
    false_positive "The article does not say which locks: what decides is a hang on TCP/IP's spin locks with a driver from these weeks."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require waits.spinning >= 1
        require machine.cpus >= 2
        require count(waits.cpus) >= machine.cpus
        require none c in waits.cpus where c.work == "runs"
        require all c in waits.cpus where c.work != "spins" or "tcpip" in c.modules
        # A date is of the link; the files are a day or two younger.
        require module["tcpip.sys"].date >= 1999-04-26
        support waits.spinning >= 2
        support any a in waits.cpus where a.work == "spins" and any b in waits.cpus where b.work == "spins" and a.lock != b.lock
        exclude os.nt and (os.version < 4.0 or os.version >= 5.0)
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "{waits.spinning} of {machine.cpus} processors spin in TCP/IP and nobody runs who could release the locks; this tcpip.sys ({module[\"tcpip.sys\"].date:date}) is one of the hotfixes whose locking is wrong."
    do        "Replace the hotfix by Service Pack 6 or a tcpip.sys of 26 July 1999 or later (that of 4 June has a fault of its own, Q243878)."

    test fires "two processors, different locks" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-05-12
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test fires "both want one lock" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-04-28
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040; frame "tcpip!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test fires "Terminal Server Edition" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-05-12
        module "afd.sys" size 0x9000
        module "termdd.sys"
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "the driver of Service Pack 5" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-02-20
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-06-04
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "another driver spins, too" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-05-12
        module "afd.sys" size 0x9000
        module "foo.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "foo!A+0x20"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "a third processor runs" {
        machine x86 nt4 cpus 3
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xe2
        module "tcpip.sys" size 0x9000 date 1999-05-12
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!B+0x20"; frame "nt!NtReadFile+0x40" } }
            thread tid 0x108 cpu 2 irql 2 { stack { frame "tcpip!LongHolder+0x20"; frame "nt!NtClose+0x11a" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test silent "a fault" {
        machine x86 nt4 cpus 2
        container full
        memory 32MiB
        time 1999-07-01
        uptime 41d3h
        stop 0xa 0 2 0 0
        module "tcpip.sys" size 0x9000 date 1999-05-12
        module "afd.sys" size 0x9000
        page 0x8a000000 valid
        page 0x8a002000 valid
        poke 0x8a000040 01
        poke 0x8a002010 01
        poke 0x8a000060 00000000
        poke 0x8a002000 00000000
        process "server.exe" pid 0x70 {
            thread tid 0x104 cpu 1 irql 2 { stack { frame "hal!KfAcquireSpinLock+0x17" first 0x8a002010; frame "tcpip!B+0x20"; frame "nt!NtReadFile+0x40" } }
        }
        current "server.exe" tid 0x78 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap "nt!KiTrap0E+0xdc"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "tcpip!A+0x20"; frame "nt!NtReadFile+0x40"
        }
    }

    test unknown "header-only dump" {
        machine x86 nt4 cpus 2
        container header
        stop 0xe2
    }
}
