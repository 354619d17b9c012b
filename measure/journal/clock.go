package journal

import "time"

// A clock compares the wall clock with the monotonic one, which no journal
// depends on: nothing here is ordered by the time of day.
type clock struct {
	now  func() (wall time.Time, mono time.Duration)
	wall time.Time // of the last reading
	mono time.Duration
}

func newClock() clock {
	start := time.Now()
	return clock{now: func() (time.Time, time.Duration) {
		now := time.Now()
		return now.Round(0), now.Sub(start)
	}}
}

// read tells by how much the wall clock went ahead of the monotonic one since the
// last time, if that is more than a second.
func (c *clock) read() (jumped bool, jump time.Duration) {
	wall, mono := c.now()
	if !c.wall.IsZero() {
		jump = wall.Sub(c.wall) - (mono - c.mono)
	}
	c.wall, c.mono = wall, mono
	return jump.Abs() > time.Second, jump
}
