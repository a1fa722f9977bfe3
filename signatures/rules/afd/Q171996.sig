# SPDX-License-Identifier: Apache-2.0
signature Q171996 {
    title     "A loop of socket calls keeps its requests: their APCs never run"
    class     leak
    severity  medium
    status    experimental
    component "afd.sys"
    article   "Q171996"
    affects   "Windows NT 3.51", "Windows NT 4.0"
    related   "Q138935", "Q164823"
    false_positive "A server with many overlapped requests outstanding has as many by design; then they are pending, and its thread waits."

    on dump {
        require os.version in [3.51, 4.0]
        # One thread has a heap of requests of AFD that are not pending any more.
        require any t in threads where t.state != "Waiting" and count(i in net.irps where i.part == "afd" and i.thread == t.address and not i.pending) >= 100
        support pool.tag["Irp "].nonpaged_share >= 20
    }
    say       "{count(i in net.irps where i.part == \"afd\" and not i.pending)} requests of AFD hang on threads that run: their completion is queued and does not get its turn."
    do        "Install Service Pack 4 of NT 4.0 or later; until then have the application wait alertably (SleepEx) in its loop."

    test fires "NT 4.0" {
        machine x86 nt4
        memory 64MiB
        stop 0xe2
        pool nonpaged {
            block File size 92 count 40 held
        }
        module "afd.sys"
        driver "AFD" module "afd.sys"
        device "Afd" driver "AFD" type 0x11
        process "app.exe" pid 0x4d0 {
            thread tid 0x4d4 ready
        }
        irp tid 0x4d4 times 120 {
            location DEVICE_CONTROL device "Afd" current
        }
    }
    test fires "NT 3.51" {
        machine x86 nt3.51
        memory 64MiB
        stop 0xe2
        pool nonpaged {
            block File size 92 count 40 held
        }
        module "afd.sys"
        driver "AFD" module "afd.sys"
        device "Afd" driver "AFD" type 0x11
        process "app.exe" pid 0x4d0 {
            thread tid 0x4d4 ready
        }
        irp tid 0x4d4 times 120 {
            location DEVICE_CONTROL device "Afd" current
        }
    }
    test silent "a few requests" {
        machine x86 nt4
        memory 64MiB
        stop 0xe2
        pool nonpaged {
            block File size 92 count 40 held
        }
        module "afd.sys"
        driver "AFD" module "afd.sys"
        device "Afd" driver "AFD" type 0x11
        process "app.exe" pid 0x4d0 {
            thread tid 0x4d4 ready
        }
        irp tid 0x4d4 times 5 {
            location DEVICE_CONTROL device "Afd" current
        }
    }
    test silent "requests of another driver" {
        machine x86 nt4
        memory 64MiB
        stop 0xe2
        pool nonpaged {
            block File size 92 count 40 held
        }
        module "disk.sys"
        driver "Disk" module "disk.sys"
        device "Disk" driver "Disk" type 0x11
        process "app.exe" pid 0x4d0 {
            thread tid 0x4d4 ready
        }
        irp tid 0x4d4 times 120 {
            location DEVICE_CONTROL device "Disk" current
        }
    }
    test silent "Windows 2000" {
        machine x86 2000
        memory 64MiB
        stop 0xe2
        pool nonpaged {
            block File size 92 count 40 held
        }
        module "afd.sys"
        driver "AFD" module "afd.sys"
        device "Afd" driver "AFD" type 0x11
        process "app.exe" pid 0x4d0 {
            thread tid 0x4d4 ready
        }
        irp tid 0x4d4 times 120 {
            location DEVICE_CONTROL device "Afd" current
        }
    }
    test silent "its thread waits, the requests are pending" {
        machine x86 nt4
        memory 64MiB
        stop 0xe2
        pool nonpaged {
            block File size 92 count 40 held
        }
        module "afd.sys"
        driver "AFD" module "afd.sys"
        device "Afd" driver "AFD" type 0x11
        process "app.exe" pid 0x4d0 {
            thread tid 0x4d4 wait UserRequest
        }
        irp tid 0x4d4 pending times 120 {
            location DEVICE_CONTROL device "Afd" current
        }
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xe2
    }
}
