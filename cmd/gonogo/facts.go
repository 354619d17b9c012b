package main

import (
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo/validity"
)

// facts are what judging the validity of a run needs beside its measurements.
func facts(p *loadgen.Plan, r *loadgen.Result) validity.Facts {
	f := validity.Facts{
		Measure: p.Measure, Measured: r.Measured, StoppedEarly: r.StoppedEarly, Issued: r.Issued,
		Departures: departures(r.Departures), Health: health(r.Health), MayRest: p.MayRest(),
	}
	if r.Through { // no more was planned than what was done
		f.Measure = r.Measured
	}
	if f.Planned = p.Expected(measure.Measure); f.Planned == 0 {
		return f
	}
	f.Poisson = p.IsRandom()
	for _, phase := range []measure.Phase{measure.Ramp, measure.WarmUp} {
		if n := p.Expected(phase); n > 0 && r.Due > p.Ramp+p.WarmUp {
			f.Phases = append(f.Phases, validity.PhasePlan{Phase: phase, Arrivals: n})
		}
	}
	return f
}

func departures(d *loadgen.Departures) *validity.Departures {
	if d == nil {
		return nil
	}
	return &validity.Departures{
		Arrivals: d.Late.Count(), Late: d.Late.Quantile(0.99),
		Gaps: d.Gaps, Left: d.Left, Drawn: d.Drawn, Scale: d.Scale,
		Cells: d.Cells, Worst: validity.Cell(d.Worst),
	}
}

func health(h *loadgen.Health) *validity.Health {
	if h == nil {
		return nil
	}
	return &validity.Health{
		CPU: h.CPU, CPUs: h.CPUs, Scheduling: h.Scheduling, GC: h.GC,
		Stalls: jolts(h, loadgen.Stalled), Sleeps: jolts(h, loadgen.Suspended), Steps: jolts(h, loadgen.Stepped),
	}
}

// jolts are those of a kind that may have touched what was measured.
func jolts(h *loadgen.Health, kind loadgen.JoltKind) []validity.Jolt {
	var all []validity.Jolt
	for _, j := range h.Jolts {
		if j.Kind == kind && j.Measured {
			all = append(all, validity.Jolt{At: j.At, Length: j.Length})
		}
	}
	return all
}

// generator is the same for the report.
func generator(r *loadgen.Result) *report.Generator {
	h := r.Health
	if h == nil {
		return nil
	}
	g := &report.Generator{
		CPU: told(100*h.CPU/h.CPUs, h.CPU >= 0), PeakCPU: told(100*h.PeakCPU/h.CPUs, h.PeakCPU >= 0), CPUs: h.CPUs,
		SchedP99: told(milliseconds(h.Scheduling), h.Scheduling >= 0), GCP99: told(milliseconds(h.GC), h.GC >= 0),
		RSSMax: told(h.MaxRSS, h.MaxRSS >= 0), PortsFree: told(int64(h.FreePorts), h.FreePorts >= 0),
		Stalls: h.Jolted[loadgen.Stalled], Sleeps: h.Jolted[loadgen.Suspended], ClockSteps: h.Jolted[loadgen.Stepped],
		Jolts: []report.Jolt{}, Timer: r.Timer,
	}
	for _, j := range h.Jolts {
		g.Jolts = append(g.Jolts, report.Jolt{Kind: j.Kind.String(), T: j.At.Seconds(), Length: milliseconds(j.Length), Measured: j.Measured})
	}
	return g
}

// told returns nil for what the system did not tell.
func told[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
