package html

import (
	"fmt"

	"gonogo/report"
	"gonogo/report/show"
)

// settingsPart is the effective configuration, and where each value came from.
func settingsPart(r *report.Report) part {
	p := part{ID: "configuration", Title: "Configuration"}
	var given, defaults [][]cell
	for _, s := range r.Settings() {
		value := said(s.Value)
		value.Class = "l w"
		row := []cell{said(s.Key), value, wordy(orNone(s.Origin))}
		if s.Default() {
			defaults = append(defaults, row)
		} else {
			given = append(given, row)
		}
	}
	p.Lead = "What was run, value by value, and where each value came from."
	if len(given) > 0 {
		p.Blocks = append(p.Blocks, settings("t-given", "Values that were chosen", given, len(given) > 40))
	}
	if len(defaults) > 0 {
		p.Blocks = append(p.Blocks, settings("t-defaults", "Values by default", defaults, true))
	}
	facts := []fact{
		{Name: "gonogo", Value: show.Inert(r.Run.Tool.Version, 60)},
		{Name: "commit", Value: show.Inert(r.Run.Tool.Commit, 60)},
		{Name: "Go", Value: show.Inert(r.Run.Tool.Go, 40)},
		{Name: "seed", Value: fmt.Sprint(r.Run.Seed)},
		{Name: "plan, SHA-256", Value: show.Inert(orNone(r.Run.SHA256), 80)},
	}
	if r.Run.Bodies != "" {
		facts = append(facts, fact{Name: "bodies, SHA-256", Value: show.Inert(r.Run.Bodies, 80)})
	}
	p.Blocks = append(p.Blocks, block{Facts: facts})
	return p
}

func settings(id, caption string, rows [][]cell, folded bool) block {
	const most = 1000
	t := &table{ID: id, Caption: caption, Head: heads("setting", "value", "origin"), Rows: rows[:min(most, len(rows))]}
	for i := range t.Head {
		t.Head[i].Left = true
	}
	if n := len(rows) - most; n > 0 {
		t.Note = "And " + show.Count(int64(n)) + " more in the data of this page."
	}
	if !folded {
		return block{Table: t}
	}
	return block{Fold: &fold{Summary: caption + " (" + show.Count(int64(len(rows))) + ")", Blocks: []block{{Table: t}}}}
}

func orNone(text string) string {
	if text == "" {
		return show.None
	}
	return text
}

// accountingPart shows that no request was lost.
func accountingPart(r *report.Report) part {
	p := part{ID: "accounting", Title: "Accounting", Lead: "Every request of the plan, in all phases: planned = started + dropped, started = good + failed + still open at the end."}
	t := &table{ID: "t-accounting", Quiet: true, Caption: "Where every request went", Head: heads("phase", "from", "length", "planned", "started", "dropped", "good", "failed", "still open", "p95")}
	for i := range r.Phases {
		ph := &r.Phases[i]
		name := said(r.PhaseName(ph.Name))
		if !r.Judged(ph.Name) && ph.Accounting.Planned > 0 {
			name = name.with("not judged")
		}
		row := append([]cell{name, own(show.Span(ph.Start)), own(show.Span(ph.Length))}, books(ph.Accounting)...)
		t.Rows = append(t.Rows, append(row, ranked(&ph.Latency, "p95", ph.Latency.P95)))
	}
	all := append([]cell{own("all"), own(""), own("")}, books(r.Accounting)...)
	t.Foot = append(all, own(""))
	p.Blocks = []block{{Table: t}}
	if r.Accounting.Closes() {
		p.Blocks = append(p.Blocks, block{Notes: []note{{Symbol: "✔", Tone: "go", Text: "Adds up: no request was lost."}}})
	} else {
		p.Blocks = append(p.Blocks, block{Notes: []note{{Symbol: "✖", Tone: "stop", Text: "Does not add up."}}})
	}
	if r.Against != nil {
		p.Blocks = append(p.Blocks, block{Text: "The last row counts both targets of the run."})
	}
	return p
}

func books(a report.Accounting) []cell {
	return []cell{count(a.Planned), count(a.Started), count(a.Dropped), count(a.OK), count(a.Failed), count(a.Censored)}
}
