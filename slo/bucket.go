package slo

import (
	"fmt"
	"time"

	"gonogo/measure"
)

// A limit that was not counted is read from the histogram of the good answers. That
// knows exactly how many lie in buckets below the limit and above it; those in the
// limit's own bucket may be on either side. What holds for all of these possibilities
// holds; where they differ, it cannot be told.

// holdsByHistogram judges a target by the histogram; known is false where there
// is none of what it is about.
func (e evidence) holdsByHistogram(t Target) (held truth, known bool) {
	answers := &e.figures.Answered
	if !t.isRank() || answers.Count()+e.figures.Charged.Count() != e.samples {
		return unsure, false
	}
	if answers.Clipped() > 0 && t.Latency() >= answers.Max() {
		return unsure, true
	}
	least, most := t.straddle(answers)
	failed := e.samples - answers.Count()
	var holds, fails bool
	for _, notBelow := range []int64{least.notBelow, most.notBelow} {
		for _, above := range []int64{least.above, most.above} {
			h := t.holdsFor(counted{samples: e.samples, notBelow: failed + notBelow, above: failed + above})
			holds, fails = holds || h, fails || !h
		}
	}
	if holds && fails {
		return unsure, true
	}
	return truthOf(holds), true
}

// straddle counts the answers that are beyond the limit for sure, and those that
// may be.
func (t Target) straddle(answers *measure.Histogram) (least, most counted) {
	limit := t.Latency()
	answers.Each(func(low, high time.Duration, count int64) {
		first, last := max(low+1, answers.Min()), min(high, answers.Max())
		if low == 0 {
			first = answers.Min()
		}
		if first >= limit {
			least.notBelow += count
		}
		if first > limit {
			least.above += count
		}
		if last >= limit {
			most.notBelow += count
		}
		if last > limit {
			most.above += count
		}
	})
	if answers.Count() > 0 { // its extremes are exact
		least.notBelow = max(least.notBelow, oneIf(answers.Max() >= limit))
		least.above = max(least.above, oneIf(answers.Max() > limit))
		most.notBelow = min(most.notBelow, answers.Count()-oneIf(answers.Min() < limit))
		most.above = min(most.above, answers.Count()-oneIf(answers.Min() <= limit))
	}
	return least, most
}

func oneIf(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// bucketWords says how a limit was judged that was not counted.
func (e evidence) bucketWords(t Target, held truth) string {
	low, high := measure.BucketOf(t.Latency())
	edges := fmt.Sprintf("the limit's bucket is %s to %s", DurationText(low), DurationText(high))
	if held == unsure {
		return fmt.Sprintf("whether %s holds cannot be told: it was not counted, and in the histogram %s", t, edges)
	}
	return fmt.Sprintf("%s was not counted, and is judged by the histogram: %s", t, edges)
}
