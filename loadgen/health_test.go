package loadgen

import (
	"math"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/internal/machine"
	"gonogo/measure"
)

func sqrt(n int64) float64 { return math.Sqrt(float64(n)) }

// A dial is a machine's clocks, on which a test turns: each hand is added to what
// Go's virtual clock says from an instant on.
type dial struct {
	from             time.Duration
	mono, boot, wall time.Duration
	torn             bool // from then on, readings are not of one moment
}

func (d dial) read() func() (Clocks, bool) {
	start, read := time.Now(), machine.GoClocks()
	return func() (Clocks, bool) {
		c, ok := read()
		if time.Since(start) >= d.from {
			c.Mono, c.Boot, c.Wall = c.Mono+d.mono, c.Boot+d.boot, c.Wall+d.wall
			ok = !d.torn
		}
		return c, ok
	}
}

func TestClocksTellWhenTimeDidNotPassAsItShould(t *testing.T) {
	const ms, second = time.Millisecond, time.Second
	tests := []struct {
		name string
		dial dial
		want []Jolt
	}{
		{"nothing happens", dial{}, nil},
		{"the time of day is set forth", dial{from: 3 * second, wall: 80 * ms}, []Jolt{{Stepped, 3 * second, 80 * ms, true}}},
		{"the time of day is set back", dial{from: 3 * second, wall: -time.Hour}, []Jolt{{Stepped, 3 * second, -time.Hour, true}}},
		{"it is slewed", dial{from: 3 * second, wall: 20 * ms}, nil},
		{"before the measurement", dial{from: 1 * second, wall: 80 * ms}, []Jolt{{Stepped, 1 * second, 80 * ms, false}}},
		{"the machine sleeps", dial{from: 3 * second, boot: time.Minute, wall: time.Minute}, []Jolt{{Suspended, 3 * second, time.Minute, true}}},
		{"the process does not run", dial{from: 3 * second, mono: 2 * second, boot: 2 * second, wall: 2 * second}, []Jolt{{Stalled, 3 * second, 2 * second, true}}},
		{"the process is put aside for a while", dial{from: 3 * second, mono: 900 * ms, boot: 900 * ms, wall: 900 * ms}, nil},
		{"readings are torn apart", dial{from: 3 * second, wall: time.Hour, torn: true}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := closedPlan(Closed{Users: 1})
				p.WarmUp = 2 * time.Second
				e := &Engine{Plan: p, Protocol: &fake{takes: after(10 * time.Millisecond)}, GoTimers: true, Clocks: test.dial.read()}
				h := e.Run(t.Context()).Health
				require.Equal(t, test.want, h.Jolts)
				for kind := range JoltKinds {
					n := 0
					for _, j := range test.want {
						if j.Kind == kind {
							n++
						}
					}
					require.Equal(t, n, h.Jolted[kind], kind)
				}
			})
		})
	}
}

// However often it happens, what is kept of it is bounded.
func TestJoltsAreCountedAndTheFirstKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := closedPlan(Closed{Users: 1})
		p.Measure = time.Minute
		turns := time.Duration(0)
		read := machine.GoClocks()
		e := &Engine{Plan: p, Protocol: &fake{takes: after(time.Second)}, GoTimers: true}
		e.Clocks = func() (Clocks, bool) {
			c, ok := read()
			turns++
			c.Wall += turns * time.Second
			return c, ok
		}
		h := e.Run(t.Context()).Health
		require.Len(t, h.Jolts, maxJolts)
		require.GreaterOrEqual(t, h.Jolted[Stepped], 300)
	})
}

func TestHealthOfThisProcess(t *testing.T) {
	p := closedPlan(Closed{Users: 2})
	p.Measure = 300 * time.Millisecond
	h := (&Engine{Plan: p, Protocol: &fake{takes: after(time.Millisecond)}}).Run(t.Context()).Health
	require.Positive(t, h.CPUs)
	if h.CPU != machine.Unknown {
		require.Positive(t, h.CPU)
		require.GreaterOrEqual(t, h.PeakCPU, h.CPU)
	}
	require.GreaterOrEqual(t, h.Scheduling, time.Duration(0))
	require.GreaterOrEqual(t, h.GC, time.Duration(0))
	require.NotZero(t, h.MaxRSS)
}

func TestP99IsOfWhatWasCountedBetween(t *testing.T) {
	edges := []float64{0, 0.001, 0.010, math.Inf(1)}
	at := func(counts ...uint64) *metrics.Float64Histogram {
		return &metrics.Float64Histogram{Counts: counts, Buckets: edges}
	}
	tests := []struct {
		name     string
		from, to *metrics.Float64Histogram
		want     time.Duration
	}{
		{"nothing happened", at(5, 6, 7), at(5, 6, 7), 0},
		{"99 of 100 are short", at(5, 6, 7), at(104, 7, 7), time.Millisecond},
		{"98 of 100 are short", at(5, 6, 7), at(103, 8, 7), 10 * time.Millisecond},
		{"the last bucket has no end", at(0, 0, 0), at(0, 0, 1), 10 * time.Millisecond},
		{"the runtime does not tell", nil, nil, machine.Unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, p99(test.from, test.to))
		})
	}
}

// A sleeper oversleeps by the same time whenever it sleeps.
type sleeper struct {
	alarm
	late time.Duration
}

func (s sleeper) sleep(t time.Duration) { s.alarm.sleep(t + s.late) }

// A late alarm makes arrivals late, and that is our own lateness, whatever else the
// target makes them wait for.
func TestALateAlarmIsOurOwnLateness(t *testing.T) {
	const late = 30 * time.Millisecond
	for name, plan := range map[string]*Plan{
		"open":   openPlan(Open{MaxInFlight: 1000, Stages: []Stage{{10 * time.Second, 20, 20}}}),
		"closed": closedPlan(Closed{Users: 2, ThinkTime: Distribution{A: 100 * time.Millisecond}}),
		"paced":  closedPlan(Closed{Users: 2, Pacing: 100 * time.Millisecond}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &Engine{Plan: plan, Protocol: &fake{takes: after(5 * time.Millisecond)}, GoTimers: true}
				e.makeAlarm = func(c Clock) alarm {
					return sleeper{&timerAlarm{clock: c, woken: make(chan struct{}, 1)}, late}
				}
				r := e.Run(t.Context())
				require.Equal(t, late, r.Summary.Total().Late.Quantile(0.5).Truncate(time.Millisecond))
				if r.Departures != nil {
					require.Equal(t, late, r.Departures.Late.Quantile(0.99).Truncate(time.Millisecond))
				}
			})
		})
	}
}

// What the target makes a request wait for is in its lag, and not our lateness.
func TestWaitsForTheTargetAreNotOurLateness(t *testing.T) {
	grace := func(p *Plan) *Plan {
		p.Grace = time.Minute
		return p
	}
	tests := []struct {
		name string
		plan *Plan
		lag  time.Duration
	}{
		{"for a free connection", grace(openPlan(Open{MaxInFlight: 1, Stages: []Stage{{time.Second, 100, 100}}})), 990 * time.Millisecond},
		{"for one of several", grace(openPlan(Open{MaxInFlight: 4, Stages: []Stage{{2 * time.Second, 400, 400}}})), 1980 * time.Millisecond},
		{"for the user's own answer", grace(closedPlan(Closed{Users: 1, Pacing: 10 * time.Millisecond})), 9990 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			perform(t, test.plan, after(20*time.Millisecond), func(r *Result, _ *fake) {
				require.InDelta(t, test.lag, r.Summary.Total().Lag.Max(), float64(25*time.Millisecond))
				require.Zero(t, r.Summary.Total().Late.Max())
				if r.Departures != nil {
					require.Zero(t, r.Departures.Late.Max())
				}
			})
		})
	}
}

// One that is late in a busy pool: there was a connection when it was due, so that
// another one became free meanwhile is no excuse.
func TestAConnectionThatWasFreeAtTheTimeIsNoExcuse(t *testing.T) {
	free := func(at ...time.Duration) *pool {
		p := &pool{}
		for _, t := range at {
			p.idle = append(p.idle, &worker{slot: &slot{call: Call{Outcome: measure.Outcome{Done: t}}}})
		}
		return p
	}
	w, since := free(3*time.Millisecond, 9*time.Millisecond).pop()
	require.Equal(t, 9*time.Millisecond, w.slot.free(), "the last used is the next to be used")
	require.Equal(t, 3*time.Millisecond, since)
	_, since = free().pop()
	require.Zero(t, since)

	p := free(9 * time.Millisecond)
	p.run, p.all = &run{giveUp: make(chan struct{})}, p.idle
	_, since = p.take(1, true)
	require.Equal(t, 9*time.Millisecond, since, "there can be no other")
	p = free(9 * time.Millisecond)
	p.run, p.all = &run{giveUp: make(chan struct{})}, p.idle
	_, since = p.take(2, true)
	require.Zero(t, since, "another could have been made")
}

// The process may be stopped before the goroutine that looks has run at all.
func TestAStallBeforeTheFirstLookIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := &Plan{Closed: &Closed{Users: 1}, Measure: time.Minute, Steps: []Step{{Name: "a"}}}
		s := newSampler(newRun(&Engine{Plan: plan, GoTimers: true}))
		time.Sleep(3 * time.Second)
		over := make(chan struct{})
		close(over)
		s.run(over)
		require.Equal(t, 1, s.sofar().Jolted[Stalled])
	})
}
