package chart

import (
	"math"
	"slices"
)

// most is the largest value that is drawn at its place: what is beyond is drawn there.
const most = 1e15

// A scale maps values to places on an axis.
type scale struct {
	lo, hi float64 // values
	a, b   float64 // their places
	log    bool
	ticks  []float64
}

// at is the place of a value; what is off the axis is put at its end.
func (s scale) at(v float64) float64 {
	v = min(max(v, s.lo), s.hi)
	share := 0.0
	switch {
	case s.hi <= s.lo:
	case s.log:
		share = math.Log(v/s.lo) / math.Log(s.hi/s.lo)
	default:
		share = (v - s.lo) / (s.hi - s.lo)
	}
	return s.a + share*(s.b-s.a)
}

// linear is an axis from lo to hi with about n ticks at 1, 2 or 5 times a power of ten;
// its ends are ticks. Zero is on it unless that would leave no room for the values.
// Whole: only whole numbers are.
func linear(lo, hi float64, n int, whole bool) scale {
	lo, hi = min(max(lo, -most), 0), max(min(hi, most), 0)
	if hi-lo < 1e-9 {
		hi = lo + 1
	}
	step := nice((hi - lo) / float64(max(n, 1)))
	if whole {
		step = max(step, 1)
	}
	from, to := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	s := scale{lo: from * step, hi: to * step}
	for i := from; i <= to; i++ {
		s.ticks = append(s.ticks, tidy(i*step, step))
	}
	return s
}

// nice is the smallest 1, 2 or 5 times a power of ten that is not below v.
func nice(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*p >= v*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// tidy takes the noise of floating point off a multiple of step.
func tidy(v, step float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(step)+1e-9))
	if unit < 1 {
		return math.Round(v/unit) / math.Round(1/unit)
	}
	return math.Round(v/unit) * unit
}

// leastLog is the smallest value of a log axis: a picosecond in milliseconds.
const leastLog = 1e-9

// logarithmic is an axis from lo to hi, both ends 1, 2 or 5 times a power of ten, with at
// most n ticks.
func logarithmic(lo, hi float64, n int) scale {
	lo = min(max(lo, leastLog), most)
	hi = min(max(hi, lo), most)
	all := steps125(lo, hi)
	s := scale{lo: all[0], hi: all[len(all)-1], log: true, ticks: all}
	if len(s.ticks) <= n {
		return s
	}
	// Too many: the powers of ten, or every second or third of them.
	s.ticks = slices.DeleteFunc(all, func(v float64) bool {
		exponent := math.Log10(v)
		return math.Abs(exponent-math.Round(exponent)) > 1e-6
	})
	for every := 2; len(s.ticks) > n; every++ {
		s.ticks = every10(s.ticks, every)
	}
	return s
}

// every10 keeps the powers of ten whose exponent every divides.
func every10(ticks []float64, every int) []float64 {
	return slices.DeleteFunc(slices.Clone(ticks), func(v float64) bool {
		return int(math.Round(math.Log10(v)))%every != 0
	})
}

// steps125 are the values 1, 2 and 5 times a power of ten around lo..hi: two at least.
func steps125(lo, hi float64) []float64 {
	var out []float64
	for e := math.Floor(math.Log10(lo)); ; e++ {
		for _, m := range []float64{1, 2, 5} {
			v := power(m, int(e))
			if v <= lo*(1+1e-9) {
				out = append(out[:0], v)
				continue
			}
			if out = append(out, v); v >= hi*(1-1e-9) {
				return out
			}
		}
	}
}

// power is m·10^e, exact where it can be.
func power(m float64, e int) float64 {
	if e < 0 {
		return m / math.Pow(10, float64(-e))
	}
	return m * math.Pow(10, float64(e))
}

// spans are the distances of ticks on an axis of time, in seconds.
func spans() []float64 {
	return []float64{
		1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600,
		86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
	}
}
