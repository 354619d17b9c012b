package drift

import (
	"cmp"
	"math"
	"slices"
)

// minEffective is the number of independent blocks below which nothing is
// inferred. Correlation 0.5 leaves 24 blocks worth 8.
const minEffective = 8

// A memory is how much blocks repeat the ones before them.
type memory struct {
	lag1      float64 // correlation of a block with the next
	inflation float64 // by which variances of means and slopes grow
	effective float64 // independent blocks that they are worth
}

// long says that the blocks repeat each other too much to infer anything.
func (m memory) long() bool { return !(m.effective >= minEffective) }

// widen makes an estimate from independent blocks one from these.
func (m memory) widen(e estimate, slack float64) estimate {
	e.sd *= math.Sqrt(m.inflation)
	e.df = m.effective - 2
	e.slack = slack
	return e
}

// memory finds it in what is left when a trend is taken out, and the usual value
// of each time of day.
func (l *line) memory(slope float64) memory {
	left := make([]point, len(l.points))
	bySeason := make([][]float64, max(l.cycle, 1))
	for i, p := range l.points {
		left[i] = point{p.at, p.y - slope*float64(p.at-l.first)}
		bySeason[l.season(p)] = append(bySeason[l.season(p)], left[i].y)
	}
	if l.cycle == 0 {
		return l.remember(left, 0)
	}
	used := 0
	for _, ys := range bySeason {
		slices.Sort(ys)
		used += min(len(ys), 1)
	}
	for i := range left {
		left[i].y -= middle(bySeason[l.season(left[i])])
	}
	return l.remember(left, used)
}

// remember finds the memory of points of which used values were estimated from
// themselves. The correlation is that of the scores; it is raised by what a series
// that has lost its trend falls short of the truth (Kendall 1954), and a negative
// one does not make an estimate better.
func (l *line) remember(left []point, used int) memory {
	n := float64(len(left) - used)
	scores := l.scores(left)
	var together, pairs, variance float64
	for i, s := range scores {
		variance += s * s / float64(len(scores))
		if i > 0 && left[i].at == left[i-1].at+1 {
			together += s * scores[i-1]
			pairs++
		}
	}
	m := memory{inflation: 1}
	if pairs > 0 && variance > 0 {
		m.lag1 = together / pairs / variance
	}
	m.lag1 = min(m.lag1+(2+4*m.lag1)/n, 0.99)
	if m.lag1 > 0 {
		m.inflation = (1 + m.lag1) / (1 - m.lag1)
	}
	m.effective = n / m.inflation
	return m
}

// scores are what stands for the values, about its mean: ranks; by means, the
// values themselves, for among many blocks without a failure ranks see a trend
// that is none.
func (l *line) scores(points []point) []float64 {
	if !l.means {
		return ranks(points)
	}
	ys := heights(points)
	m := mean(ys)
	for i := range ys {
		ys[i] -= m
	}
	return ys
}

// ranks are those of the points about their mean, the same for equal values.
func ranks(points []point) []float64 {
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(points[i].y, points[j].y) })
	rank := make([]float64, len(points))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && points[order[j]].y == points[order[i]].y {
			j++
		}
		for _, at := range order[i:j] {
			rank[at] = float64(i+j-len(order)) / 2
		}
		i = j
	}
	return rank
}
