package compare

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// miss is how often each bound may be wrong.
const miss = 0.05

// A difference is that of two shares or rates, candidate less baseline, and how far
// it is to each bound.
type difference struct{ value, reach float64 }

func (d difference) lo() float64 { return d.value - d.reach }
func (d difference) hi() float64 { return d.value + d.reach }

// subtract bounds the difference of two ratios of sums over blocks by how much the
// blocks differ: both sides in the same block, where they are of the same seconds, since
// what disturbs both of them then cancels; each side by itself, where they are not. With
// blocks of equal size this is the t interval of paired differences, or Welch's.
//
// It is done over blocks of two lengths, and the wider bounds count: what lasts longer
// than a block shows in the longer ones. least is the variance of which the bounds
// take at least account.
func subtract(baseline, candidate counts, blocks int, paired bool, least float64) difference {
	d := difference{value: candidate.ratio() - baseline.ratio()}
	for _, n := range []int{blocks, min(blocks, longBlocks)} {
		d.reach = max(d.reach, reach(residuals(baseline.in(n)), residuals(candidate.in(n)), paired))
	}
	d.reach = max(d.reach, student(float64(blocks-1))*math.Sqrt(least))
	return d
}

// reach is how far it is to a bound, given what blocks add to either side.
func reach(baseline, candidate []float64, paired bool) float64 {
	df := float64(len(baseline) - 1)
	if paired {
		return student(df) * math.Sqrt(variance(minus(candidate, baseline)))
	}
	b, c := variance(baseline), variance(candidate)
	if b+c == 0 {
		return 0
	}
	return student(df*(b+c)*(b+c)/(b*b+c*c)) * math.Sqrt(b+c)
}

func student(df float64) float64 { return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(1 - miss) }

// residuals are how much more than its part each block adds to a ratio of sums.
func residuals(n counts) []float64 {
	_, due := n.total()
	r := n.ratio()
	e := make([]float64, len(n.bad))
	for j := range e {
		e[j] = (n.bad[j] - r*n.due[j]) / due
	}
	return e
}

func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for j := range d {
		d[j] = a[j] - b[j]
	}
	return d
}

// variance is that of the sum of what blocks add.
func variance(e []float64) float64 {
	sum := 0.0
	for _, x := range e {
		sum += x * x
	}
	n := float64(len(e))
	return n / (n - 1) * sum
}

// independent is the variance of a difference of shares if all requests were
// independent: that blocks happen to agree is no evidence for less. One request of each
// sort is added to either side, so that a side without a bad one is not taken to be
// perfect (Agresti and Caffo, Simple and effective confidence intervals for proportions and
// differences of proportions, The American Statistician 54, 2000).
func independent(baseline, candidate counts) float64 {
	v := 0.0
	for _, n := range []counts{baseline, candidate} {
		bad, due := n.total()
		p := (bad + 1) / (due + 2)
		v += p * (1 - p) / (due + 2)
	}
	return v
}

// mostCorrelation of neighbouring blocks is tolerated.
const mostCorrelation = 0.5

// unsteady says in words why no bounds of a difference can be trusted, or "". They need
// blocks that are nearly independent of each other: the difference of the sides from
// block to block where they are paired, either side by itself where they are not.
//
// It should be asked about the median, which shows waves in any run. The shares of what
// is rare show them only in runs that happened to have some, and a guard that throws
// those out leaves the wrong ones.
func unsteady(baseline, candidate counts, blocks int, paired bool) string {
	for _, n := range []int{len(baseline.bad), blocks} {
		b, c := residuals(baseline.in(n)), residuals(candidate.in(n))
		looks := [][]float64{b, c}
		if paired {
			looks = [][]float64{minus(c, b)}
		}
		for _, e := range looks {
			if r := correlation(e); r > mostCorrelation {
				return fmt.Sprintf("too short: a %dth of it resembles the one before (correlation %.2f)", n, r)
			}
		}
	}
	return ""
}

// correlation is the lag-1 correlation of values whose sum is 0.
func correlation(e []float64) float64 {
	sum, squares := 0.0, 0.0
	for j, x := range e {
		squares += x * x
		if j > 0 {
			sum += x * e[j-1]
		}
	}
	if squares == 0 {
		return 0
	}
	return sum / squares
}
