# SPDX-License-Identifier: Apache-2.0
signature Q268817 {
    title     "Change notifications hold all requests that the redirector may have at a server"
    class     hang
    severity  medium
    status    experimental
    component "rdr.sys"
    article   "Q268817"
    affects   "Windows NT 4.0"
    fixed     "rdr.sys" x86 date 2000-11-07 size 265904
    fixed     "rdr.sys" alpha date 2000-11-07 size 509072
    related   "Q177245"
    false_positive "Requests are counted for all servers together: 48 that are spread over several do not fill one."

    on dump {
        require os.version == 4.0
        require module["rdr.sys"].loaded
        # IRP_MJ_DIRECTORY_CONTROL; a server allows 50 requests at once, two are kept.
        require count(r in waits.requests where r.major == 0x0c and r.driver =~ /\\rdr$/i) >= 48
        require any r in waits.requests where r.major == 0 and r.driver =~ /\\rdr$/i
        # It ends by itself after 45 seconds.
        support none r in waits.requests where r.major == 0 and r.driver =~ /\\rdr$/i and any t in threads where t.address == r.thread and t.waited > 60s
        exclude module["rdr.sys"].at_least_fixed
    }
    say       "{count(r in waits.requests where r.major == 0x0c)} notifications of changed folders are pending at the redirector, as many as a server takes at once, while a file is to be opened: that waits until they time out."
    do        "Raise MaxMpxCt of the server (LanmanServer\\Parameters), or install an rdr.sys of 7 November 2000 or later; close some of the windows that show network folders."

    test fires "48 notifications, a file to be opened" {
        machine x86 nt4
        container full
        memory 32MiB
        time 2000-12-01
        stop 0xe2
        module "rdr.sys" date 1999-01-01
        driver "Rdr" module "rdr.sys" filesystem
        device "LanmanRedirector" driver "Rdr"
        lock "open" event
        lock "n0" event
        lock "n1" event
        lock "n2" event
        lock "n3" event
        lock "n4" event
        lock "n5" event
        lock "n6" event
        lock "n7" event
        lock "n8" event
        lock "n9" event
        lock "n10" event
        lock "n11" event
        lock "n12" event
        lock "n13" event
        lock "n14" event
        lock "n15" event
        lock "n16" event
        lock "n17" event
        lock "n18" event
        lock "n19" event
        lock "n20" event
        lock "n21" event
        lock "n22" event
        lock "n23" event
        lock "n24" event
        lock "n25" event
        lock "n26" event
        lock "n27" event
        lock "n28" event
        lock "n29" event
        lock "n30" event
        lock "n31" event
        lock "n32" event
        lock "n33" event
        lock "n34" event
        lock "n35" event
        lock "n36" event
        lock "n37" event
        lock "n38" event
        lock "n39" event
        lock "n40" event
        lock "n41" event
        lock "n42" event
        lock "n43" event
        lock "n44" event
        lock "n45" event
        lock "n46" event
        lock "n47" event
        process "explorer.exe" pid 0x70 {
            thread tid 0x104 wait Executive on "open" for 20s { stack { frame "rdr!RdrWaitForMpxEntry+0x20"; frame "nt!NtCreateFile+0x40" } }
            thread tid 0x400 wait UserRequest on "n0"
            thread tid 0x404 wait UserRequest on "n1"
            thread tid 0x408 wait UserRequest on "n2"
            thread tid 0x40c wait UserRequest on "n3"
            thread tid 0x410 wait UserRequest on "n4"
            thread tid 0x414 wait UserRequest on "n5"
            thread tid 0x418 wait UserRequest on "n6"
            thread tid 0x41c wait UserRequest on "n7"
            thread tid 0x420 wait UserRequest on "n8"
            thread tid 0x424 wait UserRequest on "n9"
            thread tid 0x428 wait UserRequest on "n10"
            thread tid 0x42c wait UserRequest on "n11"
            thread tid 0x430 wait UserRequest on "n12"
            thread tid 0x434 wait UserRequest on "n13"
            thread tid 0x438 wait UserRequest on "n14"
            thread tid 0x43c wait UserRequest on "n15"
            thread tid 0x440 wait UserRequest on "n16"
            thread tid 0x444 wait UserRequest on "n17"
            thread tid 0x448 wait UserRequest on "n18"
            thread tid 0x44c wait UserRequest on "n19"
            thread tid 0x450 wait UserRequest on "n20"
            thread tid 0x454 wait UserRequest on "n21"
            thread tid 0x458 wait UserRequest on "n22"
            thread tid 0x45c wait UserRequest on "n23"
            thread tid 0x460 wait UserRequest on "n24"
            thread tid 0x464 wait UserRequest on "n25"
            thread tid 0x468 wait UserRequest on "n26"
            thread tid 0x46c wait UserRequest on "n27"
            thread tid 0x470 wait UserRequest on "n28"
            thread tid 0x474 wait UserRequest on "n29"
            thread tid 0x478 wait UserRequest on "n30"
            thread tid 0x47c wait UserRequest on "n31"
            thread tid 0x480 wait UserRequest on "n32"
            thread tid 0x484 wait UserRequest on "n33"
            thread tid 0x488 wait UserRequest on "n34"
            thread tid 0x48c wait UserRequest on "n35"
            thread tid 0x490 wait UserRequest on "n36"
            thread tid 0x494 wait UserRequest on "n37"
            thread tid 0x498 wait UserRequest on "n38"
            thread tid 0x49c wait UserRequest on "n39"
            thread tid 0x4a0 wait UserRequest on "n40"
            thread tid 0x4a4 wait UserRequest on "n41"
            thread tid 0x4a8 wait UserRequest on "n42"
            thread tid 0x4ac wait UserRequest on "n43"
            thread tid 0x4b0 wait UserRequest on "n44"
            thread tid 0x4b4 wait UserRequest on "n45"
            thread tid 0x4b8 wait UserRequest on "n46"
            thread tid 0x4bc wait UserRequest on "n47"
        }
        irp tid 0x400 event "n0" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x404 event "n1" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x408 event "n2" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x40c event "n3" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x410 event "n4" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x414 event "n5" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x418 event "n6" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x41c event "n7" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x420 event "n8" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x424 event "n9" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x428 event "n10" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x42c event "n11" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x430 event "n12" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x434 event "n13" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x438 event "n14" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x43c event "n15" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x440 event "n16" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x444 event "n17" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x448 event "n18" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x44c event "n19" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x450 event "n20" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x454 event "n21" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x458 event "n22" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x45c event "n23" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x460 event "n24" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x464 event "n25" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x468 event "n26" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x46c event "n27" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x470 event "n28" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x474 event "n29" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x478 event "n30" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x47c event "n31" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x480 event "n32" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x484 event "n33" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x488 event "n34" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x48c event "n35" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x490 event "n36" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x494 event "n37" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x498 event "n38" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x49c event "n39" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a0 event "n40" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a4 event "n41" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a8 event "n42" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4ac event "n43" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b0 event "n44" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b4 event "n45" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b8 event "n46" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4bc event "n47" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x104 event "open" { location CREATE device "LanmanRedirector" current }
    }

    test silent "47 notifications" {
        machine x86 nt4
        container full
        memory 32MiB
        time 2000-12-01
        stop 0xe2
        module "rdr.sys" date 1999-01-01
        driver "Rdr" module "rdr.sys" filesystem
        device "LanmanRedirector" driver "Rdr"
        lock "open" event
        lock "n0" event
        lock "n1" event
        lock "n2" event
        lock "n3" event
        lock "n4" event
        lock "n5" event
        lock "n6" event
        lock "n7" event
        lock "n8" event
        lock "n9" event
        lock "n10" event
        lock "n11" event
        lock "n12" event
        lock "n13" event
        lock "n14" event
        lock "n15" event
        lock "n16" event
        lock "n17" event
        lock "n18" event
        lock "n19" event
        lock "n20" event
        lock "n21" event
        lock "n22" event
        lock "n23" event
        lock "n24" event
        lock "n25" event
        lock "n26" event
        lock "n27" event
        lock "n28" event
        lock "n29" event
        lock "n30" event
        lock "n31" event
        lock "n32" event
        lock "n33" event
        lock "n34" event
        lock "n35" event
        lock "n36" event
        lock "n37" event
        lock "n38" event
        lock "n39" event
        lock "n40" event
        lock "n41" event
        lock "n42" event
        lock "n43" event
        lock "n44" event
        lock "n45" event
        lock "n46" event
        process "explorer.exe" pid 0x70 {
            thread tid 0x104 wait Executive on "open" for 20s { stack { frame "rdr!RdrWaitForMpxEntry+0x20"; frame "nt!NtCreateFile+0x40" } }
            thread tid 0x400 wait UserRequest on "n0"
            thread tid 0x404 wait UserRequest on "n1"
            thread tid 0x408 wait UserRequest on "n2"
            thread tid 0x40c wait UserRequest on "n3"
            thread tid 0x410 wait UserRequest on "n4"
            thread tid 0x414 wait UserRequest on "n5"
            thread tid 0x418 wait UserRequest on "n6"
            thread tid 0x41c wait UserRequest on "n7"
            thread tid 0x420 wait UserRequest on "n8"
            thread tid 0x424 wait UserRequest on "n9"
            thread tid 0x428 wait UserRequest on "n10"
            thread tid 0x42c wait UserRequest on "n11"
            thread tid 0x430 wait UserRequest on "n12"
            thread tid 0x434 wait UserRequest on "n13"
            thread tid 0x438 wait UserRequest on "n14"
            thread tid 0x43c wait UserRequest on "n15"
            thread tid 0x440 wait UserRequest on "n16"
            thread tid 0x444 wait UserRequest on "n17"
            thread tid 0x448 wait UserRequest on "n18"
            thread tid 0x44c wait UserRequest on "n19"
            thread tid 0x450 wait UserRequest on "n20"
            thread tid 0x454 wait UserRequest on "n21"
            thread tid 0x458 wait UserRequest on "n22"
            thread tid 0x45c wait UserRequest on "n23"
            thread tid 0x460 wait UserRequest on "n24"
            thread tid 0x464 wait UserRequest on "n25"
            thread tid 0x468 wait UserRequest on "n26"
            thread tid 0x46c wait UserRequest on "n27"
            thread tid 0x470 wait UserRequest on "n28"
            thread tid 0x474 wait UserRequest on "n29"
            thread tid 0x478 wait UserRequest on "n30"
            thread tid 0x47c wait UserRequest on "n31"
            thread tid 0x480 wait UserRequest on "n32"
            thread tid 0x484 wait UserRequest on "n33"
            thread tid 0x488 wait UserRequest on "n34"
            thread tid 0x48c wait UserRequest on "n35"
            thread tid 0x490 wait UserRequest on "n36"
            thread tid 0x494 wait UserRequest on "n37"
            thread tid 0x498 wait UserRequest on "n38"
            thread tid 0x49c wait UserRequest on "n39"
            thread tid 0x4a0 wait UserRequest on "n40"
            thread tid 0x4a4 wait UserRequest on "n41"
            thread tid 0x4a8 wait UserRequest on "n42"
            thread tid 0x4ac wait UserRequest on "n43"
            thread tid 0x4b0 wait UserRequest on "n44"
            thread tid 0x4b4 wait UserRequest on "n45"
            thread tid 0x4b8 wait UserRequest on "n46"
        }
        irp tid 0x400 event "n0" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x404 event "n1" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x408 event "n2" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x40c event "n3" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x410 event "n4" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x414 event "n5" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x418 event "n6" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x41c event "n7" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x420 event "n8" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x424 event "n9" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x428 event "n10" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x42c event "n11" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x430 event "n12" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x434 event "n13" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x438 event "n14" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x43c event "n15" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x440 event "n16" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x444 event "n17" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x448 event "n18" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x44c event "n19" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x450 event "n20" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x454 event "n21" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x458 event "n22" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x45c event "n23" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x460 event "n24" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x464 event "n25" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x468 event "n26" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x46c event "n27" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x470 event "n28" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x474 event "n29" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x478 event "n30" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x47c event "n31" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x480 event "n32" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x484 event "n33" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x488 event "n34" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x48c event "n35" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x490 event "n36" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x494 event "n37" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x498 event "n38" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x49c event "n39" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a0 event "n40" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a4 event "n41" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a8 event "n42" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4ac event "n43" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b0 event "n44" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b4 event "n45" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b8 event "n46" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x104 event "open" { location CREATE device "LanmanRedirector" current }
    }

    test silent "48 notifications, nothing to be opened" {
        machine x86 nt4
        container full
        memory 32MiB
        time 2000-12-01
        stop 0xe2
        module "rdr.sys" date 1999-01-01
        driver "Rdr" module "rdr.sys" filesystem
        device "LanmanRedirector" driver "Rdr"
        lock "open" event
        lock "n0" event
        lock "n1" event
        lock "n2" event
        lock "n3" event
        lock "n4" event
        lock "n5" event
        lock "n6" event
        lock "n7" event
        lock "n8" event
        lock "n9" event
        lock "n10" event
        lock "n11" event
        lock "n12" event
        lock "n13" event
        lock "n14" event
        lock "n15" event
        lock "n16" event
        lock "n17" event
        lock "n18" event
        lock "n19" event
        lock "n20" event
        lock "n21" event
        lock "n22" event
        lock "n23" event
        lock "n24" event
        lock "n25" event
        lock "n26" event
        lock "n27" event
        lock "n28" event
        lock "n29" event
        lock "n30" event
        lock "n31" event
        lock "n32" event
        lock "n33" event
        lock "n34" event
        lock "n35" event
        lock "n36" event
        lock "n37" event
        lock "n38" event
        lock "n39" event
        lock "n40" event
        lock "n41" event
        lock "n42" event
        lock "n43" event
        lock "n44" event
        lock "n45" event
        lock "n46" event
        lock "n47" event
        process "explorer.exe" pid 0x70 {
            thread tid 0x104 wait Executive on "open" for 20s { stack { frame "rdr!RdrWaitForMpxEntry+0x20"; frame "nt!NtCreateFile+0x40" } }
            thread tid 0x400 wait UserRequest on "n0"
            thread tid 0x404 wait UserRequest on "n1"
            thread tid 0x408 wait UserRequest on "n2"
            thread tid 0x40c wait UserRequest on "n3"
            thread tid 0x410 wait UserRequest on "n4"
            thread tid 0x414 wait UserRequest on "n5"
            thread tid 0x418 wait UserRequest on "n6"
            thread tid 0x41c wait UserRequest on "n7"
            thread tid 0x420 wait UserRequest on "n8"
            thread tid 0x424 wait UserRequest on "n9"
            thread tid 0x428 wait UserRequest on "n10"
            thread tid 0x42c wait UserRequest on "n11"
            thread tid 0x430 wait UserRequest on "n12"
            thread tid 0x434 wait UserRequest on "n13"
            thread tid 0x438 wait UserRequest on "n14"
            thread tid 0x43c wait UserRequest on "n15"
            thread tid 0x440 wait UserRequest on "n16"
            thread tid 0x444 wait UserRequest on "n17"
            thread tid 0x448 wait UserRequest on "n18"
            thread tid 0x44c wait UserRequest on "n19"
            thread tid 0x450 wait UserRequest on "n20"
            thread tid 0x454 wait UserRequest on "n21"
            thread tid 0x458 wait UserRequest on "n22"
            thread tid 0x45c wait UserRequest on "n23"
            thread tid 0x460 wait UserRequest on "n24"
            thread tid 0x464 wait UserRequest on "n25"
            thread tid 0x468 wait UserRequest on "n26"
            thread tid 0x46c wait UserRequest on "n27"
            thread tid 0x470 wait UserRequest on "n28"
            thread tid 0x474 wait UserRequest on "n29"
            thread tid 0x478 wait UserRequest on "n30"
            thread tid 0x47c wait UserRequest on "n31"
            thread tid 0x480 wait UserRequest on "n32"
            thread tid 0x484 wait UserRequest on "n33"
            thread tid 0x488 wait UserRequest on "n34"
            thread tid 0x48c wait UserRequest on "n35"
            thread tid 0x490 wait UserRequest on "n36"
            thread tid 0x494 wait UserRequest on "n37"
            thread tid 0x498 wait UserRequest on "n38"
            thread tid 0x49c wait UserRequest on "n39"
            thread tid 0x4a0 wait UserRequest on "n40"
            thread tid 0x4a4 wait UserRequest on "n41"
            thread tid 0x4a8 wait UserRequest on "n42"
            thread tid 0x4ac wait UserRequest on "n43"
            thread tid 0x4b0 wait UserRequest on "n44"
            thread tid 0x4b4 wait UserRequest on "n45"
            thread tid 0x4b8 wait UserRequest on "n46"
            thread tid 0x4bc wait UserRequest on "n47"
        }
        irp tid 0x400 event "n0" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x404 event "n1" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x408 event "n2" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x40c event "n3" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x410 event "n4" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x414 event "n5" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x418 event "n6" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x41c event "n7" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x420 event "n8" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x424 event "n9" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x428 event "n10" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x42c event "n11" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x430 event "n12" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x434 event "n13" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x438 event "n14" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x43c event "n15" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x440 event "n16" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x444 event "n17" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x448 event "n18" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x44c event "n19" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x450 event "n20" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x454 event "n21" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x458 event "n22" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x45c event "n23" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x460 event "n24" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x464 event "n25" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x468 event "n26" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x46c event "n27" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x470 event "n28" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x474 event "n29" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x478 event "n30" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x47c event "n31" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x480 event "n32" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x484 event "n33" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x488 event "n34" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x48c event "n35" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x490 event "n36" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x494 event "n37" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x498 event "n38" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x49c event "n39" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a0 event "n40" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a4 event "n41" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a8 event "n42" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4ac event "n43" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b0 event "n44" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b4 event "n45" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b8 event "n46" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4bc event "n47" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
    }

    test silent "the fixed redirector" {
        machine x86 nt4
        container full
        memory 32MiB
        time 2000-12-01
        stop 0xe2
        module "rdr.sys" date 2000-11-07
        driver "Rdr" module "rdr.sys" filesystem
        device "LanmanRedirector" driver "Rdr"
        lock "open" event
        lock "n0" event
        lock "n1" event
        lock "n2" event
        lock "n3" event
        lock "n4" event
        lock "n5" event
        lock "n6" event
        lock "n7" event
        lock "n8" event
        lock "n9" event
        lock "n10" event
        lock "n11" event
        lock "n12" event
        lock "n13" event
        lock "n14" event
        lock "n15" event
        lock "n16" event
        lock "n17" event
        lock "n18" event
        lock "n19" event
        lock "n20" event
        lock "n21" event
        lock "n22" event
        lock "n23" event
        lock "n24" event
        lock "n25" event
        lock "n26" event
        lock "n27" event
        lock "n28" event
        lock "n29" event
        lock "n30" event
        lock "n31" event
        lock "n32" event
        lock "n33" event
        lock "n34" event
        lock "n35" event
        lock "n36" event
        lock "n37" event
        lock "n38" event
        lock "n39" event
        lock "n40" event
        lock "n41" event
        lock "n42" event
        lock "n43" event
        lock "n44" event
        lock "n45" event
        lock "n46" event
        lock "n47" event
        process "explorer.exe" pid 0x70 {
            thread tid 0x104 wait Executive on "open" for 20s { stack { frame "rdr!RdrWaitForMpxEntry+0x20"; frame "nt!NtCreateFile+0x40" } }
            thread tid 0x400 wait UserRequest on "n0"
            thread tid 0x404 wait UserRequest on "n1"
            thread tid 0x408 wait UserRequest on "n2"
            thread tid 0x40c wait UserRequest on "n3"
            thread tid 0x410 wait UserRequest on "n4"
            thread tid 0x414 wait UserRequest on "n5"
            thread tid 0x418 wait UserRequest on "n6"
            thread tid 0x41c wait UserRequest on "n7"
            thread tid 0x420 wait UserRequest on "n8"
            thread tid 0x424 wait UserRequest on "n9"
            thread tid 0x428 wait UserRequest on "n10"
            thread tid 0x42c wait UserRequest on "n11"
            thread tid 0x430 wait UserRequest on "n12"
            thread tid 0x434 wait UserRequest on "n13"
            thread tid 0x438 wait UserRequest on "n14"
            thread tid 0x43c wait UserRequest on "n15"
            thread tid 0x440 wait UserRequest on "n16"
            thread tid 0x444 wait UserRequest on "n17"
            thread tid 0x448 wait UserRequest on "n18"
            thread tid 0x44c wait UserRequest on "n19"
            thread tid 0x450 wait UserRequest on "n20"
            thread tid 0x454 wait UserRequest on "n21"
            thread tid 0x458 wait UserRequest on "n22"
            thread tid 0x45c wait UserRequest on "n23"
            thread tid 0x460 wait UserRequest on "n24"
            thread tid 0x464 wait UserRequest on "n25"
            thread tid 0x468 wait UserRequest on "n26"
            thread tid 0x46c wait UserRequest on "n27"
            thread tid 0x470 wait UserRequest on "n28"
            thread tid 0x474 wait UserRequest on "n29"
            thread tid 0x478 wait UserRequest on "n30"
            thread tid 0x47c wait UserRequest on "n31"
            thread tid 0x480 wait UserRequest on "n32"
            thread tid 0x484 wait UserRequest on "n33"
            thread tid 0x488 wait UserRequest on "n34"
            thread tid 0x48c wait UserRequest on "n35"
            thread tid 0x490 wait UserRequest on "n36"
            thread tid 0x494 wait UserRequest on "n37"
            thread tid 0x498 wait UserRequest on "n38"
            thread tid 0x49c wait UserRequest on "n39"
            thread tid 0x4a0 wait UserRequest on "n40"
            thread tid 0x4a4 wait UserRequest on "n41"
            thread tid 0x4a8 wait UserRequest on "n42"
            thread tid 0x4ac wait UserRequest on "n43"
            thread tid 0x4b0 wait UserRequest on "n44"
            thread tid 0x4b4 wait UserRequest on "n45"
            thread tid 0x4b8 wait UserRequest on "n46"
            thread tid 0x4bc wait UserRequest on "n47"
        }
        irp tid 0x400 event "n0" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x404 event "n1" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x408 event "n2" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x40c event "n3" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x410 event "n4" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x414 event "n5" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x418 event "n6" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x41c event "n7" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x420 event "n8" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x424 event "n9" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x428 event "n10" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x42c event "n11" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x430 event "n12" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x434 event "n13" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x438 event "n14" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x43c event "n15" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x440 event "n16" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x444 event "n17" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x448 event "n18" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x44c event "n19" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x450 event "n20" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x454 event "n21" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x458 event "n22" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x45c event "n23" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x460 event "n24" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x464 event "n25" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x468 event "n26" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x46c event "n27" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x470 event "n28" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x474 event "n29" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x478 event "n30" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x47c event "n31" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x480 event "n32" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x484 event "n33" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x488 event "n34" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x48c event "n35" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x490 event "n36" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x494 event "n37" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x498 event "n38" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x49c event "n39" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a0 event "n40" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a4 event "n41" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a8 event "n42" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4ac event "n43" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b0 event "n44" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b4 event "n45" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b8 event "n46" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4bc event "n47" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x104 event "open" { location CREATE device "LanmanRedirector" current }
    }

    test silent "Windows 2000" {
        machine x86 2000
        container full
        memory 32MiB
        time 2000-12-01
        stop 0xe2
        module "rdr.sys" date 1999-01-01
        driver "Rdr" module "rdr.sys" filesystem
        device "LanmanRedirector" driver "Rdr"
        lock "open" event
        lock "n0" event
        lock "n1" event
        lock "n2" event
        lock "n3" event
        lock "n4" event
        lock "n5" event
        lock "n6" event
        lock "n7" event
        lock "n8" event
        lock "n9" event
        lock "n10" event
        lock "n11" event
        lock "n12" event
        lock "n13" event
        lock "n14" event
        lock "n15" event
        lock "n16" event
        lock "n17" event
        lock "n18" event
        lock "n19" event
        lock "n20" event
        lock "n21" event
        lock "n22" event
        lock "n23" event
        lock "n24" event
        lock "n25" event
        lock "n26" event
        lock "n27" event
        lock "n28" event
        lock "n29" event
        lock "n30" event
        lock "n31" event
        lock "n32" event
        lock "n33" event
        lock "n34" event
        lock "n35" event
        lock "n36" event
        lock "n37" event
        lock "n38" event
        lock "n39" event
        lock "n40" event
        lock "n41" event
        lock "n42" event
        lock "n43" event
        lock "n44" event
        lock "n45" event
        lock "n46" event
        lock "n47" event
        process "explorer.exe" pid 0x70 {
            thread tid 0x104 wait Executive on "open" for 20s { stack { frame "rdr!RdrWaitForMpxEntry+0x20"; frame "nt!NtCreateFile+0x40" } }
            thread tid 0x400 wait UserRequest on "n0"
            thread tid 0x404 wait UserRequest on "n1"
            thread tid 0x408 wait UserRequest on "n2"
            thread tid 0x40c wait UserRequest on "n3"
            thread tid 0x410 wait UserRequest on "n4"
            thread tid 0x414 wait UserRequest on "n5"
            thread tid 0x418 wait UserRequest on "n6"
            thread tid 0x41c wait UserRequest on "n7"
            thread tid 0x420 wait UserRequest on "n8"
            thread tid 0x424 wait UserRequest on "n9"
            thread tid 0x428 wait UserRequest on "n10"
            thread tid 0x42c wait UserRequest on "n11"
            thread tid 0x430 wait UserRequest on "n12"
            thread tid 0x434 wait UserRequest on "n13"
            thread tid 0x438 wait UserRequest on "n14"
            thread tid 0x43c wait UserRequest on "n15"
            thread tid 0x440 wait UserRequest on "n16"
            thread tid 0x444 wait UserRequest on "n17"
            thread tid 0x448 wait UserRequest on "n18"
            thread tid 0x44c wait UserRequest on "n19"
            thread tid 0x450 wait UserRequest on "n20"
            thread tid 0x454 wait UserRequest on "n21"
            thread tid 0x458 wait UserRequest on "n22"
            thread tid 0x45c wait UserRequest on "n23"
            thread tid 0x460 wait UserRequest on "n24"
            thread tid 0x464 wait UserRequest on "n25"
            thread tid 0x468 wait UserRequest on "n26"
            thread tid 0x46c wait UserRequest on "n27"
            thread tid 0x470 wait UserRequest on "n28"
            thread tid 0x474 wait UserRequest on "n29"
            thread tid 0x478 wait UserRequest on "n30"
            thread tid 0x47c wait UserRequest on "n31"
            thread tid 0x480 wait UserRequest on "n32"
            thread tid 0x484 wait UserRequest on "n33"
            thread tid 0x488 wait UserRequest on "n34"
            thread tid 0x48c wait UserRequest on "n35"
            thread tid 0x490 wait UserRequest on "n36"
            thread tid 0x494 wait UserRequest on "n37"
            thread tid 0x498 wait UserRequest on "n38"
            thread tid 0x49c wait UserRequest on "n39"
            thread tid 0x4a0 wait UserRequest on "n40"
            thread tid 0x4a4 wait UserRequest on "n41"
            thread tid 0x4a8 wait UserRequest on "n42"
            thread tid 0x4ac wait UserRequest on "n43"
            thread tid 0x4b0 wait UserRequest on "n44"
            thread tid 0x4b4 wait UserRequest on "n45"
            thread tid 0x4b8 wait UserRequest on "n46"
            thread tid 0x4bc wait UserRequest on "n47"
        }
        irp tid 0x400 event "n0" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x404 event "n1" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x408 event "n2" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x40c event "n3" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x410 event "n4" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x414 event "n5" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x418 event "n6" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x41c event "n7" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x420 event "n8" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x424 event "n9" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x428 event "n10" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x42c event "n11" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x430 event "n12" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x434 event "n13" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x438 event "n14" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x43c event "n15" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x440 event "n16" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x444 event "n17" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x448 event "n18" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x44c event "n19" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x450 event "n20" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x454 event "n21" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x458 event "n22" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x45c event "n23" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x460 event "n24" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x464 event "n25" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x468 event "n26" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x46c event "n27" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x470 event "n28" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x474 event "n29" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x478 event "n30" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x47c event "n31" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x480 event "n32" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x484 event "n33" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x488 event "n34" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x48c event "n35" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x490 event "n36" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x494 event "n37" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x498 event "n38" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x49c event "n39" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a0 event "n40" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a4 event "n41" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4a8 event "n42" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4ac event "n43" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b0 event "n44" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b4 event "n45" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4b8 event "n46" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x4bc event "n47" { location DIRECTORY_CONTROL minor 2 device "LanmanRedirector" current }
        irp tid 0x104 event "open" { location CREATE device "LanmanRedirector" current }
    }

    test unknown "header-only dump" {
        machine x86 nt4
        container header
        stop 0xe2
    }
}
