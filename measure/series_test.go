package measure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSeriesLosesNoCountAtAnyAge(t *testing.T) {
	for _, seconds := range []int{3, 650, 2500, 90_000} {
		w := newWorld(uint64(seconds), 3, seconds)
		all := w.outcomes(5000)
		s := w.summary(w.record(1, all))
		buckets := s.Series()
		var sum Counts
		for i := range buckets {
			b := &buckets[i]
			sum.Add(&b.Counts)
			in := func(o *Outcome) bool {
				return o.Phase == b.Phase && o.Due >= b.Start && o.Due < b.Start+b.Length
			}
			of := truthOf(&w.config, w.requests(all), in)
			of.over = truthOf(&w.config, all, in).over // limits of groups are counted, and nothing else of them
			requireBucket(t, of, b)
		}
		require.EqualValues(t, len(w.requests(all)), sum.Planned())
	}
}

// However a run goes on, and whatever comes late, each bucket is where the cut wants
// it: only some of them are looked at when it moves.
func TestEveryBucketIsCutAsItsAgeWants(t *testing.T) {
	steps := map[string][]int{
		"second by second":                {1},
		"with seconds in which none is":   {1, 1, 7, 1, 30},
		"with minutes in which none is":   {1, 61, 1, 1, 600},
		"with hours in which none is":     {1, 1, 1, 4000},
		"with what comes late":            {1, 1, 1, 40, -42, 1, 3},
		"with what comes very late":       {1, 50, 1, 1900, -1800, 1, 3},
		"back to before all that was due": {1000, -1200, 700},
	}
	for name, steps := range steps {
		t.Run(name, func(t *testing.T) {
			w := newWorld(1, 1, 60)
			sealed := w.record(1, w.outcomes(150))
			s := NewSummary(w.config)
			second, planned := 5000, int64(0)
			for n := range 3000 {
				i := sealed[n%len(sealed)]
				i.Second, i.Phase = max(second, 0), Phase(n/50)%Phases
				s.Merge(i)
				planned += i.Total().Planned()
				second += steps[n%len(steps)]
				for at, b := range s.series.stretches {
					if at.start != s.series.cut.start(at.start) || b.bits != s.series.bits(at) {
						require.Failf(t, "it stayed", "the bucket of second %d, with %d bits, at %+v", at.start, b.bits, s.series.cut)
					}
				}
			}
			var kept int64
			for _, b := range s.Series() {
				kept += b.Planned()
			}
			require.Equal(t, planned, kept)
		})
	}
}

func requireBucket(t *testing.T, of *truth, b *Bucket) {
	require.Equal(t, of.counts, b.Counts)
	require.Equal(t, of.over, b.Over())
	require.Equal(t, b.Planned(), b.Response.Count())
	var steps Counts
	for i, c := range b.Steps() {
		steps.Add(&c)
		require.Equal(t, c.Planned(), b.StepResponse(i).Count())
	}
	require.Equal(t, b.Counts, steps)
	exact := map[clock]*Histogram{
		service: &b.Service, lag: &b.Lag, connecting: &b.Connect, handshake: &b.TLS,
		firstByte: &b.FirstByte, clientDelay: &b.ClientDelay,
	}
	for c, h := range exact {
		times := of.times[c]
		require.EqualValues(t, len(times), h.Count())
		if len(times) > 0 {
			require.Equal(t, times[len(times)-1], h.Max())
			require.GreaterOrEqual(t, h.Quantile(.5), times[(len(times)-1)/2])
			require.LessOrEqual(t, float64(h.Quantile(.5)), float64(times[(len(times)-1)/2])*1.016+1000)
		}
	}
}

func TestOldBucketsAreCoarser(t *testing.T) {
	w := newWorld(1, 2, 700)
	buckets := w.summary(w.record(1, w.outcomes(5000))).Series()
	isCoarse := func(h *Histogram, bits int) bool {
		for i := range h.each() {
			if coarse(i, bits) != i {
				return false
			}
		}
		return true
	}
	old, fine := buckets[0], buckets[len(buckets)-1]
	for i, h := range old.histograms() {
		require.True(t, isCoarse(h, oldBits))
		require.Equal(t, i > 0, isCoarse(fine.histograms()[i], fineBits))
	}
}

func TestSeriesIsCutByAge(t *testing.T) {
	tests := []struct {
		name       string
		first, end int
		lengths    map[int]int // of the stretch that a second is in
	}{
		{"all seconds for ten minutes", 0, 600, map[int]int{0: 1, 599: 1}},
		{"then tens of seconds", 0, 611, map[int]int{0: 10, 9: 10, 10: 1, 610: 1}},
		{"then minutes", 0, 2000, map[int]int{0: 60, 179: 60, 180: 10, 1399: 10, 1400: 1}},
		{"for two hours", 0, 1800 + 119*60, map[int]int{0: 60}},
		{"then two of them", 0, 1800 + 120*60, map[int]int{0: 120, 7199: 120, 7200: 10}},
		{"an hour is five stretches after a day", 0, 86_400, map[int]int{0: 720, 84_599: 360, 84_600: 10}},
		{"a day after months", 0, 100 * 86_400, map[int]int{0: 86_400}},
		{"by the age of the run, not its start", 1000 * 86_400, 1000*86_400 + 2000, map[int]int{1000 * 86_400: 60}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := cutOf(test.first, test.end)
			for second, want := range test.lengths {
				start := c.start(second)
				require.Equal(t, want, c.end(start)-start, "second %d", second)
				require.LessOrEqual(t, start, second)
				require.Greater(t, c.end(start), second)
			}
		})
	}
}

func TestBucketsEndWithTheirPhase(t *testing.T) {
	c := Config{Steps: []string{"a"}}
	r, s := NewRecorder(c), NewSummary(c)
	for second := range 2000 {
		phase := Measure
		if second < 15 {
			phase = WarmUp
		}
		r.Record(&Outcome{Due: time.Duration(second) * time.Second, Phase: phase})
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	buckets := s.Series()
	require.Equal(t, [2]time.Duration{0, 15 * time.Second}, [2]time.Duration{buckets[0].Start, buckets[0].Length})
	require.Equal(t, [2]time.Duration{15 * time.Second, 45 * time.Second}, [2]time.Duration{buckets[1].Start, buckets[1].Length})
	require.Equal(t, buckets[0].Response.append(nil), buckets[0].StepResponse(0).append(nil))
	for i := range buckets[1:] {
		require.Equal(t, buckets[i].Start+buckets[i].Length, buckets[i+1].Start)
	}
}

func TestBucketsThatWereHandedOutDoNotChange(t *testing.T) {
	w := newWorld(6, 3, 2500)
	intervals := w.record(1, w.outcomes(2000))
	s := w.summary(intervals[:len(intervals)/2])
	buckets := s.Series()
	var before []bucketImage
	for i := range buckets {
		before = append(before, imageOfBucket(&buckets[i]))
	}
	for _, i := range intervals[len(intervals)/2:] {
		s.Merge(i)
	}
	for i := range buckets {
		require.Equal(t, before[i], imageOfBucket(&buckets[i]))
	}
}

func TestResponsesByStepAreKeptForPlansOfFewSteps(t *testing.T) {
	for steps, kept := range map[int]bool{1: true, maxStepHistograms: true, maxStepHistograms + 1: false} {
		w := newWorld(1, steps, 2)
		s := w.summary(w.record(1, w.outcomes(100)))
		require.Equal(t, kept, s.Series()[0].StepResponse(0) != nil)
	}
}

// A day of seconds takes no more memory than its first hour, but for stretches
// of which there is a bounded number.
func TestADayOfSecondsStaysBounded(t *testing.T) {
	w := newWorld(1, 1, 60)
	sealed := w.record(1, w.outcomes(150))
	s := NewSummary(w.config)
	var buckets, bytes, pages [25]int
	var planned int64
	for second := range 24 * 3600 {
		i := sealed[second%len(sealed)]
		i.Second, i.Phase = second, Measure
		s.Merge(i)
		planned += i.Total().Planned()
		if hour := (second + 1) / 3600; (second+1)%3600 == 0 {
			buckets[hour], bytes[hour], pages[hour] = len(s.Series()), packedBytes(s.Series()), pagesOf(s)
		}
	}
	t.Logf("buckets %v\nbytes %v\npages %v", buckets, bytes, pages)
	const most = keptFine + (keptMedium-keptFine)/medium + maxStretches + 10
	for hour := range 25 {
		require.LessOrEqual(t, buckets[hour], most)
		require.Less(t, bytes[hour], most*1000)
	}
	require.InEpsilon(t, pages[1], pages[24], .01)
	require.Equal(t, planned, s.Total().Planned())
}

// packedBytes returns what buckets hold beside themselves.
func packedBytes(buckets []Bucket) int {
	size := 0
	for _, b := range buckets {
		size += len(b.steps) + len(b.over)
		for _, h := range b.histograms() {
			size += len(h.packed)
		}
	}
	return size
}

// pagesOf returns how many pages of counts a Summary holds.
func pagesOf(s *Summary) int {
	n := 0
	for _, f := range append(s.Steps(), s.Total()) {
		for _, h := range f.histograms() {
			if h.pages != nil {
				n += len(h.pages.narrow) + 4*len(h.pages.wide)
			}
		}
	}
	return n
}

func TestEvenStretchesHoldTheWholeRun(t *testing.T) {
	for _, seconds := range []int{1, 3, 299, 301, 650, 2500, 30_000} {
		w := newWorld(uint64(seconds), 3, seconds)
		s := w.summary(w.record(1, w.outcomes(5000)))
		unit, even := s.Even(300)
		var sum, want Counts
		at := map[Phase]int{}
		for i, b := range even {
			sum.Add(&b.Counts)
			at[b.Phase]++
			require.LessOrEqual(t, b.Length, unit)
			require.Equal(t, b.Start/unit, (b.Start+b.Length-1)/unit, "row %d of %d s crosses an edge", i, seconds)
			require.Equal(t, b.Planned(), b.Response.Count())
		}
		for p := range Phases {
			want.Add(&s.Phase(p).Counts)
			require.LessOrEqual(t, at[p], 300)
		}
		require.Equal(t, want, sum)
		if seconds >= 300 {
			require.Greater(t, len(even), 60, "%d s in stretches of %v are too coarse", seconds, unit)
		}
	}
	unit, none := NewSummary(Config{Steps: []string{"a"}}).Even(300)
	require.Equal(t, time.Second, unit)
	require.Empty(t, none)
}

func TestCoarseIsAHistogramOfItsOwn(t *testing.T) {
	var h Histogram
	for d := time.Duration(1); d < 20*time.Second; d = d*21/20 + 1 {
		h.Record(d)
	}
	h.Record(-1)
	coarse := h.Coarse()
	data, err := coarse.MarshalBinary()
	require.NoError(t, err)
	var again Histogram
	require.NoError(t, again.UnmarshalBinary(data))
	require.Equal(t, h.Count(), again.Count())
	require.Equal(t, h.Clipped(), again.Clipped())
	for q := 0.01; q <= 1; q += 0.01 {
		fine, rough := float64(h.Quantile(q)), float64(again.Quantile(q))
		require.GreaterOrEqual(t, rough, fine)
		require.LessOrEqual(t, rough, fine*1.016+float64(time.Microsecond), "at %.2f", q)
	}
	require.Zero(t, new(Histogram).Coarse().Count())
}
