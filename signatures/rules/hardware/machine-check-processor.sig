# SPDX-License-Identifier: Apache-2.0
signature machine-check-processor {
    title     "The processor reported an error of its own caches or circuits"
    class     stop
    severity  critical
    status    stable

    on dump {
        require bugcheck.code in [0x124, 0x9c]
        require whea.mca.kind in ["cache", "TLB", "internal parity", "microcode parity", "internal timer", "internal", "functional redundancy"]
    }
    say       "Machine check {whea.mca.status:hex}: {whea.mca.kind} {whea.mca.level} (bank {whea.mca.bank}, processor {whea.mca.processor})."
    do        "No driver is at fault. Take overclocking and undervolting back, check cooling and power supply, update firmware and microcode; if it is always the same processor, exchange it."
    do        "An internal timer can also be a device or an access over the bus that never answered: look at the cards, too."

    test fires "Windows 10 x64: a cache" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800115
    }

    test fires "Windows 7 x64: parity" {
        machine x64 7
        stop 0x124 0 0xfffffa8001234000 0xbe000000 0x800005
    }

    test fires "Windows 10 x64: a timer" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800400
    }

    test fires "Windows XP x86: the older stop" {
        machine x86 xp
        stop 0x9c 4 0x80543210 0xbe000000 0x800115
    }

    test fires "Server 2003 x86: the older stop" {
        machine x86 2003
        stop 0x9c 4 0x80543210 0xbe000000 0x800005
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800115
    }

    test silent "memory" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800091
    }

    test silent "no machine check" {
        machine x64 10
        stop 0x124 4 0xffffe00112345000 0 0
    }

    test unknown "a status that is not valid" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0x3e000000 0x800115
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
