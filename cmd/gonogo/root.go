package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot returns the command tree. It holds no state between runs.
func newRoot(std stdio) *cobra.Command {
	root := &cobra.Command{
		Use:   "gonogo",
		Short: "May this release go live? Load it, judge it, decide.",
		Long: `gonogo makes HTTP load, judges what it measured against objectives, and says
GO, CONDITIONAL-GO or NO-GO, with a JSON report that a launch can hang on.

  gonogo load https://staging.example.test/health --users 1000 --duration 60s \
         --slo 'p95 < 200ms' --slo 'success > 99.5%'`,
		SilenceErrors: true, // run prints them, once
		SilenceUsage:  true, // a page of flags hides the error above it
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.AddCommand(
		newLoad(std),
		newSoak(std),
		newWatch(std),
		newStop(std),
		newPlan(std),
		newCapacity(std),
		newCalibrate(std),
		hastily(newReport(std), std),
		newServe(std),
		hastily(newJudge(std), std),
		hastily(newCompare(std), std),
		hastily(newMerge(std), std),
		hastily(newValidate(std), std),
		newScenarios(std),
		newInit(std),
		newImport(std),
		newRecord(std),
		newTarget(std),
		newVersion(std),
	)
	root.AddCommand(helpTopics()...)
	root.SetHelpCommand(newHelp(root))
	root.Version = version
	return root
}

// calledCommand names the command that args call, for a hint.
func calledCommand(root *cobra.Command, args []string) string {
	if cmd, _, err := root.Find(args); err == nil {
		return cmd.CommandPath()
	}
	return root.CommandPath()
}

// misreadHint says what to write instead of a command line that was not understood:
// other load generators take a URL at once, and short flags.
func misreadHint(root *cobra.Command, args []string, err error) string {
	called := calledCommand(root, args)
	if called == root.Name() && len(args) > 0 && strings.Contains(args[0], "://") {
		return fmt.Sprintf("gonogo load %s --users 10 makes load", args[0])
	}
	for short, long := range map[string]string{
		"c": "--users", "u": "--users", "d": "--duration", "r": "--rate", "t": "--timeout", "H": "--header", "k": "--insecure", "X": "--method", "x": "--proxy",
	} {
		if strings.HasPrefix(err.Error(), "unknown shorthand flag: '"+short+"' ") {
			return fmt.Sprintf("flags are written out here, such as %s; %s --help lists what there is", long, called)
		}
	}
	return called + " --help lists what there is"
}
