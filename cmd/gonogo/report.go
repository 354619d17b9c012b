package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gonogo/measure"
	"gonogo/report"
)

// reportOptions are the flags of report.
type reportOptions struct {
	journal string
	outDir  string
	output  outputOptions
}

func newReport(std stdio) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report FILE",
		Short: "Print a report again, in any form, or make one from a journal",
		Long: `report prints from the file alone what the run printed, or any other form of it: a
page with charts, JUnit, Markdown (gonogo help formats). The file is a report, or a page
that was made of one; "-" reads stdin. The exit code is 0 whatever the verdict was: the
command did its job.

With --from-journal it makes the report of a sustained run from its folder, whether
that has ended, died or is going on; --out-dir also writes it.`,
		Example: `  gonogo report load_test_report_20251214_090212.json
  gonogo report load_test_report_20251214_090212.json --format html -o report.html
  gonogo report report.html --format md
  gonogo report --from-journal load_test_sustained_20251213_160000 --out-dir .`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case o.journal != "" && len(args) == 0:
				return nil
			case o.journal != "":
				return usageError(fmt.Errorf("want a file or --from-journal, got both"))
			}
			return oneReport(nil, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := o.output.one(std); err != nil {
				return usageError(err)
			}
			r, err := o.read(args, std)
			if err != nil {
				return err
			}
			return o.output.give(r, std)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&o.journal, "from-journal", "", "`folder` of a sustained run, or one that holds several: the newest of them")
	o.output.addFormats(cmd.Flags(), textForm)
	cmd.Flags().StringVar(&o.outDir, "out-dir", "", "with --from-journal: `folder` that the report is written to as well")
	return cmd
}

// read returns the report that is to be printed.
func (o *reportOptions) read(args []string, std stdio) (*report.Report, error) {
	if o.journal == "" {
		r, err := readReport(args[0], std)
		if err != nil {
			return nil, usageError(err)
		}
		return r, nil
	}
	r, series, err := reportFromJournal(o.journal, time.Now())
	if err != nil {
		return nil, usageError(err)
	}
	return r, o.write(r, series, std)
}

// write saves a report that was made from a journal, where that is wanted.
func (o *reportOptions) write(r *report.Report, series []measure.Bucket, std stdio) error {
	if o.outDir == "" {
		return nil
	}
	std.saving.Lock()
	defer std.saving.Unlock()
	if _, err := (output{}).save(r, series, o.outDir); err != nil {
		return failure(err, "choose another --out-dir")
	}
	return nil
}

func readReport(name string, std stdio) (*report.Report, error) {
	if name == "-" {
		return report.Read(std.in)
	}
	return report.ReadFile(name)
}
