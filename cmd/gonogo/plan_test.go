package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// pilotFile writes the report of two minutes at 50 requests a second, of which every
// tenth second is slow as a whole for a third of its requests.
func pilotFile(t *testing.T, objectives ...slo.Objective) string {
	t.Helper()
	config := measure.Config{Steps: []string{"GET /"}, Limits: slo.Limits(objectives, []string{"GET /"}), Charge: time.Second}
	r, s := measure.NewRecorder(config), measure.NewSummary(config)
	for second := range 120 {
		for i := range 50 {
			due := time.Duration(second)*time.Second + time.Duration(i)*20*time.Millisecond
			took := time.Duration(10+i) * time.Millisecond
			if second*second%11 == 3 && i%3 == 0 {
				took += 300 * time.Millisecond
			}
			r.Record(&measure.Outcome{Phase: measure.Measure, Status: 200, Due: due, Sent: due + 1, FirstByte: due + took, Done: due + took, Read: due + took})
		}
		for _, i := range r.Seal() {
			s.Merge(i)
		}
	}
	built, err := report.Build(report.Input{
		Run:     report.Run{ID: "pilot", SHA256: strings.Repeat("0", 64)},
		Summary: s, Limits: config.Limits, Facts: validity.Facts{Measured: 2 * time.Minute}, Phases: []report.Span{{Phase: measure.Measure, Length: 2 * time.Minute}},
	})
	require.NoError(t, err)
	built.Verdict = "INVALID"
	path := filepath.Join(t.TempDir(), "pilot.json")
	var text bytes.Buffer
	require.NoError(t, report.Encode(&text, built))
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o600))
	return path
}

func TestPlanWithAPilot(t *testing.T) {
	target, err := slo.ParseTarget("p95 < 200ms")
	require.NoError(t, err)
	path := pilotFile(t, slo.Objective{Go: target, Claim: slo.Inferred})
	tests := []struct {
		name string
		args []string
		code int
		want []string // on stdout and stderr
	}{
		{"users have the pilot's rate", []string{"--users", "5", "--slo", "p95 < 200ms", "--duration", "1h"}, 0, []string{`✔ pass ≤4\.`, "what the pilot saw"}},
		{"another limit was not counted", []string{"--users", "5", "--slo", "p95 < 100ms"}, 3, []string{"--pilot: it says nothing about p95 < 100ms: it cannot be judged from what is kept"}},
		{"without failures it lends", []string{"--users", "5", "--slo", "success > 99%", "--duration", "1h"}, 0, []string{"success > 99%", "1%", "0%"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			std := stdio{in: strings.NewReader(""), out: &out, err: &out, env: func(string) (string, bool) { return "", false }, saving: new(sync.Mutex)}
			code := run(context.Background(), append([]string{"plan", "http://127.0.0.1:1/", "--claim", "inferred", "--pilot", path}, test.args...), std)
			require.Equal(t, test.code, code, out.String())
			for _, want := range test.want {
				require.Regexp(t, want, out.String())
			}
		})
	}
}
