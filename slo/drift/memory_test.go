package drift

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// noise is a series that remembers, of mean 0 and deviation 1.
func noise(seed uint64, n int, memory float64) []float64 {
	random := rand.New(rand.NewPCG(seed, 4))
	ys := make([]float64, n)
	z, fresh := random.NormFloat64(), math.Sqrt(1-memory*memory)
	for i := range ys {
		ys[i] = z
		z = memory*z + fresh*random.NormFloat64()
	}
	return ys
}

func TestMemoryIsFoundBesideATrend(t *testing.T) {
	for _, truth := range []float64{0, 0.3, 0.6} {
		sum := 0.0
		const runs = 200
		for seed := range uint64(runs) {
			ys := noise(seed, 72, truth)
			for i := range ys {
				ys[i] += 0.1 * float64(i)
			}
			l := lineOf(ys...)
			sum += l.memory(l.slope().value).lag1
		}
		require.InDelta(t, truth, sum/runs, 0.04, "unbiased at %v", truth)
	}
}

func TestMemory(t *testing.T) {
	saw := lineOf(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1)
	m := saw.memory(0)
	require.Less(t, m.lag1, -0.8)
	require.Equal(t, 1.0, m.inflation, "what swings is not taken for more blocks than there are")
	require.Equal(t, 20.0, m.effective)

	still := lineOf(make([]float64, 30)...)
	require.False(t, still.memory(0).long())

	walk := lineOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
	require.True(t, walk.memory(0).long())

	rare := lineOf(make([]float64, 72)...)
	rare.points[60].y = 0.01
	rare.means = true
	require.False(t, rare.memory(rare.slope().value).long(), "no failure in most blocks is no trend of ranks")

	gap := math.NaN()
	apart := lineOf(1, gap, 2, gap, 3, gap, 4, gap, 5, gap, 6, gap, 7)
	require.InDelta(t, 2.0/7, apart.memory(0).lag1, 1e-9, "blocks on both sides of a gap are no neighbours: the bias alone")
}

// In a run without a jump, no more than alpha of them are significant, with
// correlated blocks as well.
func TestJumpIsSeldomSeenWhereNoneIs(t *testing.T) {
	for _, memory := range []float64{0, 0.3, 0.5} {
		seen := 0
		const runs = 300
		for seed := range uint64(runs) {
			l := lineOf(noise(seed, 72, memory)...)
			if j, ok := l.jump(Options{Permutations: 99}, seed); ok && j.p <= 0.05 {
				seen++
			}
		}
		require.Less(t, seen, runs*9/100, "memory %v", memory)
	}
}

func TestJump(t *testing.T) {
	jumps := func(n, at int, by float64) line {
		ys := noise(1, n, 0)
		for i := at; i < n; i++ {
			ys[i] += by
		}
		return lineOf(ys...)
	}
	o := Options{Permutations: 999}
	l := jumps(72, 60, 5)
	j, ok := l.jump(o, 0)
	require.True(t, ok)
	require.Equal(t, 60, j.at)
	require.InDelta(t, 5, j.size.value, 0.7)
	require.Less(t, j.p, 0.01)
	again, _ := l.jump(o, 0)
	require.Equal(t, j, again, "the same seed, the same answer")

	l = jumps(72, 60, -5)
	j, _ = l.jump(o, 0)
	require.Greater(t, j.p, 0.05, "a change for the better is none")

	l = jumps(11, 6, 5)
	_, ok = l.jump(o, 0)
	require.False(t, ok, "six blocks on either side")
}

func TestMSER5(t *testing.T) {
	steady := func(n int) []float64 {
		ys := noise(2, n, 0)
		for i := range ys {
			ys[i] = 100 + ys[i]
		}
		return ys
	}
	cold := steady(10_000)
	for i := range 600 {
		cold[i] += 50
	}
	cut, ok := MSER5(cold)
	require.True(t, ok)
	require.InDelta(t, 600, cut, 50)

	cold[3] = math.NaN()
	cold[7] = math.Inf(1)
	cut, ok = MSER5(cold)
	require.True(t, ok)
	require.InDelta(t, 600, cut, 50, "what is no value is left out and the place is right")

	fresh := steady(10_000)
	for i := range 600 {
		fresh[i] -= 50
	}
	cut, ok = MSER5(fresh)
	require.True(t, ok)
	require.Zero(t, cut, "a good start is no warm-up: cutting it off would hide a degradation")

	sinking := steady(10_000)
	for i := range sinking {
		sinking[i] += 100 - float64(i)/100
	}
	_, ok = MSER5(sinking)
	require.False(t, ok, "nothing settled within a quarter")

	for _, few := range [][]float64{nil, {1}, {1, 2, 3, 4, 5}, {9, 9, 9, 9, 9, 1, 1, 1, 1, 1}} {
		cut, ok = MSER5(few)
		require.True(t, ok)
		require.Zero(t, cut)
	}
}

// The sums from the end are the plain definition.
func TestMSER5IsTheSmallestStandardError(t *testing.T) {
	ys := noise(3, 500, 0.9)
	for i := range 60 {
		ys[i] += 2
	}
	means, ends := batches(ys)
	best, want := math.Inf(1), 0
	for d := range 3*len(means)/10 + 1 {
		rest := means[d:]
		if e := spread(rest) * float64(len(rest)-1) / float64(len(rest)*len(rest)); e < best {
			best, want = e, d
		}
	}
	cut, ok := MSER5(ys)
	require.True(t, ok)
	require.Positive(t, want)
	require.Equal(t, ends[want-1], cut)
}

func FuzzMSER5(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{200, 200, 200, 200, 200, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 255, 0, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, data []byte) {
		values := decode(data)
		cut, ok := MSER5(values)
		require.GreaterOrEqual(t, cut, 0)
		require.LessOrEqual(t, cut, len(values))
		if ok {
			require.LessOrEqual(t, 4*cut, len(values))
		}
	})
}

// decode turns bytes into values, the odd ones among them.
func decode(data []byte) []float64 {
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1e308, 5e-324, math.MaxFloat64}
	values := make([]float64, len(data))
	for i, b := range data {
		values[i] = 1 + float64(b)/256
		if b >= 248 {
			values[i] = odd[b-248]
		}
	}
	return values
}
