package loadgen

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen/session"
	"gonogo/measure"
)

// memory is a Trace of a second's length for each of its instants' seconds.
type memory struct {
	all  []Recorded
	fail int // the playback ends with an error behind so many arrivals; 0: it does not
}

func (m *memory) Play(from time.Duration) Playback { return &memoryPlay{memory: m, from: from} }

func (m *memory) Before(at time.Duration) (n int64) {
	for _, r := range m.all {
		if r.At < at {
			n++
		}
	}
	return n
}

func (m *memory) Counts() (time.Duration, []int64) {
	counts := make([]int64, m.all[len(m.all)-1].At/time.Second+1)
	for _, r := range m.all {
		counts[r.At/time.Second]++
	}
	return time.Second, counts
}

func (m *memory) Peak() (n int64) {
	_, counts := m.Counts()
	for _, c := range counts {
		n = max(n, c)
	}
	return n
}

var errTorn = errors.New("the file changed")

type memoryPlay struct {
	*memory
	from   time.Duration
	n, out int
	buffer []byte
	err    error
}

// Next takes back what it handed out before, as a Trace on a disk does.
func (p *memoryPlay) Next() (Recorded, bool) {
	for i := range p.buffer {
		p.buffer[i] = '!'
	}
	for ; p.n < len(p.all); p.n++ {
		r := p.all[p.n]
		if r.At < p.from {
			continue
		}
		if p.fail > 0 && p.out == p.fail {
			p.err = errTorn
			break
		}
		p.n, p.out = p.n+1, p.out+1
		p.buffer = append(p.buffer[:0], r.Target...)
		r.Target = p.buffer
		return r, true
	}
	return Recorded{}, false
}

func (p *memoryPlay) Err() error { return p.err }
func (p *memoryPlay) Close()     {}

// replayPlan replays a trace of three flows of one step each.
func replayPlan(m *memory, speed float64, warmUp, length time.Duration) *Plan {
	scope := &session.Scope{}
	r := Replay{Trace: m, Name: "t", Speed: speed, Variable: scope.Declare("trace.target")}
	open := r.Open(warmUp, length)
	open.MaxInFlight = 10
	p := &Plan{
		Open: open, WarmUp: warmUp, Measure: length, Timeout: 10 * time.Second, Grace: 10 * time.Second, Scope: scope,
		Steps: []Step{{Name: "a"}, {Name: "b"}, {Name: "c"}},
	}
	for i, s := range p.Steps {
		p.Flows = append(p.Flows, Flow{Name: s.Name, Weight: 1, Actions: []Action{Do{i}}})
	}
	return p
}

// burst is what people do: much at once, and then nothing.
func burst() *memory {
	const ms = time.Millisecond
	m := &memory{}
	for i, at := range []time.Duration{0, 0, 10 * ms, 400 * ms, 999 * ms, 1000 * ms, 3500 * ms, 3501 * ms} {
		m.all = append(m.all, Recorded{At: at, Flow: i % 3, Target: fmt.Append(nil, "/", i)})
	}
	return m
}

// teller notes what each call was told to ask for.
type teller struct {
	*witness
	variable session.Var
	told     func(at time.Duration, target string)
}

func (t *teller) NewSender(u User) Sender {
	return &tellingSender{t.witness.NewSender(u), t, u}
}

type tellingSender struct {
	Sender
	*teller
	user User
}

func (s *tellingSender) Send(call *Call) {
	value, _ := s.user.Session.Get(s.variable)
	s.told(call.Outcome.Due, string(value))
	s.Sender.Send(call)
}

func TestAReplayIsDueAsItsTrace(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name   string
		speed  float64
		warmUp time.Duration
		length time.Duration
		dues   []time.Duration
	}{
		{"as it was", 1, 0, 4 * time.Second, []time.Duration{0, 0, 10 * ms, 400 * ms, 999 * ms, 1000 * ms, 3500 * ms, 3501 * ms}},
		{"twice as fast", 2, 0, 2 * time.Second, []time.Duration{0, 0, 5 * ms, 200 * ms, 499500 * time.Microsecond, 500 * ms, 1750 * ms, 1750500 * time.Microsecond}},
		{"half as fast", 0.5, 0, 8 * time.Second, []time.Duration{0, 0, 20 * ms, 800 * ms, 1998 * ms, 2000 * ms, 7000 * ms, 7002 * ms}},
		{"cut short", 1, 0, time.Second, []time.Duration{0, 0, 10 * ms, 400 * ms, 999 * ms}},
		{"cut short at a higher speed", 4, 0, 250 * ms, []time.Duration{0, 0, 2500 * time.Microsecond, 100 * ms, 249750 * time.Microsecond}},
		{"the beginning first, as a warm-up", 1, 500 * ms, time.Second, []time.Duration{0, 0, 10 * ms, 400 * ms, 500 * ms, 500 * ms, 510 * ms, 900 * ms, 1499 * ms}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := burst()
			plan := replayPlan(m, test.speed, test.warmUp, test.length)
			w := &witness{answer: replies(ms)}
			under(t, plan, w, 0, func(r *Result) {
				require.NoError(t, r.Trouble)
				var got []time.Duration
				lead := 0
				for _, a := range w.asked {
					got = append(got, a.due)
					require.Equal(t, a.due, a.at, "nothing keeps it")
					if a.phase == measure.WarmUp {
						lead++
					}
				}
				require.ElementsMatch(t, test.dues, got)
				require.EqualValues(t, len(test.dues)-lead, math.Round(plan.Expected(measure.Measure)))
				require.EqualValues(t, lead, math.Round(plan.Expected(measure.WarmUp)))
				require.EqualValues(t, len(test.dues)-lead, r.Summary.Total().OK())
				require.EqualValues(t, len(test.dues)-lead, r.Departures.Late.Count())
			})
		})
	}
}

// Each arrival runs the flow of its line and asks for what that says, though the
// trace has taken it back by then.
func TestAReplayAsksForWhatItsTraceSays(t *testing.T) {
	m := burst()
	plan := replayPlan(m, 1, 0, 4*time.Second)
	for i := range plan.Flows { // so that a worker begins, and not who keeps the time
		plan.Flows[i].Actions = append([]Action{Pause{}}, plan.Flows[i].Actions...)
	}
	told := map[time.Duration][]string{}
	w := &witness{answer: replies(time.Millisecond)}
	synctest.Test(t, func(t *testing.T) {
		tell := &teller{witness: w, variable: plan.Open.Replay.Variable}
		tell.told = func(due time.Duration, target string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			told[due] = append(told[due], target)
		}
		(&Engine{Plan: plan, Protocol: tell, GoTimers: true}).Run(t.Context())
	})
	require.ElementsMatch(t, []string{"/0", "/1"}, told[0])
	for i, r := range m.all[2:] {
		require.Equal(t, []string{fmt.Sprint("/", i+2)}, told[r.At])
	}
	steps := map[time.Duration]int{}
	for _, a := range w.asked {
		steps[a.due] += a.step
	}
	for _, r := range m.all[2:] {
		require.Equal(t, r.Flow, steps[r.At])
	}
}

// A target that is slow keeps arrivals waiting, and their wait is counted from when
// the trace had them.
func TestAReplayAgainstASlowTargetCountsItsLag(t *testing.T) {
	const ms = time.Millisecond
	plan := replayPlan(burst(), 1, 0, 4*time.Second)
	plan.Open.MaxInFlight = 1
	w := &witness{answer: replies(time.Second)}
	under(t, plan, w, 0, func(r *Result) {
		var late []time.Duration
		for _, a := range w.asked {
			late = append(late, a.at-a.due)
		}
		require.Equal(t, []time.Duration{0, 1000 * ms, 1990 * ms, 2600 * ms, 3001 * ms, 4000 * ms, 2500 * ms, 3499 * ms}, late)
		require.Equal(t, 4000*ms, r.Summary.Total().Lag.Max().Round(10*ms))
		require.Equal(t, 5000*ms, r.Summary.Total().Answered.Max().Round(10*ms))
		require.Zero(t, r.Departures.Late.Max(), "the wait for a connection is the target's")
	})
	plan = replayPlan(burst(), 1, 0, 4*time.Second)
	plan.Open.MaxInFlight, plan.Open.Drop = 1, true
	under(t, plan, &witness{answer: replies(2 * time.Second)}, 0, func(r *Result) {
		require.EqualValues(t, 2, r.Summary.Total().OK(), "0 and 3500 ms")
		require.EqualValues(t, 6, r.Summary.Total().Dropped())
		require.EqualValues(t, []int64{3, 3, 2}, []int64{r.Summary.Steps()[0].Planned(), r.Summary.Steps()[1].Planned(), r.Summary.Steps()[2].Planned()})
	})
}

func TestATraceThatIsTornEndsTheRun(t *testing.T) {
	for name, warmUp := range map[string]time.Duration{"while it is measured": 0, "while it warms up": 3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			m := burst()
			m.fail = 5
			synctest.Test(t, func(t *testing.T) {
				w := &witness{answer: replies(time.Millisecond)}
				r := (&Engine{Plan: replayPlan(m, 1, warmUp, 4*time.Second), Protocol: w, GoTimers: true}).Run(t.Context())
				require.Equal(t, errTorn, r.Trouble)
				require.True(t, r.StoppedEarly)
				require.Len(t, w.asked, 5)
				require.Less(t, r.Length, 2*time.Second, "nobody waits for what will not come")
			})
		})
	}
}

func TestAReplayKnowsItsRates(t *testing.T) {
	plan := replayPlan(burst(), 2, 500*time.Millisecond, 2*time.Second)
	plan.Flows[0].Weight, plan.Flows[1].Weight, plan.Flows[2].Weight = 3, 3, 2
	require.InDelta(t, 10, plan.PeakRate(), 1e-9, "five in a second, twice as fast")
	require.InDelta(t, 10, plan.RateAt(time.Second-1), 1e-9, "the first second takes half of one")
	require.InDelta(t, 2, plan.RateAt(time.Second), 1e-9)
	require.Zero(t, plan.RateAt(1500*time.Millisecond))
	require.InDelta(t, 5, plan.Expected(measure.WarmUp), 1e-9)
	require.InDelta(t, 8, plan.Expected(measure.Measure), 1e-9)
	rates := plan.RatesOf(func(l Load) (float64, bool) { return plan.ExpectedOf(l.Open, measure.Measure), true })
	require.InDeltaSlice(t, []float64{3, 3, 2}, rates.Steps, 1e-9)
	require.True(t, rates.Exact)
}

// What is left of a replay begins where the rest of the plan does.
func TestAReplayGoesOnFromAnyPlace(t *testing.T) {
	m := burst()
	plan := replayPlan(m, 2, 0, 2*time.Second)
	rest := plan.Open.Replay.Since(400*time.Millisecond).Open(0, 1600*time.Millisecond)
	rest.MaxInFlight = 10
	plan.Open, plan.Measure = rest, 1600*time.Millisecond
	require.InDelta(t, 4, plan.Expected(measure.Measure), 1e-9)
	w := &witness{answer: replies(time.Millisecond)}
	under(t, plan, w, 0, func(*Result) {
		var dues []time.Duration
		for _, a := range w.asked {
			dues = append(dues, a.due)
		}
		require.Equal(t, []time.Duration{99500 * time.Microsecond, 100 * time.Millisecond, 1350 * time.Millisecond, 1350500 * time.Microsecond}, dues)
	})
}

func TestASeedChangesNothingInAReplay(t *testing.T) {
	var runs [2][]string
	for i := range runs {
		plan := replayPlan(burst(), 1, 0, 4*time.Second)
		plan.Seed = uint64(i)
		w := &witness{answer: replies(time.Millisecond)}
		under(t, plan, w, 0, func(*Result) {
			for _, a := range w.asked {
				runs[i] = append(runs[i], fmt.Sprint(a.due, a.step))
			}
		})
	}
	require.ElementsMatch(t, runs[0], runs[1])
}
