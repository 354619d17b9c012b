package drift

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// An estimate is a value and what its bounds are made of. It comes of one of
// two families. By ranks (Theil 1950, Sen 1968; Hodges and Lehmann 1963) it is
// the median of pairwise slopes or differences, and its bounds are others of
// them: one block gone mad does not move it. By means it is the least squares
// value with its standard error: for shares, because of which ranks would throw
// away the few blocks that hold the errors.
type estimate struct {
	value  float64
	sorted []float64 // the pairwise values; nil: by means
	sd     float64   // of how many pairwise values lie below the true one; by means, of value
	df     float64   // of Student's t
	slack  float64   // by which every bound is widened
}

// bounds are the lower and the upper bound, each with confidence 1-alpha.
func (e estimate) bounds(alpha float64) (lo, hi float64) {
	t := distuv.StudentsT{Sigma: 1, Nu: max(e.df, 1)}.Quantile(1 - alpha)
	if e.sorted == nil {
		return e.value - t*e.sd - e.slack, e.value + t*e.sd + e.slack
	}
	half := float64(len(e.sorted)) / 2
	return e.rank(half-t*e.sd) - e.slack, e.rank(half+t*e.sd) + e.slack
}

// rank is the pairwise value below which that many lie, in proportion between two.
func (e estimate) rank(below float64) float64 {
	if math.IsNaN(below) {
		return below
	}
	last := len(e.sorted) - 1
	at := min(max(below-0.5, 0), float64(last))
	low := int(at)
	part := at - float64(low)
	if part == 0 {
		return e.sorted[low]
	}
	return e.sorted[low]*(1-part) + e.sorted[low+1]*part
}

// times is the estimate of that many times the thing; the slack stays.
func (e estimate) times(n float64) estimate {
	e.value *= n
	if e.sorted == nil {
		e.sd *= n
		return e
	}
	e.sorted = slices.Clone(e.sorted)
	for i := range e.sorted {
		e.sorted[i] *= n
	}
	return e
}

// ranked is the estimate that sorted pairwise values make.
func ranked(pairwise []float64, sd float64) estimate {
	slices.Sort(pairwise)
	return estimate{value: middle(pairwise), sorted: pairwise, sd: sd}
}

// slope estimates the change a block, with independent blocks.
func (l *line) slope() estimate {
	if l.means {
		return l.leastSquares()
	}
	var slopes []float64
	for i, p := range l.points {
		for _, q := range l.points[i+1:] {
			if l.season(p) == l.season(q) {
				slopes = append(slopes, (q.y-p.y)/float64(q.at-p.at))
			}
		}
	}
	// Kendall's S counts a pair up or down, so its deviation is twice that of
	// the number of slopes below the true one (Hirsch and others 1982 for seasons).
	return ranked(slopes, math.Sqrt(l.kendall())/2)
}

// kendall is the variance of Kendall's S in a series without a trend: over the
// seasons, and less where values tie, for a tie is no pair.
func (l *line) kendall() float64 {
	var sum float64
	for _, ys := range l.seasons() {
		n := float64(len(ys))
		sum += n * (n - 1) * (2*n + 5) / 18
		for _, t := range ties(ys) {
			sum -= t * (t - 1) * (2*t + 5) / 18
		}
	}
	return sum
}

// seasons are the values by their time of day, each sorted; in one if there is no cycle.
func (l *line) seasons() [][]float64 {
	all := make([][]float64, max(l.cycle, 1))
	for _, p := range l.points {
		all[l.season(p)] = append(all[l.season(p)], p.y)
	}
	for _, ys := range all {
		slices.Sort(ys)
	}
	return all
}

// ties are the sizes of the groups of equal values in a sorted list.
func ties(sorted []float64) []float64 {
	var sizes []float64
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		sizes = append(sizes, float64(j-i))
		i = j
	}
	return sizes
}

// leastSquares is the slope through the means of time and value of each season.
func (l *line) leastSquares() estimate {
	count, at, y := l.seasonMeans()
	var xx, xy, yy, seasons float64
	for _, p := range l.points {
		s := l.season(p)
		x, d := float64(p.at)-at[s], p.y-y[s]
		xx, xy, yy = xx+x*x, xy+x*d, yy+d*d
	}
	for _, n := range count {
		if n > 0 {
			seasons++
		}
	}
	slope := xy / xx
	left := max(yy-slope*xy, 0) / (float64(len(l.points)) - seasons - 1)
	return estimate{value: slope, sd: math.Sqrt(max(left, l.noise) / xx)}
}

func (l *line) seasonMeans() (count, at, y []float64) {
	n := max(l.cycle, 1)
	count, at, y = make([]float64, n), make([]float64, n), make([]float64, n)
	for _, p := range l.points {
		s := l.season(p)
		count[s]++
		at[s] += (float64(p.at) - at[s]) / count[s]
		y[s] += (p.y - y[s]) / count[s]
	}
	return count, at, y
}

// middle is the median of a sorted list, NaN of an empty one.
func middle(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}
