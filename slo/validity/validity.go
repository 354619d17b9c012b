// Package validity asks whether the instrument proved itself: whether what a run
// counted is of the target, and under the planned load.
//
// Facts are what that takes beside the measurements (facts.go). The checks are of
// the requests one by one (requests.go, punctuality.go), of the whole of them
// (coverage.go), and of the generator's process (generator.go).
package validity

import (
	"slices"

	"gonogo/measure"
	"gonogo/slo"
)

// A Validity says whether the instrument proved itself. An invalid run can
// never be GO and is never called the target's failure.
type Validity struct {
	Valid  bool
	Checks []Check
}

// A Check is one proof that the instrument did what it was asked to.
type Check struct {
	Name     string // such as "lag"; checks lists them
	OK       bool
	Warning  bool // not OK, and yet the run stays valid
	Measured string
	Limit    string
	Reason   string // what it means, when not OK
	Remedy   string // what to do about it, when not OK
}

// Of asks whether the instrument proved itself in a run, with the limits of the
// design. What invalidates is an effect on what was measured.
//
// Some effects are counted against the objectives already: a dropped request is
// one that is not ok, a clamped response time is above its limit, a step that a
// failing flow never reached has no samples. With these a run can fail but not
// honestly pass. So they only warn where an objective failed, the target having
// failed under no more than was planned, and invalidate everywhere else.
func Of(r slo.Run, f Facts, objectives []slo.Objective) Validity {
	in := instrument{Facts: f, run: r, summary: r.Summary, total: r.Summary.Total(), objectives: objectives}
	in.failed = slices.ContainsFunc(r.Judge(objectives), func(j slo.Judgement) bool { return j.Verdict == slo.Fail })
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
	run        slo.Run
	summary    *measure.Summary
	total      *measure.Figures
	objectives []slo.Objective
	failed     bool // an objective failed
}

// countedAgainst makes a check only warn when an objective failed, see Of.
func (in instrument) countedAgainst(c Check) Check {
	if !c.OK && in.failed {
		c.Warning = true
		c.Reason += "; the objectives failed all the same, so this only warns"
	}
	return c
}
