package main

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"gonogo/report"
	"gonogo/report/versus"
)

// mergeOptions are the flags of merge.
type mergeOptions struct {
	outDir string
	output outputOptions
}

func newMerge(std stdio) *cobra.Command {
	var o mergeOptions
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
  gonogo merge web-1/report.json web-2/report.json --format html --out-dir merged`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError(fmt.Errorf("want two reports or more, got %d", len(args)), "gonogo report prints a single one")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			out, err := o.output.resolve(std)
			if err != nil {
				return usageError(err)
			}
			r, err := mergeFiles(args, std)
			if err != nil {
				return usageError(err)
			}
			return o.finish(r, out, std)
		},
	}
	cmd.Flags().SortFlags = false
	o.output.add(cmd.Flags())
	cmd.Flags().StringVar(&o.outDir, "out-dir", ".", "`folder` for the report; made where it is missing")
	return cmd
}

// mergeFiles reads the reports one after the other, as a hundred of a day are more than
// should be held at once; every mistake is in the error.
func mergeFiles(names []string, std stdio) (*report.Report, error) {
	var m report.Merge
	var first *report.Report // without its figures
	var firstName string
	var wrong []error
	for _, name := range names {
		r, err := readReport(name, std)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("merge %s: %w", name, err))
			continue
		}
		err = m.Add(name, r)
		switch {
		case err != nil:
			wrong = append(wrong, err)
			if errors.Is(err, report.ErrOtherPlan) {
				wrong = append(wrong, otherPlan(first, r, firstName, name)...)
			}
		case first == nil:
			first, firstName = &report.Report{Run: r.Run}, name
		}
		runtime.GC() // the report is gone before the next one is read
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return m.Report(tool())
}

// otherPlan says in what two plans differ.
func otherPlan(one, other *report.Report, nameOne, nameOther string) []error {
	var all []error
	for _, c := range versus.Changes(versus.Scenario(one), versus.Scenario(other)) {
		if c.Path != "load.seed" { // another one is as it should be
			all = append(all, fmt.Errorf("%s is %s in %s and %s in %s", c.Path, cmp.Or(c.Was, "not set"), nameOne, cmp.Or(c.Is, "not set"), nameOther))
		}
	}
	if one.Run.Bodies != other.Run.Bodies {
		all = append(all, fmt.Errorf("the files that %s and %s sent are not the same", nameOne, nameOther))
	}
	return all
}

// finish writes and prints the merged report, and ends with its exit code.
func (o *mergeOptions) finish(r *report.Report, out output, std stdio) error {
	std.saving.Lock()
	paths, err := out.keep(r, o.outDir)
	std.saving.Unlock()
	return o.output.conclude(r, out, paths, err, std)
}
