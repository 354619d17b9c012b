package report

import (
	"fmt"
	"time"

	"gonogo/report/show"
)

// KindSoak is the kind of report that a sustained run makes: that of a load run, and
// how it came about.
const KindSoak = "soak"

// A Soak is what there is to say of a sustained run beside its figures, which are
// those of its journal. T is seconds since the run's start, by a clock that goes on
// through gaps.
type Soak struct {
	Journal  string        `json:"journal"`         // the folder
	State    string        `json:"state"`           // of the run when this was written: "ended", "stopped", "running" or "died"
	Made     float64       `json:"made_s"`          // of the plan's measure phase
	Planned  float64       `json:"planned_s"`       // the whole of that
	Excluded float64       `json:"excluded_s"`      // of what was made: it lies around gaps, and is not judged
	Missing  float64       `json:"missing_percent"` // of the time of the measure phase: that, and the gaps
	Segments []SoakSegment `json:"segments"`
	Gaps     []SoakGap     `json:"gaps"`
	Events   []SoakEvent   `json:"events"` // what changed while it went on, the first of them
	Damage   []string      `json:"damage"` // what of the journal could not be read
}

// A SoakSegment is the part of a run that one process made.
type SoakSegment struct {
	T         float64    `json:"t"` // when it began
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"` // null where it died, or goes on
	Plan      float64    `json:"plan_s"`   // the place in the plan's measure phase at which it went on
	Made      float64    `json:"made_s"`   // of that phase
	End       string     `json:"end"`      // "plan", "stopped", "died" or "running"
}

// A SoakGap is a stretch in which nothing was measured, or nothing that counts.
type SoakGap struct {
	Why    string    `json:"why"` // "interrupted", "sleep", "stall", "clock set" or "lost"
	T      float64   `json:"t"`
	At     time.Time `json:"at"`
	Length float64   `json:"length_s"` // by the wall clock
	Plan   float64   `json:"plan_s"`   // the place in the plan's measure phase
}

// A SoakEvent is something that changed while the run went on.
type SoakEvent struct {
	At   time.Time `json:"at"`
	T    float64   `json:"t"`
	Kind string    `json:"kind"`
	Text string    `json:"text"`
}

// soak prints what interrupted the run, and what is left out because of it.
func (p *page) soak(r *Report) {
	s := r.Soak
	if s == nil {
		return
	}
	const most = 8
	parts := []string{fmt.Sprintf("%s of %s measured", show.Span(s.Made), show.Span(s.Planned))}
	if n := len(s.Segments); n > 1 {
		parts = append(parts, show.Counted(int64(n), "segment"))
	}
	if s.State == "running" || s.State == "died" {
		parts = append(parts, "the run "+map[string]string{"running": "goes on", "died": "died"}[s.State])
	}
	switch {
	case len(s.Gaps) > 0:
		parts = append(parts, fmt.Sprintf("%s, %s left out", show.Counted(int64(len(s.Gaps)), "gap"), show.Span(s.Excluded)))
	case s.Excluded > 0: // the end of a run that died or goes on
		parts = append(parts, fmt.Sprintf("its last %s left out", show.Span(s.Excluded)))
	}
	p.flow(own("SUSTAINED   ").in(bold), parts...)
	for _, g := range s.Gaps[:min(most, len(s.Gaps))] {
		p.hang(own("            "), g.words(), plain)
	}
	if more := len(s.Gaps) - most; more > 0 {
		p.line("            and " + show.Count(int64(more)) + " more, in the report file")
	}
}

func (g *SoakGap) words() string {
	return fmt.Sprintf("%s %s for %s, at %s of the plan", g.At.Format("02 Jan 15:04:05Z"), show.Inert(g.Why, 20), show.Span(g.Length), show.Span(g.Plan))
}
