package machine

import "time"

// Clocks are the readings of the system's clocks at one moment. Each counts from
// an instant of its own: only differences have a meaning.
type Clocks struct {
	Mono time.Duration // goes on evenly, but not while the machine sleeps
	Boot time.Duration // the same, and while it sleeps
	Wall time.Duration // the time of day, which can be set
}

// GoClocks returns a reader of the clocks that Go knows, which may be virtual.
// They do not tell a sleep of the machine from a step of the time of day.
func GoClocks() func() (Clocks, bool) {
	start := time.Now()
	return func() (Clocks, bool) {
		now := time.Now()
		since := now.Sub(start)
		return Clocks{Mono: since, Boot: since, Wall: time.Duration(now.UnixNano())}, true
	}
}

// Where the readings are further apart than steady, we were put aside between
// them and they are not of one moment.
const (
	steady = time.Millisecond
	tries  = 5
)

// readSteady tries to read clocks one after the other as of one moment.
func readSteady(read func() Clocks, mono func() time.Duration) (c Clocks, ok bool) {
	for range tries {
		if c = read(); mono()-c.Mono <= steady {
			return c, true
		}
	}
	return c, false
}
