package slo

import (
	"fmt"
	"math"
	"time"

	"gonogo/measure"
)

// Limits returns the exact counters that judging the objectives needs, each
// once. steps are the names of the plan's steps, in order; a target about any
// other step needs none, since Judge finds that it never ran.
func Limits(objectives []Objective, steps []string) []measure.Limit {
	var all []measure.Limit
	seen := map[measure.Limit]bool{}
	for _, o := range objectives {
		for _, b := range o.bands() {
			for _, l := range b.limits(steps) {
				if !seen[l] {
					all = append(all, l)
				}
				seen[l] = true
			}
		}
	}
	return all
}

// Judge judges every objective by what a run observed in its measure phase,
// which lasted measured. It never passes an objective without samples, one about
// a step that never ran, or one that Lint refuses.
func Judge(objectives []Objective, s *measure.Summary, measured time.Duration) []Judgement {
	all := make([]Judgement, len(objectives))
	for i, o := range objectives {
		all[i] = judge(o, s, measured)
	}
	return all
}

func judge(o Objective, s *measure.Summary, measured time.Duration) Judgement {
	j := Judgement{
		Objective: o, Verdict: Inconclusive, Band: bandNone, Claim: Observed,
		Measured: math.NaN(), Unit: o.Go.Unit(), Margin: math.NaN(),
	}
	if err := o.Lint(); err != nil {
		j.Rule = "it cannot be judged: " + err.Error()
		return j
	}
	e, problem := gather(o.Go, s, measured)
	j.Samples = e.samples
	if problem != "" {
		j.Rule = problem
		return j
	}
	held, problem := e.held(o)
	if problem != "" {
		j.Rule = problem
		return j
	}
	j.Verdict, j.Band, j.Rule = fold(o, held)
	j.Measured, j.Failed = e.measuredValue(o, held)
	j.Margin = o.Go.margin(j.Measured)
	return j
}

// held tells for each band of an objective, by its name, whether it holds.
func (e evidence) held(o Objective) (map[string]bool, string) {
	held := map[string]bool{}
	for _, b := range o.bands() {
		holds, known := e.holds(b.Target)
		if !known {
			return nil, fmt.Sprintf("%s was not counted in this run", b)
		}
		held[b.name] = holds
	}
	return held, ""
}

// fold turns the bands that hold into a verdict: no_go before go before
// conditional. With a no_go band, what lies in no band is a gap that somebody has
// to decide on; without one, there is nothing worse that it could have been.
func fold(o Objective, held map[string]bool) (v Verdict, band, rule string) {
	switch {
	case held[bandNoGo]:
		return Fail, bandNoGo, fmt.Sprintf("%s holds", o.NoGo)
	case held[bandGo]:
		return Pass, bandGo, fmt.Sprintf("%s holds", o.Go)
	case held[bandConditional]:
		return Conditional, bandConditional, fmt.Sprintf("%s holds, %s does not", o.Conditional, o.Go)
	case o.NoGo == nil && o.Conditional == nil:
		return Fail, bandNone, fmt.Sprintf("%s does not hold", o.Go)
	case o.NoGo == nil:
		return Fail, bandNone, fmt.Sprintf("neither %s nor %s holds", o.Go, o.Conditional)
	case o.Conditional == nil:
		return Conditional, bandGap, fmt.Sprintf("gap between bands: neither %s nor %s holds", o.Go, o.NoGo)
	}
	return Conditional, bandGap, fmt.Sprintf("gap between bands: neither %s nor %s holds", o.Conditional, o.NoGo)
}

// margin tells how far a measured value is on the good side of the limit, see
// Judgement.Margin.
func (t Target) margin(measured float64) float64 {
	limit := t.Limit.Float()
	distance := limit - measured
	switch {
	case distance == 0: // and not -0
	case t.Op == Equal:
		distance = -math.Abs(distance)
	case t.Op == NotEqual:
		distance = math.Abs(distance)
	case t.Op == Greater || t.Op == GreaterEqual:
		distance = -distance
	}
	if t.Unit() == Percent || t.Unit() == Count {
		return distance
	}
	if limit == 0 {
		return math.NaN()
	}
	return distance / limit
}
