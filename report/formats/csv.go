package formats

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"gonogo/report"
	"gonogo/report/show"
)

// CSV prints the run over time, one row an interval, with units in the head. How many
// requests were beyond a limit is a column for each of Report.Limits: "over" counts those
// beyond it, "from" those that took exactly as long as well, and both count what was not
// answered well.
//
// It is RFC 4180. A text that a spreadsheet would take for a formula gets a "'" in front.
func CSV(w io.Writer, r *report.Report, _ Where) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := []string{
		"time", "t_s", "length_s", "phase", "planned", "started", "dropped", "ok", "failed", "censored", "errors",
		"rate_per_s", "p50_ms", "p95_ms", "p99_ms", "max_ms",
	}
	for _, l := range r.Limits {
		head = append(head, columnOf(l))
	}
	_ = out.Write(head) // Error says it
	for i := range r.Intervals {
		_ = out.Write(intervalRow(r, &r.Intervals[i]))
	}
	out.Flush()
	return out.Error()
}

// columnOf is the head of the column for a limit.
func columnOf(l report.Limit) string {
	name := "from_"
	if l.Inclusive {
		name = "over_"
	}
	name += strconv.FormatFloat(l.Limit, 'f', -1, 64) + "ms"
	if l.Step != nil {
		name += " " + *l.Step
	}
	return cellOf(name)
}

func intervalRow(r *report.Report, in *report.Interval) []string {
	row := []string{
		instant(r.Run.StartedAt, in.T), figure(&in.T), figure(&in.Length), cellOf(in.Phase),
		count(in.Planned), count(in.Started), count(in.Dropped), count(in.OK), count(in.Failed), count(in.Censored),
		count(in.Planned - in.OK), figure(in.Rate), figure(in.P50), figure(in.P95), figure(in.P99), figure(in.Max),
	}
	for i := range r.Limits {
		over := ""
		if i < len(in.Over) {
			over = count(in.Over[i])
		}
		row = append(row, over)
	}
	return row
}

// instant is when it is t seconds after the start.
func instant(start time.Time, t float64) string {
	const longest = 400 * 24 * 3600 // no run is longer
	after := time.Duration(math.Round(min(max(t, -longest), longest) * float64(time.Second)))
	return start.UTC().Add(after).Format("2006-01-02T15:04:05.000Z07:00")
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

// figure is a number to the microsecond; empty where there is none.
func figure(v *float64) string {
	const most = 1e15
	switch {
	case v == nil || math.IsNaN(*v) || math.IsInf(*v, 0):
		return ""
	case math.Abs(*v) >= most:
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	return strconv.FormatFloat(math.Round(*v*1e3)/1e3, 'f', -1, 64)
}

// cellOf is a text of unknown origin as a cell that no spreadsheet calculates.
func cellOf(text string) string {
	const widest = 120
	text = show.Inert(text, widest)
	if i := strings.IndexAny(text, "=+-@＝＋－＠"); i >= 0 && strings.TrimSpace(text[:i]) == "" {
		return "'" + text
	}
	return text
}
