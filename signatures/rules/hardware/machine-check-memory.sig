# SPDX-License-Identifier: Apache-2.0
signature machine-check-memory {
    title     "The memory or its controller reported an error that cannot be corrected"
    class     stop
    severity  critical
    status    stable

    on dump {
        require bugcheck.code in [0x124, 0x9c]
        require whea.mca.kind == "memory controller"
    }
    say       "Machine check {whea.mca.status:hex}: an error of the memory controller (bank {whea.mca.bank}, processor {whea.mca.processor})."
    do        "No software is at fault. Test and exchange memory modules, reseat them, take memory profiles and overclocking back. On a server the event log of the management controller names the slot."

    test fires "Windows 10 x64: " {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800091
    }

    test fires "Windows 7 x64: " {
        machine x64 7
        stop 0x124 0 0xfffffa8001234000 0xbe000000 0x800091
    }

    test fires "Windows 10 x64: bank and processor are in the record" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800091
        page 0xffffe00112345000 valid
        poke 0xffffe00112345000 43 50 45 52 10 02 ff ff ff ff 01 00 01 00 00 00 02 00 00 00 08 02 00 00
        poke 0xffffe00112345018 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345078 00 00 00 00 00 00 00 00 c8 00 00 00 40 01 00 00 00 03 00 00 01 00 00 00
        poke 0xffffe00112345090 01 1d 1e 8a f9 42 57 45 9c 33 56 5e 5c c3 f7 e8 00 00 00 00 00 00 00 00
        poke 0xffffe001123450a8 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450c0 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450d8 03 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 07 00 00 00
        poke 0xffffe001123450f0 91 00 80 00 00 00 00 be 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345108 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345120 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345138 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345150 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345168 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345180 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345198 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123451b0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123451c8 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123451e0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123451f8 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    }

    test fires "Windows XP x86: the older stop" {
        machine x86 xp
        stop 0x9c 4 0x80543210 0xbe000000 0x800091
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800091
    }

    test silent "a cache" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800115
    }

    test silent "no machine check" {
        machine x64 10
        stop 0x124 4 0xffffe00112345000 0 0
    }

    test unknown "a status that is not valid" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0x3e000000 0x800091
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
