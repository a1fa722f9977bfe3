# SPDX-License-Identifier: Apache-2.0
signature minifilter-fault {
    title     "A file-system filter faults in a callback of the filter manager"
    class     stop
    severity  high
    status    experimental

    on dump {
        require bugcheck.code in [0x0a, 0xd1, 0x50, 0x1e, 0x24, 0x3b, 0x7e, 0x8e, 0xc2, 0x139, 0xf7]
        require any f in stack.frames where f.module == "fltmgr"
        require blame.class == "definite"
        require any f in stack.frames where f.module == blame.module and f.trust != "scan"
        support blame.confidence == "high"
    }
    say       "{blame.image} is on the stack in a call from the filter manager ({blame.reason})."
    do        "Update or remove the product it belongs to (antivirus, backup, encryption, synchronisation); fltmc lists the filters and their altitudes."
    do        "Stop the service is not enough: the filter stays loaded until the machine starts again."

    test fires "Windows 10 x64" {
        machine x64 10
        stop 0x50 0xffffe00112345670 0 ip 2
        module "fltmgr.sys"
        module "ntfs.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!PreCreate+0x40"; frame "fltmgr!FltpPerformPreCallbacks+0x2f7"; frame "fltmgr!FltpPassThroughInternal+0x90"; frame "fltmgr!FltpCreate+0x300"; frame "nt!IofCallDriver+0x59"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Windows 7 x64" {
        machine x64 7
        stop 0x50 0xfffffa8001234560 0 ip 0
        module "fltmgr.sys"
        module "ntfs.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!PreCreate+0x40"; frame "fltmgr!FltpPerformPreCallbacks+0x2f7"; frame "fltmgr!FltpPassThroughInternal+0x90"; frame "fltmgr!FltpCreate+0x300"; frame "nt!IofCallDriver+0x59"; frame "nt!KiIdleLoop+0x50" }
    }

    test fires "Server 2003 x86" {
        machine x86 2003
        stop 0x50 0x91234560 0 ip 0
        module "fltmgr.sys"
        module "ntfs.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!PreCreate+0x40"; frame "fltmgr!FltpPerformPreCallbacks+0x2f7"; frame "fltmgr!FltpPassThroughInternal+0x90"; frame "fltmgr!FltpCreate+0x300"; frame "nt!IofCallDriver+0x59"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "only the system's drivers" {
        machine x64 10
        stop 0x50 0xffffe00112345670 0 ip 2
        module "fltmgr.sys"
        module "ntfs.sys"
        module "foo.sys" size 0x9000
        stack { frame "ntfs!NtfsCommonCreate+0x40"; frame "ntfs!NtfsFsdCreate+0x100"; frame "fltmgr!FltpLegacyProcessingAfterPreCallbacksCompleted+0x100"; frame "nt!IofCallDriver+0x59"; frame "nt!KiIdleLoop+0x50" }
    }

    test silent "no filter manager on the stack" {
        machine x64 10
        stop 0x50 0xffffe00112345670 0 ip 2
        module "fltmgr.sys"
        module "ntfs.sys"
        module "foo.sys" size 0x9000
        stack { frame "nt!KeBugCheckEx+0x1e"; frame "foo!Routine+0x40"; frame "foo!Worker+0x90"; frame "nt!PspSystemThreadStartup+0x55" }
    }

    test silent "another stop" {
        machine x64 10
        stop 0x9f 3 0 0 0
        module "fltmgr.sys"
        module "ntfs.sys"
        module "foo.sys" size 0x9000
        stack { frame "foo!PreCreate+0x40"; frame "fltmgr!FltpPerformPreCallbacks+0x2f7"; frame "fltmgr!FltpPassThroughInternal+0x90"; frame "fltmgr!FltpCreate+0x300"; frame "nt!IofCallDriver+0x59"; frame "nt!KiIdleLoop+0x50" }
    }

    test unknown "the header alone has no modules" {
        machine x64 10
        container header
        stop 0x50 0xffffe00112345670 0 0xfffff80447a01040 2
    }

    test unknown "a memory image of a running machine has no stop" {
        machine x64 10
        container header
        stop 0x5454414d 0x4e4f4f4d 0x534c4f53 0 0
    }
}
