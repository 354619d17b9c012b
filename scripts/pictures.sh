#!/usr/bin/env bash
# Takes the pictures of README.md: the live view and the summary on a terminal, and the
# report's page, of a real run against the built-in target. Never made by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

gonogo=$(realpath "${BIN:-bin/gonogo}")
out=docs/pictures
work=$(mktemp -d)
targets=()
cleanup() {
	tmux -L gonogo-pictures kill-server 2>/dev/null || true
	for pid in "${targets[@]}"; do stop "$pid"; done
	rm -rf "$work"
}
trap cleanup EXIT
scripts/need.sh chromium:chromium,fonts-dejavu-core tmux:tmux
mkdir -p "$out"

# serve NAME ARGUMENTS...: starts a target and leaves its address in $address.
serve() {
	"$gonogo" target --listen 127.0.0.1:0 "${@:2}" >"$work/$1.log" 2>&1 &
	targets+=($!)
	address=$(await_address "$work/$1.log" $!)
}
serve shop --delay lognormal:18ms,0.45
shop=$address
serve orders --delay lognormal:95ms,0.5 --errors 503:0.15% --stall 700ms/15s
orders=$address

cat >"$work/checkout.yaml" <<EOF
name: checkout
target: http://$shop
load: {users: 400, ramp: 5s, duration: 40s, think_time: "exponential:250ms"}
steps:
  - {name: GET /items, path: /items, weight: 3}
  - {name: GET /basket, path: /basket, weight: 2}
  - {name: POST /orders, method: POST, url: "http://$orders/orders", body: '{"sku": 1}'}
objectives:
  - success > 99.5%
  - {name: p95, go: p95 < 300ms}
  - {name: p95-orders, go: "p95{POST /orders} < 200ms", conditional: "p95{POST /orders} < 800ms", no_go: "p95{POST /orders} > 1.5s"}
EOF

# shoot PAGE PICTURE WIDTH HEIGHT
shoot() {
	chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update \
		--disable-sync --hide-scrollbars --force-device-scale-factor=1.5 --user-data-dir="$work/browser" \
		--window-size="$3,$4" --screenshot="$PWD/$out/$2" "file://$1" >/dev/null 2>&1
	[ -s "$out/$2" ]
}
# terminal PICTURE LINES: what the file $work/terminal shows.
terminal() {
	go run ./internal/pictures <"$work/terminal" >"$work/terminal.html"
	shoot "$work/terminal.html" "$1" 860 "$(($(wc -l <"$work/terminal") * 21 + 42))"
}

tmux -L gonogo-pictures new-session -d -x 92 -y 50 -c "$work" \
	"'$gonogo' load checkout.yaml --format text,html --out-dir run; touch ended; sleep 60"
for _ in $(seq 30); do sleep 1; done
tmux -L gonogo-pictures capture-pane -p -e | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$work/terminal"
terminal live.png
for _ in $(seq 300); do
	[ -e "$work/ended" ] && break
	sleep 0.1
done
page=$(ls "$work"/run/load_test_report_2*.html)
FORCE_COLOR=1 COLUMNS=92 "$gonogo" report "${page%.html}.json" >"$work/terminal"
terminal summary.png
shoot "$page" report.png 1280 880
echo "wrote $out/live.png, summary.png and report.png"
