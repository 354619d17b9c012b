package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gonogo/internal/machine"
	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/measure/journal"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/soak"
)

// An attempt is what one process makes of a sustained run: a segment of it.
type attempt struct {
	c      *scenarios.Compiled // the whole plan
	client *client
	o      soakOptions
	std    stdio

	folder soak.Folder
	header journal.Header
	state  *soak.State
	past   *soak.Past // what there is of the run already; nil: nothing

	plan    loadgen.Plan // what is left
	course  *course
	renewer *renewer
	told    *telling // who else hears of it; nil: nobody asked
	keeper  *sustained

	// What tests on a virtual clock replace.
	tune   func(*loadgen.Engine)
	reopen func(fn func()) (stop func())
}

func newAttempt(c *scenarios.Compiled, o soakOptions, std stdio) *attempt {
	return &attempt{c: c, o: o, std: std, tune: func(*loadgen.Engine) {}, reopen: onReopen}
}

// prepare looks whether the load can be made at all.
func (a *attempt) prepare(ctx context.Context) (err error) {
	switch soak.Format(a.o.logFormat) {
	case soak.Logfmt, soak.JSON:
	default:
		return usageError(fmt.Errorf("--log-format: %q is neither logfmt nor json", a.o.logFormat))
	}
	if a.told, err = a.o.load.metrics.telling(a.c, a.std); err != nil {
		return err
	}
	if err := checkFolder(a.o.load.outDir); err != nil {
		return err
	}
	a.client, err = prepare(ctx, a.c, a.std)
	return err
}

// stateOf is the state of a run that begins.
func stateOf(h *journal.Header, run report.Run, objectives []slo.Objective, o soakOptions) *soak.State {
	log := cmp.Or(o.logFile, filepath.Join(o.load.outDir, soakLog))
	return &soak.State{
		Run: run.ID, Scenario: run.Scenario, Target: run.Target, Load: run.Load,
		Started: run.StartedAt, Length: h.Planned.Seconds(), Log: whole(log), OutDir: whole(o.load.outDir), Format: soak.Format(o.logFormat),
		Limits: soak.LimitsOf(objectives),
	}
}

// whole is the path from the root on, where that can be told: whoever reads it may
// be elsewhere.
func whole(path string) string {
	if all, err := filepath.Abs(path); err == nil {
		return all
	}
	return path
}

// perform makes the load, and reports from the journal.
func (a *attempt) perform(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer a.c.Tokens.Close()
	defer a.told.end() // the report is more important
	if err := before(ctx, a.c, &a.c.Plan); err != nil {
		if a.past == nil {
			_ = os.RemoveAll(string(a.folder)) // we have just made it
		}
		return err
	}
	watchers, err := a.open(func(reason string) { cancel(errors.New(reason)) })
	if err != nil {
		return err
	}
	defer a.reopen(a.keeper.log.Reopen)()
	a.announce(ctx)
	engine := &loadgen.Engine{Plan: &a.plan, Protocol: a.client, Limits: limitsOf(a.c), Each: watchers.tick}
	a.tune(engine)
	result := attended(ctx, engine, a.client, watchers, a.renewer)
	after(ctx, a.c, &a.plan, a.std)
	if result.Trouble != nil {
		a.say("the load could not be made: " + result.Trouble.Error())
		a.keeper.failed("load", result.Trouble)
	}
	unkept := a.keeper.end(inAll(&a.plan, result, connectionFigures(a.client.Counts())), result.Due, result.StoppedEarly)
	return a.conclude(ctx, unkept)
}

// open opens all that the run writes to, and finds who hears of it. Where that cannot
// be done, a new run leaves no folder behind.
func (a *attempt) open(stop func(reason string)) (w *watchers, err error) {
	defer func() {
		if err != nil && a.past == nil {
			_ = os.RemoveAll(string(a.folder)) // we have just made it
		}
	}()
	log, err := soak.OpenLog(a.state.Log, a.state.Format, a.say)
	if err != nil {
		return nil, usageError(err, "choose another --log-file")
	}
	writer, err := a.journal()
	if err != nil {
		log.Close()
		return nil, usageError(err)
	}
	if err = a.lay(writer, log, stop); err == nil {
		w, err = a.watchers()
	}
	if err != nil {
		_ = writer.Close() // it is as empty as before
		log.Close()
	}
	return w, err
}

// journal begins the run's journal, or goes on with it.
func (a *attempt) journal() (*journal.Writer, error) {
	if a.past == nil {
		return journal.Create(a.folder.Journal(), a.header)
	}
	w, _, err := journal.Open(a.folder.Journal(), a.header)
	return w, err
}

// lay finds where on the run's time line this segment begins, and who hears of it.
func (a *attempt) lay(w *journal.Writer, log *soak.Log, stop func(string)) error {
	made, start, segment := time.Duration(0), time.Duration(0), 0
	if a.past != nil {
		made, segment = a.past.Plan(), len(a.past.Segments)
		start = max(time.Since(a.header.Started), time.Duration(a.past.Second+1)*time.Second)
		start = start.Truncate(time.Second) + time.Second
	}
	a.plan = remaining(a.c.Plan, made, segment)
	a.course = &course{
		run: a.state.Run, target: a.state.Target, planned: a.c.Plan.Measure, plan: &a.plan,
		start: start, measured: made, line: soak.NewTimeline(start),
	}
	guard, err := newGuard(a.c, start+measuredFrom(&a.plan))
	if err != nil {
		return usageError(err)
	}
	standing := &standing{of: soak.NewStanding(a.header.Config, a.c.Objectives, a.c.Plan.Measure, a.course.from())}
	if a.past != nil {
		standing.of.Restore(a.past.All)
		a.past.Judged, a.past.All = nil, nil // one of them is enough for a day
	}
	observers, breaches := observersOf(a.header.Config, a.c.Objectives, a.course.from())
	observers = append(observers, guard)
	a.state.Process, a.state.Phase, a.state.Stop = soak.Self(), soak.Running, stopSignal()
	a.state.Instruments = append(a.state.Instruments, instrument{}.encoded())
	a.keeper = &sustained{
		folder: a.folder, journal: w, log: log, course: a.course, standing: standing,
		observers: observers, breaches: breaches, guard: guard, stop: stop, say: a.say, ui: a.o.load.ui,
		state: a.state, last: a.course.from(), wrong: map[string]bool{},
	}
	a.keeper.follow(start)
	a.renewer = newRenewer(a.c, a.client, a.keeper.renewed)
	a.keeper.mask = a.renewer.mask
	return nil
}

// stopSignal names the signal that ends this process in good order: under & in a
// script SIGINT is ignored.
func stopSignal() string {
	for _, s := range heeded() {
		switch s {
		case os.Interrupt:
			return "INT"
		case syscall.SIGTERM:
			return "TERM"
		}
	}
	return ""
}

func (a *attempt) watchers() (*watchers, error) {
	w := &watchers{plan: &a.plan, course: a.course, standing: a.keeper.standing, all: []watcher{a.keeper}, cpus: machine.Machine{}.CPUs()}
	if !a.o.load.quiet && hasView(a.std) { // elsewhere the log says it
		p := newProgress(a.course, a.std)
		p.view = newView(a.std, w.standing)
		w.all = append(w.all, p)
	}
	if err := w.followSoak(a.o.load.ui, a); err != nil {
		return nil, usageError(err)
	}
	if a.told == nil {
		return w, nil
	}
	return w, w.tell(a.told, report.KindSoak)
}

// announce tells that the load begins, on a whole second of the run's time line.
func (a *attempt) announce(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(a.course.start - time.Since(a.header.Started)):
	}
	k := a.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	k.note(soak.Begin{Plan: a.course.measured, PID: os.Getpid()}.Event(a.course.start))
	e := soak.Event{Kind: "start", Elapsed: a.course.start, Fields: []soak.Field{soak.Text("load", a.state.Load), soak.Text("target", a.state.Target)}}
	if a.past != nil {
		e.Kind = "resumed"
		away := time.Since(a.past.Wall).Truncate(time.Second)
		e.Fields = append(e.Fields, soak.Text("away", away.String()), soak.Text("plan", a.course.measured.String()))
	}
	k.happened(e)
	k.trouble("state", a.folder.Save(a.state))
	k.trouble("state", a.folder.Tell(&k.live))
	if !a.o.load.quiet {
		fmt.Fprintf(a.std.err, "gonogo: run %s, %s%s; log %s\n", a.state.Run, a.state.Load, a.since(), a.state.Log)
	}
	if len(a.c.Objectives) == 0 { // better said now than after a day
		a.say("warning: no objective is set, so there will be no verdict but INCONCLUSIVE: give one, as --slo 'p95 < 200ms'")
	}
}

// since says from where in the plan a run goes on.
func (a *attempt) since() string {
	if a.past == nil {
		return ""
	}
	return ", resumed at " + short(a.course.measured) + " of it"
}

func (a *attempt) say(text string) { fmt.Fprintf(a.std.err, "gonogo: %s\n", text) }

// conclude reports from the journal, as whoever comes later does. What the journal
// could not keep is a gap from its last second on: the report must not look better
// for it.
func (a *attempt) conclude(ctx context.Context, unkept error) error {
	r, series, err := a.report(unkept)
	if err != nil {
		a.keeper.concluded(nil, err)
		return failure(err, "gonogo report --from-journal "+string(a.folder)+" may say more")
	}
	a.told.decided(r)
	ended := finish(ctx, r, series, a.o.load, a.std)
	if unkept != nil {
		ended = failure(unkept)
	}
	a.keeper.concluded(r, unkept)
	return ended
}

func (a *attempt) report(unkept error) (*report.Report, []measure.Bucket, error) {
	past, err := soak.Read(a.folder.Journal())
	if err != nil {
		return nil, nil, err
	}
	made, err := recordOfPast(past, a.folder, a.state, time.Now())
	if err != nil {
		return nil, nil, err
	}
	if unkept != nil {
		made.unkept(unkept)
	}
	made.mask = a.renewer.mask
	r, err := made.report()
	return r, past.Judged.Series(), err
}
