package soak

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/measure"
	"gonogo/measure/journal"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// The kinds of event that a run notes in its journal beside the journal's own. At
// is on the run's time line.
const (
	Segmented journal.Kind = "segment"   // a process begins to make load; Text is a Begin
	StallSeen journal.Kind = "stalled"   // Length: for how long
	ClockSeen journal.Kind = "clock set" // Length: by how much
	StopSeen  journal.Kind = "ended by"  // Text: the rule that ended the run, as its report tells it
)

// A Begin says where in the plan a process begins.
type Begin struct {
	Plan time.Duration `json:"plan_ns"` // of the measure phase that was made before
	PID  int           `json:"pid"`
}

// Event notes it, at the instant of the run at which the engine's clock begins.
func (b Begin) Event(at time.Duration) journal.Event {
	text, _ := json.Marshal(b) // two numbers
	return journal.Event{Kind: Segmented, At: max(at, 1), Text: string(text)}
}

// Event notes the gap in the journal. Those between processes and those of the
// journal itself are noted by the journal.
func (g Gap) Event() journal.Event {
	kind := map[Why]journal.Kind{Slept: journal.Suspended, Stalled: StallSeen, ClockSet: ClockSeen}[g.Why]
	return journal.Event{Kind: kind, At: max(g.Start, 1), Length: g.Length}
}

// A Segment is what one process made of a run.
type Segment struct {
	Start    time.Duration `json:"start_ns"`   // on the run's time line
	Plan     time.Duration `json:"plan_ns"`    // the place in the plan's measure phase at which it went on
	Measured Span          `json:"measured"`   // the measure phase in it, on the run's time line
	Slept    time.Duration `json:"slept_ns"`   // within that
	End      string        `json:"end"`        // "plan", "stopped", or "" for one that died or goes on
	Wall     time.Time     `json:"started_at"` // of its start
	Ended    time.Time     `json:"ended_at"`   // zero where it is not known

	closed bool
}

// Made is how much of the plan's measure phase the segment made.
func (s Segment) Made() time.Duration { return max(0, s.Measured.Length()-s.Slept) }

// A Past is what a journal says of a run: all that a report needs of what was
// measured, whether the run has ended, died or goes on.
type Past struct {
	Header   *journal.Header
	Events   []journal.Event
	Damage   []journal.Damage
	Segments []Segment
	Gaps     []Gap
	Second   int       // the last one of which something is known; -1: none
	Wall     time.Time // when that was
	Ended    bool      // the plan was performed to its end
	Stopped  bool      // somebody stopped it
	EndedBy  string    // the rule that ended it, as Text of StopSeen

	Judged   *measure.Summary // without what lies around gaps, and the last that is not decided yet
	Measured time.Duration    // of the measure phase in it
	All      *measure.Summary // with it; the same one where there is no gap
	AllMade  time.Duration    // of the measure phase in that
	Excluded time.Duration    // of the measure phase
}

// Read reads a run from its journal.
func Read(dir string) (*Past, error) {
	r, err := journal.Read(dir)
	if err != nil {
		return nil, err
	}
	p := &Past{Header: r.Header(), Events: r.Events(), Damage: r.Damage()}
	p.Second, p.Wall = r.Last()
	p.outline()
	return p, errors.Join(p.merge(r), r.Close())
}

// Plan is how much of the plan's measure phase was made.
func (p *Past) Plan() (made time.Duration) {
	for _, s := range p.Segments {
		made = max(made, s.Plan+s.Made())
	}
	return made
}

// outline finds segments and gaps in the events.
func (p *Past) outline() {
	for _, e := range p.Events {
		p.turn(e)
	}
	p.close(time.Duration(p.Second+1)*time.Second, "", time.Time{})
	for _, d := range p.Damage {
		if d.Lossless || d.File == "events" {
			continue
		}
		to := d.To
		if to < 0 { // it is not known how far it reaches
			to = p.Second
		}
		p.gap(Lost, time.Duration(d.From)*time.Second, time.Duration(max(to, d.From)-d.From+1)*time.Second)
	}
	slices.SortStableFunc(p.Gaps, func(a, b Gap) int { return int(a.Start - b.Start) })
}

// turn takes the next event.
func (p *Past) turn(e journal.Event) {
	switch e.Kind {
	case Segmented:
		var b Begin
		if json.Unmarshal([]byte(e.Text), &b) != nil {
			return
		}
		start := e.At.Truncate(time.Second)
		lead := p.Header.Phases[measure.Ramp] + p.Header.Phases[measure.WarmUp]
		p.Segments = append(p.Segments, Segment{Start: start, Plan: b.Plan, Measured: Span{From: start + lead}, Wall: e.Wall})
	case journal.Resumed:
		p.close(e.At+time.Second, "", time.Time{})
		p.Ended, p.Stopped, p.EndedBy = false, false, ""
	case journal.Ended:
		p.close(e.At, "plan", e.Wall)
		p.Ended = true
	case journal.Stopped:
		p.close(e.At, "stopped", e.Wall)
		p.Stopped = true
	case StopSeen:
		p.EndedBy = e.Text
	case journal.Suspended:
		p.sleep(e.At, e.Length)
	case StallSeen:
		p.gap(Stalled, e.At, e.Length)
	case ClockSeen:
		p.gap(ClockSet, e.At, 0)
	case journal.Lost:
		p.gap(Lost, e.At, e.Length)
	}
}

// close ends the last segment, if that is open, at an instant of the run.
func (p *Past) close(at time.Duration, how string, wall time.Time) {
	last := len(p.Segments) - 1
	if last < 0 || p.Segments[last].closed {
		return
	}
	s := &p.Segments[last]
	s.closed, s.End, s.Ended = true, how, wall
	s.Measured.To = max(s.Measured.From, at)
	if left := p.Header.Phases[measure.Measure] - s.Plan - s.Made(); left < 0 {
		s.Measured.To += left
	}
	if last > 0 && s.Plan > 0 { // else nothing was measured before
		before := p.Segments[last-1].Measured.To
		p.Gaps = append(p.Gaps, Gap{Why: Interrupted, Start: before, Length: s.Measured.From - before, Plan: s.Plan})
	}
}

// sleep notes that the machine slept from that instant of the run on.
func (p *Past) sleep(at, length time.Duration) {
	p.gap(Slept, at, length)
	if last := len(p.Segments) - 1; last >= 0 && at >= p.Segments[last].Measured.From {
		p.Segments[last].Slept += length.Round(time.Second)
	}
}

// gap notes one in the last segment. What lies before its measure phase is none.
func (p *Past) gap(why Why, at, length time.Duration) {
	last := len(p.Segments) - 1
	if last < 0 || at+length < p.Segments[last].Measured.From {
		return
	}
	s := p.Segments[last]
	p.Gaps = append(p.Gaps, Gap{Why: why, Start: at, Length: length, Plan: s.Plan + max(0, at-s.Measured.From-s.Slept)})
}

// merge reads what was measured. Where a stretch of the journal touches what is
// excluded, all of it is: the journal keeps response times in longer stretches, the
// older they are.
func (p *Past) merge(r *journal.Reader) error {
	excluded := union(append(Excluded(p.Gaps, p.Header.Config.Charge), p.undecided()...))
	p.Judged = measure.NewSummary(p.Header.Config)
	p.All = p.Judged
	if len(excluded) > 0 {
		p.All = measure.NewSummary(p.Header.Config)
	}
	var out []Span
	for record, err := range r.Records() {
		if err != nil {
			return err
		}
		i := record.Interval
		cells := record.Cells
		if len(excluded) > 0 {
			p.All.MergeStretch(i, cells)
		}
		if i.Phase == measure.Measure && within(excluded, i.Second, record.Length) {
			i.Phase = measure.WarmUp // it was sent, and is not judged
			i.Errors = slices.Clone(i.Errors)
			for g := range i.Errors {
				i.Errors[g].Phase = measure.WarmUp
			}
			cells = slices.Clone(cells)
			for c := range cells {
				cells[c].Phase = measure.WarmUp
			}
			from := time.Duration(i.Second) * time.Second
			out = append(out, Span{from, from + time.Duration(record.Length)*time.Second})
		}
		p.Judged.MergeStretch(i, cells)
	}
	p.sum(union(append(out, excluded...)))
	return nil
}

// undecided is the end of a run that died or goes on: of what was due there, only
// what was answered soon is known.
func (p *Past) undecided() []Span {
	if p.Ended || p.Stopped || p.Second < 0 {
		return nil
	}
	end := time.Duration(p.Second+1) * time.Second
	return []Span{{max(0, end-ceil(p.Header.Config.Charge)), end}}
}

// sum adds up how long was measured.
func (p *Past) sum(excluded []Span) {
	asleep := p.holes()
	for _, s := range p.Segments {
		p.AllMade += s.Made()
		mine := []Span{s.Measured}
		p.Excluded += common(mine, excluded)
		for _, hole := range asleep {
			p.Excluded -= common(mine, shared(excluded, hole))
		}
	}
	p.Excluded = min(max(0, p.Excluded), p.AllMade)
	p.Measured = p.AllMade - p.Excluded
}

// holes are the stretches of the time line in which no engine's clock went on.
func (p *Past) holes() (all []Span) {
	for _, g := range p.Gaps {
		if g.Why == Slept || g.Why == Interrupted {
			all = append(all, Span{g.Start, g.Start + g.Length})
		}
	}
	return union(all)
}

// shared are the parts of spans that lie in another one.
func shared(spans []Span, in Span) (all []Span) {
	for _, s := range spans {
		if cut := (Span{max(s.From, in.From), min(s.To, in.To)}); cut.Length() > 0 {
			all = append(all, cut)
		}
	}
	return all
}

// MostMissing is the share of the time of the measure phase, gaps included, that may
// be missing: more of it, and the run did not measure what it was to.
const MostMissing = 0.05

// Missing is the share that is.
func (p *Past) Missing() float64 {
	missing := p.Excluded + total(p.holes())
	if all := p.Measured + missing; all > 0 {
		return float64(missing) / float64(all)
	}
	return 0
}

// Checks say whether the run may be judged in spite of its gaps and of what its
// journal lost; there are none where all is well.
func (p *Past) Checks() (all []validity.Check) {
	if c, applies := p.checkGaps(); applies {
		all = append(all, c)
	}
	if c, applies := p.checkJournal(); applies {
		all = append(all, c)
	}
	return all
}

// checkGaps warns at least: nobody knows what the target would have done in them.
func (p *Past) checkGaps() (c validity.Check, applies bool) {
	if len(p.Gaps) == 0 {
		return c, false
	}
	missing := p.Missing()
	c = validity.Check{
		Name:     "gaps",
		Warning:  missing <= MostMissing,
		Measured: fmt.Sprintf("%s, and with what lies around %s or %.2g%% of the time missing", counted(len(p.Gaps), "gap"), round(p.Excluded+total(p.holes())), 100*missing),
		Limit:    fmt.Sprintf("%g%%", 100*MostMissing),
		Reason:   "the load was not made without interruption: nobody knows what the target would have done",
		Remedy:   "keep the process running and the machine from sleeping, and measure again if the gaps matter",
	}
	return c, true
}

// checkJournal looks for damage of which nobody can say any more what it cost: the
// events would tell of gaps, and what was merged has no place.
func (p *Past) checkJournal() (c validity.Check, applies bool) {
	var lost []string
	for _, d := range p.Damage {
		if !d.Lossless && d.File == "events" {
			lost = append(lost, d.String())
		}
	}
	for _, e := range p.Events {
		if e.Kind == journal.Damaged && strings.Contains(e.Text, "may be missing") {
			lost = append(lost, e.Text)
		}
	}
	if len(lost) == 0 {
		return c, false
	}
	return validity.Check{
		Name: "journal", Measured: counted(len(lost), "place") + " damaged", Limit: "none",
		Reason: "what is missing may be the worst of the run: " + lost[0],
		Remedy: "look after the disk, and measure again",
	}, true
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// round prints a duration to the second, or exactly below one.
func round(d time.Duration) string {
	if d >= time.Second {
		d = d.Round(time.Second)
	}
	return d.String()
}

// Judge judges the objectives twice where there are gaps: without what lies around
// them, and with it. So leaving something out can make no verdict better: what holds
// only without it is inconclusive.
func (p *Past) Judge(objectives []slo.Objective) []slo.Judgement {
	judged := slo.Judge(objectives, p.Judged, p.Measured)
	if p.All == p.Judged {
		return judged
	}
	for i, all := range slo.Judge(objectives, p.All, p.AllMade) {
		judged[i] = careful(judged[i], all)
	}
	return judged
}

// careful takes the judgement without what lies around gaps, unless the one with it
// is worse. A fail that only the surroundings of a gap make is nobody's: what was
// measured there may be our own fault.
func careful(without, with slo.Judgement) slo.Judgement {
	order := []slo.Verdict{slo.Pass, slo.Conditional, slo.Inconclusive, slo.Fail}
	if slices.Index(order, with.Verdict) <= slices.Index(order, without.Verdict) {
		return without
	}
	without.Rule = fmt.Sprintf("%s, but not with what was measured around the gaps: %s", without.Rule, with.Rule)
	without.Verdict = with.Verdict
	if with.Verdict == slo.Fail {
		without.Verdict = slo.Inconclusive
	}
	return without
}
