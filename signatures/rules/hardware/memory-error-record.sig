# SPDX-License-Identifier: Apache-2.0
signature memory-error-record {
    title     "The platform reported a memory error that cannot be corrected"
    class     stop
    severity  critical
    status    stable

    on dump {
        require bugcheck.code == 0x124
        require any s in whea.sections where s.type == "memory"
    }
    say       "The error record has a memory section: physical address {whea.address}, part {first(s in whea.sections where s.type == \"memory\" : s.part)}."
    do        "Exchange the module that is named; without a name look at the log of the management controller. No software is at fault."

    test fires "Windows 10 x64: with the module's name" {
        machine x64 10
        stop 0x124 5 0xffffe00112345000 0 0
        page 0xffffe00112345000 valid
        poke 0xffffe00112345000 43 50 45 52 10 02 ff ff ff ff 01 00 01 00 00 00 02 00 00 00 18 01 00 00
        poke 0xffffe00112345018 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345078 00 00 00 00 00 00 00 00 c8 00 00 00 50 00 00 00 00 03 02 00 01 00 00 00
        poke 0xffffe00112345090 14 11 bc a5 64 6f de 4e b8 63 3e 83 ed 7c 83 b1 00 00 00 00 00 00 00 00
        poke 0xffffe001123450a8 00 00 00 00 00 00 00 00 01 00 00 00 44 49 4d 4d 5f 41 31 00 00 00 00 00
        poke 0xffffe001123450c0 00 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450d8 00 60 45 23 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450f0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345108 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    }

    test fires "Windows 7 x64: " {
        machine x64 7
        stop 0x124 2 0xfffffa8001234000 0 0
        page 0xfffffa8001234000 valid
        poke 0xfffffa8001234000 43 50 45 52 10 02 ff ff ff ff 01 00 01 00 00 00 02 00 00 00 18 01 00 00
        poke 0xfffffa8001234018 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234078 00 00 00 00 00 00 00 00 c8 00 00 00 50 00 00 00 00 03 00 00 01 00 00 00
        poke 0xfffffa8001234090 14 11 bc a5 64 6f de 4e b8 63 3e 83 ed 7c 83 b1 00 00 00 00 00 00 00 00
        poke 0xfffffa80012340a8 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa80012340c0 00 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa80012340d8 00 60 45 23 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa80012340f0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234108 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    }

    test silent "a device" {
        machine x64 10
        stop 0x124 4 0xffffe00112345000 0 0
        page 0xffffe00112345000 valid
        poke 0xffffe00112345000 43 50 45 52 10 02 ff ff ff ff 01 00 01 00 00 00 02 00 00 00 98 01 00 00
        poke 0xffffe00112345018 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345078 00 00 00 00 00 00 00 00 c8 00 00 00 d0 00 00 00 00 03 00 00 01 00 00 00
        poke 0xffffe00112345090 54 e9 95 d9 c1 bb 0f 43 ad 91 b4 4d cb 3c 6f 35 00 00 00 00 00 00 00 00
        poke 0xffffe001123450a8 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450c0 00 00 00 00 00 00 00 00 08 00 00 00 00 00 00 00 00 00 00 00 01 01 00 00
        poke 0xffffe001123450d8 06 00 10 00 00 00 00 00 86 80 34 12 00 00 03 00 1c 00 00 03 00 00 00 00
        poke 0xffffe001123450f0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345108 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345120 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345138 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345150 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345168 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345180 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    }

    test silent "no section" {
        machine x64 10
        stop 0x124 5 0xffffe00112345000 0 0
        page 0xffffe00112345000 valid
        poke 0xffffe00112345000 43 50 45 52 10 02 ff ff ff ff 00 00 01 00 00 00 02 00 00 00 80 00 00 00
        poke 0xffffe00112345018 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345078 00 00 00 00 00 00 00 00
    }

    test unknown "the record is not in the dump" {
        machine x64 10
        container header
        stop 0x124 5 0xffffe00112345000 0 0
    }

    test unknown "what is there is no record" {
        machine x64 10
        stop 0x124 5 0xffffe00112345000 0 0
        page 0xffffe00112345000 valid
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
