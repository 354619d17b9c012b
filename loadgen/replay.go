package loadgen

import (
	"math"
	"time"

	"gonogo/loadgen/session"
)

// A Replay is arrivals that were recorded once, and come again with the same gaps, or
// with gaps that are all so many times as short. In a plan with one, iterations run
// the flow that the record says, and nothing of when and what is random.
//
// The warm-up plays the beginning, and then the measure phase begins anew.
type Replay struct {
	Trace    Trace         `json:"-"` // nil in a plan that is only told about
	Name     string        // of the trace, for people
	Speed    float64       // how many seconds of the trace pass in one of the run
	From     time.Duration // the instant of the trace at which it begins
	Variable session.Var   // gets what an arrival asks for
	Flows    []int         // of the plan, by the number that a record has; nil: the same

	Arrivals float64 // in the measure phase
	Peak     float64 // the most in a second of the trace, times Speed
	WarmUp   float64 // arrivals a second in the warm-up
}

// A Trace is a record of arrivals, which may be played again and again.
type Trace interface {
	// Play returns the arrivals from an instant of the trace on.
	Play(from time.Duration) Playback
	// Before is how many arrivals come before an instant.
	Before(at time.Duration) int64
	// Counts are the arrivals in each stretch of time, from the beginning on.
	Counts() (each time.Duration, counts []int64)
	// Peak is the most arrivals in a second.
	Peak() int64
}

// A Playback hands out the arrivals of a Trace, in their order. One goroutine uses it.
type Playback interface {
	// Next returns the next arrival, whose Target is valid until the call after. It
	// returns false after the last, and after an error.
	Next() (Recorded, bool)
	Err() error
	Close()
}

// Recorded is an arrival of a Trace.
type Recorded struct {
	At     time.Duration
	Flow   int    // of the plan
	Target []byte // what it asks for
}

// Open is the load that plays the trace for so long. Its stages tell how many arrivals
// come when, and make none.
func (r Replay) Open(warmUp, measure time.Duration) *Open {
	r.Peak = float64(r.Trace.Peak()) * r.Speed
	r.Arrivals = r.between(0, measure)
	if warmUp > 0 {
		r.WarmUp = r.between(0, warmUp) / warmUp.Seconds()
	}
	return &Open{Replay: &r, Stages: r.stages(measure)}
}

// Since is the replay from an instant of the run's measure phase on.
func (r Replay) Since(in time.Duration) Replay {
	r.From = r.Place(in)
	return r
}

// Due is when an instant of the trace comes, from the beginning of its replay on.
func (r *Replay) Due(at time.Duration) time.Duration {
	return time.Duration(math.Floor(float64(at-r.From) / r.Speed))
}

// Place is the first instant of the trace that comes at an instant of the replay.
func (r *Replay) Place(in time.Duration) time.Duration {
	return r.From + time.Duration(math.Ceil(float64(in)*r.Speed))
}

// between is how many arrivals come between two instants of the replay.
func (r *Replay) between(from, to time.Duration) float64 {
	return float64(r.Trace.Before(r.Place(to)) - r.Trace.Before(r.Place(from)))
}

// stages are what the trace amounts to, up to an instant of the replay.
func (r *Replay) stages(length time.Duration) []Stage {
	each, counts := r.Trace.Counts()
	var all []Stage
	at := time.Duration(0)
	add := func(to time.Duration, arrivals float64) {
		rate := arrivals / (to - at).Seconds()
		all, at = append(all, Stage{For: to - at, From: rate, To: rate}), to
	}
	for i := int(r.From / each); i < len(counts) && at < length; i++ {
		to := min(r.Due(time.Duration(i+1)*each), length)
		switch start := time.Duration(i) * each; {
		case to <= at:
		case start >= r.From && to < length:
			add(to, float64(counts[i]))
		default: // cut by one of the ends
			add(to, r.between(at, to))
		}
	}
	if at < length {
		add(length, 0)
	}
	return all
}

// A schedule says what arrives, and when.
type schedule interface {
	// next returns false after the last arrival.
	next() (arrival, bool)
	// end returns what kept it from knowing all of them.
	end() error
}

// An arrival is an iteration that is due.
type arrival struct {
	pick
	due      time.Duration
	variable session.Var // gets what is told
	told     []byte      // what it asks for, of a trace; valid until the next one is known
}

// schedule is that of the load of this number.
func (p *Plan) schedule(l Load, number int) schedule {
	picks := p.picker(l, p.random(pickRow+number*loadRows), nobody-number)
	if l.Open.Replay == nil {
		return &drawn{p.arrivals(l.Open, number), picks}
	}
	r := l.Open.Replay
	s := &recorded{replay: r, picks: picks, start: p.Ramp + p.WarmUp}
	s.play = r.Trace.Play(r.From)
	if s.start > 0 {
		s.before = r.Trace.Play(r.From) // beside the other one, which has read ahead when it is wanted
	}
	return s
}

// drawn are arrivals by a rate.
type drawn struct {
	arrivals *Arrivals
	picks    picker
}

func (d *drawn) next() (arrival, bool) {
	due, more := d.arrivals.Next()
	return arrival{due: due, pick: d.picks.pick()}, more
}

func (d *drawn) end() error { return nil }

// recorded are the arrivals of a trace.
type recorded struct {
	replay *Replay
	picks  picker
	start  time.Duration // of the measure phase
	before Playback      // of the warm-up; nil once that is over
	play   Playback
	err    error
}

func (r *recorded) next() (arrival, bool) {
	if r.before != nil {
		if a, more := r.from(r.before, 0); more && a.due < r.start {
			return a, true
		}
		r.leave(r.before)
		r.before = nil
	}
	if r.err != nil {
		return arrival{}, false
	}
	return r.from(r.play, r.start)
}

func (r *recorded) from(p Playback, start time.Duration) (arrival, bool) {
	next, more := p.Next()
	if more && r.replay.Flows != nil {
		next.Flow = r.replay.Flows[next.Flow]
	}
	return arrival{
		pick: pick{n: next.Flow, other: r.picks.side()}, due: start + r.replay.Due(next.At),
		variable: r.replay.Variable, told: next.Target,
	}, more
}

// leave ends a Playback.
func (r *recorded) leave(p Playback) {
	if err := p.Err(); r.err == nil {
		r.err = err
	}
	p.Close()
}

func (r *recorded) end() error {
	if r.before != nil {
		r.leave(r.before)
	}
	r.leave(r.play)
	return r.err
}
