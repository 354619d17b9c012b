package target

import (
	"fmt"
	"strings"
	"time"
)

// Stall is a server that freezes: in each Period from its start, nothing is
// sent during the last Length of it. What arrives then waits until the stall
// ends and takes its own delay after that; what becomes ready then is sent
// when it ends. The zero value never stalls.
type Stall struct{ Length, Period time.Duration }

// Wait is how long the stall goes on for somebody who comes at elapsed, counted
// from the server's start; 0 outside of one.
func (s Stall) Wait(elapsed time.Duration) time.Duration {
	if s.Period <= 0 {
		return 0
	}
	left := s.Period - elapsed%s.Period
	if left > s.Length {
		return 0
	}
	return left
}

// Quantile is how long a share q of requests that arrive evenly over time do
// not exceed, where nothing else delays them: max(0, Length - (1-q) Period).
func (s Stall) Quantile(q float64) time.Duration {
	return max(0, s.Length-time.Duration((1-q)*float64(s.Period)))
}

// answerAt is when a request that arrived, and takes delay, may be answered.
func (s Stall) answerAt(arrived, delay time.Duration) time.Duration {
	ready := arrived + s.Wait(arrived) + delay
	return ready + s.Wait(ready)
}

// String gives back the text that ParseStall reads.
func (s Stall) String() string { return fmt.Sprintf("%s/%s", s.Length, s.Period) }

func (s Stall) validate() error {
	if s != (Stall{}) && (s.Length <= 0 || s.Period <= s.Length) {
		return fmt.Errorf("stall %s: want a length above 0 and below its period", s)
	}
	return nil
}

// ParseStall reads LENGTH/PERIOD, such as 1s/5s.
func ParseStall(text string) (Stall, error) {
	length, period, _ := strings.Cut(text, "/")
	var s Stall
	var err1, err2 error
	s.Length, err1 = parseDuration(length)
	s.Period, err2 = parseDuration(period)
	if err1 != nil || err2 != nil || s.Length <= 0 || s.Period <= s.Length {
		return Stall{}, fmt.Errorf("parse stall %q: want LENGTH/PERIOD, the length above 0 and below the period, such as 1s/5s", text)
	}
	return s, nil
}
