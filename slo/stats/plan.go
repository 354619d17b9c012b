package stats

import (
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// An Aim is what a run is meant to show.
type Aim struct {
	Limit float64 // the share of bad requests that is allowed
	Alpha float64 // how often a share on the limit may pass
	Power float64 // how often the expected share shall get its verdict
}

// Requests returns how many independent requests give a verdict on the expected
// share, with the Aim's power: that it is below the limit, or above it. On the limit
// no number is enough: +Inf.
func (a Aim) Requests(expected float64) float64 {
	if expected == a.Limit {
		return math.Inf(1)
	}
	za, zb := distuv.UnitNormal.Quantile(1-a.Alpha), distuv.UnitNormal.Quantile(a.Power)
	sum := za*deviation(a.Limit) + zb*deviation(expected)
	n := square(sum / (a.Limit - expected))
	if expected < a.Limit { // even if none at all is bad
		n = max(n, math.Log(a.Alpha)/math.Log1p(-a.Limit))
	}
	return math.Ceil(n)
}

// Resolves returns what n independent requests can tell: of the shares that lie
// below or above the limit, the ones nearest to it that get their verdict with the Aim's
// power. below is negative where not even a share of 0 would.
func (a Aim) Resolves(n float64) (below, above float64) {
	below, above = -1, 1
	if a.Requests(0) <= n {
		below = bisect(0, a.Limit, func(p float64) bool { return a.Requests(p) <= n })
	}
	if a.Requests(1) <= n {
		above = bisect(1, a.Limit, func(p float64) bool { return a.Requests(p) <= n })
	}
	return below, above
}

// bisect returns the point nearest to no at which yes is still told, which it is at yes.
func bisect(yes, no float64, told func(float64) bool) float64 {
	for range 60 {
		if middle := (yes + no) / 2; told(middle) {
			yes = middle
		} else {
			no = middle
		}
	}
	return yes
}

// caution is how many times the requests it takes that bounds over blocks never count
// on less correlation than there may be. With it, planned runs get their verdict as
// often as planned: see internal/calibration.
const caution = 1.4

// Duration returns how long it takes until requests that come at rate (a second) give the
// verdict that n independent ones give, when deff of them count as one. ok is false if that is
// longer than a century, or never. A run has to be LongEnough besides.
func Duration(n, deff, rate float64) (d time.Duration, ok bool) {
	return seconds(n * max(1, deff) * price(usualBlocks, 0.05) * caution / rate)
}

// Worth returns how many independent requests a run is worth that lasts d, of requests that
// come at rate (a second) and of which deff count as one: what Resolves asks for.
func Worth(d time.Duration, deff, rate float64) float64 {
	return d.Seconds() * rate / (max(1, deff) * price(usualBlocks, 0.05) * caution)
}

// Further returns how much longer a run has to go on that has lasted so far, and was
// inconclusive, until it would get its verdict with the Aim's power, if what it has seen
// is the truth. ok is false if that is longer than a century, or never.
func (a Aim) Further(seen Share, lasted time.Duration) (d time.Duration, ok bool) {
	if seen.Effective <= 0 {
		return 0, false
	}
	part := max(caution*a.Requests(seen.Value)/seen.Effective, seen.lack())
	return seconds(max(0, part-1) * lasted.Seconds())
}

// seconds is a Duration, if it is one within a century.
func seconds(s float64) (time.Duration, bool) {
	const century = 100 * 365 * 24 * 60 * 60
	if math.IsNaN(s) || s > century {
		return 0, false
	}
	return time.Duration(math.Ceil(s)) * time.Second, true
}

func deviation(p float64) float64 { return math.Sqrt(p * (1 - p)) }
