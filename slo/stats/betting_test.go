package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// shares are blocks of a thousand requests with these shares of bad ones, in thousandths.
func shares(bad ...int64) []Block {
	blocks := make([]Block, len(bad))
	for i, b := range bad {
		blocks[i] = Block{1000, b}
	}
	return blocks
}

func repeat(n int, bad int64) []Block {
	return even(n, 1000, func(int) int64 { return bad })
}

func TestBet(t *testing.T) {
	tests := []struct {
		name   string
		bet    *Bet
		blocks []Block
		holds  bool
	}{
		{"nothing seen", Above(0.05), nil, false},
		{"on the limit", Above(0.05), repeat(1000, 50), false},
		{"far better", Above(0.05), repeat(1000, 1), false},
		{"twice the limit, one minute", Above(0.05), repeat(6, 100), false},
		{"twice the limit, two minutes", Above(0.05), repeat(12, 100), true},
		{"down from the start, two blocks", Above(0.05), shares(1000, 1000), true},
		{"an outage of three blocks, later", Above(0.05), shares(10, 10, 1000, 1000, 1000), true},
		{"one bad request where none is allowed", Above(0), shares(0, 0, 1), true},
		{"none where none is allowed", Above(0), repeat(1000, 0), false},
		{"blocks without requests", Above(0.05), make([]Block, 1000), false},
		{"below: blocks without requests", Below(0.05), make([]Block, 1000), false},
		{"below: on the limit", Below(0.05), repeat(1000, 50), false},
		{"below: nothing bad, as long as 3 divided by the limit", Below(0.05), repeat(59, 0), false},
		{"below: nothing bad, and longer", Below(0.05), repeat(110, 0), true},
		{"below: far worse", Below(0.05), repeat(1000, 900), false},
		{"below: all is allowed, and not all is bad", Below(1), repeat(1, 999), true},
		{"below: all is allowed, and all is bad", Below(1), repeat(1000, 1000), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.bet.Add(test.blocks...)
			require.Equal(t, test.holds, test.bet.Holds(0.05, 1))
			require.False(t, math.IsNaN(test.bet.Log()))
			require.GreaterOrEqual(t, test.bet.P(), 0.0)
			require.LessOrEqual(t, test.bet.P(), 1.0)
		})
	}
}

func TestBetRemembersItsBestMoment(t *testing.T) {
	b := Above(0.05)
	b.Add(repeat(20, 150)...)
	p := b.P()
	require.True(t, b.Holds(0.05, 1))
	b.Add(repeat(200, 0)...)
	require.Equal(t, p, b.P(), "valid at any time: what was shown stays shown")
	require.Less(t, b.Log(), 0.0)
	require.Equal(t, 220, b.Blocks)
}

func TestBetsSideBySideAskForMore(t *testing.T) {
	b := Above(0.05)
	b.Add(repeat(9, 110)...)
	require.True(t, b.Holds(0.05, 1))
	require.False(t, b.Holds(0.05, 100))
}

// The wealth is what one would have by multiplying, which overflows at last.
func TestBetCountsInLogarithms(t *testing.T) {
	b, blocks := Above(0.05), shares(80, 20, 70, 120, 40)
	b.Add(blocks...)
	mean := 0.0
	for _, part := range []float64{.025, .05, .1, .2, .4, .6} {
		product := 1.0
		for _, block := range blocks {
			product *= 1 + part/0.05*(block.Share()-0.05)
		}
		mean += product / 6
	}
	require.InDelta(t, math.Log(mean), b.Log(), 1e-12)

	b.Add(repeat(100_000, 1000)...)
	require.InDelta(t, 100_000*math.Log(1+0.6*19), b.Log(), 100)
	require.Zero(t, b.P())
}

// Ville's inequality, on independent blocks whose mean is the limit exactly.
func TestBetKeepsItsPromiseOnTheLimit(t *testing.T) {
	const runs = 1000
	above, below := 0, 0
	for i := range runs {
		draw := rand.New(rand.NewPCG(1, uint64(i)))
		up, down := Above(0.05), Below(0.05)
		for range 400 {
			block := Block{N: 10}
			if draw.Float64() < 0.1 {
				block.Bad = 5 // bursts of half a block
			}
			up.Add(block)
			down.Add(block)
		}
		if up.Holds(0.05, 1) {
			above++
		}
		if down.Holds(0.05, 1) {
			below++
		}
	}
	require.LessOrEqual(t, above, runs/20)
	require.LessOrEqual(t, below, runs/20)
	require.Positive(t, above+below, "bets that never hold would keep any promise")
}

func TestSequenceIsWhatBetsHaveNotRefuted(t *testing.T) {
	blocks := repeat(60, 30)
	lo, hi := Sequence(blocks, 0.05)
	require.Less(t, lo, 0.03)
	require.Greater(t, hi, 0.03)
	for _, side := range []struct {
		bet  func(float64) *Bet
		edge float64
		out  float64 // towards the limits that are refuted
	}{{Above, lo, 1 - 1e-4}, {Below, hi, 1 + 1e-4}} {
		inside, outside := side.bet(side.edge/side.out), side.bet(side.edge*side.out)
		inside.Add(blocks...)
		outside.Add(blocks...)
		require.False(t, inside.Holds(0.05, 1))
		require.True(t, outside.Holds(0.05, 1))
	}
}

func TestSequenceAtTheEdges(t *testing.T) {
	lo, hi := Sequence(nil, 0.05)
	require.Equal(t, [2]float64{0, 1}, [2]float64{lo, hi})

	lo, hi = Sequence(repeat(600, 0), 0.05)
	require.Zero(t, lo)
	require.Less(t, hi, 0.02)

	lo, hi = Sequence(repeat(600, 1000), 0.05)
	require.Greater(t, lo, 0.9)
	require.InDelta(t, 1, hi, 1e-6)
}

// Where a bet stopped a run, the bounds printed agree with it.
func TestSequenceAgreesWithTheStop(t *testing.T) {
	var blocks []Block
	bet := Above(0.05)
	for !bet.Holds(0.05, 1) {
		blocks = append(blocks, Block{1000, 100})
		bet.Add(blocks[len(blocks)-1])
	}
	lo, _ := Sequence(blocks, 0.05)
	require.GreaterOrEqual(t, lo, 0.05-1e-6)
}
