#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Seeds of the fuzz targets, made by forge: every fixture in the containers a
# target reads, at most 128 KiB of each (what the fuzzers take).
#   make-seeds.sh NTRIAGE FOLDER
# FOLDER/<target>/<fixture>-<container>; prints one line with the count.
set -u
ntriage=$1 out=$2
max=131072
rm -rf "$out"
mkdir -p "$out"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=0

# seed SCENARIO CONTAINER TARGET...: not every machine has every container
seed() {
	local name
	name=$(basename "$1" .forge)-$2
	"$ntriage" forge "$1" -c "$2" -o "$tmp/d" 2>/dev/null || return
	made=1
	for t in "${@:3}"; do
		mkdir -p "$out/$t"
		head -c $max "$tmp/d" >"$out/$t/$name"
	done
}

# The image of module $2 of dump $1, as it lies in memory.
image() {
	"$ntriage" hexdump --json "$1" "$2" 0x4000 2>/dev/null |
		jq -r '.rows[].bytes' | tr -d '?\n' | perl -pe '$_ = pack("H*", $_)'
}

for f in tests/fixtures/*.forge; do
	case $f in *8gib* | *bench*) continue ;; esac
	made=
	for k in header triage kernel bitmap-kernel rdmp-k; do
		seed "$f" $k fuzz_dmp fuzz_target fuzz_verdict
	done
	seed "$f" full fuzz_dmp
	seed "$f" mdmp fuzz_mdmp fuzz_target fuzz_verdict
	seed "$f" elf-qemu fuzz_elf
	seed "$f" elf-qemu-vmcoreinfo fuzz_elf
	seed "$f" lime fuzz_lime
	seed "$f" kdump fuzz_kdump fuzz_target fuzz_verdict
	[ -n "$made" ] || { echo "$f: no dump can be made" >&2; bad=1; }
done
f=tests/fixtures/x64-7-d1.forge
for k in kdump-lzo kdump-snappy kdump-zstd kdump-raw kdump-flat kdump-zstd-flat; do
	seed $f $k fuzz_kdump
done
seed $f raw fuzz_raw

# Archives of a small dump, by the tools that are there.
"$ntriage" forge $f -c header -o "$tmp/memory.dmp" || bad=1
mkdir -p "$out/fuzz_archive" "$out/fuzz_pe"
for z in gzip xz zstd bzip2; do
	command -v $z >/dev/null && $z -c "$tmp/memory.dmp" >"$out/fuzz_archive/$z"
done
command -v zip >/dev/null && zip -qj "$out/fuzz_archive/one.zip" "$tmp/memory.dmp"

# Images of both widths.
for n in nt351-double-fault x64-7-d1 arm64-11; do
	"$ntriage" forge tests/fixtures/$n.forge -c full -o "$tmp/d" || bad=1
	image "$tmp/d" nt >"$out/fuzz_pe/$n-nt"
	[ -s "$out/fuzz_pe/$n-nt" ] || { echo "$n: no image" >&2; bad=1; }
done
echo "pass $(find "$out" -type f | wc -l) seeds"
exit $bad
