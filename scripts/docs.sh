#!/usr/bin/env bash
# Writes docs/commands.md from the commands' own help, and README's example from a run
# of the demo, whose report is kept in docs/demo.json. With "check" it runs no demo,
# writes nothing, and ends with 1 when a page is out of date.
set -euo pipefail
cd "$(dirname "$0")/.."

gonogo=${BIN:-bin/gonogo}

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

# readme renders README.md with its example: the summary of docs/demo.json, the
# report of a real run of the demo.
readme() {
	summary=$(env -i PATH="$PATH" HOME="$HOME" NO_COLOR=1 "$gonogo" report docs/demo.json)
	awk -v summary="$summary" '
		/^<!-- demo/ { print; print "```text"; print summary; print "```"; skip = 1; next }
		/^<!-- \/demo/ { skip = 0 }
		!skip { print }' README.md
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "${1:-}" != check ]; then
	BIN=$gonogo scripts/demo.sh --out-dir "$work/demo" --quiet >/dev/null
	cp "$work"/demo/load_test_report_*.json docs/demo.json
fi
render >"$work/commands.md"
readme >"$work/README.md"
for page in docs/commands.md README.md; do
	if [ "${1:-}" != check ]; then
		cat "$work/${page##*/}" >"$page"
	elif ! diff -u "$page" "$work/${page##*/}"; then
		echo "$page is out of date: run  make docs" >&2
		exit 1
	fi
done
