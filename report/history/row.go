// Package history owns history.ndjson, the index of a folder of reports: one line a run,
// so that a page of thousands of runs is shown without reading thousands of reports.
//
// The reports are the truth, and the index can always be made again from them. A line that
// is lost, torn or foreign is no more than a report that has to be read once more.
//
//   - row.go is a line, and what it keeps of a report; spark.go its short series.
//   - lines.go appends a line and reads lines.
//   - scan.go takes a line's facts from a report in one pass, without keeping the report.
//   - names.go finds the newest reports among however many files.
//   - folder.go brings it together: the runs of a folder, read again where it changed.
//   - trend.go is the runs of one scenario over time, with the places where they changed.
package history

import (
	"math"
	"slices"
	"strings"
	"time"

	"gonogo/report"
	"gonogo/report/show"
)

// File is the name of the index in its folder.
const File = "history.ndjson"

// Version is that of the lines that this package writes. Lines of another one are foreign.
const Version = 1

// A Row is one run as the index keeps it. Its texts are inert, and of bounded length. A
// figure that is not known is null.
type Row struct {
	Version      int        `json:"schema_version"`
	File         string     `json:"file"`
	Size         int64      `json:"file_bytes"` // with Modified, tells that the file is still the same
	Modified     time.Time  `json:"file_modified_at"`
	Run          string     `json:"run"`
	Scenario     string     `json:"scenario"`
	Plan         string     `json:"plan_sha256"` // of the scenario with every default, without its seed
	Target       string     `json:"target"`
	Kind         string     `json:"kind"`
	Load         string     `json:"load"` // in words
	Verdict      string     `json:"verdict"`
	ExitCode     int        `json:"exit_code"`
	Valid        bool       `json:"valid"`
	StoppedEarly bool       `json:"stopped_early"`
	StartedAt    time.Time  `json:"started_at"`
	Duration     float64    `json:"duration_s"`
	Requests     int64      `json:"requests"`
	SuccessRate  *float64   `json:"success_rate"` // percent
	Rate         *float64   `json:"rate"`         // a second
	P50          *float64   `json:"p50_ms"`
	P95          *float64   `json:"p95_ms"`
	P99          *float64   `json:"p99_ms"`
	Charged      []string   `json:"charged"`            // which of those fall on a request that failed
	P95Limit     *float64   `json:"p95_limit_ms"`       // of an objective on all steps; null: there is none
	SuccessLimit *float64   `json:"success_rate_limit"` // likewise
	Worst        string     `json:"worst"`              // the objective that fared worst, in words
	Spark        []*float64 `json:"p95_series_ms"`      // of the measure phase, in even stretches: the worst of each; null: nothing was due
}

// The most columns of a row's texts.
const (
	mostName  = 100
	mostText  = 200
	mostWords = 240
)

// Failed tells whether a percentile, such as "p95", falls on a request that failed: it is
// what that was charged with, and not a wait that anybody saw.
func (r *Row) Failed(figure string) bool { return slices.Contains(r.Charged, figure) }

// facts are what a row is made of: those parts of a report, under its names.
type facts struct {
	SchemaVersion int
	Kind, Verdict string
	ExitCode      int
	Reasons       []string
	Run           runFacts
	Totals        totalFacts
	Objectives    []objectiveFacts
	Valid         bool
	moments       []moment
}

type runFacts struct {
	ID           string    `json:"id"`
	Scenario     string    `json:"scenario"`
	Target       string    `json:"target"`
	Load         string    `json:"load"`
	StartedAt    time.Time `json:"started_at"`
	EndedAt      time.Time `json:"ended_at"`
	StoppedEarly bool      `json:"stopped_early"`
	SHA256       string    `json:"sha256"`
}

type totalFacts struct {
	Requests    int64    `json:"requests"`
	SuccessRate *float64 `json:"success_rate"`
	Rate        *float64 `json:"rate"`
	Latency     struct {
		P50     *float64 `json:"p50"`
		P95     *float64 `json:"p95"`
		P99     *float64 `json:"p99"`
		Charged []string `json:"charged"`
	} `json:"latency_ms"`
}

type objectiveFacts struct {
	Name    string   `json:"name"`
	Target  string   `json:"target"`
	Verdict string   `json:"verdict"`
	Shown   string   `json:"measured_text"`
	Limit   float64  `json:"limit"`
	Unit    string   `json:"unit"`
	Margin  *float64 `json:"margin"`
}

// factsOf takes them from a report in memory.
func factsOf(r *report.Report) *facts {
	f := &facts{
		SchemaVersion: r.SchemaVersion, Kind: r.Kind, Verdict: r.Verdict, ExitCode: r.ExitCode, Reasons: r.Reasons,
		Run: runFacts{
			ID: r.Run.ID, Scenario: r.Run.Scenario, Target: r.Run.Target, Load: r.Run.Load, StartedAt: r.Run.StartedAt,
			EndedAt: r.Run.EndedAt, StoppedEarly: r.Run.StoppedEarly, SHA256: r.Run.SHA256,
		},
		Totals: totalFacts{Requests: r.Totals.Requests, SuccessRate: r.Totals.SuccessRate, Rate: r.Totals.Rate},
		Valid:  r.Validity.Valid,
	}
	l := &f.Totals.Latency
	l.P50, l.P95, l.P99, l.Charged = r.Totals.Latency.P50, r.Totals.Latency.P95, r.Totals.Latency.P99, r.Totals.Latency.Charged
	for _, o := range r.Objectives {
		f.Objectives = append(f.Objectives, objectiveFacts{Name: o.Name, Target: o.Target, Verdict: o.Verdict, Shown: o.Shown, Limit: o.Limit, Unit: o.Unit, Margin: o.Margin})
	}
	for _, in := range r.Intervals {
		f.add(moment{Phase: in.Phase, T: in.T, Length: in.Length, P95: in.P95})
	}
	return f
}

// row makes the line. The file's own facts are still missing.
func (f *facts) row() Row {
	l := f.Totals.Latency
	r := Row{
		Version: Version, Run: f.Run.ID, Scenario: f.Run.Scenario, Plan: f.Run.SHA256, Target: f.Run.Target,
		Kind: f.Kind, Load: f.Run.Load, Verdict: f.Verdict, ExitCode: f.ExitCode, Valid: f.Valid, StoppedEarly: f.Run.StoppedEarly,
		StartedAt: f.Run.StartedAt.UTC(), Duration: max(0, f.Run.EndedAt.Sub(f.Run.StartedAt).Seconds()),
		Requests: f.Totals.Requests, SuccessRate: f.Totals.SuccessRate, Rate: f.Totals.Rate, P50: l.P50, P95: l.P95, P99: l.P99,
		P95Limit: f.limit("p95 <", "ms"), SuccessLimit: f.limit("success >", "%"),
		Worst: f.worst(), Spark: spark(f.moments), Charged: []string{},
	}
	for _, figure := range []string{"p50", "p95", "p99"} {
		if slices.Contains(l.Charged, figure) {
			r.Charged = append(r.Charged, figure)
		}
	}
	r.calm()
	return r
}

// calm makes the texts inert, and bounds them.
func (r *Row) calm() {
	for _, text := range []struct {
		of   *string
		most int
	}{{&r.Run, mostName}, {&r.Scenario, mostName}, {&r.Target, mostText}, {&r.Load, mostText}, {&r.Worst, mostWords}} {
		*text.of = show.Inert(*text.of, text.most)
	}
	if !isDigest(r.Plan) {
		r.Plan = ""
	}
}

func isDigest(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// limit is that of an objective on all requests of the measure phase, the strictest where
// there are several.
func (f *facts) limit(subject, unit string) *float64 {
	var found *float64
	for _, o := range f.Objectives {
		value, ok := strings.CutPrefix(o.Target, subject)
		if !ok || o.Unit != unit || strings.Contains(strings.TrimSpace(strings.TrimPrefix(value, "=")), " ") {
			continue // "every 1m" and "during ramp" are about a part
		}
		if found == nil || (unit == "ms") == (o.Limit < *found) {
			found = new(o.Limit)
		}
	}
	return found
}

// worst says which objective fared worst, and how; without any, why the run ended as it did.
func (f *facts) worst() string {
	if len(f.Reasons) > 0 && (len(f.Objectives) == 0 || !f.Valid) { // no objective is to blame
		return f.Reasons[0]
	}
	if len(f.Objectives) == 0 {
		return ""
	}
	worst := slices.MinFunc(f.Objectives, func(a, b objectiveFacts) int {
		if by := rank(a.Verdict) - rank(b.Verdict); by != 0 {
			return by
		}
		return cmpMargin(a.left(), b.left())
	})
	name, want := worst.Name, worst.Target
	if subject, rest := worst.subject(); name == want || name == subject {
		name, want = subject, rest
	}
	return name + " " + worst.Shown + ", want " + want
}

// subject parts "p95 < 200ms" before the comparison.
func (o *objectiveFacts) subject() (subject, rest string) {
	from := strings.LastIndexByte(o.Target, '}') + 1 // a step may be called anything
	i := strings.IndexAny(o.Target[from:], "<>=")
	if i < 0 {
		return o.Name, o.Target
	}
	return strings.TrimSpace(o.Target[:from+i]), o.Target[from+i:]
}

// rank orders verdicts of objectives from the worst.
func rank(verdict string) int {
	return slices.Index([]string{"fail", "inconclusive", "conditional", "pass"}, verdict)
}

// left is which part of what was allowed is left; below 0: overspent.
func (o *objectiveFacts) left() float64 {
	switch {
	case o.Margin == nil:
		return math.Inf(-1)
	case o.Unit != "%":
		return *o.Margin
	}
	allowed := o.Limit
	if strings.Contains(o.Target, ">") {
		allowed = 100 - o.Limit
	}
	return *o.Margin / max(allowed, 1e-9)
}

func cmpMargin(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
