#!/usr/bin/env bash
# What a request over HTTP/2 costs gonogo, against h2load: CPU time a request, 100
# streams on 10 connections to nginx over TLS, in turns, with medians. Set in the
# environment:
#
#	BIN=bin/gonogo  DURATION=5 (seconds a run)  ROUNDS=5
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh h2load:nghttp2-client
ONLY=http2 TOOLS=gonogo,h2load exec scripts/proof.sh cost "$@"
