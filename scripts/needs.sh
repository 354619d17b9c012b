#!/usr/bin/env bash
# Installs what `make integration` takes: servers, readers of the report's forms and a
# browser, from Debian and from npm. What is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh nginx:nginx-light xmllint:libxml2-utils prometheus:prometheus prometheus-pushgateway:prometheus-pushgateway \
	cmark-gfm:cmark-gfm prove:perl chromium:chromium,fonts-dejavu-core node:nodejs npm:npm

# npm ci empties the folder first, so that half of one is never taken for a whole.
for dir in integration/testdata/formats integration/browser; do
	[ "$dir/node_modules/.package-lock.json" -nt "$dir/package-lock.json" ] && continue
	npm ci --prefix "$dir" --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel error
	touch "$dir/node_modules/.package-lock.json"
done
