package report

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// consistent finds a verdict that the report's own parts do not bear. The worst of
// them decides, so one that is better than they are was not reached by judging.
func (r *Report) consistent() error {
	verdict := decision.Verdict(r.Verdict)
	if code := decision.ExitCode(verdict); r.ExitCode != code && !r.interrupted() {
		return fmt.Errorf("at /exit_code: is %d: want %d, that of %s", r.ExitCode, code, verdict)
	}
	if err := errors.Join(r.Timeline.consistent(), r.partsAgree()); err != nil {
		return err
	}
	if r.Kind != KindLoad && r.Kind != KindSoak {
		return nil
	}
	if best := r.best().Verdict; decision.Worst(verdict, best) != verdict {
		return fmt.Errorf("at /verdict: is %s: want %s, as its objectives and its validity have it", verdict, best)
	}
	return nil
}

// interrupted tells whether a signal ended the run, which the exit code then says: 128
// and its number.
func (r *Report) interrupted() bool { return r.Run.StoppedEarly && r.ExitCode > 128 }

// best is the decision that the parts of the report amount to.
func (r *Report) best() decision.Decision {
	var judged []slo.Judgement
	for _, o := range r.Objectives {
		j := slo.Judgement{Objective: slo.Objective{Name: o.Name}, Verdict: slo.Verdict(o.Verdict), Rule: o.Rule, Measured: math.NaN()}
		for _, v := range o.Touches {
			j.Touches = append(j.Touches, slo.Verdict(v))
		}
		judged = append(judged, j)
	}
	valid := validity.Validity{Valid: r.Validity.Valid}
	for _, c := range r.Validity.Checks {
		valid.Checks = append(valid.Checks, validity.Check(c))
	}
	d := decision.OfRun(slices.Concat(judged, r.Drift.Judgements(), r.Comparison.Judgements()), valid, r.Run.StoppedEarly, r.Run.Stop.Reason())
	if r.Evidence != nil && r.Evidence.Why != "" {
		d = d.Unfinished(r.Evidence.Why)
	}
	return d
}

// agrees compares what judging again takes with the figures that people read: one of
// them being damaged must not go into a verdict.
func (r *Report) agrees(run slo.Run, facts validity.Facts) error {
	for i, f := range run.Summary.Steps() {
		if got, want := accounting(&f.Counts), r.Steps[i].Accounting; got != want {
			return fmt.Errorf("the counters that it keeps of step %q are not those that it states: damaged, or changed by hand", f.Name)
		}
	}
	for i, f := range run.Summary.Groups() {
		if got, want := accounting(&f.Counts), r.Groups[i].Accounting; got != want {
			return fmt.Errorf("the counters that it keeps of group %q are not those that it states: damaged, or changed by hand", f.Name)
		}
	}
	length := run.Spans[measure.Measure].Length
	if facts.Measured != length {
		return fmt.Errorf("it keeps %s of measuring as a fact and %s as a phase: damaged, or changed by hand", facts.Measured, length)
	}
	stated := 0.0
	for _, p := range r.Phases {
		if p.Name == measure.Measure.String() {
			stated = p.Length
		}
	}
	if stated != length.Seconds() {
		return fmt.Errorf("it keeps a measure phase of %s and states one of %g s: damaged, or changed by hand", length, stated)
	}
	return nil
}
