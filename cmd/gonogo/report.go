package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gonogo/report"
)

func newReport(std stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "report FILE",
		Short: "Print the summary of a report again",
		Long: `report prints from the file alone what the run printed. Its exit code is 0 whatever
the verdict was: the command did its job. "-" reads stdin.`,
		Example: "  gonogo report load_test_report_20251214_090212.json",
		Args:    oneReport,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := readReport(args[0], std)
			if err != nil {
				return usageError(err)
			}
			if err := report.Text(std.out, r, styleOf(std)); err != nil {
				return failure(fmt.Errorf("print the summary: %w", err))
			}
			return nil
		},
	}
}

func readReport(name string, std stdio) (*report.Report, error) {
	if name == "-" {
		return report.Read(std.in)
	}
	return report.ReadFile(name)
}
