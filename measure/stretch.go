package measure

import (
	"cmp"
	"slices"
)

// Stretch merges Intervals of the same phase, whatever their seconds, into one
// for a longer stretch of the run. Its Second is the stretch's first; how long it
// is and what happened in which second, the caller keeps: see Cell. There is at
// least one Interval, and none is changed.
func Stretch(second int, intervals []Interval) Interval {
	merged := tallied(func(t *tally) Interval { return t.join(intervals) })
	merged.Second = second
	return merged
}

// JoinCells merges the Cells of the same second and phase, and returns one for
// each in order of time. It changes none of them.
func JoinCells(cells []Cell) []Cell {
	sorted := slices.SortedStableFunc(slices.Values(cells), func(c, o Cell) int { return c.compare(&o) })
	joined := sorted[:0]
	for _, c := range sorted {
		if last := len(joined) - 1; last >= 0 && joined[last].compare(&c) == 0 {
			joined[last] = joined[last].join(&c)
		} else {
			joined = append(joined, c)
		}
	}
	return joined
}

func (c *Cell) compare(o *Cell) int {
	return cmp.Or(cmp.Compare(c.Second, o.Second), cmp.Compare(c.Phase, o.Phase))
}

// join returns the merge of two Cells of the same second and phase.
func (c Cell) join(o *Cell) Cell {
	c.Steps, c.Groups = joinCounts(c.Steps, o.Steps), joinCounts(c.Groups, o.Groups)
	c.Over = slices.Clone(c.Over)
	for k, n := range o.Over {
		c.Over[k] += n
	}
	return c
}

// joinCounts merges the counts of the same steps and changes none of them.
func joinCounts(a, b []StepCounts) []StepCounts {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(s, t StepCounts) int { return cmp.Compare(s.Step, t.Step) })
	joined := all[:0]
	for _, s := range all {
		if last := len(joined) - 1; last >= 0 && joined[last].Step == s.Step {
			joined[last].Add(&s.Counts)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}
