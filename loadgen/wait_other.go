//go:build !linux

package loadgen

const threadTimer = ""

func newThreadAlarm(*run) alarm { return nil }
