package measure

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Absorb adds what another Summary of the same steps, groups and limits holds, but its
// run over time: what Keep keeps, and the errors. In whatever order and grouping the
// Summaries of parts are absorbed, what is kept then is what the whole would have kept.
//
// It refuses what cannot be added, and has changed nothing then. The other one stays as
// it is.
func (s *Summary) Absorb(o *Summary) error {
	if err := s.fits(o); err != nil {
		return fmt.Errorf("merge what was counted: %w", err)
	}
	for p := range s.phases {
		s.phases[p].Merge(&o.phases[p])
	}
	for i, f := range o.steps {
		s.steps[i].Merge(f)
	}
	for i, f := range o.groups {
		s.groups[i].Merge(f)
	}
	for k, n := range o.over {
		s.over[k] += n
	}
	s.errors = mergeErrors(s.errors, o.errors)
	s.cells.absorb(o.cells)
	return nil
}

// AddErrors adds groups of errors that were kept by other means, each of which has to
// be possible: Absorb takes them along.
func (s *Summary) AddErrors(groups []ErrorGroup) error {
	for i := range groups {
		g := &groups[i]
		known := g.Other || g.Class > OK && g.Class < Classes && g.Phase < Phases && g.Step >= 0 && g.Step < len(s.steps)
		const longest = 10 * maxExample // with what took the place of secrets
		if !known || g.Count <= 0 || g.Count > most || len(g.Example) > longest {
			return errors.New("a group of errors makes no sense")
		}
	}
	s.errors = mergeErrors(s.errors, groups)
	return nil
}

// fits tells whether both are of one plan, and low enough to be added.
func (s *Summary) fits(o *Summary) error {
	a, b := s.config, o.config
	if !slices.Equal(a.Steps, b.Steps) || !slices.Equal(a.Groups, b.Groups) || !slices.Equal(a.Limits, b.Limits) {
		return errors.New("they have not the same steps, groups and limits")
	}
	mine, theirs := s.everyFigures(), o.everyFigures()
	for i := range mine {
		if !mine[i].canAdd(theirs[i]) {
			return errors.New("more than can be counted")
		}
	}
	for p := range Phases {
		if s.cells.Planned(p) > most-o.cells.Planned(p) {
			return errors.New("more than can be counted by second")
		}
	}
	return nil
}

// everyFigures lists those of phases, steps and groups.
func (s *Summary) everyFigures() []*Figures {
	all := slices.Concat(s.steps, s.groups)
	for p := range s.phases {
		all = append(all, &s.phases[p])
	}
	return all
}

// canAdd tells whether no sum overflows. Statuses and the counts of histograms are at
// most what was planned.
func (f *Figures) canAdd(o *Figures) bool {
	fit := func(a, b, highest int64) bool { return a <= highest-b }
	ok := fit(f.Planned(), o.Planned(), most) && fit(f.BytesIn, o.BytesIn, math.MaxInt64) &&
		fit(f.BytesOut, o.BytesOut, math.MaxInt64) && fit(f.BytesDecoded, o.BytesDecoded, math.MaxInt64)
	mine, theirs := f.histograms(), o.histograms()
	for c := range mine {
		ok = ok && fit(mine[c].sum, theirs[c].sum, math.MaxInt64)
	}
	return ok
}

// absorb adds the rows of others, which may stand for a longer time.
func (c *Cells) absorb(o *Cells) {
	for c.unit < o.unit {
		c.widen()
	}
	n := newCounters(o.config)
	for second, phase := range o.each(&n) {
		c.row.clear()
		c.row.sum(&n)
		c.merge(second, phase)
	}
}

// CommonUnit returns the shortest length that Even cuts a run into and that stretches of
// both lengths fit into; 0 where one of the two is none of Even's.
func CommonUnit(a, b time.Duration) time.Duration {
	if !isEvenUnit(a) || !isEvenUnit(b) {
		return 0
	}
	unit := time.Duration(0)
	for _, seconds := range evenUnits() {
		if unit = time.Duration(seconds) * time.Second; unit%a == 0 && unit%b == 0 {
			return unit
		}
	}
	return max(a, b) // one of them is a longer one, which is the double of all others
}

// isEvenUnit tells whether Even may cut a run into stretches of that length.
func isEvenUnit(unit time.Duration) bool {
	units := evenUnits()
	last := time.Duration(units[len(units)-1]) * time.Second
	for unit > last && unit%2 == 0 {
		unit /= 2
	}
	return unit > 0 && unit%time.Second == 0 && slices.Contains(units, int(unit/time.Second))
}
