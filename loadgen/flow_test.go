package loadgen

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// flowOf makes the plan one of three steps in order.
func flowOf(p *Plan) *Plan {
	p.Flows, p.Steps = []Flow{InOrder("flow", 3)}, []Step{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	return p
}

func TestAStepOfAFlowIsDueWhenTheOneBeforeEnded(t *testing.T) {
	const ms = time.Millisecond
	slower := func(a asked) reply { return reply{takes: time.Duration(a.step+1) * 10 * ms} }
	tests := []struct {
		name string
		plan *Plan
		dues []time.Duration // of the first requests
	}{
		{
			"users go on when they are through", closedPlan(Closed{Users: 1}),
			[]time.Duration{0, 10 * ms, 30 * ms, 60 * ms, 70 * ms, 90 * ms, 120 * ms},
		},
		{
			"paced users begin when they are due", closedPlan(Closed{Users: 1, Pacing: 100 * ms}),
			[]time.Duration{0, 10 * ms, 30 * ms, 100 * ms, 110 * ms, 130 * ms, 200 * ms},
		},
		{
			"paced users that are late say so in the first step alone", closedPlan(Closed{Users: 1, Pacing: 50 * ms}),
			[]time.Duration{0, 10 * ms, 30 * ms, 50 * ms, 70 * ms, 90 * ms, 100 * ms, 130 * ms},
		},
		{
			"arrivals begin when they are due",
			openPlan(Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 10, 10}}}),
			[]time.Duration{0, 10 * ms, 30 * ms, 100 * ms, 110 * ms, 130 * ms, 200 * ms},
		},
		{
			"arrivals that waited say so in the first step alone",
			openPlan(Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 20, 20}}}),
			[]time.Duration{0, 10 * ms, 30 * ms, 50 * ms, 70 * ms, 90 * ms, 100 * ms, 130 * ms},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &witness{answer: slower}
			under(t, flowOf(test.plan), w, 0, func(*Result) {
				for i, want := range test.dues {
					require.Equal(t, i%3, w.asked[i].step)
					require.Equal(t, want, w.asked[i].due)
				}
			})
		})
	}
}

func TestOnlyTheFirstStepOfAFlowIsStarted(t *testing.T) {
	w := &witness{answer: replies(9 * time.Millisecond), starts: true}
	plan := flowOf(openPlan(Open{MaxInFlight: 10, Stages: []Stage{{time.Second, 50, 50}}}))
	under(t, plan, w, 0, func(*Result) {
		require.Equal(t, 150, len(w.asked))
		for _, a := range w.asked {
			require.Equal(t, a.step == 0, a.started)
			require.InDelta(t, a.due, a.at, 1)
		}
	})
}

func TestAFlowEndsAtItsFirstFailure(t *testing.T) {
	for class := measure.OK + 1; class < measure.Classes; class++ {
		w := &witness{answer: func(a asked) reply {
			if a.step == 1 {
				return reply{takes: 10 * time.Millisecond, class: class}
			}
			return reply{takes: 10 * time.Millisecond}
		}}
		under(t, flowOf(closedPlan(Closed{Users: 1})), w, 0, func(r *Result) {
			steps := r.Summary.Steps()
			require.EqualValues(t, 500, steps[0].OK())
			require.EqualValues(t, 500, steps[1].Class[class])
			require.Zero(t, steps[2].Planned())
		})
	}
}

func TestAFlowIsCutWhenTheRunStops(t *testing.T) {
	tests := []struct {
		name  string
		plan  *Plan
		early time.Duration
	}{
		{"a user's, at the end", closedPlan(Closed{Users: 1}), 0},
		{"a user's, early", closedPlan(Closed{Users: 1}), 1050 * time.Millisecond},
		{"an arrival's, at the end", openPlan(Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 3.3, 3.3}}}), 0},
		{"an arrival's, early", openPlan(Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 3.3, 3.3}}}), 1050 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan := flowOf(test.plan)
			if plan.Measure = 1050 * time.Millisecond; test.early > 0 {
				plan.Measure = 10 * time.Second
			}
			if plan.Open != nil {
				plan.Open.Stages[0].For = plan.Measure
			}
			w := &witness{answer: replies(100 * time.Millisecond)}
			under(t, plan, w, test.early, func(r *Result) {
				var steps []int
				for _, a := range w.asked {
					steps = append(steps, a.step)
				}
				require.Equal(t, []int{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1}, steps)
				require.EqualValues(t, 11, r.Summary.Total().OK(), "the step that was open got the grace")
			})
		})
	}
}
