// Package capacity searches for the highest load that still meets the
// objectives. It is pure: it says which level to try next, and somebody else
// tries it.
package capacity

import "math"

// An Outcome is what trying a level came to.
type Outcome int

// The outcomes of a trial.
const (
	Met    Outcome = iota // every objective holds
	Missed                // one does not
	Unsure                // the instrument failed, or the run was too short to tell
)

// A Trial is a level that was tried.
type Trial struct {
	Level   float64
	Outcome Outcome
}

// A Search goes up from From in steps of a factor until a level is missed, or To
// is met; then it halves the ratio between the highest level met and the lowest
// missed until that is within Precision. The level found is tried once more, so
// that one lucky trial is not a capacity; when it is missed then, the search goes
// on below.
type Search struct {
	From, To  float64 // levels above 0
	Factor    float64 // above 1
	Precision float64 // as a share: 0.05 is 5 %
	Whole     bool    // levels are whole numbers
}

// A Finding is where a search stands.
type Finding struct {
	Next   float64 // the level to try; 0 when the search is over
	Best   float64 // the highest level that was met and not missed since; 0 is none
	Missed float64 // the lowest level that was missed; 0 is none
	Sure   bool    // Best was met twice, or is To
	Why    string  // how the search ended
}

// Next says what to try after these trials, in the order in which they were made.
// One that was unsure ends the search: what lies above cannot be told here.
func (s Search) Next(trials []Trial) Finding {
	f := s.stand(trials)
	switch {
	case len(trials) == 0:
		f.Next = s.From
	case trials[len(trials)-1].Outcome == Unsure:
		f.Why = "the generator or the run could not tell at the last level"
	case f.Missed == 0 && f.Best >= s.top():
		f.Sure, f.Why = true, "the highest level to be tried was met"
	case f.Missed == 0:
		f.Next = s.above(f.Best)
	case f.Best == 0 && f.Missed <= s.lowest():
		f.Why = "the objectives were missed at the lowest level"
	case f.Best == 0:
		f.Next = s.below(f.Missed)
	case !s.within(f.Best, f.Missed):
		f.Next = s.level(math.Sqrt(f.Best * f.Missed))
	case !f.Sure:
		f.Next = f.Best
	default:
		f.Why = "bracketed within the precision and met twice"
	}
	return f
}

// stand goes through the trials: a level that is missed takes back all that was
// met at it and above.
func (s Search) stand(trials []Trial) Finding {
	met := map[float64]int{}
	var f Finding
	for _, t := range trials {
		switch t.Outcome {
		case Met:
			met[t.Level]++
		case Missed:
			if f.Missed == 0 || t.Level < f.Missed {
				f.Missed = t.Level
			}
		}
	}
	for level, times := range met {
		if (f.Missed == 0 || level < f.Missed) && level > f.Best {
			f.Best, f.Sure = level, times > 1
		}
	}
	return f
}

// top is the highest level to be tried.
func (s Search) top() float64 {
	if s.Whole {
		return math.Floor(s.To)
	}
	return s.To
}

// above is the level after one that was met, which rounding never makes the same.
func (s Search) above(met float64) float64 {
	next := s.level(met * s.Factor)
	if s.Whole {
		next = max(next, met+1)
	}
	if next <= met {
		return s.top()
	}
	return min(next, s.top())
}

// below is the level after one that was missed.
func (s Search) below(missed float64) float64 {
	next := s.level(missed / s.Factor)
	if s.Whole {
		next = min(next, missed-1)
	}
	if next >= missed {
		return s.lowest()
	}
	return max(next, s.lowest())
}

// lowest is where a search that finds nothing gives up.
func (s Search) lowest() float64 { return s.level(s.From / 100) }

// within tells whether nothing is left to try between the two.
func (s Search) within(best, missed float64) bool {
	next := s.level(math.Sqrt(best * missed))
	return missed/best <= 1+s.Precision || next <= best || next >= missed
}

// level rounds to three digits, which people can read, or to a whole number.
func (s Search) level(l float64) float64 {
	if s.Whole {
		return max(1, math.Round(l))
	}
	unit := math.Pow(10, math.Floor(math.Log10(l))-2)
	return math.Round(l/unit) * unit
}
