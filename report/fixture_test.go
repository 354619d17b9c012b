package report

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

func ptr[T any](v T) *T { return &v }

// spreadOf makes a spread around a median: its shape does not matter.
func spreadOf(n int64, p50, p95, p99, p999, top float64) Spread {
	return Spread{
		Count: n, Min: ptr(p50 / 4), Mean: ptr(p50 * 1.2), P50: ptr(p50), P75: ptr((p50 + p95) / 2),
		P90: ptr(p95 * 0.9), P95: ptr(p95), P99: ptr(p99), P999: ptr(p999), Max: ptr(top),
	}
}

func totalsOf(n, ok int64, latency, answered, service Spread, failed ...string) Totals {
	return Totals{
		Accounting: Accounting{Planned: n, Started: n, OK: ok, Failed: n - ok},
		Requests:   n, SuccessRate: ptr(100 * float64(ok) / float64(n)), Rate: ptr(float64(ok) / 300),
		BytesIn: n * 2831, BytesOut: n * 190, Statuses: map[string]int64{"200": ok},
		Latency: Latency{latency, append([]string{}, failed...)}, Answered: answered, Service: service,
		Lag: spreadOf(n, 0.05, 1.9, 6.1, 8, 19), Late: spreadOf(n, 0.02, 0.9, 3.1, 4, 9), Connect: spreadOf(1000, 0.4, 1, 2, 2.5, 3),
		FirstByte: service, ClientDelay: spreadOf(n, 0.01, 0.05, 0.21, 0.9, 2),
	}
}

// burst is the report of a run like those of the first users: a thousand users,
// three steps, one of them too slow.
func burst() *Report {
	started := time.Date(2025, 12, 14, 9, 2, 12, 0, time.UTC)
	health := spreadOf(240_139, 12.2, 41.4, 88, 240, 702)
	orders, ordersOK := spreadOf(240_130, 71, 231, 402, 10_000, 10_012), spreadOf(239_728, 71, 230, 400, 1_101, 2_411)
	items, itemsOK := spreadOf(240_149, 36.1, 122, 208, 610, 10_003), spreadOf(239_974, 36, 122, 207, 598, 1_320)
	all, allOK := spreadOf(720_418, 38, 187.3, 311, 840, 10_012), spreadOf(719_841, 38, 186, 309, 811, 2_411)
	service := spreadOf(719_841, 36, 171, 290, 802, 2_380)
	totals := totalsOf(720_418, 719_841, all, allOK, service, "max")
	totals.Statuses = map[string]int64{"200": 719_841, "503": 402}
	return &Report{
		SchemaVersion: SchemaVersion, Kind: KindLoad, Verdict: "CONDITIONAL-GO", ExitCode: 11,
		Reasons: []string{"p95-orders is conditional: p95{POST /v1/orders} < 300ms holds, p95{POST /v1/orders} < 200ms does not; product_manager must approve"},
		Run: Run{
			ID: "20251214_090212", Scenario: "api-burst", Target: "https://staging.example.test",
			Load: "1000 users, ramp 30s, hold 5m", StartedAt: started, EndedAt: started.Add(331_204 * time.Millisecond),
			Seed: 18_446_744_073_709_551_615, Tool: Tool{"0.3.0", "8f2c1d0", "go1.26.8"},
			Host:      Host{OS: "linux", Arch: "amd64", CPUs: 8, Memory: 16 << 30},
			Effective: json.RawMessage(`{"users":{"value":1000,"origin":"--users"}}`),
			SHA256:    "0f343b0931126a20f133d67c2b018a3b1c2b0a3a5f4d9b8a7c6d5e4f3a2b1c0d",
		},
		Accounting: Accounting{Planned: 730_430, Started: 730_430, OK: 729_850, Failed: 580},
		Totals:     totals,
		Steps: []Step{
			{"GET /health", totalsOf(240_139, 240_139, health, health, health)},
			{"POST /v1/orders", totalsOf(240_130, 239_728, orders, ordersOK, ordersOK, "p99_9", "max")},
			{"GET /v1/items", totalsOf(240_149, 239_974, items, itemsOK, itemsOK, "max")},
		},
		Errors: []Failure{
			{"status", 503, "POST /v1/orders", "measure", 402, started.Add(119 * time.Second), "want 200 to 299, got 503"},
			{"timeout", 0, "GET /v1/items", "measure", 175, started.Add(170 * time.Second), "no complete answer after 10s"},
			{"connect", 0, "GET /health", "ramp", 3, started.Add(2 * time.Second), "dial tcp 192.0.2.7:443: connection refused"},
		},
		Objectives: burstObjectives(),
		Validity: Validity{Valid: true, Checks: []Check{
			{Name: "accounting", OK: true, Measured: "adds up", Limit: "adds up"},
			{Name: "lag", OK: true, Measured: "p99 3.1ms", Limit: "p99 10ms"},
		}},
		Generator: &Generator{
			CPU: ptr(61.3), PeakCPU: ptr(70.2), CPUs: 8, SchedP99: ptr(0.41), GCP99: ptr(0.12), RSSMax: ptr(int64(64 << 20)), PortsFree: ptr(int64(8_212)),
			ClockSteps: 1, Jolts: []Jolt{{"clock step", 12.2, -61.5, false}}, Timer: "a thread of its own", KernelStamps: ptr(99.98),
		},
		Phases: []Phase{
			{"ramp", 0, 30, Accounting{10_012, 10_012, 0, 10_009, 3, 0}, ptr(333.6), Latency{spreadOf(10_012, 20, 96, 140, 300, 10_000), []string{"max"}}},
			{"measure", 30, 300, Accounting{Planned: 720_418, Started: 720_418, OK: 719_841, Failed: 577}, ptr(2399.5), totals.Latency},
			{"drain", 330, 1.204, Accounting{}, nil, Latency{Charged: []string{}}},
		},
		WorstWindow: &Window{T: 212, Length: 10, P95: 229},
		Limits:      []Limit{{nil, 200, false, 24_100, 720_418}, {ptr("POST /v1/orders"), 200, false, 15_331, 240_130}},
		Intervals:   burstIntervals(),
		Histograms:  Histograms{Latency: ptr("HISTFAAAAB4=")},
		Files: []string{
			"load_test_report_20251214_090212.json", "load_test_report_20251214_090212.html", "load_test_report_20251214_090212.hlog",
		},
	}
}

func burstObjectives() []Objective {
	return []Objective{
		{
			Name: "success-rate", Target: "success > 99.5%", Verdict: "pass", Band: "go", Rule: "success > 99.5% holds",
			Measured: ptr(99.9199), Shown: "99.92%", Limit: 99.5, Unit: "%", Samples: 720_418, Margin: ptr(0.4199), Claim: "observed", Source: "gonogo.yaml:31",
		},
		{
			Name: "p95", Target: "p95 < 200ms", Verdict: "pass", Band: "go", Rule: "p95 < 200ms holds",
			Measured: ptr(187.3), Shown: "187ms", Limit: 200, Unit: "ms", Samples: 720_418, Margin: ptr(0.0635), Claim: "observed", Source: "--slo",
		},
		{
			Name: "p95-orders", Target: "p95{POST /v1/orders} < 200ms", Conditional: ptr("p95{POST /v1/orders} < 300ms"), NoGo: ptr("p95{POST /v1/orders} > 500ms"),
			Verdict: "conditional", Band: "conditional", Rule: "p95{POST /v1/orders} < 300ms holds, p95{POST /v1/orders} < 200ms does not",
			Measured: ptr(231.0), Shown: "231ms", Limit: 200, Unit: "ms", Samples: 240_130, Margin: ptr(-0.155), Claim: "observed", Source: "gonogo.yaml:41",
		},
	}
}

func burstIntervals() []Interval {
	var all []Interval
	for t := range 330 {
		phase := "measure"
		if t < 30 {
			phase = "ramp"
		}
		p95 := 150 + 40*math.Sin(float64(t)/25) + float64(t*t%17)
		if t == 217 {
			p95 = 412
		}
		p95 = math.Round(p95*1000) / 1000
		all = append(all, Interval{
			T: float64(t), Length: 1, Phase: phase, Planned: 2400, Started: 2400, OK: 2399, Failed: 1, Rate: ptr(2399.0),
			P50: ptr(p95 / 4), P95: ptr(p95), P99: ptr(p95 * 1.7), Max: ptr(p95 * 3), Over: []int64{12, 3},
		})
	}
	return all
}

// reports are the cases that every form has to cope with.
func reports() map[string]*Report {
	return map[string]*Report{
		"burst": burst(), "go": steady(), "invalid": invalid(), "nothing": nothing(),
		"groups": grouped(), "merged": mergedBurst(), "soak": sustained(), "many-steps": manySteps(), "inferred": inferredBurst(), "hostile": hostile("\x1b[31m\u202e\u0085\nevil\r\t\u2028\xff" + "ẑ̈̈̈̈̈̈"),
	}
}

// sustained is the report of a run that was interrupted, and slept.
func sustained() *Report {
	r := steady()
	r.Kind = KindSoak
	began := r.Run.StartedAt
	died := began.Add(2 * time.Hour)
	r.Soak = &Soak{
		Journal: "load_test_sustained_20251213_160000/journal", State: "ended", Made: 86380, Planned: 86400, Excluded: 340, Missing: 0.8,
		Segments: []SoakSegment{
			{T: 0, StartedAt: began, Made: 7200, End: "died"},
			{T: 7500, StartedAt: died.Add(5 * time.Minute), EndedAt: new(died.Add(23 * time.Hour)), Plan: 7200, Made: 79180, End: "plan"},
		},
		Gaps: []SoakGap{
			{Why: "interrupted", T: 7200, At: died, Length: 330, Plan: 7200},
			{Why: "sleep", T: 20000, At: died.Add(4 * time.Hour), Length: 61, Plan: 19690},
		},
		Events: []SoakEvent{{At: died.Add(time.Hour), T: 11000, Kind: "slo_breach", Text: "slo=success window=5m value=98.6% target=99%"}},
		Damage: []string{},
	}
	return r
}

// grouped is the report of a run whose flows measure some of their steps as a whole.
func grouped() *Report {
	r := burst()
	whole := spreadOf(240_120, 110.4, 352, 610, 10_000, 10_031)
	r.Groups = []Group{
		{
			Name: "checkout page", Accounting: Accounting{Planned: 240_120, Started: 240_120, OK: 239_543, Failed: 577}, Requests: 240_120,
			SuccessRate: ptr(99.76), Rate: ptr(798.5), Latency: Latency{whole, []string{"p99_9", "max"}}, Answered: whole,
		},
		{Name: "never", Latency: Latency{Charged: []string{}}},
	}
	r.Phases = append(r.Phases,
		Phase{"setup", 0, 12, Accounting{Planned: 1000, Started: 1000, OK: 998, Failed: 2}, ptr(83.2), Latency{spreadOf(1000, 20, 96, 140, 300, 10_000), []string{"max"}}},
		Phase{"teardown", 328, 3, Accounting{Planned: 1000, Started: 1000, OK: 1000}, ptr(333.3), Latency{spreadOf(1000, 20, 96, 140, 300, 310), []string{}}})
	return r
}

// steady is the report of a run of one step without any failure.
func steady() *Report {
	r := burst()
	r.Verdict, r.ExitCode, r.Reasons = "GO", 0, []string{}
	r.Run.Scenario, r.Run.Target, r.Run.Load = "url", "http://127.0.0.1:8090/", "rate 500/s poisson, hold 2m"
	r.Steps, r.Errors, r.Objectives = r.Steps[:1], []Failure{}, r.Objectives[:1]
	health := r.Steps[0]
	r.Accounting, r.Totals = health.Accounting, health.Totals
	r.Phases = r.Phases[1:]
	r.Phases[0].Accounting, r.Phases[0].Latency = health.Accounting, health.Latency
	r.WorstWindow, r.Files = &Window{T: 40, Length: 10, P95: 44.1}, r.Files[:1]
	return r
}

// invalid is the report of a run that was stopped, on a machine that could not
// make the load.
func invalid() *Report {
	r := burst()
	r.Verdict, r.ExitCode = "INVALID", 12
	r.Reasons = []string{
		"the measurement is not valid: lag: p99 210ms, limit p99 10ms: requests left late, so the load was not the one that was planned",
		"p95-orders: p95{POST /v1/orders} > 500ms holds: measured 10.01s",
		"stopped early: the rest of the plan was not run",
	}
	r.Run.StoppedEarly = true
	r.Accounting = Accounting{Planned: 720_418, Started: 700_000, Dropped: 20_418, OK: 640_000, Failed: 59_000, Censored: 1_000}
	r.Totals.Latency.Charged = []string{"p95", "p99", "p99_9", "max"}
	r.WorstWindow.Charged = true
	r.Errors = append(r.Errors, Failure{Class: otherClass, Count: 20_418, FirstAt: r.Run.StartedAt})
	r.Objectives[2].Verdict, r.Objectives[2].Band, r.Objectives[2].Rule = "fail", "no_go", "p95{POST /v1/orders} > 500ms holds"
	r.Objectives[2].Bounds = &Bounds{Lo: ptr(9_800.0), Confidence: 0.95}
	r.Objectives[0].Verdict, r.Objectives[0].Measured, r.Objectives[0].Margin = "inconclusive", nil, nil
	r.Objectives[0].Shown, r.Objectives[0].Rule, r.Objectives[0].Samples, r.Objectives[0].Band = "–", "no samples", 0, "none"
	r.Validity = Validity{Valid: false, Checks: []Check{
		{Name: "lag", Measured: "p99 210ms", Limit: "p99 10ms", Reason: "requests left late, so the load was not the one that was planned", Remedy: "use a bigger machine or fewer users"},
		{Name: "cpu", Warning: true, Measured: "97%", Limit: "80%", Reason: "the generator was short of processor time"},
	}}
	r.Files = []string{}
	return r
}

// inferredBurst claims to know the service, and looks into windows.
func inferredBurst() *Report {
	r := burst()
	r.Verdict, r.ExitCode = "NO-GO", 10
	r.Reasons = []string{"p95-orders: it may be conditional or fail; 3.9% to 6.2% of the service's requests are beyond 500ms or not ok, 5% is allowed; a verdict may take 42m more: measured 231ms"}
	success, p95, orders := &r.Objectives[0], &r.Objectives[1], &r.Objectives[2]
	for _, o := range []*Objective{success, p95, orders} {
		o.Claim = "inferred"
		o.Inference = &Inference{Bad: 3.1, Lo: 2.8, Hi: 3.4, Allowed: 5, Effective: 8_120.5, Deff: 88.7, Blocks: 20}
	}
	success.Bounds, success.Inference.Outages = &Bounds{ptr(99.88), ptr(99.95), 0.95}, &Outages{Count: 2, Longest: 16, UpTo: 75.55}
	p95.Bounds = &Bounds{ptr(184.0), ptr(191.2), 0.95}
	orders.Verdict, orders.Band, orders.Touches = "inconclusive", "none", []string{"conditional", "fail"}
	orders.Rule = "it may be conditional or fail; 3.9% to 6.2% of the service's requests are beyond 500ms or not ok, 5% is allowed; a verdict may take 42m more"
	orders.Bounds, orders.Inference.Further = &Bounds{Lo: ptr(212.0), Confidence: 0.95}, ptr(2520.0)
	r.Objectives = append(r.Objectives, Objective{
		Name: "p95 < 200ms every 1m", Target: "p95 < 200ms every 1m", Verdict: "fail", Band: "none",
		Rule:  "p95 < 200ms every 1m does not hold: it holds in 207 of 241 windows, first not in the one at 3m4s; the worst, at 3m30s: 10531 of 144000 requests beyond 200ms or not ok",
		Shown: "7.3% over", Limit: 200, Unit: "ms", Samples: 720_418, Claim: "observed", Source: "--slo",
		Worst: &Worst{T: 210, Length: 60, Samples: 144_000, Bad: 10_531},
	})
	return r
}

// nothing is the report of a run that was stopped before its measure phase.
func nothing() *Report {
	r := burst()
	r.Verdict, r.ExitCode, r.Reasons = "INCONCLUSIVE", 12, []string{"stopped early: the rest of the plan was not run", "no objective was set"}
	r.Run.StoppedEarly = true
	r.Accounting, r.Totals = Accounting{}, Totals{Statuses: map[string]int64{}, Latency: Latency{Charged: []string{}}}
	r.Steps, r.Errors, r.Objectives, r.Limits, r.Intervals = []Step{}, []Failure{}, []Objective{}, []Limit{}, []Interval{}
	r.Phases, r.WorstWindow, r.Histograms = r.Phases[:1], nil, Histograms{}
	return r
}

func manySteps() *Report {
	r := burst()
	one := r.Steps[0]
	r.Steps = nil
	for i := range 500 {
		s := one
		s.Name = fmt.Sprintf("step %03d", i)
		s.Latency.P95 = ptr(float64(i * 7 % 500))
		r.Steps = append(r.Steps, s)
	}
	return r
}

// hostile is a report whose every name was chosen to do harm.
func hostile(evil string) *Report {
	r := burst()
	r.Run.Scenario, r.Run.Target, r.Run.Load, r.Run.ID = evil, evil, evil, evil
	r.Run.Tool.Version, r.Reasons = evil, []string{evil, evil}
	for i := range r.Steps {
		r.Steps[i].Name = evil
	}
	r.Groups = []Group{{Name: evil, Latency: Latency{Charged: []string{}}}}
	for i := range r.Errors {
		r.Errors[i].Step, r.Errors[i].Example = evil, evil
	}
	for i := range r.Objectives {
		o := &r.Objectives[i]
		o.Name, o.Target, o.Rule, o.Source, o.Shown, o.Verdict = evil, evil, evil, evil, evil, "fail"
	}
	r.Verdict, r.ExitCode = "INVALID", 12
	r.Validity.Valid = false
	for i := range r.Validity.Checks {
		r.Validity.Checks[i] = Check{Name: evil, Measured: evil, Limit: evil, Reason: evil, Remedy: evil}
	}
	r.Files = []string{evil, evil}
	c := compared()
	c.Baseline, c.Candidate = Compared{Target: evil, Runs: []string{evil}}, Compared{Target: evil, Runs: []string{evil, evil}}
	c.Confounded, c.Notes = evil, []string{evil}
	for i := range c.Rows {
		c.Rows[i].Metric, c.Rows[i].Rule, c.Rows[i].Doubt = evil, evil, evil
	}
	r.Comparison = c
	r.Merged = []MergedPart{{File: evil, ID: evil, Host: evil, Version: evil, Verdict: "GO", Requests: r.Totals.Requests}}
	return r
}

// mergedBurst is the report of a load that several machines made together.
func mergedBurst() *Report {
	r := burst()
	r.Run.ID, r.Run.Load, r.Run.Host.Hostname = "20251214_090212_merged", "3 × 333 users, ramp 30s, hold 5m", "web-1, web-2"
	part := MergedPart{
		File: "web-1.json", ID: "20251214_090212", Host: "web-1", StartedAt: r.Run.StartedAt, EndedAt: r.Run.EndedAt, Seed: 1, Version: "0.3.0",
		Verdict: "GO", Valid: true, Requests: 300_000, SuccessRate: ptr(99.98), Rate: ptr(999.8), P95: ptr(170.0),
	}
	other, unnamed := part, part
	other.File, other.Host, other.StartedAt, other.Verdict = "web-2.json", "web-2", r.Run.StartedAt.Add(1700*time.Millisecond), "CONDITIONAL-GO"
	unnamed.File, unnamed.Host, unnamed.Requests, unnamed.P95, unnamed.Charged, unnamed.Verdict = "machines/third/load_test_report_20251214_090213.json", "", 120_418, ptr(10_000.0), true, "NO-GO"
	r.Merged = []MergedPart{part, other, unnamed}
	r.Validity.Checks = append(r.Validity.Checks, Check{Name: "simultaneous", Warning: true, Measured: "starts within 4s", Limit: "3s", Reason: "each run has its own time", Remedy: "start the runs at the same moment"})
	return r
}
