package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gonogo/loadgen"
	"gonogo/loadgen/replay"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
)

// loadOptions are the flags of load that are no setting of the scenario.
type loadOptions struct {
	outDir    string
	output    outputOptions
	out       output // of output, resolved
	quiet     bool
	metrics   metricsOptions
	told      *telling // who hears of the run; nil: nobody asked
	uiAddress string
	ui        *ui // the live page at it; nil: nobody asked
	baseline  string
	against   againstOptions
	calibrate bool
	dryRun    bool
}

func newLoad(std stdio) *cobra.Command {
	var o loadOptions
	cmd := &cobra.Command{
		Use:   "load URL | FILE | NAME",
		Short: "Make load, judge it, write the report",
		Long: `load makes the load of a scenario, judges its objectives and writes a JSON report.
The scenario is a URL, a file (- is standard input), or the name of a ready-made one (gonogo scenarios).

Flags are stronger than GONOGO_ variables, and those than the file.

With --against URL the load is shared by two targets in the same seconds, and the two
are compared: the scenario's own is the candidate, which the objectives judge, the
other one the baseline. Where that URL has no path, it has the candidate's. Steps of the
baseline are named with @against behind. What is worse than the baseline, by more than the
margins, is a NO-GO; what cannot be told is none, but no GO either.`,
		Example: `  gonogo load https://staging.example.test/health --users 1000 --ramp 10s --duration 60s \
         --slo 'p95 < 200ms' --slo 'success > 99.5%'
  gonogo load --rate 500 --arrival poisson --duration 2m https://staging.example.test/
  gonogo load helix-burst --target https://staging.example.test
  gonogo load https://canary.example.test/ --against https://stable.example.test --rate 500 --duration 5m`,
		Args:              oneScenario,
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			given := givenOf(cmd.Flags(), comparing())
			if err := applyOwn(cmd.Flags(), std); err != nil {
				return usageError(err)
			}
			warnUnknownEnv(std)
			if err := errors.Join(o.against.check(given), o.resolveOutput(std)); err != nil {
				return usageError(err)
			}
			c, err := compile(cmd, args[0], o.against.target, std)
			if err != nil {
				return err
			}
			if err := o.resolve(c, std); err != nil {
				return err
			}
			if o.dryRun {
				return dryRun(cmd.Context(), c, std)
			}
			return load(cmd.Context(), c, o, std)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	addSettings(cmd)
	o.add(flags)
	o.against.add(flags)
	flags.BoolVar(&o.dryRun, "dry-run", false, "print the plan and what it takes of this machine, look names up, and send nothing")
	flags.BoolVar(&o.calibrate, "calibrate", false, "first measure what this host can, and put it in the report: takes 9s")
	return cmd
}

// add gives a command the flags.
func (o *loadOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.outDir, "out-dir", ".", "`folder` for the report; made where it is missing")
	o.output.add(flags)
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress on stderr")
	o.metrics.add(flags)
	flags.StringVar(&o.uiAddress, "ui", "", "serve the report so far as a live page at this `address`, such as 127.0.0.1:8089, while the run goes on")
	flags.StringVar(&o.baseline, "baseline", "", "`report` of an earlier run, for rules such as 'p95 > 1.5x baseline for 1m'")
}

// oneScenario wants one argument, and says what it may be.
func oneScenario(_ *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return usageError(fmt.Errorf("want one scenario, got %d arguments", len(args)),
		"give a URL, a scenario file, or a name that `gonogo scenarios` lists")
}

// compile reads the scenario and lays environment and flags over it. against is a
// second target; "" where there is one.
func compile(cmd *cobra.Command, name, against string, std stdio) (*scenarios.Compiled, error) {
	f, err := readScenario(name, std)
	if err != nil {
		return nil, usageError(err)
	}
	applySettings(f, cmd.Flags(), std)
	options := compiling(std, rand.Uint64()>>11) // 53 bits: exact in any JSON reader
	c, err := (*scenarios.Compiled)(nil), error(nil)
	if against == "" {
		c, err = f.Compile(options)
	} else {
		c, err = f.CompileAgainst(against, options)
	}
	if err != nil {
		return nil, usageError(err)
	}
	sayWarnings(c, std)
	return c, nil
}

// compiling is how scenarios are compiled that are to run.
func compiling(std stdio, seed uint64) scenarios.Options {
	return scenarios.Options{Env: std.env, ReadFile: os.ReadFile, OpenData: scenarios.OpenData, OpenTrace: replay.Open, Seed: seed}
}

func readScenario(name string, std stdio) (*scenarios.File, error) {
	if strings.Contains(name, "://") {
		return scenarios.FromURL(name), nil
	}
	return loadScenario(name, std)
}

// maxScenario is more than any scenario has; a pipe may never end.
const maxScenario = 16 << 20

// loadScenario reads a scenario by its name, or, called "-", from standard input.
func loadScenario(name string, std stdio) (*scenarios.File, error) {
	if name != "-" {
		return scenarios.Load(name, os.ReadFile)
	}
	data, err := io.ReadAll(io.LimitReader(std.in, maxScenario+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the scenario from standard input: %w", err)
	case len(data) > maxScenario:
		return nil, fmt.Errorf("read the scenario from standard input: it is longer than %d MiB", maxScenario>>20)
	}
	return scenarios.Parse("stdin", data)
}

// load runs a compiled scenario to its report.
func load(ctx context.Context, c *scenarios.Compiled, o loadOptions, std stdio) (err error) {
	ctx, closed, err := o.openUI(ctx, report.KindLoad, std)
	if err != nil {
		return err
	}
	defer closed()
	if o.told, err = o.metrics.telling(c, std); err != nil {
		return err
	}
	defer o.told.end() // the report is more important
	var calibration *report.Calibration
	if o.calibrate {
		if !o.quiet {
			sayCalibrating(calibrateFor, std)
		}
		if calibration, err = calibrate(ctx, &c.Plan, calibrateFor); err != nil {
			return failure(err)
		}
	}
	r, result, err := perform(ctx, c, o, std)
	if err != nil {
		return err
	}
	r.Calibration = calibration
	return finish(ctx, r, result.Summary.Series(), o, std)
}

// perform makes the load and judges it.
func perform(ctx context.Context, c *scenarios.Compiled, o loadOptions, std stdio) (*report.Report, *loadgen.Result, error) {
	client, err := prepare(ctx, c, std)
	if err != nil {
		return nil, nil, err
	}
	defer c.Tokens.Close()
	if err := checkFolder(o.outDir); err != nil {
		return nil, nil, err
	}
	if err := before(ctx, c, &c.Plan); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	guard, err := newGuard(c, measuredFrom(&c.Plan))
	if err != nil {
		return nil, nil, usageError(err)
	}
	watchers, err := newWatchers(c, o, std, &guarding{
		guard: guard, say: func(text string) { fmt.Fprintf(std.err, "gonogo: %s\n", text); o.ui.say(text) },
		end: func(reason string) { cancel(errors.New(reason)) },
	})
	if err != nil {
		return nil, nil, err
	}
	renewer := newRenewer(c, client, sayRenewed(std))
	limits := limitsOf(c)
	if err := watchers.followLoad(o.ui, c, client, renewer, o.against.read); err != nil {
		return nil, nil, failure(err)
	}
	engine := &loadgen.Engine{Plan: &c.Plan, Protocol: client, Limits: limits, Each: watchers.tick}
	result := attended(ctx, engine, client, watchers, renewer)
	after(ctx, c, &c.Plan, std)
	made, err := recordOf(c, client, limits, result)
	if err != nil {
		return nil, nil, failure(err)
	}
	made.mask, made.stop = renewer.mask, guard.stop
	if result.Trouble != nil {
		made.unfinished = "the load could not be made: " + result.Trouble.Error()
		fmt.Fprintf(std.err, "gonogo: %s\n", made.unfinished)
	}
	made.take(c, result, o.against.read)
	r, err := made.report()
	if err != nil {
		return nil, nil, failure(err)
	}
	o.told.decided(r)
	return r, result, nil
}

// attended makes the load, with all that goes on beside it.
func attended(ctx context.Context, e *loadgen.Engine, c *client, w *watchers, r *renewer) *loadgen.Result {
	said := context.AfterFunc(ctx, func() { w.stopping(e.Plan.Grace) })
	resolved, renewed := keepResolving(ctx, c), r.keep(ctx)
	result := e.Run(ctx)
	renewed()
	resolved()
	said()
	w.close()
	runtime.GC() // what the users held makes room for the report: the run's peak of memory stays the peak
	return result
}

// spans are the phases that the run went through.
func spans(p *loadgen.Plan, r *loadgen.Result) []report.Span {
	var all []report.Span
	start := time.Duration(0)
	for _, s := range []report.Span{
		{Phase: measure.Ramp, Length: p.Ramp},
		{Phase: measure.WarmUp, Length: p.WarmUp},
		{Phase: measure.Measure, Length: p.Measure},
	} {
		s.Start, s.Length = start, min(s.Length, r.Due-start)
		if s.Length > 0 {
			all = append(all, s)
			start += s.Length
		}
	}
	if r.Length > start {
		all = append(all, report.Span{Phase: measure.Drain, Start: start, Length: r.Length - start})
	}
	return append(all, besides(r.Summary)...)
}

// observed is the run as it is judged.
func observed(result *loadgen.Result, phases []report.Span) slo.Run {
	run := slo.Run{Summary: result.Summary}
	for _, p := range phases {
		run.Spans[p.Phase] = slo.Span{Start: p.Start, Length: p.Length}
	}
	return run
}
