# SPDX-License-Identifier: Apache-2.0
signature Q172595 {
    title     "NetBT follows LMHOSTS includes in a circle until the kernel stack overflows"
    class     stop
    severity  high
    status    stable
    component "netbt.sys"
    article   "Q172595"
    affects   "Windows NT 4.0"
    related   "Q216765"
    supersedes "stack-recursion"
    false_positive "The files are not in the dump: that they include one another is concluded from NetBT being alone in the recursion."

    on dump {
        require bugcheck.code == 0x7f and bugcheck.p1 == 8
        require stack.overflow
        require any c in stack.cycles where c.count >= 5 and c.share >= 60 and "netbt" in c.modules and all m in c.modules where m in ["netbt", "nt", "hal"]
        support os.version == 4.0
        support bugcheck.p2 == 0 and bugcheck.p3 == 0 and bugcheck.p4 == 0
        exclude os.nt and os.version >= 5.0
        exclude machine.arch == "Alpha"
    }
    on dump {
        require bugcheck.code == 0x7f and bugcheck.p1 == 8
        require machine.arch == "Alpha"
        require any c in stack.cycles where c.count >= 8 and c.bytes >= 10KiB and "netbt" in c.modules and all m in c.modules where m in ["netbt", "nt", "hal"]
        support os.version == 4.0
    }
    say       "The kernel stack is used up by {stack.cycles[0].count} rounds ({stack.cycles[0].bytes:bytes}) within NetBT: {stack.cycles[0].text}."
    do        "Look through LMHOSTS and every file it names with #INCLUDE, on this machine and on the servers, for one that leads back to another; take that line out."

    test fires "two servers whose files include one another" {
        machine x86 nt4 cpus 1
        time 1997-09-01
        stop 0x7f 8 0 0 0
        module "netbt.sys" date 1996-10-01
        module "tcpip.sys" date 1996-10-01
        stack overflow {
            frame "nt!ZwCreateFile+0xb"
            cycle "netbt!LmOpenFile+0x4c" "netbt!LmInclude+0x90" "netbt!LmGetIpAddr+0x111" times 20
            frame "nt!ExpWorkerThread+0x73"
        }
    }
    test fires "on a multiprocessor" {
        machine x86 nt4 cpus 4
        time 1997-09-01
        stop 0x7f 8 0 0 0
        module "netbt.sys"
        stack overflow { cycle "netbt!A+0x4c" "netbt!B+0x90" times 14 bytes 800 }
    }
    test fires "Alpha" {
        machine alpha nt4
        time 1997-09-01
        stop 0x7f 8 0 0 0
        module "netbt.sys"
        stack overflow { cycle "netbt!A+0x4c" "netbt!B+0x90" times 40 }
    }
    test fires "Windows NT 3.51, which the article does not name" {
        machine x86 nt3.51
        time 1997-09-01
        stop 0x7f 8 0 0 0
        module "netbt.sys"
        stack overflow { cycle "netbt!A+0x4c" "netbt!B+0x90" times 40 }
    }
    test silent "includes that end, another stop" {
        machine x86 nt4
        time 1997-09-01
        stop 0xa 0x14 2 0 0xf5a178ce
        module "netbt.sys"
        stack { cycle "netbt!A+0x4c" "netbt!B+0x90" times 3 }
    }
    test silent "a double fault with three includes on the stack, most of it free" {
        machine x86 nt4
        time 1997-09-01
        stop 0x7f 8 0 0 0
        module "netbt.sys"
        stack { cycle "netbt!A+0x4c" "netbt!B+0x90" times 3 }
    }
    test silent "the recursion is TCP/IP's and passes through NetBT (Q216765)" {
        machine x86 nt4
        time 1997-09-01
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "netbt.sys"
        stack overflow { cycle "tcpip!A+0x1c" "netbt!B+0x40" times 60 }
    }
    test silent "another driver recurses below NetBT" {
        machine x86 nt4
        time 1997-09-01
        stop 0x7f 8 0 0 0
        module "filter.sys"
        module "netbt.sys"
        stack overflow { cycle "filter!A+0x1c" times 60; frame "netbt!LmOpenFile+0x4c"; frame "nt!ExpWorkerThread+0x73" }
    }
    test silent "Windows 2000" {
        machine x86 2000
        time 2001-09-01
        stop 0x7f 8 0 0 0
        module "netbt.sys"
        stack overflow { cycle "netbt!A+0x4c" "netbt!B+0x90" times 40 }
    }
    test unknown "header-only dump" {
        machine x86 nt4
        container header
        stop 0x7f 8 0 0 0
    }
}
