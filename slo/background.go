package slo

import (
	"math"
	"time"

	"gonogo/measure"
	"gonogo/slo/stats"
)

// Where few requests are bad, all of them tell in which waves they come: those that are
// slower than the run's own median, and than its own p90. Neither is known before the
// run, so whoever infers has limits counted that grow by a factor of 1.4. One of them
// is near enough wherever response times differ by more than that; where they do not, no
// request was slow and there are no waves.

// donors are these limits.
func donors() []measure.Limit {
	var all []measure.Limit
	for d := 250 * time.Microsecond; d < 10*time.Second; d *= 2 {
		for _, at := range []time.Duration{d, d * 7 / 5} {
			all = append(all, measure.Limit{Step: measure.AllSteps, Latency: at})
		}
	}
	return all
}

// background returns what the run tells about how alike its requests are, and what
// that is in words, "" when it tells nothing. What the limits of a step do not tell,
// those of all steps do.
func (e evidence) background(t *track) (b stats.Background, from string) {
	if tail, found := t.nearest(e.step, 0.1); found {
		b.Tail, from = t.blocks(&tail), "they are taken to be as alike as those beyond "+DurationText(tail.Latency)
	}
	if median, found := t.nearest(e.step, 0.5); found {
		b.Median = t.blocks(&median)
	}
	if e.step != measure.AllSteps && (b.Tail == nil || b.Median == nil) {
		e.step = measure.AllSteps
		all, problem := e.track(e.run.Summary.Cells().Limits())
		if problem != "" {
			return b, from
		}
		whole, fromAll := e.background(&all)
		if b.Tail == nil {
			b.Tail, from = whole.Tail, fromAll
		}
		if b.Median == nil {
			b.Median = whole.Median
		}
		return b, from
	}
	if t.hasDonors() {
		if b.Tail == nil {
			b.Tail, from = t.even(), "they are taken to be independent: no request was slow either"
		}
		if b.Median == nil {
			b.Median = t.even()
		}
	}
	return b, from
}

// nearest returns the limit of the step beyond which the share of requests is
// nearest to a wanted one, and not far from it.
func (t *track) nearest(step int, wanted float64) (nearest measure.Limit, found bool) {
	most := math.Log(4) // in odds, either way
	all := float64(t.planned[t.units()])
	for l, over := range t.over {
		if l.Step != step {
			continue
		}
		share := float64(over[t.units()]) / all
		far := math.Abs(math.Log(share / (1 - share) * (1 - wanted) / wanted))
		if far < most || far == most && found && l.Latency < nearest.Latency {
			nearest, most, found = l, far, true
		}
	}
	return nearest, found
}

func (t *track) hasDonors() bool {
	for _, l := range donors() {
		if t.over[l] == nil {
			return false
		}
	}
	return true
}

// even are blocks in which every tenth request is bad.
func (t *track) even() []stats.Block {
	cells := t.blocks(nil)
	carry := int64(0)
	for i := range cells {
		carry += cells[i].N
		cells[i].Bad, carry = carry/10, carry%10
	}
	return cells
}
