package soak

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonogo/measure"
)

// A Gap is a stretch in which the instrument did not do its work: no process made
// load, the machine slept, our own process did not run, or a clock was set. What
// the target did then is not known, and what was measured next to it may be our
// own fault.
type Gap struct {
	Why    Why           `json:"why"`
	Start  time.Duration `json:"start_ns"`  // on the run's time line
	Length time.Duration `json:"length_ns"` // by the wall clock; 0 for a clock that was set
	Plan   time.Duration `json:"plan_ns"`   // how far the measure phase of the plan was
}

// Why there is a Gap.
type Why string

// The reasons.
const (
	Interrupted Why = "interrupted" // from the end of one process to the load of the next
	Slept       Why = "sleep"       // the machine
	Stalled     Why = "stall"       // the process
	ClockSet    Why = "clock set"
	Lost        Why = "lost" // what was measured could not be kept
)

// A Span is a stretch of the run's time line.
type Span struct{ From, To time.Duration }

// Length is how long it is.
func (s Span) Length() time.Duration { return max(0, s.To-s.From) }

// Margin is the time around a gap that is not judged either: a request that was
// open when the gap began may have been due as long before it as a request may
// take, and connections have to come back afterwards.
func (g Gap) margin(timeout time.Duration) Span {
	s := Span{g.Start - timeout, g.Start + g.Length + timeout}
	return Span{max(0, s.From.Truncate(time.Second)), ceil(s.To)}
}

// ceil rounds up to a second.
func ceil(d time.Duration) time.Duration {
	return time.Duration(math.Ceil(d.Seconds())) * time.Second
}

// Excluded are the stretches around gaps in whose seconds nothing is judged, in
// order and apart from each other.
func Excluded(gaps []Gap, timeout time.Duration) []Span {
	var all []Span
	for _, g := range gaps {
		all = append(all, g.margin(timeout))
	}
	return union(all)
}

// union joins spans that touch.
func union(spans []Span) []Span {
	sorted := slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	var joined []Span
	for _, s := range sorted {
		switch last := len(joined) - 1; {
		case s.Length() == 0:
		case last >= 0 && s.From <= joined[last].To:
			joined[last].To = max(joined[last].To, s.To)
		default:
			joined = append(joined, s)
		}
	}
	return joined
}

// common is how long two sets of spans, each apart from each other, overlap.
func common(a, b []Span) (length time.Duration) {
	for _, s := range a {
		for _, o := range b {
			length += Span{max(s.From, o.From), min(s.To, o.To)}.Length()
		}
	}
	return length
}

func total(spans []Span) (length time.Duration) {
	for _, s := range spans {
		length += s.Length()
	}
	return length
}

// within tells whether any of the seconds from, and so many after it, is in a span.
func within(spans []Span, second, seconds int) bool {
	from, to := time.Duration(second)*time.Second, time.Duration(second+seconds)*time.Second
	return slices.ContainsFunc(spans, func(s Span) bool { return s.From < to && from < s.To })
}

// A Timeline turns the seconds of an engine, which begin with its process and stand
// still while the machine sleeps, into those of the run.
type Timeline struct {
	start  time.Duration
	sleeps []sleep
}

// A sleep is one of the machine's, by the engine's clock.
type sleep struct{ at, length time.Duration }

// NewTimeline is that of an engine that begins at the instant start of the run,
// which is a whole second.
func NewTimeline(start time.Duration) *Timeline { return &Timeline{start: start} }

// Sleep notes that the machine has slept, and returns the instant of the run at
// which it fell asleep. The engine noticed it at the instant at, and had looked
// shortly before.
func (t *Timeline) Sleep(at, length time.Duration) time.Duration {
	began := t.At(at)
	t.sleeps = append(t.sleeps, sleep{at, length.Round(time.Second)})
	return began
}

// At turns an instant of the engine.
func (t *Timeline) At(at time.Duration) time.Duration {
	turned := t.start + at
	for _, s := range t.sleeps {
		if at >= s.at {
			turned += s.length
		}
	}
	return turned
}

// Interval turns an interval, which it does not change.
func (t *Timeline) Interval(i measure.Interval) measure.Interval {
	by := t.At(time.Duration(i.Second)*time.Second) - time.Duration(i.Second)*time.Second
	if by == 0 {
		return i
	}
	i.Second += int(by / time.Second)
	i.Errors = slices.Clone(i.Errors)
	for g := range i.Errors {
		i.Errors[g].FirstAt += by
	}
	return i
}
