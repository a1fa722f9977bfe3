#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL server of a test's own: in a folder, on a socket in that folder,
# no network.
#   pgserver.sh start DIR    prints the URL, or "skip: why"
#   pgserver.sh stop DIR
# DIR is made; its path must be short (a socket's has at most 107 bytes). root
# may not run a server: it becomes "postgres", else "nobody".
set -u
dir=$2
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb 2>/dev/null || echo /none)")

as() { # COMMAND...: not as root
	if [ "$(id -u)" != 0 ]; then
		"$@"
	else
		(cd "$dir" && setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups -- env HOME="$dir" "$@")
	fi
}
user=nobody
getent passwd postgres >/dev/null && user=postgres

case $1 in
start)
	[ -x "$bin/initdb" ] || { echo "skip: no PostgreSQL server"; exit 0; }
	[ "$(id -u)" != 0 ] || command -v setpriv >/dev/null || { echo "skip: root, and no setpriv"; exit 0; }
	mkdir -p "$dir" && chmod 711 "$dir" || exit 1
	mkdir "$dir/run" || exit 1
	[ "$(id -u)" != 0 ] || chown "$user" "$dir" "$dir/run" || exit 1
	as "$bin/initdb" -D "$dir/data" -U ntriage -A trust -E UTF8 --no-locale --no-sync >"$dir/run/log" 2>&1 ||
		{ cat "$dir/run/log" >&2; exit 1; }
	as "$bin/postgres" -D "$dir/data" -k "$dir/run" -c listen_addresses= -c fsync=off \
		-c log_min_messages=fatal >>"$dir/run/log" 2>&1 </dev/null &
	for _ in $(seq 150); do
		"$bin/psql" -h "$dir/run" -U ntriage -d postgres -c 'create database triage' >/dev/null 2>&1 && break
		sleep 0.1
	done
	"$bin/psql" -h "$dir/run" -U ntriage -d triage -c 'select 1' >/dev/null 2>&1 ||
		{ cat "$dir/run/log" >&2; "$0" stop "$dir"; exit 1; }
	echo "postgresql://ntriage@/triage?host=$dir/run"
	;;
stop)
	# The pid file's first line; fast shutdown, then wait for it.
	pid=$(head -1 "$dir/data/postmaster.pid" 2>/dev/null)
	case $pid in '' | *[!0-9]*) exit 0 ;; esac
	kill -INT "$pid"
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || exit 0
		sleep 0.1
	done
	kill -QUIT "$pid"
	;;
esac
