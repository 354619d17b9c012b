package target

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Aging is what changes with the time since the server's start. The zero value
// stays as it is.
type Aging struct {
	SlowStart SlowStart
	Drift     Drift
	Growth    Growth
}

// SlowStart makes the first answers slower: by Extra at the start, falling
// linearly to nothing after Length.
type SlowStart struct{ Extra, Length time.Duration }

// Drift makes answers slower for ever, as a leak does: by Extra more with each Period.
type Drift struct{ Extra, Period time.Duration }

// Growth answers 503 to a share of requests that grows by Share with each
// Period, up to all of them.
type Growth struct {
	Share  float64
	Period time.Duration
}

// Extra is what a request that arrives at elapsed takes beyond its delay.
func (a Aging) Extra(elapsed time.Duration) time.Duration {
	extra := 0.0
	if s := a.SlowStart; elapsed < s.Length {
		extra = float64(s.Extra) * float64(s.Length-elapsed) / float64(s.Length)
	}
	if d := a.Drift; d.Period > 0 {
		extra += float64(d.Extra) * float64(elapsed) / float64(d.Period)
	}
	return capped(extra)
}

// ErrorShare is the share of the requests arriving at elapsed that get 503.
func (a Aging) ErrorShare(elapsed time.Duration) float64 {
	if a.Growth.Period <= 0 {
		return 0
	}
	return min(a.Growth.Share*float64(elapsed)/float64(a.Growth.Period), 1)
}

// String gives back the text that ParseSlowStart reads.
func (s SlowStart) String() string { return fmt.Sprintf("%s,%s", s.Extra, s.Length) }

// String gives back the text that ParseDrift reads.
func (d Drift) String() string { return fmt.Sprintf("%s/%s", d.Extra, d.Period) }

// String gives back the text that ParseGrowth reads.
func (g Growth) String() string { return fmt.Sprintf("%s/%s", percent(g.Share), g.Period) }

// Validate tells everything that is wrong with a.
func (a Aging) Validate() error {
	return errors.Join(a.SlowStart.validate(), a.Drift.validate(), a.Growth.validate())
}

func (s SlowStart) validate() error {
	if s != (SlowStart{}) && !(between(s.Extra) && between(s.Length)) {
		return fmt.Errorf("slow start %s: want durations above 0 and at most %s", s, MaxDelay)
	}
	return nil
}

func (d Drift) validate() error {
	if d != (Drift{}) && !(between(d.Extra) && between(d.Period)) {
		return fmt.Errorf("drift %s: want durations above 0 and at most %s", d, MaxDelay)
	}
	return nil
}

func (g Growth) validate() error {
	if g != (Growth{}) && !(g.Share > 0 && g.Share <= 1 && between(g.Period)) { // so written, it catches NaN
		return fmt.Errorf("error growth %s: want a share above 0%% and at most 100%%, and a period above 0 and at most %s", g, MaxDelay)
	}
	return nil
}

func between(d time.Duration) bool { return d > 0 && d <= MaxDelay }

// ParseSlowStart reads EXTRA,LENGTH, such as 500ms,30s.
func ParseSlowStart(text string) (SlowStart, error) {
	extra, length, err := parsePair(text, ",")
	s := SlowStart{extra, length}
	if err != nil || s == (SlowStart{}) || s.validate() != nil {
		return SlowStart{}, fmt.Errorf("parse slow start %q: want EXTRA,LENGTH, above 0 and at most %s, such as 500ms,30s", text, MaxDelay)
	}
	return s, nil
}

// ParseDrift reads EXTRA/PERIOD, such as 10ms/1h.
func ParseDrift(text string) (Drift, error) {
	extra, period, err := parsePair(text, "/")
	d := Drift{extra, period}
	if err != nil || d == (Drift{}) || d.validate() != nil {
		return Drift{}, fmt.Errorf("parse drift %q: want EXTRA/PERIOD, above 0 and at most %s, such as 10ms/1h", text, MaxDelay)
	}
	return d, nil
}

func parsePair(text, separator string) (a, b time.Duration, err error) {
	first, second, _ := strings.Cut(text, separator)
	a, err1 := parseDuration(first)
	b, err2 := parseDuration(second)
	return a, b, errors.Join(err1, err2)
}

// ParseGrowth reads SHARE/PERIOD, such as 1%/1h.
func ParseGrowth(text string) (Growth, error) {
	share, period, _ := strings.Cut(text, "/")
	var g Growth
	var err1, err2 error
	g.Share, err1 = ParseShare(share)
	g.Period, err2 = parseDuration(period)
	if err1 != nil || err2 != nil || g == (Growth{}) || g.validate() != nil {
		return Growth{}, fmt.Errorf("parse error growth %q: want SHARE/PERIOD, above 0, the period at most %s, such as 1%%/1h", text, MaxDelay)
	}
	return g, nil
}
