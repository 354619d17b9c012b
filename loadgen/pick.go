package loadgen

import (
	"math"
	"math/rand/v2"
)

// A pick is what an iteration does: the flow of that number, or where the plan has
// none the step. Of two targets it goes to that whose steps are other steps further.
type pick struct{ n, other int }

// A picker picks for each iteration by weight, and of two targets by a coin.
type picker struct {
	all   []int // what there is to pick
	upTo  []int // sums of the weights; nil: there is one
	r     *rand.Rand
	coin  *rand.Rand // nil where there is one target
	other int
}

// picker picks for a user of a load, or for arrivals, which are nobody's.
func (p *Plan) picker(l Load, r *rand.Rand, user int) picker {
	picks := picker{r: r, all: l.picks}
	if len(l.picks) > 1 {
		sum := 0
		for _, n := range l.picks {
			sum += p.weight(n)
			picks.upTo = append(picks.upTo, sum)
		}
	}
	if p.Against != nil {
		picks.coin, picks.other = p.random(coinRow+user), len(p.Steps)
	}
	return picks
}

func (p *Plan) weight(n int) int {
	if len(p.Flows) > 0 {
		return p.Flows[n].Weight
	}
	return p.Steps[n].Weight
}

// nobody is the user of arrivals.
const nobody = -1

func (p picker) pick() pick {
	return pick{n: p.choose(), other: p.side()}
}

// side is how many steps further those of the target are that the coin falls on.
func (p picker) side() int {
	if p.coin != nil && p.coin.IntN(2) == 1 {
		return p.other
	}
	return 0
}

func (p picker) choose() int {
	if p.upTo == nil {
		return p.all[0]
	}
	n := p.r.IntN(p.upTo[len(p.upTo)-1])
	for i, sum := range p.upTo {
		if n < sum {
			return p.all[i]
		}
	}
	return p.all[len(p.all)-1]
}

// Rows of random numbers, all of the plan's seed: one for the gaps between
// arrivals, one for what they pick, one for each user, one for the sample of gaps
// that are looked at, one for the coin of each user, and of arrivals, and one for
// what each user decides on its way. Other loads than the plan's own have gaps and
// picks of their own.
const (
	gapRow = iota
	pickRow
	userRow
	sampleRow = math.MaxInt
	coinRow   = math.MinInt + 1
	walkRow   = math.MinInt / 2
	loadRows  = math.MinInt / 4 / maxLoads
	maxLoads  = 1 << 20
)

func (p *Plan) random(row int) *rand.Rand { return rand.New(rand.NewPCG(p.Seed, uint64(row))) }

// A Load is who starts iterations, and when.
type Load struct {
	Closed *Closed
	Open   *Open

	first int   // number of its first user, or connection
	picks []int // flows, or where there are none steps, that its iterations run
}

// Loads are the plan's own load, if any, and those of its flows.
func (p *Plan) Loads() []Load {
	var own Load
	var others []Load
	for i, f := range p.Flows {
		if f.Closed == nil && f.Open == nil {
			own.picks = append(own.picks, i)
		} else {
			others = append(others, Load{Closed: f.Closed, Open: f.Open, picks: []int{i}})
		}
	}
	if len(p.Flows) == 0 {
		for i := range p.Steps {
			own.picks = append(own.picks, i)
		}
	}
	if p.Closed != nil || p.Open != nil {
		own.Closed, own.Open = p.Closed, p.Open
		others = append([]Load{own}, others...)
	}
	first := 0
	for i := range others {
		others[i].first = first
		first += others[i].Connections()
	}
	return others
}

// Connections is how many users, or connections of arrivals, there can be.
func (l Load) Connections() int {
	if l.Closed != nil {
		return l.Closed.Users
	}
	return l.Open.MaxInFlight
}
