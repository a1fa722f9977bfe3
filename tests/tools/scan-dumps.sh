# SPDX-License-Identifier: Apache-2.0
# For tests of scan: rules of their own, and small dumps. Sourced after lib.sh.
export XDG_DATA_HOME=$PWD/data NTRIAGE_RULES=$PWD/rules
mkdir rules
cat >rules/t.sig <<'SIG'
# SPDX-License-Identifier: Apache-2.0
signature T-D1 {
    title     "Stop 0xD1, any \"driver\""
    class     stop
    severity  high
    status    stable
    component "e1c64x64.sys"
    on dump {
        require bugcheck.code == 0xd1
    }
    say       "It stopped with {bugcheck.code}."
    do        "Look."
}
signature T-POOL {
    title     "A pool tag"
    class     leak
    severity  low
    status    experimental
    component "tcpip.sys"
    on dump {
        require bugcheck.code == 0xd1
        require any t in pool.tags where t.tag == "AfdB"
    }
    say       "x"
    do        "y"
}
SIG
forge "$TOP/tests/fixtures/bench-triage.forge" a.dmp
forge "$TOP/tests/fixtures/x64-10-7e.forge" other.dmp triage
# dumps DIR N: files of distinct bytes
dumps() {
	local i
	mkdir -p "$1"
	for ((i = 0; i < $2; i++)); do
		{ cat a.dmp; printf 'n%03d' $i; } >"$1/$(printf %03d $i).dmp"
	done
}
# The store as it is for good: without numbers and times of judging.
final() {
	"$NTRIAGE" results export --store "$1" | jq -cS 'del(.id, .judged)' | sort
}
