# SPDX-License-Identifier: Apache-2.0
signature stack-overflow-many-drivers {
    title     "Drivers layered above one another used up the kernel stack together"
    class     stop
    severity  medium
    status    experimental
    related   "stack-recursion", "stack-overflow-huge-frame"
    false_positive "What is a driver of Windows is told by name; an unknown part of Windows counts as another's."

    on dump {
        require stack.overflow
        require count(m in stack.modules where m not in ["nt", "hal", "ndis", "tcpip", "tcpip6", "netio", "fwpkclnt", "afd", "netbt", "tdi", "tdx", "fltmgr", "ntfs", "fastfat", "rdr", "srv", "srv2", "mup", "mrxsmb", "rdbss", "win32k", "disk", "classpnp", "partmgr", "volmgr", "volsnap", "ftdisk", "ftdisk", "atapi", "scsiport", "storport", "ataport", "pci", "acpi", "usbport", "usbhub", "ks", "portcls", "psched", "wanarp", "ipsec", "wdf01000", "ci", "clfs", "ksecdd", "cng"]) >= 2
        require count(stack.modules) >= 4
        exclude any c in stack.cycles where c.count >= 4 and c.share >= 25
        exclude any f in stack.frames where known(f.bytes) and f.bytes * 2 >= stack.size
        exclude dump.kind == "user"
        # Stopped by hand or by a watchdog: nothing overflowed.
        exclude known(bugcheck.code) and bugcheck.code in [0x80, 0xe2, 0x101, 0x133, 0x1c8, 0x1ca, 0xdeaddead]
    }
    say       "{count(stack.modules)} modules share a kernel stack of {stack.size:bytes} that was too small for all of them; none of them recurses and no frame takes half of it."
    do        "Remove or update one of the layered drivers: {stack.modules}. Which one is a matter of choice; the one with the largest frames helps most."

    test fires "x86: filters of a file system" {
        machine x86 xp
        stop 0x7f 8 0 0 0
        module "ntfs.sys"
        module "avfilt.sys"
        module "encrypt.sys"
        stack overflow {
            frame "ntfs!Create+0x20" size 0x900
            frame "avfilt!C+0x20" size 0xb00
            frame "nt!IofCallDriver+0x20" size 0x100
            frame "encrypt!D+0x20" size 0xc00
            frame "ntfs!E+0x20" size 0x800
            frame "nt!F+0x20"
        }
    }
    test fires "x64: filters of the network" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "tcpip.sys"
        module "ndis.sys"
        module "fwall.sys"
        module "vpnlwf.sys"
        stack overflow {
            frame "vpnlwf!Send+0x20" size 0x1400
            frame "ndis!Send+0x20" size 0x400
            frame "fwall!Classify+0x20" size 0x1800
            frame "tcpip!Send+0x20" size 0x2000
            frame "nt!F+0x20"
        }
    }
    test silent "two of them call one another" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "a.sys"
        module "b.sys"
        module "ndis.sys"
        stack overflow { cycle "a!A+0x1c" "ndis!X+0x20" "b!B+0x40" times 40; frame "nt!F+0x20" }
    }
    test silent "one of them has a huge frame" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "a.sys"
        module "b.sys"
        module "ndis.sys"
        stack overflow { frame "a!A+0x1c" size 0x4000; frame "b!B+0x40" size 0x400; frame "ndis!X+0x30" size 0x200; frame "nt!F+0x20" }
    }
    test silent "the same drivers, and room left" {
        machine x64 7
        stop 0xd1 0 2 0 0
        module "a.sys"
        module "b.sys"
        module "ndis.sys"
        stack { frame "a!A+0x1c" size 0x1000; frame "b!B+0x40" size 0x400; frame "ndis!X+0x30" size 0x200; frame "nt!F+0x20" }
    }
    test silent "one driver and Windows" {
        machine x64 7
        stop 0x7f 8 0 0 0
        module "a.sys"
        module "ndis.sys"
        module "tcpip.sys"
        stack overflow {
            frame "a!A+0x1c" size 0x1c00
            frame "tcpip!B+0x40" size 0x1c00
            frame "ndis!X+0x30" size 0x1c00
            frame "nt!F+0x20"
        }
    }
    test unknown "header-only dump" {
        machine x64 7
        container header
        stop 0x7f 8 0 0 0
    }
}
