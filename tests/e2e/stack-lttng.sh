#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The reference stack's events arrive in a session of LTTng, under their names.
. "$(dirname "$0")/../tools/lib.sh"

command -v lttng >/dev/null || { skip session "no lttng"; finish; }
[ -e "$B/ntstack-lttng.so" ] || { skip session "the provider was not built"; finish; }

# Root's daemon is the machine's; a user's is its own, below LTTNG_HOME.
chmod 755 .
mkdir tests own && cp "$B/tests/trace_test" tests/ && cp "$B/ntstack-lttng.so" .
chmod 777 own
as=()
[ "$(id -u)" = 0 ] && as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
export LTTNG_HOME=$here/own HOME=$here/own LTTNG_UST_REGISTER_TIMEOUT=-1
user() { "${as[@]}" "$@"; }
# Its consumer lies where Debian's packages put it.
consumer=$(ls /usr/lib/*/lttng/libexec/lttng-consumerd 2>/dev/null | head -1)
user lttng-sessiond --daemonize --no-kernel --pidfile="$here/own/pid" \
	${consumer:+--consumerd64-path="$consumer"} >log 2>&1
[ -s own/pid ] || { skip session "lttng-sessiond does not start: $(head -c 100 log)"; finish; }
trap 'kill "$(cat "$here/own/pid")"; rm -rf "$here"' EXIT

{
	user lttng create s --output="$here/own/out"
	user lttng enable-event -u 'ntstack:*'
	user lttng start
} >>log 2>&1
# shellcheck disable=SC2097,SC2098
B=$here user tests/trace_test >out 2>&1
has "the provider is loaded" out "^pass lttng_provider"
{
	user lttng stop
	user lttng destroy
} >>log 2>&1
find own/out -name 'channel*' -type f -exec cat {} + >records 2>>log
find own/out -name metadata -exec cat {} + >metadata 2>>log
for e in ke_lock_got ke_bugcheck tcp_state netbt_indicate; do
	same "$e is described" "$(grep -ac "name = \"ntstack:$e\"" metadata)" 1
done
same "its arguments have their names" "$(grep -acE '_taken_capacity' metadata)" 1
same "records have the machine's name" "$(grep -ac rec records | awk '{ print ($1 > 0) }')" 1
if command -v babeltrace2 >/dev/null; then
	babeltrace2 own/out >text 2>babel
	same "babeltrace2 reads it" "$? $(head -c 200 babel)" "0 "
	has "the bug check" text 'ntstack:ke_bugcheck.*code = 0xD1'
	hasnt "every line is an event of the stack" <(grep -v ' ntstack:[a-z]*_[a-z_]*: ' text) .
else
	skip "the bug check" "no babeltrace2"
fi
finish
