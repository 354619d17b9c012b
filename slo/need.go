package slo

import (
	"math"
	"time"

	"gonogo/measure"
	"gonogo/slo/stats"
)

// An Assumption is what has to be known before a run to say how long it must be.
type Assumption struct {
	Rate  float64 // requests a second that the objective is about
	Part  float64 // how many of them are likely to be bad, as a part of what is allowed: 0.5 is half
	Deff  float64 // how many requests count as one, because neighbours resemble each other
	Waves float64 // the same of the median, which says how long their waves are
	Power float64 // how likely a verdict shall be
}

// UsualDeff is what requests behind a busy queue have been seen to count as: the
// waiting ones are slow together. Independent ones would count by themselves. Only
// a pilot tells.
const UsualDeff = 70

// A Need is how long a run must be for a verdict on one objective, and what one of a
// given length can tell. Shares are of bad requests.
type Need struct {
	Objective
	Assumption
	Why      string        // the run can be of any length, or none suffices: why; "" when Duration says it
	Allowed  float64       // share that go allows
	Expected float64       // share that is likely
	Requests float64       // independent ones that it takes
	Duration time.Duration // 0: none is known
	Below    float64       // shares up to this one are told to be good in the given length; below 0: none
	Above    float64       // shares from this one on are told to be bad; 1 may be the only one
	Enough   bool          // the given length suffices
}

// Needs says how long a run must be for a verdict on the objective, if planned is
// how long its measure phase will be. An observed one is counted, so any length gives
// it a verdict; of an inferred one the verdict is on its go.
func (o Objective) Needs(a Assumption, planned time.Duration) Need {
	n := Need{Objective: o, Assumption: a}
	if o.Claim != Inferred {
		n.Enough, n.Why = true, "this run is counted, however long it is"
		return n
	}
	n.Allowed = o.Go.proportion(measure.AllSteps).share
	n.Expected = min(n.Part*n.Allowed, 1)
	aim := stats.Aim{Limit: n.Allowed, Alpha: miss, Power: n.Power}
	if n.Allowed <= 0 || n.Allowed >= 1 {
		n.Why = "no run can show that not a single request in the world is bad"
		return n
	}
	n.Requests = aim.Requests(n.Expected)
	if math.IsInf(n.Requests, 1) {
		n.Why = "what is expected lies on the limit: no run is long enough to tell"
		return n
	}
	var known bool
	if n.Duration, known = stats.Duration(n.Requests, n.Deff, n.Rate); !known {
		n.Why = "it would take more than a century"
		return n
	}
	least, known := stats.LongEnough(n.Waves, n.Rate)
	if !known {
		n.Why = "it would take more than a century"
		return n
	}
	n.Duration = max(n.Duration, least, leastInferred)
	n.Enough = planned >= n.Duration
	n.Below, n.Above = aim.Resolves(stats.Worth(planned, n.Deff, n.Rate))
	return n
}

// leastInferred is the shortest phase of which 20 blocks can be made.
const leastInferred = 20 * time.Second

// Pilot returns what a run says about the next one: the share of bad requests, how
// alike they are, and their rate. doubt says what it could not see, or "".
func (r Run) Pilot(o Objective) (a Assumption, doubt string) {
	e, problem := gather(o.Go, r)
	if problem != "" {
		return a, problem
	}
	t, problem := e.track(r.Summary.Cells().Limits())
	if problem != "" {
		return a, problem
	}
	if e.length > 0 {
		a.Rate = float64(e.samples) / e.length.Seconds()
	}
	p := o.Go.proportion(e.step)
	if p.limit != nil && t.over[*p.limit] == nil {
		return a, notBySecond(*p.limit)
	}
	background, from := e.background(&t)
	s := stats.Estimate(t.blocks(p.limit), background, miss)
	a.Part, a.Deff, a.Waves = s.Value/p.share, s.Deff, s.Waves
	if (s.Bad == 0 || s.Bad == s.N) && from == "" {
		a.Deff, a.Waves, doubt = UsualDeff, UsualDeff, "no request is bad, so how alike they are cannot be seen"
	}
	if s.Doubt != "" {
		doubt = s.Doubt
	}
	return a, doubt
}
