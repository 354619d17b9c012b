package main

import (
	"time"

	"gonogo/internal/terminal"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo"
	"gonogo/soak"
)

// nowSeconds is how many of the last seconds the figures of the view are about.
const nowSeconds = 3

// A view draws on a terminal how a run goes. Ticks hand it what there is to see; a
// goroutine of its own draws that, so that a terminal that takes nothing for a while
// holds up nobody.
type view struct {
	screen   *terminal.Stream
	colour   bool
	standing *standing

	recent [nowSeconds]second // a ring
	ticks  int
	counts measure.Counts // since the start
	trail  trail

	frames chan *report.View // the newest frame that is not drawn yet; nil before the first
	drawn  chan struct{}     // closed when the goroutine has ended
}

// A second is what one tick brought, and how long it was.
type second struct {
	at, length time.Duration
	figures    measure.Figures
}

// hasView tells whether stderr takes a view.
func hasView(std stdio) bool {
	_, ok := std.err.(*terminal.Stream)
	return ok && terminal.IsAnimated(std.env, terminal.Of(std.err))
}

// newView returns that of a run whose standing is kept. hasView has to be true.
func newView(std stdio, s *standing) *view {
	return &view{screen: std.err.(*terminal.Stream), colour: wantsColour(std, std.err), standing: s}
}

// show takes a second, and tells whether the screen is ours to draw on.
func (v *view) show(p *progress, of pulse, figures *measure.Figures) bool {
	v.take(of.now.At-p.course.start, figures)
	if !v.screen.IsOurs() {
		return false
	}
	if v.frames == nil {
		v.frames, v.drawn = make(chan *report.View, 1), make(chan struct{})
		go v.draw()
	}
	select {
	case <-v.frames: // it is too old already
	default:
	}
	v.frames <- v.frame(p, of)
	return true
}

// take adds a second that ended at an instant.
func (v *view) take(at time.Duration, figures *measure.Figures) {
	last := v.recent[(v.ticks+nowSeconds-1)%nowSeconds].at
	now := second{at, at - last, *figures}
	v.recent[v.ticks%nowSeconds] = now
	v.ticks++
	v.counts.Add(&figures.Counts)
	v.trail.add(&now)
}

// frame is what is to be seen now.
func (v *view) frame(p *progress, of pulse) *report.View {
	var recent measure.Figures
	length := time.Duration(0)
	for i := range v.recent {
		recent.Merge(&v.recent[i].figures)
		length += v.recent[i].length
	}
	f := &report.View{
		Progress: p.state(of, &recent, length),
		Scenario: p.plan.Name, Target: p.course.target, Load: loadInWords(p.plan),
		Span: length.Round(time.Second), Bad: map[string]int64{}, Dropped: v.counts.Dropped(),
	}
	if f.Lag = nil; recent.Late.Count() > 0 { // the generator's own part: the other is the target's
		f.Lag = inMillis(recent.Late.Quantile(0.99))
	}
	if recent.Planned() > 0 {
		f.Max = quantile(&recent, 1)
	}
	if of.cpu >= 0 {
		f.CPU = new(100 * of.cpu)
	}
	for class, n := range v.counts.Class {
		if c := measure.Class(class); c != measure.OK && n > 0 {
			f.Bad[c.String()] = n
		}
	}
	f.P95s, f.Rates, f.Bads = v.trail.values()
	f.Judgements = v.judged(of.now.At)
	return f
}

// judged is what the objectives say, at most once a second and, in a run of hours,
// every ten.
func (v *view) judged(at time.Duration) (all []slo.Judgement) {
	const seldom = 60
	every := min(max(at/seldom, time.Second), 10*time.Second)
	v.standing.read(func(s *soak.Standing) { all = s.Judged(every) })
	return all
}

// draw draws frames, and the last one again when the terminal changes.
func (v *view) draw() {
	defer close(v.drawn)
	resized, continued, stop := terminal.Follow()
	defer stop()
	var last *report.View
	for {
		select {
		case f, open := <-v.frames:
			if !open {
				return
			}
			last = f
		case <-resized:
		case <-continued: // the shell has written below the view
			v.screen.Forget()
		}
		if last == nil || !v.screen.IsOurs() {
			continue
		}
		width, height := v.screen.Size()
		last.Width = max(1, width-1) // the last column makes some terminals wrap
		if v.screen.Draw(last.Lines(height, v.colour)) != nil {
			last = nil // the terminal is gone
		}
	}
}

// close takes the view away.
func (v *view) close() {
	if v.frames == nil {
		return
	}
	close(v.frames)
	<-v.drawn
	v.frames = nil
	_ = v.screen.Erase() // a terminal that is gone shows nothing anyway
}

// mostCells is how much of a run a trail tells apart.
const mostCells = 512

// A trail is the run so far in cells of one length, which grows with the run.
type trail struct {
	cells []trailCell
	unit  int // ticks in a cell
	ticks int // in the last one
}

type trailCell struct {
	length      time.Duration
	p95         float64 // milliseconds, the worst of its ticks; -1: nothing was due
	ok, planned int64
}

func (c *trailCell) add(o trailCell) {
	c.length, c.p95, c.ok, c.planned = c.length+o.length, max(c.p95, o.p95), c.ok+o.ok, c.planned+o.planned
}

func (t *trail) add(s *second) {
	c := trailCell{s.length, -1, s.figures.OK(), s.figures.Planned()}
	if c.planned > 0 {
		c.p95 = *quantile(&s.figures, 0.95)
	}
	t.put(c)
}

// put adds what a tick brought to the last cell, or as one of its own.
func (t *trail) put(c trailCell) {
	if t.unit == 0 {
		t.unit, t.ticks = 1, 1
	}
	if t.ticks < t.unit {
		t.cells[len(t.cells)-1].add(c)
		t.ticks++
		return
	}
	if len(t.cells) == mostCells {
		for i := range mostCells / 2 {
			t.cells[i] = t.cells[2*i]
			t.cells[i].add(t.cells[2*i+1])
		}
		t.cells, t.unit = t.cells[:mostCells/2], 2*t.unit
	}
	t.cells, t.ticks = append(t.cells, c), 1
}

// values are what is drawn of it.
func (t *trail) values() (p95s, rates, bads []float64) {
	for _, c := range t.cells {
		rate, bad := -1.0, -1.0
		if c.length > 0 {
			rate = float64(c.ok) / c.length.Seconds()
		}
		if c.planned > 0 {
			bad = 100 * float64(c.planned-c.ok) / float64(c.planned)
		}
		p95s, rates, bads = append(p95s, c.p95), append(rates, rate), append(bads, bad)
	}
	return p95s, rates, bads
}
