package slo

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"gonogo/measure"
)

// evidence is what a run observed about the requests that one target is about.
type evidence struct {
	summary  *measure.Summary
	figures  *measure.Figures
	step     int           // or measure.AllSteps
	samples  int64         // scheduled requests: the denominator of everything
	measured time.Duration // length of the measure phase
}

// gather finds the evidence for a target; problem says why there is none.
func gather(t Target, s *measure.Summary, measured time.Duration) (e evidence, problem string) {
	e = evidence{summary: s, figures: s.Total(), step: measure.AllSteps, measured: measured}
	if t.Step != "" {
		steps := s.Steps()
		e.step = slices.IndexFunc(steps, func(f *measure.Figures) bool { return f.Name == t.Step })
		if e.step < 0 {
			return e, fmt.Sprintf("step %q never ran: there is no step of that name", t.Step)
		}
		e.figures = steps[e.step]
	}
	e.samples = e.figures.Planned()
	switch {
	case e.samples == 0 && t.Step != "":
		return e, fmt.Sprintf("no samples: step %q never ran", t.Step)
	case e.samples == 0:
		return e, "no samples"
	case t.Metric == Rate && measured <= 0:
		return e, "no samples: the measure phase never began"
	}
	return e, ""
}

// holds judges exactly: known is false when a counter that it takes was not kept.
func (e evidence) holds(t Target) (holds, known bool) {
	if !t.isRank() {
		return t.holdsAt(e.value(t)), true
	}
	below, atMost, known := e.sides(t)
	switch t.Op {
	case Less:
		return below, known
	case LessEqual:
		return atMost, known
	case Greater:
		return !atMost, known
	case GreaterEqual:
		return !below, known
	case Equal:
		return atMost && !below, known
	}
	return !atMost || below, known
}

// isRank tells the metrics that are the k-th smallest of the response times.
func (t Target) isRank() bool {
	return t.Metric == Percentile || t.Metric == Max || t.Metric == Min
}

// rank returns k for n scheduled requests: ceil(Q n) for the percentile Q, n for
// the maximum and 1 for the minimum.
func (t Target) rank(n int64) int64 {
	switch t.Metric {
	case Max:
		return n
	case Min:
		return 1
	}
	share := t.Quantile.rat()
	share.Mul(share, big.NewRat(n, 100))
	k, rest := new(big.Int).QuoRem(share.Num(), share.Denom(), new(big.Int))
	return k.Int64() + int64(rest.Sign())
}

// sides compares the k-th smallest response time with a limit L, by counting.
//
// Let n requests be scheduled, and let one that is not ok have a response time
// above every limit. If "over" of them are not below L, then n-over are, and in
// ascending order these stand first. So the k-th smallest is below L if and only
// if k <= n-over. With k = ceil(Qn) this reads
//
//	over <= n - ceil(Qn) = floor((1-Q)n)
//
// which is the share of bad requests that the percentile allows, rounded down. No
// histogram takes part, so a response time next to the limit is on its own side.
// "<=" is the same with the count of those that are above L.
func (e evidence) sides(t Target) (below, atMost, known bool) {
	k := t.rank(e.samples)
	known = true
	for _, l := range t.counters(e.step) {
		over, scheduled, counted := e.summary.Over(l)
		if l.Inclusive {
			atMost = k <= scheduled-over
		} else {
			below = k <= scheduled-over
		}
		known = known && counted && scheduled == e.samples
	}
	return below, atMost, known
}

// limits returns the exact counters that a target needs in a plan of these steps.
func (t Target) limits(steps []string) []measure.Limit {
	if t.Step == "" {
		return t.counters(measure.AllSteps)
	}
	if i := slices.Index(steps, t.Step); i >= 0 {
		return t.counters(i)
	}
	return nil
}

// counters returns the exact counters that a target takes in a step.
func (t Target) counters(step int) []measure.Limit {
	exclusive := measure.Limit{Step: step, Latency: t.Latency()}
	inclusive := measure.Limit{Step: step, Latency: t.Latency(), Inclusive: true}
	switch {
	case !t.isRank():
		return nil
	case t.Op == Less || t.Op == GreaterEqual:
		return []measure.Limit{exclusive}
	case t.Op == LessEqual || t.Op == Greater:
		return []measure.Limit{inclusive}
	}
	return []measure.Limit{exclusive, inclusive}
}
