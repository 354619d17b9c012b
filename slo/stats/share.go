package stats

import (
	"fmt"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// The number of blocks that a run is cut into, and with how few there are no bounds.
const (
	usualBlocks = 20
	leastBlocks = 10
)

// A Share is what a run says about a share of bad requests.
type Share struct {
	N, Bad    int64
	Value     float64 // Bad / N
	Lo, Hi    float64 // its bounds; 0 and 1 where there are none
	Deff      float64 // how many requests count as one: the design effect, 1 or more
	Effective float64 // how many independent requests say as much; N at most
	Blocks    int     // of how many blocks
	Borrowed  bool    // Deff is that of the donor: with no bad request, or only bad ones, it cannot be seen
	Doubt     string  // why no verdict may be given on these bounds, in words; "" if one may
}

// Estimate bounds a share of bad requests. Each bound is one-sided: with probability
// alpha the truth is below Lo, with alpha above Hi, as long as there is no Doubt.
//
// donor are the same seconds, counted by something that happens more often, such as
// being slower than the run's own p90; nil if there is nothing. It lends its design effect where
// no request is bad, or all are. Without a donor each block then counts as one request.
//
// The interval is that of Korn and Graubard (Confidence intervals for proportions
// with small expected number of positive counts estimated from survey data, Survey
// Methodology 24, 1998): Clopper and Pearson's, with the effective sample size.
func Estimate(cells, donor []Block, alpha float64) Share {
	total := Sum(cells)
	s := Share{N: total.N, Bad: total.Bad, Value: total.Share(), Hi: 1, Deff: 1}
	blocks := Blocks(cells, usualBlocks)
	s.Blocks = len(blocks)
	switch {
	case s.N < 1:
		s.Doubt = "no request was due"
		return s
	case s.Blocks < leastBlocks:
		s.Doubt = fmt.Sprintf("run too short: it lasted %d s, bounds need %d at least", len(cells), leastBlocks)
		return s
	}
	seen := cells
	if s.Bad == 0 || s.Bad == s.N {
		s.Borrowed, seen = true, donor
	}
	s.weigh(Blocks(seen, usualBlocks), alpha)
	s.Lo, s.Hi = clopperPearson(s.Value*s.Effective, s.Effective, alpha)
	s.Doubt = tooShort(seen)
	return s
}

// weigh finds how many independent requests the run is worth.
func (s *Share) weigh(seen []Block, alpha float64) {
	t := distuv.StudentsT{Sigma: 1, Nu: float64(s.Blocks - 1)}.Quantile(1 - alpha)
	price := square(distuv.UnitNormal.Quantile(1-alpha) / t) // of knowing the variance from few blocks only
	deff, ok := designEffect(seen)
	if !ok {
		deff = float64(s.N) / float64(s.Blocks)
	}
	s.Deff = max(1, deff)
	s.Effective = float64(s.N) / s.Deff * min(1, price)
}

// designEffect tells how many times the variance of a share is that of independent
// requests; ok is false where it cannot be seen.
func designEffect(blocks []Block) (deff float64, ok bool) {
	total := Sum(blocks)
	p := total.Share()
	if p == 0 || p == 1 {
		return 1, false
	}
	return variance(blocks) / (p * (1 - p) / float64(total.N)), true
}

// variance is that of the share, taken as a ratio of sums over blocks.
func variance(blocks []Block) float64 {
	total, b := Sum(blocks), float64(len(blocks))
	if total.N == 0 || b < 2 {
		return 0
	}
	sum := 0.0
	for _, e := range residuals(blocks) {
		sum += e * e
	}
	return b / (b - 1) * sum / square(float64(total.N))
}

// residuals are how many bad requests each block has more than its part.
func residuals(blocks []Block) []float64 {
	p := Sum(blocks).Share()
	e := make([]float64, len(blocks))
	for j, b := range blocks {
		e[j] = float64(b.Bad) - p*float64(b.N)
	}
	return e
}

// clopperPearson bounds a share of which x in n were seen; neither has to be whole.
func clopperPearson(x, n, alpha float64) (lo, hi float64) {
	lo, hi = 0, 1
	if x > 0 {
		lo = mathext.InvRegIncBeta(x, n-x+1, alpha)
	}
	if x < n {
		hi = 1 - mathext.InvRegIncBeta(n-x, x+1, alpha) // and not the quantile at 1-alpha, which loses digits
	}
	return lo, hi
}

func square(x float64) float64 { return x * x }

// correlation is the lag-1 correlation of values whose mean is 0.
func correlation(e []float64) float64 {
	sum, squares := 0.0, 0.0
	for j, x := range e {
		squares += x * x
		if j > 0 {
			sum += x * e[j-1]
		}
	}
	if squares == 0 {
		return 0
	}
	return sum / squares
}
