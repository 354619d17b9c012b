package measure

import "slices"

// A Summary is the merge of the Intervals of a run, in any order, to the last
// count. Its memory is bounded by the numbers of steps, groups and limits, whatever the
// length of the run and the number of requests. It has no lock; what its
// methods return is valid until the next Merge.
type Summary struct {
	config *Config
	steps  []*Figures      // of the measure phase
	groups []*Figures      // likewise
	phases [Phases]Figures // but for the measure phase of a plan with a single step, which is that step
	over   []int64         // of the measure phase, by limit
	errors []ErrorGroup
	series series
	cells  *Cells
	tally  tally
}

// NewSummary returns an empty Summary.
func NewSummary(c Config) *Summary {
	s := &Summary{config: &c, over: make([]int64, len(c.Limits)), series: newSeries(&c), cells: newCells(&c)}
	for _, name := range c.Steps {
		s.steps = append(s.steps, &Figures{Name: name})
	}
	for _, name := range c.Groups {
		s.groups = append(s.groups, &Figures{Name: name})
	}
	return s
}

// Merge adds an Interval, which must fit the Config, and keeps none of its
// slices that could change.
func (s *Summary) Merge(i Interval) {
	s.cells.addInterval(&i)
	s.merge(i)
}

// MergeStretch adds an Interval that stands for more than its second, and the
// Cells of the seconds that it was made of: what a journal keeps of long ago. Both
// must fit the Config and tell of the same requests.
func (s *Summary) MergeStretch(i Interval, cells []Cell) {
	for c := range cells {
		s.cells.addCell(&cells[c])
	}
	s.merge(i)
}

// merge adds all but the counters by second.
func (s *Summary) merge(i Interval) {
	total := s.tally.total(&i)
	if i.Phase != Measure || len(s.steps) > 1 {
		s.phases[i.Phase].Merge(total)
	}
	if i.Phase == Measure {
		for p := range i.Steps {
			s.steps[i.Steps[p].Step].Merge(&i.Steps[p].Figures)
		}
		for p := range i.Groups {
			s.groups[i.Groups[p].Step].Merge(&i.Groups[p].Figures)
		}
		for k, n := range i.Over {
			s.over[k] += n
		}
	}
	s.errors = mergeErrors(s.errors, i.Errors)
	s.series.add(&s.tally, &i, total)
}

// Total returns the figures of the measure phase, over all steps.
func (s *Summary) Total() *Figures { return s.Phase(Measure) }

// Steps returns the figures of the measure phase by step, in Config's order.
func (s *Summary) Steps() []*Figures { return s.steps }

// Groups returns the figures of the measure phase by group, in Config's order: counts
// and response times. They are in no total.
func (s *Summary) Groups() []*Figures { return s.groups }

// Of returns those of a step or group by its number among Config.Names, or those of
// AllSteps.
func (s *Summary) Of(step int) *Figures {
	switch {
	case step == AllSteps:
		return s.Total()
	case step >= len(s.steps):
		return s.groups[step-len(s.steps)]
	}
	return s.steps[step]
}

// Index returns the number of the step or group of that name among Config.Names, -1
// where there is none.
func (s *Summary) Index(name string) int { return slices.Index(s.config.Names(), name) }

// Phase returns the figures of a phase, over all steps.
func (s *Summary) Phase(p Phase) *Figures {
	if p == Measure && len(s.steps) == 1 {
		only := *s.steps[0]
		only.Name = ""
		return &only
	}
	return &s.phases[p]
}

// Over returns exactly how many of the requests that were due in the measure
// phase were not OK or slower than the limit, and how many there were. The
// limit is known only if it is one of the Config's.
func (s *Summary) Over(l Limit) (over, scheduled int64, known bool) {
	i := slices.Index(s.config.Limits, l)
	if i < 0 {
		return 0, 0, false
	}
	return s.over[i], s.Of(l.Step).Planned(), true
}

// Errors returns the groups of what is not OK, the most frequent first; last
// are those that are too many to be listed, as one.
func (s *Summary) Errors() []ErrorGroup { return mostFrequent(s.errors) }

// Cells returns the exact counters of the whole run, by second.
func (s *Summary) Cells() *Cells { return s.cells }

// Series returns the run over time, oldest first: seconds for the last ten
// minutes, ten seconds for the hour, then minutes, and longer stretches when
// there are too many of those.
func (s *Summary) Series() []Bucket { return s.series.list() }
