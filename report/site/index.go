package site

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"slices"

	"gonogo/report/chart"
	"gonogo/report/history"
	"gonogo/report/show"
)

// indexPage is the table of runs, and what is beside it.
type indexPage struct {
	Query      query
	Verdicts   []string
	Names      []string // of scenarios, to choose from
	Scenarios  []summary
	Others     int // scenarios that have no summary here
	Tallies    []tally
	Heads      []head
	Rows       []*history.Row
	Runs       int // in the folder
	First, All int // of the rows shown: the number of the first one, and how many there are on all pages
	Back, On   string
	Broken     []history.Unreadable
	MoreBroken int
}

// Last is the number of the last row shown.
func (p *indexPage) Last() int { return p.First + len(p.Rows) - 1 }

// A summary is how a scenario fares.
type summary struct {
	Name  string
	Last  *history.Row
	Runs  int
	Trend template.HTML
}

// A tally is how many runs have a verdict.
type tally struct {
	Verdict string
	Runs    int
	URL     string
	On      bool // the table shows these alone
}

// A head is that of a column: what it can be sorted by.
type head struct {
	Name   string
	Sorted string // "ascending", "descending" or ""
	Links  []sortLink
}

// A sortLink sorts the table.
type sortLink struct{ Title, URL, Arrow string }

// How much is shown beside the table.
const (
	mostSummaries = 8
	mostNames     = 500
	mostBroken    = 20
)

func (s *Site) index(w http.ResponseWriter, r *http.Request) {
	v, ok := s.view(w, r)
	if !ok {
		return
	}
	p := tableOf(v, parseQuery(r.URL.Query()))
	s.pages.write(w, r, http.StatusOK, "index", frame{Title: "Runs", Here: "runs", Notes: notesOf(v), Reload: v.Unread > 0, Body: p})
}

// tableOf is the page of the table that is asked for.
func tableOf(v *history.View, q query) *indexPage {
	p := &indexPage{Query: q, Verdicts: verdicts(), Runs: len(v.Rows)}
	var rows []*history.Row
	count := map[string]int{}
	for i := range v.Rows {
		row := &v.Rows[i]
		if !q.takes(row) {
			continue
		}
		count[row.Verdict]++
		if q.Verdict == "" || row.Verdict == q.Verdict {
			rows = append(rows, row)
		}
	}
	q.sort(rows)
	p.All = len(rows)
	p.Query.Page = min(q.Page, max(1, (len(rows)+perPage-1)/perPage))
	from := (p.Query.Page - 1) * perPage
	p.First, p.Rows = from+1, rows[from:min(from+perPage, len(rows))]
	if p.Query.Page > 1 {
		p.Back = p.Query.at(p.Query.Page - 1).URL()
	}
	if from+perPage < len(rows) {
		p.On = p.Query.at(p.Query.Page + 1).URL()
	}
	for _, verdict := range verdicts() {
		t := tally{Verdict: verdict, Runs: count[verdict], URL: q.of(verdict).URL(), On: q.Verdict == verdict}
		if t.On {
			t.URL = q.of("").URL()
		}
		if t.Runs > 0 || t.On {
			p.Tallies = append(p.Tallies, t)
		}
	}
	p.Heads = headsOf(p.Query)
	p.beside(v)
	return p
}

// headsOf are the heads of the table. The target and the load share a column.
func headsOf(q query) (all []head) {
	for _, c := range columns() {
		link, sorted := sortLink{Title: c.title, URL: q.sortedBy(c).URL()}, ""
		switch {
		case q.Sort == c.name && q.Up:
			link.Arrow, sorted = " ↑", "ascending"
		case q.Sort == c.name:
			link.Arrow, sorted = " ↓", "descending"
		}
		if last := len(all) - 1; c.name == "load" {
			all[last].Links = append(all[last].Links, link)
			all[last].Sorted = cmp.Or(all[last].Sorted, sorted)
			continue
		}
		all = append(all, head{Name: c.name, Sorted: sorted, Links: []sortLink{link}})
	}
	return all
}

// beside adds what is beside the table: scenarios, and reports that cannot be read.
func (p *indexPage) beside(v *history.View) {
	byName := map[string][]*history.Row{}
	for i := range v.Rows {
		name := v.Rows[i].Scenario
		if len(byName) < mostNames || byName[name] != nil {
			byName[name] = append(byName[name], &v.Rows[i])
		}
	}
	var all []summary
	for name, rows := range byName {
		p.Names = append(p.Names, name)
		all = append(all, summary{Name: name, Last: rows[0], Runs: len(rows)})
	}
	slices.Sort(p.Names)
	slices.SortFunc(all, func(a, b summary) int { // those that were run last
		return cmp.Or(b.Last.StartedAt.Compare(a.Last.StartedAt), cmp.Compare(a.Name, b.Name))
	})
	p.Scenarios = all[:min(mostSummaries, len(all))]
	p.Others = len(all) - len(p.Scenarios)
	for i := range p.Scenarios {
		p.Scenarios[i].Trend = sparkOfRuns(byName[p.Scenarios[i].Name])
	}
	p.Broken = v.Unreadable[:min(mostBroken, len(v.Unreadable))]
	p.MoreBroken = len(v.Unreadable) - len(p.Broken)
}

// sparkOfRuns draws the p95 of the newest runs, which come newest first, and the limit that
// the newest had.
func sparkOfRuns(rows []*history.Row) template.HTML {
	const most = 40
	s := chart.Spark{Name: "p95 of the last " + show.Counted(int64(min(most, len(rows))), "run"), Unit: chart.Milliseconds}
	for _, r := range rows[:min(most, len(rows))] {
		s.Y = append(s.Y, valueOf(r.P95))
	}
	slices.Reverse(s.Y)
	if limit := rows[0].P95Limit; limit != nil {
		s.Limit = *limit
		s.Name += fmt.Sprintf(", limit %s", show.Milliseconds(limit))
	}
	return s.HTML()
}

// valueOf is a figure for a chart.
func valueOf(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func valuesOf(all []*float64) []float64 {
	out := make([]float64, len(all))
	for i, v := range all {
		out[i] = valueOf(v)
	}
	return out
}
