package report

import (
	"fmt"
	"math"
	"time"

	"gonogo/report/show"
	"gonogo/slo"
	"gonogo/slo/drift"
)

// A Drift is whether the target became worse while the run went on.
type Drift struct {
	Verdict   string    `json:"verdict"`   // "pass", "fail" or "inconclusive"
	Invalid   string    `json:"invalid"`   // why the run does not count for it; "": it does
	Block     float64   `json:"block_s"`   // the stretches that were compared
	WarmUp    float64   `json:"warm_up_s"` // at the start of the measure phase, not judged
	Estimated bool      `json:"estimated"` // the warm-up was found in the figures
	Notes     []string  `json:"notes"`
	Measures  []Drifted `json:"measures"`
}

// The measures that are no times.
const (
	DriftErrors     = "error share"
	DriftThroughput = "throughput"
)

// A Drifted is one measure over time. Changes are shares of the level at the start,
// and of DriftErrors differences of the share itself; those that could not be
// estimated are null.
type Drifted struct {
	Name       string   `json:"name"`
	Verdict    string   `json:"verdict"`
	Rule       string   `json:"rule"`
	Notes      []string `json:"notes"`
	Margin     float64  `json:"margin"`
	Level      *float64 `json:"level"` // at the start, in ms, /s or as a share
	Change     Change   `json:"change"`
	PerHour    Change   `json:"per_hour"` // in the unit of level
	Quarters   Change   `json:"quarters"` // the last against the first
	Jump       *Leap    `json:"jump"`
	Blocks     int      `json:"blocks"`
	Missing    int      `json:"missing"`
	Lag1       *float64 `json:"lag1"` // how alike a block is to the next
	Seasonal   bool     `json:"seasonal"`
	Confounded bool     `json:"confounded"` // a rhythm of the day would look the same
}

// A Change is an estimate and its bounds, each of which holds at 95 % by itself.
type Change struct {
	Value *float64 `json:"value"`
	Lower *float64 `json:"lower"`
	Upper *float64 `json:"upper"`
}

// A Leap is a lasting change of level.
type Leap struct {
	At    float64  `json:"at_s"` // since the start of the run
	Size  *float64 `json:"size"`
	Alarm bool     `json:"alarm"` // beyond the margin
}

// DriftOf is a drift as the report tells it; nil of nil.
func DriftOf(d *drift.Degradation, block time.Duration) *Drift {
	if d == nil {
		return nil
	}
	out := &Drift{
		Verdict: string(d.Verdict), Invalid: d.Invalid, Block: block.Seconds(),
		WarmUp: d.WarmUp.Length.Seconds(), Estimated: d.WarmUp.Estimated, Notes: orEmpty(d.Notes), Measures: []Drifted{},
	}
	for _, j := range d.Judgements {
		m := Drifted{
			Name: j.Series, Verdict: string(j.Verdict), Rule: j.Rule, Notes: orEmpty(j.Notes), Margin: j.Margin, Level: number(j.Level),
			Change: changeOf(j.Drift), PerHour: changeOf(j.PerHour), Quarters: changeOf(j.Quarters),
			Blocks: j.Blocks, Missing: j.Missing, Lag1: number(j.Lag1), Seasonal: j.Seasonal, Confounded: j.Confounded,
		}
		if j.Jump != nil {
			m.Jump = &Leap{At: j.Jump.At.Seconds(), Size: number(j.Jump.Size), Alarm: j.Jump.Alarm}
		}
		out.Measures = append(out.Measures, m)
	}
	return out
}

func changeOf(c drift.Change) Change {
	return Change{Value: number(c.Value), Lower: number(c.Lower), Upper: number(c.Upper)}
}

// Judgements are the drift's, for a decision: what became worse is a no, and what
// cannot be told is no go.
func (d *Drift) Judgements() []slo.Judgement {
	if d == nil {
		return nil
	}
	var all []slo.Judgement
	for _, m := range d.Measures {
		j := slo.Judgement{Objective: slo.Objective{Name: "no drift of " + m.Name}, Rule: m.Rule, Verdict: slo.Inconclusive, Measured: math.NaN()}
		switch drift.Verdict(m.Verdict) {
		case drift.Pass:
			j.Verdict = slo.Pass
		case drift.Fail:
			j.Verdict = slo.Fail
		}
		all = append(all, j)
	}
	return all
}

// drift prints whether the target became worse.
func (p *page) drift(d *Drift) {
	if d == nil {
		return
	}
	passed := 0
	t := &table{right: []bool{false, true, true, true, true, false}, least: []int{8, 0, 0, 0, 0, 0}, expend: []int{0}}
	t.add(heads("", "at start", "change", "at most", "margin", "result")...)
	for i := range d.Measures {
		m := &d.Measures[i]
		mark := verdictMark(m.Verdict)
		t.add(said(m.Name), own(m.level()), own(m.percent(m.Change.Value)), own(m.percent(m.worst())), own(m.percent(&m.Margin)), own(mark.text+" "+show.Inert(m.Verdict, 20)).in(mark.paint))
		if m.Verdict != "pass" {
			t.note(1, m.Rule)
		} else {
			passed++
		}
	}
	beside := fmt.Sprintf("%d of %d within the margin, in blocks of %s", passed, len(d.Measures), show.Span(d.Block))
	if d.WarmUp > 0 {
		beside += ", after a warm-up of " + show.Span(d.WarmUp)
	}
	p.title("DRIFT", beside)
	t.print(p)
	for _, note := range d.remarks() {
		p.hang(own("  "), note, dim)
	}
}

// remarks are the notes that all measures have in common once, then the others'.
func (d *Drift) remarks() []string {
	var all []string
	seen := map[string]bool{}
	notes := append([]string{d.Invalid}, d.Notes...)
	for _, m := range d.Measures {
		notes = append(notes, m.Notes...)
	}
	for _, n := range notes {
		if n != "" && !seen[n] {
			all = append(all, n)
		}
		seen[n] = true
	}
	return all
}

// worst is the bound on the bad side.
func (m *Drifted) worst() *float64 {
	if m.Name == DriftThroughput {
		return m.Change.Lower
	}
	return m.Change.Upper
}

func (m *Drifted) isShare() bool { return m.Name == DriftErrors }

func (m *Drifted) percent(v *float64) string {
	switch {
	case v == nil:
		return show.None
	case m.isShare():
		return fmt.Sprintf("%+.3fpt", 100**v)
	}
	return fmt.Sprintf("%+.1f%%", 100**v)
}

func (m *Drifted) level() string {
	switch {
	case m.Level == nil:
		return show.None
	case m.isShare():
		return fmt.Sprintf("%.2f%%", 100**m.Level)
	case m.Name == DriftThroughput:
		return fmt.Sprintf("%.4g/s", *m.Level)
	}
	return show.Milliseconds(m.Level)
}
