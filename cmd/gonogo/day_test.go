package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/decision"
	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/soak"
)

// A fakeTarget answers without a network, in as long as takes says.
type fakeTarget struct {
	takes func(now time.Duration) time.Duration
	fails func(now time.Duration, n int64) bool

	network *dial.Network
	sent    atomic.Int64
}

func (f *fakeTarget) NewSender(u loadgen.User) loadgen.Sender {
	return &fakeUser{fakeTarget: f, clock: u.Clock, poke: make(chan struct{}, 1)}
}

func (f *fakeTarget) Preflight(context.Context) error { return nil }
func (f *fakeTarget) Hosts() []string                 { return []string{"http://fake.test"} }
func (f *fakeTarget) Addresses() []string             { return []string{"192.0.2.1:80"} }
func (f *fakeTarget) Network() *dial.Network          { return f.network }

type fakeUser struct {
	*fakeTarget
	clock loadgen.Clock
	poke  chan struct{}
}

func (u *fakeUser) Send(call *loadgen.Call) {
	o, n := &call.Outcome, u.sent.Add(1)
	o.Sent = u.clock.Now()
	answered := time.After(u.takes(o.Sent))
	for {
		select {
		case <-answered:
			if u.fails != nil && u.fails(o.Sent, n) {
				o.Class, o.Status = measure.Status, 503
			} else {
				o.Status = 200
			}
		case <-u.poke:
			if !call.Expired(u.clock.Now()) {
				continue
			}
			o.Class = measure.Timeout
		}
		o.Read = u.clock.Now()
		o.Done, o.FirstByte = o.Read, o.Read
		return
	}
}

func (u *fakeUser) Interrupt() {
	select {
	case u.poke <- struct{}{}:
	default:
	}
}

func (u *fakeUser) Close() {}

// soaking is an attempt at a scenario against a fake target, in virtual time.
func soaking(t *testing.T, dir string, f *fakeTarget, flags map[string]string) *attempt {
	t.Helper()
	f.network = dial.New(dial.Options{})
	file := scenarios.FromURL("http://fake.test/")
	for _, s := range scenarios.Settings() {
		if v, ok := flags[s.Name]; ok {
			s.Set(file, scenarios.ByFlag, v)
		}
	}
	c, err := file.Compile(scenarios.Options{ReadFile: os.ReadFile, Seed: 7})
	require.NoError(t, err)
	a := &attempt{c: c, client: &client{Protocol: f, speakers: []speaker{f}}, reopen: func(func()) func() { return func() {} }}
	a.hear(func(loadgen.Tick) {})
	a.o.load.outDir, a.o.load.quiet, a.o.logFormat = dir, true, "logfmt"
	a.std = stdio{in: os.Stdin, out: io.Discard, err: io.Discard, env: func(string) (string, bool) { return "", false }, saving: new(sync.Mutex)}
	return a
}

// hear tells each of the engine's ticks to fn as well, after the run has heard of it.
// What is made durable each second is so once a minute: a virtual second is short,
// and the disk's is not.
func (a *attempt) hear(fn func(loadgen.Tick)) {
	a.tune = func(e *loadgen.Engine) {
		e.GoTimers = true
		k, from := a.keeper, a.course.start
		k.sealed, k.told, k.drawn = newRhythm(time.Minute, from), newRhythm(time.Minute, from), newRhythm(time.Hour, from)
		each := e.Each
		e.Each = func(now loadgen.Tick) {
			each(now)
			fn(now)
		}
	}
}

// steady answers in 40 ms to 80 ms, from first to last.
func steady(time.Duration) time.Duration {
	return 40*time.Millisecond + rand.N(40*time.Millisecond)
}

// slower is steady at first and takes longer by that share after so long: what a
// verdict about degradation has to find.
func slower(share float64, after time.Duration) func(time.Duration) time.Duration {
	return func(now time.Duration) time.Duration {
		return time.Duration(float64(steady(now)) * (1 + share*float64(now)/float64(after)))
	}
}

// held is the memory in use after the garbage is gone.
func held() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what was freed late, too
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// least is the lesser of what was held so far, 0 for nothing yet, and now: while the
// journal merges what is old, it holds more for a moment.
func least(before, now uint64) uint64 {
	if before == 0 {
		return now
	}
	return min(before, now)
}

// A whole day of the real thing, in virtual time: a thousand users, the engine, the
// recorders, the journal and the report from it. Nothing is lost, nothing grows, and
// the report has the same counts as the target.
//
// Under the race detector it is twenty minutes, and nothing is said about memory: every
// virtual second costs real work.
func TestADay(t *testing.T) {
	day, whole, margin := 24*time.Hour, true, "10%"
	if raceDetector || testing.Short() {
		day, whole, margin = 20*time.Minute, false, "none"
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the test's own garbage is collected when it is asked about
	dir, target := t.TempDir(), &fakeTarget{takes: steady}
	var first, early, late uint64 // after ten minutes, an hour, a day
	synctest.Test(t, func(t *testing.T) {
		a := soaking(t, dir, target, map[string]string{
			"users": "1000", "ramp": "60", "duration": fmt.Sprint(day.Seconds()), "think-time": "exponential:300s",
			"timeout": "1m", // each user is looked at once in a timeout
			"slo":     "p95 < 200ms", "drift-margin": margin,
		})
		a.hear(func(now loadgen.Tick) {
			switch second := now.At.Truncate(time.Second); {
			case !whole || second%(50*time.Second) != 0:
			case second > 10*time.Minute && second <= 20*time.Minute:
				first = least(first, held())
			case second > time.Hour && second <= time.Hour+10*time.Minute:
				early = least(early, held())
			case second > day-10*time.Minute && second <= day:
				late = least(late, held())
			}
		})
		require.NoError(t, a.begin(t.Context(), "http://fake.test/"))
	})
	r, series, err := reportFromJournal(dir, time.Now())
	require.NoError(t, err)
	require.Equal(t, report.KindSoak, r.Kind)
	require.Equal(t, "GO", r.Verdict, "%v", r.Reasons)
	require.Equal(t, target.sent.Load(), r.Accounting.OK, "what the target answered")
	require.True(t, r.Accounting.Closes())
	require.InDelta(t, day.Seconds()*1000/300, r.Totals.Requests, 0.05*day.Seconds()*1000/300)
	require.InDelta(t, day.Seconds(), r.Soak.Made, 1e-9)
	require.Empty(t, r.Soak.Gaps)
	require.NotEmpty(t, series)
	require.LessOrEqual(t, float64(late), 1.05*float64(early), "bytes after an hour and at the end")
	t.Logf("held after ten minutes: %d KiB, after an hour: %d KiB, at the end: %d KiB", first>>10, early>>10, late>>10)
	if whole {
		require.NotNil(t, r.Drift)
		require.Equal(t, "pass", r.Drift.Verdict, "%+v", r.Drift)
	}
	// A user that thinks beyond the end is through before it, so the last line may be missing.
	require.InDelta(t, int((day+time.Minute)/lineEvery), strings.Count(logOf(t, dir), " rps="), 1)
	require.Equal(t, int(day/time.Hour), strings.Count(logOf(t, dir), "event=checkpoint"))
}

// A target that takes a fifth longer at the end of the day than at its begin meets its
// objectives, and is no go all the same.
func TestADayThatDegrades(t *testing.T) {
	day, rate := 24*time.Hour, "2"
	if raceDetector || testing.Short() {
		day, rate = time.Hour, "20" // as many requests are needed to be sure of errors
	}
	dir, target := t.TempDir(), &fakeTarget{takes: slower(0.2, day)}
	synctest.Test(t, func(t *testing.T) {
		a := soaking(t, dir, target, map[string]string{"rate": rate, "duration": fmt.Sprint(day.Seconds()), "slo": "p95 < 200ms", "drift-margin": "10%"})
		require.NoError(t, ignoring(a.begin(t.Context(), "http://fake.test/"), decision.ExitCode(decision.NoGo)))
	})
	r, _, err := reportFromJournal(dir, time.Now())
	require.NoError(t, err)
	require.Equal(t, "NO-GO", r.Verdict, "%v", r.Reasons)
	require.Equal(t, "pass", r.Objectives[0].Verdict)
	require.Equal(t, "fail", r.Drift.Verdict)
	for _, m := range r.Drift.Measures {
		switch m.Name {
		case "p50", "p95":
			require.Equal(t, "fail", m.Verdict, "%+v", m)
			require.InDelta(t, 0.2, *m.Change.Value, 0.03)
		default:
			require.Equal(t, "pass", m.Verdict, "%+v", m)
		}
	}
}

// ignoring is err unless that is the exit code of a verdict.
func ignoring(err error, code int) error {
	if exit, ok := errors.AsType[*exitError](err); ok && exit.code == code {
		return nil
	}
	return err
}

// The report from the journal is the one that the engine's own figures make, to the
// last count.
func TestTheJournalHoldsWhatTheEngineSaw(t *testing.T) {
	dir := t.TempDir()
	f := &fakeTarget{
		takes: slower(0.2, 20*time.Minute),
		fails: func(_ time.Duration, n int64) bool { return n%97 == 0 },
	}
	var want measure.Figures
	synctest.Test(t, func(t *testing.T) {
		a := soaking(t, dir, f, map[string]string{"rate": "20", "duration": "1200", "ramp": "30", "slo": "p95 < 200ms"})
		require.NoError(t, a.begin(t.Context(), "x"))
		want = *a.keeper.standing.of.Whole().Total()
	})
	r, _, err := reportFromJournal(dir, time.Now())
	require.NoError(t, err)
	past, err := soak.Read(soak.Folder(r.Soak.Journal[:len(r.Soak.Journal)-len("/journal")]).Journal())
	require.NoError(t, err)
	got := past.Judged.Total()
	require.Equal(t, want.Counts, got.Counts)
	require.Equal(t, want.Statuses, got.Statuses)
	require.Equal(t, want.Answered.Exact(), got.Answered.Exact())
	require.Equal(t, want.Answered.Export().Export(), got.Answered.Export().Export())
	require.Equal(t, want.Charged.Export().Export(), got.Charged.Export().Export())
	require.EqualValues(t, 24_000, r.Totals.Requests)
	require.Greater(t, r.Totals.Accounting.Failed, int64(200))
	for _, c := range r.Validity.Checks {
		require.True(t, c.OK || c.Warning, "%+v", c)
	}
}
