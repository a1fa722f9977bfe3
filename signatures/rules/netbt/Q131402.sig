# SPDX-License-Identifier: Apache-2.0
signature Q131402 {
    title     "NetBT loops under extreme load and takes the machine with it"
    class     hang
    severity  high
    status    experimental
    component "netbt.sys"
    article   "Q131402"
    affects   "Windows NT 3.5"
    false_positive "A processor that happened to be in NetBT when a busy machine was stopped by hand looks the same: compare a second dump."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
        require any c in waits.cpus where c.work in ["runs", "spins"] and "netbt" in c.modules and not any m in c.modules where m in ["rdr", "srv"]
        # No other processor does anything else.
        require all c in waits.cpus where c.work == "idle" or "netbt" in c.modules
        require os.version < 4.0
        support os.version == 3.50
        support any c in cpus where c.module == "netbt"
        support any c in waits.cpus where "netbt" in c.modules and c.dpcs > 0
    }
    say       "The machine was stopped while NetBT had a processor and nothing else ran."
    do        "Update netbt.sys (the Service Packs of Windows NT 3.5, or Windows NT 3.51). With a second dump a minute later one sees whether it is still in the same loop."

    test fires "one processor, in a loop of NetBT" {
        machine x86 nt3.51
        container full
        time 1995-06-01
        stop 0x80
        module "netbt.sys"
        dpc "netbt!TimerDpc"
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap02+0x64"; frame "netbt!NbtProcess+0x30"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "another driver runs, too" {
        machine x86 nt3.51 cpus 2
        container full
        time 1995-06-01
        stop 0x80
        module "netbt.sys"
        module "foo.sys"
        process "server.exe" pid 0x70 { thread tid 0x74 cpu 1 irql 2 { stack { frame "foo!A+0x20"; frame "nt!NtReadFile+0x40" } } }
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap02+0x64"; frame "netbt!NbtProcess+0x30"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "a fault in NetBT" {
        machine x86 nt3.51
        container full
        time 1995-06-01
        stop 0xa 0x18 2 1 "netbt!NbtProcess+0x30"
        module "netbt.sys"
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap0E+0xdc" address 0x18; frame "netbt!NbtProcess+0x30"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "the loop is TCP/IP's" {
        machine x86 nt3.51
        container full
        time 1995-06-01
        stop 0x80
        module "netbt.sys"
        module "tcpip.sys"
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap02+0x64"; frame "tcpip!Loop+0x30"; frame "nt!KiIdleLoop+0x10" }
    }

    test silent "Windows NT 4.0" {
        machine x86 nt4
        container full
        time 1998-06-01
        stop 0x80
        module "netbt.sys"
        stack { frame "nt!KeBugCheckEx+0x12e"; trap "nt!KiTrap02+0x64"; frame "netbt!NbtProcess+0x30"; frame "nt!KiIdleLoop+0x10" }
    }

    test unknown "header-only dump" {
        machine x86 nt3.51
        container header
        stop 0xe2
    }
}
