#!/usr/bin/env bash
# Writes docs/commands.md from the commands' own help. With "check" it writes nothing
# and ends with 1 when the page is out of date.
set -euo pipefail
cd "$(dirname "$0")/.."

gonogo=${BIN:-bin/gonogo}
page=docs/commands.md

commands() { "$gonogo" __complete '' 2>/dev/null | cut -f 1 | grep -E '^[a-z]' | grep -v '^help$'; }

section() { # section TITLE ARGUMENTS...
	printf '\n## %s\n\n```text\n' "$1"
	shift
	env -i PATH="$PATH" HOME="$HOME" NO_COLOR=1 COLUMNS=80 "$gonogo" "$@" | sed 's/[[:space:]]*$//'
	printf '```\n'
}

render() {
	printf '# Commands\n\nWhat each command says about itself, written by make docs: do not edit.\n'
	section gonogo --help
	for name in $(commands); do section "gonogo $name" "$name" --help; done
}

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
render >"$fresh"
if [ "${1:-}" != check ]; then
	cp "$fresh" "$page"
	chmod 644 "$page"
elif ! diff -u "$page" "$fresh"; then
	echo "$page is out of date: run  make docs" >&2
	exit 1
fi
