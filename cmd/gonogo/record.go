package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/decision"
	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// A record is what a run left behind, whether its engine has just told it or its
// journal: all that a report is made from.
type record struct {
	run          report.Run
	objectives   []slo.Objective
	limits       []measure.Limit
	summary      *measure.Summary
	judged       slo.Run // the same, as it is judged
	phases       []report.Span
	judgements   []slo.Judgement
	facts        validity.Facts
	checks       []validity.Check // beside those of validity.Of
	generator    *report.Generator
	connections  *report.Connections
	soak         *report.Soak
	plan         *loadgen.Plan
	against      *measure.Summary    // of the other target; nil: there is none
	opponent     string              // what that is called
	compared     *report.Comparison  // of the two
	drift        float64             // the margin of a degradation; 0: not judged
	stoppedEarly bool                // the plan was not performed to its end
	stop         *report.Stop        // the rule that ended it; nil: none did
	unfinished   string              // why, where nobody stopped it
	mask         func(string) string // takes secrets out of what a target sent back
}

// recordOf is the record of an engine's run.
func recordOf(c *scenarios.Compiled, client *client, limits []measure.Limit, result *loadgen.Result) (*record, error) {
	run, err := runOf(c, client, result.Started)
	if err != nil {
		return nil, err
	}
	run.EndedAt = result.Started.Add(result.Length).UTC()
	phases := spans(&c.Plan, result)
	judged := observed(result, phases)
	return &record{
		run: run, objectives: c.Objectives, limits: limits,
		summary: result.Summary, judged: judged, phases: phases, plan: &c.Plan, drift: c.DriftMargin,
		judgements: judged.Judge(c.Objectives),
		facts:      facts(&c.Plan, result), generator: generator(result),
		connections:  connectionFigures(client.Counts()),
		stoppedEarly: result.StoppedEarly, mask: c.Secrets.Mask,
	}, nil
}

// runOf says what is run, as it is known from the start.
func runOf(c *scenarios.Compiled, client *client, started time.Time) (report.Run, error) {
	effective, err := json.Marshal(map[string]any{"scenario": c.Effective, "origins": c.Origins})
	if err != nil {
		return report.Run{}, fmt.Errorf("write down the effective scenario: %w", err)
	}
	return report.Run{
		ID:        runID(started),
		Scenario:  c.Plan.Name,
		Target:    c.Secrets.Mask(strings.Join(client.Hosts(), " ")),
		Load:      loadInWords(&c.Plan) + protocolInWords(c.Protocol),
		StartedAt: started.UTC(),
		Seed:      c.Plan.Seed,
		Tool:      tool(),
		Host:      host(),
		Effective: effective,
		Bodies:    c.Bodies,
		SHA256:    c.SHA256,
	}, nil
}

// report judges the record.
func (r *record) report() (*report.Report, error) { return r.as(report.Build) }

// as judges the record, and makes that report of it.
func (r *record) as(build func(report.Input) (*report.Report, error)) (*report.Report, error) {
	valid := validity.Of(r.judged, r.facts, r.objectives).With(r.checks)
	r.run.StoppedEarly, r.run.Stop = r.stoppedEarly && r.unfinished == "", r.stop
	drifted, err := degradation(r.drift, r.judged, r.run.StartedAt, r.plan)
	if err != nil {
		return nil, err
	}
	d := decision.OfRun(slices.Concat(r.judgements, drifted.Judgements(), r.compared.Judgements()), valid, r.run.StoppedEarly, r.stop.Reason())
	if r.unfinished != "" {
		d = d.Unfinished(r.unfinished)
	}
	made, err := build(report.Input{
		Run:        r.run,
		Decision:   d,
		Summary:    r.summary,
		Limits:     r.limits,
		Phases:     r.phases,
		Judgements: r.judgements,
		Validity:   valid,
		Facts:      r.facts,
		Checks:     r.checks,
		Judged:     &r.judged,
		Unfinished: r.unfinished,
		Generator:  r.generator,
		Wanted:     r.wanted(),

		Against: r.against, AgainstTarget: r.opponent,
	})
	if err != nil {
		return nil, err
	}
	made.Drift, made.Comparison = drifted, r.compared
	made.Connections, made.Soak = r.connections, r.soak
	if r.soak != nil {
		made.Kind = report.KindSoak
	}
	for i := range made.Errors { // a target may send back what it was sent
		made.Errors[i].Example = r.mask(made.Errors[i].Example)
	}
	return made, nil
}

// wanted is what the plan wants over time. A sustained run goes on with its plan in
// each segment, after a ramp of its own.
func (r *record) wanted() report.Wanted {
	var closed, open bool
	for _, l := range r.plan.Loads() {
		closed, open = closed || l.Closed != nil, open || l.Open != nil
	}
	return func(at time.Duration) (users, arrivals *float64) {
		at = r.inPlan(at)
		if closed {
			users = new(r.plan.UsersAt(at))
		}
		if open && len(r.plan.Flows) == 0 { // an arrival is a request
			arrivals = new(r.plan.RateAt(at))
		}
		return users, arrivals
	}
}

// inPlan is the instant of the plan at an instant of the run.
func (r *record) inPlan(at time.Duration) time.Duration {
	if r.soak == nil {
		return at
	}
	lead := r.plan.Ramp + r.plan.WarmUp
	for _, s := range slices.Backward(r.soak.Segments) {
		start := time.Duration(s.T * float64(time.Second))
		if at < start {
			continue
		}
		at -= start
		if at >= lead {
			at += time.Duration(s.Plan * float64(time.Second))
		}
		break
	}
	return at
}
