package main

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"gonogo/internal/machine"
	"gonogo/loadgen"
	"gonogo/report"
	"gonogo/slo/validity"
	"gonogo/soak"
)

// An instrument is how the generator fared in one segment of a sustained run, as it
// is kept beside the journal: up to the last time that it was written down.
type instrument struct {
	Ended       bool                 `json:"ended"`      // it is all there is to know of the segment
	Issued      int64                `json:"issued"`     // requests; 0: not known
	Arrivals    float64              `json:"arrivals"`   // that an open plan wanted in what Departures are about
	Departures  *validity.Departures `json:"departures"` // nil in the closed model
	Health      *loadgen.Health      `json:"health"`
	Timer       string               `json:"timer"`
	Connections *report.Connections  `json:"connections"`
}

// soFar is that of a segment which goes on.
func soFar(p *loadgen.Plan, i loadgen.Instrument, c *report.Connections) instrument {
	made := instrument{Departures: departures(i.Departures), Health: i.Health, Connections: c}
	if i.Departures != nil {
		const cell = 10 * time.Second // of which Departures count whole ones while a run goes on
		made.Arrivals = arrivalsIn(p, time.Duration(i.Departures.Cells)*cell)
	}
	return made
}

// inAll is that of a segment which has ended.
func inAll(p *loadgen.Plan, r *loadgen.Result, c *report.Connections) instrument {
	return instrument{
		Ended: true, Issued: r.Issued, Arrivals: arrivalsIn(p, r.Measured),
		Departures: departures(r.Departures), Health: r.Health, Timer: r.Timer, Connections: c,
	}
}

func (i instrument) encoded() json.RawMessage {
	text, err := json.Marshal(i)
	if err != nil { // a share that is no number: nothing is known then
		return json.RawMessage("null")
	}
	return text
}

// together is how the generator fared in all segments, of which there is one at
// least, and an instrument for each. Where a percentile of all
// cannot be told from those of the segments, it is the worst of them.
func together(all []instrument, segments []soak.Segment) instrument {
	sum := instrument{Ended: true}
	for n, i := range all {
		i.Health = onLine(i.Health, segments[n].Start)
		sum.Ended = sum.Ended && i.Ended
		sum.Issued += i.Issued
		sum.Arrivals += i.Arrivals
		sum.Timer = i.Timer
		sum.Departures = bothDepartures(sum.Departures, i.Departures)
		sum.Health = bothHealth(sum.Health, i.Health)
		sum.Connections = i.Connections
		if n > 0 {
			sum.Connections = nil // spreads cannot be added up
		}
	}
	if !sum.Ended {
		sum.Issued = 0
	}
	if sum.Health != nil {
		sum.Health.CPU = meanCPU(all, segments)
	}
	return sum
}

// meanCPU weighs each segment by its length.
func meanCPU(all []instrument, segments []soak.Segment) float64 {
	used, length := 0.0, time.Duration(0)
	for n, i := range all {
		if i.Health != nil && i.Health.CPU >= 0 {
			used += i.Health.CPU * segments[n].Made().Seconds()
			length += segments[n].Made()
		}
	}
	if length == 0 {
		return machine.Unknown
	}
	return used / length.Seconds()
}

// onLine moves jolts from the engine's time line to the run's.
func onLine(h *loadgen.Health, start time.Duration) *loadgen.Health {
	if h == nil || start == 0 {
		return h
	}
	moved := *h
	moved.Jolts = slices.Clone(h.Jolts)
	for i := range moved.Jolts {
		moved.Jolts[i].At += start
	}
	return &moved
}

func bothDepartures(a, b *validity.Departures) *validity.Departures {
	if a == nil || b == nil {
		return either(a, b)
	}
	both := *a
	both.Arrivals += b.Arrivals
	both.Late = max(a.Late, b.Late)
	if b.Gaps > 0 && (a.Gaps == 0 || b.Left-b.Drawn > a.Left-a.Drawn) {
		both.Gaps, both.Left, both.Drawn, both.Scale = b.Gaps, b.Left, b.Drawn, b.Scale
	}
	both.Cells += b.Cells
	if b.Cells > 0 && (a.Cells == 0 || off(b.Worst) > off(a.Worst)) {
		both.Worst = b.Worst
	}
	return &both
}

// off is by what share of what was due a cell is wrong.
func off(c validity.Cell) float64 { return math.Abs(float64(c.Left-c.Due)) / float64(max(c.Due, 1)) }

func bothHealth(a, b *loadgen.Health) *loadgen.Health {
	if a == nil || b == nil {
		return either(a, b)
	}
	both := *a
	both.PeakCPU = max(a.PeakCPU, b.PeakCPU)
	both.CPUs = b.CPUs
	both.Scheduling, both.GC = max(a.Scheduling, b.Scheduling), max(a.GC, b.GC)
	both.MaxRSS = max(a.MaxRSS, b.MaxRSS)
	if a.FreePorts < 0 || b.FreePorts >= 0 && b.FreePorts < a.FreePorts {
		both.FreePorts = b.FreePorts
	}
	both.Jolts = append(a.Jolts[:len(a.Jolts):len(a.Jolts)], b.Jolts...)
	for kind := range both.Jolted {
		both.Jolted[kind] += b.Jolted[kind]
	}
	return &both
}

func either[T any](a, b *T) *T {
	if a == nil {
		a = b
	}
	if a == nil {
		return nil
	}
	return new(*a)
}
