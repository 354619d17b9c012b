package html

import (
	"fmt"
	"math"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

// sustainedPart is what a sustained run adds: hours, the error budget, and what
// interrupted it.
func sustainedPart(r *report.Report) part {
	p := part{ID: "sustained", Title: "Sustained run", Short: "Sustained"}
	s := r.Soak
	if s == nil {
		return p
	}
	p.Lead = show.Span(s.Made) + " of " + show.Span(s.Planned) + " measured"
	if s.Excluded > 0 {
		p.Lead += ", " + show.Span(s.Excluded) + " of it left out"
	}
	p.Lead += "; the run " + map[string]string{"ended": "ended", "stopped": "was stopped", "running": "goes on", "died": "died"}[s.State] + "."
	var pair []block
	if f := budgets(r); len(f.Figures) > 0 {
		pair = append(pair, f)
	}
	if b, some := hours(r); some {
		pair = append(pair, b)
	}
	if len(pair) > 0 {
		p.Blocks = append(p.Blocks, block{Pair: pair})
	}
	p.Blocks = append(p.Blocks, interruptions(s)...)
	return p
}

// budgets draws how much of the errors that are allowed was left.
func budgets(r *report.Report) block {
	var all []chart.Figure
	for i, b := range r.Budgets() {
		if len(b.T) == 0 {
			continue
		}
		unit, _ := r.Moments()
		l := chart.Lines{
			ID: fmt.Sprintf("c-budget-%d", i), Title: "Error budget left: " + show.Inert(b.Objective, 60), X: make([]float64, len(b.T)), Step: unit,
			Start: r.Run.StartedAt, Unit: chart.Percent, Series: []chart.Series{{Name: "left", Y: b.Left, Tone: chart.Main}},
			Limits: []chart.Limit{{Value: 0, Label: "spent"}}, Bands: gaps(r), High: 100,
		}
		for k, end := range b.T {
			l.X[k] = end - unit
		}
		all = append(all, l.Figure())
	}
	return overTime(all...)
}

// hours is the run hour by hour.
func hours(r *report.Report) (block, bool) {
	if r.Timeline == nil {
		return block{}, false
	}
	all, err := r.Timeline.Hours()
	if err != nil || len(all) == 0 {
		return block{}, false
	}
	t := &table{ID: "t-hours", Caption: "Hour by hour, percentiles to 1.6 %", Head: heads("from", "measured", "requests", "good", "p50", "p95", "p99", "max", "errors"), Sort: len(all) > 1}
	allowed := r.AllowedBad()
	for _, h := range all {
		bad := number(show.Share(h.Planned-h.OK, h.Planned), float64(h.Planned-h.OK)/float64(max(h.Planned, 1)))
		if allowed > 0 && float64(h.Planned-h.OK) > allowed*float64(h.Planned) {
			bad.Class = "bad"
		}
		rate := show.None
		if h.Length > 0 {
			v := float64(h.OK) / h.Length
			rate = show.Rate(&v)
		}
		t.Rows = append(t.Rows, []cell{
			number(show.Span(h.From), h.From), number(show.Span(h.Length), h.Length), count(h.Planned), own(rate),
			ms(h.P50), ms(h.P95), ms(h.P99), ms(h.Max), bad,
		})
	}
	return block{Table: t}, true
}

// interruptions lists the segments, the gaps and what happened.
func interruptions(s *report.Soak) []block {
	const most = 300
	var all []block
	if len(s.Gaps) > 0 {
		t := &table{ID: "t-gaps", Caption: "Gaps, in which nothing was measured or nothing that counts", Head: heads("why", "at", "length", "place in the plan")}
		for _, g := range s.Gaps[:min(most, len(s.Gaps))] {
			t.Rows = append(t.Rows, []cell{said(g.Why), own(instant(g.At)), number(show.Span(g.Length), g.Length), own(show.Span(g.Plan))})
		}
		all = append(all, block{Table: t})
	} else {
		all = append(all, block{Text: "No gaps: nothing interrupted the measurement."})
	}
	if len(s.Segments) > 1 {
		t := &table{ID: "t-segments", Caption: "Segments, each made by one process", Head: heads("began", "ended", "place in the plan", "measured", "end")}
		for _, g := range s.Segments[:min(most, len(s.Segments))] {
			end := show.None
			if g.EndedAt != nil {
				end = instant(*g.EndedAt)
			}
			t.Rows = append(t.Rows, []cell{own(instant(g.StartedAt)), own(end), own(show.Span(g.Plan)), own(show.Span(g.Made)), said(g.End)})
		}
		all = append(all, block{Table: t})
	}
	if len(s.Events) > 0 {
		t := &table{ID: "t-events", Caption: "What changed while it went on", Head: heads("at", "into the run", "event", "what")}
		for i := range t.Head {
			t.Head[i].Left = true
		}
		for _, e := range s.Events[:min(most, len(s.Events))] {
			t.Rows = append(t.Rows, []cell{own(instant(e.At)), {Text: show.Span(e.T), Class: "l"}, said(e.Kind), wordy(e.Text)})
		}
		all = append(all, block{Fold: &fold{Summary: show.Counted(int64(len(s.Events)), "event"), Blocks: []block{{Table: t}}}})
	}
	if len(s.Damage) > 0 {
		var notes []note
		for _, d := range s.Damage[:min(most, len(s.Damage))] {
			notes = append(notes, note{Symbol: "▲", Tone: "warn", Text: show.Inert(d, 300)})
		}
		all = append(all, block{Text: "What of the journal could not be read:"}, block{Notes: notes})
	}
	return all
}

// driftPart is whether the target became worse while the run went on.
func driftPart(r *report.Report) part {
	p := part{ID: "drift", Title: "Drift"}
	d := r.Drift
	if d == nil {
		return p
	}
	p.Lead = "Whether the target became worse while the run went on, in blocks of " + show.Span(d.Block)
	if d.WarmUp > 0 {
		p.Lead += ", after a warm-up of " + show.Span(d.WarmUp)
	}
	p.Lead += ": " + report.Symbol(d.Verdict) + " " + show.Inert(d.Verdict, 20) + "."
	t := &table{ID: "t-drift", Caption: "Change over the run, each bound at 95 %", Head: heads("measure", "at start", "change", "at most", "margin", "an hour", "result")}
	t.Head[6].Left = true
	bars := chart.Bars{ID: "c-drift", Title: "Change over the run, with its interval", Unit: chart.Percent, Dots: true}
	for i := range d.Measures {
		m := &d.Measures[i]
		first := said(m.Name)
		if m.Verdict != "pass" {
			first = first.with(m.Rule)
		}
		if j := m.Jump; j != nil && j.Alarm {
			first = first.with("a lasting jump at " + show.Span(j.At))
		}
		t.Rows = append(t.Rows, []cell{
			first, own(m.LevelText()), own(m.ChangeText(m.Change.Value)), own(m.ChangeText(m.Worst())), own(m.ChangeText(&m.Margin)), own(perHour(m)), marked(m.Verdict),
		})
		if m.Name != report.DriftErrors {
			bars.Bars = append(bars.Bars, interval(m.Name, m.Change.Value, m.Change.Lower, m.Change.Upper, 100, m.Verdict))
			bars.Margin = &chart.Margin{Lo: -100 * m.Margin, Hi: 100 * m.Margin, Label: "margin"}
		}
	}
	var pair []block
	if len(bars.Bars) > 0 {
		pair = append(pair, drawn(bars.Figure()))
	}
	p.Blocks = append(p.Blocks, block{Pair: append(pair, block{Table: t})})
	var notes []note
	for _, text := range d.Remarks() {
		notes = append(notes, note{Text: show.Inert(text, 300)})
	}
	if len(notes) > 0 {
		p.Blocks = append(p.Blocks, block{Notes: notes})
	}
	return p
}

// perHour prints how much a measure changes in an hour.
func perHour(m *report.Drifted) string {
	v := m.PerHour.Value
	switch {
	case v == nil:
		return show.None
	case m.Name == report.DriftErrors:
		return fmt.Sprintf("%+.4fpt", 100**v)
	case m.Name == report.DriftThroughput:
		return fmt.Sprintf("%+.3g/s", *v)
	case *v < 0:
		away := -*v
		return "−" + show.Milliseconds(&away)
	}
	return "+" + show.Milliseconds(v)
}

// interval makes a bar of a value with its bounds, times scale. Where there is but one
// bound, the interval is drawn from there to the value, and the note says so.
func interval(name string, value, lo, hi *float64, scale float64, verdict string) chart.Bar {
	b := chart.Bar{Name: show.Inert(name, 40), Value: math.NaN(), Note: report.Symbol(verdict)}
	if value == nil {
		return b
	}
	b.Value = scale * *value
	b.Lo, b.Hi = b.Value, b.Value
	if lo != nil {
		b.Lo = scale * *lo
	}
	if hi != nil {
		b.Hi = scale * *hi
	}
	switch {
	case lo != nil && hi == nil:
		b.Note += " at least"
	case lo == nil && hi != nil:
		b.Note += " at most"
	}
	if Tone(verdict) == "stop" {
		b.Tone = chart.Alarm
	}
	return b
}
