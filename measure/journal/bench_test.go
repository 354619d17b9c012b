package journal

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// pool is what seconds of 1000 requests over 5 steps seal, in turn: as many as a
// stretch of ten minutes has, so that nothing repeats within one.
func pool() (*world, [][]measure.Interval) {
	w := newWorld(1, 5, 1000)
	w.warmUp = 0
	all := make([][]measure.Interval, 600)
	r := measure.NewRecorder(w.config)
	for second := range all {
		for range w.rate {
			o := w.outcome(second)
			if o.Class != measure.OK && w.IntN(20) > 0 {
				o.Class, o.Status, o.Err = measure.OK, 200, nil
			}
			r.Record(&o)
		}
		all[second] = r.Seal()
	}
	return w, all
}

// moved is what is sealed in another second.
func moved(intervals []measure.Interval, to int) []measure.Interval {
	all := make([]measure.Interval, len(intervals))
	for n, i := range intervals {
		i.Second = to
		all[n] = i
	}
	return all
}

// BenchmarkDay is a day at 1000 requests a second over 5 steps: what is left on
// disk, what it grows by in an hour, and what a second costs.
func BenchmarkDay(b *testing.B) {
	w, seals := pool()
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "soak.journal")
		j, err := create(&disk{dir: dir}, w.header())
		require.NoError(b, err)
		j.hurry()
		var adding, merging time.Duration
		var most float64
		hours := []float64{0}
		for second := range 24 * 3600 {
			began := time.Now()
			require.NoError(b, j.Add(moved(seals[second%len(seals)], second)))
			adding += time.Since(began)
			if second%60 == 59 {
				began = time.Now()
				require.NoError(b, j.mergeDue(b.Context()))
				merging += time.Since(began)
				require.NoError(b, j.Sync()) // which closes files
			}
			if second%3600 == 3599 {
				hours = append(hours, size(b, dir))
				most = max(most, heap())
			}
		}
		b.Logf("MB on disk by hour: %.1f", hours)
		b.ReportMetric(hours[24], "MB/day")
		b.ReportMetric((hours[24]-hours[16])/8, "MB/hour-at-the-end")
		b.ReportMetric(float64(adding.Microseconds())/86400, "µs/Add")
		b.ReportMetric(float64(merging.Microseconds())/86400, "µs/second-merged")
		b.ReportMetric(most, "MB-heap")
		require.NoError(b, j.Close())

		began := time.Now()
		r, err := Read(dir)
		require.NoError(b, err)
		opened, planned, peak := time.Since(began), int64(0), 0.0
		for record, err := range r.Records() {
			require.NoError(b, err)
			planned += record.Interval.Total().Planned()
			if record.Interval.Second%3600 == 0 {
				peak = max(peak, heap())
			}
		}
		require.EqualValues(b, 24*3600*1000, planned)
		b.ReportMetric(opened.Seconds(), "s/Read")
		b.ReportMetric(time.Since(began).Seconds(), "s/Records")
		b.ReportMetric(peak, "MB-heap-reading")
		require.NoError(b, r.Close())
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAdd is what a second of 1000 requests over 5 steps costs whoever seals.
func BenchmarkAdd(b *testing.B) {
	w, seals := pool()
	j, err := create(&disk{dir: path(b)}, w.header())
	require.NoError(b, err)
	b.ReportAllocs()
	second := 0
	for b.Loop() {
		require.NoError(b, j.Add(moved(seals[second%len(seals)], second)))
		second++
	}
	require.NoError(b, j.Close())
}

func size(b *testing.B, dir string) float64 {
	entries, err := os.ReadDir(dir)
	require.NoError(b, err)
	var bytes int64
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(b, err)
		bytes += info.Size()
	}
	return float64(bytes) / 1e6
}

// heap returns how many MB are in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// The limit is 100 MB for a day. A merged minute with its counters is most of it.
func TestAMinuteIsSmall(t *testing.T) {
	w, seals := pool()
	c := &codec{config: &w.config}
	bytes := func(length int) int {
		var records []Record
		for second := range length {
			records = append(records, single(moved(seals[second], second)[0]))
		}
		r := stretch(0, length, records)
		payload, err := c.stretch(&r)
		require.NoError(t, err)
		return len(payload)
	}
	require.Less(t, bytes(60)*60*4, 10_000_000, "4 hours by minutes")
	require.Less(t, bytes(240)*15*20, 25_000_000, "and 20 hours by 4 minutes")
}
