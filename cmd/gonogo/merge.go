package main

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"gonogo/report"
)

func newMerge(std stdio) *cobra.Command {
	var outDir string
	cmd := &cobra.Command{
		Use:   "merge FILE FILE...",
		Short: "Make one report of those of several machines that made a load together",
		Long: `merge makes one report of the reports of several runs of the same plan, made at the
same time, as by machines of which none could make the load alone. It sends nothing.

Counts, histograms and what was beyond the limits are added up exactly, second by
second, and the objectives are judged anew: a rate is that of all together. Each run
has its own time, from its own start on. The whole is valid where each run is, and what
was amiss is listed with the machine. The new report can be printed, judged and compared
like any other. "-" reads stdin.

Runs of another plan are refused, with all that differs; another seed is as it should
be. So are runs that did not overlap. The report is written as load_test_merged_ and
the first start, and nothing is overwritten. Its exit code is that of the verdict.`,
		Example: `  gonogo merge web-1.json web-2.json web-3.json
  gonogo merge machines/*/load_test_report_*.json --out-dir merged`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError(fmt.Errorf("want two reports or more, got %d", len(args)), "gonogo report prints a single one")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := mergeFiles(args, std)
			if err != nil {
				return usageError(err)
			}
			return finishMerge(r, outDir, std)
		},
	}
	cmd.Flags().StringVar(&outDir, "out-dir", ".", "`folder` for the report; made where it is missing")
	return cmd
}

// mergeFiles reads the reports one after the other, as a hundred of a day are more than
// should be held at once; every mistake is in the error.
func mergeFiles(names []string, std stdio) (*report.Report, error) {
	var m report.Merge
	var first *planOf
	var wrong []error
	for _, name := range names {
		r, err := readReport(name, std)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("merge %s: %w", name, err))
			continue
		}
		err = m.Add(name, r)
		plan := &planOf{name: name, bodies: r.Run.Bodies, values: planValues(r)}
		switch {
		case err != nil:
			wrong = append(wrong, err)
			if errors.Is(err, report.ErrOtherPlan) {
				wrong = append(wrong, first.unlike(plan)...)
			}
		case first == nil:
			first = plan
		}
		runtime.GC() // the report is gone before the next one is read
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return m.Report(tool())
}

// A planOf is what a run was to do, path by path.
type planOf struct {
	name, bodies string
	values       map[string]string
}

// planValues are those of the effective scenario.
func planValues(r *report.Report) map[string]string {
	values := map[string]string{}
	flatten("", scenarioOfReport(r), values)
	delete(values, "load.seed") // another one is as it should be
	return values
}

// unlike says in what two plans differ.
func (p *planOf) unlike(o *planOf) []error {
	var all []error
	for _, path := range slices.Sorted(maps.Keys(union(p.values, o.values))) {
		if was, is := p.values[path], o.values[path]; was != is {
			all = append(all, fmt.Errorf("%s is %s in %s and %s in %s", path, shown(was), p.name, shown(is), o.name))
		}
	}
	if p.bodies != o.bodies {
		all = append(all, fmt.Errorf("the files that %s and %s sent are not the same", p.name, o.name))
	}
	return all
}

// finishMerge writes and prints the merged report, and ends with its exit code.
func finishMerge(r *report.Report, outDir string, std stdio) error {
	std.saving.Lock()
	_, err := report.Save(outDir, r)
	std.saving.Unlock()
	if err != nil {
		r.ExitCode = exitFailure
	}
	if text := report.Text(std.out, r, styleOf(std)); text != nil {
		return failure(fmt.Errorf("print the summary: %w", text))
	}
	switch {
	case err != nil:
		return failure(err, "choose another --out-dir")
	case r.ExitCode != exitOK:
		return &exitError{code: r.ExitCode}
	}
	return nil
}
