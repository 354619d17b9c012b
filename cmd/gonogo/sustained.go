package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/measure/journal"
	"gonogo/report"
	"gonogo/slo"
	"gonogo/soak"
)

const (
	drawnEvery      = 30 * time.Second // the run over time, for who watches
	checkpointEvery = time.Minute      // the state on disk
	heartbeatEvery  = time.Hour        // the event checkpoint
	keptEvents      = 8                // that whoever watches is shown
	stripCells      = 40
)

// sustained keeps a run of hours on the disk: its journal, its log, and its state
// for whoever looks. None of these can stop the run; what goes wrong is said once.
type sustained struct {
	folder    soak.Folder
	journal   *journal.Writer
	log       *soak.Log
	course    *course
	standing  *standing
	observers []soak.Observer
	breaches  *soak.Breaches // one of these
	guard     *guard         // another
	mask      func(string) string
	stop      func(reason string) // ends the run in good order
	say       func(string)
	ui        *ui

	mu    sync.Mutex // a signal, and what is renewed, come between two ticks
	state *soak.State
	live  soak.Live
	last  soak.Second
	waits []measure.Interval // for the journal
	wrong map[string]bool
	ended bool // what comes later is too late to be told

	sealed, told, line, drawn, saved, beat rhythm
}

// follow gives all that happens again and again its rhythm, from an instant of the
// run on.
func (s *sustained) follow(from time.Duration) {
	s.sealed, s.told = newRhythm(time.Second, from), newRhythm(time.Second, from)
	s.line, s.drawn = newRhythm(lineEvery, from), newRhythm(drawnEvery, from)
	s.saved, s.beat = newRhythm(checkpointEvery, from), newRhythm(heartbeatEvery, from)
}

// tick implements watcher.
func (s *sustained) tick(p pulse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = p.now
	for _, g := range p.now.Gaps {
		s.gap(g)
	}
	s.keep(p.now)
	for _, o := range s.observers {
		for _, e := range o.Observe(p.now) {
			s.happened(e)
		}
	}
	logs, tells := s.line.due(p.now.At), s.told.due(p.now.At)
	if s.drawn.due(p.now.At) {
		s.standing.read(func(of *soak.Standing) { s.live.Strip = soak.StripOf(of.Whole(), s.course.length(), stripCells) })
	}
	if s.saved.due(p.now.At) {
		s.checkpoint(p.tick)
	}
	if !logs && !tells {
		return
	}
	line := s.now(p)
	if logs {
		s.live.Log(s.log.Line(line))
	}
	if tells {
		s.tell(p, line)
	}
}

// now is what the log says now.
func (s *sustained) now(p pulse) (line soak.Line) {
	s.standing.read(func(of *soak.Standing) { line = of.Line() })
	line.At, line.Run, line.RSS = p.now.Wall, s.state.Run, p.tick.RSS
	return line
}

// A rhythm is what happens again and again on the run's time line, at multiples of a
// length.
type rhythm struct{ every, next time.Duration }

// newRhythm begins after an instant.
func newRhythm(every, from time.Duration) rhythm {
	return rhythm{every, from.Truncate(every) + every}
}

// due tells whether it is time, once each time. Several that were missed are one.
func (r *rhythm) due(at time.Duration) bool {
	if at < r.next {
		return false
	}
	r.next = at.Truncate(r.every) + r.every
	return true
}

// keep seals what a second brought. Examples of errors are masked: a target may send
// back what it was sent, and the journal stays.
func (s *sustained) keep(now soak.Second) {
	for _, i := range now.Intervals {
		i.Errors = slices.Clone(i.Errors)
		for g := range i.Errors {
			i.Errors[g].Example = s.mask(i.Errors[g].Example)
		}
		s.waits = append(s.waits, i)
	}
	if s.sealed.due(now.At) {
		s.seal()
	}
}

func (s *sustained) seal() {
	err := s.journal.Add(s.waits)
	s.waits = nil
	if err == nil {
		err = s.journal.Problem()
	}
	s.trouble("journal", err)
}

// trouble says once that something cannot be written, and once that it can again.
func (s *sustained) trouble(what string, err error) {
	if was := s.wrong[what]; was == (err != nil) {
		return
	}
	s.wrong[what] = err != nil
	e := soak.Event{Kind: what + "_working"}
	if err != nil {
		e.Kind, e.Fields = what+"_failing", []soak.Field{soak.Text("error", err.Error())}
		s.say(fmt.Sprintf("the run goes on, but: %v", err))
	} else {
		s.say(fmt.Sprintf("the %s is written again", what))
	}
	s.happened(e)
}

// failed tells the log what ended the run.
func (s *sustained) failed(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.happened(soak.Event{Kind: what + "_failing", Fields: []soak.Field{soak.Text("error", err.Error())}})
}

// gap notes that the instrument did not do its work for a while.
func (s *sustained) gap(g soak.Gap) {
	s.note(g.Event())
	s.happened(soak.Event{Kind: "gap", Fields: []soak.Field{
		soak.Text("why", string(g.Why)), soak.Text("length", g.Length.Round(time.Millisecond).String()), soak.Text("at", g.Start.Truncate(time.Second).String()),
	}})
}

func (s *sustained) note(e journal.Event) {
	if err := s.journal.Note(e); err != nil {
		s.trouble("journal", err)
	}
}

// happened tells an event to the log, to whoever watches and, where the report is to
// state it, to the journal.
func (s *sustained) happened(e soak.Event) {
	e.At, e.Run = time.Now(), s.state.Run
	if e.Elapsed == 0 {
		e.Elapsed = s.last.At
	}
	s.live.Log(s.log.Event(e))
	s.ui.say(e.String())
	s.live.Events = append(s.live.Events, e.At.UTC().Format("15:04:05Z ")+e.String())
	s.live.Events = s.live.Events[max(0, len(s.live.Events)-keptEvents):]
	if isStated(e.Kind) {
		s.note(journal.Event{Kind: journal.Kind(e.Kind), At: max(e.Elapsed, 1), Text: e.Detail()})
	}
	if e.Stop != "" {
		s.stop(e.Stop)
	}
}

// isStated tells which events a report states as such. The others are of a process
// that makes the run, or are its segments and gaps.
func isStated(kind string) bool {
	if strings.HasSuffix(kind, "_failing") || strings.HasSuffix(kind, "_working") {
		return false
	}
	return !slices.Contains([]string{
		"start", "resumed", "gap", "checkpoint", "stopping", "stopped", "ended",
		string(journal.Closed), string(soak.Segmented), string(soak.StallSeen), string(soak.ClockSeen), string(soak.StopSeen), string(journal.Suspended), string(journal.ClockJumped),
	}, kind)
}

// checkpoint writes down how the generator fares, which no journal knows.
func (s *sustained) checkpoint(t loadgen.Tick) {
	s.remember(soFar(s.course.plan, t.Instrument(), nil))
	if !s.beat.due(s.last.At) {
		return
	}
	s.happened(soak.Event{Kind: "checkpoint", Fields: []soak.Field{
		soak.Text("sealed", s.last.At.Truncate(time.Second).String()), soak.Text("journal", fmt.Sprintf("%dKiB", sizeOf(s.folder.Journal())>>10)),
	}})
}

// remember keeps the instrument of this segment, the last one, in the state.
func (s *sustained) remember(i instrument) {
	s.state.Instruments[len(s.state.Instruments)-1] = i.encoded()
	err := s.folder.Save(s.state)
	if err == nil {
		s.live.Saved = time.Now()
	}
	s.trouble("state", err)
}

// sizeOf is how many bytes the files in a folder have.
func sizeOf(dir string) (size int64) {
	files, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is right
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			size += info.Size()
		}
	}
	return size
}

// tell writes what whoever watches is shown.
func (s *sustained) tell(p pulse, line soak.Line) {
	l := &s.live
	l.Updated, l.Elapsed, l.Done = p.now.Wall, p.now.At.Seconds(), s.done(p.now).Seconds()
	l.Phase, l.Users, l.InFlight = p.now.Phase.String(), p.now.Users, p.now.InFlight
	l.Rate, l.OK, l.P50, l.P95, l.P99, l.Lag = line.Rate, line.OK, line.P50, line.P95, line.P99, line.Lag
	l.Verdict, l.RSS, l.Budget, l.Breached = line.Verdict, line.RSS, line.Budget, s.breaches.Open()
	s.standing.read(func(of *soak.Standing) { l.Forecast = of.Forecast() })
	l.Notes = l.Notes[:0]
	for _, o := range s.observers {
		if n, ok := o.(soak.Noter); ok && n.Note() != "" {
			l.Notes = append(l.Notes, n.Note())
		}
	}
	s.trouble("live", s.folder.Tell(l))
}

// done is how much of the plan is made, phases before the measure phase included.
func (s *sustained) done(now soak.Second) time.Duration {
	lead := s.course.plan.Ramp + s.course.plan.WarmUp
	return min(now.At-s.course.start, lead) + now.Measured
}

// stopping implements watcher.
func (s *sustained) stopping(grace time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.happened(soak.Event{Kind: "stopping", Fields: []soak.Field{soak.Text("grace", grace.String())}})
	s.state.Phase = soak.Stopping
	s.trouble("state", s.folder.Save(s.state))
}

// renewed tells what became of credentials.
func (s *sustained) renewed(kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(text)
	s.happened(soak.Event{Kind: "credentials", Fields: []soak.Field{soak.Text("state", kind)}})
}

// close implements watcher. The run is ended by end, when its result is known.
func (s *sustained) close() {}

// end closes the journal of a run that its engine has ended. An error means that
// the journal may not hold all of it.
func (s *sustained) end(i instrument, due time.Duration, early bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := journal.Ended
	if early {
		kind = journal.Stopped
	}
	if stop := s.guard.stop; stop != nil {
		text, _ := json.Marshal(stop) // texts and finite numbers
		s.note(journal.Event{Kind: soak.StopSeen, At: max(s.course.at(due), 1), Text: string(text)})
	}
	s.ended = true
	s.seal()
	s.note(journal.Event{Kind: kind, At: max(s.course.at(due), 1)})
	s.remember(i)
	return s.journal.Close()
}

// concluded writes down what came of the run: its report, or nil and why there is
// none.
func (s *sustained) concluded(r *report.Report, problem error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r == nil {
		r = &report.Report{ExitCode: exitFailure, Soak: &report.Soak{State: "ended"}}
	}
	st := s.state
	st.Phase, st.Verdict, st.Reasons, st.Exit, st.Files = soak.Ended, r.Verdict, r.Reasons, r.ExitCode, r.Files
	if problem != nil {
		st.Problem = problem.Error()
	}
	s.happened(soak.Event{Kind: r.Soak.State, Fields: []soak.Field{soak.Text("verdict", cmp.Or(r.Verdict, "none")), soak.Text("exit", fmt.Sprint(r.ExitCode))}})
	s.trouble("live", s.folder.Tell(&s.live))
	s.trouble("state", s.folder.Save(st))
	s.log.Close()
}

// observersOf are those who judge a run while it goes on. This is the place to add
// more: whatever they tell goes to the log, the journal and the report, and one that
// says Stop ends the run.
func observersOf(config measure.Config, objectives []slo.Objective, from soak.Second) (all []soak.Observer, breaches *soak.Breaches) {
	breaches = soak.NewBreaches(config, objectives, from)
	return []soak.Observer{breaches}, breaches
}
