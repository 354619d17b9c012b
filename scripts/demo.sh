#!/usr/bin/env bash
# A burst of 1000 users for 15 s against the built-in target. The verdict is on the
# terminal, the report in demo-out/, the exit code is gonogo's. Arguments are
# added to the load command: scripts/demo.sh --slo 'p99 < 50ms'
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

gonogo=${BIN:-bin/gonogo}
out=demo-out
mkdir -p "$out"

"$gonogo" target --listen 127.0.0.1:0 --delay lognormal:20ms,0.5 >"$out/target.log" 2>&1 &
target=$!
trap 'stop "$target"' EXIT
address=$(await_address "$out/target.log" "$target")

"$gonogo" load "http://$address/health" --users 1000 --ramp 2s --duration 15s \
	--slo 'p95 < 200ms' --slo 'success > 99.5%' --out-dir "$out" "$@"
