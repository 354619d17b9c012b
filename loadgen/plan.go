package loadgen

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"gonogo/loadgen/session"
)

// A Plan is a scenario with every default resolved. A plan and its seed fix
// arrival n for ever, on any machine.
type Plan struct {
	Name string
	Seed uint64

	// One of the two load models is set, or none where every flow has a load of its own.
	Closed *Closed
	Open   *Open

	Ramp    time.Duration // phase before the warm-up: users or rate grow linearly from nothing
	WarmUp  time.Duration // sent at full load, not judged
	Measure time.Duration // the measure phase; the only one whose figures are judged
	Grace   time.Duration // how long open requests may take after the end before they are censored

	Timeout time.Duration // of a whole request, from its start, connecting included

	Steps []Step // at least one
	// Flows are what iterations run, picked by weight; none: each iteration is one
	// step, picked by its weight.
	Flows  []Flow
	Groups []string         // names of what the flows measure as a whole
	Scope  *session.Scope   `json:"-"` // the variables of the flows; nil: there are none
	Known  *session.Session `json:"-"` // what every user knows from the start; nil: nothing

	// Against are the same steps at another target. A fair coin of the plan's seed
	// sends each iteration to one of the two; they are recorded apart. nil: there is none.
	Against []Step
}

// AllSteps are the steps of both targets, those of Against behind the others. A
// Sender's Outcome counts them through.
func (p *Plan) AllSteps() []Step { return slices.Concat(p.Steps, p.Against) }

// timeouts are those of AllSteps.
func (p *Plan) timeouts() []time.Duration {
	all := make([]time.Duration, 0, len(p.Steps)+len(p.Against))
	for _, s := range p.AllSteps() {
		all = append(all, cmp.Or(s.Timeout, p.Timeout))
	}
	return all
}

// Length is the time in which requests are due.
func (p *Plan) Length() time.Duration { return p.Ramp + p.WarmUp + p.Measure }

// Closed is the closed model: a fixed number of users, each waiting for its
// answer before it goes on.
type Closed struct {
	Users      int
	Iterations int           // of each user; 0: as many as the time allows
	ThinkTime  Distribution  // between an answer and the next iteration
	Pacing     time.Duration // when above 0, an iteration is due every Pacing and latency counts from then
}

// Open is the open model: arrivals that do not wait for answers.
type Open struct {
	Stages      []Stage // of the measure phase, in order; their lengths add up to Plan.Measure
	Poisson     bool    // exponential gaps; else constant ones
	MaxInFlight int     // the most connections at a time
	Drop        bool    // at the cap, an arrival is dropped and counted; else it waits, and its wait is recorded
	// Replay, where it is set, makes the arrivals; the stages tell what they amount to.
	Replay *Replay
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
	Name      string
	Weight    int // share of the iterations that are this step, where there are no flows
	Request   Request
	Inspector Inspector     // looks into the answer; nil: nobody does
	Timeout   time.Duration // instead of the plan's, and shorter; 0: the plan's
}

// A Request says what a step sends and which answers it expects. It is what a
// Sender renders once, before the run.
type Request struct {
	Method string
	URL    *url.URL // absolute; connections go to its host
	Header []Field  // in the order in which they are sent
	Body   []byte

	// What is written anew for each request, with the values of the user's variables.
	Target  *session.Text // path and query, escaped; nil: those of URL
	Content *session.Text // nil: Body
	Signer  Signer        // nil: nobody signs

	Expect []StatusRange // statuses that are ok; empty: 200 to 399, or to 299 where redirects are followed
	// MaxRedirects is how many redirects are followed. What is left over is the answer.
	MaxRedirects int
}

// A Field is one header line.
type Field struct {
	Name, Value string
	Text        *session.Text // the value, where it is written anew for each request; else nil
}

// A Signer adds header fields that depend on the rest of a request. Many users
// call it at once.
type Signer interface {
	// Sign appends fields as lines "Name: value\r\n".
	Sign(dst []byte, r *Rendered) []byte
}

// Rendered is a request as it is about to be sent.
type Rendered struct {
	Method string
	URL    *url.URL // of the step: scheme and host hold
	Target []byte   // path and query
	Body   []byte
	At     time.Time
}

// Varies tells whether the request is written anew each time.
func (r *Request) Varies() bool {
	return r.Target != nil || r.Content != nil || r.Signer != nil ||
		slices.ContainsFunc(r.Header, func(f Field) bool { return f.Text != nil })
}

// A StatusRange is a range of statuses, both ends included.
type StatusRange struct{ From, To int }
