#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install the Debian packages listed in a file, if any is missing.
# Needs root (or sudo) only when something is missing.
set -eu
want=$(sed 's/#.*//' "$1" | tr -s ' \t\n' ' ')
missing=
for p in $want; do
	dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
		grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "deps: not a Debian system; install the like of:$missing" >&2
	exit 1
fi
echo "deps: installing$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends $missing >/dev/null
