// Package soak owns the sustained mode beside the load itself: what a run that
// lasts a day says while it goes on, what it keeps on the disk so that others can
// look at it and that it can go on after a crash, and what was lost when it did.
//
// A Standing is how the run stands now (standing.go), with what is left of its
// error budgets (budget.go), the objectives that the last minutes miss
// (breach.go) and the run over time in a few cells (strip.go). It becomes a Line
// or an Event (line.go), which a Log appends to a file that may be rotated or full
// (log.go). A State is the run in its folder (state.go), with the process that
// makes it (process.go). A Past is what the journal says of it (past.go), and what
// every report is made from.
//
// A run may have several segments, one for each process that made a part of it, and
// gaps between and within them (gaps.go). All that is counted from "the run's
// start" goes on through gaps, as a clock on the wall does.
package soak

import (
	"time"

	"gonogo/measure"
)

// A Second is what one second brought, on the run's own time line.
type Second struct {
	At        time.Duration // since the run's start
	Wall      time.Time
	Phase     measure.Phase
	Users     int // of the closed model, or the open model's workers
	InFlight  int
	Measured  time.Duration // of the measure phase so far, all segments together
	Intervals []measure.Interval
	Settled   time.Duration // what was due before it has been told
	Gaps      []Gap         // that were noticed
}

// An Observer looks at each second of a run and says what has changed. It is the
// place for whatever judges a run while it goes on: what misses an objective now,
// what drifts, what should end the run.
type Observer interface {
	Observe(Second) []Event
}

// A Noter is an Observer that has a line to say to whoever watches, "" for none.
type Noter interface {
	Note() string
}
