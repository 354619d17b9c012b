package loadgen

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever judges while a run goes on relies on it: once a second is settled, nothing
// that was due in it is told any more.
func TestNothingIsToldOfASecondThatIsSettled(t *testing.T) {
	stall := func(now time.Duration) time.Duration { // answers wait for the end of a stall
		if into := now % (10 * time.Second); into > 4*time.Second && into < 9*time.Second {
			return 9*time.Second - into
		}
		return 10 * time.Millisecond
	}
	open := func(drop bool, most int) *Plan {
		p := closedPlan(Closed{})
		p.Closed = nil
		p.Open = &Open{MaxInFlight: most, Drop: drop, Stages: []Stage{{For: 30 * time.Second, From: 50, To: 50}}}
		return p
	}
	thinking := closedPlan(Closed{Users: 20, ThinkTime: Distribution{Law: Exponential, A: 300 * time.Millisecond}})
	thinking.Ramp = 5 * time.Second
	tests := []struct {
		name string
		plan *Plan
	}{
		{"users that think", thinking},
		{"users with a pace that they cannot hold", closedPlan(Closed{Users: 5, Pacing: 100 * time.Millisecond})},
		{"arrivals", open(false, 1000)},
		{"arrivals that wait for a worker", open(false, 3)},
		{"arrivals that are dropped", open(true, 3)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.plan.Measure, test.plan.Timeout, test.plan.Grace = 30*time.Second, 20*time.Second, 20*time.Second
				var settled, behind time.Duration
				told := 0
				e := &Engine{Plan: test.plan, Protocol: &fake{takes: stall}, GoTimers: true, Each: func(tick Tick) {
					for _, i := range tick.Intervals {
						told++
						end := time.Duration(i.Second+1) * time.Second
						require.Greater(t, end, settled, "second %d was settled at %v", i.Second, settled)
					}
					require.GreaterOrEqual(t, tick.Settled, settled, "it never goes back")
					settled = tick.Settled
					behind = max(behind, tick.At-settled)
				}}
				r := e.Run(t.Context())
				require.Positive(t, told)
				require.GreaterOrEqual(t, behind, 3900*time.Millisecond, "it waits for what the stall holds back")
				require.GreaterOrEqual(t, settled, r.Due-2*settling)
			})
		})
	}
}
