# SPDX-License-Identifier: Apache-2.0
# What the tests of all debugger commands share; sourced behind lib.sh.
# $ids: the commands of cmd_list.h.
ids=$(sed -n 's/^NTR_CMD(\(.*\))$/\1/p' "$TOP/kdtools/cmd/cmd_list.h")
silent='comment dot_cls q'

# examples DUMP: "id|command" for each command, by its own help.
examples() {
	local id name
	"$NTRIAGE" kd --json -c .help "$1" 2>/dev/null |
		jq -r '.commands[].names | split(" ")[0]' >names.txt
	paste -d'|' <(printf '%s\n' "$ids") names.txt | while IFS='|' read -r id name; do
		"$NTRIAGE" kd --json -c ".help $name" "$1" 2>/dev/null |
			jq -r --arg id "$id" '$id + "|" + .commands[0].example'
	done | sed '/^q|/!b;H;d' | sed '$a q|q' # what ends the session stands last
}

# sweep NAME DUMP LIST: run every "id|command" of the file LIST, as text and as
# JSON; answers/N is what command N printed.
sweep() {
	local n=0 id cmd st
	rm -rf answers && mkdir answers
	: >text.in
	while IFS='|' read -r id cmd; do
		n=$((n + 1))
		# what one command chooses must not reach the next
		printf '.echo @@@0\n.cxr\n.echo @@@%d\n%s\n' "$n" "$cmd" >>text.in
	done <"$3"
	timeout 120 "$NTRIAGE" kd --offline "$2" <text.in >text.out 2>text.err
	st=$?
	[ $st -lt 3 ] || fail "$1: every command" "exit $st: $(tail -1 text.err)"
	awk '/^@@@[0-9]+$/ { if (f) close(f); f = "answers/" substr($0, 4); printf "" >f; next }
		f { print >f }' text.out
	rm -f answers/0
	same "$1: every command answers" "$(find answers -type f | wc -l)" "$n"
	n=0
	while IFS='|' read -r id cmd; do
		n=$((n + 1))
		case " $silent " in *" $id "*) continue ;; esac
		[ -s "answers/$n" ] || fail "$1: $cmd" "prints nothing"
	done <"$3"
	timeout 120 "$NTRIAGE" kd --offline --json "$2" <text.in >json.out 2>json.err
	st=$?
	[ $st -lt 3 ] || fail "$1: every command, JSON" "exit $st: $(tail -1 json.err)"
	same "$1: a reason for each failure" \
		"$(jq -r 'select(.status != "ok" and ((.error // "") == "")) | .command' json.out 2>&1 | head -3)" ""
	same "$1: each has its schema" "$(jq -r .schema json.out 2>&1 | sort -u)" ntriage.kd/1
}
