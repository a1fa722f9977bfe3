#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Arguments, help and exit codes.
. "$(dirname "$0")/../tools/lib.sh"

run "no arguments" 2
has "no arguments: what to do" err 'ntriage help'
run "unknown verb" 2 analyse x.dmp
has "unknown verb: nearest" err 'no verb "analyse"; did you mean "analyze"'
run "verb like nothing" 2 frobnicate
has "verb like nothing: help" err 'ntriage help'
touch lonely.dmp
run "file instead of a verb" 2 lonely.dmp
has "file instead of a verb: analyze" err 'ntriage analyze lonely.dmp'
run "unknown option" 2 hexdump --phsy x 0
has "unknown option: nearest" err 'no option "--phsy"; did you mean "--phys"'
run "unknown letter" 2 info -z x
has "unknown letter: help" err 'ntriage help info'
run "operand missing" 2 analyze
has "operand missing: usage" err 'usage: ntriage analyze FILE'
run "too many operands" 2 modules a b
has "too many operands: which" err 'from "b" on'
run "option without its value" 2 info --max-unpacked
run "bad size" 2 info --max-unpacked=lots x
has "bad size: text" err 'wants a size'
run "zero size" 2 info --max-unpacked 0 x
run "switch with a value" 2 info --json=yes x
has "switch with a value: text" err 'takes no value'
run "file not there" 2 analyze /nonexistent/x.dmp
has "file not there: named" err '/nonexistent/x.dmp'
run "bad length" 2 hexdump lonely.dmp 0x1000 many
run "control bytes do not reach the terminal" 2 $'ver\033[31mb'
hasnt "control bytes do not reach the terminal: err" err $'\033'

run "version" 0 --version
has "version: text" out '^ntriage [0-9]+\.[0-9]+\.[0-9]+$'
run "version verb" 0 version
run "version json" 0 version --json
same "version json: schema" "$(jq -r .schema out)" ntriage.version/1
run "help" 0 help
cp out help.txt
run "--help" 0 --help
same "--help says what help says" "$(cmp out help.txt 2>&1)" ""
for v in $(sed -n 's/^NTR_VERB(\(.*\))$/\1/p' "$TOP/kdtools/cli/verb_list.h"); do
	has "help lists $v" help.txt "^  $v "
	run "help $v" 0 help "$v"
	cp out one.txt
	has "help $v: usage" one.txt "usage: ntriage $v"
	[ "$v" = version ] || has "help $v: example" one.txt "^  ntriage $v"
	run "$v --help" 0 "$v" --help
	same "$v --help says what help $v says" "$(cmp out one.txt 2>&1)" ""
done
run "help on nothing" 2 help nothing
run "-- ends options" 2 info -- --json
has "-- ends options: it is a file" err '(--json.*(No such file|cannot|not))'
"$NTRIAGE" help >/dev/full 2>err
same "full disk: exit" $? 2
has "full disk: said" err 'cannot be written'
finish
