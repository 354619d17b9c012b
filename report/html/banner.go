package html

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/report"
	"gonogo/report/show"
	"gonogo/slo"
)

// A banner is what is seen first: the verdict, why, and whether it can be believed.
type banner struct {
	Verdict, Symbol, Tone string
	Sentence              string
	Where                 []fact // what was run, against what
	Answers               []answer
	Figures               []fact
}

// An answer is one to a question that everybody asks.
type answer struct {
	Question, Answer, Tone string
	Notes                  []note
}

func bannerOf(r *report.Report) banner {
	b := banner{
		Verdict: show.Inert(r.Verdict, 20), Symbol: report.Symbol(r.Verdict), Tone: Tone(r.Verdict),
		Sentence: strings.TrimPrefix(r.Sentence(), show.Inert(r.Verdict, 20)+": "),
		Where: []fact{
			{Name: "target", Value: show.Inert(r.Run.Target, 200)},
			{Name: "scenario", Value: show.Inert(r.Run.Scenario, 80)},
			{Name: "load", Value: show.Inert(r.Run.Load, 200)},
			{Name: "started", Value: instant(r.Run.StartedAt)},
			{Name: "took", Value: show.Span(r.Run.EndedAt.Sub(r.Run.StartedAt).Seconds())},
			{Name: "run", Value: show.Inert(r.Run.ID, 60)},
		},
		Answers: []answer{passed(r), because(r), trusted(r)},
		Figures: keyFigures(r),
	}
	if r.Run.StoppedEarly {
		b.Where = append(b.Where, fact{Name: "end", Value: "stopped early"})
	}
	return b
}

func instant(t time.Time) string {
	if t.IsZero() {
		return show.None
	}
	return t.UTC().Format("2 Jan 2006 15:04:05Z")
}

// passed answers whether the run passed.
func passed(r *report.Report) answer {
	a := answer{Question: "Did it pass?", Tone: Tone(r.Verdict), Answer: map[string]string{
		"go": "Yes", "warn": "With conditions", "stop": "No", "unknown": "Cannot be said",
	}[Tone(r.Verdict)]}
	if r.Verdict == "INVALID" {
		a.Answer = "Cannot be said"
	}
	holds := 0
	for i := range r.Objectives {
		if r.Objectives[i].Verdict == "pass" {
			holds++
		}
	}
	switch {
	case len(r.Objectives) > 0:
		a.Notes = append(a.Notes, note{Text: fmt.Sprintf("%d of %s", holds, holding(len(r.Objectives)))})
	case r.Comparison == nil && r.Capacity == nil:
		a.Notes = append(a.Notes, note{Text: "No objective was set, so nothing is proved."})
	}
	for _, o := range r.Objectives[:min(6, len(r.Objectives))] {
		name, target := o.Words()
		n := note{
			Symbol: report.Symbol(o.Verdict), Tone: Tone(o.Verdict),
			Text: show.Inert(name, 40) + " " + show.Inert(o.Shown, 30), More: show.Inert(target, 60),
		}
		if o.Measured != nil {
			if used, ok := o.Used(*o.Measured); ok {
				n.More += ": " + share(used) + " of what is allowed"
			}
		}
		a.Notes = append(a.Notes, n)
	}
	return a
}

func holding(n int) string {
	if n == 1 {
		return "1 objective holds"
	}
	return show.Count(int64(n)) + " objectives hold"
}

// because answers why the verdict is what it is.
func because(r *report.Report) answer {
	if r.Verdict == "GO" {
		return answer{Question: "Why?", Answer: "Room to spare", Tone: "go", Notes: tightest(r)}
	}
	a := answer{Question: "Why not?", Tone: Tone(r.Verdict), Answer: "See the reasons"}
	switch {
	case !r.Validity.Valid:
		a.Answer = "The measurement is not valid"
	case failuresDecide(r):
		a.Answer = show.Counted(r.Totals.Accounting.Bad(), "error") + " (" + show.Share(r.Totals.Accounting.Bad(), r.Totals.Accounting.Planned) + ")"
	case r.Run.StoppedEarly:
		a.Answer = "It was stopped early"
	case Tone(r.Verdict) == "unknown":
		a.Answer = "Not enough is known"
	case len(r.Objectives) > 0:
		a.Answer = "Beyond the limits"
	}
	a.Notes = reasons(r)
	return a
}

// failuresDecide tells whether an objective did not hold because of requests that were not
// answered well: one about their share, or a percentile that falls on one.
func failuresDecide(r *report.Report) bool {
	return r.Totals.Accounting.Bad() > 0 && slices.ContainsFunc(r.Objectives, func(o report.Objective) bool {
		t, err := slo.ParseTarget(o.Target)
		return o.Verdict != "pass" && err == nil && (t.Metric == slo.Success || t.Metric == slo.ErrorRate || o.Shown == "failed")
	})
}

// tightest names the objective that is nearest to its limit.
func tightest(r *report.Report) []note {
	var nearest *report.Objective
	most := 0.0
	for i := range r.Objectives {
		o := &r.Objectives[i]
		if o.Measured == nil {
			continue
		}
		if used, ok := o.Used(*o.Measured); ok && (nearest == nil || used > most) {
			nearest, most = o, used
		}
	}
	if nearest == nil {
		return []note{{Text: r.Reason()}}
	}
	name, target := nearest.Words()
	notes := []note{{
		Text: fmt.Sprintf("the tightest: %s %s", show.Inert(name, 40), show.Inert(nearest.Shown, 30)),
		More: fmt.Sprintf("%s, %.0f%% of what is allowed", show.Inert(target, 60), 100*most),
	}}
	if nearest.Thin() {
		notes = append(notes, note{Symbol: "▲", Tone: "warn", Text: "less than a tenth of it is left"})
	}
	return notes
}

// reasons are what went wrong in figures; the sentence above tells the rules that fired.
func reasons(r *report.Report) []note {
	const most = 3
	var all []note
	if n := len(r.Reasons) - most; n > 0 { // more than the sentence tells
		for _, reason := range r.Reasons[most:min(len(r.Reasons), 2*most)] {
			all = append(all, note{Text: show.Inert(reason, 300)})
		}
	}
	if !r.Validity.Valid {
		for _, c := range r.Validity.Checks {
			remedy := show.Inert(c.Remedy, 200)
			known := func(n note) bool { return strings.Contains(n.Text, remedy) }
			if !c.OK && !c.Warning && remedy != "" && !slices.ContainsFunc(all, known) {
				all = append(all, note{Text: remedy})
			}
		}
	}
	var failures []note
	for _, kind := range r.Kinds(most) {
		failures = append(failures, note{Text: show.Count(kind.Count) + " × " + show.Inert(kind.What, 40), More: "e.g. " + show.Inert(kind.Example, 80)})
	}
	decided := failuresDecide(r)
	if decided {
		all = append(all, failures...)
	}
	if w := r.WorstWindow; w != nil && len(r.Objectives) > 0 {
		worst := show.Milliseconds(&w.P95)
		if w.Charged {
			worst = "failed"
		}
		all = append(all, note{Text: fmt.Sprintf("worst %s: p95 %s, from %s on", show.Span(w.Length), worst, show.Span(w.T))})
	}
	all = append(all, beyond(r)...)
	if !decided { // they are there, and are not why
		all = append(all, failures...)
	}
	return all[:min(len(all), 3*most)]
}

// beyond says when objectives would not have held.
func beyond(r *report.Report) []note {
	var all []note
	first := map[string]*report.Breach{}
	times := map[string]int{}
	breaches := r.Breaches()
	for i := range breaches {
		b := &breaches[i]
		if times[b.Objective]++; times[b.Objective] == 1 {
			first[b.Objective] = b
		}
	}
	for i := range r.Objectives {
		name := r.Objectives[i].Name
		if n := times[name]; n > 0 && r.Objectives[i].Verdict != "pass" {
			when := "from " + show.Span(first[name].From) + " to " + show.Span(first[name].To)
			if n > 1 {
				when = "the first " + when
			}
			all = append(all, note{Text: show.Inert(name, 40) + " beyond its limit in " + stretches(n), More: when})
			times[name] = 0
		}
	}
	return all
}

func stretches(n int) string {
	if n == 1 {
		return "1 stretch"
	}
	return show.Count(int64(n)) + " stretches"
}

// trusted answers whether the figures can be believed.
func trusted(r *report.Report) answer {
	a := answer{Question: "Can I trust it?", Answer: "Yes", Tone: "go"}
	warnings := 0
	for _, c := range r.Validity.Checks {
		if c.OK {
			continue
		}
		n := note{Symbol: "✖", Tone: "stop", Text: show.Inert(c.Name+" "+c.Measured+", limit "+c.Limit, 120), More: show.Inert(c.Reason, 200)}
		if c.Warning {
			warnings++
			n.Symbol, n.Tone = "▲", "warn"
		}
		a.Notes = append(a.Notes, n)
	}
	switch {
	case !r.Validity.Valid:
		a.Answer, a.Tone = "No: the generator did not keep up", "stop"
	case len(r.Validity.Checks) == 0:
		a.Answer, a.Tone = "Nothing was checked", "unknown"
	case warnings > 0:
		a.Answer, a.Tone = "Yes, with "+show.Counted(int64(warnings), "warning"), "warn"
	default:
		a.Notes = append(a.Notes, note{Symbol: "✔", Tone: "go", Text: show.Count(int64(len(r.Validity.Checks))) + " checks of the instrument hold"})
	}
	a.Notes = append(a.Notes, note{Text: strings.Join(r.Vitals(), ", ")})
	return a
}

// keyFigures are the figures of the whole measure phase.
func keyFigures(r *report.Report) []fact {
	l := &r.Totals.Latency
	return []fact{
		{Name: "requests", Value: show.Count(r.Totals.Requests)},
		{Name: "good answers", Value: show.Rate(r.Totals.Rate)},
		{Name: "success", Value: report.Percent(r.Totals.SuccessRate)},
		rank(l, "p50", l.P50), rank(l, "p95", l.P95), rank(l, "p99", l.P99), rank(l, "max", l.Max),
		{Name: "received", Value: show.Size(r.Totals.BytesIn)},
	}
}

// rank is a percentile as a fact.
func rank(l *report.Latency, name string, ms *float64) fact {
	f := fact{Name: name, Value: l.Text(name, ms)}
	if f.Value == "failed" {
		f.Tone = "stop"
	}
	return f
}
