package measure

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSummaryAgreesWithBruteForce(t *testing.T) {
	for _, steps := range []int{1, 4, 12} {
		w := newWorld(uint64(steps), steps, 30)
		all := w.outcomes(10_000)
		s := w.summary(w.record(3, all))
		for p := range Phases {
			truthOf(&w.config, w.requests(all), func(o *Outcome) bool { return o.Phase == p }).requireFigures(t, s.Phase(p))
		}
		for i, f := range s.Steps() {
			require.Equal(t, w.config.Steps[i], f.Name)
			truthOf(&w.config, all, func(o *Outcome) bool { return o.Phase == Measure && o.Step == i }).requireFigures(t, f)
		}
		for i, f := range s.Groups() {
			require.Equal(t, w.config.Groups[i], f.Name)
			truthOf(&w.config, all, func(o *Outcome) bool { return o.Phase == Measure && o.Step == steps+i }).requireFigures(t, f)
		}
		measured := truthOf(&w.config, all, func(o *Outcome) bool { return o.Phase == Measure })
		for i, limit := range w.config.Limits {
			over, scheduled, known := s.Over(limit)
			require.True(t, known)
			require.Equal(t, measured.over[i], over, "%+v", limit)
			require.Equal(t, s.Of(limit.Step).Planned(), scheduled)
		}
	}
}

func TestSummaryIsTheSameInAnyOrderOfIntervals(t *testing.T) {
	for _, seconds := range []int{5, 900, 5000, 40_000} {
		w := newWorld(uint64(seconds), 3, seconds)
		intervals := w.record(2, w.outcomes(1000))
		want := imageOf(w.summary(intervals))
		for range 3 {
			w.Shuffle(len(intervals), func(i, j int) { intervals[i], intervals[j] = intervals[j], intervals[i] })
			require.Equal(t, want, imageOf(w.summary(intervals)))
		}
		slices.Reverse(intervals)
		require.Equal(t, want, imageOf(w.summary(Join(intervals))))
	}
}

func TestAccountingClosesAtEveryLevel(t *testing.T) {
	closes := func(c *Counts) {
		require.Equal(t, c.Planned(), c.Started()+c.Dropped())
		require.Equal(t, c.Started(), c.OK()+c.Failed()+c.Censored())
	}
	w := newWorld(7, 5, 2000)
	all := w.outcomes(10_000)
	intervals := w.record(2, all)
	s := w.summary(intervals)
	var phases, buckets, sealed Counts
	for p := range Phases {
		f := s.Phase(p)
		closes(&f.Counts)
		phases.Add(&f.Counts)
		require.Equal(t, f.Planned(), f.Response().Count())
	}
	for _, b := range s.Series() {
		closes(&b.Counts)
		buckets.Add(&b.Counts)
	}
	for _, i := range intervals {
		total := i.Total()
		sealed.Add(&total.Counts)
	}
	require.EqualValues(t, len(w.requests(all)), phases.Planned())
	require.Equal(t, phases, buckets)
	require.Equal(t, phases, sealed)
}

func TestFailuresNeverImproveAFigure(t *testing.T) {
	c := Config{Steps: []string{"a"}, Charge: time.Second}
	good := Outcome{Phase: Measure, Status: 200, Sent: 1, FirstByte: 1, Done: 50 * time.Millisecond}
	fast := Outcome{Phase: Measure, Class: Status, Status: 503, Sent: 1, Done: time.Microsecond}
	slow := Outcome{Phase: Measure, Class: Timeout, Sent: 1, Done: 3 * time.Second}
	unsent := Outcome{Phase: Measure, Class: Dropped}
	s, r := NewSummary(c), NewRecorder(c)
	for _, o := range []Outcome{good, good, fast, slow, unsent} {
		r.Record(&o)
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	f := s.Total()
	require.Equal(t, 50*time.Millisecond, f.Answered.Max())
	require.Equal(t, time.Second, f.Charged.Min())
	require.Equal(t, topOf(bucketOf(50*time.Millisecond)), f.Response().Quantile(.4))
	require.Equal(t, 3*time.Second, f.Response().Max())
	require.EqualValues(t, 2, f.Service.Count())
	require.EqualValues(t, 4, f.Lag.Count())
}

func TestOverOfAnUnknownLimitIsNotKnown(t *testing.T) {
	w := newWorld(1, 2, 10)
	s := w.summary(w.record(1, w.outcomes(100)))
	limit := w.config.Limits[0]
	limit.Inclusive = !limit.Inclusive
	_, _, known := s.Over(limit)
	require.False(t, known)
}

func TestAnEmptySummaryHasNoFigures(t *testing.T) {
	w := newWorld(1, 2, 10)
	s := w.summary(NewRecorder(w.config).Seal())
	require.Zero(t, *s.Total())
	require.Empty(t, s.Series())
	require.Empty(t, s.Errors())
	require.Len(t, s.Steps(), 2)
	over, scheduled, known := s.Over(w.config.Limits[1])
	require.True(t, known)
	require.Zero(t, over)
	require.Zero(t, scheduled)
}
