//go:build !linux

package loadgen

const threadTimer = ""

func newThreadAlarm(Clock) alarm { return nil }
