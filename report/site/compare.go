package site

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/history"
	"gonogo/report/versus"
)

// comparePage is a candidate against a baseline.
type comparePage struct {
	Baseline, Candidate *history.Row
	Swap                string
	Doc                 *report.ComparisonReport // nil: they are not compared
	Refused             []string                 // why not
	Changes             *chart.Figure            // of response times and the rate, in percent
}

// Lone tells whether a run has two targets of its own that are compared.
func (p *comparePage) Lone() bool { return p.Baseline == p.Candidate }

func (s *Site) compare(w http.ResponseWriter, r *http.Request) {
	v, ok := s.view(w, r)
	if !ok {
		return
	}
	rows, why := chosen(v, r.URL.Query())
	if why != "" {
		s.pages.fail(w, r, http.StatusBadRequest, why, "Choose two runs in the table, and compare them.")
		return
	}
	p := &comparePage{Baseline: rows[0], Candidate: rows[1]}
	p.Swap = compareURL(p.Candidate, p.Baseline)
	if err := s.read(r, func() error { return s.compared(p) }); err != nil {
		p.Refused = strings.Split(strings.TrimSpace(err.Error()), "\n")
	}
	s.pages.write(w, r, http.StatusOK, "compare", frame{Title: "Comparison", Here: "compare", Body: p})
}

func compareURL(a, b *history.Row) string {
	return "/compare?" + url.Values{"a": {strings.TrimSuffix(a.File, ".json")}, "b": {strings.TrimSuffix(b.File, ".json")}}.Encode()
}

// chosen are the baseline, which is a, and the candidate, which is b; or the two runs that
// were ticked in the table, the earlier one as the baseline.
func chosen(v *history.View, values url.Values) (rows []*history.Row, why string) {
	names := values["run"]
	if values.Has("a") || values.Has("b") {
		names = []string{values.Get("a"), values.Get("b")}
	}
	if len(names) != 2 {
		return nil, "It takes two runs to compare them."
	}
	for _, name := range names {
		row := v.Row(strings.TrimSuffix(name, ".json") + ".json")
		if row == nil {
			return nil, "No report here is called " + name + "."
		}
		rows = append(rows, row)
	}
	if !values.Has("a") && !values.Has("b") {
		slices.SortStableFunc(rows, func(a, b *history.Row) int { return a.StartedAt.Compare(b.StartedAt) })
	}
	return rows, ""
}

// compared compares the two, or says why that is not possible.
func (s *Site) compared(p *comparePage) error {
	baseline, errB := s.folder.Report(p.Baseline)
	if p.Lone() && errB == nil && baseline.Against != nil {
		doc, err := versus.Targets(p.Baseline.File, baseline, s.how)
		p.show(doc)
		return err
	}
	candidate, errC := s.folder.Report(p.Candidate)
	if err := errors.Join(errB, errC); err != nil {
		return err
	}
	b, errB := versus.Of(p.Baseline.File, baseline)
	c, errC := versus.Of(p.Candidate.File, candidate)
	if err := errors.Join(named(p.Baseline, errB), named(p.Candidate, errC)); err != nil {
		return err
	}
	doc, err := versus.Runs([]versus.Run{b}, []versus.Run{c}, s.how)
	p.show(doc)
	return err
}

func named(r *history.Row, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(r.File + ": " + err.Error())
}

// show takes what came of it.
func (p *comparePage) show(doc *report.ComparisonReport) {
	p.Doc = doc
	if doc == nil {
		return
	}
	bars := chart.Bars{ID: "changes", Title: "Change against the baseline", Unit: chart.Percent, Dots: true}
	for _, row := range doc.Comparison.Rows {
		if row.Unit == "%" || row.Change == nil { // success is in points
			continue
		}
		bar := chart.Bar{Name: row.Metric, Value: *row.Change, Lo: *row.Change, Hi: *row.Change}
		if row.Lo != nil && row.Hi != nil {
			bar.Lo, bar.Hi = *row.Lo, *row.Hi
		}
		if row.Verdict != nil && *row.Verdict == "fail" {
			bar.Tone = chart.Alarm
		}
		bars.Bars = append(bars.Bars, bar)
	}
	if m := doc.Comparison.Margin; len(bars.Bars) > 0 && !math.IsNaN(m) {
		bars.Margin = &chart.Margin{Lo: -m, Hi: m, Label: "margin"}
		f := bars.Figure()
		p.Changes = &f
	}
}
