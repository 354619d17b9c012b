package html

import (
	"math"
	"strings"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
	"gonogo/slo"
)

// percentilesPart is the run by percentile.
func percentilesPart(r *report.Report) part {
	p := part{ID: "percentiles", Title: "Percentiles", Lead: "Every nine has the same room: the right half of the curve is the slowest 1 %."}
	curves, err := r.Curves()
	if err != nil {
		p.Blocks = []block{{Text: "The curve cannot be drawn: " + show.Inert(err.Error(), 200)}}
		return p
	}
	if len(curves) == 0 {
		return p
	}
	c := chart.Curve{ID: "c-percentiles", Title: "Response time by percentile", Unit: chart.Milliseconds, Log: true, Height: 300}
	for i, one := range curves {
		s := chart.CurveSeries{Name: one.Name, Q: one.Q, V: one.MS}
		if i == 0 && one.Name == "response time" {
			s.Tone = chart.Main
		}
		c.Series = append(c.Series, s)
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		t, err := slo.ParseTarget(o.Target)
		if err != nil || t.Step != "" || o.Unit != "ms" || t.During != "" {
			continue
		}
		limit := chart.CurveLimit{Value: o.Limit, Label: short(o)}
		if t.Metric == slo.Percentile {
			limit.Q = t.Quantile.Float() / 100
		}
		c.Limits = append(c.Limits, limit)
	}
	p.Blocks = []block{{Pair: []block{drawn(c.Figure()), {Table: spreads(r)}}}}
	return p
}

// spreads are the run's durations in figures.
func spreads(r *report.Report) *table {
	t := &table{ID: "t-spreads", Caption: "Durations of the measure phase", Head: heads("duration", "count", "mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "max")}
	l := &r.Totals.Latency
	if l.Count > 0 {
		t.Rows = append(t.Rows, []cell{
			own("response time").with("from when a request was due to the end of its answer; failures as at least the timeout"),
			count(l.Count), ms(l.Mean), ranked(l, "p50", l.P50), ranked(l, "p75", l.P75), ranked(l, "p90", l.P90), ranked(l, "p95", l.P95),
			ranked(l, "p99", l.P99), ranked(l, "p99_9", l.P999), ranked(l, "max", l.Max),
		})
	}
	t.spread("answered only", "the same of good answers alone", r.Totals.Answered, r.Totals.Accounting.Bad() > 0)
	t.spread("service time", "from when it was sent: the target's part", r.Totals.Service, true)
	t.spread("waited before", "from due to sent: being late, waiting for a free connection, connecting", r.Totals.Lag, true)
	t.spread("client delay", "from the end of the answer to our own code: never charged to the target", r.Totals.ClientDelay, !r.Generator.Unstamped())
	return t
}

// spread adds a row, where there is something to tell.
func (t *table) spread(name, what string, s report.Spread, wanted bool) {
	if s.Count == 0 || !wanted {
		return
	}
	t.Rows = append(t.Rows, []cell{
		own(name).with(what), count(s.Count), ms(s.Mean), ms(s.P50), ms(s.P75), ms(s.P90), ms(s.P95), ms(s.P99), ms(s.P999), ms(s.Max),
	})
}

// short names the limit of an objective on a chart.
func short(o *report.Objective) string {
	const most = 18
	target, _, _ := strings.Cut(o.Target, " every ")
	return show.Inert(target, most)
}

// An axis is the time of a run, as all its charts have it.
type axis struct {
	r      *report.Report
	rows   []report.Moment
	x      []float64
	step   float64
	phases []chart.Band // and gaps
}

// axisOf is the time that there are figures for.
func axisOf(r *report.Report) axis {
	unit, rows := r.Moments()
	a := axis{r: r, rows: rows, step: unit}
	for i := range rows {
		a.x = append(a.x, rows[i].T)
	}
	for _, p := range r.Phases {
		switch {
		case report.Beside(p.Name):
		case p.Length > 0 && len(rows) > 0 && p.Start < a.x[len(a.x)-1]+unit:
			a.phases = append(a.phases, chart.Band{From: p.Start, To: p.Start + p.Length, Label: r.PhaseName(p.Name), Kind: chart.Phase})
		}
	}
	a.phases = append(a.phases, gaps(r)...)
	return a
}

// gaps are the stretches in which the instrument did not measure.
func gaps(r *report.Report) []chart.Band {
	var all []chart.Band
	if r.Soak != nil {
		for _, g := range r.Soak.Gaps {
			all = append(all, chart.Band{From: g.T, To: g.T + g.Length, Label: show.Inert(g.Why, 20), Kind: chart.Gap})
		}
		return all
	}
	if r.Generator == nil {
		return nil
	}
	for _, j := range r.Generator.Jolts {
		if length := j.Length / 1000; j.Kind != "clock step" && length > 0 {
			all = append(all, chart.Band{From: j.T - length, To: j.T, Label: show.Inert(j.Kind, 20), Kind: chart.Gap})
		}
	}
	return all
}

// of makes a series of a figure of each row.
func (a *axis) of(name string, tone chart.Tone, figure func(*report.Moment) *float64) chart.Series {
	s := chart.Series{Name: name, Tone: tone, Y: make([]float64, len(a.rows))}
	for i := range a.rows {
		s.Y[i] = math.NaN()
		if v := figure(&a.rows[i]); v != nil {
			s.Y[i] = *v
		}
	}
	return s
}

// any tells whether a series has a value.
func has(s chart.Series) bool {
	for _, y := range s.Y {
		if !math.IsNaN(y) {
			return true
		}
	}
	return false
}

func known(all ...chart.Series) []chart.Series {
	var some []chart.Series
	for _, s := range all {
		if has(s) {
			some = append(some, s)
		}
	}
	return some
}

// lines makes a chart of series over the axis.
func (a *axis) lines(id, title string, unit chart.Unit, series ...chart.Series) chart.Lines {
	return chart.Lines{ID: id, Title: title, X: a.x, Step: a.step, Start: a.r.Run.StartedAt, Series: known(series...), Bands: a.phases, Unit: unit}
}

// timePart is the run over time.
func timePart(r *report.Report) part {
	p := part{ID: "time", Title: "Over time", Short: "Time"}
	a := axisOf(r)
	if len(a.rows) == 0 {
		p.Blocks = []block{{Text: "No request was measured, so there is nothing to draw over time."}}
		return p
	}
	p.Lead = "In stretches of " + show.Span(a.step) + ", by when requests were due."
	if r.Timeline == nil {
		p.Lead += " An earlier gonogo wrote this report: it keeps less over time."
	}
	p.Blocks = []block{overTime(a.response(), a.rate())}
	if f := a.parts(); len(f.Series) > 1 {
		p.Blocks[0].Figures = append(p.Blocks[0].Figures, figure{Figure: f.Figure(), Zoom: true})
	}
	users := a.of("users of the plan", chart.Main, func(m *report.Moment) *float64 { return m.Users })
	if has(users) {
		l := a.lines("c-users", "Users", chart.Count, users)
		p.Blocks[0].Figures = append(p.Blocks[0].Figures, figure{Figure: l.Figure(), Zoom: true})
	}
	return p
}

// response is the chart of the response times, with limits and where they were passed.
func (a *axis) response() chart.Figure {
	l := a.lines("c-response", "Response time", chart.Milliseconds,
		a.of("max", chart.Quiet, func(m *report.Moment) *float64 { return m.Max }),
		a.of("p99", chart.Auto, func(m *report.Moment) *float64 { return m.P99 }),
		a.of("p95", chart.Main, func(m *report.Moment) *float64 { return m.P95 }),
		a.of("p50", chart.Auto, func(m *report.Moment) *float64 { return m.P50 }))
	l.Height, l.Log = 280, a.wide()
	for i := range a.r.Objectives {
		o := &a.r.Objectives[i]
		if t, err := slo.ParseTarget(o.Target); err == nil && t.Step == "" && o.Unit == "ms" {
			l.Limits = append(l.Limits, chart.Limit{Value: o.Limit, Label: short(o)})
		}
	}
	l.Bands = append(l.Bands[:len(l.Bands):len(l.Bands)], a.breaches("ms")...)
	return l.Figure()
}

// breaches are the stretches in which a figure in that unit was beyond an objective's limit.
func (a *axis) breaches(unit string) []chart.Band {
	var all []chart.Band
	for _, b := range a.r.Breaches() {
		if b.Unit != unit {
			continue
		}
		all = append(all, chart.Band{From: b.From, To: b.To, Label: show.Inert(b.Objective, 20), Kind: chart.Breach})
	}
	return all
}

// wide tells whether the response times are too far apart for a linear axis.
func (a *axis) wide() bool {
	const far = 15
	lo, hi := math.Inf(1), 0.0
	for i := range a.rows {
		if m := &a.rows[i]; m.P50 != nil && m.Max != nil {
			lo, hi = min(lo, *m.P50), max(hi, *m.Max)
		}
	}
	return hi > far*lo && lo > 0
}

// rate is the chart of what was planned and what was achieved.
func (a *axis) rate() chart.Figure {
	per := func(n func(*report.Moment) int64) func(*report.Moment) *float64 {
		return func(m *report.Moment) *float64 {
			if m.Length <= 0 {
				return nil
			}
			v := float64(n(m)) / m.Length
			return &v
		}
	}
	l := a.lines("c-rate", "Requests a second", chart.PerSecond,
		a.of("planned arrivals", chart.Quiet, func(m *report.Moment) *float64 { return m.Arrivals }),
		a.of("due", chart.Auto, per(func(m *report.Moment) int64 { return m.Planned })),
		a.of("good answers", chart.Main, per(func(m *report.Moment) int64 { return m.OK })))
	for i := range a.r.Objectives {
		if o := &a.r.Objectives[i]; o.Unit == "/s" {
			l.Limits = append(l.Limits, chart.Limit{Value: o.Limit, Label: short(o)})
		}
	}
	l.Height = 280
	return l.Figure()
}

// parts is the chart of what the response time is made of.
func (a *axis) parts() chart.Lines {
	return a.lines("c-parts", "Where the time goes: p95 of each part", chart.Milliseconds,
		a.of("response", chart.Main, func(m *report.Moment) *float64 { return m.P95 }),
		a.of("service", chart.Auto, func(m *report.Moment) *float64 { return m.Service }),
		a.of("first byte", chart.Auto, func(m *report.Moment) *float64 { return m.FirstByte }),
		a.of("connect", chart.Auto, func(m *report.Moment) *float64 { return m.Connect }),
		a.of("TLS", chart.Auto, func(m *report.Moment) *float64 { return m.TLS }))
}

// heatPart is how the response times were spread over time.
func heatPart(r *report.Report) part {
	const rows = 36
	p := part{ID: "heat", Title: "Spread over time", Short: "Spread"}
	if r.Timeline == nil || len(r.Timeline.Rows) == 0 {
		return p
	}
	a := axisOf(r)
	heat, err := r.Timeline.Heat(rows)
	switch {
	case err != nil:
		p.Blocks = []block{{Text: "The map cannot be drawn: " + show.Inert(err.Error(), 200)}}
		return p
	case heat == nil:
		return p
	}
	c := chart.Heat{
		ID: "c-heat", Title: "How many requests took how long, over time", RowEdges: heat.Edges, Start: r.Run.StartedAt,
		Bands: a.phases, Unit: chart.Milliseconds, Height: 280,
	}
	for i := range r.Timeline.Rows {
		if m := &r.Timeline.Rows[i]; !report.Beside(m.Phase) {
			c.Columns = append(c.Columns, chart.HeatColumn{T: m.T, Length: m.Length, Counts: heat.Counts[i]})
		}
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		if t, err := slo.ParseTarget(o.Target); err == nil && t.Step == "" && o.Unit == "ms" {
			c.Limits = append(c.Limits, chart.Limit{Value: o.Limit, Label: short(o)})
		}
	}
	p.Lead = "Darker is more. Two bands are two kinds of answers; a column that reaches up is a stall. Failures lie at what they are charged with."
	p.Blocks = []block{overTime(c.Figure())}
	return p
}
