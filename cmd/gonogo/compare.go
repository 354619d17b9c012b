package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"gonogo/decision"
	"gonogo/internal/terminal"
	"gonogo/report"
	"gonogo/report/html"
	"gonogo/report/versus"
	"gonogo/slo/compare"
)

// compareFlags are the flags of compare.
type compareFlags struct {
	how                 compareOptions
	baseline, candidate []string
	json, allowUnlike   bool
	format, to          string
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
			if err = errors.Join(err, f.readFormat(std)); err != nil {
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
	flags.BoolVar(&f.json, "json", false, "print the comparison as JSON: short for --format json")
	flags.StringVar(&f.format, "format", textForm, "`form` of the comparison: text, json or html")
	flags.StringVarP(&f.to, "output", "o", "-", "`file` for it; - is stdout")
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
	how := versus.Options{Options: o, AllowUnlike: f.allowUnlike, Tool: tool()}
	switch len(args) {
	case 1:
		return again(args[0], how, std)
	case 2:
		baseline, candidate = args[:1], args[1:]
	}
	b, errB := comparableRuns(baseline, std)
	c, errC := comparableRuns(candidate, std)
	if err := errors.Join(errB, errC); err != nil {
		return nil, usageError(err)
	}
	doc, err := versus.Runs(b, c, how)
	return doc, refused(err)
}

// comparableRuns reads the reports; every mistake is in the error.
func comparableRuns(names []string, std stdio) ([]versus.Run, error) {
	var all []versus.Run
	var wrong []error
	for _, name := range names {
		r, err := readReport(name, std)
		if err == nil {
			var run versus.Run
			run, err = versus.Of(name, r)
			all = append(all, run)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("compare %s: %w", name, err))
		}
	}
	return all, errors.Join(wrong...)
}

// refused gives a refusal its exit code.
func refused(err error) error {
	var refusal *versus.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal) && refusal.Unusable:
		return noVerdict(err)
	}
	return usageError(err)
}

// noVerdict ends like a run of which nothing can be told.
func noVerdict(err error) error {
	return &exitError{code: decision.ExitCode(decision.Inconclusive), err: err, hint: []string{"no verdict can be given"}}
}

// print gives the comparison out.
func (f *compareFlags) print(doc *report.ComparisonReport, std stdio) error {
	write := map[string]func(io.Writer) error{
		textForm: func(w io.Writer) error { return report.ComparisonText(w, doc, styleOf(std)) },
		jsonForm: func(w io.Writer) error { return report.EncodeComparison(w, doc) },
		htmlForm: func(w io.Writer) error { return html.WriteComparison(w, doc) },
	}[f.format]
	if err := writeTo(f.to, write, std); err != nil {
		return failure(fmt.Errorf("print the comparison: %w", err))
	}
	if doc.ExitCode != exitOK {
		return &exitError{code: doc.ExitCode}
	}
	return nil
}

// readFormat finds a form that a comparison does not have.
func (f *compareFlags) readFormat(std stdio) error {
	if f.json {
		f.format = jsonForm
	}
	switch {
	case f.format != textForm && f.format != jsonForm && f.format != htmlForm:
		return fmt.Errorf("--format %q: want text, json or html", f.format)
	case f.format == htmlForm && f.to == "-" && terminal.Of(std.out):
		return errPageOnTerminal
	}
	return nil
}

// again compares the two targets of one run by other margins.
func again(name string, o versus.Options, std stdio) (*report.ComparisonReport, error) {
	r, err := readReport(name, std)
	if err != nil {
		return nil, usageError(err)
	}
	doc, err := versus.Targets(name, r, o)
	if err != nil && r.Against == nil {
		return nil, usageError(err, "give the baseline's report and then the candidate's")
	}
	return doc, refused(err)
}
