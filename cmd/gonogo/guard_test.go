package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/soak"
)

// endedBy is how a guard with a rule ended a run of a minute, nil where it did not,
// when requests were due in some seconds and failed in some of those.
func endedBy(t *testing.T, rule string, due, failed func(second int) bool) *report.Stop {
	t.Helper()
	file, err := scenarios.Parse("guarded.yaml", []byte("target: http://h.test\nload: {users: 1, duration: 1m}\nsteps: [{path: /}]\nabort: ["+rule+"]\n"))
	require.NoError(t, err)
	c, err := file.Compile(scenarios.Options{})
	require.NoError(t, err)
	g, err := newGuard(c, 0)
	require.NoError(t, err)
	for second := range 60 {
		at := time.Duration(second+1) * time.Second
		seen := soak.Second{At: at, Phase: measure.Measure, Settled: at}
		if due(second) {
			r := measure.NewRecorder(measure.Config{Steps: g.names, Limits: g.limits, Charge: time.Second})
			for range 20 {
				o := measure.Outcome{Phase: measure.Measure, Due: time.Duration(second) * time.Second}
				o.Sent, o.Done, o.Read = o.Due, o.Due+time.Millisecond, o.Due+time.Millisecond
				if failed(second) {
					o.Class = measure.Status
				}
				r.Record(&o)
			}
			seen.Intervals = r.Seal()
		}
		g.Observe(seen)
	}
	return g.stop
}

func TestAGuardEndsARunByItsRules(t *testing.T) {
	always := func(int) bool { return true }
	never := func(int) bool { return false }
	tests := []struct {
		name        string
		due, failed func(second int) bool
		from, to    float64 // seconds; 0: it goes on
	}{
		{"all is well", always, never, 0, 0},
		{"all fails from the start", always, always, 10, 15},
		{"all fails from 30 s on", always, func(s int) bool { return s >= 30 }, 40, 45},
		{"a short burst of failures", always, func(s int) bool { return s >= 30 && s < 33 }, 0, 0},
		{"seconds without requests are seen, and end no failure", func(s int) bool { return s%2 == 0 }, always, 10, 20},
		{"nothing is ever due", never, always, 0, 0},
		{"nothing comes any more", func(s int) bool { return s < 20 }, never, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stop := endedBy(t, "error_rate > 50% for 10s", test.due, test.failed)
			if test.from == 0 {
				require.Nil(t, stop)
				return
			}
			require.NotNil(t, stop)
			require.Equal(t, report.StopAbort, stop.Kind)
			require.GreaterOrEqual(t, stop.At, test.from)
			require.LessOrEqual(t, stop.At, test.to)
		})
	}
}
