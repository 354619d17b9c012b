// Package compare asks whether a candidate is worse than a baseline, by more than a
// margin that is allowed: two runs of one scenario, or two targets that shared a run.
//
// A pass needs proof: a bound of the difference that lies within the margin. A fail
// needs it too: a bound that lies beyond. That there is a difference is no news with
// a million requests, and that none was found is none with a hundred.
//
//   - compare.go: what goes in and what comes out; judge.go: the verdict of a row.
//   - block.go cuts a side into blocks of time; difference.go bounds the difference of
//     two shares by how much the blocks differ, and says when it cannot.
//   - quantile.go turns bounds of shares into bounds of the ratio of two quantiles; share.go
//     compares shares of success and rates.
//   - runs.go compares several runs of each, pair by pair; effect.go says how often one is
//     slower than the other.
//   - metric.go and margin.go read what a person may ask for.
//
// docs/decisions/0008-comparing-shares.md holds what was measured of the method, and why it
// is no bootstrap.
package compare

import (
	"time"

	"gonogo/measure"
	"gonogo/slo"
)

// Design says how the sides came about, and so what can be told from them.
type Design string

// The designs, from the strongest to the weakest.
const (
	Concurrent  Design = "concurrent"  // in the same seconds: what disturbs both cancels
	Interleaved Design = "interleaved" // several runs of each, in turn
	Sequential  Design = "sequential"  // one after the other: the time between them may be what differs
)

// A Side is what one of the two did in its measure phase.
type Side struct {
	Start, Length time.Duration // of the phase; both on one clock where the design is Concurrent
	Due, OK       int64
	Response      measure.Histogram // of all that were due, failures as charged
	Stretches     []Stretch         // the same in parts; a side of Runs needs none
	Statuses      map[int]int64     // how many answers had which status
	Waited        time.Duration     // 95th percentile of the wait for a free connection or user
}

// A Stretch is a part of the phase: the requests that were due in it. The shorter it
// is the better; a second will do.
type Stretch struct {
	Start, Length time.Duration
	Due, OK       int64
	Response      measure.Histogram // failures as charged
}

// Options are what is asked.
type Options struct {
	Metrics []Metric // what is compared, in order
	Margins Margins
	// Shared tells that both sides shared one generator: one of them can then hold
	// the other one up.
	Shared bool
	// GivenRate says why the rate tells nothing about the target: "" where it does.
	GivenRate string
	// Confounded says what else may be the cause of a difference, or of none; no row is
	// more than conditional then. Sides that are Sequential are confounded with time.
	Confounded string
}

// A Comparison is what came of it.
type Comparison struct {
	Design     Design
	Margins    Margins
	Confounded string
	Blocks     int // of time, or pairs of runs
	Rows       []Row
	// Slower is in how many of all pairs of blocks (or runs), one of each side, the
	// candidate had the higher median: Vargha and Delaney's A12. Even is 0.5. NaN where
	// there are none.
	Slower float64
}

// A Row is one metric of both sides. What is not known is NaN, what has no bound ±Inf.
type Row struct {
	Metric              Metric
	Baseline, Candidate float64     // ms, %, or a second
	Failed              [2]bool     // of baseline and candidate: the quantile falls on a request that failed
	Change, Lo, Hi      float64     // candidate against baseline, each bound at 95 %: a share of it (0.1 is 10 %), of success points
	Margin              float64     // how far Change may be on the bad side, in the same
	Verdict             slo.Verdict // "" where it is not judged
	Rule                string      // why, in words
	Doubt               string      // why its bounds, if any, allow no verdict; "" where they do
}

// Confidence is that of each bound by itself.
const Confidence = 1 - miss

// Sides compares two sides of which each was measured once.
func Sides(design Design, baseline, candidate *Side, o Options) Comparison {
	if design == Sequential && o.Confounded == "" {
		o.Confounded = "one ran after the other, so the cause may be the time between them"
	}
	p := pair{Options: o, paired: design == Concurrent, sides: [2]*Side{baseline, candidate}}
	c := Comparison{Design: design, Margins: o.Margins, Confounded: o.Confounded, Slower: p.prepare()}
	c.Blocks = p.blocks()
	for _, m := range o.Metrics {
		c.Rows = append(c.Rows, p.row(m))
	}
	return c
}
