#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Writes the family of packet scripts tests/pkt/states: each state of RFC 9293
# 3.3.2 and what a segment does in it (3.10.7).  The scripts are kept; this is
# how they were made, and the table to read beside the RFC.
set -eu
to=${1:-tests/pkt/states}
mkdir -p "$to"

listen=("+0     l = socket(stream)" "+0     bind(l, 8080)" "+0     listen(l, 5)")
# what the older personalities do with strays is in tests/pkt/personality
listen_rfc=("set personality=modern" "${listen[@]}")
synrcvd=("${listen[@]}" "+0     < S 0:0(0) win 65535 <mss 1460>"
	"+0     > S. 0:0(0) ack 1")
est=("${synrcvd[@]}" "+0.01  < . 1:1(0) ack 1 win 65535" "+0     c = accept(l)"
	"+0     state(c) = ESTABLISHED")
fw1=("${est[@]}" "+0     shutdown(c, wr)" "+0     > F. 1:1(0) ack 1"
	"+0     state(c) = FIN-WAIT-1")
fw2=("${fw1[@]}" "+0.01  < . 1:1(0) ack 2 win 65535" "+0     state(c) = FIN-WAIT-2")
cw=("${est[@]}" "+0     < F. 1:1(0) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 2"
	"+0     state(c) = CLOSE-WAIT")
closing=("${fw1[@]}" "+0.01  < F. 1:1(0) ack 1 win 65535" "+0~0.5 > . 2:2(0) ack 2"
	"+0     state(c) = CLOSING")
lastack=("${cw[@]}" "+0     shutdown(c, wr)" "+0     > F. 1:1(0) ack 2"
	"+0     state(c) = LAST-ACK")
tw=("${fw2[@]}" "+0.01  < F. 1:1(0) ack 2 win 65535" "+0~0.5 > . 2:2(0) ack 2"
	"+0     state(c) = TIME-WAIT")
synsent=("+0     s = socket(stream)" "+0     call: connect(s, 192.0.2.2:80)"
	"+0     > S 0:0(0)")
closed=()
challenges=()
for _ in 1 2 3 4 5 6 7 8 9 10; do
	challenges+=("+0     < R 100:100(0)" "+0     > . 1:1(0) ack 1")
done

# of STATE ARRAY SEGMENT WHY LINE...
of() {
	local state=$1 segment=$3 why=$4
	local -n before=$2
	shift 4
	{
		echo "# $state, $segment. RFC 9293 3.10.7: $why" | fold -s -w 78 | sed '2,$s/^/# /; s/ *$//'
		printf '%s\n' "${before[@]}" "$@"
	} | grep . >"$to/${state,,}-$segment.pkt"
}

ack1="+0.1   < . 1:1(0) ack 1 win 65535"

of CLOSED closed rst "an incoming RST is discarded." \
	"+0     < R 1:1(0)" "+0.5   > nothing"
of CLOSED closed rst-ack "an incoming RST is discarded." \
	"+0     < R. 1:1(0) ack 500" "+0.5   > nothing"
of CLOSED closed syn "no ACK: RST with sequence 0, acknowledging what came." \
	"+0     < S 0:0(0)" "+0     > R. 0:0(0) ack 1"
of CLOSED closed fin "no ACK: RST with sequence 0, acknowledging what came." \
	"+0     < F 0:0(0)" "+0     > R. 0:0(0) ack 1"
of CLOSED closed data "no ACK: RST with sequence 0, acknowledging what came." \
	"+0     < P 1:101(100)" "+0     > R. 0:0(0) ack 101"
of CLOSED closed syn-data "no ACK: the length that is acknowledged counts SYN and text." \
	"+0     < S 0:10(10)" "+0     > R. 0:0(0) ack 11"
of CLOSED closed ack "ACK: RST with the sequence of its acknowledgement." \
	"+0     < . 1:1(0) ack 500" "+0     > R 500:500(0)"
of CLOSED closed syn-ack "ACK: RST with the sequence of its acknowledgement." \
	"+0     < S. 0:0(0) ack 500" "+0     > R 500:500(0)"
of CLOSED closed fin-ack "ACK: RST with the sequence of its acknowledgement." \
	"+0     < F. 1:1(0) ack 500" "+0     > R 500:500(0)"
of CLOSED closed urgent "no ACK: RST with sequence 0, acknowledging what came." \
	"+0     < U 1:11(10) urg 5" "+0     > R. 0:0(0) ack 11"
of CLOSED closed urgent-ack "ACK: RST with the sequence of its acknowledgement." \
	"+0     < PU. 1:11(10) ack 500 urg 5" "+0     > R 500:500(0)"

of LISTEN listen rst "an incoming RST is ignored." \
	"+0     < R 1:1(0)" "+0.5   > nothing" "+0     < S 0:0(0)" "+0     > S. 0:0(0) ack 1"
of LISTEN listen rst-ack "an incoming RST is ignored, before the ACK is looked at." \
	"+0     < R. 1:1(0) ack 500" "+0.5   > nothing"
of LISTEN listen ack "any acknowledgement is bad: RST with its number." \
	"+0     < . 1:1(0) ack 500" "+0     > R 500:500(0)"
of LISTEN listen syn-ack "the ACK is looked at before the SYN: RST." \
	"+0     < S. 0:0(0) ack 500" "+0     > R 500:500(0)"
of LISTEN listen fin-ack "any acknowledgement is bad: RST with its number." \
	"+0     < F. 1:1(0) ack 500" "+0     > R 500:500(0)"
of LISTEN listen data-ack "any acknowledgement is bad: RST with its number." \
	"+0     < P. 1:101(100) ack 500" "+0     > R 500:500(0)"
of LISTEN listen_rfc fin "neither RST, ACK nor SYN: dropped." \
	"+0     < F 1:1(0)" "+0.5   > nothing"
of LISTEN listen_rfc data "neither RST, ACK nor SYN: dropped." \
	"+0     < P 1:101(100)" "+0.5   > nothing"
of LISTEN listen syn "SYN: SYN,ACK." \
	"+0     < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1"
of LISTEN listen_rfc urgent "neither RST, ACK nor SYN: dropped." \
	"+0     < U 1:11(10) urg 5" "+0.5   > nothing"
of LISTEN listen urgent-ack "any acknowledgement is bad: RST with its number." \
	"+0     < PU. 1:11(10) ack 500 urg 5" "+0     > R 500:500(0)"
of LISTEN listen syn-rst "the RST is looked at first: ignored." \
	"+0     < SR 0:0(0)" "+0.5   > nothing"
of LISTEN listen syn-data "the SYN is acknowledged, the text may come again." \
	"+0     < S 0:10(10) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0.1   < P. 1:11(10) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 11" "+0     c = accept(l)" \
	"+0     recv(c, 100) = 10"

of SYN-SENT synsent rst "no ACK: the RST is dropped." \
	"+0     < R 0:0(0)" "+0.5   > nothing" "+0     call waits"
of SYN-SENT synsent rst-ack "the ACK is acceptable: connection reset (here: refused), no answer." \
	"+0     < R. 0:0(0) ack 1" "+0.5   > nothing" "+0     call = -ECONNREFUSED"
of SYN-SENT synsent rst-bad-ack "the ACK is not acceptable and there is a RST: dropped." \
	"+0     < R. 0:0(0) ack 500" "+0.5   > nothing" "+0     call waits"
of SYN-SENT synsent syn-ack "our SYN is acknowledged: ESTABLISHED, ACK." \
	"+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>" "+0     > . 1:1(0) ack 1" "+0     call = 0" \
	"+0     state(s) = ESTABLISHED"
of SYN-SENT synsent syn-bad-ack "the ACK is not acceptable: RST with its number, dropped." \
	"+0     < S. 0:0(0) ack 500" "+0     > R 500:500(0)" "+0     call waits"
of SYN-SENT synsent syn-ack-of-isn "an ACK of ISS itself is not acceptable (SEG.ACK =< ISS): RST." \
	"+0     < S. 0:0(0) ack 0" "+0     > R 0:0(0)" "+0     call waits"
of SYN-SENT synsent syn "simultaneous open: SYN-RECEIVED, SYN,ACK; its ACK makes it ESTABLISHED." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0.1   < . 1:1(0) ack 1 win 65535" "+0     call = 0" "+0     state(s) = ESTABLISHED"
of SYN-SENT synsent ack "acceptable, but neither SYN nor RST: dropped." \
	"+0     < . 0:0(0) ack 1" "+0.5   > nothing" "+0     call waits"
of SYN-SENT synsent bad-ack "not acceptable: RST with its number." \
	"+0     < . 0:0(0) ack 500" "+0     > R 500:500(0)" "+0     call waits"
of SYN-SENT synsent fin "neither SYN nor RST: dropped." \
	"+0     < F 0:0(0)" "+0.5   > nothing" "+0     call waits"
of SYN-SENT synsent data "neither SYN nor RST: dropped." \
	"+0     < P 1:101(100)" "+0.5   > nothing" "+0     call waits"
of SYN-SENT synsent urgent "neither SYN nor RST: dropped." \
	"+0     < U 1:11(10) urg 5" "+0.5   > nothing" "+0     call waits"
of SYN-SENT synsent fin-ack "the ACK is acceptable, but neither SYN nor RST: dropped." \
	"+0     < F. 0:0(0) ack 1" "+0.5   > nothing" "+0     call waits"
of SYN-SENT synsent syn-fin-ack "behind the SYN,ACK there is a FIN: ESTABLISHED, then CLOSE-WAIT." \
	"+0.1   < SF. 0:0(0) ack 1 win 65535 <mss 1460>" "+0     > . 1:1(0) ack 2" "+0     call = 0" \
	"+0     state(s) = CLOSE-WAIT" "+0     recv(s, 10) = 0"
of SYN-SENT synsent syn-data-ack "text behind the SYN,ACK is taken." \
	"+0.1   < SP. 0:10(10) ack 1 win 65535 <mss 1460>" "+0     > . 1:1(0) ack 11" "+0     call = 0" \
	"+0     recv(s, 100) = 10"
of SYN-SENT synsent syn-twice "simultaneous open: in SYN-RECEIVED the SYN that comes again is not acceptable: an ACK." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > . 1:1(0) ack 1" \
	"+0.1   < . 1:1(0) ack 1 win 65535" "+0     call = 0" "+0     state(s) = ESTABLISHED"
of SYN-SENT synsent syn-then-syn-ack "simultaneous open as in figure 8: the SYN,ACK of the other side makes it ESTABLISHED." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0.1   < S. 0:0(0) ack 1 win 65535 <mss 1460>" "+0     call = 0" "+0     state(s) = ESTABLISHED" \
	"+0     send(s, 10) = 10" "+0     > P. 1:11(10) ack 1"
of SYN-SENT synsent syn-then-rst "simultaneous open: a RST at RCV.NXT: refused (the open was active)." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0     < R 1:1(0)" "+0     call = -ECONNREFUSED"
of SYN-SENT synsent syn-then-rst-in-window "simultaneous open: a RST in the window is challenged (RFC 5961 3.2)." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0     < R 100:100(0)" "+0     > . 1:1(0) ack 1" "+0     call waits"
of SYN-SENT synsent syn-then-bad-ack "simultaneous open: an ACK that is not acceptable: RST with its number." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0     < . 1:1(0) ack 500" "+0     > R 500:500(0)" "+0     call waits"
of SYN-SENT synsent syn-then-fin "simultaneous open: a FIN with the ACK: ESTABLISHED, then CLOSE-WAIT." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" \
	"+0     < F. 1:1(0) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 2" "+0     call = 0" \
	"+0     state(s) = CLOSE-WAIT"

of SYN-RECEIVED synrcvd rst "a passive open returns to LISTEN; then an ACK is bad." \
	"+0     < R 1:1(0)" "+0.1   > nothing" "$ack1" "+0     > R 1:1(0)"
of SYN-RECEIVED synrcvd rst-outside "a RST outside of the window is dropped." \
	"+0     < R 500000:500000(0)" "+0.1   > nothing" "$ack1" "+0     c = accept(l)"
of SYN-RECEIVED synrcvd ack "SND.UNA < SEG.ACK =< SND.NXT: ESTABLISHED." \
	"$ack1" "+0     c = accept(l)" "+0     state(c) = ESTABLISHED"
of SYN-RECEIVED synrcvd bad-ack "not acceptable: RST with its number." \
	"+0     < . 1:1(0) ack 500" "+0     > R 500:500(0)"
of SYN-RECEIVED synrcvd data-ack "ESTABLISHED, and the text is taken." \
	"+0.1   < P. 1:101(100) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 101" "+0     c = accept(l)" \
	"+0     recv(c, 1000) = 100"
of SYN-RECEIVED synrcvd fin-ack "ESTABLISHED, then the FIN: CLOSE-WAIT." \
	"+0.1   < F. 1:1(0) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 2" "+0     c = accept(l)" \
	"+0     state(c) = CLOSE-WAIT" "+0     recv(c, 1000) = 0"
of SYN-RECEIVED synrcvd fin "the ACK bit is off: dropped." \
	"+0     < F 1:1(0)" "+0.1   > nothing" "$ack1" "+0     c = accept(l)" "+0     state(c) = ESTABLISHED"
of SYN-RECEIVED synrcvd data "the ACK bit is off: dropped." \
	"+0     < P 1:101(100)" "+0.1   > nothing" "$ack1" "+0     c = accept(l)" "+0     recv(c, 10, nowait) = -EAGAIN"
of SYN-RECEIVED synrcvd rst-in-window "in the window but not RCV.NXT: a challenge ACK (RFC 5961 3.2)." \
	"+0     < R 100:100(0)" "+0     > . 1:1(0) ack 1" "$ack1" "+0     c = accept(l)"
of SYN-RECEIVED synrcvd syn-again "the same SYN: the SYN,ACK was lost, it is sent again." \
	"+0.1   < S 0:0(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 1" "$ack1" "+0     c = accept(l)"
of SYN-RECEIVED synrcvd syn-in-window "another SYN in the window: a passive open returns to LISTEN; the next SYN begins anew." \
	"+0     < S 100:100(0) win 65535 <mss 1460>" "+0.5   > nothing" \
	"+0     < S 100:100(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 101 new" \
	"+0     < . 101:101(0) ack 1 win 65535" "+0     c = accept(l)"
of SYN-RECEIVED synrcvd syn-outside "a SYN outside of the window: an ACK, whose RST ends it; the next SYN begins anew." \
	"+0     < S 500000:500000(0) win 65535 <mss 1460>" "+0     > . 1:1(0) ack 1" \
	"+0     < R 1:1(0)" "+0     < S 500000:500000(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 500001 new"
of SYN-RECEIVED synrcvd ack-outside "outside of the window: an ACK, dropped, although the acknowledgement is right." \
	"+0     < . 500000:500000(0) ack 1 win 65535" "+0     > . 1:1(0) ack 1" "$ack1" "+0     c = accept(l)"
of SYN-RECEIVED synrcvd data-outside "outside of the window: an ACK, dropped." \
	"+0     < P. 500000:500100(100) ack 1 win 65535" "+0     > . 1:1(0) ack 1" "$ack1" "+0     c = accept(l)" \
	"+0     recv(c, 10, nowait) = -EAGAIN"
of SYN-RECEIVED synrcvd outside-limited "ACKs that say where it stands are ten (RFC 5961 7)." \
	"${challenges[@]}" \
	"+0     < R 100:100(0)" "+0.5   > nothing" "$ack1" "+0     c = accept(l)"
of SYN-RECEIVED synrcvd urgent "ESTABLISHED, and the urgent byte is beside the text." \
	"+0.1   < PU. 1:11(10) ack 1 win 65535 urg 10" "+0~0.5 > . 1:1(0) ack 11" "+0     c = accept(l)" \
	"+0     recv(c, 1, oob) = 1" "+0     recv(c, 100) = 9"

of ESTABLISHED est rst "sequence is RCV.NXT: reset, no answer." \
	"+0     < R 1:1(0)" "+0.1   > nothing" "+0     recv(c, 10) = -ECONNRESET"
of ESTABLISHED est rst-in-window "in the window but not RCV.NXT: a challenge ACK (RFC 5961 3.2)." \
	"+0     < R 100:100(0)" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est rst-outside "outside of the window: dropped without an answer." \
	"+0     < R 500000:500000(0)" "+0.1   > nothing" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est syn-in-window "a challenge ACK, whatever its sequence (RFC 5961 4.2)." \
	"+0     < S 1:1(0)" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est syn-old "not acceptable: an ACK." \
	"+0     < S 0:0(0)" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est syn-ack-old "not acceptable: an ACK." \
	"+0     < S. 0:0(0) ack 1" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est fin-ack "CLOSE-WAIT, ACK; whoever reads learns of it." \
	"+0     r: recv(c, 10)" "+0.01  < F. 1:1(0) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 2" "+0     r = 0" \
	"+0     state(c) = CLOSE-WAIT"
of ESTABLISHED est fin "the ACK bit is off: dropped." \
	"+0     < F 1:1(0)" "+0.1   > nothing" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est ack "a duplicate: ignored." \
	"+0     < . 1:1(0) ack 1 win 65535" "+0.5   > nothing" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est ack-of-unsent "SEG.ACK > SND.NXT: an ACK, dropped." \
	"+0     < . 1:1(0) ack 500 win 65535" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est data "text is delivered and acknowledged, within 0.5 s (3.8.6.3)." \
	"+0     < P. 1:101(100) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 101" "+0     recv(c, 1000) = 100"
of ESTABLISHED est data-no-ack "the ACK bit is off: dropped." \
	"+0     < P 1:101(100)" "+0.5   > nothing" "+0     recv(c, 10, nowait) = -EAGAIN"
of ESTABLISHED est data-outside "not acceptable: an ACK, dropped." \
	"+0     < P. 500000:500100(100) ack 1 win 65535" "+0     > . 1:1(0) ack 1" \
	"+0     recv(c, 10, nowait) = -EAGAIN"
of ESTABLISHED est data-fin "text, then the FIN: both are acknowledged." \
	"+0     < FP. 1:101(100) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 102" "+0     recv(c, 1000) = 100" \
	"+0     recv(c, 1000) = 0"
of ESTABLISHED est data-old "a repeated segment is not acceptable: an ACK." \
	"+0     < P. 1:101(100) ack 1 win 65535" "+0~0.5 > . 1:1(0) ack 101" \
	"+0.1   < P. 1:101(100) ack 1 win 65535" "+0     > . 1:1(0) ack 101" "+0     recv(c, 1000) = 100"
of ESTABLISHED est urgent "the last byte before the pointer is beside the text." \
	"+0     < PU. 1:11(10) ack 1 win 65535 urg 10" "+0~0.5 > . 1:1(0) ack 11" \
	"+0     recv(c, 1, oob) = 1" "+0     recv(c, 100) = 9"
of ESTABLISHED est syn-ack-in-window "a challenge ACK (RFC 5961 4.2)." \
	"+0     < S. 1:1(0) ack 1" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est syn-outside "a challenge ACK, whatever its sequence (RFC 5961 4.2)." \
	"+0     < S 500000:500000(0)" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"
of ESTABLISHED est rst-with-data "the text of a RST is not taken; its sequence counts." \
	"+0     < R. 1:11(10) ack 1" "+0.1   > nothing" "+0     recv(c, 10) = -ECONNRESET"
of ESTABLISHED est fin-outside "not acceptable: an ACK, dropped." \
	"+0     < F. 500000:500000(0) ack 1 win 65535" "+0     > . 1:1(0) ack 1" "+0     state(c) = ESTABLISHED"

of FIN-WAIT-1 fw1 rst "reset." \
	"+0     < R 1:1(0)" "+0.1   > nothing" "+0     recv(c, 10) = -ECONNRESET"
of FIN-WAIT-1 fw1 syn "a challenge ACK." \
	"+0     < S 1:1(0)" "+0     > . 2:2(0) ack 1" "+0     state(c) = FIN-WAIT-1"
of FIN-WAIT-1 fw1 ack "our FIN is acknowledged: FIN-WAIT-2." \
	"+0.1   < . 1:1(0) ack 2 win 65535" "+0.1   > nothing" "+0     state(c) = FIN-WAIT-2"
of FIN-WAIT-1 fw1 ack-of-unsent "SEG.ACK > SND.NXT: an ACK, dropped." \
	"+0     < . 1:1(0) ack 500 win 65535" "+0     > . 2:2(0) ack 1" "+0     state(c) = FIN-WAIT-1"
of FIN-WAIT-1 fw1 fin "our FIN is not acknowledged: CLOSING." \
	"+0.1   < F. 1:1(0) ack 1 win 65535" "+0~0.5 > . 2:2(0) ack 2" "+0     state(c) = CLOSING"
of FIN-WAIT-1 fw1 fin-ack "our FIN is acknowledged: TIME-WAIT." \
	"+0.1   < F. 1:1(0) ack 2 win 65535" "+0~0.5 > . 2:2(0) ack 2" "+0     state(c) = TIME-WAIT"
of FIN-WAIT-1 fw1 data "text is still taken." \
	"+0.1   < P. 1:101(100) ack 1 win 65535" "+0~0.5 > . 2:2(0) ack 101" "+0     recv(c, 1000) = 100"
of FIN-WAIT-1 fw1 fin-no-ack "the ACK bit is off: dropped." \
	"+0     < F 1:1(0)" "+0.1   > nothing" "+0     state(c) = FIN-WAIT-1"
of FIN-WAIT-1 fw1 rst-in-window "a challenge ACK (RFC 5961 3.2)." \
	"+0     < R 100:100(0)" "+0     > . 2:2(0) ack 1" "+0     state(c) = FIN-WAIT-1"
of FIN-WAIT-1 fw1 urgent "urgent data are still taken." \
	"+0.1   < PU. 1:11(10) ack 1 win 65535 urg 10" "+0~0.5 > . 2:2(0) ack 11" \
	"+0     recv(c, 1, oob) = 1" "+0     recv(c, 100) = 9"
of FIN-WAIT-1 fw1 data-fin-ack "text, our FIN acknowledged, a FIN: TIME-WAIT." \
	"+0.1   < FP. 1:11(10) ack 2 win 65535" "+0~0.5 > . 2:2(0) ack 12" "+0     recv(c, 100) = 10" \
	"+0     recv(c, 100) = 0" "+0     state(c) = TIME-WAIT"
of FIN-WAIT-1 fw1 ack-old "our FIN is not acknowledged: it is sent again in time." \
	"+0.1   < . 1:1(0) ack 1 win 65535" "+0~3   > F. 1:1(0) ack 1" "+0     state(c) = FIN-WAIT-1"

of FIN-WAIT-2 fw2 rst "reset." \
	"+0     < R 1:1(0)" "+0.1   > nothing" "+0     recv(c, 10) = -ECONNRESET"
of FIN-WAIT-2 fw2 rst-in-window "a challenge ACK." \
	"+0     < R 100:100(0)" "+0     > . 2:2(0) ack 1" "+0     state(c) = FIN-WAIT-2"
of FIN-WAIT-2 fw2 syn "a challenge ACK." \
	"+0     < S 1:1(0)" "+0     > . 2:2(0) ack 1" "+0     state(c) = FIN-WAIT-2"
of FIN-WAIT-2 fw2 ack "nothing new." \
	"+0     < . 1:1(0) ack 2 win 65535" "+0.5   > nothing" "+0     state(c) = FIN-WAIT-2"
of FIN-WAIT-2 fw2 fin "TIME-WAIT, ACK." \
	"+0     < F. 1:1(0) ack 2 win 65535" "+0~0.5 > . 2:2(0) ack 2" "+0     state(c) = TIME-WAIT"
of FIN-WAIT-2 fw2 data "text is still taken." \
	"+0     < P. 1:101(100) ack 2 win 65535" "+0~0.5 > . 2:2(0) ack 101" "+0     recv(c, 1000) = 100"
of FIN-WAIT-2 fw2 data-fin "text and FIN: TIME-WAIT." \
	"+0     < FP. 1:101(100) ack 2 win 65535" "+0~0.5 > . 2:2(0) ack 102" "+0     recv(c, 1000) = 100" \
	"+0     recv(c, 1000) = 0" "+0     state(c) = TIME-WAIT"
of FIN-WAIT-2 fw2 urgent "urgent data are still taken." \
	"+0.1   < PU. 1:11(10) ack 2 win 65535 urg 10" "+0~0.5 > . 2:2(0) ack 11" \
	"+0     recv(c, 1, oob) = 1" "+0     recv(c, 100) = 9"
of FIN-WAIT-2 fw2 fin-out-of-order "a FIN behind a hole waits for it." \
	"+0     < F. 11:11(0) ack 2 win 65535" "+0     > . 2:2(0) ack 1" "+0     state(c) = FIN-WAIT-2" \
	"+0     < P. 1:11(10) ack 2 win 65535" "+0     > . 2:2(0) ack 12" "+0     state(c) = TIME-WAIT"
of FIN-WAIT-2 fw2 ack-of-unsent "SEG.ACK > SND.NXT: an ACK, dropped." \
	"+0     < . 1:1(0) ack 500 win 65535" "+0     > . 2:2(0) ack 1" "+0     state(c) = FIN-WAIT-2"

of CLOSE-WAIT cw rst "reset: the connection is gone, an ACK of it gets a RST." \
	"+0     < R 2:2(0)" "+0.1   > nothing" "+0     < . 2:2(0) ack 1" "+0     > R 1:1(0)"
of CLOSE-WAIT cw syn "a challenge ACK." \
	"+0     < S 2:2(0)" "+0     > . 1:1(0) ack 2" "+0     state(c) = CLOSE-WAIT"
of CLOSE-WAIT cw ack "nothing new." \
	"+0     < . 2:2(0) ack 1 win 65535" "+0.5   > nothing" "+0     state(c) = CLOSE-WAIT"
of CLOSE-WAIT cw fin-again "a repeated FIN is not acceptable: an ACK." \
	"+0     < F. 1:1(0) ack 1 win 65535" "+0     > . 1:1(0) ack 2" "+0     state(c) = CLOSE-WAIT"
of CLOSE-WAIT cw data "text behind a FIN is ignored." \
	"+0     < P. 2:102(100) ack 1 win 65535" "+0.5   > nothing" "+0     recv(c, 10) = 0"
of CLOSE-WAIT cw send "this side may still send." \
	"+0     send(c, 100) = 100" "+0     > P. 1:101(100) ack 2" "+0.1   < . 2:2(0) ack 101 win 65535" \
	"+0     shutdown(c, wr)" "+0     > F. 101:101(0) ack 2" "+0     state(c) = LAST-ACK"
of CLOSE-WAIT cw urgent "should not occur behind a FIN: ignored." \
	"+0     < U. 2:2(0) ack 1 win 65535 urg 5" "+0.5   > nothing" "+0     recv(c, 10) = 0"
of CLOSE-WAIT cw rst-in-window "a challenge ACK (RFC 5961 3.2)." \
	"+0     < R 100:100(0)" "+0     > . 1:1(0) ack 2" "+0     state(c) = CLOSE-WAIT"
of CLOSE-WAIT cw ack-of-unsent "SEG.ACK > SND.NXT: an ACK, dropped." \
	"+0     < . 2:2(0) ack 500 win 65535" "+0     > . 1:1(0) ack 2" "+0     state(c) = CLOSE-WAIT"

of CLOSING closing rst "CLOSED: an ACK of it gets a RST." \
	"+0     < R 2:2(0)" "+0.1   > nothing" "+0     < . 2:2(0) ack 2" "+0     > R 2:2(0)"
of CLOSING closing syn "a challenge ACK." \
	"+0     < S 2:2(0)" "+0     > . 2:2(0) ack 2" "+0     state(c) = CLOSING"
of CLOSING closing ack "our FIN is acknowledged: TIME-WAIT." \
	"+0.1   < . 2:2(0) ack 2 win 65535" "+0.1   > nothing" "+0     state(c) = TIME-WAIT"
of CLOSING closing ack-old "our FIN is not acknowledged: ignored." \
	"+0.1   < . 2:2(0) ack 1 win 65535" "+0.1   > nothing" "+0     state(c) = CLOSING"
of CLOSING closing fin-again "a repeated FIN is not acceptable: an ACK." \
	"+0.1   < F. 1:1(0) ack 1 win 65535" "+0     > . 2:2(0) ack 2" "+0     state(c) = CLOSING"
of CLOSING closing data "text behind a FIN is ignored." \
	"+0     < P. 2:102(100) ack 1 win 65535" "+0.1   > nothing" "+0     state(c) = CLOSING"
of CLOSING closing urgent "should not occur behind a FIN: ignored." \
	"+0     < U. 2:2(0) ack 1 win 65535 urg 5" "+0.1   > nothing" "+0     state(c) = CLOSING"
of CLOSING closing rst-in-window "a challenge ACK (RFC 5961 3.2)." \
	"+0     < R 100:100(0)" "+0     > . 2:2(0) ack 2" "+0     state(c) = CLOSING"
of CLOSING closing fin-again-ack "a repeated FIN is not acceptable: an ACK, and its acknowledgement is not looked at." \
	"+0.1   < F. 1:1(0) ack 2 win 65535" "+0     > . 2:2(0) ack 2" "+0     state(c) = CLOSING"

of LAST-ACK lastack rst "CLOSED: an ACK of it gets a RST." \
	"+0     < R 2:2(0)" "+0.1   > nothing" "+0     < . 2:2(0) ack 2" "+0     > R 2:2(0)"
of LAST-ACK lastack syn "a challenge ACK." \
	"+0     < S 2:2(0)" "+0     > . 2:2(0) ack 2"
of LAST-ACK lastack ack "our FIN is acknowledged: CLOSED; another ACK gets a RST." \
	"+0.1   < . 2:2(0) ack 2 win 65535" "+0.1   > nothing" "+0     < . 2:2(0) ack 2" "+0     > R 2:2(0)"
of LAST-ACK lastack ack-old "our FIN is not acknowledged: it is sent again in time." \
	"+0.1   < . 2:2(0) ack 1 win 65535" "+0~3   > F. 1:1(0) ack 2"
of LAST-ACK lastack fin-again "a repeated FIN is not acceptable: an ACK." \
	"+0.1   < F. 1:1(0) ack 1 win 65535" "+0     > . 2:2(0) ack 2"
of LAST-ACK lastack data "text behind a FIN is ignored." \
	"+0     < P. 2:102(100) ack 1 win 65535" "+0.1   > nothing"
of LAST-ACK lastack urgent "should not occur behind a FIN: ignored; our FIN waits for its ACK." \
	"+0     < U. 2:2(0) ack 1 win 65535 urg 5" "+0.1   > nothing" "+0     < . 2:2(0) ack 2" "+0     < . 2:2(0) ack 2" \
	"+0     > R 2:2(0)"
of LAST-ACK lastack rst-in-window "a challenge ACK (RFC 5961 3.2)." \
	"+0     < R 100:100(0)" "+0     > . 2:2(0) ack 2"
of LAST-ACK lastack ack-of-unsent "SEG.ACK > SND.NXT: an ACK, dropped." \
	"+0     < . 2:2(0) ack 500 win 65535" "+0     > . 2:2(0) ack 2"

of TIME-WAIT tw rst "RFC 1337: a RST does not end TIME-WAIT; a repeated FIN is still acknowledged." \
	"+0     < R 2:2(0)" "+0.1   > nothing" "+0     < F. 1:1(0) ack 2 win 65535" "+0     > . 2:2(0) ack 2"
of TIME-WAIT tw syn-new "a SYN beyond the last sequence may begin a new connection (3.6.1, RFC 1122 4.2.2.13)." \
	"+0.1   < S 100000:100000(0) win 65535 <mss 1460>" "+0     > S. 0:0(0) ack 100001 new"
of TIME-WAIT tw syn-old "an old SYN is not acceptable: an ACK." \
	"+0.1   < S 0:0(0)" "+0     > . 2:2(0) ack 2"
of TIME-WAIT tw ack "nothing new." \
	"+0     < . 2:2(0) ack 2 win 65535" "+0.5   > nothing" "+0     state(c) = TIME-WAIT"
of TIME-WAIT tw fin-again "a repeated FIN is acknowledged." \
	"+1     < F. 1:1(0) ack 2 win 65535" "+0     > . 2:2(0) ack 2" "+0     state(c) = TIME-WAIT"
of TIME-WAIT tw data "text behind a FIN is ignored." \
	"+0     < P. 2:102(100) ack 2 win 65535" "+0.1   > nothing" "+0     state(c) = TIME-WAIT"
of TIME-WAIT tw over "2 MSL later (240 s on NT 5) it is gone: an ACK gets a RST." \
	"+241   < . 2:2(0) ack 2" "+0     > R 2:2(0)"
of TIME-WAIT tw fin-restarts "a repeated FIN starts the 2 MSL again." \
	"+200   < F. 1:1(0) ack 2 win 65535" "+0     > . 2:2(0) ack 2" \
	"+200   < F. 1:1(0) ack 2 win 65535" "+0     > . 2:2(0) ack 2"
of TIME-WAIT tw urgent "should not occur behind a FIN: ignored." \
	"+0     < U. 2:2(0) ack 2 win 65535 urg 5" "+0.1   > nothing" "+0     state(c) = TIME-WAIT"
of TIME-WAIT tw rst-in-window "RFC 1337: nor does a RST in the window." \
	"+0     < R 100:100(0)" "+0.1   > nothing" "+0     state(c) = TIME-WAIT"
of TIME-WAIT tw data-old "a repeated segment is not acceptable: an ACK." \
	"+0     < P. 4294967295:1(2) ack 2 win 65535" "+0     > . 2:2(0) ack 2" "+0     state(c) = TIME-WAIT"
