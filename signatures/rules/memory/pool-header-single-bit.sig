# SPDX-License-Identifier: Apache-2.0
signature pool-header-single-bit {
    title     "One changed bit explains a damaged pool header: bad memory"
    class     corruption
    severity  critical
    status    stable
    false_positive "A driver that sets or clears one flag through a stale pointer changes one bit as well; several stops at other places speak for memory."

    on dump {
        require pool.block.single_bit
    }
    say       "The header at {pool.block.fault_address} is right again when bit {pool.block.bit} is turned back ({pool.block.found:hex} should be {pool.block.expected:hex})."
    do        "Test the memory for some hours outside of Windows, and take overclocking and memory profiles back to the maker's values. Do not hunt for a driver before."

    test fires "Server 2003 x86: one bit of a size" {
        machine x86 2003
        memory 64MiB
        stop 0x19 0x20 0x840053f0 0x84005460 0x41414141
        pool nonpaged {
        block Irp size 440 count 40 held
        page
        block NbtD size 104 count 9 held
        block Nb06 size 104 held
        flip 16
        block NbtD size 104 count 9 held
        page
        block File size 152 count 30 held
        }
    }

    test silent "twelve bytes are a driver" {
        machine x86 2003
        memory 64MiB
        stop 0x19 0x20 0x840053f0 0x84005460 0x41414141
        pool nonpaged {
        block Irp size 440 count 40 held
        page
        block NbtD size 104 count 9 held
        block Nb06 size 104 held
        overrun 414141414141414141414141
        block NbtD size 104 count 9 held
        page
        block File size 152 count 30 held
        }
    }

    test silent "the pool is whole" {
        machine x86 2003
        memory 64MiB
        stop 0x19 0x20 0x840053f0 0x84005460 0x41414141
        pool nonpaged {
        block Irp size 440 count 40 held
        page
        block NbtD size 104 count 9 held
        block Nb06 size 104 held
        block NbtD size 104 count 9 held
        page
        block File size 152 count 30 held
        }
    }

    test unknown "a small dump has no pool" {
        machine x86 2003
        container triage
        memory 64MiB
        stop 0x19 0x20 0x840053f0 0x84005460 0x41414141
        pool nonpaged {
        block Irp size 440 count 40 held
        page
        block NbtD size 104 count 9 held
        block Nb06 size 104 held
        flip 16
        block NbtD size 104 count 9 held
        page
        block File size 152 count 30 held
        }
    }
}
