package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
)

const (
	lineEvery  = 10 * time.Second // off a terminal
	narrowest  = 40
	wideEnough = 80
)

// progress shows on stderr how a run goes: a view on a terminal, a line every ten
// seconds elsewhere, and where the run has been put into the background of one.
type progress struct {
	mu     sync.Mutex // a signal may come between two ticks
	plan   *loadgen.Plan
	course *course
	out    io.Writer
	view   *view // nil: lines
	next   time.Duration
	since  time.Duration
	recent measure.Figures // since the last line
	errors int64
	drains bool // a signal ended the plan
}

func newProgress(c *course, std stdio) *progress {
	return &progress{plan: c.plan, course: c, out: std.err, next: c.start + lineEvery, since: c.start}
}

// tick takes what a second brought.
func (p *progress) tick(of pulse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := of.now
	var second measure.Figures
	for i := range t.Intervals {
		second.Merge(t.Intervals[i].Total())
	}
	for i := range of.tick.Against { // the load as a whole
		second.Merge(of.tick.Against[i].Total())
	}
	p.errors += second.Planned() - second.OK()
	p.recent.Merge(&second)
	shown := p.view != nil && p.view.show(p, of, &second)
	if t.At < p.next {
		return
	}
	for p.next <= t.At {
		p.next += lineEvery
	}
	if !shown {
		fmt.Fprintln(p.out, report.ProgressLine(p.state(of, &p.recent, t.At-p.since)))
	}
	p.recent, p.since = measure.Figures{}, t.At
}

// stopping answers the first signal: nothing else would be seen of it for a while.
func (p *progress) stopping(grace time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drains = true
	fmt.Fprintf(p.out, "stopping: open requests get up to %s; a second signal ends at once, without a report\n", short(grace))
}

// close takes the view off the screen: the summary says it better.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view != nil {
		p.view.close()
	}
}

// state is how the run stands, with the figures of a length of time.
func (p *progress) state(of pulse, recent *measure.Figures, length time.Duration) report.Progress {
	t := of.now
	s := report.Progress{
		Elapsed: t.At, Total: p.course.length(), Phase: t.Phase.String(),
		Errors: p.errors, InFlight: t.InFlight,
	}
	if p.drains {
		s.Phase = measure.Drain.String()
	}
	if p.plan.Closed != nil {
		s.Users = t.Users
	} else {
		s.Planned = new(p.plan.RateAt(of.tick.At))
	}
	n := recent.Planned()
	if n == 0 {
		return s
	}
	s.Rate = new(float64(recent.OK()) / length.Seconds())
	s.OK = new(100 * float64(recent.OK()) / float64(n))
	s.P50, s.P95, s.P99 = quantile(recent, 0.50), quantile(recent, 0.95), quantile(recent, 0.99)
	if recent.Lag.Count() > 0 {
		s.Lag = inMillis(recent.Lag.Quantile(0.99))
	}
	return s
}

func quantile(f *measure.Figures, q float64) *float64 {
	d, _ := f.Quantile(q)
	return inMillis(d)
}

func inMillis(d time.Duration) *float64 { return new(d.Seconds() * 1000) }
