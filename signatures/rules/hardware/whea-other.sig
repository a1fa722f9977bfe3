# SPDX-License-Identifier: Apache-2.0
signature whea-other {
    title     "The hardware reported an error of another kind"
    class     stop
    severity  critical
    status    experimental

    on dump {
        require bugcheck.code == 0x124
        require bugcheck.p1 in [2, 3, 5, 6, 7] or bugcheck.p1 > 7
        exclude any s in whea.sections where s.type in ["memory", "PCI Express"]
    }
    say       "The source is {bugcheck.p1:dec} (2 corrected platform error, 3 non-maskable interrupt, 5 generic, 6 initialisation, 7 found at boot); severity {whea.severity}."
    do        "Look at the sections of the record (!errrec of parameter 2) and at the log of the firmware or management controller. Error 7 is the report of a crash before this start."

    test fires "Windows 10 x64: " {
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

    test fires "Windows 7 x64: an interrupt" {
        machine x64 7
        stop 0x124 3 0xfffffa8001234000 0 0
        page 0xfffffa8001234000 valid
        poke 0xfffffa8001234000 43 50 45 52 10 02 ff ff ff ff 01 00 01 00 00 00 02 00 00 00 d8 00 00 00
        poke 0xfffffa8001234018 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa8001234078 00 00 00 00 00 00 00 00 c8 00 00 00 10 00 00 00 00 03 00 00 01 00 00 00
        poke 0xfffffa8001234090 e7 54 12 e7 b9 c1 40 49 ab 76 90 97 03 a4 32 0f 00 00 00 00 00 00 00 00
        poke 0xfffffa80012340a8 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xfffffa80012340c0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    }

    test unknown "the header alone has no record" {
        machine x64 10
        container header
        stop 0x124 7 0xffffe00112345000 0 0
    }

    test silent "a machine check" {
        machine x64 10
        stop 0x124 0 0xffffe00112345000 0xbe000000 0x800115
    }

    test silent "memory has its own rule" {
        machine x64 10
        stop 0x124 5 0xffffe00112345000 0 0
        page 0xffffe00112345000 valid
        poke 0xffffe00112345000 43 50 45 52 10 02 ff ff ff ff 01 00 01 00 00 00 02 00 00 00 18 01 00 00
        poke 0xffffe00112345018 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345030 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345048 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345060 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345078 00 00 00 00 00 00 00 00 c8 00 00 00 50 00 00 00 00 03 00 00 01 00 00 00
        poke 0xffffe00112345090 14 11 bc a5 64 6f de 4e b8 63 3e 83 ed 7c 83 b1 00 00 00 00 00 00 00 00
        poke 0xffffe001123450a8 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450c0 00 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450d8 00 60 45 23 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe001123450f0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
        poke 0xffffe00112345108 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
