package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/measure/journal"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
)

// An outline is what the header of a journal holds beside its own: the run as a
// report tells it, and its plan without what is sent, which may be secret.
type outline struct {
	Run        report.Run      `json:"run"` // but the effective scenario, which the header has
	Plan       loadgen.Plan    `json:"plan"`
	MayRest    []int           `json:"may_rest,omitempty"` // steps of the plan that need not run
	Objectives []slo.Objective `json:"objectives"`
	Drift      float64         `json:"drift"`  // the margin of a degradation
	Source     string          `json:"source"` // the scenario as it was named: its files count from there
}

// headerOf is the header of a new journal of the run.
func headerOf(c *scenarios.Compiled, run report.Run, source string) (journal.Header, error) {
	o := outline{Run: run, Plan: c.Plan, MayRest: c.Plan.MayRest(), Objectives: c.Objectives, Drift: c.DriftMargin, Source: source}
	o.Run.Effective = nil
	o.Plan.Steps = slices.Clone(c.Plan.Steps)
	for i := range o.Plan.Steps {
		o.Plan.Steps[i].Request, o.Plan.Steps[i].Inspector = loadgen.Request{}, nil
	}
	o.Plan.Scope, o.Plan.Known = nil, nil
	o.Plan.Flows = slices.Clone(c.Plan.Flows)
	for i, f := range o.Plan.Flows { // what they do cannot be written down, and nothing is sent by it
		o.Plan.Flows[i] = loadgen.Flow{Name: f.Name, Weight: f.Weight, Closed: f.Closed, Open: f.Open}
	}
	meta, err := json.Marshal(o)
	if err != nil {
		return journal.Header{}, fmt.Errorf("write down the plan: %w", err)
	}
	p := &c.Plan
	return journal.Header{
		Run: run.ID, Started: run.StartedAt, Scenario: p.Name,
		SHA256: c.SHA256, Effective: run.Effective, Seed: p.Seed,
		Config:  (&loadgen.Engine{Plan: p, Limits: limitsOf(c)}).Config(),
		Planned: p.Length(),
		Phases:  [measure.Phases]time.Duration{measure.Ramp: p.Ramp, measure.WarmUp: p.WarmUp, measure.Measure: p.Measure, measure.Drain: p.Grace},
		Meta:    meta,
	}, nil
}

// outlineOf reads the outline in a header.
func outlineOf(h *journal.Header) (*outline, error) {
	o := new(outline)
	if err := json.Unmarshal(h.Meta, o); err != nil {
		return nil, fmt.Errorf("read the header of run %s: %w", h.Run, err)
	}
	if len(o.Plan.Loads()) == 0 || len(o.Plan.Steps) != len(h.Config.Steps) {
		return nil, fmt.Errorf("read the header of run %s: it holds no plan", h.Run)
	}
	o.Run.Effective = h.Effective
	return o, nil
}

// remaining is the plan from a place in its measure phase on: the ramp and the
// warm-up come again. What is random is drawn anew.
func remaining(p loadgen.Plan, from time.Duration, segment int) loadgen.Plan {
	p.Measure -= from
	p.Seed += uint64(segment)
	switch {
	case p.Open == nil:
	case p.Open.Replay != nil:
		open := p.Open.Replay.Since(from).Open(p.WarmUp, p.Measure)
		open.MaxInFlight, open.Drop = p.Open.MaxInFlight, p.Open.Drop
		p.Open = open
	default:
		open := *p.Open
		open.Stages = cut(open.Stages, from, from+p.Measure)
		p.Open = &open
	}
	return p
}

// cut returns the stages between two places.
func cut(stages []loadgen.Stage, from, to time.Duration) []loadgen.Stage {
	var all []loadgen.Stage
	start := time.Duration(0)
	for _, s := range stages {
		end := start + s.For
		a, b := max(start, from), min(end, to)
		if a < b {
			all = append(all, loadgen.Stage{For: b - a, From: rateAt(s, a-start), To: rateAt(s, b-start)})
		}
		start = end
	}
	return all
}

// rateAt is the rate at an instant of a stage.
func rateAt(s loadgen.Stage, in time.Duration) float64 {
	return s.From + (s.To-s.From)*float64(in)/float64(s.For)
}

// arrivalsIn is how many arrivals the open plan wants in the first part of its measure phase.
func arrivalsIn(p *loadgen.Plan, in time.Duration) float64 {
	if p.Open == nil || in <= 0 {
		return 0
	}
	first := *p
	if r := p.Open.Replay; r != nil && r.Trace != nil {
		return r.Open(0, min(in, p.Measure)).Replay.Arrivals
	}
	first.Open = &loadgen.Open{Stages: cut(p.Open.Stages, 0, in)}
	first.Measure = min(in, p.Measure)
	return first.Expected(measure.Measure)
}
