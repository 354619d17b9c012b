package main

import (
	"fmt"
	"slices"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/slo/trigger"
	"gonogo/soak"
)

// A guard ends a run by its rules: those that abort it, and, where that is asked
// for, objectives that are sure to have failed. It judges only seconds of the measure
// phase that are settled. It is a soak.Observer.
type guard struct {
	names  []string // of steps and groups
	steps  int      // how many of them are steps
	limits []measure.Limit
	rules  []*trigger.Trigger
	fail   *trigger.Stopper // nil: objectives do not end the run
	next   int              // the first second that is not decided
	stop   *report.Stop     // why the run ends; nil: it goes on
}

// newGuard watches a run whose measure phase begins at start.
func newGuard(c *scenarios.Compiled, start time.Duration) (*guard, error) {
	g := &guard{names: names(&c.Plan), steps: len(c.Plan.Steps), limits: limitsOf(c), next: int(start / time.Second)}
	for _, a := range c.Aborts {
		o := trigger.Defaults()
		o.Start, o.Reading, o.OnNoData = start, a.Reading, trigger.OnNoDataIgnore // the objectives judge what was not seen
		o.Window = max(time.Second, min(o.Window, a.For/4).Truncate(time.Second)) // a short hold is not to take twice as long
		t, err := trigger.New(a.Rule, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Source, err)
		}
		g.rules = append(g.rules, t)
	}
	if !c.StopOnFail {
		return g, nil
	}
	o := trigger.StopDefaults()
	o.Start = start
	var err error
	g.fail, err = trigger.NewStopper(c.Objectives, o)
	return g, err
}

// resolve gives the rules that need one their baseline, a run's report: only then is
// it known what has to be counted for them.
func (o *loadOptions) resolve(c *scenarios.Compiled, std stdio) error {
	var baseline *report.Report
	if o.baseline != "" {
		var err error
		if baseline, err = readReport(o.baseline, std); err != nil {
			return usageError(fmt.Errorf("--baseline: %w", err))
		}
	}
	for i := range c.Aborts {
		a := &c.Aborts[i]
		rule, err := against(a.Rule, baseline)
		if err != nil {
			return usageError(fmt.Errorf("%s: %w", a.Source, err))
		}
		a.Rule = rule
	}
	return nil
}

// against gives a rule its baseline, where it needs one.
func against(r trigger.Rule, baseline *report.Report) (trigger.Rule, error) {
	if !r.NeedsBaseline() {
		return r, nil
	}
	if baseline == nil {
		return r, fmt.Errorf("%s: there is no baseline; give --baseline with the report of a run", r)
	}
	latency, err := baseline.Quantile(r.Target.Step, r.Target.Quantile.String())
	if err != nil {
		return r, fmt.Errorf("%s: %w", r, err)
	}
	return r.Against(trigger.Baseline{Latency: latency, Source: "run " + baseline.Run.ID}), nil
}

// counters are what the rules of a scenario have to have counted.
func counters(c *scenarios.Compiled) []trigger.Counter {
	var all []trigger.Counter
	for _, a := range c.Aborts {
		if counter, err := a.Rule.Counter(); err == nil {
			all = append(all, counter)
		}
	}
	if c.StopOnFail {
		if s, err := trigger.NewStopper(c.Objectives, trigger.StopDefaults()); err == nil {
			all = append(all, s.Counters()...)
		}
	}
	return all
}

// limitOf is the exact counter that a rule's is made of; false where that is of
// requests that were not ok, which are counted anyway.
func limitOf(c trigger.Counter, names []string) (measure.Limit, bool) {
	step := measure.AllSteps
	if c.Step != "" {
		step = slices.Index(names, c.Step)
	}
	return measure.Limit{Step: step, Latency: c.Latency, Inclusive: c.Inclusive}, c.Latency > 0
}

// Observe implements soak.Observer.
func (g *guard) Observe(s soak.Second) []soak.Event {
	if g.stop != nil {
		return nil
	}
	for i := range s.Intervals {
		if s.Intervals[i].Phase == measure.Measure {
			g.add(&s.Intervals[i])
		}
	}
	g.quiet(s.Settled)
	var events []soak.Event
	for _, t := range g.rules {
		for _, change := range t.Decide(s.Settled) {
			events = append(events, g.changed(t, change)...)
		}
	}
	if g.fail != nil && g.stop == nil {
		if stop := g.fail.Decide(s.Settled); stop != nil {
			events = append(events, g.end(stopOf(stop)))
		}
	}
	return events
}

// add counts an interval for every rule. What comes late, of a second that was
// decided, is left to the final judgement.
func (g *guard) add(i *measure.Interval) {
	for _, t := range g.rules {
		_ = t.Add(g.cell(i, t.Counter()))
	}
	if g.fail == nil {
		return
	}
	for _, c := range g.fail.Counters() {
		_ = g.fail.Add(c, g.cell(i, c))
	}
}

// quiet tells the rules that the seconds up to the instant were seen, although
// nothing may have been due in them.
func (g *guard) quiet(until time.Duration) {
	for ; time.Duration(g.next+1)*time.Second <= until; g.next++ {
		empty := &measure.Interval{Second: g.next, Over: make([]int64, len(g.limits))}
		g.add(empty)
	}
}

// cell is what the interval says of a counter.
func (g *guard) cell(i *measure.Interval, c trigger.Counter) trigger.Cell {
	limit, timed := limitOf(c, g.names)
	cell := trigger.Cell{Second: i.Second}
	add := func(counts *measure.Counts) {
		cell.Due += counts.Planned()
		cell.Bad += counts.Planned() - counts.OK()
	}
	for p := range i.Steps {
		if part := &i.Steps[p]; limit.Step == measure.AllSteps || limit.Step == part.Step {
			add(&part.Counts)
		}
	}
	for p := range i.Groups {
		if part := &i.Groups[p]; limit.Step == g.steps+part.Step {
			add(&part.Counts)
		}
	}
	if timed {
		cell.Bad = i.Over[slices.Index(g.limits, limit)]
	}
	return cell
}

// changed tells of a rule that fired, and of one that cannot tell.
func (g *guard) changed(t *trigger.Trigger, change trigger.Transition) []soak.Event {
	e := soak.Event{Kind: "rule", Elapsed: change.At, Fields: []soak.Field{
		soak.Text("rule", change.Rule), soak.Text("state", change.To.String()), soak.Text("why", change.Why),
	}}
	if change.Act != trigger.Fire {
		return []soak.Event{e}
	}
	return []soak.Event{e, g.end(report.Stop{Kind: report.StopAbort, At: change.At.Seconds(), Rule: change.Rule, Why: change.Why})}
}

// end ends the run.
func (g *guard) end(stop report.Stop) soak.Event {
	g.stop = &stop
	return soak.Event{
		Kind: stopEvent, Stop: stop.Reason(), Elapsed: time.Duration(stop.At * float64(time.Second)),
		Fields: []soak.Field{soak.Text("kind", stop.Kind), soak.Text("rule", stop.Rule), soak.Text("why", stop.Why)},
	}
}

// stopEvent is the kind of event that ends a run.
const stopEvent = "stop"

// stopOf is a Stopper's stop as the report tells it.
func stopOf(s *trigger.Stop) report.Stop {
	out := report.Stop{Kind: report.StopFailed, At: s.At.Seconds(), Rule: s.Claim, Why: s.Rule, Objective: s.Objective, Claim: s.Claim}
	if s.Protective {
		out.Kind, out.Rule = report.StopProtective, "protective"
		return out
	}
	out.P = &s.P
	if s.Bounds != nil {
		lo, hi := 100*s.Bounds.Lo, 100*s.Bounds.Hi
		out.Confidence = &report.Bounds{Lo: &lo, Hi: &hi, Confidence: s.Bounds.Confidence}
	}
	return out
}

// guarding lets a guard end a run of load, and says what its rules see.
type guarding struct {
	*guard
	say func(string)
	end func(reason string)
}

// tick implements watcher.
func (g *guarding) tick(p pulse) {
	for _, e := range g.Observe(p.now) {
		if e.Stop != "" {
			g.say("stopping: " + e.Stop)
			g.end(e.Stop)
			continue
		}
		g.say(e.Detail())
	}
}

func (*guarding) stopping(time.Duration) {}
func (*guarding) close()                 {}

var _ soak.Observer = (*guard)(nil)

// measuredFrom is when the measure phase of a plan begins.
func measuredFrom(p *loadgen.Plan) time.Duration { return p.Ramp + p.WarmUp }

// limitsOf are the exact counters that judging a scenario takes, at its end and
// while it runs.
func limitsOf(c *scenarios.Compiled) []measure.Limit {
	names := names(&c.Plan)
	all := slo.Limits(c.Objectives, names)
	for _, counter := range counters(c) {
		if limit, timed := limitOf(counter, names); timed && !slices.Contains(all, limit) {
			all = append(all, limit)
		}
	}
	return all
}
