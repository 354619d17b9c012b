package drift

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// minBlocks is the number of blocks with a value below which nothing is said.
const minBlocks = 20

// maxMissing is the share of the blocks above which nothing passes.
const maxMissing = 0.1

// figures are the answers about a line.
type figures struct {
	drift    estimate // total; without the rhythm when that is visible
	memory   memory   // which goes with it
	plain    float64  // the total drift, whatever rhythm is in it
	quarters estimate
	jump     *jump   // if it was looked for
	alarm    bool    // the jump is one for a verdict
	rhythm   *rhythm // if it was looked for
	visible  bool    // the rhythm is significant
	suspect  bool    // it may be there: no fail may rest on what it explains
}

func judge(r *Run, o Options, from, i int) Judgement {
	s := &r.Series[i]
	l, problem := s.ready(from, o.Cycle, r.Block)
	j := Judgement{
		Series: s.Name, Verdict: Inconclusive, Margin: s.margin(), Span: time.Duration(l.span) * r.Block,
		Blocks: len(l.points), Missing: l.span - len(l.points), Level: math.NaN(),
		Drift: noChange(), PerHour: noChange(), Quarters: noChange(), Lag1: math.NaN(), Effective: math.NaN(),
		Seasonal: l.cycle > 0, Confounded: l.cycle == 0 && s.Reference == nil,
	}
	if problem == "" {
		problem = l.tooLittle()
	}
	if problem != "" {
		j.Rule = problem
		return j
	}
	f := l.look(o, j.Confounded, float64(o.Cycle)/float64(r.Block), uint64(i))
	j.fill(s, r, o, &l, &f)
	w := words{s, r, o, &l, &f}
	j.Notes = w.notes(&j)
	if !j.finite() {
		j.Rule = "the values are too large or too far apart to reckon with"
		return j
	}
	j.Verdict, j.Rule = l.verdict(&f, o, w)
	return j
}

// tooLittle says why a line is not even looked at.
func (l *line) tooLittle() string {
	if len(l.points) < minBlocks {
		return fmt.Sprintf("%d blocks have a value, it takes %d", len(l.points), minBlocks)
	}
	for _, p := range l.points {
		if p.y != l.points[0].y {
			return ""
		}
	}
	if l.slack == 0 && l.noise == 0 {
		return "every block has the same value, and nothing tells how finely it was measured"
	}
	return ""
}

// look finds all the figures.
func (l *line) look(o Options, confounded bool, blocksInCycle float64, stream uint64) figures {
	slope := l.slope()
	f := figures{memory: l.memory(slope.value), plain: slope.value * float64(l.span)}
	f.drift = f.memory.widen(slope.times(float64(l.span)), l.slack)
	f.quarters = f.memory.widen(l.quarters(), l.slack)
	if j, ok := l.jump(o, stream); ok {
		f.jump = &j
		f.alarm = j.p < o.Alpha && l.beyond(j.size, o)
	}
	if !confounded {
		return f
	}
	if found, ok := l.rhythm(blocksInCycle); ok {
		f.rhythm, f.visible, f.suspect = &found, found.p < o.Alpha, found.p < o.FailAlpha
		if f.visible {
			f.drift, f.memory = found.drift, found.memory
		}
		f.alarm = f.alarm && l.jumpsBeside(f.jump.at, blocksInCycle, o)
	}
	return f
}

// verdict is what the figures come to. What shows a degradation goes first; then
// whatever keeps a run from passing; a pass needs every bound inside the margin.
func (l *line) verdict(f *figures, o Options, w words) (Verdict, string) {
	switch {
	case l.drifts(f, o):
		return Fail, w.beyond("the drift over "+w.length(l.span), f.drift)
	case !f.memory.long() && !f.suspect && l.beyond(f.quarters, o):
		return Fail, w.beyond(w.quarters(), f.quarters)
	case f.alarm:
		return Fail, w.jumped()
	case l.apart(f):
		return Fail, w.apart()
	case float64(l.span-len(l.points)) > maxMissing*float64(l.span):
		return Inconclusive, w.missing()
	case l.endsWorse():
		return Inconclusive, w.ending()
	case f.memory.long() && l.together(f):
		return Pass, w.together()
	case f.memory.long():
		return Inconclusive, w.long()
	case !l.inside(f.drift, o):
		return Inconclusive, w.open("the drift over "+w.length(l.span), f.drift)
	case f.visible: // which the quarters cannot be rid of
		return Pass, w.inside()
	case math.IsNaN(f.quarters.value):
		return Inconclusive, "half of the first or of the last quarter has no value"
	case !l.inside(f.quarters, o):
		return Inconclusive, w.open(w.quarters(), f.quarters)
	}
	return Pass, w.inside()
}

// drifts says that there is a drift beyond the margin which a rhythm does not explain.
func (l *line) drifts(f *figures, o Options) bool {
	if f.memory.long() || !l.beyond(f.drift, o) {
		return false
	}
	return f.visible || !f.suspect || !f.rhythm.memory.long() && l.beyond(f.rhythm.drift, o)
}

// beyond says that a change is there, and that FailAlpha allows to call it larger
// than the margin. That it is there is looked for in several places, so each of
// them gets a part of Alpha: where noise is far greater than the margin, it alone
// must not be taken for a degradation more often than that.
func (l *line) beyond(e estimate, o Options) bool {
	there, _ := e.bounds(o.Alpha / 4)
	least, _ := e.bounds(o.FailAlpha)
	return there > 0 && least > l.margin
}

// inside says that a change as large as the margin is ruled out.
func (l *line) inside(e estimate, o Options) bool {
	_, most := e.bounds(o.Alpha)
	return most < l.margin
}

// apart says, without inferring anything, that the end is worse than the start
// by more than the margin: each of the last few blocks than each of the first
// quarter, or each of the last half than each of the first few; where cycles are
// compared, each of the last cycle than the same one of the first. It needs no
// model of the noise, so it is left when blocks repeat each other too much for one.
func (l *line) apart(f *figures) bool {
	if l.cycle > 0 {
		return slices.Min(l.againstFirstCycle())-l.slack > l.margin
	}
	ys := heights(f.withoutRhythm(l.points))
	early := slices.IndexFunc(l.points, func(p point) bool { return p.at >= l.first+l.span/4 })
	late := slices.IndexFunc(l.points, func(p point) bool { return p.at >= l.first+l.span/2 })
	few := len(ys) - minSide
	return early >= minSide && above(ys[few:], ys[:early])-l.slack > l.margin ||
		late >= 0 && late <= few && above(ys[late:], ys[:minSide])-l.slack > l.margin
}

// above is by how much the least of ys is above the greatest of others.
func above(ys, others []float64) float64 { return slices.Min(ys) - slices.Max(others) }

// together says, again without inferring anything, that no block is worse by half
// the margin than one before it, of the same time of day if that matters. A drift
// of the whole margin would have to be hidden by a noise that is its mirror image.
func (l *line) together(f *figures) bool {
	best := map[int]float64{}
	for _, p := range f.withoutRhythm(l.points) {
		s := l.season(p)
		before, ok := best[s]
		if ok && p.y-before+l.slack >= l.margin/2 {
			return false
		}
		if !ok || p.y < before {
			best[s] = p.y
		}
	}
	return true
}

// withoutRhythm are the points less the rhythm, if one is visible.
func (f *figures) withoutRhythm(points []point) []point {
	if !f.visible {
		return points
	}
	flat := slices.Clone(points)
	for i := range flat {
		flat[i].y -= f.rhythm.wave(flat[i])
	}
	return flat
}

// endsWorse says that the run ends in blocks that are worse than all before by
// more than the margin, and that are too few for a jump.
func (l *line) endsWorse() bool {
	ys := heights(l.points)
	for few := 2; few < minSide; few++ {
		if n := len(ys) - few; above(ys[n:], ys[:n]) > l.margin {
			return true
		}
	}
	return false
}

// watch says why the generator's own drift makes the run invalid, if it does,
// and what could not be watched.
func watch(r *Run, o Options, from int) (invalid string, notes []string) {
	for _, w := range r.Watched {
		up := Series{Name: w.Name, Values: w.Values}
		down := up
		down.Worse = Down
		own := Run{Start: r.Start, Block: r.Block, Series: []Series{up, down}}
		for i := range own.Series {
			switch j := judge(&own, o, from, i); {
			case j.Verdict == Fail && invalid == "":
				invalid = fmt.Sprintf("the generator's own %s changed: %s", w.Name, j.Rule)
			case math.IsNaN(j.Drift.Value) && i == 0:
				notes = append(notes, fmt.Sprintf("the generator's own %s could not be watched: %s", w.Name, j.Rule))
			}
		}
	}
	return invalid, notes
}
