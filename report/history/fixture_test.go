package history

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/report"
)

// run is the report of a run that started some minutes after the first one.
func run(minutes int, p95 float64) *report.Report {
	at := time.Date(2025, 12, 14, 9, 2, 12, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
	r := &report.Report{
		SchemaVersion: report.SchemaVersion, Kind: report.KindLoad, Verdict: "CONDITIONAL-GO", ExitCode: 11, Reasons: []string{"p95 is conditional"},
		Run: report.Run{
			ID: at.Format("20060102_150405"), Scenario: "api-burst", Target: "https://staging.example.test", Load: "1000 users, hold 5m",
			StartedAt: at, EndedAt: at.Add(90 * time.Second), Effective: []byte("{}"), SHA256: "0f343b0931126a20f133d67c2b018a3b1c2b0a3a5f4d9b8a7c6d5e4f3a2b1c0d",
		},
		Totals: report.Totals{
			Requests: 720_418, SuccessRate: new(99.92), Rate: new(2183.4),
			Latency: report.Latency{Spread: report.Spread{Count: 720_418, P50: new(38.0), P95: &p95, P99: new(p95 * 1.7)}, Charged: []string{"p99", "max"}},
		},
		Objectives: []report.Objective{
			{Name: "success", Target: "success > 99.5%", Verdict: "pass", Shown: "99.92%", Limit: 99.5, Unit: "%", Margin: new(0.42)},
			{Name: "p95", Target: "p95 < 200ms", Verdict: "conditional", Shown: fmt.Sprintf("%.0fms", p95), Limit: 200, Unit: "ms", Margin: new(1 - p95/200)},
		},
		Validity: report.Validity{Valid: true},
	}
	for i := range 90 {
		phase := "measure"
		if i < 10 {
			phase = "ramp"
		}
		r.Intervals = append(r.Intervals, report.Interval{T: float64(i), Length: 1, Phase: phase, P95: new(p95 + float64(i))})
	}
	return r
}

// save writes reports into a folder as a run does, and returns their paths.
func save(t *testing.T, dir string, all ...*report.Report) []string {
	t.Helper()
	var paths []string
	for _, r := range all {
		made, err := report.Save(dir, r)
		require.NoError(t, err)
		paths = append(paths, made[0])
	}
	return paths
}

// look returns what Sync knows of a folder that is opened anew.
func look(t *testing.T, dir string) *View {
	t.Helper()
	f, err := Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	v, err := f.Sync(t.Context(), Most)
	require.NoError(t, err)
	return v
}

func index(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, File))
	require.NoError(t, err)
	return string(text)
}

func encoded(t *testing.T, r *report.Report) []byte {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, report.Encode(&text, r))
	return text.Bytes()
}
