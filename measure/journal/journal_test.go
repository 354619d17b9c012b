package journal

import (
	"context"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

func nothing(context.Context, time.Duration) {}

func TestWhatIsAddedIsReadBack(t *testing.T) {
	for seed := range uint64(4) {
		w := newWorld(seed, 1+int(seed), 20)
		seals := w.seals(300)
		slices.Reverse(seals[:int(seed)*50]) // in whatever order
		dir := path(t)
		j := quiet(t, dir, w.header())
		for _, s := range seals {
			require.NoError(t, j.Add(s))
		}
		live := readAll(t, dir)
		requireSame(t, slices.Concat(seals...), live.records)
		require.Empty(t, live.damage)
		require.Equal(t, w.header(), live.header)

		require.NoError(t, j.Close())
		closed := readAll(t, dir)
		require.Equal(t, live.records, closed.records)
		require.Empty(t, closed.damage)
	}
}

func TestOldStretchesAreMergedAndStayTheSame(t *testing.T) {
	w := newWorld(3, 2, 2)
	seals := w.seals(4200)
	dir := path(t)
	j := quiet(t, dir, w.header())
	for second, s := range seals {
		require.NoError(t, j.Add(s))
		if second%60 == 0 {
			require.NoError(t, j.mergeDue(t.Context()))
		}
	}
	c := readAll(t, dir)
	requireSame(t, slices.Concat(seals...), c.records)
	require.Empty(t, c.damage)
	lengths := map[int]int{}
	for _, r := range c.records {
		lengths[r.Length]++
		if r.Length > 1 {
			require.Less(t, r.Interval.Second+r.Length, 4200-600, "the last ten minutes are kept by the second")
		}
		if r.Length > 10 {
			require.Less(t, r.Interval.Second+r.Length, 4200-1800, "half an hour by ten seconds")
		}
	}
	require.Positive(t, lengths[1])
	require.Positive(t, lengths[10])
	require.Positive(t, lengths[60])
	require.NoError(t, j.Close())
}

// What a Summary keeps of a run over time is the same, whether it saw the seconds
// or the stretches of a journal, but for who was due in which second of a stretch.
func TestASummaryOfAJournalIsThatOfTheRun(t *testing.T) {
	w := newWorld(5, 2, 3)
	seals := w.seals(2600)
	dir := path(t)
	j := quiet(t, dir, w.header())
	direct, recovered := measure.NewSummary(w.config), measure.NewSummary(w.config)
	for _, s := range seals {
		require.NoError(t, j.Add(s))
		for _, i := range s {
			direct.Merge(i)
		}
	}
	require.NoError(t, j.mergeDue(t.Context()))
	for _, r := range readAll(t, dir).records {
		recovered.Merge(r.Interval)
	}
	require.Equal(t, direct.Errors(), recovered.Errors())
	want, got := direct.Series(), recovered.Series()
	require.Len(t, got, len(want))
	for b := range want {
		require.Equal(t, want[b].Phase, got[b].Phase)
		require.Equal(t, want[b].Counts, got[b].Counts)
		require.Equal(t, want[b].Response, got[b].Response)
		require.Equal(t, want[b].Over(), got[b].Over())
	}
	require.NoError(t, j.Close())
}

func TestEventsAreReadBack(t *testing.T) {
	w := newWorld(1, 1, 3)
	dir := path(t)
	j, err := Create(dir, w.header())
	require.NoError(t, err)
	wall := time.Date(2025, 12, 13, 17, 0, 0, 5, time.UTC)
	require.NoError(t, j.Note(Event{Kind: Started, Wall: wall}))
	for _, s := range w.seals(9) {
		require.NoError(t, j.Add(s))
	}
	require.NoError(t, j.Note(Event{Kind: Gap, Wall: wall, At: 4 * time.Second, Length: time.Minute, Text: "the machine slept"}))
	require.NoError(t, j.Note(Event{Kind: Ended, Wall: wall}))
	require.ErrorContains(t, j.Note(Event{}), "want a kind")
	r, err := Read(dir)
	require.NoError(t, err)
	require.True(t, r.Ended())
	require.NoError(t, r.Close())
	require.NoError(t, j.Close())
	require.ErrorIs(t, j.Note(Event{Kind: Gap}), os.ErrClosed)
	require.ErrorIs(t, j.Add(nil), os.ErrClosed)
	require.ErrorIs(t, j.Close(), os.ErrClosed)

	events := readAll(t, dir).events
	require.Len(t, events, 4)
	require.Equal(t, []Event{
		{Kind: Started, Wall: wall},
		{Kind: Gap, Wall: wall, At: 4 * time.Second, Length: time.Minute, Text: "the machine slept"},
		{Kind: Ended, Wall: wall, At: 8 * time.Second},
	}, events[:3])
	require.Equal(t, Closed, events[3].Kind)
}

func TestAJournalIsResumed(t *testing.T) {
	w := newWorld(2, 2, 10)
	seals := w.seals(200)
	dir := path(t)
	j := quiet(t, dir, w.header())
	for n, s := range seals {
		if n%70 == 69 {
			require.NoError(t, j.Close())
			var found *Recovery
			var err error
			j, found, err = Open(dir, w.header())
			require.NoError(t, err)
			require.Equal(t, n-1, found.Second)
			require.Empty(t, found.Damage)
			require.Equal(t, w.header(), found.Header)
			require.WithinDuration(t, time.Now(), found.Wall, time.Minute)
		}
		require.NoError(t, j.Add(s))
	}
	require.NoError(t, j.Close())
	c := readAll(t, dir)
	requireSame(t, slices.Concat(seals...), c.records)
	var kinds []Kind
	for _, e := range c.events {
		kinds = append(kinds, e.Kind)
	}
	require.Equal(t, []Kind{Closed, Resumed, Closed, Resumed, Closed}, kinds)
}

func TestTheResumedEventTellsOfAClockThatWasSetBack(t *testing.T) {
	w := newWorld(1, 1, 1)
	dir := path(t)
	j := quiet(t, dir, w.header())
	j.clock = clock{now: func() (time.Time, time.Duration) { return time.Now().Add(time.Hour), 0 }}
	require.NoError(t, j.Add(w.seals(1)[0]))
	require.NoError(t, j.Close())
	again(t, dir, w.header(), "later", func(*Writer) {})
	resumed := readAll(t, dir).events[1]
	require.Equal(t, Resumed, resumed.Kind)
	require.Zero(t, resumed.Length)
	require.Contains(t, resumed.Text, "the wall clock was set back since, by 59m59")
}

func TestThereIsOneWriter(t *testing.T) {
	w := newWorld(1, 1, 1)
	dir := path(t)
	j, err := Create(dir, w.header())
	require.NoError(t, err)
	_, _, err = Open(dir, w.header())
	require.ErrorContains(t, err, "resume journal "+dir+": process ")
	require.ErrorContains(t, err, "writes it: end that first")
	_, err = Create(dir, w.header())
	require.ErrorContains(t, err, "there is one already: resume it")
	require.NoError(t, j.Close())
	_, err = Create(dir, w.header())
	require.ErrorContains(t, err, "there is one already: resume it")
	j, _, err = Open(dir, w.header())
	require.NoError(t, err)
	require.NoError(t, j.Close())
}

func TestAFolderOfSomethingElseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/thesis.txt", nil, 0o600))
	_, err := Create(dir, newWorld(1, 1, 1).header())
	require.ErrorContains(t, err, "the folder holds something else, such as thesis.txt")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left there")
}

// Under synctest, the background works once a second of virtual time.
func TestTheBackgroundSyncsAndMerges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 1, 2)
		seals := w.seals(1500)
		var syncs atomic.Int64
		d := &disk{dir: path(t)}
		j, err := create(d, w.header())
		require.NoError(t, err)
		d.fault = func(c call) (int, error) {
			if c.what == "sync" {
				syncs.Add(1)
			}
			return c.bytes, nil
		}
		j.start()
		for _, s := range seals {
			require.NoError(t, j.Add(s))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		require.NoError(t, j.Problem())
		require.NoError(t, j.Close())
		require.Greater(t, int(syncs.Load()), 700, "a tick may come just before an Add")
		require.Less(t, int(syncs.Load()), 1600, "once a second, and for each segment")
		c := readAll(t, d.dir)
		requireSame(t, slices.Concat(seals...), c.records)
		require.Equal(t, 10, c.records[20].Length)
		require.Empty(t, leftOver(t, d.dir))
		segments, _, err := list(d.dir)
		require.NoError(t, err)
		require.Less(t, len(segments), 20)
	})
}

// A report can be made at any moment, also while segments are merged and removed.
func TestAJournalIsReadWhileItIsWritten(t *testing.T) {
	w := newWorld(4, 1, 1)
	seals := w.seals(2500)
	j := quiet(t, path(t), w.header())
	j.start()
	var wg sync.WaitGroup
	var sealed atomic.Int64
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		for _, s := range seals {
			if j.Add(s) != nil {
				return
			}
			for _, i := range s {
				sealed.Add(i.Total().Planned())
			}
		}
	})
	for going, reads := true, 0; going || reads < 3; reads++ {
		select {
		case <-done:
			going = false
		default:
		}
		before := sealed.Load()
		c := readAll(t, j.disk.dir)
		for _, d := range c.damage {
			require.True(t, d.Lossless, d)
		}
		var planned int64
		for _, r := range c.records {
			planned += r.Interval.Total().Planned()
		}
		require.GreaterOrEqual(t, planned, before)
	}
	wg.Wait()
	require.EqualValues(t, 2500, sealed.Load())
	require.NoError(t, j.Problem())
	require.NoError(t, j.Close())
	requireSame(t, slices.Concat(seals...), readAll(t, j.disk.dir).records)
}

func TestGoroutinesAndDescriptorsAreGivenBack(t *testing.T) {
	w := newWorld(1, 1, 2)
	seals := w.seals(200)
	cycle := func() {
		dir := path(t)
		j, err := Create(dir, w.header())
		require.NoError(t, err)
		for _, s := range seals {
			require.NoError(t, j.Add(s))
		}
		require.NoError(t, j.Close())
		j, _, err = Open(dir, w.header())
		require.NoError(t, err)
		_, _, err = Open(dir, w.header())
		require.Error(t, err)
		require.NoError(t, j.Close())
		readAll(t, dir)
	}
	cycle()
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	for range 5 {
		cycle()
	}
	require.Equal(t, files, descriptors(t))
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
}

func descriptors(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system has no /proc: ", err)
	}
	return len(entries)
}
