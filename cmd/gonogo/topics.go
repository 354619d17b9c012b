package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gonogo/report"
	"gonogo/scenarios"
)

// helpTopics are the tables that `gonogo help TOPIC` prints.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodes},
		{Use: "env", Short: "Which environment variables are read", Long: environmentHelp()},
		{Use: "formats", Short: "In which forms a report is given out", Long: formatsHelp()},
		{Use: "objectives", Short: "How objectives are written", Long: objectivesHelp},
	}
}

// newHelp is cobra's help command, but that a topic that does not exist is a
// mistake and not a page.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command or topic]",
		Short: "Help about a command, or exit-codes, env, formats or objectives",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usageError(fmt.Errorf("there is no command or help topic %q", strings.Join(args, " ")), "gonogo --help lists them")
			}
			return cmd.Help()
		},
	}
}

const exitCodes = `Exit codes:

    0  GO, or the command did its job
    1  gonogo itself failed: a full disk, a bug
    2  never chosen by us: a Go panic, so that CI can tell a crash from a verdict
    3  bad flags, scenario or limits of this machine; nothing was sent
    4  the target cannot be reached; nothing was measured
   10  NO-GO
   11  CONDITIONAL-GO, not yet approved
   12  INCONCLUSIVE or INVALID: no verdict can be given
  130  SIGINT, 143 SIGTERM, 129 SIGHUP: the first one drains and writes the
       report, which says that the run was stopped early; the second ends at
       once. What was ignored at the start stays so, as under nohup`

const objectivesHelp = `Objectives:

  p95 < 200ms             a percentile of the response time: p50, p99.9, any
  mean, min, max          of the response time
  success > 99.5%         share of the planned requests that ended well
  error_rate < 1%         share of those that did not
  rate >= 450/s           good answers a second
  status_429 == 0         answers with a status
  p95{checkout} < 300ms   any of them for one step

Operators: < <= > >= == !=

Each is about the whole measure phase, unless more is said behind the limit:

  p95 < 200ms every 1m            in every minute; windows slide by a second
  success > 99% in 99% of 10s     in such a share of the windows
  p95 > 500ms in any 1m           in one window at least, for a no_go
  p95 < 1s during ramp            in another phase: ramp or warm-up

Every request that was planned counts: one that failed, was dropped or was never
answered is slower than any limit. In a scenario file an objective can have bands:

  objectives:
    - name: p95
      go: p95 < 200ms
      conditional: p95 < 300ms
      no_go: p95 > 500ms
      claim: inferred

A claim says what a verdict is about. observed, the default, is this run: its
requests are counted. inferred is the service behind it, within bounds that
each hold at 95 %; where they touch a limit, the verdict is inconclusive and
says how much longer the run would have to be. Percentiles, success and
error_rate of the whole measure phase can be inferred. gonogo plan says
beforehand how long a run must be.`

func formatsHelp() string {
	var b strings.Builder
	b.WriteString("Forms of a report, for --format, several with commas:\n\n")
	for _, f := range forms(report.Style{}) {
		fmt.Fprintf(&b, "  %-12s %-22s %s\n", f.name, f.extension, f.says)
	}
	b.WriteString(`
Those with an extension are files beside the report, which is always written; the
others are printed. With -o FILE, one form goes to that file and nothing else is
printed; -o - is stdout. With --format or --html, the files are copied to names that do
not change as well: load_test_report_latest.json and so on.

Where GITHUB_ACTIONS is true, github is on unless --format has none: annotations on
stderr, the summary to $GITHUB_STEP_SUMMARY, outputs to $GITHUB_OUTPUT. The exit code
is the same in every form.
`)
	return b.String()
}

func environmentHelp() string {
	var b strings.Builder
	b.WriteString("Environment variables, each weaker than its flag and stronger than the scenario file:\n\n")
	for _, s := range scenarios.Settings() {
		fmt.Fprintf(&b, "  %-24s --%s\n", s.Env, s.Name)
	}
	for _, name := range ownFlags() {
		fmt.Fprintf(&b, "  %-24s --%s\n", envName(name), name)
	}
	b.WriteString("\n  A variable whose flag may be repeated takes a value a line.\n")
	b.WriteString(coloursHelp)
	return b.String()
}

const coloursHelp = `
  Colour is decided for stdout and stderr each by itself; the strongest first:

  NO_COLOR                 whatever it says: no colour
  FORCE_COLOR              whatever it says: colour, though it is no terminal; 0 or
                           false: no colour
  CLICOLOR_FORCE           colour, though it is no terminal; 0 is no wish
  TERM=dumb                no colour, and no live view of a run

  An empty one is no wish. Without any, terminals are coloured.

  CI                       no live view of a run, but lines, unless it is 0 or false
  COLUMNS                  how wide a summary is
`
