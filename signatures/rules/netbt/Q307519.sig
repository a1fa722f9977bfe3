# SPDX-License-Identifier: Apache-2.0
signature Q307519 {
    title     "NetBT writes past an Nbt0 block when several VPN ports are connected"
    class     corruption
    severity  high
    status    experimental
    component "netbt.sys"
    article   "Q307519"
    affects   "Windows NT 4.0"
    related   "KB961799", "Q284215"
    false_positive "The block in front of damaged pool is a suspect: a stray write from elsewhere may have hit the header."

    on dump {
        require os.version == 4.0
        require any c in pool.corruption where c.suspect == "Nbt0" and c.kind == "nonpaged" and not c.single_bit
        support bugcheck.code in [0x0a, 0x19, 0x1e, 0x50]
        support module["ndiswan.sys"].loaded or module["raspptpe.sys"].loaded
    }
    say       "The header behind an Nbt0 block of NetBT is destroyed ({first(c in pool.corruption where c.suspect == \"Nbt0\" : c.fault)}, at {first(c in pool.corruption where c.suspect == \"Nbt0\" : c.address)})."
    do        "Ask for the fix of Q307519, or connect fewer VPN ports; special pool for the tag Nbt0 proves the overrun."

    test fires "several VPN ports, stop A" {
        machine x86 nt4
        memory 64MiB
        stop 0xa 0xf82bd008 2 1 0xed1e5898
        module "netbt.sys"
        module "ndiswan.sys"
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block Nbt0 size 104 held
            overrun 4242424242424242
            block File size 104 count 9 held
        }
    }
    test fires "the hang that the article has" {
        machine x86 nt4
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block Nbt0 size 104 held
            overrun 4242424242424242
            block File size 104 count 9 held
        }
    }
    test silent "another block ran over" {
        machine x86 nt4
        memory 64MiB
        stop 0xa 0xf82bd008 2 1 0xed1e5898
        module "netbt.sys"
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block NbtD size 104 held
            overrun 4242424242424242
            block File size 104 count 9 held
        }
    }
    test silent "one bit is wrong" {
        machine x86 nt4
        memory 64MiB
        stop 0xa 0xf82bd008 2 1 0xed1e5898
        module "netbt.sys"
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block Nbt0 size 104 held
            block File size 104
            flip 5
            block File size 104 count 8 held
        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        memory 64MiB
        stop 0xa 0xf82bd008 2 1 0xed1e5898
        module "netbt.sys"
        pool nonpaged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block Nbt0 size 104 held
            overrun 4242424242424242
            block File size 104 count 9 held
        }
    }
    test silent "pool is whole" {
        machine x86 nt4
        memory 64MiB
        stop 0xa 0xf82bd008 2 1 0xed1e5898
        pool nonpaged { block Nbt0 size 104 count 20 held }
    }
    test silent "paged pool" {
        machine x86 nt4
        memory 64MiB
        stop 0xa 0xf82bd008 2 1 0xed1e5898
        module "netbt.sys"
        pool paged {
            block Irp size 440 count 10 held
            page
            block File size 104 count 9 held
            block Nbt0 size 104 held
            overrun 4242424242424242
            block File size 104 count 9 held
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xf82bd008 2 1 0xed1e5898
    }
}
