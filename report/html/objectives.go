package html

import (
	"fmt"
	"html/template"
	"math"

	"gonogo/report"
	"gonogo/report/show"
)

// objectivesPart is what was asked, what was measured and how far apart they are.
func objectivesPart(r *report.Report) part {
	p := part{ID: "objectives", Title: "Objectives"}
	if len(r.Objectives) == 0 {
		if r.Comparison == nil {
			p.Blocks = []block{{Text: "None were set, so nothing is proved."}}
		}
		return p
	}
	p.Lead = "Judged " + r.Claims() + ". The mark on each bar is the limit."
	t := &table{ID: "t-objectives", Quiet: true, Full: true, Caption: "Objectives with their limits and what was measured", Sort: len(r.Objectives) > 8}
	t.Head = heads("objective", "limit", "measured", "of what is allowed", "margin", "samples", "verdict")
	t.Head[3].Left, t.Head[6].Left = true, true
	for i := range r.Objectives {
		t.Rows = append(t.Rows, objectiveRow(&r.Objectives[i]))
	}
	p.Blocks = []block{{Table: t}}
	return p
}

func objectiveRow(o *report.Objective) []cell {
	name, target := o.Words()
	first := said(name).with(o.Why())
	if o.Conditional != nil {
		first = first.with("conditional " + *o.Conditional)
	}
	if o.NoGo != nil {
		first = first.with("no go " + *o.NoGo)
	}
	measured := cell{Text: show.Inert(o.Shown, 40), Class: "w"}.with(o.IntervalText())
	verdict := marked(o.Verdict)
	if o.Thin() {
		verdict.Text += ", thin"
	}
	bar := cell{Class: "l", Text: show.None}
	if o.Measured != nil {
		if used, ok := o.Used(*o.Measured); ok {
			bar = cell{Class: "l", Draw: gauge(used, o), Key: fmt.Sprintf("%.4g", used)}
		}
	}
	return []cell{first, {Text: show.Inert(target, 80), Class: "w"}, measured, bar, own(o.MarginText()), count(o.Samples), verdict}
}

// gauge draws how much of what is allowed was used: the limit is at the same place in
// every row, so that what is beyond one is seen without reading.
func gauge(used float64, o *report.Objective) template.HTML {
	const (
		width, height = 180, 18
		limit         = 112.0 // where the limit is
		most          = 1.55  // times the limit: what is beyond is drawn there
	)
	at := func(v float64) float64 { return math.Round(10*limit*min(max(v, 0), most)) / 10 }
	fill := map[string]string{"go": "#1a7f4b", "warn": "#9a6200", "stop": "#b3261e", "unknown": "#5b6470"}[Tone(o.Verdict)]
	words := share(used) + " of what is allowed"
	interval := ""
	if lo, hi, ok := spanOf(o); ok {
		interval = fmt.Sprintf(`<path class="gi" d="M%g 9H%gM%g 6v6M%g 6v6" stroke="#1c2024"/>`, at(lo), at(hi), at(lo), at(hi))
	}
	return template.HTML(fmt.Sprintf( //nolint:gosec // numbers and our own words
		`<svg class="gauge" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+
			`<rect class="gt" y="5" width="%g" height="8" fill="#e8ebee"/><rect class="gb %s" y="5" width="%g" height="8" fill="%s"/>%s`+
			`<path class="gl" d="M%g 1v16" stroke="#1c2024" stroke-width="2"/></svg> <span class="gn">%s</span>`,
		width, height, width, height, words, limit*most, Tone(o.Verdict), max(at(used), 1), fill, interval, limit, share(used)))
}

// share prints a share of what is allowed.
func share(used float64) string {
	switch {
	case used < 0.995:
		return fmt.Sprintf("%.0f%%", 100*used)
	case used < 1:
		return ">99%"
	case used > 1 && used < 1.005:
		return ">100%"
	case used < 9.995:
		return fmt.Sprintf("%.0f%%", 100*used)
	}
	return show.Whole(used) + "×"
}

// spanOf is the interval of the objective's value as shares of what is allowed.
func spanOf(o *report.Objective) (lo, hi float64, ok bool) {
	if o.Bounds == nil {
		return 0, 0, false
	}
	atLimit, _ := o.Used(o.Limit)
	beyond, _ := o.Used(o.Limit + math.Abs(o.Limit)/1000)
	rising := beyond > atLimit // what is more uses more
	lo, hi = 0, math.Inf(1)
	for _, bound := range []struct {
		value *float64
		least bool // it is the least that is used
	}{{o.Bounds.Lo, rising}, {o.Bounds.Hi, !rising}} {
		if bound.value == nil {
			continue
		}
		used, known := o.Used(*bound.value)
		if !known {
			return 0, 0, false
		}
		if bound.least {
			lo = used
		} else {
			hi = used
		}
		ok = true
	}
	return lo, hi, ok
}
