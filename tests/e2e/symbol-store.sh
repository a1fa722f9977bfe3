#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The symbol store against a server on the loopback that misbehaves in every
# way (tests/tools/symserver.py), and killed at random moments.
. "$(dirname "$0")/../tools/lib.sh"

STAMP=0x5e000001
KEY=5E0000019000
cat >t.forge <<EOT
machine x64 10
container triage
time 2021-03-04T05:06:07Z
stop 0xd1 0x28 2 0 "netdrv+0x2100"
module "netdrv.sys" size 0x9000 timestamp $STAMP
stack { frame "nt!KeBugCheckEx" }
EOT
forge t.forge t.dmp || finish
make_pe() { python3 "$TOP/tests/tools/make-pe.py" "$@"; }
mkdir -p root/netdrv.sys/$KEY ptr real
make_pe netdrv.sys $STAMP 0x9000 0x180000
make_pe root/wrong.bin 0x5e000002 0x9000 0x1000
cp netdrv.sys root/netdrv.sys/$KEY/
SUM=$(sha256sum <netdrv.sys)
SIZE=$(stat -c %s netdrv.sys)

start_server() { # ROOT NAME: port in $NAME.port, log in $NAME.log
	: >"$2.log"
	python3 "$TOP/tests/tools/symserver.py" "$1" "$2.log" "$2.port" 2>"$2.err" &
	servers="$servers $!"
	for _ in $(seq 100); do [ -s "$2.port" ] && return; sleep 0.1; done
	fail "server" "does not start: $(tail -1 "$2.err")"
	finish
}
servers=
trap 'kill $servers 2>/dev/null; rm -rf "$here"' EXIT
start_server root main
U=http://127.0.0.1:$(cat main.port)

# fetch MODE [OPTIONS]: the driver's image into a new cache c through MODE
fetch() {
	local mode=$1
	shift
	rm -rf c "$XDG_CACHE_HOME"
	again "$mode" "$@"
}
again() {
	local mode=$1
	shift
	timeout 100 "$NTRIAGE" sym fetch --only image --json --symbols "srv*c*$U/$mode" "$@" t.dmp >out 2>err
	echo $? >st
}
reason() { jq -r '.files[] | select(.name=="netdrv.sys") | .error' out; }
path() { jq -r '.files[] | select(.name=="netdrv.sys") | .path' out; }
good() { # NAME: the file is in the cache, whole, and nothing else
	same "$1: file" "$(sha256sum <"c/netdrv.sys/$KEY/netdrv.sys")" "$SUM"
	same "$1: nothing left over" "$(find c -name '*.part*' -o -name '*.tmp')" ""
}
refused() { # NAME PATTERN: said, and not in the cache
	reason >why
	has "$1: said" why "$2"
	same "$1: not in the cache" "$(find c -name netdrv.sys -type f)" ""
}

fetch ok
same "fetch: some missing" "$(cat st)" 1
good "fetch"
same "fetch: where" "$(path)" "c/netdrv.sys/$KEY/netdrv.sys"
: >main.log
again ok
same "in the cache: the server is not asked" "$(grep -c netdrv main.log)" 0
same "negative answers are kept" "$(wc -l <main.log)" 0
find c -name '*.missing-*' -exec touch -d '25 hours ago' {} +
again ok
same "they hold for a day" "$(grep -c 'ntoskrnl.exe.* 404' main.log)" 3
: >main.log
again ok --retry
same "--retry asks again" "$(grep -c 'ntoskrnl.exe.* 404' main.log)" 3
: >main.log
again ok --offline
same "offline: no request" "$(wc -l <main.log)" 0
has "offline: URL" out "offline; to be fetched: $U/ok/ntoskrnl.exe/"

fetch norange
good "no ranges"
fetch hop
good "a redirect"
fetch die
good "dies mid-body and is taken up"
awk '/die.*netdrv.sys 20/ { print $3 }' main.log | sort -n | uniq -d >twice
same "dies mid-body: no byte twice" "$(cat twice)" ""
fetch changed
good "changed since"

fetch html
refused "HTML" 'refused: the server sent a page \(HTML\)'
same "HTML: no negative mark" "$(find c -name '*missing*')" ""
fetch wrong
refused "wrong image" 'refused: netdrv.sys.part: expected time stamp 0x5e000001 size 0x9000, is time stamp 0x5e000002'
fetch truncated
refused "truncated" 'the connection ended after|bytes of'
fetch nolength
refused "no length, cut" 'is cut: section .text ends at'
same "no length, cut: removed" "$(find c -type f ! -name '*missing*')" ""
fetch empty
refused "empty body" 'empty file'
fetch error
refused "500" 'the server answered 500'
same "500: no negative mark" "$(find c -name '*missing*')" ""
fetch forbidden
refused "403" 'the server answered 403'
fetch loop
refused "redirect loop" 'more than 5 redirects'
fetch tofile
refused "redirect to a file" 'a URL that is not followed'
fetch mute --timeout 1
refused "mute" 'not asked again: gave no answer before'
has "mute: said once" out 'no answer for 1 s, given up'
fetch drip --timeout 2
refused "drip" 'sent \(nearly\) nothing for 2 s, given up'

# A part from elsewhere, or one that lies about where it is from.
fetch ok
rm c/netdrv.sys/$KEY/netdrv.sys
head -c 100000 /dev/zero >c/netdrv.sys/$KEY/netdrv.sys.part
printf 'http://elsewhere/x\n%d\n"same"\n' "$SIZE" >c/netdrv.sys/$KEY/netdrv.sys.part-of
again ok
good "a part from elsewhere is not used"
rm c/netdrv.sys/$KEY/netdrv.sys
head -c 100000 netdrv.sys >c/netdrv.sys/$KEY/netdrv.sys.part
printf '%s/lie/netdrv.sys/%s/netdrv.sys\n%d\n"same"\n' "$U" $KEY "$SIZE" >c/netdrv.sys/$KEY/netdrv.sys.part-of
again lie
good "a wrong range is not used"
rm c/netdrv.sys/$KEY/netdrv.sys
head -c 100000 netdrv.sys >c/netdrv.sys/$KEY/netdrv.sys.part
printf '%s/ok/netdrv.sys/%s/netdrv.sys\n%d\n"same"\n' "$U" $KEY "$SIZE" >c/netdrv.sys/$KEY/netdrv.sys.part-of
: >main.log
again ok
good "a part is taken up"
has "a part is taken up: from where it ended" main.log "netdrv.sys 206 100000 $((SIZE - 100000))"
head -c 5000 netdrv.sys >c/netdrv.sys/$KEY/netdrv.sys
again ok
good "a damaged file in the cache is replaced"

# Packed, and by file.ptr.
packed=root/packed/netdrv.sys/$KEY
mkdir -p $packed
if command -v gcab >/dev/null; then
	gcab -cz $packed/netdrv.sy_ netdrv.sys 2>/dev/null
	fetch ok/packed
	good "packed"
	head -c 9000 $packed/netdrv.sy_ >x && mv x $packed/netdrv.sy_
	fetch ok/packed
	refused "packed, damaged" .
	same "packed, damaged: removed" "$(find c -type f ! -name '*missing*')" ""
	# A local store with a packed file: unpacked into the default cache.
	mkdir -p lst/netdrv.sys/$KEY
	gcab -cz lst/netdrv.sys/$KEY/netdrv.sy_ netdrv.sys
	rm -rf c "$XDG_CACHE_HOME"
	"$NTRIAGE" sym fetch --only image --json --symbols "srv*lst" t.dmp >out
	ino=$(stat -c %i "$(path)")
	"$NTRIAGE" sym fetch --only image --json --symbols "srv*lst" t.dmp >out
	same "packed in a local store: unpacked once" "$(stat -c %i "$(path)")" "$ino"
	same "packed in a local store" "$(sha256sum <"$(path)")" "$SUM"
	same "packed in a local store: where" "$(path)" "$XDG_CACHE_HOME/ntriage/symbols/netdrv.sys/$KEY/netdrv.sys"
else
	skip "packed" "no gcab"
fi
p=root/ptr/netdrv.sys/$KEY
mkdir -p $p
printf 'PATH:%s/ok/netdrv.sys/%s/netdrv.sys\r\n' "$U" $KEY >$p/file.ptr
fetch ok/ptr
good "file.ptr to a URL"
printf 'PATH:%s/netdrv.sys' "$PWD" >$p/file.ptr
fetch ok/ptr
refused "a server's file.ptr to a file here" 'points to .*, which is not followed'
printf 'PATH:\\\\server\\share\\netdrv.sys' >$p/file.ptr
fetch ok/ptr
refused "file.ptr to a share" 'points to ..server.share.netdrv.sys, which is not followed'
printf 'MSG: ask the build team' >$p/file.ptr
fetch ok/ptr
refused "file.ptr with a message" 'file.ptr says: ask the build team'

# Cascades: into every store on the left.
rm -rf c1 c2 "$XDG_CACHE_HOME"
"$NTRIAGE" sym fetch --only image --json --symbols "srv*c1*c2*$U/ok" t.dmp >out
same "cascade: first" "$(sha256sum <c1/netdrv.sys/$KEY/netdrv.sys)" "$SUM"
same "cascade: second" "$(sha256sum <c2/netdrv.sys/$KEY/netdrv.sys)" "$SUM"
rm -rf c1
"$NTRIAGE" sym fetch --offline --only image --json --symbols "cache*c3;srv*c1*c2*$U/ok" t.dmp >out
same "cache*: what is found to the right" "$(path)" "c3/netdrv.sys/$KEY/netdrv.sys"
"$NTRIAGE" sym fetch --only image --json --symbols "srv*C:\\symbols*$U/ok" t.dmp >out
same "a cache of Windows: the default one" "$(path)" "$XDG_CACHE_HOME/ntriage/symbols/netdrv.sys/$KEY/netdrv.sys"
rm -rf "$XDG_CACHE_HOME"
_NT_SYMBOL_PATH="srv**$U/ok" "$NTRIAGE" sym fetch --only image --json t.dmp >out
same "_NT_SYMBOL_PATH, default store" "$(path)" "$XDG_CACHE_HOME/ntriage/symbols/netdrv.sys/$KEY/netdrv.sys"
"$NTRIAGE" sym fetch --offline --only image --json t.dmp >out
same "without a path the default cache is looked in" "$(path)" "$XDG_CACHE_HOME/ntriage/symbols/netdrv.sys/$KEY/netdrv.sys"
# Root writes everywhere, so it becomes nobody for this.
nobody=
[ "$(id -u)" = 0 ] && nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
rm -rf ro "$XDG_CACHE_HOME"
mkdir -m 555 ro && mkdir -m 777 "$XDG_CACHE_HOME" && chmod 755 "$here" && chmod 644 t.dmp
if $nobody "$NTRIAGE" version >/dev/null 2>&1; then
	$nobody "$NTRIAGE" sym fetch --only image --json --symbols "srv*ro*$U/ok" t.dmp >out
	same "read-only cache: the default one" "$(path)" "$XDG_CACHE_HOME/ntriage/symbols/netdrv.sys/$KEY/netdrv.sys"
	has "read-only cache: said" out 'ro.*cannot be written'
else
	skip "read-only cache" "cannot run as somebody else"
fi
echo text >file
"$NTRIAGE" sym fetch --only image --json --symbols "srv*file*$U/ok" t.dmp >out
same "cache is a file: the default one" "$(path)" "$XDG_CACHE_HOME/ntriage/symbols/netdrv.sys/$KEY/netdrv.sys"

# Two at once: one file, whole.
rm -rf c
for i in 1 2 3 4; do
	"$NTRIAGE" sym fetch --only image --json --symbols "srv*c*$U/slow" t.dmp >out.$i 2>&1 &
	pids="${pids:-} $!"
done
: >main.log
wait $pids
good "four at once"
same "four at once: all have it" "$(cat out.? | jq -r '.files[] | select(.name=="netdrv.sys") | .path' | sort -u)" "c/netdrv.sys/$KEY/netdrv.sys"
same "four at once: fetched once" "$(awk '/slow.*netdrv.sys 20/ { n += $4 } END { print n }' main.log)" "$SIZE"

# Killed at random moments of a slow download: each next one goes on exactly
# where the part ended, and there is never a partial file under the final name.
rm -rf c
: >main.log
part=c/netdrv.sys/$KEY/netdrv.sys.part
RANDOM=4711
kills=0 wrong= resumed=0
while [ $kills -lt 30 ]; do
	have=$(stat -c %s $part 2>/dev/null || echo 0)
	"$NTRIAGE" sym fetch -q --only image --symbols "srv*c*$U/slow" t.dmp >/dev/null 2>&1 &
	pid=$!
	sleep 0.0$((RANDOM % 90 + 10))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	kills=$((kills + 1))
	echo "$have" >>haves
	if [ -f c/netdrv.sys/$KEY/netdrv.sys ]; then
		[ "$(sha256sum <c/netdrv.sys/$KEY/netdrv.sys)" = "$SUM" ] || wrong="$wrong $kills"
		rm -rf c
	fi
done
same "killed 30 times: no partial file under its name" "$wrong" ""
stat -c %s $part 2>/dev/null >>haves
again slow
good "killed 30 times: then whole"
sleep 1.2 # the server notices closed connections when it writes
awk '/slow.*netdrv.sys 206/ { print $3 }' main.log | sort -nu >froms
resumed=$(wc -l <froms)
[ "$resumed" -ge 3 ] && pass "killed: taken up ($resumed places)" ||
	fail "killed: taken up" "only $resumed times: $(cat main.log | tr '\n' '~' | cut -c1-300)"
same "killed: bytes are not fetched twice" "$(while read -r f; do grep -qx "$f" haves || echo "$f"; done <froms | head -3)" ""

# Fast ones, killed at the moment of naming.
wrong=
for i in $(seq 20); do
	rm -rf c "$XDG_CACHE_HOME"
	"$NTRIAGE" sym fetch -q --only image --symbols "srv*c*$U/ok" t.dmp >/dev/null 2>&1 &
	pid=$!
	sleep 0.0$((RANDOM % 60 + 10))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	f=c/netdrv.sys/$KEY/netdrv.sys
	[ ! -f $f ] || [ "$(sha256sum <$f)" = "$SUM" ] || wrong="$wrong $i"
	again ok
	[ "$(sha256sum <$f)" = "$SUM" ] || wrong="$wrong again-$i"
done
same "killed when fast: nothing or the whole file" "$wrong" ""

# An image names its PDB, and that is fetched too.
pair() { # NAME: NAME.sys and NAME.pdb by clang and lld
	echo "int ${1}_data; int E(int a) { return a + ${1}_data; }" >$1.c
	clang --target=x86_64-pc-windows-msvc -ffreestanding -g -gcodeview -c $1.c -o $1.obj 2>/dev/null &&
		lld-link-14 /nologo /nodefaultlib /subsystem:native /debug /entry:E \
			/out:$1.sys /pdb:$1.pdb $1.obj 2>/dev/null
}
field() { "$NTRIAGE" sym check --json "$1" | jq -r ".image.$2"; }
if ! command -v lld-link-14 >/dev/null || ! pair one || ! pair two; then
	skip "PDB of an image" "no clang with lld"
elif ! grep -q 'NTR_SYMSRC(pdb)' "$TOP/analyzer/sym/source_list.h"; then
	skip "PDB of an image" "no reader of PDB files"
elif ! "$NTRIAGE" sym check one.pdb >/dev/null 2>&1; then
	fail "PDB of an image" "sym check does not know one.pdb"
else
	ik=$(field one.sys key) pk=$(field one.sys pdb_key)
	same "check: key of an image" "$ik" "$(llvm-readobj --file-headers one.sys |
		awk '/TimeDateStamp/ { gsub(/[()]/, "", $NF); t = $NF } / SizeOfImage/ { s = $2 }
		END { printf "%s %d\n", t, s }' | { read -r t n; printf '%08X%x' "$t" "$n"; })"
	same "check: key of a PDB is that of its image" "$("$NTRIAGE" sym check --json one.pdb | jq -r .symbols.key)" "$pk"
	mkdir -p root/one.sys/$ik root/one.pdb/$pk
	cp one.sys root/one.sys/$ik/
	cp one.pdb root/one.pdb/$pk/
	cat >p.forge <<-EOT
	machine x64 10
	container triage
	time 2021-03-04T05:06:07Z
	stop 0xd1 0x28 2 0
	module "one.sys" size $(field one.sys size) timestamp $(field one.sys timestamp)
	stack { frame "nt!KeBugCheckEx" }
	EOT
	forge p.forge p.dmp
	rm -rf c
	"$NTRIAGE" sym fetch --only pdb --symbols "srv*c*$U/ok" p.dmp >out 2>&1
	same "PDB of an image: exit" $? 0
	same "PDB of an image: file" "$(sha256sum <c/one.pdb/$pk/one.pdb)" "$(sha256sum <one.pdb)"
	rm -rf c/one.pdb
	cp two.pdb root/one.pdb/$pk/one.pdb
	"$NTRIAGE" sym fetch --only pdb --json --symbols "srv*c*$U/ok" p.dmp >out 2>&1
	same "another PDB: exit" $? 1
	jq -r '.files[].error' out >why
	has "another PDB: said" why 'refused: one.pdb.part: expected GUID .* age 1, is GUID'
	same "another PDB: not in the cache" "$(find c -name 'one.pdb*' -type f)" ""
	head -c 20000 one.pdb >root/one.pdb/$pk/one.pdb
	"$NTRIAGE" sym fetch --only pdb --json --symbols "srv*c*$U/ok" p.dmp >out 2>&1
	jq -r '.files[].error' out >why
	has "a cut PDB: said" why 'refused: .*is cut: 20000 bytes of'
	"$NTRIAGE" sym list --json --symbols c >out
	same "list: what is there" "$(jq -r '.files[] | select(.name=="one.sys") | .key' out)" "$ik"
fi

# Names out of a dump.
cat >h.forge <<EOT
machine x64 10
container triage
time 2021-03-04T05:06:07Z
stop 0xd1 0x28 2 0
module "..\\..\\etc\\evil name#%.sys" size 0x9000 timestamp $STAMP
stack { frame "nt!KeBugCheckEx" }
EOT
if "$NTRIAGE" forge h.forge -o h.dmp 2>/dev/null; then
	"$NTRIAGE" sym manifest h.dmp >out 2>/dev/null
	hasnt "hostile names: manifest" out '\.\.|etc'
	: >main.log
	rm -rf c "$XDG_CACHE_HOME"
	"$NTRIAGE" sym fetch --symbols "srv*c*$U/ok" h.dmp >out 2>&1
	hasnt "hostile names: request" main.log '\.\./|etc'
else
	skip "hostile names" "forge refuses them"
fi
finish
