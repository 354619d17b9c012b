package slo

import (
	"math"
	"math/big"
)

// Samples returns how many scheduled requests a target is judged by: those of a
// window on average, or of the whole phase. Where there are none, none is known.
func (r Run) Samples(t Target) (n int64, known bool) {
	e, problem := gather(t, r)
	if problem != "" {
		return 0, false
	}
	if t.Window <= 0 || t.Window >= e.length {
		return e.samples, true
	}
	return int64(float64(e.samples) * t.Window.Seconds() / e.length.Seconds()), true
}

// LeastSamples is the number from which on a percentile is not the maximum, which
// is 1/(1-q), rounded up.
func (t Target) LeastSamples() int64 {
	rest := new(big.Rat).Sub(big.NewRat(100, 1), t.Quantile.rat())
	if rest.Sign() <= 0 {
		return 1
	}
	least := rest.Quo(big.NewRat(100, 1), rest)
	n, left := new(big.Int).QuoRem(least.Num(), least.Denom(), new(big.Int))
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return n.Int64() + int64(left.Sign())
}
