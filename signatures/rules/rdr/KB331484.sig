# SPDX-License-Identifier: Apache-2.0
# In Windows 2000 the datagram receiver of the browser is part of mrxsmb.sys. Service
# Pack 4 is of June 2003.
signature KB331484 {
    title     "The kernel part of the Computer Browser cancels requests that are being cancelled already"
    class     stop
    severity  medium
    status    experimental
    component "mrxsmb.sys"
    article   "KB331484"
    affects   "Windows 2000 SP1", "Windows 2000 SP2", "Windows 2000 SP3"
    false_positive "A filter driver that completes a request of the browser twice causes the same stop."

    on dump {
        require bugcheck.code == 0x48
        require os.version == 5.0
        require "mrxsmb" in stack.modules
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "mrxsmb"
        support bugcheck.p2 >= module["mrxsmb.sys"].base and bugcheck.p2 < module["mrxsmb.sys"].base + module["mrxsmb.sys"].size
        support any f in stack.frames where f.module == "mrxsmb" and f.function =~ /^Bowser/i
        support process.name == "services.exe"
        exclude module["nt"].date >= 2003-06-01
        exclude module["mrxsmb.sys"].date >= 2003-06-01
    }
    say       "The cancel routine of mrxsmb.sys ({module[\"mrxsmb.sys\"].date:date}) completed a request that was being cancelled elsewhere."
    do        "Install Service Pack 4 of Windows 2000, or the update of KB331484."
    do        "Until then do not stop the Computer Browser service while the machine runs; set it to disabled and restart instead."

    test fires "the service is stopped" {
        machine x86 2000 cpus 2
        time 2003-01-10
        stop 0x48 0x81234568 "mrxsmb!BowserCancelQueuedIrp+0x10" 0 0
        module "nt" date 2002-07-20
        module "rdbss.sys" date 2002-07-01
        module "mrxsmb.sys" date 2002-07-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IofCompleteRequest+0x60"
            frame "mrxsmb!BowserCancelQueuedIrp+0x70"
            frame "mrxsmb!BowserStopX+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "Service Pack 4" {
        machine x86 2000 cpus 2
        time 2003-10-01
        stop 0x48 0x81234568 "mrxsmb!BowserCancelQueuedIrp+0x10" 0 0
        module "nt" date 2003-06-11
        module "rdbss.sys" date 2002-07-01
        module "mrxsmb.sys" date 2002-07-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IofCompleteRequest+0x60"
            frame "mrxsmb!BowserCancelQueuedIrp+0x70"
            frame "mrxsmb!BowserStopX+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "a corrected mrxsmb.sys" {
        machine x86 2000 cpus 2
        time 2003-10-01
        stop 0x48 0x81234568 "mrxsmb!BowserCancelQueuedIrp+0x10" 0 0
        module "nt" date 2002-07-20
        module "rdbss.sys" date 2002-07-01
        module "mrxsmb.sys" date 2003-06-05
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IofCompleteRequest+0x60"
            frame "mrxsmb!BowserCancelQueuedIrp+0x70"
            frame "mrxsmb!BowserStopX+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "Server 2003" {
        machine x86 2003 cpus 2
        time 2003-01-10
        stop 0x48 0x81234568 "mrxsmb!BowserCancelQueuedIrp+0x10" 0 0
        module "nt" date 2002-07-20
        module "rdbss.sys" date 2002-07-01
        module "mrxsmb.sys" date 2002-07-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IofCompleteRequest+0x60"
            frame "mrxsmb!BowserCancelQueuedIrp+0x70"
            frame "mrxsmb!BowserStopX+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test silent "the same stop from another driver" {
        machine x86 2000 cpus 2
        time 2003-01-10
        stop 0x48 0x81234568 "foo!Cancel+0x10" 0 0
        module "nt" date 2002-07-20
        module "rdbss.sys" date 2002-07-01
        module "mrxsmb.sys" date 2002-07-01
        module "foo.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IofCompleteRequest+0x60"
            frame "foo!Cancel+0x70"
            frame "mrxsmb!X+0x40"
        }
    }

    test silent "another stop in the same routine" {
        machine x86 2000 cpus 2
        time 2003-01-10
        stop 0x44 0x81234568 0 0 0
        module "nt" date 2002-07-20
        module "rdbss.sys" date 2002-07-01
        module "mrxsmb.sys" date 2002-07-01
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "nt!IofCompleteRequest+0x60"
            frame "mrxsmb!BowserCancelQueuedIrp+0x70"
            frame "mrxsmb!BowserStopX+0x40"
            frame "nt!NtDeviceIoControlFile+0x28"
        }
    }

    test unknown "header-only dump" {
        machine x86 2000 cpus 2
        container header
        time 2003-01-10
        stop 0x48 0x81234568 0xf9c8d886 0 0
    }
}
