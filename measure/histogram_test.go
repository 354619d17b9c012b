package measure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"
)

func TestLayoutIsThatOfHdrHistogram(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 1))
	units := []int64{0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 59_999_999}
	for range 100 {
		units = append(units, source.Int64N(1<<source.IntN(36)+1))
	}
	for _, unit := range units {
		x := hdrhistogram.New(1, int64(Longest/time.Microsecond), 3)
		require.NoError(t, x.RecordValue(unit))
		i := indexOf(uint64(unit))
		require.EqualValues(t, 1, x.Export().Counts[i])
		low, high := edgesOf(i)
		require.Equal(t, x.Min(), low)
		require.Equal(t, x.Max(), high)
	}
}

func TestTimesAreRoundedUpToTheMicrosecond(t *testing.T) {
	var h Histogram
	h.Record(1)
	require.Equal(t, time.Duration(1), h.Quantile(.5)) // but never above the maximum
	h.Record(1500)
	require.Equal(t, time.Microsecond, h.Quantile(.5))
	require.Equal(t, time.Duration(1500), h.Max())
	require.Equal(t, 2*time.Microsecond, topOf(bucketOf(1500)))
}

func TestHistogramAgreesWithSortedTimes(t *testing.T) {
	for seed, n := range []int{1, 2, 3, 11, 100, 5000, 100_000} {
		w := newWorld(uint64(seed), 1, 1)
		var h Histogram
		times := make([]time.Duration, n)
		for i := range times {
			times[i] = min(w.lognormal(20*time.Millisecond, 2), Longest)
			h.Record(times[i])
		}
		slices.Sort(times)
		requireTimes(t, times, &h)
	}
}

func TestRank(t *testing.T) {
	tests := []struct {
		name  string
		q     float64
		count int64
		want  int64
	}{
		{"of one is the first", .5, 1, 1},
		{"is rounded up", .95, 11, 11},
		{"is exact where the product is", .95, 100, 95},
		{"is exact where floating point is above it", .07, 100, 7},
		{"is exact for large counts", .999, 10_000_000_000, 9_990_000_000},
		{"goes up with the least excess", .5, 1_000_001, 500_001},
		{"of nothing is the first", 0, 10, 1},
		{"of all is the last", 1, 10, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, rankOf(test.q, test.count)) })
	}
}

func TestAnEmptyHistogramIsAllZero(t *testing.T) {
	var h Histogram
	h.Merge(&Histogram{})
	require.Zero(t, h)
	require.Zero(t, h.Quantile(.95))
	require.Zero(t, h.Mean())
	h.Each(func(_, _ time.Duration, _ int64) { t.Error("there is nothing to visit") })
	back, err := Import(h.Export(), h.Exact())
	require.NoError(t, err)
	require.Zero(t, back.Count())
}

func TestTimesOutOfRangeAreClampedAndCounted(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{-1, math.MinInt64, Longest + 1, math.MaxInt64, 0, Longest} {
		h.Record(d)
	}
	require.EqualValues(t, 6, h.Count())
	require.EqualValues(t, 4, h.Clipped())
	require.Zero(t, h.Min())
	require.Zero(t, h.Quantile(.5))
	require.Equal(t, Longest, h.Quantile(.51))
	require.Equal(t, Longest, h.Max())
	require.NoError(t, h.check())
}

func TestCountsOutgrowNarrowPages(t *testing.T) {
	var h, twice Histogram
	for i := range 140_000 {
		h.Record(time.Duration(i%2) * time.Millisecond)
	}
	for range 40_000 {
		h.Record(time.Second)
	}
	require.NotEmpty(t, h.pages.wide)
	twice.Merge(&h)
	twice.Merge(&h)
	require.EqualValues(t, 2*h.Count(), twice.Count())
	require.NoError(t, twice.check())
	require.Zero(t, twice.Quantile(70_000./180_000))
	require.Equal(t, time.Millisecond, twice.Quantile(70_001./180_000))
}

func TestMergingHistogramsIsRecordingAll(t *testing.T) {
	w := newWorld(3, 1, 1)
	var all Histogram
	parts := make([]Histogram, 5)
	for range 10_000 {
		d := w.lognormal(time.Millisecond, 2)
		all.Record(d)
		parts[w.IntN(len(parts))].Record(d)
	}
	for range 3 {
		w.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		var merged Histogram
		for i := range parts {
			merged.Merge(&parts[i])
		}
		require.Equal(t, all.append(nil), merged.append(nil))
	}
}

func TestMergingDoesNotChangeWhatIsMerged(t *testing.T) {
	w := newWorld(4, 1, 1)
	part := w.record(1, w.outcomes(1000))[0].Steps[0]
	before := part.append(nil)
	var f Figures
	f.Merge(&part.Figures)
	f.Merge(&part.Figures)
	f.Answered.Record(time.Second)
	f.Statuses.add(200, 1)
	require.Equal(t, before, part.append(nil))
}

func TestEachVisitsTheBuckets(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{0, 1, 1000, 1001, 5 * time.Millisecond} {
		h.Record(d)
	}
	type bucket struct {
		low, high time.Duration
		count     int64
	}
	var visited []bucket
	h.Each(func(low, high time.Duration, count int64) { visited = append(visited, bucket{low, high, count}) })
	us := time.Microsecond
	require.Equal(t, []bucket{{0, 0, 1}, {0, us, 2}, {us, 2 * us, 1}, {4999 * us, 5003 * us, 1}}, visited)
}

func TestExportSurvivesTheV2Encoding(t *testing.T) {
	w := newWorld(5, 1, 1)
	for _, median := range []time.Duration{10 * time.Microsecond, 50 * time.Millisecond, time.Minute} {
		var h Histogram
		for range 20_000 {
			h.Record(w.lognormal(median, 1))
		}
		h.Record(-1)
		text, err := h.Export().Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		require.NoError(t, err)
		x, err := hdrhistogram.Decode(text)
		require.NoError(t, err)
		back, err := Import(x, h.Exact())
		require.NoError(t, err)
		require.Equal(t, h.append(nil), back.append(nil))

		bare, err := Import(x, Exact{})
		require.NoError(t, err)
		require.Equal(t, h.Quantile(.95), bare.Quantile(.95))
		require.GreaterOrEqual(t, bare.Max(), h.Max())
		require.EqualValues(t, x.ValueAtQuantile(50), h.Quantile(.5)/time.Microsecond)
	}
}

func TestImportRefusesWhatDoesNotFit(t *testing.T) {
	var h Histogram
	h.Record(time.Millisecond)
	h.Record(time.Second)
	exact := h.Exact()
	tests := []struct {
		name string
		x    *hdrhistogram.Histogram
		with func(*Exact)
		want string
	}{
		{"another precision", hdrhistogram.New(1, 1000, 2), func(*Exact) {}, "want a unit of 1 and 3 digits, got 1 and 2"},
		{"another unit", hdrhistogram.New(1000, 1_000_000, 3), func(*Exact) {}, "want a unit of 1 and 3 digits"},
		{"a minimum elsewhere", h.Export(), func(e *Exact) { e.Min = 0 }, "minimum 0s or maximum 1s is not in the buckets"},
		{"a maximum elsewhere", h.Export(), func(e *Exact) { e.Max = time.Minute }, "is not in the buckets"},
		{"a sum of other times", h.Export(), func(e *Exact) { e.Sum *= 2 }, "is not that of the buckets"},
		{"more clipped than there are", h.Export(), func(e *Exact) { e.Clipped = 3 }, "3 of 2 are clipped"},
		{"figures of nothing", hdrhistogram.New(1, 1000, 3), func(*Exact) {}, "it is empty and has a sum"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := exact
			test.with(&e)
			_, err := Import(test.x, e)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestCoarseTimesAreNeverShorterAndNearlyRight(t *testing.T) {
	last := bucketOf(Longest)
	for i := 0; i <= last; i += 1 + i/997 {
		for _, bits := range []int{fineBits, oldBits} {
			c := coarse(i, bits)
			require.GreaterOrEqual(t, c, i)
			require.Equal(t, c, coarse(c, bits), "coarse twice is coarse once")
			require.LessOrEqual(t, float64(topOf(c)), float64(topOf(i))*(1+1/float64(int(1)<<(bits-1))))
		}
		require.Equal(t, coarse(i, oldBits), coarse(coarse(i, fineBits), oldBits))
	}
}
