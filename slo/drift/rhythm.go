package drift

import "math"

// A rhythm is a sine of one cycle in a line that is too short to compare cycles,
// and what is left of its trend without it.
type rhythm struct {
	amplitude float64
	wave      func(point) float64 // the sine
	p         float64
	drift     estimate // total
	memory    memory
}

// rhythm fits a straight line and a sine of one cycle together. It is not ok
// below half a cycle, where the two cannot be told apart.
func (l *line) rhythm(blocksInCycle float64) (found rhythm, ok bool) {
	if float64(l.span) < blocksInCycle/2 {
		return rhythm{}, false
	}
	line := func(p point) float64 { return (float64(p.at-l.first) + 0.5) / float64(l.span) }
	with, ok := l.regress(blocksInCycle, line)
	if !ok {
		return rhythm{}, false
	}
	without, _ := l.regress(0, line)
	found.memory = l.memoryBeside(with)
	found.drift = found.memory.widen(with.estimate(1, l.noise), l.slack)
	a, b := with.coefficients[2], with.coefficients[3]
	found.amplitude = math.Hypot(a, b)
	found.wave = func(p point) float64 {
		sin, cos := sincos(p, blocksInCycle)
		return a*sin + b*cos
	}
	// F with 2 and df degrees of freedom, whose tail has a closed form.
	df := max(found.memory.effective-4, 1)
	f := (without.rss - with.rss) / 2 / (max(with.variance(), l.noise) * found.memory.inflation)
	found.p = math.Pow(1+2*max(f, 0)/df, -df/2)
	return found, !math.IsNaN(found.p)
}

// regress fits a level, a column and, unless there is no cycle, a sine of any phase.
func (l *line) regress(blocksInCycle float64, column func(point) float64) (regression, bool) {
	var rows [][]float64
	var ys []float64
	for _, p := range l.points {
		row := []float64{1, column(p)}
		if blocksInCycle > 0 {
			sin, cos := sincos(p, blocksInCycle)
			row = append(row, sin, cos)
		}
		rows, ys = append(rows, row), append(ys, p.y)
	}
	return fit(rows, ys)
}

func sincos(p point, blocksInCycle float64) (sin, cos float64) {
	return math.Sincos(2 * math.Pi * (float64(p.at) + 0.5) / blocksInCycle)
}

// memoryBeside finds the memory in what a regression leaves.
func (l *line) memoryBeside(r regression) memory {
	left := make([]point, len(l.points))
	for i, p := range l.points {
		left[i] = point{p.at, r.left[i]}
	}
	return l.remember(left, len(r.coefficients)-2)
}

// variance is that of the residuals.
func (r regression) variance() float64 {
	return r.rss / float64(len(r.left)-len(r.coefficients))
}

// estimate is a coefficient, with independent residuals.
func (r regression) estimate(i int, noise float64) estimate {
	return estimate{value: r.coefficients[i], sd: math.Sqrt(max(r.variance(), noise) * r.inverse[i])}
}

// jumpsBeside tells whether a jump is still beyond the margin when a rhythm of
// the same run may explain as much of it as it can.
func (l *line) jumpsBeside(at int, blocksInCycle float64, o Options) bool {
	r, ok := l.regress(blocksInCycle, func(p point) float64 {
		if p.at < at {
			return 0
		}
		return 1
	})
	if !ok {
		return false
	}
	m := l.memoryBeside(r)
	return !m.long() && l.beyond(m.widen(r.estimate(1, l.noise), l.slack), o)
}
