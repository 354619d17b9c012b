package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gonogo/scenarios"
)

func newValidate(std stdio) *cobra.Command {
	var schema bool
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Find every mistake in scenario files; send nothing",
		Example: `  gonogo validate scenarios/*.yaml
  generate-scenario | gonogo validate -
  gonogo validate --schema > scenario.schema.json`,
		ValidArgsFunction: completeScenarios,
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				_, err := std.out.Write(scenarios.Schema())
				return err
			}
			if len(args) == 0 {
				return usageError(errors.New("want one scenario file or more, got none"))
			}
			return validate(args, std)
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of the scenario file, for editors")
	return cmd
}

// validate goes through all files before it ends: all mistakes at once.
func validate(names []string, std stdio) error {
	var errs []error
	for _, name := range names {
		f, err := loadScenario(name, std)
		var c *scenarios.Compiled
		if err == nil {
			c, err = f.Draft(compiling(std, 0))
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.Close()
		sayWarnings(c, std)
		fmt.Fprintf(std.out, "%s: ok\n", name)
	}
	if len(errs) > 0 {
		return usageError(errors.Join(errs...))
	}
	return nil
}

// sayWarnings prints what is no mistake in a scenario and yet not well.
func sayWarnings(c *scenarios.Compiled, std stdio) {
	for _, w := range c.Warnings {
		fmt.Fprintf(std.err, "gonogo: warning: %v\n", masked(c, w))
	}
}

func newScenarios(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenarios",
		Short: "List the ready-made scenarios",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, r := range scenarios.AllReadyMade() {
				fmt.Fprintf(std.out, "%-24s %s\n", r.Name, r.Description)
			}
			return nil
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:               "show NAME",
		Short:             "Print the file of a ready-made scenario",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeScenarios,
		RunE: func(_ *cobra.Command, args []string) error {
			for _, r := range scenarios.AllReadyMade() {
				if r.Name == args[0] {
					_, err := std.out.Write(r.YAML)
					return err
				}
			}
			return usageError(fmt.Errorf("no ready-made scenario is called %q", args[0]), "gonogo scenarios lists them")
		},
	})
	return cmd
}
