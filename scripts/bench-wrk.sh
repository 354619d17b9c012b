#!/usr/bin/env bash
# What a request costs gonogo, against wrk: CPU time (user and system) a request, in
# alternating pairs on the same server, the server on core 0 and the client on core 1
# where there are two. Set in the environment:
#
#	BIN=bin/gonogo  PAIRS=5  DURATION=5 (seconds)  CONNECTIONS="100 1000"  SERVER=nginx|target
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
export PATH=$PATH:/usr/sbin LC_ALL=C

gonogo=${BIN:-bin/gonogo}
pairs=${PAIRS:-5}
duration=${DURATION:-5}
server=${SERVER:-nginx}
accept='0 10 11 12' # the verdicts: a client that is kept busy on purpose may be called invalid

scripts/need.sh wrk:wrk time:time
[ "$server" != nginx ] || scripts/need.sh nginx:nginx-light

on_server='' on_client=''
if [ "$(getconf _NPROCESSORS_ONLN)" -ge 2 ] && command -v taskset >/dev/null; then
	on_server='taskset -c 0' on_client='taskset -c 1'
else
	echo 'NOTICE: one core, or no taskset: server and client share what there is'
fi
if [ -r /proc/loadavg ] && awk '{ exit $1 > 0.5 ? 0 : 1 }' /proc/loadavg; then
	echo "NOTICE: the machine is busy (load $(cut -d ' ' -f 1 /proc/loadavg)): a shared core can halve or double a figure"
fi
work=$(mktemp -d)
chmod 755 "$work" # nginx's worker gives up root
pid=''
trap '[ -z "$pid" ] || stop "$pid"; rm -rf "$work"' EXIT

start_nginx() {
	local port
	for _ in $(seq 20); do # a port is only known to be free once nginx has it
		port=$((20000 + RANDOM % 12000))
		sed -e "s|@DIR@|$work|g" -e "s|@PORT@|$port|g" integration/testdata/nginx.conf >"$work/nginx.conf"
		$on_server nginx -p "$work" -c "$work/nginx.conf" -e "$work/error.log" -g 'daemon off;' 2>"$work/nginx.log" &
		pid=$!
		for _ in $(seq 50); do # a busy machine may take seconds to start it
			if [ -s "$work/nginx.pid" ]; then
				address=127.0.0.1:$port
				return 0
			fi
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		stop "$pid"
		grep -q 'in use' "$work/nginx.log" || break
	done
	cat "$work/nginx.log" >&2
	return 1
}

start_target() {
	$on_server "$gonogo" target --listen 127.0.0.1:0 >"$work/target.log" 2>&1 &
	pid=$!
	address=$(await_address "$work/target.log" "$pid")
}

# timed COMMAND...: runs it on the client's core; its user and system seconds, peak
# KB and elapsed seconds are in $work/time, what it printed in $work/out.
timed() {
	$on_client /usr/bin/time -q -f '%U %S %M %e' -o "$work/time" "$@" >"$work/out" 2>"$work/err"
}

# cost REQUESTS: microseconds a request, requests a second and peak MB of the last timed command.
cost() {
	awk -v n="$1" '{ printf "%.3f %.0f %.0f\n", ($1 + $2) * 1e6 / n, n / $4, $3 / 1024 }' "$work/time"
}

broken() {
	echo "$1:" >&2
	cat "$work/out" "$work/err" >&2
	exit 1
}

run_wrk() {
	timed wrk -t1 -c"$1" -d"${duration}s" "http://$address/health" || broken 'wrk failed'
	if grep -E 'Socket errors|Non-2xx' "$work/out" >&2; then
		echo 'NOTICE: wrk saw errors, this pair does not compare like with like' >&2
	fi
	local requests
	requests=$(grep -oE '[0-9]+ requests in' "$work/out" | grep -oE '^[0-9]+') || broken 'wrk printed no count'
	cost "$requests"
}

run_gonogo() {
	local code=0 requests
	rm -rf "$work/report"
	mkdir "$work/report"
	timed "$gonogo" load "http://$address/health" --users "$1" --ramp 0s --duration "${duration}s" \
		--slo 'success > 99.9%' --quiet --out-dir "$work/report" || code=$?
	case " $accept " in *" $code "*) ;; *) broken "gonogo ended with $code" ;; esac
	[ "$code" = 0 ] || echo "NOTICE: gonogo ended with $code: $(tail -n 1 "$work/out")" >&2
	requests=$(cat "$work"/report/load_test_report_*.json | grep -oE '"started": *[0-9]+' | head -n 1 | grep -oE '[0-9]+$') ||
		broken 'gonogo wrote no count'
	cost "$requests"
}

# pair CONNECTIONS I: one run of each, the first one changing from pair to pair.
pair() {
	local ours theirs
	if [ $(($2 % 2)) = 1 ]; then
		ours=$(run_gonogo "$1")
		theirs=$(run_wrk "$1")
	else
		theirs=$(run_wrk "$1")
		ours=$(run_gonogo "$1")
	fi
	echo "$1 $2 $ours $theirs" | awk '{ printf "%11d %4d %10.2f %8.2f %7.3f %13d %9d %10d %7d\n", $1, $2, $3, $6, $3 / $6, $4, $7, $5, $8 }' | tee -a "$work/pairs"
}

"start_$server"
echo "CPU a request: $("$gonogo" version | head -n 1) against wrk, $server on $(uname -sm), $(getconf _NPROCESSORS_ONLN) cores, $pairs pairs of ${duration} s"
echo 'connections pair  gonogo µs   wrk µs   ratio  gonogo req/s wrk req/s  gonogo MB  wrk MB'
for connections in ${CONNECTIONS:-100 1000}; do
	: >"$work/pairs"
	for i in $(seq "$pairs"); do pair "$connections" "$i"; done
	sort -n -k5 "$work/pairs" | awk -v c="$connections" '
		{ r[NR] = $5 }
		END { m = NR % 2 ? r[(NR + 1) / 2] : (r[NR / 2] + r[NR / 2 + 1]) / 2
		      printf "%11d connections: gonogo takes %.3f times the CPU of wrk (median of %d pairs, %.3f to %.3f)\n", c, m, NR, r[1], r[NR] }'
done
