package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
)

const (
	lineEvery  = 10 * time.Second // off a terminal
	eraseLine  = "\r\x1b[K"
	narrowest  = 40
	wideEnough = 80
)

// progress shows on stderr how a run goes: one line that is written over on a
// terminal, a line every ten seconds elsewhere.
type progress struct {
	mu     sync.Mutex // a signal may come between two ticks
	plan   *loadgen.Plan
	total  time.Duration // of the whole run
	out    io.Writer
	live   bool
	shown  bool // a live line stands on the screen
	next   time.Duration
	since  time.Duration
	recent measure.Figures // since the last line
	errors int64
	drains bool // a signal ended the plan
}

func newProgress(c *course, std stdio) *progress {
	t, _ := std.env("TERM")
	return &progress{
		plan: c.plan, total: c.length(), out: std.err, live: t != "dumb" && isTerminal(std.err),
		next: c.start + lineEvery, since: c.start,
	}
}

// tick takes what a second brought.
func (p *progress) tick(of pulse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := of.now
	for i := range t.Intervals {
		p.recent.Merge(t.Intervals[i].Total())
	}
	for i := range of.tick.Against { // the load as a whole
		p.recent.Merge(of.tick.Against[i].Total())
	}
	if !p.live && t.At < p.next {
		return
	}
	for p.next <= t.At {
		p.next += lineEvery
	}
	p.errors += p.recent.Planned() - p.recent.OK()
	line := report.ProgressLine(p.state(of))
	if p.live {
		fmt.Fprint(p.out, eraseLine, line)
		p.shown = true
	} else {
		fmt.Fprintln(p.out, line)
	}
	p.recent, p.since = measure.Figures{}, t.At
}

// stopping answers the first signal: nothing else would be seen of it for a while.
func (p *progress) stopping(grace time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drains = true
	if p.shown {
		fmt.Fprint(p.out, eraseLine)
	}
	fmt.Fprintf(p.out, "stopping: open requests get up to %s; a second signal ends at once, without a report\n", short(grace))
}

// close takes the live line off the screen: the summary says it better.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.out, eraseLine)
	}
}

func (p *progress) state(of pulse) report.Progress {
	t := of.now
	s := report.Progress{
		Elapsed: t.At, Total: p.total, Phase: t.Phase.String(),
		Errors: p.errors, InFlight: t.InFlight, Width: p.width(),
	}
	if p.drains {
		s.Phase = measure.Drain.String()
	}
	if p.plan.Closed != nil {
		s.Users = t.Users
	} else {
		s.Planned = new(p.plan.RateAt(of.tick.At))
	}
	n := p.recent.Planned()
	if n == 0 {
		return s
	}
	s.Rate = new(float64(p.recent.OK()) / (t.At - p.since).Seconds())
	s.OK = new(100 * float64(p.recent.OK()) / float64(n))
	s.P50, s.P95, s.P99 = p.quantile(0.50), p.quantile(0.95), p.quantile(0.99)
	if p.recent.Lag.Count() > 0 {
		s.Lag = inMillis(p.recent.Lag.Quantile(0.99))
	}
	return s
}

func (p *progress) quantile(q float64) *float64 {
	d, _ := p.recent.Quantile(q)
	return inMillis(d)
}

func inMillis(d time.Duration) *float64 { return new(d.Seconds() * 1000) }

// width is that of the terminal now: it may have been resized.
func (p *progress) width() int {
	f, ok := p.out.(*os.File)
	if !p.live || !ok {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return wideEnough
	}
	return max(w-1, narrowest) // the last column makes some terminals wrap
}
