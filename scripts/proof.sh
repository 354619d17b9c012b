#!/usr/bin/env bash
# Gets what the proof needs and runs it:
#
#	scripts/proof.sh accuracy|performance|cost|render [FLAGS of internal/proof]
#
# Set in the environment:
#
#	BIN=bin/gonogo  DURATION=20 (seconds a run)  ROUNDS=5  WORLDS=stall,bimodal  TOOLS=gonogo,wrk  ONLY=http-100,lateness
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PATH:/usr/sbin LC_ALL=C

command=${1:?want accuracy, performance, cost or render}
shift
# need PAIR...: what can be had of it. The proof says what it leaves out.
need() {
	for pair in "$@"; do scripts/need.sh "$pair" || true; done
}
case $command in
accuracy | performance)
	need wrk:wrk hey:hey h2load:nghttp2-client ab:apache2-utils
	scripts/peers.sh
	;;
cost) need wrk:wrk ;;
esac
case $command in
cost | performance) scripts/need.sh nginx:nginx-light time:time ;;
esac

ulimit -n "$(ulimit -Hn)" # 10,000 users are 10,000 descriptors, for the servers too
mkdir -p bin
go build -o bin/proof-run ./internal/proof
exec bin/proof-run "$command" -gonogo "${BIN:-bin/gonogo}" ${DURATION:+-seconds "$DURATION"} ${ROUNDS:+-rounds "$ROUNDS"} \
	${WORLDS:+-worlds "$WORLDS"} ${TOOLS:+-tools "$TOOLS"} ${ONLY:+-only "$ONLY"} "$@"
