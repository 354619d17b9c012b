#!/usr/bin/env bash
# Installs the Debian packages of commands that are missing:
#
#	scripts/need.sh nginx:nginx-light gcc:gcc,libc6-dev
#
# Says what to do, and ends with 1, where it cannot.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

missing=()
for pair in "$@"; do
	command -v "${pair%%:*}" >/dev/null && continue
	IFS=, read -ra packages <<<"${pair#*:}"
	missing+=("${packages[@]}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

cannot() {
	echo "NOTICE: missing: ${missing[*]}. $1" >&2
	exit 1
}
command -v apt-get >/dev/null || cannot "There is no apt-get here: install them with this system's own package manager."
[ "$(id -u)" = 0 ] || cannot "Not root: run  sudo apt-get install ${missing[*]}  and try again."

echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# A package that brings a server must not start it: this one only wants the binary.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
	trap 'rm -f "$policy"' EXIT
fi
apt-get -qq update || echo "NOTICE: apt-get update failed, trying with the lists that are here" >&2
apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null || cannot "apt-get could not install them, see above."
