package measure

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRecordDoesNotAllocate(t *testing.T) {
	config, all := traffic(20, maxChunks*chunkSize)
	r, i := NewRecorder(config), 0
	next := func() {
		if i%len(all) == 0 {
			r.Recycle(r.Detach())
		}
		r.Record(&all[i%len(all)])
		i++
	}
	for range 3 * len(all) {
		next()
	}
	require.Zero(t, testing.AllocsPerRun(2*len(all), next))
}

func TestFailuresOfAKnownKindDoNotAllocateEither(t *testing.T) {
	r := NewRecorder(Config{Steps: []string{"a"}})
	o := Outcome{Class: Timeout, Err: errors.New("i/o timeout")}
	for range 5000 {
		r.Record(&o)
	}
	require.Zero(t, testing.AllocsPerRun(5000, func() {
		o.Done++
		r.Record(&o)
	}))
}

func TestAFailedGroupDoesNotAllocateEither(t *testing.T) {
	r := NewRecorder(Config{Steps: []string{"a"}, Groups: []string{"b"}})
	o := Outcome{Step: 1, Class: Timeout, Err: errors.New("i/o timeout")}
	for range 5000 {
		r.Record(&o)
	}
	require.Zero(t, testing.AllocsPerRun(5000, func() { r.Record(&o) }))
	require.Empty(t, r.live.failures)
}

func TestOutcomesArriveWhereTheyWereDue(t *testing.T) {
	r := NewRecorder(Config{Steps: []string{"a", "b"}})
	record := func(due, done time.Duration, phase Phase, step int) {
		r.Record(&Outcome{Due: due, Sent: due, FirstByte: done, Done: done, Read: done, Phase: phase, Step: step})
	}
	record(5900*time.Millisecond, 6*time.Second, Measure, 1)
	record(6*time.Second, 6001*time.Millisecond, Measure, 0)
	first := r.Seal()
	record(5*time.Second, 9*time.Second, Measure, 1)
	record(5*time.Second, 9*time.Second, WarmUp, 0)
	second := r.Seal()

	keys := func(intervals []Interval) (keys []Interval) {
		for _, i := range intervals {
			keys = append(keys, Interval{Second: i.Second, Phase: i.Phase})
			require.Len(t, i.Steps, 1)
			require.EqualValues(t, 1, i.Total().Planned())
		}
		return keys
	}
	require.Equal(t, []Interval{{Second: 5, Phase: Measure}, {Second: 6, Phase: Measure}}, keys(first))
	require.Equal(t, []Interval{{Second: 5, Phase: WarmUp}, {Second: 5, Phase: Measure}}, keys(second))
	require.Equal(t, 1, first[0].Steps[0].Step)
	require.Equal(t, 4*time.Second, second[1].Steps[0].Answered.Max())
	require.Empty(t, r.Seal())
}

func TestASecondOfTwoPhasesMakesTwoIntervals(t *testing.T) {
	r := NewRecorder(Config{Steps: []string{"a"}})
	for i := range 10 {
		r.Record(&Outcome{Phase: Phase(i % 2), BytesIn: 1})
	}
	sealed := r.Seal()
	require.Len(t, sealed, 2)
	require.EqualValues(t, 5, sealed[0].Total().BytesIn)
	require.Equal(t, WarmUp, sealed[1].Phase)
}

func TestWhatIsLoggedBeyondTheBoundIsNotLost(t *testing.T) {
	w := newWorld(9, 3, 40)
	all := w.outcomes(5*maxChunks*chunkSize/2 + 7)
	r := NewRecorder(w.config)
	for i := range all {
		r.Record(&all[i])
	}
	require.LessOrEqual(t, len(r.live.chunks)+len(r.chunks), maxChunks+1)
	once := r.Seal()
	require.LessOrEqual(t, len(once), 122, "one for each second and phase")
	want := imageOf(w.summary(w.record(2, all)))
	require.Equal(t, want, imageOf(w.summary(once)))
}

func TestTooManyKindsOfFailuresAreNotLost(t *testing.T) {
	c := Config{Steps: []string{"a"}}
	r, s := NewRecorder(c), NewSummary(c)
	for i := range 2*maxFailures + 5 {
		r.Record(&Outcome{Phase: Measure, Class: Status, Status: i + 1, Due: time.Duration(i) * time.Millisecond})
		require.Less(t, len(r.live.failures), maxFailures)
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	require.EqualValues(t, 2*maxFailures+5, s.Total().Failed())
}

func TestIntervalsStayWhenTheirBatchIsRecycled(t *testing.T) {
	w := newWorld(2, 3, 5)
	r := NewRecorder(w.config)
	fill := func() {
		for _, o := range w.outcomes(2000) {
			r.Record(&o)
		}
	}
	fill()
	sealed := r.Seal()
	before := imageOf(w.summary(sealed))
	fill()
	r.Seal()
	fill()
	require.Equal(t, before, imageOf(w.summary(sealed)))
}

func TestABatchCanWaitWhileOthersAreDetached(t *testing.T) {
	w := newWorld(2, 3, 5)
	all := w.outcomes(3000)
	r := NewRecorder(w.config)
	var batches []*Batch
	for i := range all {
		if r.Record(&all[i]); i%1000 == 999 {
			batches = append(batches, r.Detach())
		}
	}
	made := make([][]Interval, len(batches))
	var work sync.WaitGroup
	for i, b := range batches {
		work.Go(func() { made[i] = b.Intervals() })
	}
	work.Wait()
	for _, b := range batches {
		r.Recycle(b)
	}
	require.Equal(t, imageOf(w.summary(w.record(1, all))), imageOf(w.summary(slices.Concat(made...))))
}

func TestRecorderClampsToHighestButNeverBelowCharge(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		want   time.Duration
	}{
		{"the highest of the config", Config{Highest: time.Second}, time.Second},
		{"the charge, when that is more", Config{Highest: time.Second, Charge: 2 * time.Second}, 2 * time.Second},
		{"an hour by default", Config{}, time.Hour},
		{"never more than a histogram can hold", Config{Highest: 2 * Longest}, Longest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.config.Steps = []string{"a"}
			r := NewRecorder(test.config)
			r.Record(&Outcome{Done: 150 * time.Hour, FirstByte: 1, Read: 149 * time.Hour})
			f := r.Seal()[0].Steps[0]
			require.Equal(t, test.want, f.Answered.Max())
			require.EqualValues(t, 1, f.Answered.Clipped())
			require.Zero(t, f.ClientDelay.Max())
			require.EqualValues(t, 1, f.ClientDelay.Clipped())
		})
	}
}

func TestClocksThatWereNotReachedAreNotRecorded(t *testing.T) {
	r := NewRecorder(Config{Steps: []string{"a"}, Charge: time.Second})
	tests := []struct {
		name    string
		outcome Outcome
		want    [clocks]int64
	}{
		{
			"all of a kept connection",
			Outcome{Due: 1, Sent: 2, FirstByte: 3, Done: 4, Read: 5},
			[clocks]int64{answered: 1, service: 1, lag: 1, late: 1, firstByte: 1, clientDelay: 1},
		},
		{
			"all of a new connection",
			Outcome{Sent: 2, FirstByte: 3, Done: 4, Read: 5, Connect: 1, TLS: 1},
			[clocks]int64{answered: 1, service: 1, lag: 1, late: 1, firstByte: 1, clientDelay: 1, connecting: 1, handshake: 1},
		},
		{
			"no first byte and no reading",
			Outcome{Sent: 2, Done: 4},
			[clocks]int64{answered: 1, service: 1, lag: 1, late: 1},
		},
		{
			"everything at the start of virtual time",
			Outcome{},
			[clocks]int64{answered: 1, service: 1, lag: 1, late: 1, firstByte: 1, clientDelay: 1},
		},
		{"refused", Outcome{Class: Connect, Done: 4, Read: 4, Connect: 2}, [clocks]int64{charged: 1}},
		{"timed out after it was sent", Outcome{Class: Timeout, Sent: 2, Done: 4}, [clocks]int64{charged: 1, lag: 1, late: 1}},
		{"dropped", Outcome{Class: Dropped, Due: 3}, [clocks]int64{charged: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r.Record(&test.outcome)
			f := r.Seal()[0].Total()
			var got [clocks]int64
			for c, h := range f.histograms() {
				got[c] = h.Count()
			}
			require.Equal(t, test.want, got)
		})
	}
}

// Waiting for a user, a connection or the target is not our lateness.
func TestLatenessIsOurOwnPartOfTheLag(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name    string
		outcome Outcome
		want    time.Duration
	}{
		{"all of the lag, when nothing else held it up", Outcome{Due: 10 * ms, Sent: 13 * ms}, 3 * ms},
		{"not the wait until a user was free", Outcome{Due: 10 * ms, Ready: 12 * ms, Sent: 13 * ms}, 1 * ms},
		{"not connecting", Outcome{Due: 10 * ms, Ready: 12 * ms, Sent: 23 * ms, Connect: 4 * ms, TLS: 5 * ms}, 2 * ms},
		{"all of it for a user that came back late", Outcome{Due: 10 * ms, Ready: 2 * ms, Sent: 13 * ms}, 11 * ms},
		{"connecting again for a redirect, after it was sent", Outcome{Due: 10 * ms, Sent: 11 * ms, Connect: 4 * ms}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, test.outcome.Late())
		})
	}
}

func TestAWrongStepFailsWhereItIsRecorded(t *testing.T) {
	r := NewRecorder(Config{Steps: []string{"a"}})
	require.Panics(t, func() { r.Record(&Outcome{Step: 1}) })
	r = NewRecorder(Config{Steps: []string{"a"}, Groups: []string{"b"}})
	require.NotPanics(t, func() { r.Record(&Outcome{Step: 1}) })
	require.Panics(t, func() { r.Record(&Outcome{Step: 2}) })
}

// The lock is held for Detach and Recycle only. The race detector is the judge.
func TestRecordingGoesOnWhileABatchIsWorkedOn(t *testing.T) {
	w := newWorld(2, 3, 5)
	all := w.outcomes(4000)
	r, s := NewRecorder(w.config), NewSummary(w.config)
	var lock sync.Mutex
	var users sync.WaitGroup
	for user := range 4 {
		users.Go(func() {
			for i := user; i < len(all); i += 4 {
				lock.Lock()
				r.Record(&all[i])
				lock.Unlock()
			}
		})
	}
	for s.planned() < int64(len(w.requests(all))) {
		lock.Lock()
		b := r.Detach()
		lock.Unlock()
		for _, i := range b.Intervals() {
			s.Merge(i)
		}
		lock.Lock()
		r.Recycle(b)
		lock.Unlock()
	}
	users.Wait()
	require.Equal(t, imageOf(w.summary(w.record(1, all))), imageOf(s))
}

// planned is how many requests were due in all phases.
func (s *Summary) planned() (n int64) {
	for p := range Phases {
		n += s.Phase(p).Planned()
	}
	return n
}

func TestALargePlanTakesLittleMemory(t *testing.T) {
	held, peak := largePlan(3, 100_000, 10)
	t.Logf("%.1f MB held, at most %.1f MB with garbage", held, peak)
	require.Less(t, held, 60.)
}
