#!/usr/bin/env bash
# Runs every native fuzz target for a short while: FUZZTIME=5s scripts/fuzz.sh
set -euo pipefail
cd "$(dirname "$0")/.."

found=0
while IFS=: read -r file target; do
	found=$((found + 1))
	echo "== $target in $(dirname "$file")"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-5s}" "$(dirname "$file")"
done < <(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed 's/func //' | sort)
[ "$found" -gt 0 ] || { echo 'no fuzz target found' >&2; exit 1; }
echo "$found fuzz targets, no finding"
