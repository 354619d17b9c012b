package html

import (
	"fmt"
	"math"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
	"gonogo/slo"
)

// stepsPart is each step in figures, and those with the most requests over time.
func stepsPart(r *report.Report) part {
	const many = 15
	p := part{ID: "steps", Title: "Steps"}
	if len(r.Steps) == 0 {
		return p
	}
	p.Lead = show.Counted(int64(len(r.Steps)), "step") + ", response times of the measure phase."
	t := &table{ID: "t-steps", Quiet: true, Full: true, Caption: "Steps of the scenario", Sort: len(r.Steps) > 1}
	t.Head = heads("step", "requests", "rate", "p50", "p95", "p99", "p99.9", "max", "errors")
	sparks, allowed := sparksOf(r), r.AllowedBad()
	if sparks != nil {
		t.Head = append(t.Head, head{Name: "p95 over time", Left: true})
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		row := figures(said(s.Name), &s.Totals, allowed)
		if sparks != nil {
			row = append(row, sparks[s.Name])
		}
		t.Rows = append(t.Rows, row)
	}
	if len(r.Steps) > 1 {
		all := figures(own("all steps"), &r.Totals, allowed)
		if sparks != nil {
			all = append(all, own(""))
		}
		t.Foot = all
	}
	if len(r.Steps) > many {
		t.Filter = "Filter steps"
	}
	if len(r.Totals.Latency.Charged) > 0 {
		t.Note = "failed: at that rank no good answer came; it counts as at least the timeout."
	}
	p.Blocks = append([]block{{Table: t}}, smalls(r)...)
	return p
}

// figures are the cells of a step.
func figures(name cell, t *report.Totals, allowed float64) []cell {
	l := &t.Latency
	rate := cell{Text: show.Rate(t.Rate), Key: "-1"}
	if t.Rate != nil {
		rate = number(rate.Text, *t.Rate)
	}
	bad := t.Accounting.Bad()
	errors := number(show.Share(bad, t.Accounting.Planned), float64(bad)/float64(max(t.Accounting.Planned, 1)))
	if allowed > 0 && float64(bad) > allowed*float64(t.Accounting.Planned) {
		errors.Class = "bad"
	}
	return []cell{
		name, count(t.Requests), rate, ranked(l, "p50", l.P50), ranked(l, "p95", l.P95), ranked(l, "p99", l.P99),
		ranked(l, "p99_9", l.P999), ranked(l, "max", l.Max), errors,
	}
}

// sparksOf draws the p95 of each step over time into a line of text; nil where there are
// no steps over time.
func sparksOf(r *report.Report) map[string]cell {
	if r.Timeline == nil || len(r.Timeline.Steps) == 0 {
		return nil
	}
	all := map[string]cell{}
	for i := range r.Timeline.Steps {
		c := &r.Timeline.Steps[i]
		x, y := courseOf(r, c)
		if len(x) < 2 {
			continue
		}
		all[c.Step] = cell{Class: "l", Key: "0", Draw: chart.Spark{Name: "p95 of " + show.Inert(c.Step, 40), Y: y, Unit: chart.Milliseconds}.HTML()}
	}
	return all
}

// courseOf is the p95 of a step over the rows that follow each other.
func courseOf(r *report.Report, c *report.Course) (x, y []float64) {
	for i := range r.Timeline.Rows {
		m := &r.Timeline.Rows[i]
		if report.Beside(m.Phase) {
			continue
		}
		v := math.NaN()
		if c.P95[i] != nil {
			v = *c.P95[i]
		}
		x, y = append(x, m.T), append(y, v)
	}
	return x, y
}

// smalls draws the steps with the most requests over time, on one scale, and their
// figures in one table.
func smalls(r *report.Report) []block {
	if r.Timeline == nil || len(r.Timeline.Steps) == 0 {
		return nil
	}
	t := r.Timeline
	var low, high float64
	var figures []figure
	rows := make([][]cell, 0, len(t.Rows))
	data := &table{ID: "t-courses", Lean: true, Caption: "p95 of each step over time", Head: heads("time")}
	for i := range t.Rows {
		if !report.Beside(t.Rows[i].Phase) {
			rows = append(rows, []cell{own(show.Span(t.Rows[i].T))})
		}
	}
	var drawn []chart.Small
	for i := range t.Steps {
		c := &t.Steps[i]
		x, y := courseOf(r, c)
		for k, v := range y {
			text := show.None
			if !math.IsNaN(v) {
				high = max(high, v)
				if low == 0 || v < low {
					low = v
				}
				text = show.Milliseconds(&v)
			}
			rows[k] = append(rows[k], own(text))
		}
		data.Head = append(data.Head, head{Name: show.Inert(c.Step, 40)})
		drawn = append(drawn, chart.Small{
			ID: fmt.Sprintf("s-%d", i), Title: show.Inert(c.Step, 60), X: x, Step: t.Unit, Unit: chart.Milliseconds,
			Series: []chart.Series{{Name: "p95", Y: y, Tone: chart.Main}}, Limits: stepLimits(r, c.Step),
		})
	}
	data.Rows = rows
	const far = 15
	for _, s := range drawn {
		s.Low, s.High, s.Log = low, high, low > 0 && high > far*low
		figures = append(figures, figure{Figure: s.Figure(), Bare: true})
	}
	lead := "p95 of each step over time, all on one scale."
	if t.Other > 0 {
		lead = fmt.Sprintf("p95 over time of the %s with the most requests, all on one scale; %s are in the table above alone.",
			show.Counted(int64(len(t.Steps)), "step"), show.Counted(int64(t.Other), "other"))
	}
	return []block{{Text: lead}, {Smalls: figures}, {Fold: &fold{Summary: "Data of the steps over time", Blocks: []block{{Table: data}}}}}
}

// stepLimits are the limits on the p95 of a step.
func stepLimits(r *report.Report, step string) []chart.Limit {
	var all []chart.Limit
	for i := range r.Objectives {
		o := &r.Objectives[i]
		t, err := slo.ParseTarget(o.Target)
		if err == nil && t.Step == step && t.Metric == slo.Percentile && t.Quantile.Float() == 95 {
			all = append(all, chart.Limit{Value: o.Limit, Label: show.Milliseconds(&o.Limit)})
		}
	}
	return all
}

// groupsPart is what flows measure as a whole.
func groupsPart(r *report.Report) part {
	const many = 15
	p := part{ID: "groups", Title: "Groups"}
	if len(r.Groups) == 0 {
		return p
	}
	p.Lead = "Steps as a whole, by the sum of their response times."
	t := &table{ID: "t-groups", Quiet: true, Full: true, Caption: "Groups of the flows", Sort: len(r.Groups) > 1}
	t.Head = heads("group", "runs", "rate", "p50", "p95", "p99", "p99.9", "max", "failed")
	for i := range r.Groups {
		g := &r.Groups[i]
		t.Rows = append(t.Rows, figures(said(g.Name), &report.Totals{Accounting: g.Accounting, Requests: g.Requests, Rate: g.Rate, Latency: g.Latency}, r.AllowedBad()))
	}
	if len(r.Groups) > many {
		t.Filter = "Filter groups"
	}
	p.Blocks = []block{{Table: t}}
	return p
}
