package loadgen

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// fake is a Protocol whose answers take as long as the test says.
type fake struct {
	takes   func(now time.Duration) time.Duration // from a request sent now; below 0 is never
	senders atomic.Int64
	open    atomic.Int64
}

func (f *fake) NewSender(u User) Sender {
	f.senders.Add(1)
	f.open.Add(1)
	return &fakeSender{fake: f, clock: u.Clock, poke: make(chan struct{}, 1)}
}

type fakeSender struct {
	*fake
	clock Clock
	poke  chan struct{}
}

func (s *fakeSender) Send(call *Call) {
	o := &call.Outcome
	o.Sent = s.clock.Now()
	done := answered(s.takes(o.Sent))
	for {
		select {
		case <-done:
		case <-s.poke:
			if !call.Expired(s.clock.Now()) {
				continue
			}
			o.Class = measure.Timeout
		}
		o.Read = s.clock.Now()
		o.Done, o.FirstByte = o.Read, o.Read
		return
	}
}

func (s *fakeSender) Interrupt() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

func (s *fakeSender) Close() { s.open.Add(-1) }

// answered sends when the time has passed; below 0 is never.
//
// There is no timer where no time passes. Goroutines of a bubble run timers that
// are due already themselves, several at once, and the race detector of Go 1.26
// crashes then: all timers of a bubble have one context.
func answered(d time.Duration) <-chan time.Time {
	switch {
	case d > 0:
		return time.After(d)
	case d == 0:
		now := make(chan time.Time)
		close(now)
		return now
	}
	return nil
}

func after(d time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return d }
}

// perform runs the plan on a virtual clock.
func perform(t *testing.T, p *Plan, takes func(time.Duration) time.Duration, check func(*Result, *fake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{takes: takes}
		e := &Engine{Plan: p, Protocol: f, GoTimers: true}
		r := e.Run(t.Context())
		require.Zero(t, f.open.Load(), "senders left open")
		require.Equal(t, r.Issued, planned(r), "requests that nobody recorded")
		check(r, f)
	})
}

func planned(r *Result) (n int64) {
	if r.Against != nil {
		n = plannedIn(r.Against)
	}
	for phase := range measure.Phases {
		n += r.Summary.Phase(phase).Planned()
	}
	return n
}

func closedPlan(c Closed) *Plan {
	return &Plan{
		Closed: &c, Measure: 10 * time.Second, Timeout: time.Second, Grace: time.Second,
		Steps: []Step{{Name: "a", Weight: 1}},
	}
}

func TestClosedUsersWaitForTheirAnswers(t *testing.T) {
	perform(t, closedPlan(Closed{Users: 3}), after(100*time.Millisecond), func(r *Result, f *fake) {
		require.EqualValues(t, 3*100, r.Summary.Total().OK())
		require.EqualValues(t, 3, f.senders.Load())
		require.Equal(t, 100*time.Millisecond, r.Summary.Total().Answered.Max())
		require.Zero(t, r.Summary.Total().Lag.Max())
		require.False(t, r.StoppedEarly)
		require.Equal(t, 10*time.Second, r.Measured)
	})
}

func TestThinkTimeLiesBetweenAnswerAndNextRequest(t *testing.T) {
	plan := closedPlan(Closed{Users: 1, ThinkTime: Distribution{Law: Constant, A: 900 * time.Millisecond}})
	perform(t, plan, after(100*time.Millisecond), func(r *Result, _ *fake) {
		require.EqualValues(t, 10, r.Summary.Total().OK())
		require.Zero(t, r.Summary.Total().Lag.Max())
	})
}

// One answer takes 950 ms, where an iteration is due every 100 ms: the nine that
// were due meanwhile waited, and say so.
func TestPacingCountsFromWhenAnIterationWasDue(t *testing.T) {
	slowOnce := func(now time.Duration) time.Duration {
		if now == time.Second {
			return 950 * time.Millisecond
		}
		return 0
	}
	perform(t, closedPlan(Closed{Users: 1, Pacing: 100 * time.Millisecond}), slowOnce, func(r *Result, _ *fake) {
		total := r.Summary.Total()
		require.EqualValues(t, 100, total.OK())
		require.Equal(t, 950*time.Millisecond, total.Answered.Max())
		require.Equal(t, 850*time.Millisecond, total.Lag.Max())
		over := 0
		total.Answered.Each(func(low, _ time.Duration, n int64) {
			if low > 40*time.Millisecond {
				over += int(n)
			}
		})
		require.Equal(t, 10, over)
	})
}

// A user that is behind its pacing at the end has requests left that were due:
// they get the grace period, and those that do not fit into it are dropped.
func TestPacedBacklogIsNotForgotten(t *testing.T) {
	plan := closedPlan(Closed{Users: 1, Pacing: 100 * time.Millisecond})
	perform(t, plan, after(200*time.Millisecond), func(r *Result, _ *fake) {
		total := r.Summary.Total()
		require.EqualValues(t, 100, total.Planned())
		require.EqualValues(t, 55, total.OK())
		require.EqualValues(t, 45, total.Dropped()+total.Censored())
	})
}

func TestUsersRampLinearlyAndTheRampIsNotJudged(t *testing.T) {
	plan := closedPlan(Closed{Users: 10})
	plan.Ramp, plan.WarmUp, plan.Timeout = 10*time.Second, 5*time.Second, 5*time.Second
	perform(t, plan, after(time.Second), func(r *Result, _ *fake) {
		require.EqualValues(t, 10+9+8+7+6+5+4+3+2+1, r.Summary.Phase(measure.Ramp).Planned())
		require.EqualValues(t, 50, r.Summary.Phase(measure.WarmUp).Planned())
		require.EqualValues(t, 100, r.Summary.Total().Planned())
		require.Equal(t, 10*time.Second, r.Measured)
	})
}

// A target that stops for one second must show waiting to every request that
// was due meanwhile, not only to the one in flight.
func TestAStallIsChargedToEveryDueRequest(t *testing.T) {
	stall := func(now time.Duration) time.Duration {
		if in := now % (5 * time.Second); in >= 4*time.Second {
			return 5*time.Second - in
		}
		return 0
	}
	plan := openPlan(Open{MaxInFlight: 2000, Stages: []Stage{{20 * time.Second, 1000, 1000}}})
	plan.Timeout = 10 * time.Second
	perform(t, plan, stall, func(r *Result, _ *fake) {
		response := r.Summary.Total().Response()
		require.EqualValues(t, 20_000, response.Count())
		require.Zero(t, response.Quantile(0.5))
		require.InDelta(t, 500, response.Quantile(0.90).Milliseconds(), 2)
		require.InDelta(t, 750, response.Quantile(0.95).Milliseconds(), 2)
		require.InDelta(t, 950, response.Quantile(0.99).Milliseconds(), 2)
	})
}

// The same with one connection: the wait is for the connection, and the
// response times hold it all the same.
func TestAQueueIsCharged(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 100, 100}}})
	plan.Grace = 10 * time.Second
	perform(t, plan, after(20*time.Millisecond), func(r *Result, _ *fake) {
		total := r.Summary.Total()
		require.EqualValues(t, 100, total.OK())
		require.Equal(t, 20*time.Millisecond, total.Service.Max())
		require.Equal(t, 1010*time.Millisecond, total.Answered.Max())
		require.Equal(t, 990*time.Millisecond, total.Lag.Max())
	})
}

func TestAQueueThatOutlastsTheGraceIsDropped(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 1, Stages: []Stage{{10 * time.Second, 100, 100}}})
	perform(t, plan, after(100*time.Millisecond), func(r *Result, _ *fake) {
		total := r.Summary.Total()
		require.EqualValues(t, 1000, total.Planned())
		require.InDelta(t, 110, total.OK(), 1)
		require.Equal(t, int64(1000), total.OK()+total.Dropped()+total.Censored())
	})
}

func TestTheDropPolicyCountsWhatItDrops(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 5, Drop: true, Stages: []Stage{{10 * time.Second, 100, 100}}})
	perform(t, plan, after(100*time.Millisecond-time.Microsecond), func(r *Result, f *fake) {
		total := r.Summary.Total()
		require.EqualValues(t, 500, total.OK())
		require.EqualValues(t, 500, total.Dropped())
		require.EqualValues(t, 5, f.senders.Load())
		require.Equal(t, plan.Timeout, total.Response().Quantile(0.95), "a drop is no fast answer")
	})
}

func TestRequestsTimeOut(t *testing.T) {
	perform(t, closedPlan(Closed{Users: 2}), after(-1), func(r *Result, _ *fake) {
		total := r.Summary.Total()
		require.EqualValues(t, 20, total.Class[measure.Timeout])
		require.EqualValues(t, 20, total.Planned())
	})
}

func TestWhatIsOpenAfterTheGraceIsCensoredAtItsAge(t *testing.T) {
	plan := closedPlan(Closed{Users: 2})
	plan.Timeout = time.Hour
	perform(t, plan, after(-1), func(r *Result, _ *fake) {
		require.EqualValues(t, 2, r.Summary.Total().Censored())
		require.Equal(t, 11*time.Second, r.Length.Truncate(100*time.Millisecond))
	})
}

func TestAnEarlyStopDrainsAndSaysSo(t *testing.T) {
	for name, plan := range map[string]*Plan{
		"closed": closedPlan(Closed{Users: 4}),
		"open":   openPlan(Open{MaxInFlight: 100, Stages: []Stage{{10 * time.Second, 40, 40}}}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second+time.Millisecond)
				defer cancel()
				f := &fake{takes: after(100 * time.Millisecond)}
				r := (&Engine{Plan: plan, Protocol: f, GoTimers: true}).Run(ctx)
				require.True(t, r.StoppedEarly)
				require.Equal(t, 2*time.Second+time.Millisecond, r.Measured)
				require.InDelta(t, 82, r.Summary.Total().OK(), 2)
				require.Equal(t, r.Summary.Total().OK(), r.Issued)
				require.Less(t, r.Length, 2200*time.Millisecond)
			})
		})
	}
}

func TestAFlowGoesThroughItsStepsInOrder(t *testing.T) {
	plan := closedPlan(Closed{Users: 1})
	flowOf(plan)
	perform(t, plan, after(10*time.Millisecond), func(r *Result, _ *fake) {
		for _, step := range r.Summary.Steps() {
			require.InDelta(t, 333, step.OK(), 1)
		}
	})
}

func TestADroppedFlowDropsAllItsSteps(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 1, Drop: true, Stages: []Stage{{time.Second, 10, 10}}})
	plan.Flows, plan.Steps = []Flow{InOrder("flow", 2)}, []Step{{Name: "a"}, {Name: "b"}}
	perform(t, plan, after(100*time.Millisecond-time.Microsecond), func(r *Result, _ *fake) {
		for _, step := range r.Summary.Steps() {
			require.EqualValues(t, 5, step.OK())
			require.EqualValues(t, 5, step.Dropped())
		}
	})
}

func TestTicksHoldEveryOutcomeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := closedPlan(Closed{Users: 5})
		var ticks, n int64
		e := &Engine{Plan: plan, Protocol: &fake{takes: after(10 * time.Millisecond)}, GoTimers: true}
		e.Each = func(tick Tick) {
			ticks++
			for i := range tick.Intervals {
				n += tick.Intervals[i].Total().Planned()
			}
		}
		r := e.Run(t.Context())
		require.GreaterOrEqual(t, ticks, int64(10))
		require.Equal(t, r.Issued, n)
	})
}

func TestARunLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, plan := range []*Plan{
		{Closed: &Closed{Users: 50}, Measure: 20 * time.Millisecond},
		{Open: &Open{MaxInFlight: 50, Stages: []Stage{{20 * time.Millisecond, 1000, 1000}}}, Measure: 20 * time.Millisecond},
	} {
		plan.Timeout, plan.Grace, plan.Steps = time.Second, time.Second, []Step{{Name: "a", Weight: 1}}
		r := (&Engine{Plan: plan, Protocol: &fake{takes: after(time.Millisecond)}}).Run(t.Context())
		require.Positive(t, r.Summary.Total().OK(), "on the real clock, with the platform's own alarm")
	}
	for range 10_000 { // a goroutine that has done its work may not have ended yet
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	require.Equal(t, before, runtime.NumGoroutine())
}

// What every request needs of a slot is three lines of a cache.
func TestWhatEveryRequestNeedsOfASlotLiesTogether(t *testing.T) {
	var s slot
	require.Zero(t, unsafe.Sizeof(s)%64)
	require.Equal(t, uintptr(3*64), unsafe.Offsetof(s.starter))
}
