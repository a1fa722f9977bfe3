#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Seeds for the fuzzers, made by forge: small machines in every container.
#   make-seeds.sh NTRIAGE OUTDIR
# OUTDIR/<fuzz target>/<machine>-<container>, at most 128 KiB of each (what the
# fuzzers take); the same bytes every time.  Prints one line with the count.
set -eu
ntriage=$1 out=$2
max=131072
rm -rf "$out"
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

scenario() { # NAME MACHINE... : one small machine that stopped in a driver
	local name=$1
	shift
	cat >"$tmp/$name.forge" <<-END
		machine $*
		memory ${mem:-512KiB}
		largepages none
		time 2001-02-03T04:05:06Z
		uptime 1h
		stop 0xd1 0x10 2 0 "drv!Work+0x30"
		module "drv.sys" size ${size:-0x9000} version 1.2.3.4
		unloaded "old.sys" start 0x7f000000 end 0x7f004000
		blob 270a33fd-3da6-460d-ba89-3c1bae21e39b bytes 01020304
		stack {
			frame "nt!KeBugCheckEx+0x40"
			${trap:-}
			frame "drv!Work+0x30"
			frame "nt!Loop+0x40"
		}
		${extra:-}
	END
}
overflow() { # NAME MACHINE... : one whose stack is full
	local name=$1
	shift
	cat >"$tmp/$name.forge" <<-END
		machine $*
		memory 512KiB
		largepages none
		stop 0x7f 8
		module "drv.sys" size 0x9000
		stack overflow { cycle "drv!A+0x30" "drv!B+0x40" times 30; frame "nt!Loop+0x40" }
	END
}

trap='trap "nt!KiTrap0E+0x100"'
scenario nt351 x86 nt3.51
scenario nt4 x86 nt4
scenario w2k x86 2000
extra='page 0xe2000000 transition; page 0xe2001000 pagefile 0 7; page 0xe2002000 demand-zero'
scenario xp x86 xp cpus 2
scenario pae x86 2003 pae
extra=
scenario x64-2003 x64 2003
scenario x64-7 x64 7 cpus 2
extra='kdbg encoded'
scenario x64-10 x64 10
extra= trap=
scenario arm64 arm64 11
mem=16MiB size=0x19000 scenario alpha alpha nt4
mem=64MiB size=0x19000 scenario ia64 ia64 2003
overflow df32 x86 nt3.51
overflow df64 x64 10
cat >"$tmp/user.forge" <<-END
	machine x64 7
	memory 512KiB
	stop 0xc0000005
	exception 0xc0000005 info 0 16
	module "app.exe" base 0x7ff600000000 size 0x9000
	process "app.exe" pid 8 { thread tid 12 wait UserRequest }
	current "app.exe" tid 16
	stack { frame "app!F+0x20"; frame "app!Main+0x40" }
END

put() { # TARGET MACHINE CONTAINER
	mkdir -p "$out/$1"
	"$ntriage" forge "$tmp/$2.forge" --container "$3" -o "$tmp/d" >/dev/null || return 1
	head -c $max "$tmp/d" >"$out/$1/$2-$3"
}
copy() { # FROM TO... : the same seeds for other targets
	local from=$1 to
	shift
	for to; do
		mkdir -p "$out/$to"
		cp "$out/$from"/* "$out/$to/"
	done
}

for m in nt351 nt4 df32; do
	put fuzz_dmp $m full
	put fuzz_dmp $m header
done
for m in w2k xp pae x64-2003 x64-7 x64-10 arm64 ia64 df64; do
	put fuzz_dmp $m triage
	put fuzz_dmp $m kernel
done
put fuzz_dmp alpha header
# The fixtures as small dumps (not every machine has each).
for f in tests/fixtures/*.forge; do
	n=$(basename "$f" .forge)
	cp "$f" "$tmp/$n.forge"
	for k in header triage; do
		put fuzz_dmp "$n" $k 2>/dev/null || rm -f "$out/fuzz_dmp/$n-$k"
	done
done
put fuzz_dmp xp full
put fuzz_dmp x64-10 bitmap-full
put fuzz_dmp x64-10 bitmap-kernel
for c in rdmp-k rdmp-ka rdmp-f; do
	put fuzz_dmp x64-10 $c
done
copy fuzz_dmp fuzz_target fuzz_verdict

put fuzz_mdmp user mdmp
put fuzz_mdmp w2k mdmp
put fuzz_mdmp arm64 mdmp
for m in nt4 x64-7; do
	put fuzz_elf $m elf-qemu
	put fuzz_lime $m lime
	put fuzz_raw $m raw
	for c in kdump kdump-lzo kdump-snappy kdump-zstd kdump-raw kdump-flat kdump-zstd-flat; do
		put fuzz_kdump $m $c
	done
done
put fuzz_elf x64-7 elf-qemu-vmcoreinfo
for m in nt4 x64-7 arm64 alpha ia64; do
	put fuzz_pe $m image
done

copy fuzz_pe fuzz_chkimg

# Small machines with pool; fuzz_pool also takes bare pages.
pool() { # NAME MACHINE...
	local name=$1
	shift
	cat >"$tmp/$name.forge" <<-END
		machine $*
		memory 512KiB
		largepages none
		pooltags on
		pool nonpaged max 64KiB {
			block AfdB size 100 count 30
			overrun 4141414141414141
			block File size 200 count 9 held
			big MmCa size 0x1800
			tag Leak allocs 500 frees 2 bytes 0x9000
		}
	END
	put fuzz_pool "$name" kernel 2>/dev/null || put fuzz_pool "$name" full
}
pool pool-nt4 x86 nt4
pool pool-xp x86 xp
pool pool-x64-2003 x64 2003
pool pool-x64-7 x64 7
copy fuzz_dmp fuzz_facts
copy fuzz_pool fuzz_facts

# Page tables: form, build, root, mask, eight addresses, physical memory.
le() { # BYTES NUMBER
	local i n=$2
	for ((i = 0; i < $1; i++)); do
		printf '%b' "\\x$(printf %02x $((n & 255)))"
		n=$((n >> 8))
	done
}
xlat() { # MACHINE FORM BUILD DTB-BYTES ADDRESS...
	local m=$1 form=$2 build=$3 wide=$4 dtb va
	shift 4
	"$ntriage" forge "$tmp/$m.forge" --container raw -o "$tmp/raw" >/dev/null
	"$ntriage" forge "$tmp/$m.forge" --container header -o "$tmp/hdr" >/dev/null
	dtb=$(od -An -t u"$wide" -j 16 -N "$wide" "$tmp/hdr" | tr -d ' ')
	mkdir -p "$out/fuzz_xlat"
	{
		le 4 "$form"
		le 4 "$build"
		le 8 "$dtb"
		le 8 0
		for va; do le 8 "$va"; done
		head -c 262144 "$tmp/raw"
	} >"$out/fuzz_xlat/$m"
}
xlat nt4 1 1381 4 0x80100000 0xffdff000 0xc0000000 0xc0300c00 0xffdf0030 0x80036000 0 0x1000
xlat xp 1 2600 4 0x804d7000 0xe2000000 0xe2001000 0xe2002000 0xffdff000 0xc0300c00 0xc0000000 0
xlat pae 2 3790 4 0x80800000 0xe2000000 0xe2001000 0xe2002000 0xffdff000 0xc0600000 0xc0000000 0
xlat x64-7 3 7601 8 0xfffff80002a00000 0xfffff78000000000 0xfffff68000000000 0xfffff6fb7dbed000 0xfffff88001000000 0 0x1000 -1
xlat x64-10 3 19041 8 0xfffff80447a00000 0xfffff78000000000 0xffffbb8000000000 0xffff9a0f30000000 0 0x1000 0x7fffffffffff -1
xlat arm64 5 22000 8 0xfffff803f2e00000 0xfffff78000000000 0xffffa88000000000 0 0x1000 0x2000 0x3000 -1

# Archives of small dumps, with fixed times so that the bytes stay the same.
mkdir -p "$out/fuzz_archive"
dump=$out/fuzz_dmp/nt4-header
gzip -n -c "$dump" >"$out/fuzz_archive/gz"
have() { command -v "$1" >/dev/null 2>&1; }
if have xz; then xz -c "$dump" >"$out/fuzz_archive/xz"; fi
if have zstd; then zstd -q -c "$dump" >"$out/fuzz_archive/zst"; fi
cp "$dump" "$tmp/m.dmp"
TZ=UTC touch -d 2001-02-03T04:05:06Z "$tmp/m.dmp"
if have zip; then
	(cd "$tmp" && rm -f a.zip && TZ=UTC zip -q -X a.zip m.dmp)
	cp "$tmp/a.zip" "$out/fuzz_archive/zip"
fi
if have 7z; then
	(cd "$tmp" && 7z a -bd -mtc=off a.7z m.dmp >/dev/null)
	cp "$tmp/a.7z" "$out/fuzz_archive/7z"
fi
if have gcab; then
	(cd "$tmp" && TZ=UTC gcab -c -z a.cab m.dmp)
	cp "$tmp/a.cab" "$out/fuzz_archive/cab"
fi

# Small programs with DWARF, and their sections alone as fuzz_dwarf reads them.
dwarf_sections() { # NAME FLAGS
	local n=0 sec size
	le 1 "$2"
	for sec in info abbrev str line line_str ranges rnglists frame eh_frame aranges types str_offsets addr; do
		case $sec in eh_frame) sec=.eh_frame ;; *) sec=.debug_$sec ;; esac
		if objcopy --dump-section "$sec=$tmp/sec" "$tmp/$1" "$tmp/copy" 2>/dev/null && [ -s "$tmp/sec" ]; then
			size=$(stat -c %s "$tmp/sec")
			le 1 $n
			le 2 $((size & 65535))
			le 1 $((size >> 16))
			cat "$tmp/sec"
		fi
		n=$((n + 1))
		rm -f "$tmp/sec"
	done
}
mkdir -p "$out/fuzz_elf_sym" "$out/fuzz_dwarf"
program() { # NAME FLAGS COMPILER OPTION...
	local name=$1 flags=$2
	have "$3" || return 0
	(cd "$tmp" && "${@:3}" -ffile-prefix-map="$tmp=." -nostdlib -static -Wl,-e,main -o "$name" seed.c) >/dev/null 2>&1 || return 0
	head -c $max "$tmp/$name" >"$out/fuzz_elf_sym/$name"
	[ "$flags" = pe ] || dwarf_sections "$name" "$flags" >"$out/fuzz_dwarf/$name"
}
sed 's/__attribute__((noinline)) leaf/leaf/' tests/fixtures/dwarf_types.c >"$tmp/seed.c"
echo 'void __main(void) {}' >>"$tmp/seed.c"
if have objcopy; then
	program gcc5 0 gcc -gdwarf-5 -O1
	program gcc4 0 gcc -gdwarf-4 -O0 -fdebug-types-section
	program gcc2 0 gcc -gdwarf-2 -gstrict-dwarf -O2
	program gcc5-64 0 gcc -gdwarf-5 -gdwarf64 -O0
	program gcc-frames 0 gcc -gdwarf-4 -O1 -fno-asynchronous-unwind-tables
	program clang5 0 clang -gdwarf-5 -O1
	program clang4 0 clang -gdwarf-4 -O2
	program packed 0 gcc -g -gz
	program stripped 0 gcc -O1 -s
	program mingw64.exe pe x86_64-w64-mingw32-gcc -g
	program mingw32.exe pe i686-w64-mingw32-gcc -g
fi

# Texts of the reference stack: two scripts of each behaviour, every workload.
mkdir -p "$out/fuzz_script" "$out/fuzz_workload"
for d in tests/pkt/*/; do
	find "$d" -name '*.pkt' | sort | head -2 | while read -r f; do
		cp "$f" "$out/fuzz_script/$(basename "$d")-$(basename "$f")"
	done
done
find stack/workloads -name '*.txt' -exec cp {} "$out/fuzz_workload" \;

echo "pass $(find "$out" -type f | wc -l) seeds"
