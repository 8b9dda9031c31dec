#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# setup.sh: installs the Debian packages of tools/dev/packages that are missing, as
# root or with sudo. Does nothing, at once, if all are there.
set -euo pipefail

die() { echo "setup: $*" >&2; exit 1; }

wanted() {
	sed 's/#.*//' "$(dirname "$0")/packages" | xargs -n1
}

missing() {
	comm -23 <(wanted | sort -u) <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' |
		sed -n 's/ installed$//p' | sort -u)
}

command -v dpkg-query > /dev/null && command -v apt-get > /dev/null ||
	die "this is no Debian; it needs these packages, by Debian's names: $(wanted | xargs)"

packages=$(missing)
[ -n "$packages" ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo > /dev/null ||
		die "run as root, or install sudo; missing packages: $(xargs <<< "$packages")"
	root=(sudo)
fi
log=$(realpath -m --relative-to=. "${O:-$(dirname "$0")/../../build}/log/setup.log")
mkdir -p "$(dirname "$log")"
echo "==> installing $(wc -l <<< "$packages") Debian packages: $(xargs <<< "$packages")"
echo "    (a few minutes; what apt-get says is in $log)"

apt() {
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q \
		-o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300 "$@" >> "$log" 2>&1 && return
	tail -n 15 "$log" >&2
	die "apt-get $1 failed, read $log"
}

: > "$log"
apt update
# shellcheck disable=SC2086 # a word a package
apt install --no-install-recommends $packages
echo "    packages are installed"
