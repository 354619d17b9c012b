package formats

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/report"
)

// spread is a spread around a median: its shape does not matter.
func spread(n int64, p50, p95, p99, top float64) report.Spread {
	return report.Spread{
		Count: n, Min: new(p50 / 4), Mean: new(p50 * 1.5), P50: new(p50), P75: new(p50 * 1.25), P90: new(p95 * 0.75),
		P95: new(p95), P99: new(p99), P999: new(p99 * 2), Max: new(top),
	}
}

func totals(n, ok int64, latency report.Spread, charged ...string) report.Totals {
	return report.Totals{
		Accounting: report.Accounting{Planned: n, Started: n, OK: ok, Failed: n - ok},
		Requests:   n, SuccessRate: new(100 * float64(ok) / float64(n)), Rate: new(float64(ok) / 100),
		BytesIn: n * 2048, BytesOut: n * 128, Statuses: map[string]int64{"200": ok},
		Latency: report.Latency{Spread: latency, Charged: append([]string{}, charged...)}, Answered: latency, Service: latency,
		Late: spread(n, 0.25, 1, 3, 9), FirstByte: spread(n, 32, 120, 200, 300), ClientDelay: spread(n, 0.25, 0.5, 1, 2),
	}
}

// conditionalRun is the report of a run of two steps, one of them too slow.
func conditionalRun() *report.Report {
	started := time.Date(2025, 12, 14, 9, 2, 12, 0, time.UTC)
	all := totals(20_000, 19_900, spread(20_000, 40, 187.5, 310, 10_000), "max")
	all.Statuses["503"] = 100
	orders := totals(10_000, 9_900, spread(10_000, 72, 231, 402, 10_000), "max")
	orders.Statuses["503"] = 100
	return &report.Report{
		SchemaVersion: report.SchemaVersion, Kind: report.KindLoad, Verdict: "CONDITIONAL-GO", ExitCode: 11,
		Reasons: []string{"p95-orders is conditional: p95{POST /orders} < 300ms holds, p95{POST /orders} < 200ms does not"},
		Run: report.Run{
			ID: "20251214_090212", Scenario: "api-burst", Target: "https://staging.example.test", Load: "1000 users, ramp 10s, hold 100s",
			StartedAt: started, EndedAt: started.Add(111_500 * time.Millisecond), Seed: 42, Tool: report.Tool{Version: "0.3.0", Commit: "8f2c1d0", Go: "go1.26.8"},
			Host: report.Host{OS: "linux", Arch: "amd64", CPUs: 8, Hostname: "loadgen-1"}, Effective: []byte("{}"), SHA256: strings.Repeat("0f", 32),
		},
		Accounting: report.Accounting{Planned: 20_100, Started: 20_100, OK: 20_000, Failed: 100},
		Totals:     all,
		Steps:      []report.Step{{Name: "GET /health", Totals: totals(10_000, 10_000, spread(10_000, 12, 41, 88, 702))}, {Name: "POST /orders", Totals: orders}},
		Errors: []report.Failure{{
			Class: "status", Status: 503, Step: "POST /orders", Phase: "measure", Count: 100, FirstAt: started.Add(time.Minute), Example: "want 200 to 299, got 503",
		}},
		Objectives: []report.Objective{
			{
				Name: "success", Target: "success > 99%", Verdict: "pass", Band: "go", Rule: "success > 99% holds", Measured: new(99.5), Shown: "99.50%",
				Limit: 99, Unit: "%", Samples: 20_000, Margin: new(0.5), Claim: "observed", Source: "--slo",
			},
			{
				Name: "p95-orders", Target: "p95{POST /orders} < 200ms", Conditional: new("p95{POST /orders} < 300ms"), NoGo: new("p95{POST /orders} > 500ms"),
				Verdict: "conditional", Band: "conditional", Rule: "p95{POST /orders} < 300ms holds, p95{POST /orders} < 200ms does not",
				Measured: new(231.0), Shown: "231ms", Limit: 200, Unit: "ms", Samples: 10_000, Margin: new(-0.155), Claim: "observed", Source: "perf/my load.yaml:41",
			},
		},
		Validity: report.Validity{Valid: true, Checks: []report.Check{
			{Name: "accounting", OK: true, Measured: "adds up", Limit: "adds up"},
			{Name: "lag", OK: true, Measured: "p99 3ms", Limit: "p99 10ms"},
		}},
		Generator: &report.Generator{CPU: new(61.0), PeakCPU: new(70.0), CPUs: 8, RSSMax: new(int64(64 << 20)), Jolts: []report.Jolt{}},
		Limits:    []report.Limit{{Limit: 200, Over: 900, Planned: 20_000}, {Step: new("POST /orders"), Limit: 300, Inclusive: true, Over: 350, Planned: 10_000}},
		Intervals: []report.Interval{
			{T: 0, Length: 1, Phase: "ramp", Planned: 100, Started: 100, OK: 100, Rate: new(100.0), P50: new(39.5), P95: new(150.0), P99: new(255.0), Max: new(450.125), Over: []int64{2, 0}},
			{T: 10, Length: 1, Phase: "measure", Planned: 200, Started: 199, Dropped: 1, OK: 190, Failed: 8, Censored: 1, Rate: new(190.0), P50: new(40.0), P95: new(10_000.0), P99: new(10_000.0), Max: new(10_000.0), Over: []int64{19, 9}},
			{T: 11, Length: 0.5, Phase: "measure", Over: []int64{0, 0}},
		},
		Files: []string{"perf/load_test_report_20251214_090212.json"},
	}
}

// goRun is the report of a run without any failure.
func goRun() *report.Report {
	r := conditionalRun()
	r.Verdict, r.ExitCode, r.Reasons = "GO", 0, []string{}
	r.Steps, r.Errors, r.Objectives, r.Limits, r.Intervals = r.Steps[:1], []report.Failure{}, r.Objectives[:1], []report.Limit{}, r.Intervals[:1]
	r.Totals, r.Intervals[0].Over = r.Steps[0].Totals, []int64{}
	r.Objectives[0].Measured, r.Objectives[0].Shown, r.Objectives[0].Margin = new(100.0), "100.00%", new(1.0)
	return r
}

// failedRun is the report of a run with an objective that failed and a short proof.
func failedRun() *report.Report {
	r := conditionalRun()
	r.Verdict, r.ExitCode = "NO-GO", 10
	r.Reasons = []string{"p95-orders: p95{POST /orders} > 500ms holds: measured 640ms"}
	o := &r.Objectives[1]
	o.Verdict, o.Band, o.Rule, o.Measured, o.Shown, o.Margin = "fail", "no_go", "p95{POST /orders} > 500ms holds", new(640.0), "640ms", new(-2.2)
	r.Validity.Checks = append(r.Validity.Checks, report.Check{
		Name: "cpu", Warning: true, Measured: "88%", Limit: "80%", Reason: "the generator was short of processor time", Remedy: "use a bigger machine",
	})
	return r
}

// invalidRun is the report of a run whose machine could not make the load.
func invalidRun() *report.Report {
	r := failedRun()
	r.Verdict, r.ExitCode = "INVALID", 12
	r.Reasons = []string{"the measurement is not valid: lag: p99 210ms, limit p99 10ms: requests left late"}
	r.Validity = report.Validity{Checks: []report.Check{{Name: "lag", Measured: "p99 210ms", Limit: "p99 10ms", Reason: "requests left late", Remedy: "use a bigger machine or fewer users"}}}
	return r
}

// nothingRun is the report of a run that was stopped before its measure phase.
func nothingRun() *report.Report {
	r := conditionalRun()
	r.Verdict, r.ExitCode, r.Reasons = "INCONCLUSIVE", 12, []string{"stopped early: the rest of the plan was not run", "no objective was set"}
	r.Run.StoppedEarly = true
	r.Accounting, r.Totals = report.Accounting{}, report.Totals{Statuses: map[string]int64{}, Latency: report.Latency{Charged: []string{}}}
	r.Steps, r.Errors, r.Objectives, r.Limits, r.Intervals = []report.Step{}, []report.Failure{}, []report.Objective{}, []report.Limit{}, []report.Interval{}
	r.Validity.Checks, r.Generator, r.Files = []report.Check{}, nil, []string{}
	return r
}

// manySteps is the report of a run of 500 steps, each of which failed an objective.
func manySteps() *report.Report {
	r := failedRun()
	step, failed := r.Steps[1], r.Objectives[1]
	r.Steps, r.Objectives, r.Limits = nil, nil, nil
	for i := range 500 {
		s, o := step, failed
		s.Name = fmt.Sprintf("step %03d", i)
		s.Latency.P95 = new(float64(i * 7 % 500))
		o.Name, o.Source = fmt.Sprintf("p95 of step %03d", i), fmt.Sprintf("perf/many.yaml:%d", 10+i)
		r.Steps, r.Objectives = append(r.Steps, s), append(r.Objectives, o)
	}
	return r
}

// comparedRun is the report of a run that drifted and was worse than its baseline.
func comparedRun() *report.Report {
	r := goRun()
	r.Verdict, r.ExitCode = "NO-GO", 10
	r.Kind, r.Reasons = report.KindSoak, []string{"comparison: p95: +12.00% is worse than the margin of 5%", "no drift of p95: it became slower"}
	r.Comparison = &report.Comparison{Design: "concurrent", Margin: 5, Points: 0.5, Confidence: 0.95, Notes: []string{}, Rows: []report.Contrast{
		{Metric: "p95", Unit: "ms", Baseline: new(100.0), Candidate: new(112.0), Change: new(12.0), Lo: new(8.0), Margin: 5, Verdict: new("fail"), Rule: "p95: +12.00% is worse than the margin of 5%"},
		{Metric: "success", Unit: "%", Baseline: new(100.0), Candidate: new(100.0), Change: new(0.0), Margin: 0.5, Verdict: new("pass"), Rule: "success: within the margin"},
		{Metric: "rate", Unit: "/s"},
	}}
	r.Drift = &report.Drift{Verdict: "fail", Notes: []string{}, Measures: []report.Drifted{{Name: "p95", Verdict: "fail", Rule: "it became slower", Margin: 0.1}}}
	r.Groups = []report.Group{{Name: "checkout page", Accounting: r.Steps[0].Accounting, Requests: 10_000, Latency: r.Steps[0].Latency}}
	return r
}

// capacityRun is the report of a search.
func capacityRun() *report.Report {
	r := goRun()
	r.Kind, r.Reasons = report.KindCapacity, []string{"capacity is between 800/s and 900/s: the levels are close enough"}
	r.Capacity = &report.Capacity{Unit: "/s", Highest: 800, Missed: 900, Sure: true, Why: "the levels are close enough", Trials: []report.Trial{
		{Level: 800, Verdict: "GO", Valid: true, Requests: 8000, Rate: new(799.5), SuccessRate: new(100.0), P50: new(12.0), P95: new(44.0), P99: new(90.0), Reasons: []string{}},
		{Level: 900, Verdict: "NO-GO", Valid: true, Requests: 9000, Rate: new(812.25), SuccessRate: new(91.0), P50: new(40.0), P95: new(900.0), P99: new(2000.0), Reasons: []string{"p95"}},
	}}
	return r
}

// hostileRun is a report whose every text was chosen to do harm.
func hostileRun(evil string) *report.Report {
	r := failedRun()
	r.Verdict, r.ExitCode, r.Validity.Valid = "INVALID", 12, false
	r.Kind, r.Reasons, r.Files = evil, []string{evil, evil}, []string{evil}
	r.Run.ID, r.Run.Scenario, r.Run.Target, r.Run.Load, r.Run.SHA256 = evil, evil, evil, evil, evil
	r.Run.Tool, r.Run.Host = report.Tool{Version: evil, Commit: evil, Go: evil}, report.Host{OS: evil, Arch: evil, Hostname: evil}
	r.Run.Stop = &report.Stop{Rule: evil, Why: evil, Objective: evil}
	for i := range r.Steps {
		r.Steps[i].Name, r.Steps[i].Statuses, r.Steps[i].Latency.Charged = evil, map[string]int64{evil: 1}, []string{evil}
	}
	r.Groups = []report.Group{{Name: evil}, {Name: evil}}
	r.Errors = append(r.Errors, r.Errors[0])
	for i := range r.Errors {
		f := &r.Errors[i]
		f.Class, f.Step, f.Phase, f.Example = evil, evil, evil, evil
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		o.Name, o.Target, o.Rule, o.Shown, o.Source, o.Verdict, o.Unit = evil, evil, evil, evil, evil+":7", evil, evil
		o.Conditional, o.NoGo = &evil, &evil
	}
	for i := range r.Validity.Checks {
		r.Validity.Checks[i] = report.Check{Name: evil, Measured: evil, Limit: evil, Reason: evil, Remedy: evil}
	}
	for i := range r.Limits {
		r.Limits[i].Step = &evil
	}
	for i := range r.Intervals {
		r.Intervals[i].Phase = evil
	}
	c := comparedRun()
	r.Comparison, r.Drift, r.Capacity = c.Comparison, c.Drift, capacityRun().Capacity
	for i := range r.Comparison.Rows {
		m := &r.Comparison.Rows[i]
		m.Metric, m.Unit, m.Rule, m.Verdict = evil, evil, evil, &evil
	}
	r.Drift.Measures[0] = report.Drifted{Name: evil, Verdict: evil, Rule: evil}
	r.Capacity.Unit, r.Capacity.Trials[0].Verdict = evil, evil
	return r
}

// harm is what hostile names try.
func harm() string {
	return "|`</code></td>\x1b[31m\u202e\n::error::pwned\r\n@team #123 [x](javascript:a) ]]> %0A ${x} 'q' \"z\" \\ \xff{0} --- http://evil.example/ " + strings.Repeat("w", 10_000)
}

// cases are the reports that every format has to cope with.
func cases() map[string]*report.Report {
	return map[string]*report.Report{
		"go": goRun(), "conditional": conditionalRun(), "fail": failedRun(), "invalid": invalidRun(), "nothing": nothingRun(),
		"many-steps": manySteps(), "compared": comparedRun(), "capacity": capacityRun(), "hostile": hostileRun(harm()),
	}
}

// formatNamed returns the format of that name.
func formatNamed(name string) (Format, bool) {
	all := All()
	i := slices.IndexFunc(all, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return all[i], true
}
