package validity

import (
	"time"

	"gonogo/measure"
)

// Facts are what a validity check needs to know beside the measurements.
type Facts struct {
	Planned      float64       // arrivals that an open plan wanted in the measure phase, 0 in the closed model
	Measure      time.Duration // length of the measure phase as planned
	Measured     time.Duration // as run
	StoppedEarly bool
	Poisson      bool  // the open plan's arrivals are random, so their number may miss Planned by chance
	Issued       int64 // requests of all phases as the engine counted them itself; 0 when it did not

	MayRest    []int       `json:",omitempty"` // steps that need not run in the measure phase: of a setup, or decided by answers
	Phases     []PhasePlan // ramp and warm-up, where the plan has them
	Departures *Departures // how the arrivals of an open plan left; nil: not observed
	Health     *Health     // how the generator's process fared; nil: not observed
}

// A PhasePlan is a phase before the measurement as planned.
type PhasePlan struct {
	Phase    measure.Phase
	Arrivals float64 // that the open model wants in it; 0 in the closed model
}

// Departures say how the arrivals of an open plan left, against how they were
// due, the wait for a free connection aside.
type Departures struct {
	Arrivals int64         // that were due in the measure phase
	Late     time.Duration // 99th percentile of how late they left

	// Distances of Kolmogorov and Smirnov between gaps of mean Scale and more and
	// the exponential law, of Poisson arrivals: as they left and as they were drawn.
	Gaps        int64
	Left, Drawn float64
	Scale       time.Duration

	Cells int  // stretches of ten seconds
	Worst Cell // the one in which departures differ most from what was due
}

// A Cell is a stretch of the measure phase.
type Cell struct {
	Start     time.Duration // since the start of the run
	Due, Left int64
}

// A Health says how the generator's process and machine fared. What is not known
// is below 0.
type Health struct {
	CPU        float64       // processors in use in the measure phase
	CPUs       float64       // how many there are to use
	Scheduling time.Duration // 99th percentile of how long what could run had to wait
	GC         time.Duration // 99th percentile of the garbage collector's pauses

	// From the measure phase on: when the process did not run at all, when the
	// machine slept, and when the time of day was set.
	Stalls, Sleeps, Steps []Jolt
}

// A Jolt is a moment at which time did not pass as it should.
type Jolt struct {
	At     time.Duration // when it was noticed, since the start of the run
	Length time.Duration // below 0: a clock was set back
}
