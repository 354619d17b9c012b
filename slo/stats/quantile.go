package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Levels returns the quantiles to read from a merged histogram as the bounds of the
// quantile q (0.95 for p95): the lower edge of the bucket at lo, the upper edge of the
// one at hi. beyond are the cells, a request being bad if it is beyond the quantile that
// was measured. A level of 0 or 1 means that the run has no bound on that side. It is
// for display: a verdict asks Estimate about the share beyond the limit.
//
// The method is that of Woodruff (Confidence intervals for medians and other position
// measures, Journal of the American Statistical Association 47, 1952).
func Levels(q float64, beyond []Block, alpha float64) (lo, hi float64) {
	blocks := Blocks(beyond, usualBlocks)
	total := Sum(blocks)
	if total.N < 1 || len(blocks) < leastBlocks {
		return 0, 1
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(len(blocks) - 1)}.Quantile(1 - alpha)
	v := max(variance(blocks), q*(1-q)/float64(total.N))
	return max(0, q-t*math.Sqrt(v)), min(1, q+t*math.Sqrt(v))
}

// Ranks returns which of n ordered independent values bound the quantile q, each
// bound at alpha; rank 1 is the smallest value. Rank 0 stands for no lower bound, rank n+1 for no
// upper one. The requests of a run are not independent; the values of repeated runs are.
func Ranks(n int, q, alpha float64) (lo, hi int) {
	for lo < n && binomialAtMost(lo, n, q) <= alpha {
		lo++
	}
	hi = n + 1
	for hi > 1 && 1-binomialAtMost(hi-2, n, q) <= alpha {
		hi--
	}
	return lo, hi
}

// binomialAtMost is the probability of k or fewer among n.
func binomialAtMost(k, n int, q float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-q)
}
