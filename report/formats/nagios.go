package formats

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// Nagios prints what a monitoring plugin does: a line with the state and performance
// data, and what was judged below it.
//
// The states of plugins are in the text alone. What the command ends with is the
// verdict's code, as in every form: a wrapper that a monitor runs reads the first line.
func Nagios(w io.Writer, r *report.Report, _ Where) error {
	var out strings.Builder
	t := &r.Totals
	fmt.Fprintf(&out, "GONOGO %s - %s, %s, p95 %s, %s errors | %s\n", nagiosState(r.Verdict), nagiosText(r.Sentence()),
		show.Rate(t.Rate), show.Milliseconds(t.Latency.P95), show.Share(t.Accounting.Bad(), t.Accounting.Planned), performance(r))
	for _, x := range rowsOf(r) {
		if x.group != whole {
			fmt.Fprintf(&out, "%s %s %s: %s\n", x.state, x.group, nagiosText(x.name), nagiosText(x.message()))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// nagiosState is the state of a plugin that stands for the verdict.
func nagiosState(verdict string) string {
	switch stateOf(verdict) {
	case pass:
		return "OK"
	case conditional:
		return "WARNING"
	case fail:
		return "CRITICAL"
	}
	return "UNKNOWN"
}

// nagiosText is an inert text that begins no performance data.
func nagiosText(text string) string { return strings.ReplaceAll(text, "|", "¦") }

// performance is the performance data: the main figures, then each objective.
func performance(r *report.Report) string {
	const most = 20 // objectives: what reads the line has little room
	t := &r.Totals
	data := []string{
		datum("requests", "", number(float64(t.Requests)), "", ""),
		datum("errors", "", number(float64(t.Accounting.Bad())), "", ""),
	}
	for _, f := range []struct {
		label, unit string
		value       *float64
	}{
		{"success", "%", t.SuccessRate},
		{"rate", "", t.Rate},
		{"p50", "ms", t.Latency.P50},
		{"p95", "ms", t.Latency.P95},
		{"p99", "ms", t.Latency.P99},
		{"max", "ms", t.Latency.Max},
	} {
		if f.value != nil {
			data = append(data, datum(f.label, f.unit, figure(f.value), "", ""))
		}
	}
	rows := rowsOf(r)
	for i := range r.Objectives[:min(most, len(r.Objectives))] {
		o := &r.Objectives[i]
		if o.Measured == nil {
			continue
		}
		warn, critical := "", nagiosRange(o)
		if o.Conditional != nil {
			warn, critical = critical, ""
		}
		unit := ""
		if o.Unit == "ms" || o.Unit == "%" { // the others are no units of performance data
			unit = o.Unit
		}
		data = append(data, datum("slo "+rows[i].name, unit, figure(o.Measured), warn, critical))
	}
	return strings.Join(data, " ")
}

// datum is one figure of performance data.
func datum(label, unit, value, warn, critical string) string {
	label = strings.NewReplacer("=", "-", "|", "¦", "'", "''").Replace(label)
	if strings.Contains(label, " ") {
		label = "'" + label + "'"
	}
	text := label + "=" + value + unit
	if warn != "" || critical != "" {
		text += ";" + warn + ";" + critical
	}
	return text
}

// nagiosRange is the range of values that meet the objective; "" where that is no range.
func nagiosRange(o *report.Objective) string {
	limit := strconv.FormatFloat(o.Limit, 'f', -1, 64)
	switch {
	case strings.Contains(o.Target, "=="), strings.Contains(o.Target, "!="):
		return ""
	case strings.Contains(o.Target, ">"):
		return limit + ":"
	}
	return limit
}
