package loadgen

import (
	"net/url"
	"slices"
	"time"
)

// A Plan is a scenario with every default resolved. A plan and its seed fix
// arrival n for ever, on any machine.
type Plan struct {
	Name string
	Seed uint64

	// Exactly one of the two load models is set.
	Closed *Closed
	Open   *Open

	Ramp    time.Duration // phase before the warm-up: users or rate grow linearly from nothing
	WarmUp  time.Duration // sent at full load, not judged
	Measure time.Duration // the measure phase; the only one whose figures are judged
	Grace   time.Duration // how long open requests may take after the end before they are censored

	Timeout time.Duration // of a whole request, from its start, connecting included

	Flow  bool   // steps run in order, one iteration after the other; else each arrival picks one by weight
	Steps []Step // at least one

	// Against are the same steps at another target. A fair coin of the plan's seed
	// sends each iteration to one of the two; they are recorded apart. nil: there is none.
	Against []Step
}

// AllSteps are the steps of both targets, those of Against behind the others. A
// Sender's Outcome counts them through.
func (p *Plan) AllSteps() []Step { return slices.Concat(p.Steps, p.Against) }

// Length is the time in which requests are due.
func (p *Plan) Length() time.Duration { return p.Ramp + p.WarmUp + p.Measure }

// Closed is the closed model: a fixed number of users, each waiting for its
// answer before it goes on.
type Closed struct {
	Users     int
	ThinkTime Distribution  // between an answer and the next iteration
	Pacing    time.Duration // when above 0, an iteration is due every Pacing and latency counts from then
}

// Open is the open model: arrivals that do not wait for answers.
type Open struct {
	Stages      []Stage // of the measure phase, in order; their lengths add up to Plan.Measure
	Poisson     bool    // exponential gaps; else constant ones
	MaxInFlight int     // the most connections at a time
	Drop        bool    // at the cap, an arrival is dropped and counted; else it waits, and its wait is recorded
}

// A Stage is a stretch of the measure phase whose rate goes linearly From one To
// the other; a steady stage has both equal. Rates are arrivals a second.
type Stage struct {
	For      time.Duration
	From, To float64
}

// A Distribution of durations. The zero value is always 0.
type Distribution struct {
	Law  Law
	A, B time.Duration // Constant: A. Uniform: from A to B. Exponential: mean A.
}

// Law names a family of distributions.
type Law uint8

// The laws of a Distribution.
const (
	Constant Law = iota
	Uniform
	Exponential
)

// A Step is one named request of a scenario.
type Step struct {
	Name    string
	Weight  int // share of the arrivals that pick this step; without meaning in a flow
	Request Request
}

// A Request says what a step sends and which answers it expects. It is what a
// Sender renders once, before the run.
type Request struct {
	Method string
	URL    *url.URL // absolute
	Header []Field  // in the order in which they are sent
	Body   []byte
	Expect []StatusRange // statuses that are ok; empty: 200 to 399, or to 299 where redirects are followed
	// MaxRedirects is how many redirects are followed. What is left over is the answer.
	MaxRedirects int
}

// A Field is one header line.
type Field struct{ Name, Value string }

// A StatusRange is a range of statuses, both ends included.
type StatusRange struct{ From, To int }
