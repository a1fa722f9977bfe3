# SPDX-License-Identifier: Apache-2.0
signature Q138854 {
    title     "A session request of NetBT that was answered with another address never ends"
    class     hang
    severity  low
    status    experimental
    component "netbt.sys"
    article   "Q138854"
    affects   "Windows NT 3.51 SP2", "Windows NT 4.0"
    false_positive "A request to connect also waits while the peer is slow: the retarget response in NetBT's pool may be of another session."

    on dump {
        require not known(bugcheck.code) or not exists(bugcheck.code) or bugcheck.code in [0x80, 0xe2, 0xdeaddead]
        require os.version in [3.51, 4.0]
        require any h in netbt.headers where h.type == 0x84
        require any i in net.irps where i.part == "netbt" and i.request == "TDI_CONNECT" and i.thread_waits > 2min
    }
    say       "A thread waits in a request to connect of NetBT, and NetBT holds a retarget response (type 0x84) of a peer."
    do        "Install the latest Service Pack; connect to the address that the peer names, or stop its redirecting of sessions."

    test fires "a retarget response and a request that waits" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "netbt.sys" date 1996-05-01
        driver "NetBT" module "netbt.sys"
        device "NetBT_EL1" driver "NetBT"
        pool nonpaged {
            block Nb06 size 64 held data 84000006c0a800010089
        }
        lock "done" event
        file "c" device "NetBT_EL1" connection
        irp tid 0x74 event "done" pending { location INTERNAL_DEVICE_CONTROL minor 3 device "NetBT_EL1" file "c" current }
        process "app.exe" pid 0x70 { thread tid 0x74 wait Executive on "done" for 2m30s }
    }

    test fires "Windows NT 3.51" {
        machine x86 nt3.51
        container full
        time 1998-03-01
        stop 0xe2
        module "netbt.sys" date 1996-05-01
        driver "NetBT" module "netbt.sys"
        device "NetBT_EL1" driver "NetBT"
        pool nonpaged {
            block Nb06 size 64 held data 84000006c0a800010089
        }
        lock "done" event
        file "c" device "NetBT_EL1" connection
        irp tid 0x74 event "done" pending { location INTERNAL_DEVICE_CONTROL minor 3 device "NetBT_EL1" file "c" current }
        process "app.exe" pid 0x70 { thread tid 0x74 wait Executive on "done" for 2m30s }
    }

    test silent "a positive response" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "netbt.sys" date 1996-05-01
        driver "NetBT" module "netbt.sys"
        device "NetBT_EL1" driver "NetBT"
        pool nonpaged {
            block Nb06 size 64 held data 82000000
        }
        lock "done" event
        file "c" device "NetBT_EL1" connection
        irp tid 0x74 event "done" pending { location INTERNAL_DEVICE_CONTROL minor 3 device "NetBT_EL1" file "c" current }
        process "app.exe" pid 0x70 { thread tid 0x74 wait Executive on "done" for 2m30s }
    }

    test silent "a request of another kind" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "netbt.sys" date 1996-05-01
        driver "NetBT" module "netbt.sys"
        device "NetBT_EL1" driver "NetBT"
        pool nonpaged {
            block Nb06 size 64 held data 84000006c0a800010089
        }
        lock "done" event
        file "c" device "NetBT_EL1" connection
        irp tid 0x74 event "done" pending { location INTERNAL_DEVICE_CONTROL minor 7 device "NetBT_EL1" file "c" current }
        process "app.exe" pid 0x70 { thread tid 0x74 wait Executive on "done" for 2m30s }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        time 1998-03-01
        stop 0xe2
        module "netbt.sys" date 1996-05-01
        driver "NetBT" module "netbt.sys"
        device "NetBT_EL1" driver "NetBT"
        pool nonpaged {
            block Nb06 size 64 held data 84000006c0a800010089
        }
        lock "done" event
        file "c" device "NetBT_EL1" connection
        irp tid 0x74 event "done" pending { location INTERNAL_DEVICE_CONTROL minor 3 device "NetBT_EL1" file "c" current }
        process "app.exe" pid 0x70 { thread tid 0x74 wait Executive on "done" for 2m30s }
    }

    test silent "it waits a second" {
        machine x86 nt4
        container full
        time 1998-03-01
        stop 0xe2
        module "netbt.sys" date 1996-05-01
        driver "NetBT" module "netbt.sys"
        device "NetBT_EL1" driver "NetBT"
        pool nonpaged {
            block Nb06 size 64 held data 84000006c0a800010089
        }
        lock "done" event
        file "c" device "NetBT_EL1" connection
        irp tid 0x74 event "done" pending { location INTERNAL_DEVICE_CONTROL minor 3 device "NetBT_EL1" file "c" current }
        process "app.exe" pid 0x70 { thread tid 0x74 wait Executive on "done" for 1s }
    }

    test unknown "only a header" {
        machine x86 nt4
        container header
        stop 0xe2
    }
}
