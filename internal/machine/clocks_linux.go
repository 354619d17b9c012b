package machine

import (
	"time"

	"golang.org/x/sys/unix"
)

// SystemClocks returns a reader of the system's clocks. It returns false when it
// cannot be said that the readings are of one moment.
func SystemClocks() func() (Clocks, bool) {
	mono := func() time.Duration { return clock(unix.CLOCK_MONOTONIC) }
	read := func() Clocks {
		return Clocks{Mono: mono(), Boot: clock(unix.CLOCK_BOOTTIME), Wall: clock(unix.CLOCK_REALTIME)}
	}
	return func() (Clocks, bool) { return readSteady(read, mono) }
}

// clock reads one that every Linux has, so it cannot fail.
func clock(id int32) time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(id, &t)
	return time.Duration(t.Nano())
}
