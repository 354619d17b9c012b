package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"gonogo/decision"
	"gonogo/report"
	"gonogo/slo/compare"
)

// compareFlags are the flags of compare.
type compareFlags struct {
	how                 compareOptions
	baseline, candidate []string
	json, allowUnlike   bool
}

func newCompare(std stdio) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare BASELINE CANDIDATE",
		Short: "Say whether one run is worse than another, by their reports",
		Long: `compare holds the report of a candidate against that of a baseline. Whether it is
worse is told by bounds of each difference, from blocks of time: a pass needs a bound
within the margin, a fail one beyond it, and all else is inconclusive. It sends nothing.

Two runs that were made one after the other differ in the time, too: they are
CONDITIONAL-GO at most. For more, share a load between both targets in the same
seconds (gonogo load --against), or measure in turn, baseline, candidate, baseline,
candidate, at least five of each, and give all reports by --baseline and --candidate.
The report of a load --against alone is compared again, by other margins.

Runs of another load, other requests or other objectives are refused, and so are those
that are not valid. Their targets may differ. Exit codes are those of load.`,
		Example: `  gonogo compare load_test_report_20251213_091500.json load_test_report_20251214_090212.json
  gonogo compare before.json after.json --margin 5% --by p95,success
  gonogo compare --baseline a1.json --baseline a2.json --candidate b1.json --candidate b2.json
  gonogo compare canary_and_stable.json --margin 5%`,
		Args: f.arguments,
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := f.how.read()
			if err != nil {
				return usageError(err)
			}
			doc, err := f.compared(args, o, std)
			if err != nil {
				return err
			}
			return f.print(doc, std)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.how.add(flags)
	flags.StringArrayVar(&f.baseline, "baseline", nil, "`report` of a run of the baseline, once for each of several")
	flags.StringArrayVar(&f.candidate, "candidate", nil, "`report` of a run of the candidate, as many as of the baseline")
	flags.BoolVar(&f.allowUnlike, "allow-unlike", false, "overlook other lengths, objectives, headers or ways to the target; never another load or other requests")
	flags.BoolVar(&f.json, "json", false, "print the comparison as JSON")
	return cmd
}

// arguments wants two reports, or one that holds two sides, or those of the flags.
func (f *compareFlags) arguments(_ *cobra.Command, args []string) error {
	const how = "give the baseline's report and then the candidate's, or as many --baseline as --candidate"
	flags := len(f.baseline) + len(f.candidate)
	switch {
	case flags > 0 && len(args) > 0:
		return usageError(errors.New("want reports as arguments or by --baseline and --candidate, not both"), how)
	case flags > 0 && len(f.baseline) != len(f.candidate):
		return usageError(fmt.Errorf("%s of the baseline and %d of the candidate: want as many of each", plural(len(f.baseline), "report"), len(f.candidate)), how)
	case flags == 0 && len(args) != 1 && len(args) != 2:
		return usageError(fmt.Errorf("want two reports, got %d arguments", len(args)), how)
	}
	return nil
}

// compared reads the reports and compares them.
func (f *compareFlags) compared(args []string, o compare.Options, std stdio) (*report.ComparisonReport, error) {
	baseline, candidate := f.baseline, f.candidate
	switch len(args) {
	case 1:
		return again(args[0], o, std)
	case 2:
		baseline, candidate = args[:1], args[1:]
	}
	b, errB := comparableRuns(baseline, std)
	c, errC := comparableRuns(candidate, std)
	if err := errors.Join(errB, errC); err != nil {
		return nil, usageError(err)
	}
	notes, err := f.alike(slices.Concat(b, c))
	if err != nil {
		return nil, err
	}
	o.GivenRate = givenRate(b[0].report)
	if err := judgeable(o); err != nil {
		return nil, usageError(err)
	}
	shown := report.NewComparison(contrasted(b, c, o), comparedOf(b), comparedOf(c), notes...)
	return report.NewComparisonReport(shown, c[0].report.Run.Scenario, tool()), nil
}

// alike refuses runs that cannot be compared, with all that is in the way. The notes
// are what differs and may.
func (f *compareFlags) alike(runs []measuredRun) (notes []string, err error) {
	var wrong, broken []error
	safe := 0
	for _, r := range runs[1:] {
		for _, u := range unlike(runs[0].report, r.report, runs[0].name, r.name) {
			if u.safe && f.allowUnlike {
				notes = append(notes, u.what)
				continue
			}
			if u.safe {
				safe++
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
		return nil, usageError(errors.Join(slices.Concat([]error{errors.New("the runs are not alike, so that a difference would say nothing of their targets")}, wrong, broken)...))
	case len(broken) > 0:
		return nil, noVerdict(errors.Join(broken...))
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

// noVerdict ends like a run of which nothing can be told.
func noVerdict(err error) error {
	return &exitError{code: decision.ExitCode(decision.Inconclusive), err: err, hint: []string{"no verdict can be given"}}
}

func (f *compareFlags) print(doc *report.ComparisonReport, std stdio) error {
	var err error
	if f.json {
		err = report.EncodeComparison(std.out, doc)
	} else {
		err = report.ComparisonText(std.out, doc, styleOf(std))
	}
	if err != nil {
		return failure(fmt.Errorf("print the comparison: %w", err))
	}
	if doc.ExitCode != exitOK {
		return &exitError{code: doc.ExitCode}
	}
	return nil
}

// again compares the two targets of one run by other margins.
func again(name string, o compare.Options, std stdio) (*report.ComparisonReport, error) {
	r, err := readReport(name, std)
	if err != nil {
		return nil, usageError(err)
	}
	if r.Against == nil {
		return nil, usageError(fmt.Errorf("compare %s: it is the report of one target", name), "give the baseline's report and then the candidate's")
	}
	if why := unusable(r, name); why != "" {
		return nil, noVerdict(errors.New(why))
	}
	candidate, err := r.Side()
	if err != nil {
		return nil, usageError(fmt.Errorf("compare %s: %w", name, err))
	}
	baseline, err := r.OtherSide()
	if err != nil {
		return nil, usageError(fmt.Errorf("compare %s: %w", name, err))
	}
	o, err = shared(o)
	if err != nil {
		return nil, usageError(err)
	}
	shown := report.NewComparison(compare.Sides(compare.Concurrent, baseline, candidate, o),
		report.Compared{Target: r.Against.Target, Runs: []string{r.Run.ID}, Requests: baseline.Due},
		report.Compared{Target: r.Run.Target, Runs: []string{r.Run.ID}, Requests: candidate.Due})
	return report.NewComparisonReport(shown, r.Run.Scenario, tool()), nil
}
