# SPDX-License-Identifier: Apache-2.0
# NetBT moves what a client did not take to the start of the buffer of the
# connection; with a malformed packet it moves more than there is room for. What
# then stops the machine, and with which code, depends on what lay behind.
signature KB961799 {
    title     "NetBT runs over its indicate buffer when a malformed NetBIOS packet arrives"
    class     corruption
    severity  critical
    status    stable
    component "netbt.sys"
    article   "KB961799"
    affects   "Windows Server 2003 SP2", "Windows XP x64 SP2"
    related   "Q307519", "Q244239", "Q244922"
    supersedes "netbios-malformed-session"
    false_positive "A driver that filters between TCP/IP and NetBT may hand it lengths that do not fit; look for one."

    # The stop is in the function itself, or in what it calls of the kernel.
    on dump {
        require bugcheck.code in [0x0a, 0x1e, 0x24, 0x50, 0x7e, 0xc5, 0xd1]
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "netbt"
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.function) == "NbtCopyToStartOfIndicate"
        support os.version == 5.2
    }
    # Somebody else met the damage: the header behind a buffer of NetBT is
    # destroyed, and what NetBT keeps has a header that RFC 1002 does not allow.
    on dump {
        require bugcheck.code in [0x0a, 0x1e, 0x24, 0x50, 0x7e, 0xc5, 0xd1]
        require os.version == 5.2
        require any c in pool.corruption where c.kind == "nonpaged" and c.suspect =~ /^Nb(t[1-9A-Z]|L[0-9]|[01][0-9])$/ and not c.single_bit
        require netbt.faults >= 1
        support any f in stack.frames where f.module in ["netbt", "srv", "rdbss", "mrxsmb"]
    }
    say       "Stop {bugcheck.code:hex} in {first(f in stack.frames where f.module not in [\"nt\", \"hal\"] : f.text)}: a NetBIOS session sent what NetBT did not expect. Malformed headers in its memory: {netbt.faults}."
    do        "Find the other side of the session among the addresses that the stack and NetBT's memory hold, the first being {first(p in netbt.peers : p.text)}; one of them is this machine's own. !netbt shows the headers."
    do        "Install the update of KB961799 for netbt.sys. Bring the peer up to date (old Samba releases send such packets) and look at switches and cards on the way that alter packets."

    test fires "Server 2003 x86: stop 0A in the function" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xa 0x8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: stop 1E in the function" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x1e 0xc0000005 "netbt!NbtCopyToStartOfIndicate+0x4f" 1 0x8a2f4000
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: stop 24 in the function" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x24 0x1902fe 0 0 0
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: stop 50 in the function" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x50 0x8a2f4000 1 "netbt!NbtCopyToStartOfIndicate+0x4f" 0
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: stop 7E in the function" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x7e 0xc0000005 "netbt!NbtCopyToStartOfIndicate+0x4f" 0 0
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: stop D1 in the function" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: stop C5, it asks for pool itself" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExAllocatePoolWithTag+0x7f5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExAllocatePoolWithTag+0x7f5"
            frame "netbt!NbtCopyToStartOfIndicate+0x21"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: in the copy that it calls" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x50 0x8a2f4000 1 "nt!memmove+0x33" 0
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "nt!memmove+0x33"
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x86: the connection holds the address of the peer" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block NbtD size 104 held data 00000000010000000e0002000bb8c0a8014d0000000000000000
        }
    }
    test fires "Server 2003 x64, XP x64: stop D1" {
        machine x64 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xd1 0xfffffadf8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx"
            frame "nt!KiBugCheckDispatch+0x74"
            trap  "nt!KiPageFault+0x213" error 2 address 0xfffffadf8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Server 2003 x64: stop 50" {
        machine x64 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x50 0xfffffadf8a2f4000 1 "netbt!NbtCopyToStartOfIndicate+0x4f" 0
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx"
            frame "nt!KiBugCheckDispatch+0x74"
            trap  "nt!KiPageFault+0x213" error 2 address 0xfffffadf8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "XP x86" {
        machine x86 xp
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "Windows 2000" {
        machine x86 2000
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x19"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test fires "somebody else meets the damage: a NetBT buffer ran over, its header is malformed" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            overrun 424242424242424242424242
            block File size 104 count 9 held
        }
    }
    test fires "the same on x64" {
        machine x64 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx"
            trap  "nt!KiPageFault+0x213" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x77"
        }
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 0x60 count 9 held
            block Nb06 size 0x60 held data 00000010ff534d4272
            overrun 42424242424242424242424242424242
            block File size 0x60 count 9 held
        }
    }
    test silent "the stop code is none of the seven" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x9f 3 0x8a2f4000 0 0
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test silent "the same stop in another function of netbt" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "netbt!DgramRcv+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!DgramRcv+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held
        }
    }
    test silent "the function is only below another driver that faults" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "badfilt!Isr+0x42"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "badfilt.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "badfilt!Isr+0x42"
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held
        }
    }
    test silent "the function on the stack of a processor that is well" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        stop 0xd1 0xe18ad000 2 0 "badfilt!FilterReceive+0x42"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "badfilt.sys"
        process "System" {
            thread tid 0x40 cpu 1 irql 2 { stack {
                frame "netbt!NbtCopyToStartOfIndicate+0x4f"
                frame "netbt!TdiReceiveHandler+0x20b"
                frame "tcpip!TCPRcv+0xb4e"
                frame "nt!KiIdleLoop+0x37"
            } }
        }
        current "System" tid 0x14 irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 0 address 0xe18ad000
            frame "badfilt!FilterReceive+0x42"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held
        }
    }
    test silent "a well-formed message of 131,071 bytes, pool whole" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 count 4 held data 0001ffffff534d4225
            block File size 104 count 9 held
        }
    }
    test silent "a storm of keep-alives, pool whole" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 count 4 held data 85000000
            block File size 104 count 9 held
        }
    }
    test silent "a segment of one byte" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 count 4 held data 00
            block File size 104 count 9 held
        }
    }
    test silent "many messages in one segment, pool whole" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 count 4 held data 00000020ff534d42250000000018012000000000000000000000000000000000000000008500000000000020ff534d4225
            block File size 104 count 9 held
        }
    }
    test silent "a part of a message left by a client that is right" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 count 4 held data 00000060ff534d4225
            block File size 104 count 9 held
        }
    }
    test silent "a malformed header that was rejected, pool whole" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 count 4 held data 85000010
            block File size 104 count 9 held
        }
    }
    test silent "Q307519: an Nbt0 block ran over" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block Nbt0 size 104 held data 00000010ff534d4272
            overrun 424242424242424242424242
            block File size 104 count 9 held
        }
    }
    test silent "the block that ran over is of the redirector" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block Rxce size 104 held data 00000010ff534d4272
            overrun 424242424242424242424242
            block File size 104 count 9 held
        }
    }
    test silent "one bit of the header behind a NetBT buffer is wrong" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0xc5 0x41414145 2 1 "nt!ExDeferredFreePool+0x1c5"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "srv.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x41414145
            frame "nt!ExDeferredFreePool+0x1c5"
            frame "srv!SrvFreeWorkItem+0x21"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            block File size 104
            flip 5
            block File size 104 count 8 held
        }
    }
    test silent "Q244922: the redirector, at the end of a special-pool block" {
        machine x86 2003 cpus 2
        container kernel
        symbols
        time 2009-01-15T22:10:00Z
        stop 0x50 0x8a2f4000 1 "rdr!RdrCopy+0x4f" 0
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        module "rdr.sys"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "rdr!RdrCopy+0x4f"
            frame "nt!KiIdleLoop+0x37"
        }
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held
        }
    }
    test unknown "x86: a small dump without symbols" {
        machine x86 2003 cpus 2
        container triage
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test unknown "x64: a small dump without symbols" {
        machine x64 2003 cpus 2
        container triage
        time 2009-01-15T22:10:00Z
        stop 0xd1 0xfffffadf8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx"
            frame "nt!KiBugCheckDispatch+0x74"
            trap  "nt!KiPageFault+0x213" error 2 address 0xfffffadf8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test unknown "a kernel dump, but nothing names the functions of netbt" {
        machine x86 2003 cpus 2
        container kernel
        time 2009-01-15T22:10:00Z
        stop 0xd1 0x8a2f4000 2 1 "netbt!NbtCopyToStartOfIndicate+0x4f"
        module "ndis.sys"
        module "tcpip.sys"
        module "netbt.sys" pdb "netbt.pdb"
        current "Idle" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0xdc" error 2 address 0x8a2f4000
            frame "netbt!NbtCopyToStartOfIndicate+0x4f"
            frame "netbt!TdiReceiveHandler+0x20b"
            frame "tcpip!IndicateData+0x130"
            frame "tcpip!TCPRcv+0xb4e" size 0x90
            frame "ndis!ethFilterDprIndicateReceivePacket+0x1d2"
            frame "nt!KiRetireDpcList+0xca"
            frame "nt!KiIdleLoop+0x37"
        }
    }
    test unknown "x86 2003: only a header" {
        machine x86 2003
        container header
        stop 0xd1 0x8a2f4000 2 1 0
    }
    test unknown "x64 2003: only a header" {
        machine x64 2003
        container header
        stop 0xd1 0x8a2f4000 2 1 0
    }
    test unknown "x86 xp: only a header" {
        machine x86 xp
        container header
        stop 0xd1 0x8a2f4000 2 1 0
    }
    test unknown "x86 2000: only a header" {
        machine x86 2000
        container header
        stop 0xd1 0x8a2f4000 2 1 0
    }
    test unknown "Itanium: a full dump, whose pool is not read" {
        machine ia64 2003
        container full
        memory 64MiB
        stop 0xd1 0xe00000008a2f4000 2 1 0
        module "netbt.sys"
    }
}
