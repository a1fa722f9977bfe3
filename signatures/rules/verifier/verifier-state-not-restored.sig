# SPDX-License-Identifier: Apache-2.0
signature verifier-state-not-restored {
    title     "Verifier: a driver routine returns with IRQL, APCs or critical regions changed"
    class     stop
    severity  high
    status    stable

    on dump {
        require bugcheck.code == 0xc4
        require bugcheck.p1 in [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xfa, 0xfb, 0xfc]
        support blame.class == "definite"
    }
    say       "The routine {bugcheck.p2:hex} returned in another state than it was called in: {bugcheck.p3:hex} instead of {bugcheck.p4:hex}."
    say       "Driver: {blame.image} ({blame.reason})."
    do        "Some path of that routine leaves without releasing a lock or leaving a region."
    do        "Driver Verifier stops at the act: the module that it names is at fault. Give its maker the stack; switch Verifier off with verifier /reset (from safe mode when the machine does not start)."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0xc4 0xfa "foo!Complete+0x0" 2 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0xc4 0xc1 0xfffff88004b80000 1 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test fires "the header alone suffices" {
        machine x64 10
        container header
        stop 0xc4 0xfa 0xfffff8044b582000 2 0
    }

    test silent "a level" {
        machine x64 10
        stop 0xc4 0x30 2 0 0
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
