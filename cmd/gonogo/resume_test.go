package main

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/report"
	"gonogo/soak"
)

// died takes a copy of a run's folder in another one, as a crash at this moment
// would leave it.
func died(t *testing.T, f soak.Folder, dir string) soak.Folder {
	t.Helper()
	to := soak.Folder(filepath.Join(dir, filepath.Base(string(f))))
	require.NoError(t, os.CopyFS(string(to), os.DirFS(string(f))))
	state, err := to.State()
	require.NoError(t, err)
	state.Process.PID, state.OutDir, state.Log = 1<<30, dir, filepath.Join(dir, soakLog)
	require.NoError(t, to.Save(state))
	return to
}

// taken is the attempt that goes on with what is in the folder.
func taken(t *testing.T, f soak.Folder, a *attempt) *attempt {
	t.Helper()
	past, err := soak.Read(f.Journal())
	require.NoError(t, err)
	require.NoError(t, a.takeUp(f, past, func(flag string) bool { return flag == "out-dir" }))
	return a
}

// A run of ten minutes that died twice goes on where its journal ends, and the
// report says so. In between the machine was away for a minute and more.
func TestARunThatDiedTwiceGoesOn(t *testing.T) {
	for _, flags := range []map[string]string{
		{"users": "50", "think-time": "1", "ramp": "10", "duration": "600", "timeout": "5", "slo": "p95 < 200ms"},
		{"stage": "5m:20..60,5m:60..20", "arrival": "poisson", "ramp": "10", "timeout": "5", "slo": "p95 < 200ms"},
	} {
		t.Run(loadName(flags), func(t *testing.T) {
			dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
			f := &fakeTarget{takes: steady}
			var plan []float64 // rates at the begin of each segment
			synctest.Test(t, func(t *testing.T) {
				var left soak.Folder
				crash := func(a *attempt, at time.Duration, dir string) {
					a.hear(func(now loadgen.Tick) {
						if left == "" && now.At >= at {
							a.keeper.mu.Lock()
							a.keeper.seal()
							left = died(t, a.folder, dir)
							a.keeper.mu.Unlock()
						}
					})
				}
				first := soaking(t, dirs[0], f, flags)
				crash(first, 210*time.Second, dirs[1])
				ctx, cancel := context.WithTimeout(t.Context(), 220*time.Second)
				_ = first.begin(ctx, "x")
				cancel()
				time.Sleep(90 * time.Second)

				second := taken(t, left, soaking(t, dirs[1], f, flags))
				left = ""
				crash(second, 160*time.Second, dirs[2])
				ctx, cancel = context.WithTimeout(t.Context(), 162*time.Second)
				_ = second.goOn(ctx)
				cancel()
				time.Sleep(time.Minute)

				third := taken(t, left, soaking(t, dirs[2], f, flags))
				_ = third.goOn(t.Context())
				for _, a := range []*attempt{first, second, third} {
					if a.plan.Open != nil {
						plan = append(plan, a.plan.Open.Stages[0].From)
					}
				}
			})
			r, _, err := reportFromJournal(dirs[2], time.Now())
			require.NoError(t, err)
			require.Equal(t, "ended", r.Soak.State)
			require.Len(t, r.Soak.Segments, 3)
			require.InDelta(t, 600, r.Soak.Made, 1e-9, "the whole plan, in the end")
			require.InDelta(t, 200, r.Soak.Segments[1].Plan, 2)
			require.InDelta(t, 350, r.Soak.Segments[2].Plan, 4)
			require.Equal(t, []string{"died", "died", "plan"}, []string{r.Soak.Segments[0].End, r.Soak.Segments[1].End, r.Soak.Segments[2].End})
			require.Len(t, r.Soak.Gaps, 2)
			require.InDelta(t, 100+10, r.Soak.Gaps[0].Length, 12, "away, and another ramp")
			require.InDelta(t, 60+10, r.Soak.Gaps[1].Length, 12)
			require.Less(t, r.Soak.Excluded, 120.0)
			require.Positive(t, r.Soak.Excluded)
			require.Equal(t, "INVALID", r.Verdict, "minutes of ten are more than may be missing")
			for _, o := range r.Objectives {
				require.Equal(t, "pass", o.Verdict)
			}
			for _, c := range r.Validity.Checks {
				require.True(t, c.OK || c.Warning || c.Name == "gaps", "%+v", c)
			}
			require.True(t, r.Accounting.Closes())
			if flags["stage"] != "" {
				require.InDelta(t, 20, plan[0], 1e-9)
				require.InDelta(t, 20+40*200/300.0, plan[1], 0.4, "the rate that the plan has there")
				require.InDelta(t, 60-40*(350-300)/300.0, plan[2], 0.7)
			}
		})
	}
}

// A run that died when its plan was made, before it said so, needs no load to be
// reported.
func TestARunThatDiedAtItsVeryEnd(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	f := &fakeTarget{takes: steady}
	flags := map[string]string{"rate": "20", "duration": "300", "timeout": "5", "slo": "p95 < 200ms"}
	var sent int64
	synctest.Test(t, func(t *testing.T) {
		var left soak.Folder
		first := soaking(t, dirs[0], f, flags)
		first.hear(func(now loadgen.Tick) {
			if now.At >= 300*time.Second && left == "" {
				first.keeper.mu.Lock()
				first.keeper.seal()
				left = died(t, first.folder, dirs[1])
				first.keeper.mu.Unlock()
			}
		})
		require.NoError(t, first.begin(t.Context(), "x"))
		sent = f.sent.Load()
		time.Sleep(time.Hour)
		second := taken(t, left, soaking(t, dirs[1], f, flags))
		_ = second.goOn(t.Context())
	})
	require.Equal(t, sent, f.sent.Load(), "nothing more was sent")
	r, _, err := reportFromJournal(dirs[1], time.Now())
	require.NoError(t, err)
	require.Equal(t, "ended", r.Soak.State)
	require.InDelta(t, 300, r.Soak.Made, 1)
	require.Len(t, r.Soak.Segments, 1)
	require.Empty(t, r.Soak.Gaps)
}

func loadName(flags map[string]string) string {
	for _, name := range []string{"users", "stage"} {
		if flags[name] != "" {
			return name
		}
	}
	return ""
}

// A machine that sleeps leaves a gap, and the run goes on beyond it; a clock that is
// set is one, too.
func TestWhatTheMachineDoesIsAGap(t *testing.T) {
	dir, f := t.TempDir(), &fakeTarget{takes: steady}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		a := soaking(t, dir, f, map[string]string{"users": "20", "think-time": "1", "duration": "1200", "timeout": "5", "slo": "p95 < 200ms"})
		var asleep, set atomic.Int64
		a.hear(func(now loadgen.Tick) {
			switch {
			case now.At >= 15*time.Minute:
				set.Store(int64(-3 * time.Second))
			case now.At >= 5*time.Minute:
				asleep.Store(int64(20 * time.Second))
			}
		})
		tune := a.tune
		a.tune = func(e *loadgen.Engine) {
			tune(e)
			e.Clocks = func() (loadgen.Clocks, bool) {
				mono := time.Since(start)
				boot := mono + time.Duration(asleep.Load())
				return loadgen.Clocks{Mono: mono, Boot: boot, Wall: boot + time.Duration(set.Load())}, true
			}
		}
		require.NoError(t, a.begin(t.Context(), "x"))
	})
	r, _, err := reportFromJournal(dir, time.Now())
	require.NoError(t, err)
	require.Equal(t, "GO", r.Verdict, "%v", r.Reasons)
	require.Len(t, r.Soak.Gaps, 2)
	slept, step := r.Soak.Gaps[0], r.Soak.Gaps[1]
	require.Equal(t, "sleep", slept.Why)
	require.InDelta(t, 300, slept.T, 2)
	require.InDelta(t, 20, slept.Length, 1e-9)
	require.InDelta(t, 300, slept.Plan, 2)
	require.Equal(t, "clock set", step.Why)
	require.InDelta(t, 920, step.T, 2, "the run's time went on while the machine slept")
	require.InDelta(t, 900, step.Plan, 2)
	require.InDelta(t, 1200, r.Soak.Made, 1e-9)
	require.InDelta(t, 100*(20+r.Soak.Excluded)/(1200+20), r.Soak.Missing, 0.01)
	require.Equal(t, "gaps", r.Validity.Checks[len(r.Validity.Checks)-1].Name)
	require.True(t, r.Validity.Checks[len(r.Validity.Checks)-1].Warning)
	lines := logOf(t, dir)
	require.Contains(t, lines, "event=gap")
	require.Contains(t, lines, "why=sleep length=20s")
}

func logOf(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, soakLog))
	require.NoError(t, err)
	return string(text)
}

// What an observer asks for ends the run in good order, with its reason.
func TestAnObserverMayEndTheRun(t *testing.T) {
	dir, f := t.TempDir(), &fakeTarget{takes: steady}
	synctest.Test(t, func(t *testing.T) {
		a := soaking(t, dir, f, map[string]string{"users": "5", "think-time": "1", "duration": "3600", "slo": "p95 < 200ms"})
		tune := a.tune
		a.tune = func(e *loadgen.Engine) {
			tune(e)
			a.keeper.observers = append(a.keeper.observers, &stopper{})
		}
		require.ErrorContains(t, a.begin(t.Context(), "x"), "exit code 12")
	})
	r, _, err := reportFromJournal(dir, time.Now())
	require.NoError(t, err)
	require.Equal(t, "stopped", r.Soak.State)
	require.Equal(t, "INCONCLUSIVE", r.Verdict)
	require.InDelta(t, 600, r.Soak.Made, 2)
	require.Equal(t, []report.SoakEvent{{At: r.Soak.Events[0].At, T: r.Soak.Events[0].T, Kind: "abort", Text: "rule=\"too bad\""}}, r.Soak.Events)
	require.Contains(t, logOf(t, dir), "event=stopped")
}

// stopper stops a run after ten minutes.
type stopper struct{ done bool }

func (s *stopper) Observe(now soak.Second) []soak.Event {
	if now.At < 10*time.Minute || s.done {
		return nil
	}
	s.done = true
	return []soak.Event{{Kind: "abort", Fields: []soak.Field{soak.Text("rule", "too bad")}, Stop: "too bad"}}
}
