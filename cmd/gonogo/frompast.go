package main

import (
	"encoding/json"
	"fmt"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo"
	"gonogo/slo/validity"
	"gonogo/soak"
)

// recordOfPast is the record of a sustained run from its journal, whether the run
// has ended, died or goes on. The state says how the generator fared; without it the
// measurement did not prove itself.
func recordOfPast(p *soak.Past, folder soak.Folder, state *soak.State, now time.Time) (*record, error) {
	o, err := outlineOf(p.Header)
	if err != nil {
		return nil, err
	}
	inst, missing := instrumentsOf(p, state)
	r := &record{
		run: o.Run, objectives: o.Objectives, limits: p.Header.Config.Limits,
		summary: p.Judged, judged: slo.RunOf(p.Judged, p.Measured), judgements: p.Judge(o.Objectives),
		facts: factsOfPast(p, &o.Plan, inst), phases: spansOfPast(p), connections: inst.Connections,
		stoppedEarly: !p.Ended, soak: soakOf(p, folder, conditionOf(p, folder, state, now)),
		plan: &o.Plan, drift: o.Drift,
		mask: func(text string) string { return text }, // it was masked before it was kept
	}
	if p.EndedBy != "" {
		if err := json.Unmarshal([]byte(p.EndedBy), &r.stop); err != nil {
			return nil, fmt.Errorf("read what ended the run: %w", err)
		}
	}
	switch r.soak.State {
	case "running":
		r.unfinished = "the run goes on: this is how it stands"
	case "died":
		r.unfinished = "the run died: gonogo soak --resume goes on with it"
	}
	r.run.EndedAt = p.Wall.UTC()
	if inst.Health != nil {
		r.generator = generator(&loadgen.Result{Health: inst.Health, Timer: inst.Timer})
	}
	r.checks = append(r.checks, p.Checks()...)
	if missing {
		r.checks = append(r.checks, validity.Check{
			Name: "instrument", Measured: "not known of every segment", Limit: "known of all",
			Reason: "how the generator fared was not kept, so nothing proves that the figures are the target's",
			Remedy: "keep run.json beside the journal",
		})
	}
	return r, nil
}

// unkept notes that the journal lost what came last.
func (r *record) unkept(err error) {
	r.checks = append(r.checks, validity.Check{
		Name: "journal", Measured: "not all that was measured is in it", Limit: "all of it",
		Reason: "what is missing may be the worst of the run: " + err.Error(),
		Remedy: "free the disk, or choose another --out-dir, and measure again",
	})
}

// instrumentsOf is how the generator fared in all segments together, and whether
// that is missing for some.
func instrumentsOf(p *soak.Past, state *soak.State) (sum instrument, missing bool) {
	var all []instrument
	if state != nil {
		for _, text := range state.Instruments {
			var i instrument
			if json.Unmarshal(text, &i) != nil {
				missing = true
			}
			all = append(all, i)
		}
	}
	n := len(p.Segments)
	missing = missing || len(all) < n
	all = append(all, make([]instrument, max(0, n-len(all)))...)[:n]
	for i := range all {
		// One that lived for less than a checkpoint made no more than what is left out.
		missing = missing || all[i].Health == nil && p.Segments[i].Made() > 2*checkpointEvery
	}
	if n == 0 {
		return instrument{}, false
	}
	return together(all, p.Segments), missing
}

// factsOfPast are what judging the validity needs beside the measurements. Stalls,
// sleeps and clocks that were set are gaps here, which soak.Past.Check judges.
func factsOfPast(p *soak.Past, plan *loadgen.Plan, i instrument) validity.Facts {
	f := validity.Facts{
		Measure: p.Header.Phases[measure.Measure] - p.Excluded, Measured: p.Measured, StoppedEarly: !p.Ended,
		Issued: i.Issued, Departures: i.Departures, Health: health(i.Health),
	}
	if f.Health != nil {
		f.Health.Stalls, f.Health.Sleeps, f.Health.Steps = nil, nil, nil
	}
	if plan.Open != nil {
		f.Planned, f.Poisson = i.Arrivals, plan.Open.Poisson
	}
	return f
}

// spansOfPast are the phases, each as long as it was in all segments together. What
// is excluded was sent at full load and not judged, as a warm-up is.
func spansOfPast(p *soak.Past) []report.Span {
	ramp, warm := p.Header.Phases[measure.Ramp], p.Header.Phases[measure.WarmUp]
	n := time.Duration(len(p.Segments))
	var all []report.Span
	for _, s := range []report.Span{
		{Phase: measure.Ramp, Length: n * ramp},
		{Phase: measure.WarmUp, Start: ramp, Length: n*warm + p.Excluded},
		{Phase: measure.Measure, Start: ramp + warm, Length: p.Measured},
	} {
		if s.Length > 0 {
			all = append(all, s)
		}
	}
	return append(all, besides(p.Judged)...)
}

// conditionOf is what is true of the run now.
func conditionOf(p *soak.Past, folder soak.Folder, state *soak.State, now time.Time) string {
	switch {
	case p.Ended:
		return "ended"
	case p.Stopped:
		return "stopped"
	case state == nil:
		return "died"
	}
	live, _ := folder.Live() // nothing is told: nothing is known
	if c := state.Condition(live, now); c == soak.Lives || c == soak.Elsewhere {
		return "running"
	}
	return "died"
}

// soakOf is what the report says beside the figures.
func soakOf(p *soak.Past, folder soak.Folder, state string) *report.Soak {
	s := &report.Soak{
		Journal: folder.Journal(), State: state,
		Made: p.AllMade.Seconds(), Planned: p.Header.Phases[measure.Measure].Seconds(),
		Excluded: p.Excluded.Seconds(), Missing: 100 * p.Missing(),
		Segments: []report.SoakSegment{}, Gaps: []report.SoakGap{}, Events: []report.SoakEvent{}, Damage: []string{},
	}
	started := p.Header.Started.UTC()
	for i, seg := range p.Segments {
		row := report.SoakSegment{T: seg.Start.Seconds(), StartedAt: started.Add(seg.Start), Plan: seg.Plan.Seconds(), Made: seg.Made().Seconds(), End: seg.End}
		if !seg.Ended.IsZero() {
			row.EndedAt = new(seg.Ended.UTC())
		}
		if row.End == "" {
			row.End = "died"
			if i == len(p.Segments)-1 && state == "running" {
				row.End = state
			}
		}
		s.Segments = append(s.Segments, row)
	}
	for _, g := range p.Gaps {
		s.Gaps = append(s.Gaps, report.SoakGap{
			Why: string(g.Why), T: g.Start.Seconds(), At: started.Add(g.Start), Length: g.Length.Seconds(), Plan: g.Plan.Seconds(),
		})
	}
	const most = 200
	for _, e := range p.Events {
		if isStated(string(e.Kind)) && len(s.Events) < most {
			s.Events = append(s.Events, report.SoakEvent{At: e.Wall.UTC(), T: e.At.Seconds(), Kind: string(e.Kind), Text: e.Text})
		}
	}
	for _, d := range p.Damage {
		if !d.Lossless {
			s.Damage = append(s.Damage, d.String())
		}
	}
	return s
}

// reportFromJournal makes the report of a run from its folder alone.
func reportFromJournal(dir string, now time.Time) (*report.Report, []measure.Bucket, error) {
	folder, err := newestRun(dir)
	if err != nil {
		return nil, nil, err
	}
	past, err := soak.Read(folder.Journal())
	if err != nil {
		return nil, nil, err
	}
	state, _ := folder.State() // missing: the report says what that means
	made, err := recordOfPast(past, folder, state, now)
	if err != nil {
		return nil, nil, err
	}
	r, err := made.report()
	return r, past.Judged.Series(), err
}
