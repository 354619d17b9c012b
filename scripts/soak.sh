#!/usr/bin/env bash
# A sustained run of MINUTES (20) minutes against the built-in target, as people make
# one: in the background, under nohup, with everything on the disk. With KILL=1 it is
# killed half-way, as by a power failure, and resumed. What it left behind is checked:
# a log line for each ten seconds, memory that does not grow, a report from the journal
# that says the same as the run's own. Files are in soak-out/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

gonogo=$(realpath "${BIN:-bin/gonogo}")
seconds=$((${MINUTES:-20} * 60))
out=soak-out
rm -rf "$out"
mkdir -p "$out"

"$gonogo" target --listen 127.0.0.1:0 --delay lognormal:20ms,0.5 --errors 0.2% >"$out/target.log" 2>&1 &
target=$!
trap 'stop "$target"' EXIT
address=$(await_address "$out/target.log" "$target")

cd "$out"
soak() { # soak ARGUMENTS...: starts it as nohup does, and sets $pid
	nohup "$gonogo" soak "$@" >>nohup.out 2>&1 &
	pid=$!
}
soak --duration="$seconds" --users 50 --think-time 80ms --ramp 10s --timeout 5s \
	--slo 'error_rate < 1%' --slo 'p95 < 200ms' "http://$address/health"
if [ "${KILL:-}" = 1 ]; then
	sleep $((seconds / 2))
	kill -9 "$pid"
	wait "$pid" || true
	sleep 5
	soak --resume
fi
code=0
wait "$pid" || code=$?
cat nohup.out

fail() { echo "soak: $*" >&2; exit 1; }
[ "$code" = 0 ] || fail "exit code $code"
lines=$(grep -c ' rps=' load_test_sustained.log)
[ "$lines" -ge $((seconds / 10 - 3)) ] || fail "$lines lines in the log"
rss() { sed -n 's/.* rss=\([0-9]*\)MiB$/\1/p' load_test_sustained.log; }
early=$(rss | sed -n 72p) late=$(rss | tail -n 1) # the last ten minutes are kept by the second, so it grows until then
[ "$late" -le $((early + early / 10 + 2)) ] || fail "memory grew from $early to $late MiB"
verdict=$("$gonogo" report --from-journal . | tail -n 1)
[ "$verdict" = "$(tail -n 1 nohup.out)" ] || fail "the journal says: $verdict"
echo "soak: $lines lines, $early to $late MiB, journal $(du -sk load_test_sustained_*/journal | cut -f 1) KiB"
