package soak

import (
	"slices"
	"time"

	"gonogo/measure"
	"gonogo/slo"
)

// Breaches watches the objectives over a sliding window, whatever the whole run
// says to them: a bad quarter of an hour must not wait until the evening to be seen.
//
// A breach is told once, when the window does not meet the objective, and its end
// once, when windows have met it again for a while. It says nothing about the
// verdict, and rests on no statistics: it is a light, not a judge.
type Breaches struct {
	objectives []slo.Objective
	config     measure.Config
	cells      [windowCells]cell // a ring
	next       int
	filling    cell
	until      time.Duration // the end of filling, on the run's time line
	measured   time.Duration // until now
	open       []open        // by objective
}

const (
	windowLength = 5 * time.Minute
	cellLength   = 10 * time.Second
	windowCells  = int(windowLength / cellLength)
	calmCells    = 6   // windows that meet an objective before its breach is over
	fewest       = 100 // requests in a window, for it to say anything
)

// A cell is what ten seconds brought, and how much of it was measured.
type cell struct {
	measured  time.Duration
	intervals []measure.Interval
}

// open is the state of one objective.
type open struct {
	since time.Duration // of the breach
	is    bool
	calm  int // windows that met it since
}

// NewBreaches watches the objectives of a run, of which from is the second before
// the first that it sees: the zero Second, but where a run goes on.
func NewBreaches(c measure.Config, objectives []slo.Objective, from Second) *Breaches {
	return &Breaches{
		objectives: unwindowed(seen(objectives)), config: c, open: make([]open, len(objectives)),
		until: from.At + cellLength, measured: from.Measured,
	}
}

// unwindowed are the objectives without windows of their own: the last minutes are
// one. What all of that misses, some window in it misses, too.
func unwindowed(objectives []slo.Objective) []slo.Objective {
	whole := func(t *slo.Target) *slo.Target {
		if t == nil {
			return nil
		}
		without := *t
		without.Window, without.Share = 0, slo.Decimal{}
		return &without
	}
	all := slices.Clone(objectives)
	for i := range all {
		o := &all[i]
		o.Go, o.Conditional, o.NoGo = *whole(&o.Go), whole(o.Conditional), whole(o.NoGo)
	}
	return all
}

// Observe takes the next second.
func (b *Breaches) Observe(now Second) []Event {
	b.filling.measured += now.Measured - b.measured
	b.measured = now.Measured
	b.filling.add(now)
	if now.At < b.until {
		return nil
	}
	b.until = now.At.Truncate(cellLength) + cellLength
	b.filling.intervals = measure.Join(b.filling.intervals)
	b.cells[b.next] = b.filling
	b.next = (b.next + 1) % windowCells
	b.filling = cell{}
	return b.look(now)
}

// add takes what a second brought to the measure phase, as far as objectives are
// about it. Joined, one interval is enough for a cell, whenever in it a request was
// due.
func (c *cell) add(now Second) {
	for _, i := range now.Intervals {
		if i.Phase != measure.Measure {
			continue
		}
		judged := measure.Interval{Phase: i.Phase, Steps: make([]measure.Part, len(i.Steps)), Over: i.Over}
		for p, part := range i.Steps {
			judged.Steps[p].Step = part.Step
			judged.Steps[p].Figures = measure.Figures{
				Counts: part.Counts, Statuses: part.Statuses, Answered: part.Answered, Charged: part.Charged,
			}
		}
		c.intervals = append(c.intervals, judged)
	}
}

// look judges the window.
func (b *Breaches) look(now Second) []Event {
	var all []measure.Interval
	measured := time.Duration(0)
	for _, c := range b.cells {
		measured += c.measured
		all = append(all, c.intervals...)
	}
	window := measure.NewSummary(b.config)
	for _, i := range measure.Join(all) {
		window.Merge(i)
	}
	if window.Total().Planned() < fewest {
		return nil
	}
	var events []Event
	for i, j := range slo.Judge(b.objectives, window, measured) {
		if e, changed := b.open[i].turn(j, now.At); changed {
			events = append(events, e)
		}
	}
	return events
}

// turn moves one objective's state on, and returns the event of a change.
func (o *open) turn(j slo.Judgement, at time.Duration) (Event, bool) {
	missed := j.Verdict == slo.Fail || j.Verdict == slo.Conditional
	switch {
	case missed && !o.is:
		*o = open{since: at, is: true}
		return breach("slo_breach", j), true
	case missed:
		o.calm = 0
	case o.is && j.Verdict == slo.Pass:
		if o.calm++; o.calm == calmCells {
			e := breach("slo_recovered", j)
			e.Fields = append(e.Fields, Text("after", (at-o.since).String()))
			*o = open{}
			return e, true
		}
	}
	return Event{}, false
}

func breach(kind string, j slo.Judgement) Event {
	return Event{Kind: kind, Fields: []Field{
		Text("slo", j.Objective.Name),
		Text("window", "5m"),
		Text("value", j.MeasuredText()),
		Text("target", j.Objective.Go.LimitText()),
		Text("verdict", string(j.Verdict)),
	}}
}

// Open lists the objectives that are missed now.
func (b *Breaches) Open() []string {
	var names []string
	for i, o := range b.open {
		if o.is {
			names = append(names, b.objectives[i].Name)
		}
	}
	return names
}
