package site

import (
	"fmt"
	"html/template"
	"net/http"

	"gonogo/report/history"
	"gonogo/report/show"
)

// scenarioPage is a scenario over its runs.
type scenarioPage struct {
	Name    string
	Trend   history.Trend
	Says    string
	Shifts  []string
	Figures []drawn
	Rows    []*history.Row // newest first
	Table   string         // the address of all its runs
}

// First and Others are its drawings.
func (p *scenarioPage) First() drawn    { return p.Figures[0] }
func (p *scenarioPage) Others() []drawn { return p.Figures[1:] }

// drawn is a figure that was drawn.
type drawn struct {
	Name, Title string
	SVG         template.HTML
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
	p := &scenarioPage{Name: name, Trend: t, Table: query{Scenario: name, Sort: usualSort}.URL()}
	for i := range t.Rows {
		p.Rows = append(p.Rows, &t.Rows[len(t.Rows)-1-i])
	}
	for _, shift := range t.Shifts {
		p.Shifts = append(p.Shifts, shiftInWords(&t, shift))
	}
	p.Says = trendInWords(&t)
	for _, f := range figures() {
		p.Figures = append(p.Figures, drawn{f.Name, f.Title, f.draw(&t)})
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
