# SPDX-License-Identifier: Apache-2.0
signature netbios-malformed-session {
    title     "A NetBIOS session packet in NetBT's memory is malformed"
    class     stop
    severity  low
    status    experimental
    component "netbt.sys"
    article   "RFC 1002"
    false_positive "What lies at the start of a block may be left over from something else; headers that nothing follows are not counted here."

    on dump {
        # Stops of damaged memory, and hangs.
        require bugcheck.code in [0x0a, 0x19, 0x1e, 0x24, 0x50, 0x7e, 0xc2, 0xc5, 0xd1, 0xe2]
        # Later systems have SMB past NetBT, and other structures.
        require os.version < 6.0
        require module["netbt.sys"].loaded
        require any h in netbt.headers where h.fault =~ /./ and h.sign !~ /alone/
        support netbt.faults >= 2
        support any h in netbt.headers where h.fault =~ /length|type/
    }
    say       "{first(h in netbt.headers where h.fault =~ /./ and h.sign !~ /alone/ : h.fault)} (at {first(h in netbt.headers where h.fault =~ /./ and h.sign !~ /alone/ : h.address)}, {first(h in netbt.headers where h.fault =~ /./ and h.sign !~ /alone/ : h.sign)})."
    do        "Take a network trace and find who sends it. If the machine stopped in or near NetBT, look at KB961799 for Server 2003 and at the versions of netbt.sys."

    test fires "an SMB longer than its packet" {
        machine x86 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            block File size 104 count 9 held
        }
    }
    test fires "a type that is none" {
        machine x86 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 7f000030ff534d4225
            block File size 104 count 9 held
        }
    }
    test fires "reserved flags" {
        machine x86 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 00fe0040ff534d4225
            block File size 104 count 9 held
        }
    }
    test fires "x64" {
        machine x64 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            block File size 104 count 9 held
        }
    }
    test fires "Windows 2000" {
        machine x86 2000
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            block File size 104 count 9 held
        }
    }
    test fires "XP" {
        machine x86 xp
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            block File size 104 count 9 held
        }
    }
    test silent "a stop that has nothing to do with memory" {
        machine x86 2003
        memory 64MiB
        stop 0x9f 3 0 0 0
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            block File size 104 count 9 held
        }
    }
    test silent "well formed, 131,071 bytes" {
        machine x86 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 0001ffffff534d4225
            block File size 104 count 9 held
        }
    }
    test silent "keep-alive" {
        machine x86 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 85000000
            block File size 104 count 9 held
        }
    }
    test silent "a keep-alive with a length, but nothing says that it is one" {
        machine x86 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 85000010
            block File size 104 count 9 held
        }
    }
    test silent "Windows 7" {
        machine x64 7
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block NbtD size 104 held data 00000010ff534d4272
            block File size 104 count 9 held
        }
    }
    test silent "a block of another driver" {
        machine x86 2003
        memory 64MiB
        stop 0xe2
        module "netbt.sys"
        pool nonpaged {
            block File size 104 count 9 held
            block Smb1 size 104 held data 00000010ff534d4272
            block File size 104 count 9 held
        }
    }
    test unknown "x86 2003: a small dump" {
        machine x86 2003
        container triage
        stop 0xd1 0 2 0 0
        module "netbt.sys"
    }
    test unknown "x86 2003: only a header" {
        machine x86 2003
        container header
        stop 0xd1 0 2 0 0
    }
}
