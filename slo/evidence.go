package slo

import (
	"fmt"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"gonogo/measure"
)

// evidence is what a run observed about the requests that one target is about.
type evidence struct {
	run     Run
	figures *measure.Figures // histograms are missing for a step or group in another phase than measure
	phase   measure.Phase
	step    int   // or group, as measure.Config.Names counts them, or measure.AllSteps
	samples int64 // scheduled requests: the denominator of everything
	length  time.Duration
}

// gather finds the evidence for a target; problem says why there is none.
func gather(t Target, r Run) (e evidence, problem string) {
	s := r.Summary
	e = evidence{run: r, phase: t.phase(), step: measure.AllSteps, length: r.Spans[t.phase()].Length}
	e.figures = s.Phase(e.phase)
	if t.Step != "" {
		e.step = s.Index(t.Step)
		switch {
		case e.step < 0:
			return e, fmt.Sprintf("step %q never ran: there is no step of that name", t.Step)
		case e.isGroup() && t.Metric == StatusCount:
			return e, fmt.Sprintf("it cannot be judged: group %q has no statuses; ask for those of its steps", t.Step)
		}
		e.figures = s.Of(e.step)
		if e.phase != measure.Measure {
			if problem := r.incomplete(e.phase); problem != "" {
				return e, problem
			}
			e.figures = r.stepIn(e.phase, e.step)
		}
	}
	e.samples = e.figures.Planned()
	switch {
	case e.samples == 0 && t.Step != "":
		return e, fmt.Sprintf("no samples: %s %q never ran%s", e.sort(), t.Step, t.duringText())
	case e.samples == 0:
		return e, "no samples" + t.duringText()
	case t.Metric == Rate && e.length <= 0:
		return e, fmt.Sprintf("no samples: the %s phase never began", e.phase)
	}
	return e, ""
}

// isGroup tells whether the evidence is of a group and not of requests.
func (e evidence) isGroup() bool { return e.step >= len(e.run.Summary.Steps()) }

// sort is what the named part of the plan is.
func (e evidence) sort() string {
	if e.isGroup() {
		return "group"
	}
	return "step"
}

// holds judges exactly: known is false when a counter that it takes was not kept.
func (e evidence) holds(t Target) (holds, known bool) {
	if !t.isRank() {
		return t.holdsAt(e.value(t)), true
	}
	c := counted{samples: e.samples}
	for _, l := range t.counters(e.step) {
		over, scheduled, counted := e.over(l)
		if !counted || scheduled != e.samples {
			return false, false
		}
		c.note(l, over)
	}
	return t.holdsFor(c), true
}

// over returns how many requests were beyond a limit, of how many.
func (e evidence) over(l measure.Limit) (over, scheduled int64, known bool) {
	if e.phase == measure.Measure {
		return e.run.Summary.Over(l)
	}
	k, counted := e.run.Summary.Cells().Index(l)
	if !counted || e.run.incomplete(e.phase) != "" {
		return 0, 0, false
	}
	for row := range e.run.Summary.Cells().Rows(e.phase, e.step) {
		over, scheduled = over+row.Over[k], scheduled+row.Planned
	}
	return over, scheduled, true
}

// counted is what exact counters say of some requests.
type counted struct {
	samples, ok     int64
	notBelow, above int64 // not below the limit, and above it: a request that is not ok is both
	seconds         int64 // in which they were due
}

// note takes the count of a limit.
func (c *counted) note(l measure.Limit, over int64) {
	if l.Inclusive {
		c.above = over
	} else {
		c.notBelow = over
	}
}

// holdsFor judges a metric that is a rank, a share or a rate.
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
func (t Target) holdsFor(c counted) bool {
	switch t.Metric {
	case Success:
		return t.Op.holds(t.order(c.ok, 100, c.samples))
	case ErrorRate:
		return t.Op.holds(t.order(c.samples-c.ok, 100, c.samples))
	case Rate:
		return t.Op.holds(t.order(c.ok, 1, c.seconds))
	}
	k := t.rank(c.samples)
	below, atMost := k <= c.samples-c.notBelow, k <= c.samples-c.above
	switch t.Op {
	case Less:
		return below
	case LessEqual:
		return atMost
	case Greater:
		return !atMost
	case GreaterEqual:
		return !below
	case Equal:
		return atMost && !below
	}
	return !atMost || below
}

// order compares times*n/of with the limit, as big.Rat.Cmp does.
func (t Target) order(n, times, of int64) int {
	value := new(big.Int).Mul(big.NewInt(n), big.NewInt(times))
	value.Mul(value, power10(t.Limit.Scale))
	return value.Cmp(new(big.Int).Mul(big.NewInt(t.Limit.Coefficient), big.NewInt(of)))
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
	whole := power10(t.Quantile.Scale).Uint64() * 100
	hi, lo := bits.Mul64(uint64(t.Quantile.Coefficient), uint64(n))
	k, rest := bits.Div64(hi, lo, whole) // the quantile is below 100, so k is below n
	if rest > 0 {
		k++
	}
	return int64(k)
}

// limits returns the exact counters that a target needs in a plan of these steps and
// groups.
func (t Target) limits(names []string) []measure.Limit {
	if t.Step == "" {
		return t.counters(measure.AllSteps)
	}
	if i := slices.Index(names, t.Step); i >= 0 {
		return t.counters(i)
	}
	return nil
}

// counters returns the exact counters that a target takes in a step or group.
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
