package loadgen

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// hangs lets every user make some calls, and then one that is never answered.
func hangs(a asked) reply {
	if a.due > 750*time.Millisecond+time.Duration(a.user)*71*time.Millisecond {
		return reply{takes: -1}
	}
	return reply{takes: time.Duration(3+a.user%7) * time.Millisecond}
}

// However many calls a slot made before, and however the slots began, a call is
// ended when its time is up.
func TestATimeoutIsNoticedWhenItIsUp(t *testing.T) {
	tests := []struct {
		name string
		plan *Plan
	}{
		{"users", closedPlan(Closed{Users: 40})},
		{"users that come one after the other", func() *Plan {
			p := closedPlan(Closed{Users: 40})
			p.Ramp = 7 * time.Second
			return p
		}()},
		{"users that think", closedPlan(Closed{Users: 40, ThinkTime: Distribution{Law: Uniform, B: 300 * time.Millisecond}})},
		{"connections", openPlan(Open{Poisson: true, MaxInFlight: 1000, Stages: []Stage{{10 * time.Second, 200, 200}}})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &witness{answer: hangs}
			under(t, test.plan, w, 0, func(r *Result) {
				hung := 0
				for _, a := range w.asked {
					if a.takes >= 0 {
						continue
					}
					hung++
					require.GreaterOrEqual(t, a.ended, min(a.at+test.plan.Timeout, test.plan.Length()+test.plan.Grace))
					require.Less(t, a.ended, a.at+test.plan.Timeout+again)
				}
				require.Greater(t, hung, 40)
				require.Greater(t, len(w.asked), 500)
				require.EqualValues(t, hung, r.Summary.Total().Class[measure.Timeout]+r.Summary.Total().Censored()+
					r.Summary.Phase(measure.Ramp).Class[measure.Timeout])
			})
		})
	}
}

// An Interrupt may come before the Sender waits, and is lost then: it comes again.
func TestInterruptsComeAgain(t *testing.T) {
	w := &witness{answer: replies(-1), deaf: func(n int, _ time.Duration) bool { return n < 5 }}
	under(t, closedPlan(Closed{Users: 3}), w, 0, func(*Result) {
		require.Equal(t, 3*10, len(w.asked))
		for _, a := range w.asked {
			require.InDelta(t, time.Second+5*again, a.ended-a.at, float64(again))
		}
	})
}

// The same at the end of the grace period, which ends calls of any timeout.
func TestInterruptsComeAgainWhenTheGraceIsOver(t *testing.T) {
	plan := closedPlan(Closed{Users: 3})
	plan.Timeout = time.Hour
	w := &witness{answer: replies(-1), deaf: func(n int, _ time.Duration) bool { return n < 5 }}
	under(t, plan, w, 0, func(r *Result) {
		require.EqualValues(t, 3, r.Summary.Total().Censored())
		for _, a := range w.asked {
			require.InDelta(t, 11*time.Second+5*again, a.ended, float64(again))
		}
	})
}

// A slot that ended is not looked at any more, and the others still are in turn.
func TestAnEndedSlotIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(NewClock(), time.Second)
		slots := make([]*slot, 10)
		for i := range slots {
			slots[i] = &slot{}
			w.add(slots[i])
			time.Sleep(time.Millisecond)
		}
		for i := 0; i < len(slots); i += 2 {
			w.remove(slots[i])
		}
		for i := 1; i < len(slots); i += 2 {
			require.Same(t, slots[i], w.looks[0])
			w.remove(slots[i])
		}
		require.Empty(t, w.looks)
	})
}

// Idle slots that are due soon share one look, and are looked at hardly more often than
// once in a timeout; one with a call is never looked at too soon.
func TestIdleSlotsAreLookedAtTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatch(NewClock(), time.Minute)
		slots := make([]*slot, 200)
		for i := range slots {
			slots[i] = &slot{}
			w.add(slots[i])
			time.Sleep(w.timeout / 200)
		}
		busy := slots[100]
		busy.call.until.Store(int64(w.clock.Now() + 45*time.Second))
		ended := &interrupted{at: w.clock.Now}
		busy.sender = ended
		end, wakes := w.clock.Now()+10*w.timeout, 0
		for w.clock.Now() < end && ended.first == 0 {
			wakes++
			time.Sleep(w.look())
		}
		require.Equal(t, busy.call.Until(), ended.first)
		busy.call.until.Store(0)
		for w.clock.Now() < end {
			wakes++
			time.Sleep(w.look())
		}
		require.Less(t, wakes, 10*(early+5), "of 2000 looks, those that come together are one")
	})
}

// An interrupted Sender notes when it first was.
type interrupted struct {
	Sender
	at    func() time.Duration
	first time.Duration
}

func (s *interrupted) Interrupt() {
	if s.first == 0 {
		s.first = s.at()
	}
}
