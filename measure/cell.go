package measure

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
