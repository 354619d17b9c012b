#!/usr/bin/env bash
# Known vulnerabilities in the code that we call. Ends with 1 when there is one, or
# when our code cannot be read; where the tool or its database cannot be had, it says
# so and ends with 0. VULNDB names another database, a file:// URL for instance.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

# v1.1.4 is the newest whose dependencies our module proxy serves.
version=v1.1.4

# unreachable OUTPUT: whether it is the network's doing.
unreachable() {
	grep -qiE 'fetching vulnerabilities|unrecognized vulndb format|dial tcp|no such host|i/o timeout|connection re(fused|set)|TLS handshake|proxyconnect|module lookup disabled|not available|(403|404|407|410|429|50[0-9]) ' <<<"$1"
}

skip() {
	echo "!!!! govulncheck skipped: $1: $(grep -v '^exit status' <<<"$2" | tail -n 1)"
	exit 0
}

tools=$PWD/bin/tools
if ! output=$(GOBIN=$tools go install "golang.org/x/vuln/cmd/govulncheck@$version" 2>&1); then
	unreachable "$output" && skip 'its modules cannot be had' "$output"
	printf '%s\n' "$output"
	exit 1
fi

output=$("$tools/govulncheck" ${VULNDB:+-db "$VULNDB"} ./... 2>&1)
code=$?
case $code in
0 | 3) ;; # none found; some found
*) unreachable "$output" && skip 'its database cannot be had' "$output" ;;
esac
printf '%s\n' "$output"
[ "$code" = 0 ]
