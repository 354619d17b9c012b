package loadgen

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// twoTargets gives the plan another target with the same steps.
func twoTargets(p *Plan) *Plan {
	for _, s := range p.Steps {
		s.Name += " @against"
		p.Against = append(p.Against, s)
	}
	return p
}

func plannedIn(s *measure.Summary) (n int64) {
	for phase := range measure.Phases {
		n += s.Phase(phase).Planned()
	}
	return n
}

func TestTwoTargetsShareALoadFairly(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name string
		plan *Plan
		all  int64
	}{
		{"arrivals", openPlan(Open{MaxInFlight: 10, Stages: []Stage{{10 * time.Second, 100, 100}}}), 1000},
		{"users", closedPlan(Closed{Users: 4, ThinkTime: Distribution{Law: Constant, A: 40 * ms}}), 4 * 200},
		{"paced users", closedPlan(Closed{Users: 4, Pacing: 50 * ms}), 4 * 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.plan.Open != nil {
				test.plan.Measure = 10 * time.Second
			}
			w := &witness{answer: replies(10 * ms)}
			under(t, twoTargets(test.plan), w, 0, func(r *Result) {
				one, other := plannedIn(r.Summary), plannedIn(r.Against)
				require.Equal(t, test.all, one+other)
				require.InDelta(t, float64(test.all)/2, float64(one), 2*math.Sqrt(float64(test.all))) // four standard deviations
				var asked [2]int64
				for _, a := range w.asked {
					asked[a.step]++
				}
				require.Equal(t, [2]int64{one, other}, asked)
				require.Equal(t, "a", r.Summary.Steps()[0].Name)
				require.Equal(t, "a @against", r.Against.Steps()[0].Name)
			})
		})
	}
}

// What one target does is none of the other's figures.
func TestTwoTargetsAreRecordedApart(t *testing.T) {
	const ms = time.Millisecond
	plan := closedPlan(Closed{Users: 2})
	w := &witness{answer: func(a asked) reply {
		if a.step == 1 {
			return reply{takes: 30 * ms, class: measure.Status}
		}
		return reply{takes: 10 * ms}
	}}
	under(t, twoTargets(plan), w, 0, func(r *Result) {
		total, against := r.Summary.Total(), r.Against.Total()
		require.Equal(t, total.Planned(), total.OK())
		require.Equal(t, 10*ms, total.Answered.Max())
		require.Zero(t, against.OK())
		require.Equal(t, against.Planned(), against.Class[measure.Status])
		require.EqualValues(t, against.Planned(), r.Against.Errors()[0].Count)
		require.Empty(t, r.Summary.Errors())
	})
}

// An iteration of a flow stays with its target, through all its steps.
func TestAFlowStaysWithItsTarget(t *testing.T) {
	for _, plan := range []*Plan{
		closedPlan(Closed{Users: 1}),
		openPlan(Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 10, 10}}}),
	} {
		w := &witness{answer: replies(10 * time.Millisecond), starts: plan.Open != nil}
		under(t, twoTargets(flowOf(plan)), w, 0, func(r *Result) {
			seen := [2]int{}
			for i, a := range w.asked {
				side := a.step / 3
				seen[side]++
				require.Equal(t, i%3, a.step%3)
				require.Equal(t, w.asked[i/3*3].step/3, side)
			}
			require.Positive(t, seen[0])
			require.Positive(t, seen[1])
			for _, s := range []*measure.Summary{r.Summary, r.Against} {
				for _, f := range s.Steps() {
					require.InDelta(t, s.Steps()[0].OK(), f.OK(), 1, "but for the one that the end cut")
				}
			}
		})
	}
}

// What is given up belongs to the target that it was meant for.
func TestWhatIsDroppedBelongsToItsTarget(t *testing.T) {
	for _, flow := range []bool{false, true} {
		plan := openPlan(Open{MaxInFlight: 1, Drop: true, Stages: []Stage{{10 * time.Second, 100, 100}}})
		plan.Measure = 10 * time.Second
		steps := int64(1)
		if flow {
			plan, steps = flowOf(plan), 3
		}
		w := &witness{answer: replies(500 * time.Millisecond)}
		under(t, twoTargets(plan), w, 0, func(r *Result) {
			one, other := r.Summary.Total(), r.Against.Total()
			require.Greater(t, one.Dropped(), 300*steps)
			require.Greater(t, other.Dropped(), 300*steps)
			for _, f := range r.Against.Steps() {
				require.Greater(t, f.Dropped(), int64(300))
			}
		})
	}
}

// The coin is a row of its own: gaps, picks and thinking are what they are without it.
// This is how it falls, for ever.
func TestTheCoinStaysWhatItWas(t *testing.T) {
	plan := threeSteps(openPlan(Open{Poisson: true, MaxInFlight: 100, Stages: []Stage{{time.Second, 10, 10}}}))
	w := &witness{answer: replies(0)}
	under(t, twoTargets(plan), w, 0, func(*Result) {
		require.Equal(t, "d 128.7, e 163.2, b 178.8, e 206.3, c 383.4, a 395.8", inWords(w.asked))
	})
	think := Distribution{Law: Exponential, A: 100 * time.Millisecond}
	w = &witness{answer: replies(0)}
	under(t, twoTargets(threeSteps(closedPlan(Closed{Users: 2, ThinkTime: think}))), w, 0, func(*Result) {
		require.Equal(t, "d 0.0, a 193.9, d 226.3, c 254.6, b 350.7, a 384.8", inWords(w.of(0)))
		require.Equal(t, "c 0.0, a 171.1, c 218.6, e 620.4, c 630.6, e 690.4", inWords(w.of(1)))
	})
}

func TestTicksTellTheTargetsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var one, other int64
		e := &Engine{Plan: twoTargets(closedPlan(Closed{Users: 3})), Protocol: &witness{answer: replies(10 * time.Millisecond)}, GoTimers: true}
		e.Each = func(tick Tick) {
			for i := range tick.Intervals {
				one += tick.Intervals[i].Total().Planned()
			}
			for i := range tick.Against {
				other += tick.Against[i].Total().Planned()
			}
		}
		r := e.Run(t.Context())
		require.Equal(t, plannedIn(r.Summary), one)
		require.Equal(t, plannedIn(r.Against), other)
		require.Equal(t, r.Issued, one+other)
	})
}
