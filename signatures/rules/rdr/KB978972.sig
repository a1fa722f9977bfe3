# SPDX-License-Identifier: Apache-2.0
# The article is of 2010; files linked from July 2010 on are taken to have the correction.
signature KB978972 {
    title     "A name that the filter manager has freed is used in a rename by a DFS path"
    class     stop
    severity  medium
    status    experimental
    component "mup.sys"
    article   "KB978972"
    affects   "Windows Server 2003"
    false_positive "Other faults of the redirector below MUP; a rename with a mini-filter present speaks for this article."

    on dump {
        require bugcheck.code == 0x27
        require os.version == 5.2
        require module["fltmgr.sys"].loaded
        require any f in stack.frames where f.module == "rdbss"
        require any f in stack.frames where f.module == "mup"
        require first(f in stack.frames where f.module not in ["nt", "hal"] : f.module) == "rdbss"
        require module["mup.sys"].date < 2010-07-01 and module["rdbss.sys"].date < 2010-07-01
        support "fltmgr" in stack.modules
        support any f in stack.frames where f.function =~ /SetInformation/i
    }
    say       "The redirector stopped the machine in a request that came through MUP (mup.sys of {module[\"mup.sys\"].date:date}), with the filter manager loaded."
    do        "Install the update of KB978972."
    do        "Until then rename by the path of the server instead of that of DFS, or take the antivirus mini-filter off network paths."

    test fires "a rename under a mini-filter" {
        machine x86 2003 cpus 1
        time 2009-12-10
        stop 0x27 0xbaad0073 0 0 0
        module "nt" date 2007-02-17
        module "fltmgr.sys"
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2007-02-17
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "rdbss!RxExceptionFilter+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "mup!DfsPassThrough+0x50"
            frame "fltmgr!FltpDispatch+0x6f"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test fires "x64" {
        machine x64 2003 cpus 1
        time 2009-12-10
        stop 0x27 0xbaad0073 0 0 0
        module "nt" date 2007-02-17
        module "fltmgr.sys"
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2007-02-17
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "rdbss!RxExceptionFilter+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "mup!DfsPassThrough+0x50"
            frame "fltmgr!FltpDispatch+0x6f"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test silent "corrected files" {
        machine x86 2003 cpus 1
        time 2010-12-01
        stop 0x27 0xbaad0073 0 0 0
        module "nt" date 2007-02-17
        module "fltmgr.sys"
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2010-08-01
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "rdbss!RxExceptionFilter+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "mup!DfsPassThrough+0x50"
            frame "fltmgr!FltpDispatch+0x6f"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test silent "Windows XP" {
        machine x86 xp cpus 1
        time 2009-12-10
        stop 0x27 0xbaad0073 0 0 0
        module "nt" date 2007-02-17
        module "fltmgr.sys"
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2007-02-17
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "rdbss!RxExceptionFilter+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "mup!DfsPassThrough+0x50"
            frame "fltmgr!FltpDispatch+0x6f"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test silent "not through MUP" {
        machine x86 2003 cpus 1
        time 2009-12-10
        stop 0x27 0xbaad0073 0 0 0
        module "nt" date 2007-02-17
        module "fltmgr.sys"
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2007-02-17
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "rdbss!RxExceptionFilter+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "fltmgr!FltpDispatch+0x6f"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test silent "the same stop from mrxsmb.sys" {
        machine x86 2003 cpus 1
        time 2009-12-10
        stop 0x27 0xbaad0073 0 0 0
        module "nt" date 2007-02-17
        module "fltmgr.sys"
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2007-02-17
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "mrxsmb!MRxSmbX+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "mup!DfsPassThrough+0x50"
            frame "fltmgr!FltpDispatch+0x6f"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test silent "another file system" {
        machine x86 2003 cpus 1
        time 2009-12-10
        stop 0x24 0x1902fe 0 0 0
        module "nt" date 2007-02-17
        module "fltmgr.sys"
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2007-02-17
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "rdbss!RxExceptionFilter+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "mup!DfsPassThrough+0x50"
            frame "fltmgr!FltpDispatch+0x6f"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test silent "no filter manager" {
        machine x86 2003 cpus 1
        time 2009-12-10
        stop 0x27 0xbaad0073 0 0 0
        module "nt" date 2007-02-17
        module "rdbss.sys" date 2007-02-17
        module "mup.sys" date 2007-02-17
        module "mrxsmb.sys"
        module "klif.sys"
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            frame "rdbss!RxExceptionFilter+0xba"
            frame "rdbss!RxCommonSetInformation+0x1e4"
            frame "rdbss!RxFsdDispatch+0x353"
            frame "mup!DfsPassThrough+0x50"
            frame "nt!NtSetInformationFile+0x28"
        }
    }

    test unknown "header-only dump" {
        machine x86 2003 cpus 1
        container header
        time 2009-12-10
        stop 0x27 0xbaad0073 0 0 0
    }
}
