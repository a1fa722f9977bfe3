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
    false_positive "A driver that filters below TCP/IP may own the recursion: read the cycle."

    on dump {
        require bugcheck.code == 0x7f and bugcheck.p1 == 8
        require stack.overflow
        require any c in stack.cycles where c.count >= 4 and "tcpip" in c.modules
        support os.version == 3.51
        exclude module["tcpip.sys"].at_least_fixed
    }
    say       "{stack.used:bytes} of a {stack.size:bytes} kernel stack is {stack.cycles[0].count} rounds of {stack.cycles[0].text}."
    do        "Install the tcpip.sys of 4 February 1999 or later; this one is of {module[\"tcpip.sys\"].date:date}."

    test fires "server under load" {
        machine x86 nt3.51 cpus 1
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01 size 123904
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test silent "bounded recursion, other stop" {
        machine x86 nt3.51 cpus 1
        stop 0x1e 0xc0000005 0 0 0
        module "tcpip.sys" date 1996-05-01 size 123904
        stack { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 3 }
    }
    test silent "the fixed driver" {
        machine x86 nt3.51 cpus 1
        time 1999-08-09
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1999-02-04 size 124080
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test unknown "header-only dump" {
        machine x86 nt3.51 cpus 1
        container header
        stop 0x7f 8 0 0 0
    }
}
