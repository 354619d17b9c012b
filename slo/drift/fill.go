package drift

import (
	"math"
	"slices"
	"time"
)

func noChange() Change { return Change{math.NaN(), math.NaN(), math.NaN(), math.NaN()} }

// fill tells the figures of a line in the series' own terms.
func (j *Judgement) fill(s *Series, r *Run, o Options, l *line, f *figures) {
	j.Drift = s.tell(f.drift, o)
	if !math.IsNaN(f.quarters.value) {
		j.Quarters = s.tell(f.quarters, o)
	}
	j.Level = s.level(l, f)
	hours := j.Span.Hours()
	j.PerHour = j.Drift.times(1 / hours)
	if s.Scale == Relative {
		j.PerHour = j.PerHour.times(j.Level)
	}
	j.Lag1, j.Effective = f.memory.lag1, f.memory.effective
	if f.jump != nil && f.jump.p < o.Alpha {
		j.Jump = &Jump{At: time.Duration(f.jump.at) * r.Block, Size: s.change(f.jump.size.value), P: f.jump.p, Alarm: f.alarm}
	}
	if f.rhythm != nil {
		j.Rhythm = &Rhythm{Amplitude: math.Abs(s.change(f.rhythm.amplitude)), P: f.rhythm.p, Visible: f.visible}
	}
}

// tell turns an estimate for a line, where worse is up, into a change of the series.
func (s *Series) tell(e estimate, o Options) Change {
	lo, hi := e.bounds(o.Alpha)
	least, _ := e.bounds(o.FailAlpha)
	c := Change{Value: s.change(e.value), Lower: s.change(lo), Upper: s.change(hi), AtLeast: s.change(least)}
	if s.Worse == Down {
		c.Lower, c.Upper = c.Upper, c.Lower
	}
	return c
}

func (c Change) times(n float64) Change {
	return Change{Value: c.Value * n, Lower: c.Lower * n, Upper: c.Upper * n, AtLeast: c.AtLeast * n}
}

// level is where the trend begins, in the unit of the values.
func (s *Series) level(l *line, f *figures) float64 {
	starts := make([]float64, len(l.points))
	for i, p := range l.points {
		part := (float64(p.at-l.first) + 0.5) / float64(l.span)
		change := s.sign() * f.drift.value * part
		if s.Scale == Share {
			starts[i] = s.value(p.at) - change
		} else {
			starts[i] = s.value(p.at) * math.Exp(-change)
		}
	}
	slices.Sort(starts)
	return middle(starts)
}

// finite tells whether all that a verdict rests on could be reckoned.
func (j *Judgement) finite() bool {
	for _, v := range []float64{j.Drift.Value, j.Drift.Lower, j.Drift.Upper, j.Drift.AtLeast, j.Level, j.PerHour.Value, j.PerHour.Lower, j.PerHour.Upper} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return !math.IsInf(j.Quarters.Lower, 0) && !math.IsInf(j.Quarters.Upper, 0)
}
