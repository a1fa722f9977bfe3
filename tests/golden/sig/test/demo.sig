# A rule of the tests.
signature demo {
    title     "a double fault with a stack that overflowed"
    class     stop
    severity  high
    status    experimental
    component "tcpip.sys"

    on dump {
        require bugcheck.code == 0x7f and bugcheck.p1 == 8
        require stack.overflow
    }
    say "{stack.used:bytes} of stack"
    do  "Look at the cycle."

    test fires "the NT 3.51 double fault" {
        machine x86 nt3.51
        stop 0x7f 8 0 0 0
        module "tcpip.sys" date 1996-05-01 size 123904
        stack overflow { cycle "tcpip!A+0x1c" "tcpip!B+0x40" times 60 }
    }
    test silent "another stop" {
        machine x86 nt3.51
        stop 0x50 8 0 0 0
    }
}
