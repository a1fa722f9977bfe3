# SPDX-License-Identifier: Apache-2.0
signature machine-check-other {
    title     "A machine check whose code says no more"
    class     stop
    severity  critical
    status    experimental

    on dump {
        require bugcheck.code in [0x124, 0x9c]
        require whea.mca.kind in ["no error", "unclassified", "unknown code"]
    }
    say       "Machine check {whea.mca.status:hex} (bank {whea.mca.bank}): its code ({whea.mca.kind}) is the processor maker's own."
    do        "Look the bank and code up in the processor's manual; then as for any machine check: overclocking, voltage, cooling, firmware, memory."

    test fires "Windows 10 x64: " {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x1
    }

    test fires "Windows 7 x64: " {
        machine x64 7
        stop 0x124 0 0xfffffa8001234000 0xbe000000 0x0
    }

    test fires "Windows XP x86: " {
        machine x86 xp
        stop 0x9c 4 0x80543210 0xbe000000 0x1
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x1
    }

    test silent "a cache" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800115
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
