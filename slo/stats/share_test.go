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
	require.False(t, alone.Borrowed)

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

func TestBackgroundLendsItsDesignEffectWhereFewAreBad(t *testing.T) {
	background := Background{Tail: even(600, 80, func(i int) int64 { return 24 * int64(i/30%3/2) })}
	lends, _ := lent(background.Tail)
	require.Greater(t, lends, 100.0)
	tests := []struct {
		name       string
		bad        func(i int) int64
		background Background
		deff       float64
		borrowed   bool
	}{
		{"none: all of it", func(int) int64 { return 0 }, background, lends, true},
		{"10, evenly: all of it", func(i int) int64 { return int64(i % 60 / 59) }, background, lends, true},
		{"60, evenly: a quarter", func(i int) int64 { return int64(i % 10 / 9) }, background, lends / 4, true},
		{"60, and nothing to borrow from", func(i int) int64 { return int64(i % 10 / 9) }, Background{}, 1, false},
		{"all but 60: a quarter", func(i int) int64 { return 80 - int64(i%10/9) }, background, lends / 4, true},
		{"so many that they tell by themselves", func(int) int64 { return 8 }, Background{Tail: bursts(3)}, 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Estimate(even(600, 80, test.bad), test.background, 0.05)
			require.InDelta(t, test.deff, s.Deff, 1e-9)
			require.Equal(t, test.borrowed, s.Borrowed)
		})
	}
}

// bursts are cells of which one in n is bad as a whole.
func bursts(n int) []Block {
	return even(600, 80, func(i int) int64 { return 80 * int64(i%n/(n-1)) })
}

func TestLentDesignEffectIsTakenToLongBlocks(t *testing.T) {
	// The variance of blocks still grows with their length: waves as long as two blocks.
	long := even(600, 80, func(i int) int64 { return 16 * int64(i/60%2) })
	at20, _ := designEffect(Blocks(long, 20))
	at40, _ := designEffect(Blocks(long, 40))
	deff, known := lent(long)
	require.True(t, known)
	require.Less(t, at40, at20)
	require.InDelta(t, 2*at20-at40, deff, 1e-9)

	_, known = lent(nil)
	require.False(t, known)
}

func TestGuard(t *testing.T) {
	flat := even(600, 80, func(int) int64 { return 40 })
	waves := func(length int) []Block { return even(600, 80, func(i int) int64 { return 80 * int64(i/length%2) }) }
	bad := even(600, 80, func(int) int64 { return 1 })
	tests := []struct {
		name   string
		median []Block
		doubt  string
	}{
		{"no waves", flat, ""},
		{"waves of 2 s in blocks of 30 s", waves(1), ""},
		{"waves of 80 s", waves(40), "run too short: slow and fast requests come in waves, so that it holds about 34 independent ones where 250 are needed; it should last 7.3 times as long"},
		{"the median is not known: the bad requests themselves", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Estimate(bad, Background{Median: test.median}, 0.05)
			require.Equal(t, test.doubt, s.Doubt)
		})
	}
	require.NotEmpty(t, Estimate(waves(40), Background{}, 0.05).Doubt)
}

func TestGuardLetsFewButIndependentRequestsPass(t *testing.T) {
	s := Estimate(even(200, 1, func(int) int64 { return 0 }), Background{
		Median: even(200, 1, func(i int) int64 { return int64(i % 2) }),
		Tail:   even(200, 1, func(i int) int64 { return int64(i % 10 / 9) }),
	}, 0.05)
	require.Empty(t, s.Doubt, "200 requests in all, but no waves")
	require.InDelta(t, 0.0165, s.Hi, 0.0005)
}

func TestLongOutageIsTooMuchForBoundsButNotForABet(t *testing.T) {
	down := even(600, 80, func(i int) int64 { return 80 * int64(i/300) })
	s := Estimate(down, Background{Median: down, Tail: down}, 0.05)
	require.Contains(t, s.Doubt, "too short")
	bet := Above(0.05)
	bet.Add(Every(down, 10)...)
	require.True(t, bet.Holds(0.05, 1))
}
