package drift

import (
	"fmt"
	"math"
	"time"
)

// A WarmUp is the time at the start that is not judged.
type WarmUp struct {
	Length    time.Duration
	Estimated bool // by MSER-5; else it was declared, or there was nothing to find it by
	invalid   string
}

func warmUp(r Run, o Options) WarmUp {
	if o.WarmUp > 0 || len(r.Means) == 0 {
		return WarmUp{Length: o.WarmUp}
	}
	cut, ok := MSER5(r.Means)
	w := WarmUp{Length: time.Duration(cut) * time.Second, Estimated: true}
	if !ok {
		w.Length = 0
		w.invalid = fmt.Sprintf("response times had not settled when a quarter of the run, %s, was over: run longer, or declare the warm-up",
			short(time.Duration(len(r.Means)/4)*time.Second))
	}
	return w
}

const batch = 5

// MSER5 finds how many values at the start belong to the warm-up: those without
// which the mean of the rest has the smallest standard error, in batches of five
// (White, Cobb and Spratt 2000). NaN is no value. It is not ok when that would
// be more than a quarter.
//
// A start that was better than what followed is not cut off: it is what a
// degradation looks like.
func MSER5(values []float64) (cut int, ok bool) {
	means, ends := batches(values)
	n := len(means)
	// From the end: the mean of the rest and its sum of squares (Welford 1962).
	best, bestAt := math.Inf(1), 0
	var rest, squares float64
	at := make([]float64, n) // the mean of the rest from each batch
	for i := n - 1; i >= 0; i-- {
		count := float64(n - i)
		d := means[i] - rest
		rest += d / count
		squares += d * (means[i] - rest)
		at[i] = rest
		if i > 3*n/10 {
			continue
		}
		if e := squares / (count * count); e <= best {
			best, bestAt = e, i
		}
	}
	if bestAt == 0 || mean(means[:bestAt]) <= at[bestAt] {
		return 0, true
	}
	return ends[bestAt-1], ends[bestAt-1]*4 <= len(values)
}

// batches are the means of five values each, and where in the values each ends.
func batches(values []float64) (means []float64, ends []int) {
	var m float64
	n := 0
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		n++
		m += (v - m) / float64(n)
		if n == batch {
			means, ends = append(means, m), append(ends, i+1)
			m, n = 0, 0
		}
	}
	return means, ends
}
