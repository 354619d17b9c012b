package soak

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/slo"
)

func objective(t *testing.T, text string) slo.Objective {
	t.Helper()
	target, err := slo.ParseTarget(text)
	require.NoError(t, err)
	return slo.Objective{Name: text, Go: target}
}

// A world is a run of a hundred seconds that a test makes second by second.
type world struct {
	config     measure.Config
	objectives []slo.Objective
	at         time.Duration
}

func newWorld(t *testing.T, texts ...string) *world {
	t.Helper()
	w := &world{}
	for _, text := range texts {
		w.objectives = append(w.objectives, objective(t, text))
	}
	w.config = measure.Config{Steps: []string{"a"}, Groups: []string{"whole"}, Charge: 2 * time.Second, Highest: time.Minute}
	w.config.Limits = slo.Limits(w.objectives, w.config.Names())
	return w
}

// next is the second in which so many requests ended well, in that time, and so many
// failed. Each of them makes a group by itself that takes twice as long, of which the
// first fails.
func (w *world) next(ok, failed int, took time.Duration) Second {
	r := measure.NewRecorder(w.config)
	for i := range ok + failed {
		o := measure.Outcome{Phase: measure.Measure, Due: w.at, Sent: w.at + time.Millisecond, Ready: w.at, Done: w.at + took}
		if o.FirstByte, o.Read = o.Done, o.Done; i >= ok {
			o.Class, o.Err = measure.Reset, errors.New("reset")
		}
		r.Record(&o)
		if i == 0 {
			o.Class = measure.Reset
		}
		r.Record(&measure.Outcome{Step: 1, Phase: o.Phase, Class: o.Class, Due: o.Due, Sent: o.Sent, Done: o.Done + took})
	}
	w.at += time.Second
	return Second{At: w.at, Phase: measure.Measure, InFlight: 3, Measured: w.at, Intervals: r.Seal()}
}

func TestALineIsAboutTheLastTenSeconds(t *testing.T) {
	w := newWorld(t, "error_rate < 1%")
	s := NewStanding(w.config, w.objectives, 100*time.Second, Second{})
	require.Equal(t, "-", s.Line().Verdict, "nothing is known yet")
	for range 10 {
		s.Observe(w.next(0, 10, 0))
	}
	for range 10 {
		s.Observe(w.next(99, 1, 20*time.Millisecond))
	}
	l := s.Line()
	require.Equal(t, 20*time.Second, l.Elapsed)
	require.InDelta(t, 99, l.Rate, 1e-9)
	require.InDelta(t, 99, *l.OK, 1e-9)
	require.InDelta(t, 20, *l.P50, 0.1)
	require.InDelta(t, 20, *l.P99, 0.1)
	require.InDelta(t, 2000, *l.Max, 2, "a failure counts as the timeout")
	require.EqualValues(t, 10, l.Errors)
	require.Equal(t, 3, l.InFlight)
	require.InDelta(t, 1, *l.Lag, 0.01)
	require.Equal(t, "fail", l.Verdict, "of the whole run")
}

func TestALineBeforeAnythingIsDue(t *testing.T) {
	w := newWorld(t)
	s := NewStanding(w.config, nil, 100*time.Second, Second{})
	w.at = time.Second
	s.Observe(Second{At: time.Second})
	l := s.Line()
	require.Equal(t, "none", l.Verdict)
	require.Nil(t, l.OK)
	require.Nil(t, l.P95)
	require.Nil(t, l.Budget)
	require.Zero(t, l.Rate)
}

// Half of the plan is over, with 0.4 % errors where 1 % is allowed: a fifth of the
// budget is gone, and two fifths will be.
// Windows over a day take long to judge, so that whoever asks says how new the answer
// has to be.
func TestJudged(t *testing.T) {
	w := newWorld(t, "error_rate < 1%")
	s := NewStanding(w.config, w.objectives, 100*time.Second, Second{})
	require.Equal(t, slo.Inconclusive, s.Judged(time.Hour)[0].Verdict)
	s.Observe(w.next(10, 0, 0))
	require.Equal(t, slo.Pass, s.Judged(5 * time.Second)[0].Verdict, "the first requests are not waited for")
	for range 4 {
		s.Observe(w.next(0, 10, 0))
		require.Equal(t, slo.Pass, s.Judged(5 * time.Second)[0].Verdict, "as it was")
	}
	s.Observe(w.next(0, 10, 0))
	require.Equal(t, slo.Fail, s.Judged(5 * time.Second)[0].Verdict)
}

func TestBudgets(t *testing.T) {
	const quick, slow = 20 * time.Millisecond, 300 * time.Millisecond
	tests := []struct {
		objective      string
		ok, failed     int // a second
		took           time.Duration
		left, forecast float64
	}{
		{"error_rate < 1%", 249, 1, quick, 0.8, 0.6},
		{"success > 99%", 249, 1, quick, 0.8, 0.6},
		{"success{a} > 99%", 249, 1, quick, 0.8, 0.6},
		{"success{whole} > 99%", 249, 1, quick, 0.6, 0.2},
		{"p95{a} < 30ms", 99, 1, quick, 0.9, 0.8},
		{"p95{whole} < 30ms", 99, 1, quick, -9, -19},
		{"p95 < 200ms", 99, 1, quick, 0.9, 0.8},
		{"p95 < 200ms", 100, 0, slow, -9, -19},
		{"error_rate < 1%", 24, 1, quick, -1, -3},
		{"error_rate < 1%", 100, 0, quick, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.objective, func(t *testing.T) {
			w := newWorld(t, tt.objective)
			s := NewStanding(w.config, w.objectives, 100*time.Second, Second{})
			for range 50 {
				s.Observe(w.next(tt.ok, tt.failed, tt.took))
			}
			b := s.Budgets()[0]
			require.InDelta(t, tt.left, b.Left, 1e-9)
			require.InDelta(t, tt.forecast, b.Forecast, 1e-9)
			require.InDelta(t, 100*b.Forecast, *s.Forecast(), 1e-9)
			require.InDelta(t, 100*b.Left, *s.Line().Budget, 1e-9)
		})
	}
}

func TestObjectivesWithoutABudget(t *testing.T) {
	w := newWorld(t, "mean < 200ms", "rate > 5/s", "p95 > 5ms", "max < 5s", "success < 99%", "success > 99% during ramp", "p95 < 200ms every 10s")
	s := NewStanding(w.config, w.objectives, 100*time.Second, Second{})
	s.Observe(w.next(100, 1, 20*time.Millisecond))
	require.Empty(t, s.Budgets())
	require.Nil(t, s.Forecast())
	require.Nil(t, s.Line().Budget)
}

// Where nothing is allowed, one bad request spends more than any number tells.
func TestABudgetOfNothing(t *testing.T) {
	w := newWorld(t, "error_rate <= 0%")
	s := NewStanding(w.config, w.objectives, 100*time.Second, Second{})
	s.Observe(w.next(100, 0, 20*time.Millisecond))
	require.InDelta(t, 1, s.Budgets()[0].Left, 0)
	s.Observe(w.next(100, 1, 20*time.Millisecond))
	require.Nil(t, s.Forecast())
	require.Nil(t, s.Line().Budget)
	require.Equal(t, "fail", s.Line().Verdict)
}

func TestWorst(t *testing.T) {
	of := func(all ...slo.Verdict) (judgements []slo.Judgement) {
		for _, v := range all {
			judgements = append(judgements, slo.Judgement{Verdict: v})
		}
		return judgements
	}
	require.Equal(t, "none", Worst(nil))
	require.Equal(t, "pass", Worst(of(slo.Pass, slo.Pass)))
	require.Equal(t, "inconclusive", Worst(of(slo.Pass, slo.Inconclusive, slo.Conditional)))
	require.Equal(t, "fail", Worst(of(slo.Fail, slo.Inconclusive)))
}

// An outage is told once when the last five minutes miss the objective, and once
// when they have met it again for a minute.
func TestBreaches(t *testing.T) {
	w := newWorld(t, "error_rate < 1%", "p95 < 200ms")
	b := NewBreaches(w.config, w.objectives, Second{})
	happened := map[time.Duration]string{}
	see := func(n, ok, failed int, took time.Duration) {
		for range n {
			for _, e := range b.Observe(w.next(ok, failed, took)) {
				happened[w.at] += e.String() + "\n"
			}
		}
	}
	see(600, 100, 0, 20*time.Millisecond)
	require.Empty(t, happened)
	see(60, 50, 50, 20*time.Millisecond)
	require.Equal(t, map[time.Duration]string{
		610 * time.Second: "slo_breach slo=\"error_rate < 1%\" window=5m value=1.67% target=1% verdict=fail\n",
		640 * time.Second: "slo_breach slo=\"p95 < 200ms\" window=5m value=failed target=200ms verdict=fail\n",
	}, happened)
	require.Equal(t, []string{"error_rate < 1%", "p95 < 200ms"}, b.Open())
	see(600, 100, 0, 20*time.Millisecond)
	require.Len(t, happened, 4)
	require.Equal(t, "slo_recovered slo=\"p95 < 200ms\" window=5m value=20ms target=200ms verdict=pass after=5m40s\n", happened[980*time.Second])
	require.Equal(t, "slo_recovered slo=\"error_rate < 1%\" window=5m value=0.00% target=1% verdict=pass after=6m40s\n", happened[1010*time.Second])
	require.Empty(t, b.Open())
}

// What the light does not keep is nothing that an objective is about: its values are
// those that judging all of the window has.
func TestBreachesHaveTheValuesOfEveryMetric(t *testing.T) {
	texts := []string{
		"p50 < 1ms", "p99 <= 1ms", "p90{a} < 1ms", "mean < 1ms", "max < 1ms", "min < 1ms",
		"success > 99%", "error_rate < 1%", "rate > 1000/s", "status_503 == 0",
	}
	w := newWorld(t, texts...)
	b, whole := NewBreaches(w.config, w.objectives, Second{}), measure.NewSummary(w.config)
	var events []Event
	for n := range 10 {
		now := w.next(90, 10, time.Duration(20+n)*time.Millisecond)
		for _, i := range now.Intervals {
			i.Steps[0].Statuses = measure.Statuses{{Status: 503, Count: int64(10 + n)}}
			whole.Merge(i)
		}
		events = append(events, b.Observe(now)...)
	}
	var want []Event
	for _, j := range slo.Judge(seen(w.objectives), whole, 10*time.Second) {
		require.Equal(t, slo.Fail, j.Verdict, j.Rule)
		want = append(want, breach("slo_breach", j))
	}
	require.Len(t, events, len(texts))
	require.Equal(t, want, events)
}

// A measure phase that begins after a ramp is judged from its beginning: nothing was
// due before it, which is no window without requests and none of a rate of 0.
func TestWindowsWhileTheRunGoesOn(t *testing.T) {
	for _, text := range []string{"p95 < 200ms every 10s", "rate > 50/s every 10s", "success > 99% in 95% of 20s"} {
		t.Run(text, func(t *testing.T) {
			w := newWorld(t, text)
			w.at = time.Minute
			begun := Second{At: w.at}
			s, b := NewStanding(w.config, w.objectives, 100*time.Second, begun), NewBreaches(w.config, w.objectives, begun)
			for range 60 {
				now := w.next(100, 0, 20*time.Millisecond)
				now.Measured -= time.Minute
				s.Observe(now)
				require.Empty(t, b.Observe(now))
			}
			require.Equal(t, slo.Pass, s.Judge()[0].Verdict, s.Judge()[0].Rule)
			var events []Event
			for range 120 {
				now := w.next(20, 20, 300*time.Millisecond)
				now.Measured -= time.Minute
				events = append(events, b.Observe(now)...)
			}
			require.Len(t, events, 1, "the last minutes miss it, whatever its windows are")
			require.Equal(t, "slo_breach", events[0].Kind)
		})
	}
}

// A few requests say nothing.
func TestBreachesWaitForEnough(t *testing.T) {
	w := newWorld(t, "error_rate < 1%")
	b := NewBreaches(w.config, w.objectives, Second{})
	for range 9 {
		require.Empty(t, b.Observe(w.next(0, 10, 0)))
	}
	require.Len(t, b.Observe(w.next(0, 10, 0)), 1)
}

func TestTheStripShowsTheWorstOfTime(t *testing.T) {
	w := newWorld(t)
	s := NewStanding(w.config, nil, 100*time.Second, Second{})
	for range 10 {
		s.Observe(w.next(100, 0, 20*time.Millisecond))
	}
	for range 10 {
		s.Observe(w.next(90, 10, 20*time.Millisecond))
	}
	require.Equal(t, Strip{P95: []float64{20, 2000, -1, -1, -1}, Err: []float64{0, 10, -1, -1, -1}}, StripOf(s.Whole(), 50*time.Second, 5))
	require.Len(t, StripOf(s.Whole(), 3*time.Second, 40).P95, 3, "no more cells than seconds")
	require.Equal(t, Strip{P95: []float64{-1}, Err: []float64{-1}}, StripOf(measure.NewSummary(w.config), 0, 40))
}
