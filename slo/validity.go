package slo

import (
	"slices"

	"gonogo/measure"
)

// Validate asks whether the instrument proved itself, with the limits of the
// design. What invalidates is an effect on what was measured.
//
// Some effects are counted against the objectives already: a dropped request is
// one that is not ok, a clamped response time is above its limit, a step that a
// failing flow never reached has no samples. With these a run can fail but not
// honestly pass. So they only warn where an objective failed, the target having
// failed under no more than was planned, and invalidate everywhere else.
func Validate(s *measure.Summary, f Facts, objectives ...Objective) Validity {
	return RunOf(s, f.Measured).Validate(f, objectives)
}

// Validate is the same for a Run whose phases are known.
func (r Run) Validate(f Facts, objectives []Objective) Validity {
	in := instrument{Facts: f, run: r, summary: r.Summary, total: r.Summary.Total(), objectives: objectives}
	in.failed = slices.ContainsFunc(r.Judge(objectives), func(j Judgement) bool { return j.Verdict == Fail })
	v := Validity{Valid: true}
	for _, look := range checks() {
		c, applies := look(in)
		if !applies {
			continue
		}
		if c.OK {
			c.Warning, c.Reason, c.Remedy = false, "", ""
		}
		v.Valid = v.Valid && (c.OK || c.Warning)
		v.Checks = append(v.Checks, c)
	}
	return v
}

// With returns the validity with checks of others.
func (v Validity) With(checks []Check) Validity {
	v.Checks = slices.Concat(v.Checks, checks)
	for _, c := range checks {
		v.Valid = v.Valid && (c.OK || c.Warning)
	}
	return v
}

// checks is the list to add to. Each returns what it found, and whether it has
// anything to say about this run; what it says for the case that the check is not
// OK may be there always.
func checks() []func(instrument) (c Check, applies bool) {
	return []func(instrument) (Check, bool){
		checkAccounting, checkLag, checkDrops, checkRate, checkCells, checkArrivals, // requests
		checkClipping, checkLocal, checkCoverage, checkSamples, checkLength, // the whole of them
		checkStall, checkClock, checkCPU, checkScheduling, checkGC, // the generator
	}
}

// An instrument is what the checks look at.
type instrument struct {
	Facts
	run        Run
	summary    *measure.Summary
	total      *measure.Figures
	objectives []Objective
	failed     bool // an objective failed
}

// countedAgainst makes a check only warn when an objective failed, see Validate.
func (in instrument) countedAgainst(c Check) Check {
	if !c.OK && in.failed {
		c.Warning = true
		c.Reason += "; the objectives failed all the same, so this only warns"
	}
	return c
}
