package drift

import (
	"math"
	"slices"
)

// quarters estimates by how much the last quarter is above the first, with
// independent blocks; in a line with cycles the last cycle above the first, at
// the same times of day. It is NaN where less than half of either was measured.
func (l *line) quarters() estimate {
	if l.cycle > 0 {
		return l.cycles()
	}
	quarter := l.span / 4
	var a, b []float64
	for _, p := range l.points {
		switch {
		case p.at < l.first+quarter:
			a = append(a, p.y)
		case p.at >= l.first+l.span-quarter:
			b = append(b, p.y)
		}
	}
	if 2*min(len(a), len(b)) < quarter || quarter == 0 {
		return estimate{value: math.NaN(), sd: math.NaN()}
	}
	return l.shift(a, b)
}

// shift estimates by how much b is above a: the median of the differences
// (Hodges and Lehmann), bounded by the variance of Mann and Whitney's U.
func (l *line) shift(a, b []float64) estimate {
	m, n := float64(len(a)), float64(len(b))
	if l.means {
		return estimate{value: mean(b) - mean(a), sd: math.Sqrt(max(spread(a, b), l.noise) * (1/m + 1/n))}
	}
	differences := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			differences = append(differences, y-x)
		}
	}
	both := slices.Concat(a, b)
	slices.Sort(both)
	var tied float64
	for _, t := range ties(both) {
		tied += t * (t*t - 1)
	}
	return ranked(differences, math.Sqrt(m*n/12*(m+n+1-tied/((m+n)*(m+n-1)))))
}

// cycles estimates by how much the last cycle is above the first: the median of
// the averages of any two differences (Hodges and Lehmann for pairs), bounded by
// the variance of Wilcoxon's signed ranks.
func (l *line) cycles() estimate {
	differences := l.againstFirstCycle()
	n := float64(len(differences))
	if l.means {
		return estimate{value: mean(differences), sd: math.Sqrt(max(spread(differences), 2*l.noise) / n)}
	}
	var averages []float64
	for i, x := range differences {
		for _, y := range differences[i:] {
			averages = append(averages, x/2+y/2)
		}
	}
	return ranked(averages, math.Sqrt(n*(n+1)*(2*n+1)/24))
}

// againstFirstCycle are the differences of the last cycle to the first, where both were measured.
func (l *line) againstFirstCycle() []float64 {
	first := map[int]float64{}
	var differences []float64
	for _, p := range l.points {
		before, ok := first[l.season(p)]
		switch {
		case p.at < l.first+l.cycle:
			first[l.season(p)] = p.y
		case ok && p.at >= l.first+l.span-l.cycle:
			differences = append(differences, p.y-before)
		}
	}
	return differences
}

func mean(xs []float64) float64 {
	var m float64
	for i, x := range xs {
		m += (x - m) / float64(i+1)
	}
	return m
}

// spread is the variance within groups.
func spread(groups ...[]float64) float64 {
	var sum, df float64
	for _, g := range groups {
		m := mean(g)
		for _, x := range g {
			sum += (x - m) * (x - m)
		}
		df += float64(len(g) - 1)
	}
	return sum / df
}
