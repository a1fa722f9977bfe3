# SPDX-License-Identifier: Apache-2.0
# What the test scripts share. A script sources this first; it then stands in
# an empty folder of its own, $TOP is the tree, $NTRIAGE the program.
TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
B=${B:-$TOP/build/dev}
NTRIAGE=${NTRIAGE:-$B/ntriage}
case $NTRIAGE in /*) ;; *) NTRIAGE=$TOP/$NTRIAGE ;; esac
NTR_CORPUS=${NTR_CORPUS:-$TOP/../shared/corpus}
export LC_ALL=C TZ=UTC NO_COLOR=1
fails=0
here=$(mktemp -d "${TMPDIR:-/tmp}/ntr-test-XXXXXXXX") || exit 1
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 1
# No symbols of the person's own, and no proxy before the loopback.
export XDG_CACHE_HOME=$here/.cache no_proxy='*' NO_PROXY='*'
unset _NT_SYMBOL_PATH

pass() { echo "pass $1"; }
fail() {
	echo "fail $1: $2"
	fails=$((fails + 1))
}
skip() { echo "skip $1: $2"; }

# same NAME GOT WANT
same() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "is \"$2\", want \"$3\""; fi
}
# has NAME FILE PATTERN: a line of the file matches (extended regex)
has() {
	if grep -qE -- "$3" "$2"; then pass "$1"; else fail "$1" "no line like \"$3\" in: $(head -c 300 "$2" | tr '\n' '~')"; fi
}
# hasnt NAME FILE PATTERN
hasnt() {
	if grep -qE -- "$3" "$2"; then fail "$1" "has \"$(grep -m1 -E -- "$3" "$2")\""; else pass "$1"; fi
}
# run NAME EXIT ARGS...: ntriage with ARGS; output in the files out and err
run() {
	local name=$1 want=$2 st
	shift 2
	timeout 60 "$NTRIAGE" "$@" >out 2>err
	st=$?
	if [ $st -eq "$want" ]; then
		pass "$name"
	else
		fail "$name" "exit $st, want $want: $(head -c 200 err | tr '\n' '~')"
	fi
}
# forge SCENARIO OUT [CONTAINER]; false and a fail line when it cannot be made
forge() {
	"$NTRIAGE" forge "$1" -o "$2" ${3:+--container "$3"} 2>forge.err && return
	fail "forge $(basename "$1") ${3:-}" "$(head -1 forge.err)"
	return 1
}
# ${corpus FILE}: path of a real dump when it is there
corpus() { [ -e "$NTR_CORPUS/$1" ] && printf '%s\n' "$NTR_CORPUS/$1"; }
# there FILE: it comes to be; what is captured to is there when the device is open
there() {
	for _ in $(seq 400); do [ -e "$1" ] && return; sleep 0.05; done
	false
}
finish() { exit $((fails > 0)); }
