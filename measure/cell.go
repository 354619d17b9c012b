package measure

import "fmt"

// A Cell is an Interval's exact counters without its histograms: what a second
// leaves behind for ever, when its response times are kept in longer stretches
// only. It never changes, like the Interval that it was taken from.
type Cell struct {
	Second int // since the start of the run
	Phase  Phase
	Steps  []StepCounts // of the steps that had requests, by ascending Step
	Groups []StepCounts // likewise of the groups
	Over   []int64      // for each of Config.Limits: requests that were not OK or slower
}

// StepCounts are the counts of one step or group.
type StepCounts struct {
	Step int
	Counts
}

// Cell returns the Interval's counters.
func (i *Interval) Cell() Cell {
	return Cell{Second: i.Second, Phase: i.Phase, Steps: countsOf(i.Steps), Groups: countsOf(i.Groups), Over: i.Over}
}

func countsOf(parts []Part) []StepCounts {
	if len(parts) == 0 {
		return nil
	}
	all := make([]StepCounts, len(parts))
	for p := range parts {
		all[p] = StepCounts{parts[p].Step, parts[p].Counts}
	}
	return all
}

// Fits tells whether the Cell can be merged into a Summary with that Config:
// whether it is about steps and groups that there are, and what is beyond each limit is at
// least what was not OK and at most what was due.
func (c *Cell) Fits(config *Config) error {
	switch n, g := len(c.Steps), len(c.Groups); {
	case len(c.Over) != len(config.Limits):
		return fmt.Errorf("fit second %d: want %d limits, got %d", c.Second, len(config.Limits), len(c.Over))
	case n > 0 && c.Steps[n-1].Step >= len(config.Steps):
		return fmt.Errorf("fit second %d: want %d steps, got number %d", c.Second, len(config.Steps), c.Steps[n-1].Step)
	case g > 0 && c.Groups[g-1].Step >= len(config.Groups):
		return fmt.Errorf("fit second %d: want %d groups, got number %d", c.Second, len(config.Groups), c.Groups[g-1].Step)
	}
	n := newCounters(config)
	n.countCell(c)
	if k, ok := n.plausible(); !ok {
		return fmt.Errorf("fit second %d: limit %d: %d requests cannot be beyond it", c.Second, k, c.Over[k])
	}
	return nil
}
