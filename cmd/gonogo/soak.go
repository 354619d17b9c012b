package main

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/soak"
)

// soakOptions are the flags of soak beside those of load.
type soakOptions struct {
	load      loadOptions
	logFile   string
	logFormat string
	resume    string
}

const (
	soakDuration = "24h"
	soakMaxAge   = "10m"
	soakDrift    = scenarios.Margin(0.1)
	soakLog      = "load_test_sustained.log"
	newest       = "newest" // what --resume without a folder resumes
)

func newSoak(std stdio) *cobra.Command {
	var o soakOptions
	cmd := &cobra.Command{
		Use:   "soak URL | FILE | NAME",
		Short: "Make load for a day: logged, watchable, resumable, judged from its journal",
		Long: `soak makes the load of a scenario like load, for as long as it takes: a day, unless
the scenario or --duration says otherwise. It is made for nohup and &, and for
tail -f: load_test_sustained.log gets a line every ten seconds, and one whenever
something changes. gonogo watch shows how it goes, gonogo stop ends it in good order.

All that is measured is kept in a journal, in a folder of the run's own beside the
log, and the report is made from that. After a crash, soak --resume goes on where
the journal ends; gonogo report --from-journal makes a report at any time.

Connections are replaced after ` + soakMaxAge + ` (--conn-max-age) and names looked up again, so that
the load follows a target that moves. The log may be rotated: a file that was
renamed is noticed, SIGUSR1 asks for a new one at once, and copytruncate needs
nothing. SIGHUP drains and reports as SIGTERM does, unless nohup had it ignored.`,
		Example: `  nohup gonogo soak --duration=86400 --users 200 --slo 'p95 < 200ms' https://staging.example.test/health &
  tail -f load_test_sustained.log
  gonogo soak helix-sustained --target https://staging.example.test
  gonogo soak --resume`,
		Args:              func(_ *cobra.Command, args []string) error { return soakArguments(o.resume, args) },
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := applyOwn(cmd.Flags(), std); err != nil {
				return usageError(err)
			}
			if err := o.load.resolveOutput(std); err != nil {
				return usageError(err)
			}
			warnUnknownEnv(std)
			if o.resume != "" {
				return resume(cmd, args, o, std)
			}
			c, err := compileSoak(cmd, args[0], rand.Uint64()>>11, std)
			if err != nil {
				return err
			}
			if err := o.load.resolve(c, std); err != nil {
				return err
			}
			if o.load.dryRun {
				return dryRun(cmd.Context(), c, std)
			}
			return beginSoak(cmd.Context(), c, args[0], o, std)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	addSettings(cmd)
	for name, own := range map[string]string{"duration": soakDuration, "conn-max-age": soakMaxAge} {
		f := flags.Lookup(name)
		f.Usage = f.Usage[:strings.LastIndex(f.Usage, " (default ")] + " (default " + own + ")"
	}
	o.add(flags)
	return cmd
}

// add gives a command the flags.
func (o *soakOptions) add(flags *pflag.FlagSet) {
	o.load.add(flags)
	flags.BoolVar(&o.load.dryRun, "dry-run", false, "print the plan and what it takes of this machine, look names up, and send nothing")
	flags.StringVar(&o.logFile, "log-file", "", "`file` that the log is appended to (default "+soakLog+" in --out-dir)")
	flags.StringVar(&o.logFormat, "log-format", string(soak.Logfmt), "form of its lines: `logfmt` or json")
	flags.StringVar(&o.resume, "resume", "", "go on with a run that died or was stopped: the newest, or that in this `folder`")
	flags.Lookup("resume").NoOptDefVal = newest
}

// soakArguments wants one scenario, or none where a run goes on.
func soakArguments(resume string, args []string) error {
	if resume != "" && len(args) == 0 {
		return nil
	}
	return oneScenario(nil, args)
}

// compileSoak is compile with what a run of a day wants by default.
func compileSoak(cmd *cobra.Command, name string, seed uint64, std stdio) (*scenarios.Compiled, error) {
	f, err := readScenario(name, std)
	if err != nil {
		return nil, usageError(err)
	}
	applySettings(f, cmd.Flags(), std)
	for _, s := range scenarios.Settings() {
		switch {
		case s.Name == "duration" && f.Load.Stages == nil && f.Load.Replay == "":
			s.Set(f, scenarios.InCode, soakDuration)
		case s.Name == "conn-max-age":
			s.Set(f, scenarios.InCode, soakMaxAge)
		}
	}
	options := compiling(std, seed)
	options.Claim, options.Drift = slo.Inferred, soakDrift
	c, err := f.Compile(options)
	if err != nil {
		return nil, usageError(err)
	}
	sayWarnings(c, std)
	return c, nil
}

// beginSoak starts a new run.
func beginSoak(ctx context.Context, c *scenarios.Compiled, source string, o soakOptions, std stdio) error {
	ctx, closed, err := o.load.openUI(ctx, report.KindSoak, std)
	if err != nil {
		return err
	}
	defer closed()
	a := newAttempt(c, o, std)
	if err := a.prepare(ctx); err != nil {
		return err
	}
	return a.begin(ctx, source)
}

// begin makes the run's folder and performs the plan.
func (a *attempt) begin(ctx context.Context, source string) error {
	now := time.Now().UTC()
	folder, run, err := soak.NewFolder(a.o.load.outDir, now)
	if err != nil {
		return usageError(err, "choose another --out-dir")
	}
	a.folder = folder
	about, err := runOf(a.c, a.client, now)
	if err != nil {
		return failure(err)
	}
	about.ID = run
	if a.header, err = headerOf(a.c, about, source); err != nil {
		return failure(err)
	}
	a.state = stateOf(&a.header, about, a.c.Objectives, a.o)
	return a.perform(ctx)
}
