package history

import (
	"math"
	"math/rand/v2"
	"slices"
)

// MostTrend is how many runs of a scenario are drawn.
const MostTrend = 300

// A Trend is the runs of one scenario in order of time.
type Trend struct {
	Rows   []Row // oldest first, the newest MostTrend
	Older  int   // runs of the scenario before them
	Shifts []Shift
}

// A Shift is a run from which on the p95 was another than before.
type Shift struct {
	At            int     // in Trend.Rows: the first of the new level
	Before, After float64 // median p95 of the runs between the shifts around it, in ms
	Plan          bool    // the plan is another one from that run on, too
}

// Change is After against Before, in percent.
func (s Shift) Change() float64 { return 100 * (s.After/s.Before - 1) }

// TrendOf are the runs of a scenario among rows, which are newest first.
func TrendOf(rows []Row, scenario string) Trend {
	var t Trend
	for _, r := range rows {
		switch {
		case r.Scenario != scenario:
		case len(t.Rows) == MostTrend:
			t.Older++
		default:
			t.Rows = append(t.Rows, r)
		}
	}
	slices.Reverse(t.Rows)
	t.Shifts = t.shifts()
	return t
}

// Planned tells whether run i had another plan than the one before it.
func (t *Trend) Planned(i int) bool { return i > 0 && t.Rows[i].Plan != t.Rows[i-1].Plan }

// counts tells whether a run's p95 is the target's: what is not valid tells nothing of it.
func counts(r *Row) bool { return r.Valid && r.P95 != nil && *r.P95 > 0 }

// shifts finds where the level of the p95 changed.
//
// A place is found by the largest distance of mean ranks before and after it (Pettitt,
// A non-parametric approach to the change-point problem, Applied Statistics 28, 1979). It
// counts if among permutations of the runs one in a hundred at most is as far, and if the
// medians are a twentieth apart. Both sides are then looked at in the same way.
func (t *Trend) shifts() []Shift {
	var at []int // of the values in t.Rows
	var values []float64
	for i := range t.Rows {
		if counts(&t.Rows[i]) {
			at, values = append(at, i), append(values, *t.Rows[i].P95)
		}
	}
	cuts := append(append([]int{0}, split(values, 0)...), len(values))
	var found []Shift
	for i := 1; i+1 < len(cuts); i++ {
		found = append(found, Shift{
			At: at[cuts[i]], Before: median(values[cuts[i-1]:cuts[i]]), After: median(values[cuts[i]:cuts[i+1]]),
			Plan: t.Rows[at[cuts[i]]].Plan != t.Rows[at[cuts[i]-1]].Plan,
		})
	}
	return found
}

const (
	minSide      = 5    // runs on each side of a shift: fewer prove nothing
	permutations = 999  // of the runs, against which a place is held
	chance       = 0.01 // of calling one a shift where there is none
	tells        = 0.05 // the least relative distance that is worth a mark
)

// split returns the first values of new levels in order, counted from offset.
func split(values []float64, offset int) []int {
	n := len(values)
	if n < 2*minSide {
		return nil
	}
	ranks := ranksOf(values)
	at, height := farthest(ranks)
	before, after := median(values[:at]), median(values[at:])
	if math.Abs(after-before) < tells*before {
		return nil
	}
	r := rand.New(rand.NewPCG(uint64(n), 1)) // the same runs have the same shifts on every page
	shuffled, above := slices.Clone(ranks), 0
	for range permutations {
		r.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if _, h := farthest(shuffled); h >= height {
			above++
		}
	}
	if float64(above+1)/(permutations+1) > chance {
		return nil
	}
	return slices.Concat(split(values[:at], offset), []int{offset + at}, split(values[at:], offset+at))
}

// farthest is the place at which the ranks before and after differ most, and how far, in
// Pettitt's measure: the sum of ranks before it less what it would be by chance.
func farthest(ranks []float64) (at int, height float64) {
	sum, mean := 0.0, float64(len(ranks)+1)/2
	for i, r := range ranks {
		sum += r - mean
		if n := i + 1; n >= minSide && len(ranks)-n >= minSide && math.Abs(sum) > height {
			at, height = n, math.Abs(sum)
		}
	}
	return max(at, minSide), height
}

// ranksOf are the ranks of values, the same for those that are equal.
func ranksOf(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	ranks := make([]float64, len(values))
	for i, v := range values {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last < len(sorted) && sorted[last] == v {
			last++
		}
		ranks[i] = float64(first+1+last) / 2
	}
	return ranks
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
