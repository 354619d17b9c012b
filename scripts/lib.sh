# shellcheck shell=bash
# Sourced by the scripts beside it: starting and stopping the servers that they load.

# await_address FILE PID: the address that a server prints to FILE once it listens.
await_address() {
	local address
	for _ in $(seq 100); do
		address=$(grep -oE '127\.0\.0\.1:[1-9][0-9]*' "$1" | head -n 1 || true)
		if [ -n "$address" ]; then
			echo "$address"
			return 0
		fi
		kill -0 "$2" 2>/dev/null || break
		sleep 0.1
	done
	echo "the target did not start:" >&2
	cat "$1" >&2
	return 1
}

# stop PID: ends a server that this script started, and waits for it.
stop() {
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}
