#!/usr/bin/env bash
# Builds the load generators that are Go modules into bin/peers, each from a module of
# its own, so that none of them is ever in ours. One that cannot be had is left out, and said.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

out=$PWD/bin/peers
mkdir -p "$out"

# build NAME MODULE VERSION: its main package is the module's root.
build() {
	local name=$1 module=$2 version=$3 dir output
	if go version -m "$out/$name" 2>/dev/null | grep -qE "^[[:space:]]+mod[[:space:]]+${module}[[:space:]]+${version}[[:space:]]"; then
		return
	fi
	echo "building $name $version"
	dir=$(mktemp -d)
	printf 'module peer\n\ngo 1.26\n\nrequire %s %s\n' "$module" "$version" >"$dir/go.mod"
	if ! output=$(cd "$dir" && GOFLAGS=-mod=mod go build -trimpath -o "$out/$name" "$module" 2>&1); then
		echo "NOTICE: $name cannot be built: $(tail -n 2 <<<"$output")" >&2
	fi
	rm -rf "$dir"
}

build vegeta github.com/tsenart/vegeta/v12 v12.12.0
build fortio fortio.org/fortio v1.66.5
build k6 go.k6.io/k6 v1.8.1
