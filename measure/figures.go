// Package measure keeps what a load run observed: exact counters and latency
// histograms, for every second, every step and the whole run.
//
// A Recorder takes Outcomes from one writer and logs them (recorder.go: the
// hot path). What was logged since the last Seal becomes Intervals (batch.go),
// one for each second and phase in which requests were due. An Interval never
// changes again: it may be merged, sent or written (interval.go, codec.go; what
// comes from outside is checked by check.go). A
// Summary is the merge of Intervals in any order, to the last count
// (summary.go). It keeps the run over time in bounded memory: with its histograms
// ever more coarsely (series.go), and its counters by second (cells.go, row.go). What is
// kept of it (kept.go) is enough to judge it again, and to merge it with others (absorb.go).
// Underneath are the HDR histogram (histogram.go, counts.go), the figures that
// every level shares (figures.go) and the groups of failures (errors.go).
package measure

import (
	"cmp"
	"slices"
	"time"
)

// AllSteps is the Step of a Limit that holds for every step.
const AllSteps = -1

// A Config is what recording needs to know beforehand. Recorders and Summary
// of one run share it.
//
// A group is several requests measured as a whole. It is counted beside the steps and
// apart from them: no total holds it, since its requests are counted already.
type Config struct {
	Steps  []string // their names; an Outcome's Step is an index into them
	Groups []string `json:",omitempty"` // their names; an Outcome's Step counts on behind Steps
	Limits []Limit  // what is counted exactly

	// Highest is the longest time that is kept apart: longer ones are kept as
	// Highest and counted as clipped. It is at least Charge and at most
	// Longest; 0 is an hour.
	Highest time.Duration
	// Charge is what a request that was not OK counts as in latency, at
	// least. It is the timeout: a failure can never improve a figure.
	Charge time.Duration
}

// A Limit is a response time against which requests are counted exactly,
// because a histogram only knows on which side of a bucket's edge they are.
type Limit struct {
	Step      int // an index into Config.Names, or AllSteps, which no group is of
	Latency   time.Duration
	Inclusive bool // exactly Latency is still good: "<=", not "<"
}

// exceeds tells whether a response time is beyond the limit.
func (l Limit) exceeds(response time.Duration) bool {
	return response > l.Latency || response == l.Latency && !l.Inclusive
}

// Names are those of the steps and behind them of the groups, as an Outcome and a
// Limit count them.
func (c *Config) Names() []string {
	if len(c.Groups) == 0 {
		return c.Steps
	}
	return slices.Concat(c.Steps, c.Groups)
}

// isOver tells whether a limit counts what is of that step or group.
func (c *Config) isOver(l Limit, step int) bool {
	return l.Step == step || l.Step == AllSteps && step < len(c.Steps)
}

// highest is the bound that recording uses.
func (c *Config) highest() time.Duration {
	if c.Highest <= 0 {
		return min(max(time.Hour, c.Charge), Longest)
	}
	return min(max(c.Highest, c.Charge), Longest)
}

// Counts are exact. Planned = started + dropped and started = ok + failed +
// censored hold by construction: each request is counted once, by its class.
type Counts struct {
	Class             [Classes]int64
	BytesIn, BytesOut int64
	BytesDecoded      int64 // of content, where bodies were decoded
}

// Planned is how many requests were due.
func (c *Counts) Planned() int64 {
	var n int64
	for _, of := range c.Class {
		n += of
	}
	return n
}

// Started is how many were sent, or would have been had connecting worked.
func (c *Counts) Started() int64 { return c.Planned() - c.Dropped() }

// Dropped is how many the policy let go.
func (c *Counts) Dropped() int64 { return c.Class[Dropped] }

// OK is how many were answered as expected.
func (c *Counts) OK() int64 { return c.Class[OK] }

// Censored is how many were still open when the run ended.
func (c *Counts) Censored() int64 { return c.Class[Censored] }

// Failed is how many were started and answered wrongly or not at all.
func (c *Counts) Failed() int64 {
	var n int64
	for class, of := range c.Class {
		if Class(class).Failed() {
			n += of
		}
	}
	return n
}

// Add adds the counts of others.
func (c *Counts) Add(o *Counts) {
	for class, n := range o.Class {
		c.Class[class] += n
	}
	c.BytesIn += o.BytesIn
	c.BytesOut += o.BytesOut
	c.BytesDecoded += o.BytesDecoded
}

// Statuses are the exact counts of the statuses that were answered, in
// ascending order. A request without an answer has none.
type Statuses []StatusCount

// A StatusCount is how often one status was answered.
type StatusCount struct {
	Status int
	Count  int64
}

// Count returns how often a status was answered.
func (s Statuses) Count(status int) int64 {
	if i, found := s.find(status); found {
		return s[i].Count
	}
	return 0
}

func (s Statuses) find(status int) (int, bool) {
	return slices.BinarySearchFunc(s, status, func(c StatusCount, status int) int {
		return cmp.Compare(c.Status, status)
	})
}

// add counts n more answers with that status.
func (s *Statuses) add(status int, n int64) {
	i, found := s.find(status)
	if !found {
		*s = slices.Insert(*s, i, StatusCount{Status: status})
	}
	(*s)[i].Count += n
}

// Figures are what is known about a set of requests: of a step, of a phase, of
// the run. Of a group only counts and response times are known. A copy shares memory with its original: merge into one of them only.
type Figures struct {
	Name string // of the step or group; else empty
	Counts
	Statuses Statuses

	// Response times. Every request that was due is in exactly one of the two.
	Answered Histogram // of OK requests: from due to done
	Charged  Histogram // of all others: the same, but at least Config.Charge

	Service     Histogram // of OK requests: from sent to done
	Lag         Histogram // of all that were sent: from due to sent
	Late        Histogram // of all that were sent: our own part of the lag
	Connect     Histogram // of OK requests that opened a connection
	TLS         Histogram // of OK requests that shook hands
	FirstByte   Histogram // of OK requests: from sent to the first byte of the answer
	ClientDelay Histogram // of OK requests: from done to read
}

// Response returns the response times of every request that was due: answered
// ones as measured, all others as charged. It is what is judged by default.
func (f *Figures) Response() *Histogram {
	var all Histogram
	all.Merge(&f.Answered)
	all.Merge(&f.Charged)
	return &all
}

// Merge adds the figures of other requests.
func (f *Figures) Merge(o *Figures) {
	f.addCounters(o)
	mine, theirs := f.histograms(), o.histograms()
	for i := range mine {
		mine[i].Merge(theirs[i])
	}
}

// addCounters merges everything but the histograms.
func (f *Figures) addCounters(o *Figures) {
	f.Add(&o.Counts)
	for _, s := range o.Statuses {
		f.Statuses.add(s.Status, s.Count)
	}
}

// histograms lists them in the order in which they are encoded.
func (f *Figures) histograms() [clocks]*Histogram {
	return [clocks]*Histogram{
		answered: &f.Answered, service: &f.Service, lag: &f.Lag, late: &f.Late, connecting: &f.Connect,
		handshake: &f.TLS, firstByte: &f.FirstByte, clientDelay: &f.ClientDelay, charged: &f.Charged,
	}
}

// A clock is one of the times that are kept of a request.
type clock uint8

const (
	answered clock = iota
	service
	lag
	late
	connecting
	handshake
	firstByte
	clientDelay
	charged // last: an outcome has the same response time either way
	clocks  // how many there are
)
