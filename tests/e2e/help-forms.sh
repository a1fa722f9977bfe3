#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The completion script and the manual page, as their programs take them.
. "$(dirname "$0")/../tools/lib.sh"

run "completion" 0 help --completion
cp out ntriage.bash
bash -n ntriage.bash && pass "completion parses" || fail "completion parses" "bash -n"

# complete_after WORDS...: what is offered for the last word
complete_after() {
	bash -c '. ./ntriage.bash; shift 0
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _ntriage; printf "%s\n" "${COMPREPLY[@]}"' _ "$@" | sort | tr '\n' ' '
}
same "completion: verbs" "$(complete_after ntriage an)" "analyze "
same "completion: verbs for help" "$(complete_after ntriage help tr)" "translate "
same "completion: a verb's option" "$(complete_after ntriage hexdump --ph)" "--phys "
same "completion: a global option" "$(complete_after ntriage analyze --js)" "--json "
same "completion: what sym can do" "$(complete_after ntriage sym ma)" "manifest "
same "completion: values of an option" "$(complete_after ntriage sym fetch --only im)" "image "
touch some.dmp
same "completion: paths of facts" "$(complete_after ntriage facts some.dmp queue.critical.exh)" "queue.critical.exhausted "
same "completion: files" "$(complete_after ntriage analyze so)" "some.dmp "

run "man page" 0 help --man
cp out ntriage.1
has "man page: title" ntriage.1 '^\.TH NTRIAGE 1'
if command -v groff >/dev/null; then
	groff -man -Tascii -ww ntriage.1 >page 2>warn
	same "man page: groff has no complaint" "$(cat warn)" ""
elif command -v man >/dev/null; then
	man --warnings -l ntriage.1 >page 2>warn
	same "man page: man has no complaint" "$(cat warn)" ""
else
	skip "man page: rendered" "neither groff nor man is installed"
	touch page
fi
if [ -s page ]; then
	col -bx <page >plain 2>/dev/null || sed 's/.\x08//g; s/\x1b\[[0-9;]*m//g' page >plain
	for v in analyze hexdump translate; do
		has "man page: $v" plain "ntriage $v"
	done
	has "man page: exit status" plain 'EXIT STATUS'
fi
# Every request line is one the man macros have.
same "man page: only known requests" "$(grep -oE '^\.[A-Z]+' ntriage.1 | sort -u | grep -vE '^\.(TH|SH|SS|PP|TP|B|I)$')" ""
finish
