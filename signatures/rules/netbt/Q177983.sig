# SPDX-License-Identifier: Apache-2.0
signature Q177983 {
    title     "NetBT on more than 64 adapters returns from a work item above PASSIVE_LEVEL"
    class     stop
    severity  medium
    status    experimental
    component "netbt.sys"
    article   "Q177983"
    affects   "Windows NT 4.0"
    related   "work-item-above-passive"
    false_positive "Any driver's work item that returns at a raised IRQL stops a worker so; the adapters alone name NetBT."

    on dump {
        require bugcheck.code == 0x0a and bugcheck.p2 == 2
        require os.version == 4.0
        require module["netbt.sys"].loaded
        require count(net.adapters) > 64
        require all f in stack.frames where f.module in ["nt", "hal", "netbt"]
        support process.name == "System"
    }
    say       "{count(net.adapters)} network adapters, and a system thread that faults at IRQL {bugcheck.p2} in the kernel."
    do        "Install Service Pack 4 of NT 4.0 or later, or bind WINS to at most 64 adapters."

    test fires "66 adapters" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0xfee3b797 2 0 "nt!ExpWorkerThread+0x6f"
        module "netbt.sys"
        module "e100b.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        driver "E100B" module "e100b.sys"
        device "{A0}" driver "E100B" type 0x17
        device "{A1}" driver "E100B" type 0x17
        device "{A2}" driver "E100B" type 0x17
        device "{A3}" driver "E100B" type 0x17
        device "{A4}" driver "E100B" type 0x17
        device "{A5}" driver "E100B" type 0x17
        device "{A6}" driver "E100B" type 0x17
        device "{A7}" driver "E100B" type 0x17
        device "{A8}" driver "E100B" type 0x17
        device "{A9}" driver "E100B" type 0x17
        device "{A10}" driver "E100B" type 0x17
        device "{A11}" driver "E100B" type 0x17
        device "{A12}" driver "E100B" type 0x17
        device "{A13}" driver "E100B" type 0x17
        device "{A14}" driver "E100B" type 0x17
        device "{A15}" driver "E100B" type 0x17
        device "{A16}" driver "E100B" type 0x17
        device "{A17}" driver "E100B" type 0x17
        device "{A18}" driver "E100B" type 0x17
        device "{A19}" driver "E100B" type 0x17
        device "{A20}" driver "E100B" type 0x17
        device "{A21}" driver "E100B" type 0x17
        device "{A22}" driver "E100B" type 0x17
        device "{A23}" driver "E100B" type 0x17
        device "{A24}" driver "E100B" type 0x17
        device "{A25}" driver "E100B" type 0x17
        device "{A26}" driver "E100B" type 0x17
        device "{A27}" driver "E100B" type 0x17
        device "{A28}" driver "E100B" type 0x17
        device "{A29}" driver "E100B" type 0x17
        device "{A30}" driver "E100B" type 0x17
        device "{A31}" driver "E100B" type 0x17
        device "{A32}" driver "E100B" type 0x17
        device "{A33}" driver "E100B" type 0x17
        device "{A34}" driver "E100B" type 0x17
        device "{A35}" driver "E100B" type 0x17
        device "{A36}" driver "E100B" type 0x17
        device "{A37}" driver "E100B" type 0x17
        device "{A38}" driver "E100B" type 0x17
        device "{A39}" driver "E100B" type 0x17
        device "{A40}" driver "E100B" type 0x17
        device "{A41}" driver "E100B" type 0x17
        device "{A42}" driver "E100B" type 0x17
        device "{A43}" driver "E100B" type 0x17
        device "{A44}" driver "E100B" type 0x17
        device "{A45}" driver "E100B" type 0x17
        device "{A46}" driver "E100B" type 0x17
        device "{A47}" driver "E100B" type 0x17
        device "{A48}" driver "E100B" type 0x17
        device "{A49}" driver "E100B" type 0x17
        device "{A50}" driver "E100B" type 0x17
        device "{A51}" driver "E100B" type 0x17
        device "{A52}" driver "E100B" type 0x17
        device "{A53}" driver "E100B" type 0x17
        device "{A54}" driver "E100B" type 0x17
        device "{A55}" driver "E100B" type 0x17
        device "{A56}" driver "E100B" type 0x17
        device "{A57}" driver "E100B" type 0x17
        device "{A58}" driver "E100B" type 0x17
        device "{A59}" driver "E100B" type 0x17
        device "{A60}" driver "E100B" type 0x17
        device "{A61}" driver "E100B" type 0x17
        device "{A62}" driver "E100B" type 0x17
        device "{A63}" driver "E100B" type 0x17
        device "{A64}" driver "E100B" type 0x17
        device "{A65}" driver "E100B" type 0x17
    }
    test silent "four adapters" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0xfee3b797 2 0 "nt!ExpWorkerThread+0x6f"
        module "netbt.sys"
        module "e100b.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        driver "E100B" module "e100b.sys"
        device "{A0}" driver "E100B" type 0x17
        device "{A1}" driver "E100B" type 0x17
        device "{A2}" driver "E100B" type 0x17
        device "{A3}" driver "E100B" type 0x17
    }
    test silent "another stop" {
        machine x86 nt4
        container full
        symbols

        stop 0x1e 0xc0000005 0 0 0
        module "netbt.sys"
        module "e100b.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        driver "E100B" module "e100b.sys"
        device "{A0}" driver "E100B" type 0x17
        device "{A1}" driver "E100B" type 0x17
        device "{A2}" driver "E100B" type 0x17
        device "{A3}" driver "E100B" type 0x17
        device "{A4}" driver "E100B" type 0x17
        device "{A5}" driver "E100B" type 0x17
        device "{A6}" driver "E100B" type 0x17
        device "{A7}" driver "E100B" type 0x17
        device "{A8}" driver "E100B" type 0x17
        device "{A9}" driver "E100B" type 0x17
        device "{A10}" driver "E100B" type 0x17
        device "{A11}" driver "E100B" type 0x17
        device "{A12}" driver "E100B" type 0x17
        device "{A13}" driver "E100B" type 0x17
        device "{A14}" driver "E100B" type 0x17
        device "{A15}" driver "E100B" type 0x17
        device "{A16}" driver "E100B" type 0x17
        device "{A17}" driver "E100B" type 0x17
        device "{A18}" driver "E100B" type 0x17
        device "{A19}" driver "E100B" type 0x17
        device "{A20}" driver "E100B" type 0x17
        device "{A21}" driver "E100B" type 0x17
        device "{A22}" driver "E100B" type 0x17
        device "{A23}" driver "E100B" type 0x17
        device "{A24}" driver "E100B" type 0x17
        device "{A25}" driver "E100B" type 0x17
        device "{A26}" driver "E100B" type 0x17
        device "{A27}" driver "E100B" type 0x17
        device "{A28}" driver "E100B" type 0x17
        device "{A29}" driver "E100B" type 0x17
        device "{A30}" driver "E100B" type 0x17
        device "{A31}" driver "E100B" type 0x17
        device "{A32}" driver "E100B" type 0x17
        device "{A33}" driver "E100B" type 0x17
        device "{A34}" driver "E100B" type 0x17
        device "{A35}" driver "E100B" type 0x17
        device "{A36}" driver "E100B" type 0x17
        device "{A37}" driver "E100B" type 0x17
        device "{A38}" driver "E100B" type 0x17
        device "{A39}" driver "E100B" type 0x17
        device "{A40}" driver "E100B" type 0x17
        device "{A41}" driver "E100B" type 0x17
        device "{A42}" driver "E100B" type 0x17
        device "{A43}" driver "E100B" type 0x17
        device "{A44}" driver "E100B" type 0x17
        device "{A45}" driver "E100B" type 0x17
        device "{A46}" driver "E100B" type 0x17
        device "{A47}" driver "E100B" type 0x17
        device "{A48}" driver "E100B" type 0x17
        device "{A49}" driver "E100B" type 0x17
        device "{A50}" driver "E100B" type 0x17
        device "{A51}" driver "E100B" type 0x17
        device "{A52}" driver "E100B" type 0x17
        device "{A53}" driver "E100B" type 0x17
        device "{A54}" driver "E100B" type 0x17
        device "{A55}" driver "E100B" type 0x17
        device "{A56}" driver "E100B" type 0x17
        device "{A57}" driver "E100B" type 0x17
        device "{A58}" driver "E100B" type 0x17
        device "{A59}" driver "E100B" type 0x17
        device "{A60}" driver "E100B" type 0x17
        device "{A61}" driver "E100B" type 0x17
        device "{A62}" driver "E100B" type 0x17
        device "{A63}" driver "E100B" type 0x17
        device "{A64}" driver "E100B" type 0x17
        device "{A65}" driver "E100B" type 0x17
    }
    test silent "Windows 2000" {
        machine x86 2000
        container full
        symbols

        stop 0xa 0xfee3b797 2 0 "nt!ExpWorkerThread+0x6f"
        module "netbt.sys"
        module "e100b.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "nt!ExpWorkerThread+0x6f"
            frame "nt!PspSystemThreadStartup+0x54"
        }
        driver "E100B" module "e100b.sys"
        device "{A0}" driver "E100B" type 0x17
        device "{A1}" driver "E100B" type 0x17
        device "{A2}" driver "E100B" type 0x17
        device "{A3}" driver "E100B" type 0x17
        device "{A4}" driver "E100B" type 0x17
        device "{A5}" driver "E100B" type 0x17
        device "{A6}" driver "E100B" type 0x17
        device "{A7}" driver "E100B" type 0x17
        device "{A8}" driver "E100B" type 0x17
        device "{A9}" driver "E100B" type 0x17
        device "{A10}" driver "E100B" type 0x17
        device "{A11}" driver "E100B" type 0x17
        device "{A12}" driver "E100B" type 0x17
        device "{A13}" driver "E100B" type 0x17
        device "{A14}" driver "E100B" type 0x17
        device "{A15}" driver "E100B" type 0x17
        device "{A16}" driver "E100B" type 0x17
        device "{A17}" driver "E100B" type 0x17
        device "{A18}" driver "E100B" type 0x17
        device "{A19}" driver "E100B" type 0x17
        device "{A20}" driver "E100B" type 0x17
        device "{A21}" driver "E100B" type 0x17
        device "{A22}" driver "E100B" type 0x17
        device "{A23}" driver "E100B" type 0x17
        device "{A24}" driver "E100B" type 0x17
        device "{A25}" driver "E100B" type 0x17
        device "{A26}" driver "E100B" type 0x17
        device "{A27}" driver "E100B" type 0x17
        device "{A28}" driver "E100B" type 0x17
        device "{A29}" driver "E100B" type 0x17
        device "{A30}" driver "E100B" type 0x17
        device "{A31}" driver "E100B" type 0x17
        device "{A32}" driver "E100B" type 0x17
        device "{A33}" driver "E100B" type 0x17
        device "{A34}" driver "E100B" type 0x17
        device "{A35}" driver "E100B" type 0x17
        device "{A36}" driver "E100B" type 0x17
        device "{A37}" driver "E100B" type 0x17
        device "{A38}" driver "E100B" type 0x17
        device "{A39}" driver "E100B" type 0x17
        device "{A40}" driver "E100B" type 0x17
        device "{A41}" driver "E100B" type 0x17
        device "{A42}" driver "E100B" type 0x17
        device "{A43}" driver "E100B" type 0x17
        device "{A44}" driver "E100B" type 0x17
        device "{A45}" driver "E100B" type 0x17
        device "{A46}" driver "E100B" type 0x17
        device "{A47}" driver "E100B" type 0x17
        device "{A48}" driver "E100B" type 0x17
        device "{A49}" driver "E100B" type 0x17
        device "{A50}" driver "E100B" type 0x17
        device "{A51}" driver "E100B" type 0x17
        device "{A52}" driver "E100B" type 0x17
        device "{A53}" driver "E100B" type 0x17
        device "{A54}" driver "E100B" type 0x17
        device "{A55}" driver "E100B" type 0x17
        device "{A56}" driver "E100B" type 0x17
        device "{A57}" driver "E100B" type 0x17
        device "{A58}" driver "E100B" type 0x17
        device "{A59}" driver "E100B" type 0x17
        device "{A60}" driver "E100B" type 0x17
        device "{A61}" driver "E100B" type 0x17
        device "{A62}" driver "E100B" type 0x17
        device "{A63}" driver "E100B" type 0x17
        device "{A64}" driver "E100B" type 0x17
        device "{A65}" driver "E100B" type 0x17
    }
    test silent "a driver faults" {
        machine x86 nt4
        container full
        symbols

        stop 0xa 0xfee3b797 2 0 "e100b!Work+0x40"
        module "netbt.sys"
        module "e100b.sys"
        current "System" irql 2
        stack {
            frame "nt!KeBugCheckEx+0x1b"
            trap  "nt!KiTrap0E+0x20b" error 0 address 0x14
            frame "e100b!Work+0x40"
            frame "nt!ExpWorkerThread+0x6f"
        }
        driver "E100B" module "e100b.sys"
        device "{A0}" driver "E100B" type 0x17
        device "{A1}" driver "E100B" type 0x17
        device "{A2}" driver "E100B" type 0x17
        device "{A3}" driver "E100B" type 0x17
        device "{A4}" driver "E100B" type 0x17
        device "{A5}" driver "E100B" type 0x17
        device "{A6}" driver "E100B" type 0x17
        device "{A7}" driver "E100B" type 0x17
        device "{A8}" driver "E100B" type 0x17
        device "{A9}" driver "E100B" type 0x17
        device "{A10}" driver "E100B" type 0x17
        device "{A11}" driver "E100B" type 0x17
        device "{A12}" driver "E100B" type 0x17
        device "{A13}" driver "E100B" type 0x17
        device "{A14}" driver "E100B" type 0x17
        device "{A15}" driver "E100B" type 0x17
        device "{A16}" driver "E100B" type 0x17
        device "{A17}" driver "E100B" type 0x17
        device "{A18}" driver "E100B" type 0x17
        device "{A19}" driver "E100B" type 0x17
        device "{A20}" driver "E100B" type 0x17
        device "{A21}" driver "E100B" type 0x17
        device "{A22}" driver "E100B" type 0x17
        device "{A23}" driver "E100B" type 0x17
        device "{A24}" driver "E100B" type 0x17
        device "{A25}" driver "E100B" type 0x17
        device "{A26}" driver "E100B" type 0x17
        device "{A27}" driver "E100B" type 0x17
        device "{A28}" driver "E100B" type 0x17
        device "{A29}" driver "E100B" type 0x17
        device "{A30}" driver "E100B" type 0x17
        device "{A31}" driver "E100B" type 0x17
        device "{A32}" driver "E100B" type 0x17
        device "{A33}" driver "E100B" type 0x17
        device "{A34}" driver "E100B" type 0x17
        device "{A35}" driver "E100B" type 0x17
        device "{A36}" driver "E100B" type 0x17
        device "{A37}" driver "E100B" type 0x17
        device "{A38}" driver "E100B" type 0x17
        device "{A39}" driver "E100B" type 0x17
        device "{A40}" driver "E100B" type 0x17
        device "{A41}" driver "E100B" type 0x17
        device "{A42}" driver "E100B" type 0x17
        device "{A43}" driver "E100B" type 0x17
        device "{A44}" driver "E100B" type 0x17
        device "{A45}" driver "E100B" type 0x17
        device "{A46}" driver "E100B" type 0x17
        device "{A47}" driver "E100B" type 0x17
        device "{A48}" driver "E100B" type 0x17
        device "{A49}" driver "E100B" type 0x17
        device "{A50}" driver "E100B" type 0x17
        device "{A51}" driver "E100B" type 0x17
        device "{A52}" driver "E100B" type 0x17
        device "{A53}" driver "E100B" type 0x17
        device "{A54}" driver "E100B" type 0x17
        device "{A55}" driver "E100B" type 0x17
        device "{A56}" driver "E100B" type 0x17
        device "{A57}" driver "E100B" type 0x17
        device "{A58}" driver "E100B" type 0x17
        device "{A59}" driver "E100B" type 0x17
        device "{A60}" driver "E100B" type 0x17
        device "{A61}" driver "E100B" type 0x17
        device "{A62}" driver "E100B" type 0x17
        device "{A63}" driver "E100B" type 0x17
        device "{A64}" driver "E100B" type 0x17
        device "{A65}" driver "E100B" type 0x17
    }
    test unknown "x86 nt4: only a header" {
        machine x86 nt4
        container header
        stop 0xa 0xfee3b797 2 0 0xff1e82e8
    }
}
