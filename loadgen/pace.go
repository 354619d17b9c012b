package loadgen

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonogo/measure"
)

// Arrivals are the due times of an open plan, one after the other. They depend
// on the plan and its seed alone: no clock is read.
//
// Arrivals come where the area under the rate reaches the next of a row of
// numbers: 0, 1, 2, ... for constant gaps; the sums of exponential variables for
// a Poisson process. So a rate that changes needs no case of its own.
type Arrivals struct {
	stretches []stretch
	at        int     // the stretch of the next arrival
	area      float64 // at which the next arrival comes
	gaps      *rand.Rand
}

// stretch is a part of the plan in which the rate goes linearly.
type stretch struct {
	start, length float64 // seconds
	from, to      float64 // arrivals a second
	before        float64 // area under the rate before it
}

func (s stretch) area() float64 { return (s.from + s.to) / 2 * s.length }

// when is the time at which the area within the stretch reaches a.
func (s stretch) when(a float64) float64 {
	if a <= 0 { // also where rounding put it just before
		return s.start
	}
	slope := (s.to - s.from) / s.length
	if slope == 0 {
		return s.start + a/s.from
	}
	// Solve slope/2 t² + from t = a in the form that cancels nothing.
	root := math.Sqrt(math.Max(s.from*s.from+2*slope*a, 0))
	return s.start + 2*a/(s.from+root)
}

// Arrivals returns the due times of an open plan from the first one on.
func (p *Plan) Arrivals() *Arrivals { return p.arrivals(p.Open, 0) }

// arrivals are those of one of the plan's loads.
func (p *Plan) arrivals(o *Open, load int) *Arrivals {
	a := &Arrivals{stretches: p.stretches(o)}
	if o.Poisson {
		a.gaps = p.random(gapRow + load*loadRows)
		a.area = a.gaps.ExpFloat64()
	}
	return a
}

// stretches are ramp, warm-up and stages in order.
func (p *Plan) stretches(o *Open) []stretch {
	full := o.Stages[0].From
	if o.Replay != nil {
		full = o.Replay.WarmUp
	}
	stages := append([]Stage{{p.Ramp, 0, full}, {p.WarmUp, full, full}}, o.Stages...)
	var all []stretch
	var start, before float64
	for _, s := range stages {
		if s.For <= 0 {
			continue
		}
		next := stretch{start, s.For.Seconds(), s.From, s.To, before}
		start += next.length
		before += next.area()
		all = append(all, next)
	}
	return all
}

// Next returns the next due time, or false after the last.
func (a *Arrivals) Next() (time.Duration, bool) {
	for a.at < len(a.stretches) {
		s := a.stretches[a.at]
		if within := a.area - s.before; within < s.area() {
			due := s.when(within)
			a.area += a.gap()
			return time.Duration(math.Round(due * 1e9)), true
		}
		a.at++
	}
	return 0, false
}

func (a *Arrivals) gap() float64 {
	if a.gaps == nil {
		return 1
	}
	return a.gaps.ExpFloat64()
}

// Expected is how many arrivals the plan's open loads want in a phase.
func (p *Plan) Expected(phase measure.Phase) float64 {
	n := 0.0
	for _, l := range p.Loads() {
		if l.Open != nil {
			n += p.ExpectedOf(l.Open, phase)
		}
	}
	return n
}

// IsRandom tells whether the arrivals of an open load are, so that their number may
// miss what is expected by chance.
func (p *Plan) IsRandom() bool {
	return slices.ContainsFunc(p.Loads(), func(l Load) bool { return l.Open != nil && l.Open.Poisson })
}

// ExpectedOf is Expected of one of the loads.
func (p *Plan) ExpectedOf(o *Open, phase measure.Phase) float64 {
	n := 0.0
	for _, s := range p.stretches(o) {
		if p.PhaseAt(time.Duration(math.Round(s.start*1e9))) == phase {
			n += s.area()
		}
	}
	return n
}

// PeakRate is the highest rate of the plan's open loads together, were their peaks
// to meet.
func (p *Plan) PeakRate() float64 {
	sum := 0.0
	for _, l := range p.Loads() {
		if l.Open != nil {
			sum += l.Open.Peak()
		}
	}
	return sum
}

// Peak is the highest rate.
func (o *Open) Peak() float64 {
	if o.Replay != nil {
		return o.Replay.Peak
	}
	peak := 0.0
	for _, s := range o.Stages {
		peak = max(peak, s.From, s.To)
	}
	return peak
}

// RateAt is the rate of the plan's open loads together at the instant t.
func (p *Plan) RateAt(t time.Duration) float64 {
	sum := 0.0
	for _, l := range p.Loads() {
		if l.Open != nil {
			sum += p.rateAt(l.Open, t)
		}
	}
	return sum
}

func (p *Plan) rateAt(o *Open, t time.Duration) float64 {
	for _, s := range p.stretches(o) {
		if in := t.Seconds() - s.start; in >= 0 && in < s.length {
			return s.from + (s.to-s.from)*in/s.length
		}
	}
	return 0
}

// UsersAt is how many users of the closed model the plan wants at the instant t: they
// start one after the other during the ramp.
func (p *Plan) UsersAt(t time.Duration) float64 {
	sum := 0.0
	for _, l := range p.Loads() {
		if l.Closed != nil {
			sum += float64(l.Closed.Users)
		}
	}
	if t < p.Ramp {
		sum *= max(0, t.Seconds()/p.Ramp.Seconds())
	}
	return sum
}

// PhaseAt is the phase of a request due at the instant t.
func (p *Plan) PhaseAt(t time.Duration) measure.Phase {
	switch {
	case t < p.Ramp:
		return measure.Ramp
	case t < p.Ramp+p.WarmUp:
		return measure.WarmUp
	case t < p.Length():
		return measure.Measure
	default:
		return measure.Drain
	}
}

// Mean is the distribution's mean.
func (d Distribution) Mean() time.Duration {
	if d.Law == Uniform {
		return d.A + (d.B-d.A)/2
	}
	return d.A
}

// draw takes a duration from the distribution.
func (d Distribution) draw(r *rand.Rand) time.Duration {
	switch d.Law {
	case Uniform:
		return d.A + time.Duration(r.Float64()*float64(d.B-d.A))
	case Exponential:
		return time.Duration(r.ExpFloat64() * float64(d.A))
	default:
		return d.A
	}
}
