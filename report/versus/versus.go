// Package versus holds reports of runs against each other: which of them may be compared,
// by which design, and what comes of it. The statistics are slo/compare's.
//
// versus.go compares; run.go makes a report ready and tells from the times of runs how they
// came about; unlike.go says what keeps two runs from being compared, by changes.go, which
// finds where two scenarios differ.
package versus

import (
	"errors"
	"fmt"
	"slices"

	"gonogo/report"
	"gonogo/slo"
	"gonogo/slo/compare"
)

// Options say what is asked, and what is overlooked.
type Options struct {
	compare.Options
	AllowUnlike bool // other lengths, objectives, headers or ways to the target are noted, and no reason to refuse
	Tool        report.Tool
}

// A Refusal says why runs are not compared, with all that is in the way.
type Refusal struct {
	Err error
	// Unusable tells that what was measured allows no verdict; otherwise it is the wrong
	// question.
	Unusable bool
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap implements errors.Unwrap.
func (r *Refusal) Unwrap() error { return r.Err }

// Runs compares runs of a candidate with as many of a baseline, each in any order. An
// error is a *Refusal.
func Runs(baseline, candidate []Run, o Options) (*report.ComparisonReport, error) {
	b, c := inOrder(baseline), inOrder(candidate)
	notes, err := o.alike(slices.Concat(b, c))
	if err != nil {
		return nil, err
	}
	o.GivenRate = givenRate(b[0].report)
	if err := Judgeable(o.Options); err != nil {
		return nil, &Refusal{Err: err}
	}
	shown := report.NewComparison(contrasted(b, c, o.Options), comparedOf(b), comparedOf(c), notes...)
	return report.NewComparisonReport(shown, c[0].report.Run.Scenario, o.Tool), nil
}

// Targets compares the two targets of one run, by other margins than the run did. The name
// is that of its report. An error is a *Refusal.
func Targets(name string, r *report.Report, o Options) (*report.ComparisonReport, error) {
	if r.Against == nil {
		return nil, &Refusal{Err: fmt.Errorf("compare %s: it is the report of one target", name)}
	}
	if why := unusable(r, name); why != "" {
		return nil, &Refusal{Err: errors.New(why), Unusable: true}
	}
	candidate, err := r.Side()
	if err != nil {
		return nil, &Refusal{Err: fmt.Errorf("compare %s: %w", name, err)}
	}
	baseline, err := r.OtherSide()
	if err != nil {
		return nil, &Refusal{Err: fmt.Errorf("compare %s: %w", name, err)}
	}
	how, err := Shared(o.Options)
	if err != nil {
		return nil, &Refusal{Err: err}
	}
	shown := report.NewComparison(compare.Sides(compare.Concurrent, baseline, candidate, how),
		report.Compared{Target: r.Against.Target, Runs: []string{r.Run.ID}, Requests: baseline.Due},
		report.Compared{Target: r.Run.Target, Runs: []string{r.Run.ID}, Requests: candidate.Due})
	return report.NewComparisonReport(shown, r.Run.Scenario, o.Tool), nil
}

// Shared makes options those of two targets that share a load.
func Shared(o compare.Options) (compare.Options, error) {
	o.Shared, o.GivenRate = true, "the coin gives both targets the same load"
	return o, Judgeable(o)
}

// Judgeable refuses options by which nothing gets a verdict.
func Judgeable(o compare.Options) error {
	if slices.ContainsFunc(o.Metrics, func(m compare.Metric) bool { return m.Kind != slo.Rate || o.GivenRate == "" }) {
		return nil
	}
	return fmt.Errorf("--by: nothing of it can be judged, as %s: want a percentile or success in it", o.GivenRate)
}

// alike refuses runs that cannot be compared. The notes are what differs and may.
func (o Options) alike(runs []Run) (notes []string, err error) {
	var wrong, broken []error
	for _, r := range runs[1:] {
		for _, u := range unlike(runs[0].report, r.report, runs[0].name, r.name) {
			if u.safe && o.AllowUnlike {
				notes = append(notes, u.what)
				continue
			}
			wrong = append(wrong, errors.New(u.String()))
		}
		notes = append(notes, otherwise(runs[0], r)...)
	}
	for _, r := range runs {
		if why := unusable(r.report, r.name); why != "" {
			broken = append(broken, errors.New(why))
		}
	}
	switch {
	case len(wrong) > 0:
		first := errors.New("the runs are not alike, so that a difference would say nothing of their targets")
		return nil, &Refusal{Err: errors.Join(slices.Concat([]error{first}, wrong, broken)...)}
	case len(broken) > 0:
		return nil, &Refusal{Err: errors.Join(broken...), Unusable: true}
	}
	return notes, nil
}

// unusable says why a run tells nothing, or "".
func unusable(r *report.Report, name string) string {
	switch {
	case !r.Validity.Valid:
		for _, c := range r.Validity.Checks {
			if !c.OK && !c.Warning {
				return fmt.Sprintf("%s is not valid: %s: %s, limit %s: measure it again", name, c.Name, c.Measured, c.Limit)
			}
		}
		return name + " is not valid: measure it again"
	case r.Run.StoppedEarly:
		return name + " was stopped early: measure it again, to the end"
	case r.Evidence != nil && r.Evidence.Why != "":
		return name + " is of a run that is not finished: " + r.Evidence.Why
	}
	return ""
}
