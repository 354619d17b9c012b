package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// secondOf is what a tick brings: requests that all took 20 ms, some of which failed.
func secondOf(at time.Duration, ok, failed int) []measure.Interval {
	r := measure.NewRecorder(measure.Config{Steps: []string{"a"}, Charge: 5 * time.Second, Highest: 10 * time.Second})
	for i := range ok + failed {
		o := measure.Outcome{Phase: measure.Measure, Due: at, Sent: at + time.Millisecond, Done: at + 20*time.Millisecond}
		o.FirstByte, o.Read = o.Done, o.Done
		if i >= ok {
			o.Class, o.Err = measure.Reset, errors.New("reset")
		}
		r.Record(&o)
	}
	return r.Seal()
}

// pulseOf is what watchers hear of a tick.
func pulseOf(p *loadgen.Plan, t loadgen.Tick) pulse {
	return pulse{now: newCourse(p).second(t), tick: t}
}

// watched is a progress off a terminal, and what it says.
func watched(p loadgen.Plan) (*progress, *bytes.Buffer) {
	var out bytes.Buffer
	return newProgress(newCourse(&p), stdio{err: &out, env: func(string) (string, bool) { return "", false }}), &out
}

// Off a terminal there is a line every ten seconds, about all that came since the
// last one.
func TestProgressLinesOffATerminal(t *testing.T) {
	plan := loadgen.Plan{Closed: &loadgen.Closed{Users: 7}, Ramp: 5 * time.Second, Measure: 55 * time.Second}
	p, out := watched(plan)
	for second := 1; second <= 31; second++ {
		if second == 30 {
			continue // a tick that came late is made good by the next
		}
		at := time.Duration(second) * time.Second
		failed := 0
		if second > 10 && second <= 20 {
			failed = 5
		}
		tick := loadgen.Tick{At: at, Phase: plan.PhaseAt(at), Users: 7, InFlight: second, Intervals: secondOf(at, 45, failed)}
		p.tick(pulseOf(p.plan, tick))
		require.Equal(t, second/10, strings.Count(out.String(), "\n"), "after %d s", second)
	}
	p.close()
	require.Equal(t, `00:10 of 01:00  measure  7 users  45.0/s  ok 100.00%  p50 20ms  p95 20ms  p99 20ms  err 0  open 10  lag 1.0ms
00:20 of 01:00  measure  7 users  45.0/s  ok 90.00%  p50 20ms  p95 5.00s  p99 5.00s  err 50  open 20  lag 1.0ms
00:31 of 01:00  measure  7 users  40.9/s  ok 100.00%  p50 20ms  p95 20ms  p99 20ms  err 50  open 31  lag 1.0ms
`, out.String())
}

func TestProgressOfArrivals(t *testing.T) {
	plan := loadgen.Plan{
		Open:    &loadgen.Open{Stages: []loadgen.Stage{{For: time.Minute, From: 100, To: 700}}},
		Measure: time.Minute,
	}
	p, out := watched(plan)
	p.tick(pulseOf(p.plan, loadgen.Tick{At: 10 * time.Second, Phase: measure.Measure, Users: 3}))
	require.Equal(t, "00:10 of 01:00  measure  plan 200/s  -  ok -  p50 -  p95 -  p99 -  err 0  open 0  lag -\n", out.String())
}

func TestProgressSaysThatTheRunStops(t *testing.T) {
	plan := loadgen.Plan{Closed: &loadgen.Closed{Users: 1}, Measure: time.Hour}
	p, out := watched(plan)
	p.stopping(90 * time.Second)
	require.Equal(t, "stopping: open requests get up to 1m30s; a second signal ends at once, without a report\n", out.String())
	out.Reset()
	p.tick(pulseOf(p.plan, loadgen.Tick{At: 11 * time.Second, Phase: measure.Measure}))
	require.Contains(t, out.String(), "drain")
	require.NotContains(t, out.String(), "measure")
}
