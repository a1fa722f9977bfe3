# SPDX-License-Identifier: Apache-2.0
signature Q293498 {
    title     "NDIS does not lower the IRQL after an error"
    class     hang
    severity  high
    status    experimental
    component "ndis.sys"
    article   "Q293498"
    affects   "Windows NT 4.0 SP6a"
    fixed     "ndis.sys" x86 os "4.0" version 4.0.1381.7095 date 2001-03-29 size 121872
    fixed     "ndis.sys" alpha os "4.0" version 4.0.1381.7095 date 2001-03-29 size 213840
    false_positive "A card's driver that never gives back a lock of NDIS hangs the machine at the same place."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0xdeaddead]
        require os.version == 4.0
        require any c in waits.cpus where c.work == "spins" and c.modules[0] == "ndis"
        require none c in waits.cpus where c.work == "spins" and c.modules[0] != "ndis"
        require none c in waits.cpus where c.work == "runs"
        support module["ndis.sys"].date >= 1999-10-01
        support waits.spinning == 1
        exclude module["ndis.sys"].at_least_fixed
    }
    say       "{waits.spinning} processors spin for a lock of NDIS of {module[\"ndis.sys\"].date:date}, and nothing runs that could give it back."
    do        "Install the ndis.sys 4.0.1381.7095 of 29 March 2001 or later."

    test fires "one processor spins in NDIS" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xe2
        module "ndis.sys" date 1999-10-13 version 4.0.1381.336
        page 0x8a000000 valid
        poke 0x8a000040 01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "ndis!Reset+0x50"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "the fixed driver" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xe2
        module "ndis.sys" date 2001-03-29 version 4.0.1381.7095
        page 0x8a000000 valid
        poke 0x8a000040 01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "ndis!Reset+0x50"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another driver spins" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xe2
        module "ndis.sys" date 1999-10-13 version 4.0.1381.336
        module "foo.sys" date 1999-01-01
        page 0x8a000000 valid
        poke 0x8a000040 01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "foo!Reset+0x50"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "a fault, not a hang" {
        machine x86 nt4
        container full
        time 2003-01-01
        stop 0xa 0x2c 2 0 0
        module "ndis.sys" date 1999-10-13 version 4.0.1381.336
        page 0x8a000000 valid
        poke 0x8a000040 01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "ndis!Reset+0x50"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "another processor runs" {
        machine x86 nt4 cpus 2
        container full
        time 2003-01-01
        stop 0xe2
        module "ndis.sys" date 1999-10-13 version 4.0.1381.336
        page 0x8a000000 valid
        poke 0x8a000040 01
        module "foo.sys"
        process "x.exe" pid 0x70 { thread tid 0x74 cpu 1 irql 2 { stack { frame "foo!Holds+0x20"; frame "nt!NtClose+0x40" } } }
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "ndis!Reset+0x50"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 2003-01-01
        stop 0xe2
        module "ndis.sys" date 1999-10-13 version 4.0.1381.336
        page 0x8a000000 valid
        poke 0x8a000040 01
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x12e"
            trap  "nt!KiTrap02+0x64"
            frame "hal!KfAcquireSpinLock+0x17" first 0x8a000040
            frame "ndis!Reset+0x50"
            frame "nt!KiIdleLoop+0x10"
        }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xe2
    }
}
