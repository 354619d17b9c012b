package html

import (
	"cmp"
	"math"
	"slices"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

// capacityPart is the search for the highest load that meets the objectives.
func capacityPart(r *report.Report) part {
	p := part{ID: "capacity", Title: "Capacity"}
	c := r.Capacity
	if c == nil {
		return p
	}
	p.Lead = "No level met the objectives."
	if c.Highest > 0 {
		p.Lead = c.LevelText(c.Highest) + " is the highest level that met the objectives."
	}
	t := &table{ID: "t-capacity", Caption: "Levels in the order in which they were tried", Sort: len(c.Trials) > 1}
	t.Head = heads("level", "requests", "achieved", "success", "p50", "p95", "p99", "verdict")
	t.Head[7].Left = true
	for _, trial := range c.Trials {
		first := number(c.LevelText(trial.Level), trial.Level)
		if len(trial.Reasons) > 0 && trial.Verdict != "GO" {
			first = first.with(trial.Reasons[0])
		}
		t.Rows = append(t.Rows, []cell{
			first, count(trial.Requests), own(show.Rate(trial.Rate)), own(report.Percent(trial.SuccessRate)),
			ms(trial.P50), ms(trial.P95), ms(trial.P99), marked(trial.Verdict),
		})
	}
	p.Blocks = []block{drawn(capacityCurve(r), achieved(r)), {Table: t}}
	return p
}

// trials are those of the search by level.
func trials(c *report.Capacity) []report.Trial {
	all := slices.Clone(c.Trials)
	slices.SortStableFunc(all, func(a, b report.Trial) int { return cmp.Compare(a.Level, b.Level) })
	return all
}

func levelAxis(c *report.Capacity) (name string, unit chart.Unit) {
	if c.Unit == "users" {
		return "users", chart.Count
	}
	return "requests a second, offered", chart.PerSecond
}

func marks(c *report.Capacity) []chart.Mark {
	var all []chart.Mark
	if c.Highest > 0 {
		all = append(all, chart.Mark{X: c.Highest, Label: "holds"})
	}
	if c.Missed > 0 {
		all = append(all, chart.Mark{X: c.Missed, Label: "does not"})
	}
	return all
}

// capacityCurve is the response times by level.
func capacityCurve(r *report.Report) chart.Figure {
	c := r.Capacity
	p := chart.Points{ID: "c-capacity", Title: "Response time by level", Unit: chart.Milliseconds, Log: true, Marks: marks(c), Height: 280}
	p.XName, p.XUnit = levelAxis(c)
	for _, one := range []struct {
		name string
		tone chart.Tone
		of   func(*report.Trial) *float64
	}{
		{"p99", chart.Auto, func(t *report.Trial) *float64 { return t.P99 }},
		{"p95", chart.Main, func(t *report.Trial) *float64 { return t.P95 }},
		{"p50", chart.Auto, func(t *report.Trial) *float64 { return t.P50 }},
	} {
		s := chart.PointSeries{Name: one.name, Join: true, Tone: one.tone}
		for _, trial := range trials(c) {
			if v := one.of(&trial); v != nil {
				s.X, s.Y = append(s.X, trial.Level), append(s.Y, *v)
			}
		}
		p.Series = append(p.Series, s)
	}
	for i := range r.Objectives {
		if o := &r.Objectives[i]; o.Unit == "ms" {
			p.Limits = append(p.Limits, chart.Limit{Value: o.Limit, Label: short(o)})
		}
	}
	return p.Figure()
}

// achieved is the rate of good answers by level.
func achieved(r *report.Report) chart.Figure {
	c := r.Capacity
	p := chart.Points{ID: "c-achieved", Title: "Good answers a second by level", Unit: chart.PerSecond, Marks: marks(c), Height: 280}
	p.XName, p.XUnit = levelAxis(c)
	s := chart.PointSeries{Name: "achieved", Join: true, Tone: chart.Main}
	for _, trial := range trials(c) {
		v := math.NaN()
		if trial.Rate != nil {
			v = *trial.Rate
		}
		s.X, s.Y = append(s.X, trial.Level), append(s.Y, v)
	}
	p.Series = []chart.PointSeries{s}
	return p.Figure()
}
