package main

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/internal/machine"
	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/metrics"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/soak"
)

// A watcher hears how a run goes, once a second.
type watcher interface {
	tick(pulse)
	// stopping tells that a signal has come: the run drains now.
	stopping(grace time.Duration)
	close()
}

// A pulse is the state of a run at one second.
type pulse struct {
	now  soak.Second  // on the run's own time line
	tick loadgen.Tick // as the engine tells it
	run  string       // its name
	cpu  float64      // share of the processors in use; below 0: not known
}

// watchers are all who hear how a run goes.
type watchers struct {
	plan     *loadgen.Plan
	course   *course
	standing *standing // nil where nobody asks
	all      []watcher
	cpus     float64 // that there are to use
}

// newWatchers are those of a run that o asks for.
func newWatchers(c *scenarios.Compiled, o loadOptions, std stdio, guard *guarding) (*watchers, error) {
	w := &watchers{plan: &c.Plan, course: newCourse(&c.Plan), cpus: machine.Machine{}.CPUs(), all: []watcher{guard}}
	w.course.target = c.Secrets.Mask(targetsOf(&c.Plan))
	view := !o.quiet && hasView(std)
	if view || o.told != nil {
		w.standing = newStanding(c, w.course)
	}
	if !o.quiet {
		p := newProgress(w.course, std)
		if view {
			p.view = newView(std, w.standing)
		}
		w.all = append(w.all, p)
	}
	if o.told == nil {
		return w, nil
	}
	return w, w.tell(o.told, report.KindLoad)
}

// tell lets others hear of the run, which w.standing is of.
func (w *watchers) tell(t *telling, kind string) error {
	err := t.begin(w.plan, kind, w.standing)
	if err == nil {
		w.all = append(w.all, t)
	}
	return err
}

func (w *watchers) tick(t loadgen.Tick) {
	p := w.pulse(t)
	if w.standing != nil {
		w.standing.read(func(s *soak.Standing) { s.Observe(p.now) })
	}
	for _, each := range w.all {
		each.tick(p)
	}
}

// pulse adds what a watcher wants to know beside the tick.
func (w *watchers) pulse(t loadgen.Tick) pulse {
	return pulse{now: w.course.second(t), tick: t, run: cmp.Or(w.course.run, runID(t.Started)), cpu: t.CPU / w.cpus}
}

func (w *watchers) stopping(grace time.Duration) {
	for _, each := range w.all {
		each.stopping(grace)
	}
}

func (w *watchers) close() {
	for _, each := range w.all {
		each.close()
	}
}

// runID names a run by its start.
func runID(started time.Time) string { return started.UTC().Format("20060102_150405") }

// targetsOf are the servers that the plan's requests go to.
func targetsOf(p *loadgen.Plan) string {
	var all []string
	for _, step := range p.AllSteps() {
		u := step.Request.URL
		if name := u.Scheme + "://" + u.Host; !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, " ")
}

// standing is a soak.Standing that several goroutines ask.
type standing struct {
	mu sync.Mutex
	of *soak.Standing
}

func newStanding(c *scenarios.Compiled, at *course) *standing {
	config := (&loadgen.Engine{Plan: &c.Plan, Limits: limitsOf(c)}).Config()
	return &standing{of: soak.NewStanding(config, c.Objectives, at.planned, at.from())}
}

func (s *standing) read(fn func(*soak.Standing)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn(s.of)
}

// Objectives implements metrics.Standing.
func (s *standing) Objectives() []metrics.Objective {
	var judgements []slo.Judgement
	var budgets []soak.Budget
	s.read(func(s *soak.Standing) { judgements, budgets = s.Judge(), s.Budgets() })
	all := make([]metrics.Objective, len(judgements))
	for i, j := range judgements {
		all[i] = metrics.Objective{Name: j.Objective.Name, Status: string(j.Verdict)}
		for _, b := range budgets {
			if b.Objective == j.Objective.Name && !math.IsNaN(b.Left) {
				all[i].Left = &b.Left
			}
		}
	}
	return all
}

// A course is where an engine's run is on the whole run's own time line. They are
// the same, unless the run was interrupted or the machine slept.
type course struct {
	run      string        // its name; "": after the engine's start
	target   string        // in words
	planned  time.Duration // of the measure phase, of the whole run
	plan     *loadgen.Plan // what the engine performs of it
	start    time.Duration // of the engine
	measured time.Duration // of the measure phase before

	line *soak.Timeline // nil: the run's time stands still when the engine's does
}

func newCourse(p *loadgen.Plan) *course { return &course{planned: p.Measure, plan: p} }

// from is the second before the engine's first.
func (c *course) from() soak.Second { return soak.Second{At: c.start, Measured: c.measured} }

// length is how long the whole run takes, as far as it is known.
func (c *course) length() time.Duration { return c.start + c.plan.Length() }

// at turns an instant of the engine.
func (c *course) at(engine time.Duration) time.Duration {
	if c.line == nil {
		return engine
	}
	return c.line.At(engine)
}

// second turns what the engine tells.
func (c *course) second(t loadgen.Tick) soak.Second {
	s := soak.Second{
		At: t.At, Wall: time.Now(), Phase: t.Phase, Users: t.Users, InFlight: t.InFlight,
		Measured: c.measured + min(max(0, t.At-measuredFrom(c.plan)), c.plan.Measure), Intervals: t.Intervals, Settled: c.at(t.Settled),
	}
	if c.line == nil {
		return s
	}
	for _, j := range t.Jolts {
		s.Gaps = append(s.Gaps, c.gap(j))
	}
	s.At = c.line.At(t.At)
	s.Intervals = make([]measure.Interval, len(t.Intervals))
	for i := range t.Intervals {
		s.Intervals[i] = c.line.Interval(t.Intervals[i])
	}
	return s
}

// gap is what a jolt means for the run. It ended before the engine noticed it.
func (c *course) gap(j loadgen.Jolt) soak.Gap {
	g := soak.Gap{Why: soak.ClockSet, Start: c.line.At(j.At), Length: j.Length}
	switch j.Kind {
	case loadgen.Stalled:
		g.Why, g.Start = soak.Stalled, g.Start-j.Length
	case loadgen.Suspended:
		g.Why, g.Start = soak.Slept, c.line.Sleep(j.At, j.Length)
	}
	return g
}
