package slo

import (
	"fmt"
	"time"

	"gonogo/measure"
)

// A Run is what is judged: what was observed, and when its phases were.
type Run struct {
	Summary *measure.Summary
	Spans   [measure.Phases]Span
}

// A Span says when a phase was: how long after the start of the run it began, and
// how long it lasted. A phase that there was not has length 0.
type Span struct{ Start, Length time.Duration }

// RunOf is the Run of a Summary when no more is known of its phases than how long
// the measure phase lasted: they begin with their first request, and the others end
// with their last.
func RunOf(s *measure.Summary, measured time.Duration) Run {
	r := Run{Summary: s}
	unit := time.Duration(s.Cells().Unit()) * time.Second
	for p := range r.Spans {
		span := &r.Spans[p]
		for row := range s.Cells().Rows(measure.Phase(p), measure.AllSteps) {
			at := time.Duration(row.Second) * time.Second
			if span.Length == 0 {
				span.Start = at
			}
			span.Length = at + unit - span.Start
		}
	}
	r.Spans[measure.Measure].Length = measured
	return r
}

// incomplete says why a phase cannot be judged by its seconds, or "": because
// fewer requests are kept by second than there were.
func (r Run) incomplete(p measure.Phase) string {
	var kept int64
	for row := range r.Summary.Cells().Rows(p, measure.AllSteps) {
		kept += row.Planned
	}
	if all := r.Summary.Phase(p).Planned(); kept != all {
		return fmt.Sprintf("it cannot be judged from what is kept: of %d requests of the %s phase, %d are kept by second", all, p, kept)
	}
	return ""
}

// stepIn returns the counts of a step or group in another phase than measure, as they are
// kept by second.
func (r Run) stepIn(p measure.Phase, step int) *measure.Figures {
	f := new(measure.Figures)
	for row := range r.Summary.Cells().Rows(p, step) {
		f.Class[measure.OK] += row.OK
		f.Class[measure.Status] += row.Planned - row.OK // why not is not kept
	}
	return f
}

// A track is a phase in equal steps of time, as running totals: at i stands what
// was due before its i-th unit. So any stretch is a difference of two.
type track struct {
	start, unit int // seconds
	planned, ok []int64
	over        map[measure.Limit][]int64
}

// maxTrack bounds the memory for a phase: 12 days by second, far more than Cells keep
// of a run that goes on all the time.
const maxTrack = 1 << 20

// track reads a phase with some limits; problem says why it cannot.
func (e evidence) track(limits []measure.Limit) (t track, problem string) {
	if problem := e.run.incomplete(e.phase); problem != "" {
		return t, problem
	}
	cells, span := e.run.Summary.Cells(), e.run.Spans[e.phase]
	t = track{unit: cells.Unit(), over: map[measure.Limit][]int64{}}
	length := time.Duration(t.unit) * time.Second
	first, end := int(span.Start/length), int((span.Start+span.Length+length-1)/length)
	for row := range cells.Rows(e.phase, e.step) { // what was due is in the phase, whatever its span says
		first, end = min(first, row.Second/t.unit), max(end, row.Second/t.unit+1)
	}
	if end-first > maxTrack {
		return t, fmt.Sprintf("it cannot be judged by the second: the %s phase lasted %s", e.phase, momentText(span.Length))
	}
	t.start = first * t.unit
	t.planned, t.ok = make([]int64, end-first+1), make([]int64, end-first+1)
	index := make([]int, len(limits))
	for i, l := range limits {
		k, counted := cells.Index(l)
		if !counted {
			return t, notBySecond(l)
		}
		index[i], t.over[l] = k, make([]int64, end-first+1)
	}
	for row := range cells.Rows(e.phase, e.step) {
		at := row.Second/t.unit - first + 1
		t.planned[at], t.ok[at] = row.Planned, row.OK
		for i, l := range limits {
			t.over[l][at] = row.Over[index[i]]
		}
	}
	t.accumulate()
	return t, ""
}

func notBySecond(l measure.Limit) string {
	return fmt.Sprintf("it cannot be judged from what is kept: %s was not counted by second in this run (a run counts the limits of its own objectives: give it this one)", DurationText(l.Latency))
}

func (t *track) accumulate() {
	for i := 1; i < len(t.planned); i++ {
		t.planned[i] += t.planned[i-1]
		t.ok[i] += t.ok[i-1]
		for _, over := range t.over {
			over[i] += over[i-1]
		}
	}
}

// units is how many there are.
func (t *track) units() int { return len(t.planned) - 1 }

// between returns what is counted from unit i to before unit k, beyond these limits.
func (t *track) between(i, k int, limits []measure.Limit) counted {
	c := counted{samples: t.planned[k] - t.planned[i], ok: t.ok[k] - t.ok[i], seconds: int64((k - i) * t.unit)}
	for _, l := range limits {
		c.note(l, t.over[l][k]-t.over[l][i])
	}
	return c
}
