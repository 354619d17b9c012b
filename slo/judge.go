package slo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonogo/measure"
)

// Limits returns the exact counters that judging the objectives needs, each
// once. names are those of the plan's steps and groups, as measure.Config.Names has
// them; a target about any other needs none, since Judge finds that it never ran.
func Limits(objectives []Objective, names []string) []measure.Limit {
	var all []measure.Limit
	seen := map[measure.Limit]bool{}
	for _, o := range objectives {
		for _, b := range o.bands() {
			for _, l := range b.limits(names) {
				if !seen[l] {
					all = append(all, l)
				}
				seen[l] = true
			}
		}
	}
	if slices.ContainsFunc(objectives, func(o Objective) bool { return o.Claim == Inferred }) {
		for _, l := range donors() {
			if !seen[l] {
				all = append(all, l)
			}
		}
	}
	return all
}

// Judge judges every objective by what a run observed in its phases, of which no
// more is known than that the measure phase lasted measured.
func Judge(objectives []Objective, s *measure.Summary, measured time.Duration) []Judgement {
	return RunOf(s, measured).Judge(objectives)
}

// Judge judges every objective by what the run observed, in its measure phase
// unless the objective is about another. It never passes an objective without
// samples, one about a step or group that never ran, or one that Lint refuses.
func (r Run) Judge(objectives []Objective) []Judgement {
	all := make([]Judgement, len(objectives))
	for i, o := range objectives {
		all[i] = r.judge(o)
	}
	return all
}

func (r Run) judge(o Objective) Judgement {
	j := Judgement{
		Objective: o, Verdict: Inconclusive, Band: bandNone, Claim: cmp.Or(o.Claim, Observed),
		Measured: math.NaN(), Unit: o.Go.Unit(), Margin: math.NaN(),
	}
	if err := o.Lint(); err != nil {
		j.Rule = "it cannot be judged: " + err.Error()
		return j
	}
	e, problem := gather(o.Go, r)
	j.Samples = e.samples
	if problem != "" {
		j.Rule = problem
		return j
	}
	switch {
	case j.Claim == Inferred:
		j.asInferred(e)
	case o.Go.Window > 0:
		j.overWindows(e)
	default:
		j.asObserved(e)
	}
	return j
}

// asObserved judges the requests that there were, as a whole.
func (j *Judgement) asObserved(e evidence) {
	held, note, problem := e.held(j.Objective)
	if problem != "" {
		j.Rule = problem
		return
	}
	j.settle(held)
	j.Rule += note
	j.Measured, j.Failed = e.measuredValue(j.Objective, held)
	j.Margin = j.Objective.Go.margin(j.Measured)
}

// overWindows judges every window by itself.
func (j *Judgement) overWindows(e evidence) {
	held, note, worst, problem := e.inWindows(j.Objective)
	if problem != "" {
		j.Rule = problem
		return
	}
	j.settle(held)
	j.Rule += ": " + note
	if j.Worst = worst; worst != nil {
		j.Rule += "; " + worst.text(j.Objective.Go)
		j.Measured = worst.value(j.Objective.Go)
		j.Margin = j.Objective.Go.margin(j.Measured)
	}
}

// settle finds the verdict of bands of which some may be unsure: the one that all
// of what is possible agrees on.
func (j *Judgement) settle(held map[string]truth) {
	var open []string
	sure := map[string]bool{}
	for _, b := range j.Objective.bands() {
		if sure[b.name] = held[b.name] == yes; held[b.name] == unsure {
			open = append(open, b.name)
		}
	}
	for possible := range 1 << len(open) {
		for i, name := range open {
			sure[name] = possible>>i&1 == 1
		}
		v, band, rule := fold(j.Objective, sure)
		if !slices.Contains(j.Touches, v) {
			j.Touches = append(j.Touches, v)
		}
		if possible > 0 && band != j.Band {
			band, rule = bandNone, fmt.Sprintf("it is %s either way", v)
		}
		j.Verdict, j.Band, j.Rule = v, band, rule
	}
	if len(j.Touches) == 1 {
		j.Touches = nil
		return
	}
	slices.SortFunc(j.Touches, func(a, b Verdict) int { return cmp.Compare(a.rank(), b.rank()) })
	j.Verdict, j.Band = Inconclusive, bandNone
	j.Rule = fmt.Sprintf("it may be %s", wordsOf(j.Touches))
}

func wordsOf(verdicts []Verdict) string {
	words := make([]string, len(verdicts))
	for i, v := range verdicts {
		words[i] = string(v)
	}
	return strings.Join(words, " or ")
}

// held tells for each band of an objective, by its name, whether it holds. note is
// about those that could not be judged by an exact counter.
func (e evidence) held(o Objective) (held map[string]truth, note, problem string) {
	held = map[string]truth{}
	for _, b := range o.bands() {
		holds, known := e.holds(b.Target)
		if held[b.name] = truthOf(holds); known {
			continue
		}
		if held[b.name], known = e.holdsByHistogram(b.Target); !known {
			return nil, "", fmt.Sprintf("%s was not counted in this run", b)
		}
		note += "; " + e.bucketWords(b.Target, held[b.name])
	}
	return held, note, ""
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
