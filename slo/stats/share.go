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

// enoughEvents is how many independent bad requests tell by themselves how bad
// requests come: with fewer, a run may have missed the waves that it should have seen.
const enoughEvents = 15

// A Background is the same cells, counted by what happens often in any run. It shows
// the waves in which requests come where the bad ones are too few to show them. A request
// that is not ok is slower than any. What is nil is not known.
type Background struct {
	Median []Block // bad: slower than the run's own median
	Tail   []Block // bad: slower than the run's own p90
}

// A Share is what a run says about a share of bad requests.
type Share struct {
	N, Bad    int64
	Value     float64 // Bad / N
	Lo, Hi    float64 // its bounds; 0 and 1 where there are none
	Deff      float64 // how many requests count as one: the design effect, 1 or more
	Effective float64 // how many independent requests say as much; N at most
	Blocks    int     // of how many blocks
	Waves     float64 // the design effect of the background's median: how long a run must be, see LongEnough
	Borrowed  bool    // Deff is the background's: few requests are bad, and their own is lower or cannot be seen
	Doubt     string  // why no verdict may be given on these bounds, in words; "" if one may
}

// Estimate bounds a share of bad requests. Each bound is one-sided: with probability
// alpha the truth is below Lo, with alpha above Hi, as long as there is no Doubt.
//
// A Doubt is about these bounds. It is nothing against a Bet: what that holds is shown, however
// short the run was, so that a long outage in a short run still fails it.
//
// The background lends its design effect where few requests are bad. Without one, where
// none is bad or all are, each block counts as one request.
//
// The interval is that of Korn and Graubard (Confidence intervals for proportions
// with small expected number of positive counts estimated from survey data, Survey
// Methodology 24, 1998): Clopper and Pearson's, with the effective sample size. Borrowing is
// ours, see docs/decisions/0010-few-bad-requests.md.
func Estimate(cells []Block, background Background, alpha float64) Share {
	total := Sum(cells)
	s := Share{N: total.N, Bad: total.Bad, Value: total.Share(), Hi: 1, Deff: 1}
	blocks := Blocks(cells, usualBlocks)
	s.Blocks = len(blocks)
	switch {
	case s.N < 1:
		s.Doubt = "no request was due"
		return s
	case s.Blocks < leastBlocks:
		s.Doubt = fmt.Sprintf("run too short: it lasted %d s, bounds need %d s at least", len(cells), leastBlocks)
		return s
	}
	s.weigh(blocks, background.Tail)
	s.Effective = float64(s.N) / s.Deff / price(s.Blocks, alpha)
	s.Lo, s.Hi = clopperPearson(s.Value*s.Effective, s.Effective, alpha)
	s.guard(cells, background.Median)
	return s
}

// price is how many times the requests it takes that the variance is known from so
// many blocks only.
func price(blocks int, alpha float64) float64 {
	t := distuv.StudentsT{Sigma: 1, Nu: float64(blocks - 1)}.Quantile(1 - alpha)
	return max(1, square(t/distuv.UnitNormal.Quantile(1-alpha)))
}

// weigh finds the design effect: that of the bad requests themselves, but not less than
// the background's. The more independent bad requests there are, the less that counts.
func (s *Share) weigh(blocks, tail []Block) {
	deff, seen := designEffect(blocks)
	floor, known := lent(tail)
	if !known && !seen {
		floor = float64(s.N) / float64(s.Blocks)
	}
	s.Deff = max(1, deff)
	if events := float64(min(s.Bad, s.N-s.Bad)) / s.Deff; events > enoughEvents {
		floor *= enoughEvents / events
	}
	if !seen || floor > s.Deff {
		s.Deff, s.Borrowed = max(1, floor), known
	}
}

// lent is the design effect of the background. Where it still grows with the length of blocks, it is
// taken to where it would end: what blocks miss is about inverse to their length.
func lent(tail []Block) (deff float64, known bool) {
	blocks, halves := Blocks(tail, usualBlocks), Blocks(tail, 2*usualBlocks)
	deff, known = designEffect(blocks)
	if short, _ := designEffect(halves); len(halves) > len(blocks) {
		n, m := float64(len(blocks)), float64(len(halves))
		deff = max(deff, (deff*m-short*n)/(m-n))
	}
	return deff, known
}

// designEffect tells how many times the variance of a share is that of independent
// requests; seen is false where all requests are alike, and it is 0.
func designEffect(blocks []Block) (deff float64, seen bool) {
	total := Sum(blocks)
	p := total.Share()
	if p == 0 || p == 1 {
		return 0, false
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
