package stats

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRanksAtTheirTurningPoints(t *testing.T) {
	tests := []struct {
		n      int
		q      float64
		lo, hi int
	}{
		{58, 0.95, 52, 59}, // no upper bound: 59 values are the fewest
		{59, 0.95, 53, 59},
		{298, 0.99, 292, 299},
		{299, 0.99, 293, 299},
		{2994, 0.999, 2988, 2995},
		{2995, 0.999, 2989, 2995},
		{5, 0.5, 1, 5},
		{4, 0.5, 0, 5},
		{0, 0.5, 0, 1},
	}
	for _, test := range tests {
		lo, hi := Ranks(test.n, test.q, 0.05)
		require.Equal(t, [2]int{test.lo, test.hi}, [2]int{lo, hi}, "%d values, q %v", test.n, test.q)
	}
}

// The ranks against sums of binomial probabilities, in rational numbers.
func TestRanksAreExact(t *testing.T) {
	atMost := func(k, n int, q *big.Rat) *big.Rat {
		sum, rest := new(big.Rat), new(big.Rat).Sub(big.NewRat(1, 1), q)
		for i := range k + 1 {
			term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(i)))
			for range i {
				term.Mul(term, q)
			}
			for range n - i {
				term.Mul(term, rest)
			}
			sum.Add(sum, term)
		}
		return sum
	}
	alpha, one := big.NewRat(1, 20), big.NewRat(1, 1)
	for _, n := range []int{1, 2, 7, 12, 30, 41} {
		for _, percent := range []int64{10, 50, 90} {
			q := big.NewRat(percent, 100)
			lo, hi := Ranks(n, float64(percent)/100, 0.05)
			if lo > 0 {
				require.LessOrEqual(t, atMost(lo-1, n, q).Cmp(alpha), 0)
			}
			require.Positive(t, atMost(lo, n, q).Cmp(alpha))
			above := func(u int) *big.Rat { return new(big.Rat).Sub(one, atMost(u-1, n, q)) } // P(u or more)
			if hi <= n {
				require.LessOrEqual(t, above(hi).Cmp(alpha), 0)
			}
			require.Positive(t, above(hi-1).Cmp(alpha))
		}
	}
}

func TestLevels(t *testing.T) {
	flat := even(600, 100, func(int) int64 { return 5 })
	lo, hi := Levels(0.95, flat, 0.05)
	half := 1.7291 * math.Sqrt(0.95*0.05/60000) // Student's t of 19
	require.InDelta(t, 0.95-half, lo, 1e-6)
	require.InDelta(t, 0.95+half, hi, 1e-6)

	waves := even(600, 100, func(i int) int64 { return 10 * int64(i/30%2) })
	wideLo, wideHi := Levels(0.95, waves, 0.05)
	require.Less(t, wideLo, lo)
	require.Greater(t, wideHi, hi)

	_, hi = Levels(0.999, even(50, 1, func(int) int64 { return 0 }), 0.05)
	require.Equal(t, 1.0, hi, "50 values bound no p99.9 from above")
	lo, hi = Levels(0.5, even(9, 1000, func(int) int64 { return 500 }), 0.05)
	require.Equal(t, [2]float64{0, 1}, [2]float64{lo, hi})
}
