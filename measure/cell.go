package measure

import "fmt"

// A Cell is an Interval's exact counters without its histograms: what a second
// leaves behind for ever, when its response times are kept in longer stretches
// only. It never changes, like the Interval that it was taken from.
type Cell struct {
	Second int // since the start of the run
	Phase  Phase
	Steps  []StepCounts // of the steps that had requests, by ascending Step
	Over   []int64      // for each of Config.Limits: requests that were not OK or slower
}

// StepCounts are the counts of one step.
type StepCounts struct {
	Step int
	Counts
}

// Cell returns the Interval's counters.
func (i *Interval) Cell() Cell {
	c := Cell{Second: i.Second, Phase: i.Phase, Steps: make([]StepCounts, len(i.Steps)), Over: i.Over}
	for p := range i.Steps {
		c.Steps[p] = StepCounts{i.Steps[p].Step, i.Steps[p].Counts}
	}
	return c
}

// Fits tells whether the Cell can be merged into a Summary with that Config:
// whether it is about steps that there are, and what is beyond each limit is at
// least what was not OK and at most what was due.
func (c *Cell) Fits(config *Config) error {
	switch n := len(c.Steps); {
	case len(c.Over) != len(config.Limits):
		return fmt.Errorf("fit second %d: want %d limits, got %d", c.Second, len(config.Limits), len(c.Over))
	case n > 0 && c.Steps[n-1].Step >= len(config.Steps):
		return fmt.Errorf("fit second %d: want %d steps, got number %d", c.Second, len(config.Steps), c.Steps[n-1].Step)
	}
	n := newCounters(config)
	for s := range c.Steps {
		n.count(c.Steps[s].Step, &c.Steps[s].Counts)
	}
	n.beyond(c.Over)
	if k, ok := n.plausible(); !ok {
		return fmt.Errorf("fit second %d: limit %d: %d requests cannot be beyond it", c.Second, k, c.Over[k])
	}
	return nil
}
