package history

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/report"
)

func TestARowKeepsWhatAPageShows(t *testing.T) {
	row := factsOf(run(0, 231)).row()
	require.Len(t, row.Spark, mostSpark)
	require.InDelta(t, 242, *row.Spark[0], 0)  // the ramp is not in it, and the worst of the first two seconds is
	require.InDelta(t, 320, *row.Spark[39], 0) // of 319 and 320
	row.Spark = nil
	at := time.Date(2025, 12, 14, 9, 2, 12, 0, time.UTC)
	require.Equal(t, Row{
		Version: 1, Run: "20251214_090212", Scenario: "api-burst", Plan: "0f343b0931126a20f133d67c2b018a3b1c2b0a3a5f4d9b8a7c6d5e4f3a2b1c0d",
		Target: "https://staging.example.test", Kind: "load", Load: "1000 users, hold 5m", Verdict: "CONDITIONAL-GO", ExitCode: 11, Valid: true,
		StartedAt: at, Duration: 90, Requests: 720_418, SuccessRate: new(99.92), Rate: new(2183.4),
		P50: new(38.0), P95: new(231.0), P99: new(231 * 1.7), Charged: []string{"p99"}, P95Limit: new(200.0), SuccessLimit: new(99.5),
		Worst: "p95 231ms, want < 200ms",
	}, row)
}

func TestTheWorstObjectiveInWords(t *testing.T) {
	objective := func(name, target, verdict string, margin *float64, limit float64, unit string) report.Objective {
		return report.Objective{Name: name, Target: target, Verdict: verdict, Shown: "7" + unit, Margin: margin, Limit: limit, Unit: unit}
	}
	fast := objective("p95", "p95 < 200ms", "pass", new(0.5), 200, "ms")
	tests := []struct {
		name string
		all  []report.Objective
		want string
	}{
		{"one alone", []report.Objective{fast}, "p95 7ms, want < 200ms"},
		{"a fail is worse than a narrow pass", []report.Objective{
			objective("p99", "p99 < 1s", "pass", new(0.001), 1000, "ms"), objective("rate", "rate > 9/s", "fail", new(-0.1), 9, "/s"),
		}, "rate 7/s, want > 9/s"},
		{"what cannot be told is worse than a condition", []report.Objective{
			objective("p99", "p99 < 1s", "conditional", new(-0.1), 1000, "ms"), objective("p95", "p95 < 1s", "inconclusive", nil, 1000, "ms"),
		}, "p95 7ms, want < 1s"},
		{"of two that pass the narrower one, by what was allowed", []report.Objective{
			fast, objective("success", "success > 99%", "pass", new(0.1), 99, "%"),
		}, "success 7%, want > 99%"},
		{"a name of its own stays beside the target", []report.Objective{
			objective("orders", "p95{POST /orders} < 200ms", "fail", new(-0.5), 200, "ms"),
		}, "orders 7ms, want p95{POST /orders} < 200ms"},
		{"a name that is the target is said once", []report.Objective{
			objective("p95 < 200ms", "p95 < 200ms", "pass", new(0.5), 200, "ms"),
		}, "p95 7ms, want < 200ms"},
		{"a step may be called anything", []report.Objective{
			objective("p95{GET /a<b>} < 200ms", "p95{GET /a<b>} < 200ms", "pass", new(0.5), 200, "ms"),
		}, "p95{GET /a<b>} 7ms, want < 200ms"},
		{"a target that is none", []report.Objective{objective("x", "fast", "pass", new(0.5), 0, "ms")}, "x 7ms, want fast"},
		{"without objectives the reason", nil, "p95 is conditional"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(0, 1)
			r.Objectives = test.all
			row := factsOf(r).row()
			require.Equal(t, test.want, row.Worst)
		})
	}
}

func TestOnlyALimitOnAllRequestsIsDrawn(t *testing.T) {
	tests := []struct {
		name    string
		targets []string
		limits  []float64
		want    *float64
	}{
		{"a plain one", []string{"p95 < 200ms"}, []float64{200}, new(200.0)},
		{"one that may be met exactly", []string{"p95 <= 200ms"}, []float64{200}, new(200.0)},
		{"the strictest of two", []string{"p95 < 200ms", "p95 < 150ms"}, []float64{200, 150}, new(150.0)},
		{"of a step", []string{"p95{GET /} < 200ms"}, []float64{200}, nil},
		{"of a window", []string{"p95 < 200ms every 1m"}, []float64{200}, nil},
		{"of another percentile", []string{"p99 < 200ms"}, []float64{200}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(0, 1)
			r.Objectives = nil
			for i, target := range test.targets {
				r.Objectives = append(r.Objectives, report.Objective{Name: "x", Target: target, Limit: test.limits[i], Unit: "ms"})
			}
			row := factsOf(r).row()
			require.Equal(t, test.want, row.P95Limit)
		})
	}
}

func TestTextsOfARowAreInertAndBounded(t *testing.T) {
	r := run(0, 1)
	evil := "\x1b[31m\u202e\nevil\xff" + strings.Repeat("x", 10_000)
	r.Run.ID, r.Run.Scenario, r.Run.Target, r.Run.Load, r.Run.SHA256, r.Objectives[1].Name = evil, evil, evil, evil, evil, evil
	row := factsOf(r).row()
	line, err := row.line()
	require.NoError(t, err)
	require.Less(t, len(line), 4000)
	require.NotContains(t, string(line), "\x1b")
	require.Empty(t, row.Plan)
	require.True(t, strings.HasPrefix(row.Scenario, `\x1b[31m\u202e\nevil`), row.Scenario)
	again, ok := parse([]byte(strings.Replace(string(line), `"file":""`, `"file":"load_test_report_20251214_090212.json"`, 1)))
	require.True(t, ok)
	row.File = again.File
	require.Equal(t, row, again)
}

func TestTheSeriesShowsTheWorstOfEachStretch(t *testing.T) {
	at := func(t, length float64, p95 *float64) moment { return moment{"measure", t, length, p95} }
	tests := []struct {
		name    string
		moments []moment
		want    []*float64
	}{
		{"nothing was measured", nil, []*float64{}},
		{"one", []moment{at(0, 1, new(7.0))}, []*float64{new(7.0)}},
		{"a hole", []moment{at(0, 1, new(7.0)), at(1, 1, nil), at(2, 1, new(9.0))}, []*float64{new(7.0), nil, new(9.0)}},
		{"three digits", []moment{at(0, 1, new(1234.5))}, []*float64{new(1230.0)}},
		{"no length", []moment{at(3, 0, new(7.0))}, []*float64{}},
		{"absurd places", []moment{at(-1e308, 1, new(7.0)), at(1e308, 1, new(7.0))}, []*float64{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, spark(test.moments)) })
	}
}
