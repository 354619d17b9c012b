package drift

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// A line is a series made ready. Worse is up, and a relative change is a
// difference of logarithms: noise is in proportion to the level, and a ratio has
// no start level in it that would have to be estimated as well.
type line struct {
	points []point
	first  int     // the block at which the judged time begins
	span   int     // blocks in the judged time, the missing ones too
	cycle  int     // blocks in a cycle when cycles are compared, else 0
	margin float64 // of the change for the worse
	slack  float64 // how far apart two equal values may really be
	means  bool    // judged by means instead of ranks, see slope.go
	noise  float64 // the variance of a value that counting alone brings
}

// A point is a block that has a value.
type point struct {
	at int // the block
	y  float64
}

// season is the time of day of a point, as a number.
func (l *line) season(p point) int {
	if l.cycle == 0 {
		return 0
	}
	return p.at % l.cycle
}

// ready makes a series ready from a block on, or says why it cannot be judged.
// Cycles are compared when there are two of them, or nearly: a warm-up must not
// cost a run of two days its second one.
func (s *Series) ready(from int, cycle, block time.Duration) (l line, problem string) {
	l = line{first: from, span: max(len(s.Values)-from, 0), means: s.Scale == Share}
	l.margin, l.slack = s.toward(s.margin()), s.toward(s.Resolution)
	if !(l.margin > 0 && l.slack >= 0) || math.IsInf(l.margin+l.slack, 0) || l.means && l.margin >= 1 {
		return l, fmt.Sprintf("a margin of %v with a resolution of %v makes no sense", s.margin(), s.Resolution)
	}
	for i := from; i < len(s.Values); i++ {
		y, odd := s.judged(i)
		switch {
		case odd != "":
			problem = cmp.Or(problem, fmt.Sprintf("block %d of %d: %s", i+1, len(s.Values), odd))
		case !math.IsNaN(y):
			l.points = append(l.points, point{i, y})
		}
	}
	l.noise = s.countingNoise(from)
	if n := int(cycle / block); cycle%block == 0 && 10*l.span >= 19*n && s.Reference == nil {
		l.cycle = n
	}
	if 2*len(l.againstFirstCycle()) < l.cycle {
		l.cycle = 0 // too much of either is missing
	}
	return l, problem
}

func (s *Series) margin() float64 {
	if s.Scale == Share {
		return cmp.Or(s.Margin, DefaultShareMargin)
	}
	return cmp.Or(s.Margin, DefaultMargin)
}

// sign is that of a change for the worse.
func (s *Series) sign() float64 {
	if s.Worse == Down {
		return -1
	}
	return 1
}

// toward turns the size of a change for the worse into one of a line.
func (s *Series) toward(size float64) float64 {
	if s.Scale == Share {
		return size
	}
	return s.sign() * math.Log1p(s.sign()*size)
}

// change turns a change of a line into one of the series.
func (s *Series) change(y float64) float64 {
	if s.Scale == Share {
		return s.sign() * y
	}
	return math.Expm1(s.sign() * y)
}

// value is what the target had in block i: NaN where something is missing.
func (s *Series) value(i int) float64 {
	switch {
	case s.Samples != nil && s.Samples[i] <= 0:
		return math.NaN()
	case s.Own != nil:
		return s.Values[i] - s.Own[i]
	}
	return s.Values[i]
}

// judged is what a line holds of block i: NaN where something is missing, and
// what is odd about it.
func (s *Series) judged(i int) (y float64, odd string) {
	if s.Own != nil && s.Own[i] < 0 {
		return 0, fmt.Sprintf("the generator's own part is %v", s.Own[i])
	}
	y, odd = s.height(s.value(i))
	if odd != "" || s.Reference == nil {
		return y, odd
	}
	against, odd := s.height(s.Reference[i])
	if odd != "" {
		return y, "the reference: " + odd
	}
	return y - against, ""
}

// height is how bad a value is, on the scale of a line.
func (s *Series) height(x float64) (y float64, odd string) {
	switch {
	case math.IsNaN(x):
		return x, ""
	case s.Scale == Share && (x < 0 || x > 1):
		return x, fmt.Sprintf("%v is no share", x)
	case s.Scale == Share:
		return s.sign() * x, ""
	case x <= 0 || math.IsInf(x, 0):
		return x, fmt.Sprintf("%v has no relative change", x)
	}
	return s.sign() * math.Log(x), ""
}

// countingNoise is the variance that a share has in a block of the usual size
// for being counted at all. The three that are added stand for what could have
// been there and was not: no failure in n requests leaves room for 3/n.
func (s *Series) countingNoise(from int) float64 {
	if s.Scale != Share || s.Samples == nil {
		return 0
	}
	var bad, all, blocks float64
	for i := from; i < len(s.Values); i++ {
		if n := float64(s.Samples[i]); n > 0 && !math.IsNaN(s.Values[i]) {
			bad, all, blocks = bad+s.Values[i]*n, all+n, blocks+1
		}
	}
	if all == 0 {
		return 0
	}
	p := min((min(bad, all-bad)+3)/all, 0.5)
	return p * (1 - p) / (all / blocks)
}
