#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Clients that mean no good, of the services of a live stack: names that lead out
# of the folder, files that are none or change, requests that are none, lengths
# that lie, more connections than are served, echo between echoes, iperf's call
# back. refstack-http.py is the client; what must come of each is listed here.
. "$(dirname "$0")/../tools/lib.sh"
. "$TOP/tests/tools/ns.sh"
command -v python3 >/dev/null || { skip "$name-http" "no python3"; finish; }

mkdir www www/sub elsewhere
echo secret >elsewhere/secret
ln -s ../elsewhere www/outside
ln -s ../elsewhere/secret www/out.txt
mkfifo www/pipe
head -c 1000 /dev/urandom >www/small
head -c 2000001 /dev/zero >www/grows
printf blank >"www/a b"

begin || finish
in_ns timeout 200 python3 "$TOP/tests/e2e/refstack-http.py" "$here/www" >got 2>err
same ends $? 0
while read -r what want; do
	same "$what" "$(sed -n "s/^$what //p" got)" "$want"
done <<-EOF2
	link-last 404
	link-folder 404
	link-put 404
	dots-encoded 400
	dots-within 400
	zero-encoded 400
	bad-encoded 400
	encoded 200 blank
	fifo 404
	fifo-put 404
	folder 404
	in-time yes
	pipelined 200,201
	body-is-no-head 201
	length-minus 400
	length-word 400
	length-list 400
	length-huge 400
	length-plus 400
	length-none 400
	length-two 400
	length-same 201
	length-space 400
	chunked 400
	long-head 431
	zero-head 400
	no-head 400
	head 200 0 True
	range 200
	grows yes
	after-many 200
	udp-echo x
	udp-echo-of-echo nothing
	iperf-back 192.0.2.1 True
	iperf-elsewhere 192.0.2.1 True
	iperf-least 192.0.2.1 True
	iperf-most 192.0.2.1 True
	alive 200
EOF2
if [ -n "$NTR_LONG" ]; then # a minute, and 12,100 connections
	same slow-body "$(sed -n 's/^slow-body //p' got)" ended
	same many "$(sed -n 's/^many //p' got)" True
fi
[ ! -s err ] || fail client "$(tail -1 err)"
stop http-ends
finish
