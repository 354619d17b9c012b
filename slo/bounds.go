package slo

import (
	"math"
	"time"

	"gonogo/slo/stats"
)

// bounds are those of the measured value, on the side of each limit on which the
// share was found to be.
func (e evidence) bounds(t *track, o Objective, s stats.Share, held map[string]truth) *Bounds {
	switch o.Go.Metric {
	case Success:
		return &Bounds{100 * (1 - s.Hi), 100 * (1 - s.Lo), 1 - miss}
	case ErrorRate:
		return &Bounds{100 * s.Lo, 100 * s.Hi, 1 - miss}
	}
	lo, hi := e.levels(t, o.Go, s)
	for _, b := range o.bands() {
		if held[b.name] == unsure {
			below := b.proportion(e.step).below
			lo, hi = b.onItsSide(lo, below), b.onItsSide(hi, !below)
		}
	}
	for _, b := range o.bands() {
		if held[b.name] != unsure {
			lo, hi = b.onItsSide(lo, held[b.name] == yes), b.onItsSide(hi, held[b.name] == yes)
		}
	}
	found := &Bounds{float64(lo) / float64(time.Millisecond), math.Inf(1), 1 - miss}
	if hi < forever {
		found.Hi = float64(hi) / float64(time.Millisecond)
	}
	return found
}

// forever is a response time that has no bound.
const forever = time.Duration(math.MaxInt64)

// levels bounds a percentile by the method of Woodruff (Confidence intervals for
// medians and other position measures, JASA 47, 1952): it reads the histogram below
// and above the quantile, as far as the share beyond it is uncertain. That takes the
// design effect of the counted limit that is nearest to the quantile.
func (e evidence) levels(t *track, target Target, s stats.Share) (lo, hi time.Duration) {
	q := target.Quantile.Float() / 100
	if l, found := t.nearest(e.step, 1-q); found {
		s = stats.Estimate(t.blocks(&l), stats.Background{}, miss)
	}
	if s.Effective <= 0 {
		return 0, forever
	}
	spread := sureOfEach * math.Sqrt(q*(1-q)/s.Effective)
	n := float64(e.samples)
	return e.lowerEdge(int64((q - spread) * n)), e.upperEdge(int64(math.Ceil((q + spread) * n)))
}

// lowerEdge returns a time that the k-th best response took at least.
func (e evidence) lowerEdge(k int64) (edge time.Duration) {
	if k < 1 {
		return 0
	}
	good := e.figures.Answered.Count()
	if k > good {
		return e.figures.Answered.Max()
	}
	e.figures.Answered.Each(func(low, _ time.Duration, count int64) {
		if k > 0 {
			edge = low
		}
		k -= count
	})
	return edge
}

// upperEdge returns a time that the k-th best response took at most; forever if it
// is none of the good ones.
func (e evidence) upperEdge(k int64) time.Duration {
	if k > e.figures.Answered.Count() {
		return forever
	}
	edge, _ := e.figures.AtRank(max(k, 1))
	return edge
}
