# SPDX-License-Identifier: Apache-2.0
signature pool-overrun-by-neighbour {
    title     "A pool block was written past its end into the header behind it"
    class     corruption
    severity  critical
    status    stable
    related   "pool-header-damaged"
    false_positive "The block in front can have been freed and given to somebody else after the damage."

    on dump {
        require bugcheck.code in [0x19, 0xc2, 0xc5, 0xd0]
        require exists(pool.block.fault)
        require exists(pool.block.previous.tag)
        support exists(pool.block.previous.driver)
        exclude pool.block.single_bit
    }
    say       "{pool.block.text}"
    say       "The block in front of the damage has the tag {pool.block.previous.tag}."
    do        "Whoever allocates with the tag {pool.block.previous.tag} ({pool.block.previous.driver}) is the suspect, not the thread that stopped: look for a copy whose length comes from outside, or an array with one element too many."
    do        "The bytes in the header behind the block (db on {pool.block.fault_address}) are the end of what was written: text or a known structure confirms the owner."

    test fires "Server 2003 x86: twelve bytes past the end" {
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

    test silent "one flipped bit is bad memory" {
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

    test silent "another stop" {
        machine x86 2003
        memory 64MiB
        stop 0xd1 0x20 0x840053f0 0x84005460 0x41414141
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
        overrun 414141414141414141414141
        block NbtD size 104 count 9 held
        page
        block File size 152 count 30 held
        }
    }

    test unknown "the header alone has no pool" {
        machine x86 2003
        container header
        stop 0x19 0x20 0x840053f0 0x84005460 0x41414141
    }
}
