package measure

import (
	"cmp"
	"slices"
)

// An Interval is what was learned between two Seals about the requests that
// were due in one second of one phase. A slow request that was due in second 5
// and ended in second 9 arrives in a later Interval with Second 5.
//
// It never changes: whoever holds one may share it, and must not write to it.
type Interval struct {
	Second int // since the start of the run
	Phase  Phase
	Steps  []Part       // of the steps that had requests, by ascending Step
	Groups []Part       // likewise of the groups; in no total
	Over   []int64      // for each of Config.Limits: requests that were not OK or slower
	Errors []ErrorGroup // all requests that are not OK, in groups, sorted and bounded
}

// A Part is an Interval's share of one step or group. Its Figures have no Name.
type Part struct {
	Step int // an index into Config.Steps, or Config.Groups
	Figures
}

// Total returns the Interval's figures over all steps.
func (i *Interval) Total() *Figures {
	return tallied(func(t *tally) *Figures { return t.total(i) })
}

// Join merges the Intervals of the same second and phase, and returns one for
// each in order of time. It changes none of them.
func Join(intervals []Interval) []Interval {
	return tallied(func(t *tally) []Interval { return t.joinAll(intervals) })
}

func (t *tally) joinAll(intervals []Interval) []Interval {
	sorted := slices.SortedStableFunc(slices.Values(intervals), func(i, j Interval) int { return i.compare(&j) })
	joined := sorted[:0]
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].compare(&sorted[0]) == 0 {
			n++
		}
		joined = append(joined, t.join(sorted[:n]))
		sorted = sorted[n:]
	}
	return joined
}

func (i *Interval) compare(j *Interval) int {
	return cmp.Or(cmp.Compare(i.Second, j.Second), cmp.Compare(i.Phase, j.Phase))
}

// join merges Intervals of the same second and phase, of which there is one.
func (t *tally) join(intervals []Interval) Interval {
	joined := intervals[0]
	if len(intervals) == 1 {
		return joined
	}
	joined.Over = slices.Clone(joined.Over)
	steps, groups := slices.Clone(joined.Steps), slices.Clone(joined.Groups)
	for _, i := range intervals[1:] {
		steps, groups = append(steps, i.Steps...), append(groups, i.Groups...)
		joined.Errors = mergeErrors(joined.Errors, i.Errors)
		for k, n := range i.Over {
			joined.Over[k] += n
		}
	}
	joined.Steps, joined.Groups = t.joinParts(steps), t.joinParts(groups)
	return joined
}

// joinParts merges those of the same step, and sorts parts for it.
func (t *tally) joinParts(parts []Part) (joined []Part) {
	slices.SortStableFunc(parts, func(p, q Part) int { return cmp.Compare(p.Step, q.Step) })
	for len(parts) > 0 {
		n := 1
		for n < len(parts) && parts[n].Step == parts[0].Step {
			n++
		}
		joined = append(joined, Part{parts[0].Step, *t.figures(parts[:n])})
		parts = parts[n:]
	}
	return joined
}

// total returns an Interval's figures over all steps, packed.
func (t *tally) total(i *Interval) *Figures { return t.figures(i.Steps) }

// figures returns the packed merge of parts.
func (t *tally) figures(parts []Part) *Figures {
	if len(parts) == 1 {
		return &parts[0].Figures
	}
	f := new(Figures)
	for p := range parts {
		f.addCounters(&parts[p].Figures)
	}
	for c, h := range f.histograms() {
		for p := range parts {
			t.load(h, parts[p].histograms()[c], allBits)
		}
		h.packed = t.pack()
	}
	return f
}

// Fits tells whether the Interval can be merged into a Summary with that
// Config. It is for those that come from outside: from a file or a network.
func (i *Interval) Fits(c *Config) error {
	cell := i.Cell()
	return cell.Fits(c)
}
