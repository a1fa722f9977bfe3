# SPDX-License-Identifier: Apache-2.0
signature machine-check-bus {
    title     "The processor's bus or an interconnect reported an error"
    class     stop
    severity  critical
    status    stable
    false_positive "A driver that reads a device which was powered down or removed causes it as well."

    on dump {
        require bugcheck.code in [0x124, 0x9c]
        require whea.mca.kind in ["bus or interconnect", "external"]
    }
    say       "Machine check {whea.mca.status:hex}: {whea.mca.kind} (bank {whea.mca.bank}, processor {whea.mca.processor})."
    do        "The error came from outside of the core: memory, another socket, a card, or a device that a driver addressed where nothing answers. Update firmware and chipset, take overclocking back, try without cards that can be removed."

    test fires "Windows 10 x64: " {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0xe0f
    }

    test fires "Windows 7 x64: " {
        machine x64 7
        stop 0x124 0 0xfffffa8001234000 0xbe000000 0xe0f
    }

    test fires "Windows XP x86: the older stop" {
        machine x86 xp
        stop 0x9c 4 0x80543210 0xbe000000 0xe0f
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x124 0 0xffffe00112345000 0xbe000000 0xe0f
    }

    test silent "a cache" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800115
    }

    test silent "no machine check" {
        machine x64 10
        stop 0x124 4 0xffffe00112345000 0 0
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
