# SPDX-License-Identifier: Apache-2.0
signature Q216765 {
    title     "TCP/IP deferred processing recurses until the kernel stack overflows"
    class     stop
    severity  critical
    status    stable
    component "tcpip.sys"
    article   "Q216765"
    affects   "Windows NT 3.51"
    fixed     "tcpip.sys" x86 date 1999-02-04 size 124080
    fixed     "tcpip.sys" alpha date 1999-02-04 size 217328
    related   "Q172595", "KB909665"
    supersedes "stack-recursion"
    false_positive "A client of the transport may call back into it without end of its own accord: see who begins the round."

    on dump {
        require bugcheck.code == 0x7f and bugcheck.p1 == 8
        require machine.arch != "Alpha"
        require stack.overflow
        # More rounds than a chain of a few connections makes, and they are
        # what the stack was used up by; nobody but the transport and those
        # that it indicates data to takes part.
        require any c in stack.cycles where c.count >= 5 and c.share >= 60 and "tcpip" in c.modules and all m in c.modules where m in ["tcpip", "afd", "netbt", "tdi", "srv", "rdr", "nt", "hal"]
        support bugcheck.p2 == 0 and bugcheck.p3 == 0 and bugcheck.p4 == 0
        support any c in stack.cycles where c.count >= 8
        exclude os.nt and os.version >= 4.0
        exclude os.nt and module["tcpip.sys"].at_least_fixed
    }
    # Nothing public says where an Alpha keeps a thread's stack limits; its
    # kernel stacks have 16 KiB.
    on dump {
        require bugcheck.code == 0x7f and bugcheck.p1 == 8
        require machine.arch == "Alpha"
        require any c in stack.cycles where c.count >= 8 and c.bytes >= 10KiB and "tcpip" in c.modules and all m in c.modules where m in ["tcpip", "afd", "netbt", "tdi", "srv", "rdr", "nt", "hal"]
        exclude os.version >= 4.0
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "The kernel stack is used up by {stack.cycles[0].count} rounds ({stack.cycles[0].bytes:bytes}) of {stack.cycles[0].text}: what TCP/IP had put off was worked on while it was being worked on."
    do        "Install a tcpip.sys of 4 February 1999 or later; the one loaded is of {module[\"tcpip.sys\"].date:date}."
    do        "Until then, have fewer connections of the machine to itself ready at once: every one of a chain adds a round."

    test fires "server under load" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09T10:11:12Z
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01 size 123904
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test fires "through the socket driver, on the last of two processors" {
        machine x86 nt3.51 cpus 2
        time 1998-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01 size 123904
        module "afd.sys" date 1996-02-02
        current "System" tid 0x1c irql 2
        stack overflow {
            frame "tcpip!TdiSend+0x20"
            cycle "tcpip!ProcessTCBDelayQ+0x5c" "afd!AfdBReceiveEventHandler+0x10e" "tcpip!IndicateData+0x9e" times 12 bytes 944
            frame "tcpip!ProcessTCBDelayQ+0x5c"
            frame "nt!KiIdleLoop+0x28"
        }
    }
    test fires "rounds of two kilobytes: only five fit" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        module "netbt.sys" date 1996-05-01
        stack overflow { cycle "tcpip!A+0x1c" "netbt!B+0x40" times 5 bytes 2208 }
    }
    test fires "old return addresses under the stack pointer" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack overflow stale 12 { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 40 }
    }
    test fires "Alpha" {
        machine alpha nt3.51
        time 1998-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        module "afd.sys" date 1996-05-01
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" "afd!C+0x20" times 30 }
    }
    test silent "Alpha, the fixed driver" {
        machine alpha nt3.51
        time 1999-06-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1999-02-05
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test silent "Alpha, most of the stack free" {
        machine alpha nt3.51
        time 1998-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 10 }
    }
    test silent "Alpha with Windows NT 4.0" {
        machine alpha nt4
        time 1998-12-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test silent "the fixed driver" {
        machine x86 nt3.51 cpus 1
        time 1999-06-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1999-02-04 size 124080
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test unknown "linked the day before the fixed driver's date" {
        machine x86 nt3.51 cpus 1
        time 1999-06-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1999-02-03
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test silent "bounded recursion, other stop" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x1e 0xc0000005 0 0 0
        module "tcpip.sys" date 1996-05-01 size 123904
        stack { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 3 }
    }
    test silent "four rounds, then one frame that takes the rest of the stack" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack overflow {
            frame "tcpip!Huge+0x20" size 0x2400
            cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 4 bytes 400
            frame "nt!KiIdleLoop+0x28"
        }
    }
    test silent "a double fault with four rounds and most of the stack free" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 4 }
    }
    test silent "a long loop, one call deep" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack { frame "tcpip!A+0x1c"; frame "tcpip!ProcessTCBDelayQ+0x5c"; frame "nt!KiIdleLoop+0x28" }
    }
    test silent "one huge frame of TCP/IP" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack overflow { frame "tcpip!Huge+0x20" size 0x2e00; frame "nt!KiIdleLoop+0x28" }
    }
    test silent "many drivers, no period (as KB972907)" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        module "afd.sys"
        module "filter1.sys"
        module "filter2.sys"
        stack overflow {
            frame "filter1!A+0x20" size 0x600
            frame "tcpip!B+0x20" size 0xa00
            frame "afd!C+0x20" size 0x500
            frame "filter2!D+0x20" size 0x700
            frame "nt!E+0x20"
        }
    }
    test silent "LMHOSTS includes (Q172595)" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        module "netbt.sys"
        stack overflow { cycle "netbt!LmInclude+0x4c" "netbt!LmParse+0x90" times 30 }
    }
    test silent "the card's driver takes part (KB909665)" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        module "ndis.sys"
        module "e100b.sys"
        stack overflow { cycle "tcpip!ARPTransmit+0x4c" "ndis!Send+0x30" "e100b!Send+0x90" times 30 }
    }
    test silent "another trap" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 0xd 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 bytes 96 }
    }
    test silent "what is left of an earlier recursion lies under the stack pointer" {
        machine x86 nt3.51 cpus 1
        time 1996-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01
        stack stale 40 { frame "tcpip!A+0x1c"; frame "nt!KiIdleLoop+0x28" }
    }
    test silent "no frame of the network (KB928006)" {
        machine x86 2003 cpus 2
        time 2007-01-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 2005-03-24
        stack overflow { cycle "nt!A+0x1c" "nt!B+0x40" times 60 }
    }
    test silent "the same recursion in Windows NT 4.0, which the article does not name" {
        machine x86 nt4 cpus 1
        time 1998-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1997-05-01
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test silent "a recursion of a process, in its own dump" {
        machine x64 10
        container mdmp
        process "server.exe" pid 0x70 { thread tid 0x74 }
        current "server.exe"
        exception 0xc00000fd
    }
    test unknown "header-only dump" {
        machine x86 nt3.51 cpus 1
        container header
        stop 0x7f 8 0 0 0
    }
}
