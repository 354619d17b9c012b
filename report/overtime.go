package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonogo/measure"
	"gonogo/slo"
)

// A Breach is a stretch of the run in which a figure was beyond the limit of an
// objective about it. It is no verdict: that is about the whole phase.
type Breach struct {
	From, To  float64 // seconds since the start of the run
	Objective string
	Unit      string // of the figure
}

// Breaches are those of the objectives that are about all steps together and that a row
// of the timeline tells: its percentiles, its longest and its share of errors.
func (r *Report) Breaches() []Breach {
	var all []Breach
	if r.Timeline == nil {
		return nil
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		t, err := slo.ParseTarget(o.Target)
		if err != nil || t.Step != "" {
			continue
		}
		open := false
		for k := range r.Timeline.Rows {
			m := &r.Timeline.Rows[k]
			breach := m.Phase == o.during() && m.beyond(t)
			switch {
			case breach && open && m.T <= all[len(all)-1].To+m.Length/2:
				all[len(all)-1].To = m.T + m.Length
			case breach:
				all = append(all, Breach{m.T, m.T + m.Length, o.Name, o.Unit})
			}
			open = breach
		}
	}
	return all
}

// beyond tells whether the row's figure is on the wrong side of the target's limit.
func (m *Moment) beyond(t slo.Target) bool {
	bad := 100 * float64(m.Planned-m.OK) / float64(max(m.Planned, 1))
	var v *float64
	switch t.Metric {
	case slo.Percentile:
		v = map[float64]*float64{50: m.P50, 95: m.P95, 99: m.P99}[t.Quantile.Float()]
	case slo.Max:
		v = m.Max
	case slo.ErrorRate:
		v = &bad
	case slo.Success:
		good := 100 - bad
		v = &good
	}
	if v == nil || m.Planned == 0 {
		return false
	}
	if limit := t.Limit.Float(); strings.HasPrefix(string(t.Op), "<") {
		return *v > limit
	} else if strings.HasPrefix(string(t.Op), ">") {
		return *v < limit
	}
	return false
}

// An Hour is the measure phase between two hours of the run.
type Hour struct {
	From, Length       float64 // seconds since the start of the run; the time that was measured of it
	Planned, OK        int64
	P50, P95, P99, Max *float64 // ms, to 1.6 %
}

// Hours are the measure phase hour by hour.
func (t *Timeline) Hours() ([]Hour, error) {
	const hour = 3600
	var all []Hour
	var response measure.Histogram
	flush := func() {
		if len(all) > 0 {
			s, h := spread(&response), &all[len(all)-1]
			h.P50, h.P95, h.P99, h.Max = s.P50, s.P95, s.P99, s.Max
		}
		response = measure.Histogram{}
	}
	for i := range t.Rows {
		m := &t.Rows[i]
		if m.Phase != measurePhase {
			continue
		}
		from := math.Floor(m.T/hour) * hour
		if len(all) == 0 || all[len(all)-1].From != from {
			flush()
			all = append(all, Hour{From: from})
		}
		h, err := m.Histogram()
		if err != nil {
			return nil, err
		}
		response.Merge(h)
		last := &all[len(all)-1]
		last.Length, last.Planned, last.OK = last.Length+m.Length, last.Planned+m.Planned, last.OK+m.OK
	}
	flush()
	return all, nil
}

// A Budget is how much of the errors that an objective allows in the whole run was left,
// over time.
type Budget struct {
	Objective string
	Allowed   int64     // requests that may go wrong
	T         []float64 // ends of stretches, in seconds since the start of the run
	Left      []float64 // percent; below 0: overspent
}

// Budgets are those of the objectives about the share of good or bad requests of all
// steps together.
func (r *Report) Budgets() []Budget {
	var all []Budget
	if r.Timeline == nil {
		return nil
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		t, err := slo.ParseTarget(o.Target)
		share := allowedBad(t)
		if err != nil || t.Step != "" || o.during() != measurePhase || share <= 0 {
			continue
		}
		allowed := share * float64(r.Totals.Requests)
		b, bad := Budget{Objective: o.Name, Allowed: int64(allowed + 1e-9)}, int64(0)
		for k := range r.Timeline.Rows {
			m := &r.Timeline.Rows[k]
			if m.Phase != measurePhase || allowed == 0 {
				continue
			}
			bad += m.Planned - m.OK
			b.T, b.Left = append(b.T, m.T+m.Length), append(b.Left, 100*(1-float64(bad)/allowed))
		}
		all = append(all, b)
	}
	return all
}

// AllowedBad is the least share of requests that the objectives about all steps let go
// wrong; 0: they say none.
func (r *Report) AllowedBad() float64 {
	least := 0.0
	for i := range r.Objectives {
		t, err := slo.ParseTarget(r.Objectives[i].Target)
		if share := allowedBad(t); err == nil && t.Step == "" && share > 0 && (least == 0 || share < least) {
			least = share
		}
	}
	return least
}

// allowedBad is the share of requests that a target lets go wrong; 0: it says none.
func allowedBad(t slo.Target) float64 {
	switch less := strings.HasPrefix(string(t.Op), "<"); {
	case t.Metric == slo.ErrorRate && less:
		return t.Limit.Float() / 100
	case t.Metric == slo.Success && strings.HasPrefix(string(t.Op), ">"):
		return (100 - t.Limit.Float()) / 100
	}
	return 0
}

// Used is how much of what its target allows a value of the objective is, 1 being the
// limit itself; ok is false where that cannot be said. Of a share of good requests it is
// the share of what may go wrong.
func (o *Objective) Used(value float64) (used float64, ok bool) {
	t, err := slo.ParseTarget(o.Target)
	if err != nil {
		return 0, false
	}
	limit := t.Limit.Float()
	less, more := strings.HasPrefix(string(t.Op), "<"), strings.HasPrefix(string(t.Op), ">")
	switch {
	case less && limit > 0:
		used = value / limit
	case more && t.Unit() == "%" && limit < 100:
		used = (100 - value) / (100 - limit)
	case more && value > 0:
		used = limit / value
	default:
		return 0, false
	}
	return used, !math.IsNaN(used) && !math.IsInf(used, 0)
}

// Moments are the rows of the run over time that follow each other, and how long one is:
// those of the Timeline without setup and teardown, which lie beside the others. Of a
// report that has none they are made of its intervals, and hold less.
func (r *Report) Moments() (unit float64, rows []Moment) {
	if r.Timeline != nil {
		for _, m := range r.Timeline.Rows {
			if !Beside(m.Phase) {
				rows = append(rows, m)
			}
		}
		return r.Timeline.Unit, rows
	}
	for _, in := range r.Intervals {
		if Beside(in.Phase) {
			continue
		}
		m := Moment{
			T: in.T, Length: in.Length, Phase: in.Phase, Planned: in.Planned, OK: in.OK,
			P50: in.P50, P95: in.P95, P99: in.P99, Max: in.Max, Bad: map[string]int64{},
		}
		for class, n := range map[string]int64{"failed": in.Failed, "dropped": in.Dropped, "censored": in.Censored} {
			if n > 0 {
				m.Bad[class] = n
			}
		}
		rows, unit = append(rows, m), max(unit, in.Length)
	}
	return unit, rows
}

// Beside tells whether a phase lies beside those that follow each other.
func Beside(phase string) bool { return phase == "setup" || phase == "teardown" }

// A FailureKind is all failures that are called the same, of all steps.
type FailureKind struct {
	What    string
	Count   int64
	Example string // of the most frequent group
}

// Kinds are the most frequent kinds of failures, at most that many: those of the measure
// phase, which is judged, and of all phases where it has none.
func (r *Report) Kinds(most int) []FailureKind {
	groups := slices.DeleteFunc(slices.Clone(r.Errors), func(f Failure) bool { return f.Phase != measurePhase })
	if len(groups) == 0 {
		groups = slices.Clone(r.Errors)
	}
	slices.SortStableFunc(groups, func(a, b Failure) int { return cmp.Compare(b.Count, a.Count) })
	var all []FailureKind
	for _, g := range groups {
		i := slices.IndexFunc(all, func(k FailureKind) bool { return k.What == what(g) })
		if i < 0 {
			i = len(all)
			all = append(all, FailureKind{What: what(g), Example: cmp.Or(g.Example, g.Step)})
		}
		all[i].Count += g.Count
	}
	slices.SortStableFunc(all, func(a, b FailureKind) int { return cmp.Compare(b.Count, a.Count) })
	return all[:min(most, len(all))]
}
