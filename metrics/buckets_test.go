package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

func counted(values ...time.Duration) *Histogram {
	var h measure.Histogram
	for _, v := range values {
		h.Record(v)
	}
	b := buckets{grid: newGrid()}
	b.add(&h)
	return b.histogram()
}

// Both forms count the same, and hold each value between the bounds of its bucket.
func TestAHistogramHasBothForms(t *testing.T) {
	values := []time.Duration{900 * time.Nanosecond, time.Millisecond, 7 * time.Millisecond, 1100 * time.Millisecond, 2 * time.Second, 30 * time.Second}
	h := counted(values...)
	require.EqualValues(t, len(values), h.Count)
	require.InDelta(t, 33.108001, h.Sum, 1e-9)
	require.Equal(t, []uint64{2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5}, h.Cumulative)
	require.EqualValues(t, 3, h.Schema)
	for _, v := range values[1:] {
		found := 0
		for _, b := range h.Buckets {
			upper, lower := math.Exp2(float64(b.Index)/8), math.Exp2(float64(b.Index-1)/8)
			if b.Count == 1 && lower*0.999 <= v.Seconds() && v.Seconds() <= upper*1.001 {
				found++
			}
		}
		require.Equal(t, 1, found, v)
	}
	require.EqualValues(t, len(values), total(h))
}

func total(h *Histogram) (n uint64) {
	n = h.Zero
	for _, b := range h.Buckets {
		n += b.Count
	}
	return n
}

func TestWhereAValueIsCounted(t *testing.T) {
	tests := []struct {
		name  string
		value time.Duration
		zero  uint64
		index int // of the only exponential bucket
	}{
		{"nothing is zero", 0, 1, 0},
		{"a second is the upper end of its bucket, and counts in the one behind as most of its own does", time.Second, 0, 1},
		{"a little more than a second", 1010 * time.Millisecond, 0, 1},
		{"a little less than a second", 990 * time.Millisecond, 0, 0},
		{"a millisecond", time.Millisecond, 0, -79},
		{"the longest that there is", measure.Longest, 0, 148},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := counted(tt.value)
			require.Equal(t, tt.zero, h.Zero)
			want := []Bucket{{tt.index, 1}}
			if tt.zero > 0 {
				want = nil
			}
			require.Equal(t, want, h.Buckets)
		})
	}
}

// What is counted at a bound differs from the truth by chance, never to one side: a
// value counted by the upper edge of our own bucket would be above the bound too often.
func TestCountsAtABoundHaveNoBias(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	grid := newGrid()
	b := buckets{grid: grid}
	truth := make([]float64, len(grid.fixed))
	for range 200 { // seconds, of few requests each
		var h measure.Histogram
		for range 5000 {
			d := time.Duration(20e6 * math.Exp(1.5*random.NormFloat64()))
			h.Record(d)
			for i, bound := range grid.fixed {
				if d.Seconds() <= bound {
					truth[i]++
				}
			}
		}
		b.add(&h)
	}
	for i, n := range b.histogram().Cumulative {
		bound := time.Duration(grid.fixed[i] * 1e9)
		low, high := measure.BucketOf(bound)
		near := 1e6 * density(bound.Seconds()) * (high - low).Seconds() // in the bucket that the bound lies in
		require.InDelta(t, truth[i], n, 3*math.Sqrt(near)/2+1, "up to %v, about %.0f in question", bound, near)
	}
}

// density is that of the durations above.
func density(x float64) float64 {
	z := math.Log(x/0.02) / 1.5
	return math.Exp(-z*z/2) / (x * 1.5 * math.Sqrt(2*math.Pi))
}

// Others take a count that shrinks for a new beginning, and count everything again.
func TestNoCountEverShrinks(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	b := buckets{grid: newGrid()}
	before, sum := map[int]uint64{}, 0
	last := make([]uint64, len(b.grid.fixed))
	for range 500 {
		var h measure.Histogram
		for range random.IntN(5) {
			h.Record(time.Duration(math.Exp2(20 * random.Float64())))
			sum++
		}
		b.add(&h)
		now := b.histogram()
		require.EqualValues(t, finestSchema, now.Schema)
		require.EqualValues(t, sum, now.Count)
		require.EqualValues(t, sum, total(now))
		require.GreaterOrEqual(t, now.Zero, before[math.MinInt])
		before[math.MinInt] = now.Zero
		for _, c := range now.Buckets {
			require.GreaterOrEqual(t, c.Count, before[c.Index])
			before[c.Index] = c.Count
		}
		for i := range last {
			require.GreaterOrEqual(t, now.Cumulative[i], last[i])
		}
		last = now.Cumulative
	}
}

// What spreads over more buckets than there may be is told in wider ones, and by OTLP,
// which leaves none out, in still wider ones.
func TestBucketsAreBounded(t *testing.T) {
	var all []time.Duration
	for d := 2 * time.Microsecond; d < time.Hour; d += d/20 + time.Microsecond {
		all = append(all, d)
	}
	h := counted(all...)
	require.EqualValues(t, finestSchema-1, h.Schema)
	require.LessOrEqual(t, len(h.Buckets), mostBuckets)
	require.EqualValues(t, len(all), total(h))

	far := counted(2*time.Microsecond, 50*time.Hour)
	require.Len(t, far.Buckets, 2)
	out := far.otlp(otlpPoint{})
	require.EqualValues(t, 2, out.Scale)
	require.Len(t, out.Positive.Counts, 146)
	require.Equal(t, "1", out.Positive.Counts[0])
	require.Equal(t, "1", out.Positive.Counts[145])
}

func TestSpansAndDifferences(t *testing.T) {
	h := &Histogram{Buckets: []Bucket{{-3, 5}, {-2, 7}, {1, 1}, {2, 1}, {3, 4}}}
	spans, deltas := h.spans()
	require.Equal(t, []span{{-3, 2}, {2, 3}}, spans)
	require.Equal(t, []int64{5, 2, -6, 0, 3}, deltas)
}
