package drift

import (
	"math"
	"math/rand/v2"
	"slices"
)

// minSide is the number of blocks that a change of level needs on either side.
const minSide = 6

// A jump is the likeliest lasting change for the worse.
type jump struct {
	at   int // the first block of the higher level
	size estimate
	p    float64
}

// jump looks for one change of level for the worse. That there is one is told by
// the highest standardised difference of mean ranks, of means for shares, over
// all places (a CUSUM; Pettitt 1979), as often as it is as high when stretches of
// blocks are permuted that are longer than their memory. Where it is, by the
// smallest distances to the levels on both sides. It is not ok if the line is too
// short, or if the blocks repeat each other too much even without the change.
func (l *line) jump(o Options, stream uint64) (jump, bool) {
	points := l.lastCycles()
	if len(points) < 2*minSide {
		return jump{}, false
	}
	scores := l.scores(points)
	at, height := split(scores)
	if !l.means {
		at = place(heights(points), at)
	}
	before, after := heights(points[:at]), heights(points[at:])
	m := l.remember(slices.Concat(flat(points[:at], level(before)), flat(points[at:], level(after))), 0)
	if m.long() {
		return jump{}, false
	}
	return jump{
		at:   points[at].at,
		size: m.widen(l.shift(before, after), l.slack),
		p:    permuted(scores, height, m, o, stream),
	}, true
}

// flat are points less a level.
func flat(points []point, level float64) []point {
	low := slices.Clone(points)
	for i := range low {
		low[i].y -= level
	}
	return low
}

// lastCycles are the points of a line; where cycles are compared, those after the first
// cycle, less the usual value of the others at their time of day.
func (l *line) lastCycles() []point {
	if l.cycle == 0 {
		return l.points
	}
	var points []point
	for _, p := range l.points {
		if p.at < l.first+l.cycle {
			continue
		}
		var others []float64
		for _, q := range l.points {
			if q.at != p.at && l.season(q) == l.season(p) {
				others = append(others, q.y)
			}
		}
		if len(others) > 0 {
			points = append(points, point{p.at, p.y - level(others)})
		}
	}
	return points
}

// split is where the scores after are highest above those before, and how high.
func split(scores []float64) (at int, height float64) {
	n := len(scores)
	var sum, total float64
	for _, s := range scores {
		total += s
	}
	at, height = minSide, math.Inf(-1)
	for k := 1; k <= n-minSide; k++ {
		sum += scores[k-1]
		if k < minSide {
			continue
		}
		before, after := float64(k), float64(n-k)
		if h := ((total-sum)/after - sum/before) * math.Sqrt(before*after); h > height {
			at, height = k, h
		}
	}
	return at, height
}

// place is where the values are nearest to the medians of both sides, of which the
// one after is higher. Ranks alone put a clear jump too far from the end.
func place(ys []float64, otherwise int) int {
	at, least := otherwise, math.Inf(1)
	for k := minSide; k <= len(ys)-minSide; k++ {
		low, below := distances(ys[:k])
		high, above := distances(ys[k:])
		if sum := below + above; high > low && sum < least {
			at, least = k, sum
		}
	}
	return at
}

// distances are the median and the sum of the distances to it.
func distances(ys []float64) (median, sum float64) {
	median = level(ys)
	for _, y := range ys {
		sum += math.Abs(y - median)
	}
	return median, sum
}

// stretch is the number of blocks after which a tenth of the correlation is left.
func stretch(lag1 float64, blocks int) int {
	n := 1
	for r := lag1; r > 0.1; r *= lag1 {
		n++
	}
	return min(max(n, 2), blocks/8)
}

// cutOff is by how much sums over many stretches in any order vary less than
// those over blocks that remember the ones before: what permuting takes away.
func cutOff(m memory, stretch int) float64 {
	within, r := 1.0, 1.0
	for k := 1; k < stretch; k++ {
		r *= max(m.lag1, 0)
		within += 2 * (1 - float64(k)/float64(stretch)) * r
	}
	return math.Sqrt(within / m.inflation)
}

// permuted is the chance of a split as high when stretches come in any order.
func permuted(scores []float64, height float64, m memory, o Options, stream uint64) float64 {
	random := rand.New(rand.NewPCG(o.Seed, stream))
	size := stretch(m.lag1, len(scores))
	stretches := slices.Collect(slices.Chunk(scores, size))
	order := make([]int, len(stretches))
	for i := range order {
		order[i] = i
	}
	height *= cutOff(m, size) * (1 - 1e-12)
	mixed := make([]float64, 0, len(scores))
	asHigh := 1
	for range o.Permutations {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		mixed = mixed[:0]
		for _, i := range order {
			mixed = append(mixed, stretches[i]...)
		}
		if _, h := split(mixed); h >= height {
			asHigh++
		}
	}
	return float64(asHigh) / float64(o.Permutations+1)
}

func heights(points []point) []float64 {
	ys := make([]float64, len(points))
	for i, p := range points {
		ys[i] = p.y
	}
	return ys
}

// level is the median of a list that need not be sorted.
func level(ys []float64) float64 { return middle(slices.Sorted(slices.Values(ys))) }
