// Package slo judges: an Objective and the measurements of a run become a
// Judgement. It never hears of HTTP, files or clocks.
//
// A Target is read from text (target.go, parse.go, guess.go), exactly
// (decimal.go). Bands are proved sensible when they are loaded (lint.go,
// witness.go). Judge folds them over what was counted (judge.go, evidence.go,
// value.go). Nothing is decided through a float: those are for printing. Whether
// the counting can be trusted is asked in package validity.
package slo

import "slices"

// Verdict is the outcome of one objective in a word.
type Verdict string

// The verdicts of an objective, from best to worst.
const (
	Pass         Verdict = "pass"
	Conditional  Verdict = "conditional"
	Inconclusive Verdict = "inconclusive"
	Fail         Verdict = "fail"
)

// rank orders verdicts from best to worst.
func (v Verdict) rank() int {
	return slices.Index([]Verdict{Pass, Conditional, Inconclusive, Fail}, v)
}

// An Objective is a target with bands. Go must hold for a pass. Without
// Conditional and NoGo, anything that is not a pass is a fail.
type Objective struct {
	Name        string
	Go          Target
	Conditional *Target // holds between pass and fail: the launch may go with an approval
	NoGo        *Target // holds: fail, whatever else holds; between the bands is conditional, "gap between bands"
	Claim       Claim   // how far its judgement shall reach; "" is Observed
	Source      string  // where it was written, "file:line" or "--slo"
}

// A Judgement is one objective judged, with what it was judged by.
//
// Margin is counted in what a reader compares. For latencies and rates it is a
// share of Go's limit (0.065 is 6.5 %), NaN where that limit is 0. For Unit "%"
// it is in percentage points (0.42 is +0.42pt): 99.92 % is 84 % better than
// 99.5 % or 0.4 %, so a share would mislead. For counts it is a count.
type Judgement struct {
	Objective Objective
	Verdict   Verdict
	Band      string  // "go", "conditional", "no_go", "gap" or "none"
	Rule      string  // the rule that fired, in words: "p95 < 200ms holds", "gap between bands", "no samples"
	Measured  float64 // in Unit; NaN when there is nothing to measure
	Failed    bool    // Measured is what a request that was not answered well was charged with
	Unit      string  // "ms", "%", "/s", "" (a count)
	Margin    float64 // how far Measured is on the good side of Go's limit, below 0 on the bad one; see above
	Samples   int64   // scheduled requests that it was judged by
	Claim     Claim
	Bounds    *Bounds    // of the measured value; nil where none is stated
	Inference *Inference // of an inferred claim that could be judged
	Worst     *Window    // of an objective with windows, which Measured is of; nil where there is none
	Touches   []Verdict  // of an inconclusive one: what it may be, as far as that is known
}

// Claim says how far a judgement reaches.
type Claim string

// The claims: this run itself, whose requests are counted, or the service behind
// it, about which the run can be sure only within bounds.
const (
	Observed Claim = "observed"
	Inferred Claim = "inferred"
)

// Bounds hold a value, each of them at a stated confidence by itself: 0.95.
type Bounds struct {
	Lo, Hi     float64
	Confidence float64
}
