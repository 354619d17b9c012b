package loadgen

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever watches a run hears how the engine itself fares, long before its end.
func TestTheInstrumentIsKnownWhileTheRunGoesOn(t *testing.T) {
	tests := []struct {
		name string
		plan *Plan
	}{
		{"closed", closedPlan(Closed{Users: 2, ThinkTime: Distribution{A: 100 * time.Millisecond}})},
		{"open", openPlan(Open{MaxInFlight: 10, Stages: []Stage{{time.Minute, 100, 100}}})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.plan.Measure = time.Minute
			synctest.Test(t, func(t *testing.T) {
				var seen []Instrument
				e := &Engine{Plan: test.plan, Protocol: &fake{takes: after(time.Millisecond)}, GoTimers: true}
				e.Each = func(now Tick) { seen = append(seen, now.Instrument()) }
				r := e.Run(t.Context())
				require.GreaterOrEqual(t, len(seen), 60)
				require.Positive(t, seen[30].Health.MaxRSS)
				if test.plan.Closed != nil {
					require.Nil(t, seen[30].Departures)
					return
				}
				require.Nil(t, seen[5].Departures, "the first ten seconds are not over")
				require.Equal(t, 3, seen[30].Departures.Cells)
				require.EqualValues(t, 3001, seen[30].Departures.Late.Count())
				require.EqualValues(t, 6000, r.Departures.Late.Count(), "and what was told is not counted on")
				require.EqualValues(t, 3001, seen[30].Departures.Late.Count())
			})
		})
	}
}

// A machine that slept is told of once, with the second that noticed it.
func TestJoltsAreToldAsTheyAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var slept atomic.Int64
		e := &Engine{Plan: closedPlan(Closed{Users: 1, ThinkTime: Distribution{A: time.Second}}), Protocol: &fake{takes: after(0)}, GoTimers: true}
		e.Clocks = func() (Clocks, bool) {
			since := time.Since(start)
			asleep := time.Duration(slept.Load())
			return Clocks{Mono: since, Boot: since + asleep, Wall: since + asleep}, true
		}
		var jolts []Jolt
		e.Each = func(now Tick) {
			if now.At >= 3*time.Second {
				slept.Store(int64(time.Minute))
			}
			jolts = append(jolts, now.Jolts...)
		}
		r := e.Run(t.Context())
		require.Len(t, jolts, 1)
		require.Equal(t, Suspended, jolts[0].Kind)
		require.Equal(t, time.Minute, jolts[0].Length)
		require.Equal(t, r.Health.Jolts, jolts)
	})
}
