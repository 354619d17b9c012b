package html

import (
	"cmp"
	"maps"
	"slices"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

// failuresPart is what went wrong: when, how often, and an example of each kind.
func failuresPart(r *report.Report) part {
	p := part{ID: "errors", Title: "Errors"}
	bad, planned := r.Totals.Accounting.Bad(), r.Totals.Accounting.Planned
	if bad == 0 && len(r.Errors) == 0 {
		p.Lead = "None: every request was answered well."
		p.Blocks = []block{{}}
		return p
	}
	p.Lead = show.Count(bad) + " of " + show.Counted(planned, "request") + " (" + show.Share(bad, planned) + ") of the measure phase were not answered well."
	a := axisOf(r)
	var pair []block
	if f, some := a.errors(); some {
		pair = append(pair, overTime(f))
	}
	var rest []block
	if len(r.Errors) > 0 {
		tables := failureTables(r)
		pair, rest = append(pair, tables[0]), tables[1:]
	}
	p.Blocks = append([]block{{Pair: pair}}, rest...)
	return p
}

// errors is the chart of the errors over time, by class.
func (a *axis) errors() (f chart.Figure, some bool) {
	classes := map[string]int64{}
	for i := range a.rows {
		for class, n := range a.rows[i].Bad {
			classes[class] += n
		}
	}
	names := slices.SortedFunc(maps.Keys(classes), func(x, y string) int {
		return cmp.Or(cmp.Compare(classes[y], classes[x]), cmp.Compare(x, y))
	})
	if len(names) == 0 {
		return f, false
	}
	s := chart.Stack{ID: "c-errors", Title: "Errors by class", X: a.x, Step: a.step, Start: a.r.Run.StartedAt, Unit: chart.Count}
	s.Bands = append(a.phases[:len(a.phases):len(a.phases)], a.breaches("%")...)
	for _, name := range names {
		s.Series = append(s.Series, a.of(show.Inert(name, 20), chart.Auto, func(m *report.Moment) *float64 {
			n := float64(m.Bad[name])
			return &n
		}))
	}
	return s.Figure(), true
}

// failureTables list the kinds of errors, most frequent first; the rare ones folded away.
func failureTables(r *report.Report) []block {
	const open, most = 12, 300
	groups := slices.Clone(r.Errors)
	slices.SortStableFunc(groups, func(a, b report.Failure) int { return cmp.Compare(b.Count, a.Count) })
	first := failureTable("t-errors", "Kinds of errors, most frequent first, with an example of each", groups[:min(open, len(groups))], r)
	blocks := []block{{Table: first}}
	if len(groups) <= open {
		return blocks
	}
	rest := groups[open:min(most, len(groups))]
	t := failureTable("t-errors-more", "The other kinds of errors", rest, r)
	if n := len(groups) - most; n > 0 {
		t.Note = "And " + show.Counted(int64(n), "more kind") + " in the data of this page."
	}
	return append(blocks, block{Fold: &fold{Summary: show.Counted(int64(len(groups)-open), "more kind") + " of errors", Blocks: []block{{Table: t}}}})
}

func failureTable(id, caption string, groups []report.Failure, r *report.Report) *table {
	t := &table{ID: id, Caption: caption, Head: heads("error", "count", "step", "phase", "first at", "example"), Sort: len(groups) > 1}
	for i := range t.Head {
		t.Head[i].Left = i != 1
	}
	for _, g := range groups {
		phase := r.PhaseName(g.Phase)
		if g.Phase == "" {
			phase = show.None
		}
		first := g.FirstAt.UTC().Format("15:04:05Z")
		if g.FirstAt.IsZero() {
			first = show.None
		}
		t.Rows = append(t.Rows, []cell{
			said(g.What()), count(g.Count), said(cmp.Or(g.Step, show.None)),
			{Text: phase, Class: "l"},
			{Text: first, Class: "l"},
			example(g),
		})
	}
	return t
}

func example(g report.Failure) cell {
	const most = 160
	c := said(g.Example)
	c.Text, c.Full, c.Class = show.Inert(g.Example, most), "", "l w"
	if all := show.Inert(g.Example, whole); all != c.Text {
		c.Full = all
	}
	if g.Example == "" {
		c.Text = show.None
	}
	return c.with(g.Remedy())
}
