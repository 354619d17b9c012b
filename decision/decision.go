// Package decision folds what was judged into one verdict with its reasons. It
// is pure: no input or output, no clock.
//
// verdict.go holds the verdicts and their order; decision.go the fold of a run.
package decision

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonogo/slo"
	"gonogo/slo/validity"
)

// A Decision is the verdict of a run and, unless that is GO, why: the worst
// reasons first. Reasons is never nil.
type Decision struct {
	Verdict Verdict
	Reasons []string
}

// OfRun decides by the worst of all: the instrument's validity, each judgement,
// and whether the run came to its end. What failed in an invalid run is listed
// all the same. A run without objectives is INCONCLUSIVE: nothing was asked, so
// nothing was answered.
//
// stopped says why a rule ended the run, which is a no; "" when none did.
func OfRun(judgements []slo.Judgement, valid validity.Validity, stoppedEarly bool, stopped string) Decision {
	var all []finding
	all = append(all, ofValidity(valid)...)
	for _, j := range judgements {
		all = append(all, ofJudgement(j))
	}
	switch {
	case stopped != "":
		all = append(all, finding{NoGo, "stopped early: " + stopped})
	case stoppedEarly:
		all = append(all, finding{Inconclusive, "stopped early: the rest of the plan was not run"})
	}
	if len(judgements) == 0 {
		all = append(all, finding{Inconclusive, "no objective was set: give one, such as --slo 'p95 < 200ms'"})
	}
	return fold(all)
}

// Unfinished is the decision on a run that goes on, or never came to its end, for a
// reason: nothing better than INCONCLUSIVE.
func (d Decision) Unfinished(why string) Decision {
	at := len(d.Reasons)
	if d.Verdict = Worst(d.Verdict, Inconclusive); d.Verdict == Inconclusive {
		at = 0 // the others may be of its making
	}
	d.Reasons = slices.Insert(slices.Clone(d.Reasons), at, why)
	return d
}

// A finding is one thing that bears on a decision. GO has no reason.
type finding struct {
	verdict Verdict
	reason  string
}

func fold(all []finding) Decision {
	slices.SortStableFunc(all, func(a, b finding) int { return cmp.Compare(b.verdict.rank(), a.verdict.rank()) })
	d := Decision{Verdict: Go, Reasons: []string{}}
	for _, f := range all {
		d.Verdict = Worst(d.Verdict, f.verdict)
		if f.verdict != Go {
			d.Reasons = append(d.Reasons, f.reason)
		}
	}
	return d
}

// ofValidity lists the checks that invalidate. It trusts neither the sum nor
// the parts alone: a run is valid when both say so.
func ofValidity(v validity.Validity) []finding {
	var all []finding
	for _, c := range v.Checks {
		if !c.OK && !c.Warning {
			all = append(all, finding{Invalid, fmt.Sprintf("the measurement is not valid: %s: %s, limit %s: %s", c.Name, c.Measured, c.Limit, c.Reason)})
		}
	}
	if len(all) == 0 && !v.Valid {
		all = append(all, finding{Invalid, "the measurement is not valid: the instrument did not prove itself"})
	}
	return all
}

// ofJudgement takes a verdict that it does not know for no verdict. Evidence that
// leaves open whether an objective is a pass or conditional is enough for the worse
// of the two, and not for more.
func ofJudgement(j slo.Judgement) finding {
	if j.Verdict == slo.Inconclusive && slices.Equal(j.Touches, []slo.Verdict{slo.Pass, slo.Conditional}) {
		return finding{ConditionalGo, "insufficient evidence: " + reason(j)}
	}
	switch j.Verdict {
	case slo.Pass:
		return finding{Go, ""}
	case slo.Conditional:
		return finding{ConditionalGo, reason(j)}
	case slo.Fail:
		return finding{NoGo, reason(j)}
	}
	return finding{Inconclusive, reason(j)}
}

// reason names the objective, the limit in the rule that fired, and what was
// measured if anything was.
func reason(j slo.Judgement) string {
	text := j.Rule
	target := j.Objective.Go.String()
	if name := cmp.Or(j.Objective.Name, target); !j.HasValue() || name != target || !strings.Contains(text, target) {
		text = name + ": " + text
	}
	switch {
	case j.Failed:
		text += ": so many requests failed"
	case j.HasValue():
		text += ": measured " + j.MeasuredText()
	}
	return text
}
