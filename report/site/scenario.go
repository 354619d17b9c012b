package site

import (
	"fmt"
	"html/template"
	"math"
	"net/http"
	"slices"

	"gonogo/report/chart"
	"gonogo/report/history"
	"gonogo/report/show"
)

// scenarioPage is a scenario over its runs.
type scenarioPage struct {
	Name    string
	Trend   history.Trend
	P95     template.HTML
	Says    string
	Shifts  []string
	Figures []chart.Figure
	Rows    []*history.Row // newest first
	Table   string         // the address of all its runs
}

func (s *Site) scenario(w http.ResponseWriter, r *http.Request) {
	v, ok := s.view(w, r)
	if !ok {
		return
	}
	name := r.PathValue("name")
	if name == "" {
		name = r.URL.Query().Get("name")
	}
	t := history.TrendOf(v.Rows, name)
	if len(t.Rows) == 0 {
		s.pages.fail(w, r, http.StatusNotFound, "No report here is of the scenario "+show.Inert(name, 120)+".")
		return
	}
	p := scenarioPage{Name: name, Trend: t, Table: query{Scenario: name, Sort: usualSort}.URL()}
	for i := range t.Rows {
		p.Rows = append(p.Rows, &t.Rows[len(t.Rows)-1-i])
	}
	for _, shift := range t.Shifts {
		p.Shifts = append(p.Shifts, shiftInWords(&t, shift))
	}
	p.P95, p.Says = draw(&t), trendInWords(&t)
	p.Figures = []chart.Figure{
		overRuns(&t, "success", "Success", chart.Percent, func(r *history.Row) (*float64, *float64) { return r.SuccessRate, r.SuccessLimit }),
		overRuns(&t, "rate", "Good answers a second", chart.PerSecond, func(r *history.Row) (*float64, *float64) { return r.Rate, nil }),
	}
	s.pages.write(w, r, http.StatusOK, "scenario", frame{Title: name, Here: "scenario", Notes: notesOf(v), Reload: v.Unread > 0, Body: p})
}

// shiftInWords says what changed and when.
func shiftInWords(t *history.Trend, s history.Shift) string {
	words := fmt.Sprintf("From %s on the p95 is %s instead of %s (%+.0f%%)",
		when(t.Rows[s.At].StartedAt), show.Milliseconds(&s.After), show.Milliseconds(&s.Before), s.Change())
	if s.Plan {
		return words + "; the plan was changed there, too."
	}
	return words + "."
}

// trendInWords says the main figures of the chart of the p95.
func trendInWords(t *history.Trend) string {
	var lowest, highest, last *history.Row
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.P95 == nil {
			continue
		}
		if lowest == nil || *r.P95 < *lowest.P95 {
			lowest = r
		}
		if highest == nil || *r.P95 > *highest.P95 {
			highest = r
		}
		last = r
	}
	if last == nil {
		return "No run has a p95."
	}
	words := fmt.Sprintf("p95 over %s: lowest %s on %s, highest %s on %s, last %s", show.Counted(int64(len(t.Rows)), "run"),
		p95(lowest), when(lowest.StartedAt), p95(highest), when(highest.StartedAt), p95(last))
	if limit := t.Rows[len(t.Rows)-1].P95Limit; limit != nil {
		words += ", limit " + show.Milliseconds(limit)
	}
	return words + "."
}

// overRuns draws a figure run by run, with the limit that the last one had.
func overRuns(t *history.Trend, id, title string, unit chart.Unit, of func(*history.Row) (value, limit *float64)) chart.Figure {
	p := chart.Points{ID: id, Title: title, XName: "run, the oldest first", XUnit: chart.Count, Unit: unit, Height: 160}
	line := chart.PointSeries{Name: title, Join: true, Tone: chart.Main}
	for i := range t.Rows {
		value, limit := of(&t.Rows[i])
		line.X, line.Y = append(line.X, float64(i+1)), append(line.Y, valueOf(value))
		if i == len(t.Rows)-1 && limit != nil {
			p.Limits = []chart.Limit{{Value: *limit, Label: "limit " + unit.Text(*limit)}}
		}
	}
	if !slices.ContainsFunc(line.Y, func(v float64) bool { return !math.IsNaN(v) }) {
		line.X, line.Y = nil, nil
	}
	p.Series = []chart.PointSeries{line}
	return p.Figure()
}
