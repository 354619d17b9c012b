package compare

import (
	"math"
	"slices"
)

// slower returns in what part of all pairs the candidate's value is the higher one; a
// tie is half a pair. It is the statistic of Mann and Whitney by the number of
// pairs, A12 of Vargha and Delaney (A critique and improvement of the CL common language
// effect size statistics, Journal of Educational and Behavioral Statistics 25, 2000). NaN
// without a pair.
//
// Its values must be independent: medians of blocks or runs, and not requests. It
// shows a shift and misses a tail, so it decides nothing.
func slower(baseline, candidate []float64) float64 {
	sorted := slices.Sorted(slices.Values(baseline))
	sum := 0.0
	for _, c := range candidate {
		below, _ := slices.BinarySearch(sorted, c)
		upTo, _ := slices.BinarySearch(sorted, math.Nextafter(c, math.Inf(1)))
		sum += float64(below+upTo) / 2
	}
	return sum / float64(len(baseline)*len(candidate))
}
