# SPDX-License-Identifier: Apache-2.0
signature usb-stop {
    title     "The USB stack stopped the system"
    class     stop
    severity  high
    status    experimental

    on dump {
        require bugcheck.code in [0xfe, 0x144]
        support blame.class == "definite"
    }
    say       "The USB stack found a request, a structure or the controller impossible (case {bugcheck.p1:hex})."
    say       "Suspect: {blame.image} ({blame.reason})."
    do        "With a client driver as the suspect: it uses a request again that is still pending, or frees it. Else: the device, its cable or hub, the controller's driver and firmware. Unplug devices one by one, update the chipset's driver."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x144 1 0xffffe00112345670 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xfe 5 0xfffffa8001234560 0x80863a37 0xfffffa8001234f00
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows XP x86" {
        machine x86 xp
        stop 0xfe 8 6 6 0x81234560
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0x144 0x1001 0 0 0
    }

    test silent "another stop" {
        machine x64 10
        stop 0x10d 5 0 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
