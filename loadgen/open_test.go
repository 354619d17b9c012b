package loadgen

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestArrivalsAreStartedWhenTheyAreDue(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 10, Stages: []Stage{{time.Second, 50, 50}}})
	w := &witness{answer: replies(30 * time.Millisecond), starts: true}
	under(t, plan, w, 0, func(r *Result) {
		require.Equal(t, 50, len(w.asked))
		for _, a := range w.asked {
			require.True(t, a.started)
			require.InDelta(t, a.due, a.at, 1)
		}
		total := r.Summary.Total()
		require.EqualValues(t, 50, total.OK())
		require.Equal(t, 30*time.Millisecond, total.Service.Max(), "from Start on, not from Send")
		require.LessOrEqual(t, total.Lag.Max(), time.Nanosecond)
	})
}

// While the worker waits for an answer nothing can be started on its connection.
func TestAQueuedArrivalIsStartedWhenAConnectionIsFree(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 1, Stages: []Stage{{100 * time.Millisecond, 100, 100}}})
	w := &witness{answer: replies(20 * time.Millisecond), starts: true}
	under(t, plan, w, 0, func(*Result) {
		require.Equal(t, 10, len(w.asked))
		for i, a := range w.asked {
			require.True(t, a.started)
			require.Equal(t, time.Duration(i)*10*time.Millisecond, a.due)
			require.InDelta(t, time.Duration(i)*20*time.Millisecond, a.at, 1)
		}
	})
}

// The goroutine that keeps the time does it, and not the workers: two are never
// started at once, however long starting takes.
func TestOneGoroutineStartsAllArrivals(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 100, Stages: []Stage{{100 * time.Millisecond, 100, 100}}})
	var now, most atomic.Int64
	w := &witness{answer: replies(time.Second), starts: true}
	w.start = func() {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(25 * time.Millisecond)
		now.Add(-1)
	}
	under(t, plan, w, 0, func(r *Result) {
		require.Equal(t, 10, len(w.asked))
		require.EqualValues(t, 1, most.Load())
	})
}

// A Sender may find that it cannot start without waiting: then Send sends.
func TestWhatCouldNotBeStartedIsSent(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 10, Stages: []Stage{{time.Second, 50, 50}}})
	w := &witness{answer: replies(0)}
	under(t, plan, w, 0, func(*Result) {
		require.Equal(t, 50, len(w.asked))
		for _, a := range w.asked {
			require.Equal(t, a.due, a.at)
		}
	})
}

// Ten connections were needed while answers were slow. Later one is enough, and
// it is always the same: the others stay idle.
func TestTheConnectionThatWasUsedLastIsUsedNext(t *testing.T) {
	plan := openPlan(Open{MaxInFlight: 100, Stages: []Stage{{2 * time.Second, 100, 100}}})
	const calm = 500 * time.Millisecond
	w := &witness{answer: func(a asked) reply {
		if a.due < calm {
			return reply{takes: 93 * time.Millisecond}
		}
		return reply{takes: 5 * time.Millisecond}
	}}
	under(t, plan, w, 0, func(*Result) {
		before, after := map[int]bool{}, map[int]bool{}
		for _, a := range w.asked {
			if a.due < calm {
				before[a.user] = true
			} else {
				after[a.user] = true
			}
		}
		require.Len(t, before, 10)
		require.Len(t, after, 1)
	})
}
