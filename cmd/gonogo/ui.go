package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/report/live"
	"gonogo/scenarios"
	"gonogo/slo/compare"
	"gonogo/soak"
)

// errStopped ends a run that somebody stopped on its live page.
var errStopped = errors.New("stopped on the live page")

// A ui is the live page of a command. A nil one shows nothing: none was asked for.
type ui struct{ page *live.Page }

// openUI serves the live page that o asks for, until closed is called. The context ends
// when somebody stops the run there.
func (o *loadOptions) openUI(ctx context.Context, kind string, std stdio) (_ context.Context, closed func(), err error) {
	if o.uiAddress == "" {
		return ctx, func() {}, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	page, err := live.Open(o.uiAddress, live.Options{Kind: kind, Stop: func() { cancel(errStopped) }})
	if err != nil {
		cancel(nil)
		return ctx, nil, usageError(fmt.Errorf("--ui: %w", err), "choose another address, or port 0 for a free one; 127.0.0.1 is for this machine only")
	}
	fmt.Fprintf(std.err, "gonogo: live page at %s\n", page.URL())
	o.ui = &ui{page}
	return ctx, func() {
		page.Close()
		cancel(nil)
	}, nil
}

// say adds to the log of events.
func (u *ui) say(text string) {
	if u != nil {
		u.page.Say(text)
	}
}

// ended shows the report.
func (u *ui) ended(r *report.Report) {
	if u != nil {
		u.page.End(r)
	}
}

// follow adds the live page to those who hear of the run, if there is one. before is
// what earlier segments left behind.
func (w *watchers) follow(u *ui, about report.Run, config measure.Config, before *measure.Summary, record sofar) {
	if u == nil {
		return
	}
	f := &followed{
		page: u.page, course: w.course, record: record, every: newRhythm(instrumentEvery, w.course.start),
		run: live.Run{
			ID: about.ID, Scenario: about.Scenario, Target: about.Target, Load: about.Load,
			Length: w.course.length(), From: w.course.start, Config: config, Before: before,
		},
	}
	if w.plan.Against != nil {
		against := config
		against.Steps = nil
		for _, s := range w.plan.Against {
			against.Steps = append(against.Steps, s.Name)
		}
		f.run.Against = &against
	}
	w.all = append(w.all, f)
}

// followLoad is the same of a run of load.
func (w *watchers) followLoad(u *ui, c *scenarios.Compiled, client *client, r *renewer, o compare.Options) error {
	if u == nil {
		return nil
	}
	about, err := runOf(c, client, time.Now())
	if err != nil {
		return err
	}
	config := (&loadgen.Engine{Plan: &c.Plan, Limits: limitsOf(c)}).Config()
	w.follow(u, about, config, nil, loadSofar(c, client, r.mask, o))
	return nil
}

// followSoak is the same of a sustained run. What earlier segments left behind is read
// once more: the page changes its own.
func (w *watchers) followSoak(u *ui, a *attempt) error {
	if u == nil {
		return nil
	}
	record, err := a.soakSofar()
	if err != nil {
		return err
	}
	var before *measure.Summary
	if a.past != nil {
		past, err := soak.Read(a.folder.Journal())
		if err != nil {
			return err
		}
		before = past.All
	}
	o, err := outlineOf(&a.header)
	if err != nil {
		return err
	}
	w.follow(u, o.Run, a.header.Config, before, record)
	return nil
}

// instrumentEvery is how often a page that nobody looks at asks how the generator fares.
const instrumentEvery = 10 * time.Second

// followed tells a live page how a run goes. It is a watcher.
type followed struct {
	page   *live.Page
	course *course
	run    live.Run
	record sofar

	begun      bool
	gaps       []soak.Gap // all so far
	instrument loadgen.Instrument
	every      rhythm
}

// tick implements watcher.
func (f *followed) tick(p pulse) {
	if !f.begun {
		f.begun, f.run.ID = true, p.run
		f.page.Begin(f.run)
	}
	f.gaps = append(f.gaps, p.now.Gaps...)
	p.now.Gaps = slices.Clip(f.gaps)
	if f.every.due(p.now.At) || f.page.Watched() {
		f.instrument = p.tick.Instrument()
	}
	f.page.Pulse(f.pulse(p))
}

func (f *followed) pulse(p pulse) live.Pulse {
	out := live.Pulse{
		At: p.now.At, Phase: p.now.Phase.String(), InFlight: p.now.InFlight, CPU: p.cpu, Memory: p.tick.RSS,
		Intervals: p.now.Intervals, Against: p.tick.Against,
	}
	if f.course.plan.Closed != nil {
		out.Users = new(p.now.Users)
	} else {
		out.Arrivals = new(f.course.plan.RateAt(p.tick.At))
	}
	instrument := f.instrument
	out.Report = func(of, against *measure.Summary) (*report.Report, error) {
		r, err := f.record(p, instrument, of, against)
		if err != nil {
			return nil, err
		}
		return glanceOf(r)
	}
	return out
}

// stopping implements watcher.
func (f *followed) stopping(time.Duration) { f.page.Stopping() }

// close implements watcher. The page goes on until the report is there.
func (f *followed) close() { f.page.Say("all requests have ended; the report is being made") }
