package compare

import "math"

// A rivalry is about one quantile of two sides.
type rivalry struct {
	baseline, candidate *cutting
	rest                float64 // the share of requests beyond the quantile
	paired              bool
}

// widest is the largest ratio of two quantiles that is told from infinity.
const widest = 1e3

// beyond counts what would be alike if the candidate's quantile were r times the
// baseline's. It finds a time x beyond which, on average over both sides, the right
// share of requests lies, that of the candidate being r*x, and counts what lies beyond.
//
// Neither side is taken for the truth: with the sides swapped, and r turned over, it
// counts the same.
func (q rivalry) beyond(r float64) (baseline, candidate counts) {
	x := q.common(r)
	return q.baseline.beyond(x), q.candidate.beyond(r * x)
}

// common finds x.
func (q rivalry) common(r float64) float64 {
	b, c := &q.baseline.whole, &q.candidate.whole
	lo, hi := 0.0, max(b.longest(), c.longest()/r)
	for range 50 {
		if x := (lo + hi) / 2; b.beyond(x)/b.due+c.beyond(r*x)/c.due > 2*q.rest {
			lo = x
		} else {
			hi = x
		}
	}
	return hi
}

// difference bounds the difference of the shares beyond, if r were the ratio.
func (q rivalry) difference(r float64) difference {
	b, c := q.beyond(r)
	return subtract(b, c, q.baseline.blocks, q.paired, independent(b, c))
}

// bounds returns the ratios between which the truth lies, around the one that was seen:
// those that the shares do not refute. So a verdict on a margin by these bounds is one
// on the shares of requests beyond the quantile, and no density has to be
// estimated (as in Woodruff, Confidence intervals for medians and other position measures,
// Journal of the American Statistical Association 47, 1952, for one quantile).
func (q rivalry) bounds(seen float64) (lo, hi float64) {
	seen = min(max(seen, 1/widest), widest)
	lo = outwards(seen, 1/widest, func(r float64) bool { return q.difference(r).lo() > 0 })
	hi = outwards(seen, widest, func(r float64) bool { return q.difference(r).hi() < 0 })
	return unlimited(lo), unlimited(hi)
}

// unlimited takes what is too far to be told from it for 0 or infinity.
func unlimited(r float64) float64 {
	switch {
	case r <= 1/widest:
		return 0
	case r >= widest:
		return math.Inf(1)
	}
	return r
}

// outwards returns the first ratio on the way to the last one that is refuted; the last
// one itself if none is. Further out, what disturbs both sides does not cancel any
// more, and a ratio may be refuted less than a nearer one.
func outwards(from, last float64, refuted func(r float64) bool) float64 {
	if refuted(from) {
		return from
	}
	const first, faster = 0.01, 1.3
	inner, step := math.Log(from), math.Copysign(first, math.Log(last)-math.Log(from))
	for {
		outer := inner + step
		switch {
		case math.Abs(outer) >= math.Log(widest):
			return last
		case refuted(math.Exp(outer)):
			return math.Exp(border(inner, outer, refuted))
		}
		inner, step = outer, step*faster
	}
}

// border finds where what is not refuted ends, between two logarithms.
func border(inner, outer float64, refuted func(r float64) bool) float64 {
	for range 30 {
		if middle := (inner + outer) / 2; refuted(math.Exp(middle)) {
			outer = middle
		} else {
			inner = middle
		}
	}
	return outer
}
