package slo

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// value returns what was measured, exactly, of a metric that is no rank.
func (e evidence) value(t Target) *big.Rat {
	c := e.figures.Counts
	switch t.Metric {
	case Mean:
		return e.mean()
	case Success:
		return big.NewRat(100*c.OK(), e.samples)
	case ErrorRate:
		return big.NewRat(100*(e.samples-c.OK()), e.samples)
	case Rate:
		perSecond := big.NewRat(int64(time.Second), int64(e.length))
		return perSecond.Mul(perSecond, big.NewRat(c.OK(), 1))
	}
	return big.NewRat(e.figures.Statuses.Count(t.Status), 1)
}

// mean returns the mean response time. It is exact over times that are each
// rounded to the microsecond, since that is how their sum is kept.
func (e evidence) mean() *big.Rat {
	all := e.figures.Response()
	return big.NewRat(all.Exact().Sum, all.Count()*1000)
}

// measuredValue returns what was measured, to be read by people. A percentile comes
// from a histogram, whose buckets have edges, so it is moved to the side of each
// limit that it was counted on: a report must not print "200.06ms" beside
// "p95 < 200ms holds".
//
// failed tells that the rank falls on a request that was not answered well. Of a
// step in another phase than measure no response times are kept: the value is NaN.
func (e evidence) measuredValue(o Objective, held map[string]truth) (value float64, failed bool) {
	if !o.Go.isRank() {
		value, _ = e.value(o.Go).Float64()
		return value, false
	}
	if e.figures.Answered.Count()+e.figures.Charged.Count() == 0 {
		return math.NaN(), false
	}
	d, failed := e.figures.AtRank(o.Go.rank(e.samples))
	for _, b := range o.bands() {
		if held[b.name] != unsure {
			d = b.onItsSide(d, held[b.name] == yes)
		}
	}
	return float64(d) / float64(time.Millisecond), failed
}

// onItsSide moves a response time to where the target holds, or does not.
func (t Target) onItsSide(d time.Duration, holds bool) time.Duration {
	limit := t.Latency()
	switch {
	case t.Op == Less && holds, t.Op == GreaterEqual && !holds:
		return min(d, limit-1)
	case t.Op == LessEqual && holds, t.Op == Greater && !holds:
		return min(d, limit)
	case t.Op == Greater && holds, t.Op == LessEqual && !holds:
		return max(d, limit+1)
	case t.Op == GreaterEqual && holds, t.Op == Less && !holds:
		return max(d, limit)
	}
	return d
}

// HasValue tells whether anything was measured.
func (j Judgement) HasValue() bool { return !math.IsNaN(j.Measured) }

// MeasuredText returns the measured value with its unit, as short as it can be
// without standing on the wrong side of one of the objective's limits. Of a percentile
// in windows it is the share of requests in the worst one that was beyond the limit.
func (j Judgement) MeasuredText() string {
	if j.Worst != nil && j.Objective.Go.isRank() {
		return j.Worst.shareText(j.Objective.Go)
	}
	if !j.HasValue() {
		return "–"
	}
	if j.Failed {
		return "failed"
	}
	for digits := 0; digits < 9; digits++ {
		text, value := j.shortened(digits)
		if j.sameSides(value) {
			return text
		}
	}
	return strconv.FormatFloat(j.Measured, 'f', -1, 64) + j.Unit
}

// shortened prints the measured value with some digits more than it is usual for
// its unit, and returns what the text says.
func (j Judgement) shortened(more int) (text string, value float64) {
	divisor, unit, digits := 1.0, j.Unit, 2
	switch {
	case j.Unit == Count:
		digits = 0
	case j.Unit == PerSecond && j.Measured >= 100:
		digits = 0
	case j.Unit == Milliseconds && j.Measured >= 1000:
		divisor, unit = 1000, "s"
	case j.Unit == Milliseconds && j.Measured >= 10:
		digits = 0
	}
	text = strconv.FormatFloat(j.Measured/divisor, 'f', digits+more, 64)
	value, _ = strconv.ParseFloat(text, 64)
	if more > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text + unit, value * divisor
}

// sameSides tells whether a value and the measured one lie on the same side of
// every limit, and of nothing and everything: 99.9999% is not 100%.
func (j Judgement) sameSides(value float64) bool {
	limits := []float64{0}
	if j.Unit == Percent {
		limits = append(limits, 100)
	}
	for _, b := range j.Objective.bands() {
		limits = append(limits, b.Limit.Float())
	}
	for _, limit := range limits {
		if (value < limit) != (j.Measured < limit) || (value > limit) != (j.Measured > limit) {
			return false
		}
	}
	return true
}
