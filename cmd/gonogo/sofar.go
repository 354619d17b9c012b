package main

import (
	"slices"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/slo/compare"
	"gonogo/soak"
)

// sofar makes the record of a run up to a pulse, whose gaps are all that there were.
// What was measured until then is in the two summaries; the second is of the other
// target, nil where there is none. It looks at nothing that changes while the run goes
// on: another goroutine calls it.
type sofar func(p pulse, i loadgen.Instrument, of, against *measure.Summary) (*record, error)

// glanceOf is the report of a run that goes on.
func glanceOf(r *record) (*report.Report, error) {
	r.unfinished = "the run goes on: this is how it stands"
	return r.as(report.Glance)
}

// seen is until when the summaries of a live page hold what was due, and how much of the
// measure phase that is: the second that goes on is not in them.
func seen(p pulse) (at, measured time.Duration) {
	at = p.now.At.Truncate(time.Second)
	if p.now.Phase != measure.Measure {
		return at, p.now.Measured
	}
	return at, max(0, p.now.Measured-(p.now.At-at))
}

// loadSofar is the record of a run of load while it goes on.
func loadSofar(c *scenarios.Compiled, client *client, mask func(string) string, o compare.Options) sofar {
	plan, limits := &c.Plan, limitsOf(c)
	return func(p pulse, i loadgen.Instrument, s, against *measure.Summary) (*record, error) {
		at, measured := seen(p)
		result := &loadgen.Result{
			Summary: s, Against: against, Started: p.tick.Started, Length: at, Due: min(at, plan.Length()),
			Measured: measured, Departures: i.Departures, Health: i.Health,
		}
		made, err := recordOf(c, client, limits, result)
		if err != nil {
			return nil, err
		}
		made.mask = mask
		made.facts.Measure, made.facts.Phases = made.facts.Measured, nil // what is to come is not missing
		if made.facts.Planned > 0 {
			made.facts.Planned = arrivalsIn(plan, measured)
		}
		made.take(c, result, o)
		return made, nil
	}
}

// soakSofar is the record of a sustained run while it goes on.
func (a *attempt) soakSofar() (sofar, error) {
	o, err := outlineOf(&a.header)
	if err != nil {
		return nil, err
	}
	before := soak.Past{Header: &a.header}
	if a.past != nil {
		before = *a.past
		before.Judged, before.All = nil, nil
	}
	return func(p pulse, i loadgen.Instrument, s, _ *measure.Summary) (*record, error) {
		past := a.with(before, p)
		past.Judged, past.All = s, s
		at := soFar(&a.plan, i, connectionFigures(a.client.Counts()))
		r := &record{
			run: o.Run, objectives: o.Objectives, limits: a.header.Config.Limits,
			summary: s, judged: slo.RunOf(s, past.Measured), facts: factsOfPast(past, o, at), phases: spansOfPast(past),
			connections: at.Connections, soak: soakOf(past, a.folder, "running"), plan: &o.Plan, drift: o.Drift,
			mask: a.renewer.mask,
		}
		r.judgements = r.judged.Judge(r.objectives)
		r.run.EndedAt = p.now.Wall.UTC()
		r.facts.Measure, r.facts.StoppedEarly = r.facts.Measured, false // what is to come is not missing
		if i.Health != nil {
			r.generator = generator(&loadgen.Result{Health: i.Health})
		}
		return r, nil
	}, nil
}

// with is the run with what this process has made of it, up to a pulse.
func (a *attempt) with(before soak.Past, p pulse) *soak.Past {
	at, measured := seen(p)
	from := a.course.start + measuredFrom(&a.plan)
	now := soak.Segment{
		Start: a.course.start, Plan: a.course.measured, Wall: a.header.Started.Add(a.course.start),
		Measured: soak.Span{From: from, To: max(from, at)},
	}
	past := before
	past.Gaps = slices.Clone(before.Gaps)
	if n := len(before.Segments); n > 0 && now.Plan > 0 {
		end := before.Segments[n-1].Measured.To
		past.Gaps = append(past.Gaps, soak.Gap{Why: soak.Interrupted, Start: end, Length: from - end, Plan: now.Plan})
	}
	for _, g := range p.now.Gaps {
		if g.Start+g.Length >= from {
			past.Gaps = append(past.Gaps, g)
		}
		if g.Why == soak.Slept && g.Start >= from {
			now.Slept += g.Length.Round(time.Second)
		}
	}
	past.Segments = append(slices.Clone(before.Segments), now)
	past.Measured, past.AllMade = measured, measured
	past.Excluded = 0
	return &past
}
