package formats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// sections are those of the document, the weightiest first.
func sections(r *report.Report) []section {
	rows := rowsOf(r)
	return []section{
		{"Objectives", objectiveTable(rows)},
		{"Comparison", contrastTable(rows)},
		{"Drift", driftTable(rows)},
		{"Capacity", capacityTable(r)},
		{"Can it be trusted?", trustTable(r, rows)},
		{"Latency", latencyTable(r)},
		{"Groups", groupTable(r)},
		{"Errors", errorTable(r)},
		{"How it was run", runTable(r)},
	}
}

// of returns the rows of a group, what is no pass first where not all can be shown.
func of(rows []row, group string) []row {
	var all []row
	for _, x := range rows {
		if x.group == group {
			all = append(all, x)
		}
	}
	if len(all) > mostRows {
		slices.SortStableFunc(all, func(a, b row) int { return cmp.Compare(rank(a.state), rank(b.state)) })
	}
	return all
}

func rank(state string) int {
	return slices.Index([]string{fail, inconclusive, conditional, warned}, state) & 7
}

func objectiveTable(rows []row) string {
	all := of(rows, objectives)
	if len(all) == 0 {
		return "None were set, so nothing is proved.\n"
	}
	heads := []string{"", "objective", "target", "measured:", "margin:", "samples:", "rule"}
	return tableOf(heads, len(all), "objective", func(i int) []string {
		x, rule, target := &all[i], "", all[i].target
		if target == x.name { // which says it
			target = ""
		}
		if x.state != pass {
			rule = literal(x.rule, widestText)
			if x.source != "" {
				rule += " " + literal("("+x.source+")", widestName)
			}
		}
		return []string{x.marked(), literal(x.name, widestName), literal(target, widestName), literal(x.measured, widestName), x.margin, x.samples, rule}
	})
}

// marked is the state with its symbol.
func (x *row) marked() string { return mark(x.state) + " " + x.state }

func contrastTable(rows []row) string {
	all := of(rows, contrasts)
	if len(all) == 0 {
		return ""
	}
	return tableOf([]string{"", "metric", "change:", "allowed", "rule"}, len(all), "metric", func(i int) []string {
		x := &all[i]
		return []string{x.marked(), literal(x.name, widestName), literal(x.measured, widestName), literal(x.target, widestName), literal(x.rule, widestText)}
	})
}

func driftTable(rows []row) string {
	all := of(rows, drifts)
	if len(all) == 0 {
		return ""
	}
	return tableOf([]string{"", "measure", "rule"}, len(all), "measure", func(i int) []string {
		return []string{all[i].marked(), literal(all[i].name, widestName), literal(all[i].rule, widestText)}
	})
}

func capacityTable(r *report.Report) string {
	c := r.Capacity
	if c == nil {
		return ""
	}
	return tableOf([]string{"level:", "", "rate:", "p50:", "p95:", "p99:"}, len(c.Trials), "level", func(i int) []string {
		trial := &c.Trials[i]
		return []string{
			number(trial.Level) + " " + literal(c.Unit, 20), mark(stateOf(trial.Verdict)) + " " + verdictText(trial.Verdict), show.Rate(trial.Rate),
			show.Milliseconds(trial.P50), show.Milliseconds(trial.P95), show.Milliseconds(trial.P99),
		}
	})
}

// trustTable says whether the instrument did its work.
func trustTable(r *report.Report, rows []row) string {
	all := of(rows, proofs)
	short := slices.DeleteFunc(slices.Clone(all), func(x row) bool { return x.state == pass })
	said := "Yes"
	switch {
	case !r.Validity.Valid:
		said = "No: the measurement is not valid, and says nothing about the target"
	case len(short) > 0:
		said = "Yes, with " + show.Counted(int64(len(short)), "warning")
	}
	text := fmt.Sprintf("%s. %d of %s hold", said, len(all)-len(short), show.Counted(int64(len(all)), "check"))
	if g := r.Generator; g != nil && g.CPU != nil {
		text += fmt.Sprintf("; cpu %.0f%%", *g.CPU)
	}
	text += "; start lag p99 " + show.Milliseconds(r.Totals.Late.P99) + ", " + show.Count(r.Totals.Accounting.Dropped) + " dropped.\n"
	if len(short) == 0 {
		return text
	}
	return text + "\n" + tableOf([]string{"", "check", "measured", "limit", "what it means"}, len(short), "check", func(i int) []string {
		x := &short[i]
		meaning := literal(x.rule, widestText)
		if x.remedy != "" {
			meaning += " " + literal(x.remedy, widestText)
		}
		return []string{mark(x.state), literal(x.name, widestName), literal(x.measured, widestName), literal(x.target, widestName), meaning}
	})
}

func latencyTable(r *report.Report) string {
	if r.Totals.Requests == 0 {
		return "No request was measured.\n"
	}
	steps, order := r.Steps, ""
	if len(steps) > mostRows {
		order = " The slowest come first."
		steps = slices.Clone(steps)
		slices.SortStableFunc(steps, func(a, b report.Step) int { return cmp.Compare(orZero(b.Latency.P95), orZero(a.Latency.P95)) })
	}
	t := newMarkdownTable("step", "count:", "p50:", "p95:", "p99:", "max:", "errors:")
	shown := t.rows(len(steps), func(i int) []string {
		return latencyCells(literal(steps[i].Name, widestName), &steps[i].Latency, steps[i].Accounting)
	})
	if len(steps) != 1 {
		t.row(latencyCells("**all**", &r.Totals.Latency, r.Totals.Accounting)...)
	}
	return "From when a request was due to the end of its answer; what failed counts as at least the timeout." + order + "\n\n" +
		t.text(len(steps), shown, "step")
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

func latencyCells(name string, l *report.Latency, a report.Accounting) []string {
	return []string{
		name, show.Count(a.Planned), l.Text("p50", l.P50), l.Text("p95", l.P95), l.Text("p99", l.P99), l.Text("max", l.Max),
		show.Share(a.Bad(), a.Planned),
	}
}

func groupTable(r *report.Report) string {
	if len(r.Groups) == 0 {
		return ""
	}
	return tableOf([]string{"group", "count:", "p50:", "p95:", "p99:", "max:", "failed:"}, len(r.Groups), "group", func(i int) []string {
		g := &r.Groups[i]
		return latencyCells(literal(g.Name, widestName), &g.Latency, g.Accounting)
	})
}

func errorTable(r *report.Report) string {
	if len(r.Errors) == 0 {
		return ""
	}
	return tableOf([]string{"count:", "what", "step", "phase", "first", "example"}, len(r.Errors), "kind", func(i int) []string {
		f := &r.Errors[i]
		what := f.Class
		if f.Status != 0 {
			what = fmt.Sprintf("HTTP %d", f.Status)
		}
		return []string{
			show.Count(f.Count), literal(what, 20), literal(f.Step, widestName), literal(f.Phase, 20), f.FirstAt.UTC().Format("15:04:05Z"),
			literal(f.Example, widestName),
		}
	})
}

func runTable(r *report.Report) string {
	t := newMarkdownTable("", "")
	for _, line := range [][2]string{
		{"run", r.Run.ID},
		{"scenario", r.Run.Scenario},
		{"target", r.Run.Target},
		{"load", r.Run.Load},
		{"started", utc(r.Run.StartedAt)},
		{"took", show.Span(max(0, r.Run.EndedAt.Sub(r.Run.StartedAt).Seconds()))},
		{"seed", fmt.Sprint(r.Run.Seed)},
		{"plan", r.Run.SHA256},
		{"gonogo", strings.TrimSpace(r.Run.Tool.Version + " " + r.Run.Tool.Commit)},
		{"host", fmt.Sprintf("%s/%s, %d CPUs", r.Run.Host.OS, r.Run.Host.Arch, r.Run.Host.CPUs)},
		{"stopped by", stopOf(r)},
	} {
		if line[1] != "" {
			t.row(line[0], literal(line[1], widestText))
		}
	}
	if r.Run.StoppedEarly {
		t.row("stopped early", "the rest of the plan was not run")
	}
	return t.out.String()
}

func stopOf(r *report.Report) string {
	if r.Run.Stop == nil {
		return ""
	}
	return r.Run.Stop.Reason()
}
