package stats

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// even are n cells of requests each, the i-th with bad(i) bad ones.
func even(n int, requests int64, bad func(i int) int64) []Block {
	cells := make([]Block, n)
	for i := range cells {
		cells[i] = Block{requests, bad(i)}
	}
	return cells
}

func TestBlocksCoverEveryCellOnce(t *testing.T) {
	for n := range 100 {
		cells := even(n, 1, func(i int) int64 { return int64(i) })
		blocks := Blocks(cells, 20)
		require.Len(t, blocks, min(n, 20))
		require.Equal(t, Sum(cells), Sum(blocks))
		for _, b := range blocks {
			require.LessOrEqual(t, b.N-int64(n/20), int64(1))
		}
	}
	require.Equal(t, []Block{{2, 1}, {2, 5}}, Every(even(5, 1, func(i int) int64 { return int64(i) }), 2))
}

func TestEstimateOfIndependentRequestsIsClopperPearson(t *testing.T) {
	// Each block has exactly its part, so the design effect is at its floor.
	s := Estimate(even(600, 100, func(int) int64 { return 5 }), Background{}, 0.05)
	require.Equal(t, 1.0, s.Deff)
	require.Empty(t, s.Doubt)
	require.False(t, s.Borrowed)
	require.InDelta(t, 60000*0.9049, s.Effective, 5) // (1.6449/1.7291)²
	require.InDelta(t, 0.0485, s.Lo, 0.0001)
	require.InDelta(t, 0.0516, s.Hi, 0.0001)
}

func TestEstimateAtTheEdges(t *testing.T) {
	none := func(int) int64 { return 0 }
	all := func(int) int64 { return 100 }
	quiet := even(600, 100, func(int) int64 { return 10 })
	waves := even(600, 100, func(i int) int64 { return 30 * int64(i/30%3/2) })

	free := Estimate(even(600, 100, none), Background{Tail: quiet}, 0.05)
	require.Zero(t, free.Lo)
	require.InDelta(t, 0.0000552, free.Hi, 0.000001)
	require.True(t, free.Borrowed)

	borrowed := Estimate(even(600, 100, none), Background{Tail: waves}, 0.05)
	require.Greater(t, borrowed.Deff, 100.0)
	require.Greater(t, borrowed.Hi, 50*free.Hi)

	alone := Estimate(even(600, 100, none), Background{}, 0.05)
	require.InDelta(t, 18.1, alone.Effective, 0.1, "without a background a block counts as one request")

	broken := Estimate(even(600, 100, all), Background{}, 0.05)
	require.Equal(t, 1.0, broken.Hi)
	require.InDelta(t, 0.847, broken.Lo, 0.001)

	require.Equal(t, Share{Hi: 1, Deff: 1, Blocks: 20, Doubt: "no request was due"}, Estimate(make([]Block, 600), Background{}, 0.05))
	short := Estimate(even(9, 1000, func(int) int64 { return 10 }), Background{}, 0.05)
	require.Equal(t, [2]float64{0, 1}, [2]float64{short.Lo, short.Hi})
	require.Contains(t, short.Doubt, "too short")
}

func TestEffectiveNeverExceedsRequests(t *testing.T) {
	for _, n := range []int64{1, 2, 10, 1000, 1e9} {
		for _, bad := range []int64{0, 1, n / 2, n} {
			s := Estimate(even(40, n, func(i int) int64 { return bad * int64(i%2) }), Background{}, 0.05)
			require.LessOrEqual(t, s.Effective, float64(s.N))
			require.LessOrEqual(t, s.Lo, s.Value)
			require.GreaterOrEqual(t, s.Hi, s.Value)
		}
	}
}
