package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"gonogo/report"
	"gonogo/slo"
)

// judgeOptions are the flags of judge.
type judgeOptions struct {
	slo      []string
	scenario string
	claim    string
	json     bool
	output   outputOptions
}

func newJudge(std stdio) *cobra.Command {
	var o judgeOptions
	cmd := &cobra.Command{
		Use:   "judge FILE",
		Short: "Judge an old report again, by other objectives",
		Long: `judge takes the exact counters and the histograms that a report keeps and judges
them again: by other objectives, or as another claim. Without either it judges by
the report's own, which gives the same report. It sends nothing. "-" reads stdin.

Percentiles are judged exactly at limits that the run counted; other limits are read
from its histograms, to 0.1 %. Its exit code is that of the new verdict.`,
		Example: `  gonogo judge load_test_report_20251214_090212.json --slo 'p95 < 150ms' --slo 'success > 99.9%'
  gonogo judge report.json --claim inferred
  gonogo judge report.json --scenario stricter.yaml --json`,
		Args: oneReport,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := readReport(args[0], std)
			if err != nil {
				return usageError(err)
			}
			return judge(r, o, std)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&o.slo, "slo", nil, "an `objective` such as 'p95 < 200ms' in place of the report's")
	flags.StringVar(&o.scenario, "scenario", "", "the objectives of this scenario `file` in place of the report's")
	flags.StringVar(&o.claim, "claim", "", "what objectives are about: `observed` is this run, inferred the service behind it (default: as those of the report, or of the scenario)")
	flags.BoolVar(&o.json, "json", false, "print the new report itself, as JSON: short for --format json")
	o.output.addFormats(flags, textForm)
	_ = cmd.RegisterFlagCompletionFunc("claim", cobra.FixedCompletions([]string{string(slo.Observed), string(slo.Inferred)}, cobra.ShellCompDirectiveNoFileComp)) // it has just been added
	return cmd
}

// oneReport wants one argument.
func oneReport(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError(fmt.Errorf("want one report, got %d arguments", len(args)))
	}
	return nil
}

// judge prints the report as it is by other objectives.
func judge(r *report.Report, o judgeOptions, std stdio) error {
	if o.json {
		o.output.formats = append(o.output.formats, jsonForm)
	}
	objectives, err := o.objectives(r, std)
	if err != nil {
		return usageError(err)
	}
	again, err := r.Rejudge(objectives)
	if err != nil {
		return usageError(fmt.Errorf("judge report %s again: %w", r.Run.ID, err))
	}
	if err := o.output.give(again, std); err != nil {
		return err
	}
	if again.ExitCode != exitOK {
		return &exitError{code: again.ExitCode}
	}
	return nil
}

// objectives are those to judge by.
func (o judgeOptions) objectives(r *report.Report, std stdio) (all []slo.Objective, err error) {
	claim := slo.Claim(o.claim)
	switch {
	case o.claim != "" && claim != slo.Observed && claim != slo.Inferred:
		return nil, fmt.Errorf("--claim %q: want observed or inferred", o.claim)
	case len(o.slo) > 0 && o.scenario != "":
		return nil, errors.New("--slo and --scenario: want one of them")
	case len(o.slo) > 0:
		claim = cmp.Or(claim, claimOf(r))
		all, err = objectivesOf(o.slo)
	case o.scenario != "":
		all, err = o.ofScenario(std)
	default:
		all, err = r.Asked()
	}
	if err != nil {
		return nil, err
	}
	if claim != "" {
		for i := range all {
			all[i].Claim = ""
		}
	}
	all = slo.Claimed(all, claim)
	return all, errors.Join(slo.Lint(all), slo.LintSteps(all, namesIn(r)))
}

// claimOf is the one that the report's objectives make, as far as they can: one in
// windows is never inferred.
func claimOf(r *report.Report) slo.Claim {
	if slices.ContainsFunc(r.Objectives, func(o report.Objective) bool { return o.Claim == string(slo.Inferred) }) {
		return slo.Inferred
	}
	return ""
}

// objectivesOf reads those of --slo.
func objectivesOf(texts []string) ([]slo.Objective, error) {
	var all []slo.Objective
	var errs []error
	for _, text := range texts {
		t, err := slo.ParseTarget(text)
		errs = append(errs, err)
		all = append(all, slo.Objective{Name: t.String(), Go: t, Source: "--slo"})
	}
	return all, errors.Join(errs...)
}

func (o judgeOptions) ofScenario(std stdio) ([]slo.Objective, error) {
	f, err := loadScenario(o.scenario, std)
	if err != nil {
		return nil, err
	}
	c, err := f.Draft(compiling(std, 0))
	if err != nil {
		return nil, err
	}
	return c.Objectives, nil
}

// namesIn are those of the report's steps and groups.
func namesIn(r *report.Report) (all []string) {
	for _, s := range r.Steps {
		all = append(all, s.Name)
	}
	for _, g := range r.Groups {
		all = append(all, g.Name)
	}
	return all
}
