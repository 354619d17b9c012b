package compare

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

// With the sides swapped, bounds are turned over: no side is the measure of the other.
func TestSwappedSidesAreMirrored(t *testing.T) {
	for seed := range uint64(6) {
		for _, design := range []Design{Concurrent, Sequential} {
			w := slowed(1 + 0.1*float64(seed%3))
			w.common = 0.1
			w.failing = [2]float64{0.004, 0.002 * float64(seed)}
			b, c := w.sides(seed)
			o := usualOptions()
			o.GivenRate = ""
			there, back := rowsOf(Sides(design, b, c, o)), rowsOf(Sides(design, c, b, o))
			for name, r := range there {
				m := back[name]
				require.Equal(t, r.Doubt == "", m.Doubt == "", "%s: %s", r.Rule, m.Rule)
				require.Equal(t, [3]float64{r.Baseline, r.Candidate, 0}, [3]float64{m.Candidate, m.Baseline, 0})
				if r.Doubt != "" {
					continue
				}
				if r.Metric.Kind == slo.Success {
					require.InDelta(t, r.Lo, -m.Hi, 1e-9, name)
					require.InDelta(t, r.Change, -m.Change, 1e-9, name)
					continue
				}
				for _, p := range [][2]float64{{r.Change, m.Change}, {r.Lo, m.Hi}, {r.Hi, m.Lo}} {
					requireInverse(t, p[0], p[1], name)
				}
			}
		}
	}
}

// requireInverse wants two changes that undo each other: a doubling and a halving, all
// that can be lost and all that can be won.
func requireInverse(t *testing.T, a, b float64, name string) {
	t.Helper()
	if math.IsNaN(a) || math.IsInf(a, 1) || a == -1 {
		require.Equal(t, math.IsNaN(a), math.IsNaN(b), name)
		require.Equal(t, math.IsInf(a, 1), b == -1, name)
		return
	}
	require.InEpsilon(t, 1+a, 1/(1+b), 1e-6, name)
}

// The same data on both sides differ in nothing, and are no proof of a difference.
func TestTheSameDataDoNotDiffer(t *testing.T) {
	for seed := range uint64(5) {
		w := slowed(1)
		w.failing = [2]float64{0.003, 0.003}
		b, _ := w.sides(seed)
		got := Sides(Concurrent, b, b, usualOptions())
		require.InDelta(t, 0.5, got.Slower, 1e-12)
		for _, r := range got.Rows {
			require.Zero(t, r.Change)
			require.NotEqual(t, slo.Fail, r.Verdict)
			if r.Verdict != "" {
				require.Less(t, r.Lo, 0.0, r.Metric)
				require.Greater(t, r.Hi, 0.0, r.Metric)
			}
		}
	}
}

// Nothing is drawn and nothing depends on the order of a map.
func TestTheSameInputGivesTheSameResult(t *testing.T) {
	b, c := slowed(1.1).sides(5)
	first := Sides(Concurrent, b, c, usualOptions())
	for range 3 {
		require.Equal(t, first, Sides(Concurrent, b, c, usualOptions()))
	}
}

// Times that are all scaled alike change no comparison, but for the edges of bins.
func TestScaleDoesNotMatter(t *testing.T) {
	b, c := slowed(1.2).sides(7)
	want := rowsOf(Sides(Concurrent, b, c, usualOptions()))
	got := rowsOf(Sides(Concurrent, scaled(b, 8), scaled(c, 8), usualOptions()))
	for _, name := range []string{"p50", "p95", "p99"} {
		require.InDelta(t, want[name].Change, got[name].Change, 0.005, name)
		require.InDelta(t, want[name].Lo, got[name].Lo, 0.005, name)
		require.InDelta(t, want[name].Hi, got[name].Hi, 0.005, name)
	}
}

// scaled is the side with all times so many times as long.
func scaled(s *Side, times int64) *Side {
	out := &Side{Length: s.Length}
	for i := range s.Stretches {
		st := s.Stretches[i]
		more := Stretch{Start: st.Start, Length: st.Length, Due: st.Due, OK: st.OK}
		st.Response.Each(func(_, high time.Duration, n int64) {
			for range n {
				more.Response.Record(high * time.Duration(times))
			}
		})
		out.add(more)
	}
	return out
}

// How finely a side is cut hardly matters: a report keeps forty stretches.
func TestStretchesMayBeLonger(t *testing.T) {
	b, c := slowed(1.1).sides(2)
	want := Sides(Concurrent, b, c, usualOptions())
	require.Len(t, b.Coarse().Stretches, 40)
	require.Equal(t, 3*time.Second, b.Coarse().Stretches[7].Length)
	require.Equal(t, want, Sides(Concurrent, b.Coarse(), c.Coarse(), usualOptions()))
	require.Equal(t, b.Coarse().Coarse(), b.Coarse())
	require.Equal(t, &Side{}, new(Side).Coarse())
}

func TestUnitsMakeBlocks(t *testing.T) {
	for units := 1; units <= 60; units++ {
		for blocks := 1; blocks <= units; blocks++ {
			for u := range units {
				j := blockOf(u, units, blocks)
				require.True(t, j*units/blocks <= u && u < (j+1)*units/blocks, "%d of %d in %d", u, units, blocks)
			}
		}
	}
}

func TestTail(t *testing.T) {
	var s sum
	st := Stretch{Due: 5, OK: 4}
	for _, ms := range []time.Duration{1, 2, 3, 4, 9000} {
		st.Response.Record(ms * time.Millisecond)
	}
	s.add(&st)
	n := s.tail()
	const ms = float64(time.Millisecond)
	require.Equal(t, 5.0, n.beyond(0))
	require.Equal(t, 5.0, n.beyond(0.5*ms))
	require.Equal(t, 4.0, n.beyond(1.5*ms))
	require.Equal(t, 1.0, n.beyond(5*ms))
	require.Equal(t, 1.0, n.beyond(1e6*ms), "a failure is beyond any time")
	last := math.Inf(1)
	for x := 0.0; x < 5; x += 0.0005 {
		now := n.beyond(x * ms)
		require.LessOrEqual(t, now, last)
		last = now
	}
}
