package loadgen

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen/session"
	"gonogo/measure"
)

// Both plans are behind: twice as much is due as their one connection can do.
func behind() map[string]*Plan {
	return map[string]*Plan{
		"paced users": closedPlan(Closed{Users: 1, Pacing: 100 * time.Millisecond}),
		"an open queue": openPlan(Open{
			MaxInFlight: 1, Stages: []Stage{{10 * time.Second, 10, 10}},
		}),
	}
}

// Who stops a run wants it to stop: what waits is dropped, what is open gets the
// grace, and all that was due is in the books.
func TestABacklogIsDroppedWhenARunIsStopped(t *testing.T) {
	for name, plan := range behind() {
		t.Run(name, func(t *testing.T) {
			const stop = 2050 * time.Millisecond
			w := &witness{answer: replies(200 * time.Millisecond)}
			under(t, plan, w, stop, func(r *Result) {
				require.Equal(t, 11, len(w.asked))
				require.Equal(t, 2*time.Second, w.asked[10].at, "nothing is sent afterwards")
				total := r.Summary.Total()
				require.EqualValues(t, 21, total.Planned())
				require.EqualValues(t, 11, total.OK(), "the open one was waited for")
				require.EqualValues(t, 10, total.Dropped())
				require.Equal(t, stop, r.Due)
				require.Equal(t, stop, r.Measured)
				require.Equal(t, 2200*time.Millisecond, r.Length)
			})
		})
	}
}

// At its planned end a run still owes what was due: it is sent as long as the
// grace lasts, and no longer.
func TestABacklogIsSentInTheGraceOfARunThatEnds(t *testing.T) {
	for name, plan := range behind() {
		t.Run(name, func(t *testing.T) {
			plan.Grace = 1050 * time.Millisecond
			w := &witness{answer: replies(200 * time.Millisecond)}
			under(t, plan, w, 0, func(r *Result) {
				require.Equal(t, 56, len(w.asked))
				require.Equal(t, 11*time.Second, w.asked[55].at, "nothing is sent afterwards")
				total := r.Summary.Total()
				require.EqualValues(t, 100, total.Planned())
				require.EqualValues(t, 55, total.OK())
				require.EqualValues(t, 1, total.Censored())
				require.EqualValues(t, 44, total.Dropped())
				require.Equal(t, 10*time.Second, r.Due)
				require.InDelta(t, 11050, r.Length.Milliseconds(), 5)
			})
		})
	}
}

func TestWhatIsOpenWhenARunIsStoppedGetsTheGrace(t *testing.T) {
	tests := []struct {
		name   string
		takes  time.Duration
		class  measure.Class
		length time.Duration
	}{
		{"it ends within", 2900 * time.Millisecond, measure.OK, 2900 * time.Millisecond},
		{"it does not", 3200 * time.Millisecond, measure.Censored, 3050 * time.Millisecond},
	}
	for name, plan := range behind() {
		plan.Timeout = time.Hour
		for _, test := range tests {
			t.Run(name+", "+test.name, func(t *testing.T) {
				w := &witness{answer: replies(test.takes), looks: 10 * time.Millisecond}
				under(t, plan, w, 2050*time.Millisecond, func(r *Result) {
					total := r.Summary.Total()
					require.EqualValues(t, 1, total.Class[test.class])
					require.EqualValues(t, 20, total.Dropped())
					require.EqualValues(t, 21, total.Planned())
					require.InDelta(t, test.length.Milliseconds(), r.Length.Milliseconds(), 5)
				})
			})
		}
	}
}

// sleepy are plans in which everybody sleeps for hours.
func sleepy() map[string]*Plan {
	plans := map[string]*Plan{
		"users that think":       closedPlan(Closed{Users: 2, ThinkTime: Distribution{A: 3 * time.Hour}}),
		"users that are paced":   closedPlan(Closed{Users: 2, Pacing: 3 * time.Hour}),
		"arrivals that are rare": openPlan(Open{MaxInFlight: 2, Stages: []Stage{{10 * time.Hour, 0.0001, 0.0001}}}),
	}
	for _, p := range plans {
		p.Measure = 10 * time.Hour
	}
	return plans
}

func TestWhoSleepsIsWokenWhenTheRunStops(t *testing.T) {
	for name, plan := range sleepy() {
		t.Run(name, func(t *testing.T) {
			under(t, plan, &witness{answer: replies(0)}, 5*time.Second, func(r *Result) {
				require.Equal(t, 5*time.Second, r.Length)
			})
		})
	}
}

// The same with the platform's own alarm, on the machine's clock.
func TestThePlatformsAlarmIsWokenWhenTheRunStops(t *testing.T) {
	for name, plan := range sleepy() {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w := &witness{answer: func(asked) reply { cancel(); return reply{} }}
			ended := make(chan *Result, 1)
			go func() { ended <- (&Engine{Plan: plan, Protocol: w}).Run(ctx) }()
			select {
			case r := <-ended:
				require.True(t, r.StoppedEarly)
			case <-time.After(time.Minute): // it would take hours
				t.Fatal("the run goes on")
			}
		})
	}
}

// When it is noticed late that a call is over, its own timeout counts if it has
// passed, and the end of the grace period only if it has not. The call is sent at
// 9.5 s, the grace ends at 11 s.
func TestATimeoutThatHasPassedIsNoCensoring(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name             string
		timeout, noticed time.Duration
		class            measure.Class
		ended            time.Duration
	}{
		{"only the timeout has passed", 1000 * ms, 0, measure.Timeout, 10_500 * ms},
		{"the timeout, and later the grace", 1000 * ms, 11_200 * ms, measure.Timeout, 11_200 * ms},
		{"only the grace has passed", 2000 * ms, 0, measure.Censored, 11_000 * ms},
		{"only the grace, noticed late", 2000 * ms, 11_200 * ms, measure.Censored, 11_200 * ms},
		{"the grace, and later the timeout", 2000 * ms, 11_700 * ms, measure.Timeout, 11_700 * ms},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan := closedPlan(Closed{Users: 1, ThinkTime: Distribution{A: 9500 * ms}})
			plan.Timeout = test.timeout
			w := &witness{answer: func(a asked) reply {
				if a.due == 0 {
					return reply{}
				}
				return reply{takes: -1}
			}}
			w.deaf = func(_ int, now time.Duration) bool { return now < test.noticed }
			under(t, plan, w, 0, func(r *Result) {
				total := r.Summary.Total()
				require.EqualValues(t, 1, total.OK())
				require.EqualValues(t, 1, total.Class[test.class])
				require.InDelta(t, test.ended, w.asked[1].ended, float64(again))
			})
		})
	}
}

// A Tick says how things stand: here users come, or arrivals are due, at 0, 1.1,
// 2.2 and 3.3 s, with a request of 950 ms.
func TestTicksSayWhoIsThere(t *testing.T) {
	type state struct {
		phase           measure.Phase
		users, inFlight int
	}
	open := openPlan(Open{MaxInFlight: 10, Stages: []Stage{{5 * time.Second, 1 / 1.1, 1 / 1.1}}})
	closed := closedPlan(Closed{Users: 4, ThinkTime: Distribution{A: 4500 * time.Millisecond}})
	closed.Ramp, closed.Measure = 4400*time.Millisecond, 3600*time.Millisecond
	tests := []struct {
		name string
		plan *Plan
		want []state // at 1, 2, 3, 4 s, and when all is over
	}{
		{"users", closed, []state{
			{measure.Ramp, 1, 0}, {measure.Ramp, 2, 1}, {measure.Ramp, 3, 1}, {measure.Ramp, 4, 1}, {measure.Drain, 0, 0},
		}},
		{"connections, of which one is enough", open, []state{
			{measure.Measure, 1, 0}, {measure.Measure, 1, 1}, {measure.Measure, 1, 1}, {measure.Measure, 1, 1}, {measure.Drain, 0, 0},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				got := map[int64]state{}
				var last state
				e := &Engine{Plan: test.plan, Protocol: &witness{answer: replies(950 * time.Millisecond)}, GoTimers: true}
				e.Each = func(tick Tick) {
					mu.Lock()
					defer mu.Unlock()
					last = state{tick.Phase, tick.Users, tick.InFlight}
					got[int64(tick.At/time.Second)] = last
				}
				e.Run(t.Context())
				for i, want := range test.want[:4] {
					require.Equal(t, want, got[int64(i+1)], "at %d s", i+1)
				}
				require.Equal(t, test.want[4], last)
			})
		})
	}
}

// A user that only decides, in loops that nobody could wait for, stops with the run.
func TestLoopsThatSendNothingEndWithTheRun(t *testing.T) {
	forever := func(actions ...Action) Action {
		for range 6 {
			actions = []Action{Repeat{1_000_000, actions}}
		}
		return actions[0]
	}
	nothing := Code{func(*session.Session) {}}
	tests := []struct {
		name string
		flow Flow
	}{
		{"in an iteration", Flow{Actions: []Action{forever(nothing), Do{0}}}},
		{"in a setup", Flow{Setup: []Action{forever(nothing)}, Actions: []Action{Do{0}}}},
		{"in a teardown", Flow{Actions: []Action{Do{0}}, Teardown: []Action{forever(nothing)}}},
		{"in a teardown whose pauses are over at once", Flow{Actions: []Action{Do{0}}, Teardown: []Action{forever(Pause{ms(1000)})}}},
		{"by a goto", Flow{Actions: []Action{Mark{"again"}, nothing, Goto{"again"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.flow.Name, tt.flow.Weight = "flow", 1
			p := &Plan{
				Steps: []Step{{Name: "a"}}, Flows: []Flow{tt.flow}, Closed: &Closed{Users: 1},
				Measure: 20 * time.Millisecond, Timeout: time.Second, Grace: 20 * time.Millisecond,
			}
			d := &diary{names: []string{"a"}, pages: map[int][]string{}}
			r := (&Engine{Plan: p, Protocol: d, GoTimers: true}).Run(t.Context())
			require.Equal(t, r.Issued, allPlanned(r))
		})
	}
}
