package stats

import "math"

// A Bet gathers evidence about a share, block by block, and may be looked at after each:
// unlike a test that is made once, it keeps its promise however often it is looked at, and
// whenever the run is stopped because of it.
//
// It plays a game that is fair, or worse, as long as the opposite is true. Its wealth
// begins at 1; by Ville's inequality it then ever exceeds 1/alpha with probability alpha at most.
// The promise is about the mean of a block given all before it, so blocks should be longer
// than what goes on in them: 10 s, or more where queues stay long for longer.
//
// See Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting,
// Journal of the Royal Statistical Society B 86, 2024 (arXiv 2010.09686). The wealth is the
// mean of several games with stakes of their own, so that no stake has to be chosen.
type Bet struct {
	limit  float64
	above  bool
	wealth [stakes]float64 // the logarithm of each game's
	most   float64         // the logarithm of the most there ever was
	Blocks int             // that had requests
}

const stakes = 6

// Above gathers evidence that a share is above limit, for failing early.
func Above(limit float64) *Bet { return &Bet{limit: limit, above: true} }

// Below gathers evidence that a share is below limit, for passing early. It needs more
// blocks than Above: even if nothing is bad, 3/limit of them.
func Below(limit float64) *Bet { return &Bet{limit: limit} }

// Add plays one block after the other. Those without requests are no evidence.
func (b *Bet) Add(blocks ...Block) {
	for _, block := range blocks {
		if block.N == 0 {
			continue
		}
		b.Blocks++
		for i := range b.wealth {
			b.wealth[i] += b.gain(i, block.Share())
		}
		b.most = max(b.most, b.Log())
	}
}

// gain is the logarithm of what game i multiplies its wealth by. Stakes are parts of the
// highest that cannot lose everything.
func (b *Bet) gain(i int, share float64) float64 {
	if b.above {
		part := [stakes]float64{.025, .05, .1, .2, .4, .6}[i]
		return math.Log1p(part * ratio(share-b.limit, b.limit))
	}
	part := [stakes]float64{.05, .1, .25, .5, .8, .98}[i]
	return math.Log1p(part * ratio(b.limit-share, 1-b.limit))
}

// ratio of a difference to what it cannot exceed; a limit of 0 is refuted by anything, and by
// nothing it is neither refuted nor confirmed.
func ratio(difference, most float64) float64 {
	if difference == 0 {
		return 0
	}
	return difference / most
}

// Log returns the natural logarithm of the wealth.
func (b *Bet) Log() float64 {
	highest := math.Inf(-1)
	for _, w := range b.wealth {
		highest = max(highest, w)
	}
	if math.IsInf(highest, 0) {
		return highest
	}
	sum := 0.0
	for _, w := range b.wealth {
		sum += math.Exp(w - highest)
	}
	return highest + math.Log(sum/stakes)
}

// P returns a p-value that is valid at any time: the wealth's highest so far, turned over.
func (b *Bet) P() float64 { return math.Exp(-b.most) }

// Holds tells whether the evidence is enough, at alpha, when k such bets are
// looked at side by side and any of them may stop the run.
func (b *Bet) Holds(alpha float64, k int) bool { return b.P() <= alpha/float64(max(1, k)) }
