package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"gonogo/capacity"
	"gonogo/decision"
	"gonogo/loadgen"
	"gonogo/report"
	"gonogo/scenarios"
)

// capacityOptions are the flags of capacity beside those of load.
type capacityOptions struct {
	load      loadOptions
	to        float64
	precision float64
	pause     time.Duration
}

func newCapacity(std stdio) *cobra.Command {
	var o capacityOptions
	cmd := &cobra.Command{
		Use:   "capacity URL | FILE | NAME",
		Short: "Find the highest load that still meets the objectives",
		Long: `capacity tries one load after another, each a whole run of the scenario that is
judged like any other: upwards from its rate or users until an objective is
missed, then between the two until the bracket is narrow enough. The level found
is tried twice. A level that the generator itself could not make ends the search:
what lies above cannot be told from here.`,
		Example: `  gonogo capacity https://staging.example.test/ --rate 100 --duration 30s --slo 'p95 < 200ms'
  gonogo capacity helix-burst --target https://staging.example.test --users 50`,
		Args:              oneScenario,
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := applyOwn(cmd.Flags(), std); err != nil {
				return usageError(err)
			}
			if err := o.load.resolveOutput(std); err != nil {
				return usageError(err)
			}
			warnUnknownEnv(std)
			c, err := compile(cmd, args[0], "", std)
			if err != nil {
				return err
			}
			return findCapacity(cmd.Context(), c, o, std)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	addSettings(cmd)
	o.load.add(flags)
	flags.Float64Var(&o.to, "to", 0, "highest `level` to try, in users or arrivals a second (default 1000 times the first)")
	flags.Float64Var(&o.precision, "precision", 5, "stop when the bracket is this narrow, in `percent`")
	durationFlag(flags, &o.pause, "pause", time.Second, "`time` between two tries, for the target to settle")
	return cmd
}

// findCapacity searches, and reports the run at the level that it found.
func findCapacity(ctx context.Context, c *scenarios.Compiled, o capacityOptions, std stdio) error {
	s, err := newSearch(c, o)
	if err != nil {
		return usageError(err)
	}
	ctx, closed, err := o.load.openUI(ctx, report.KindCapacity, std)
	if err != nil {
		return err
	}
	defer closed()
	t := &tries{compiled: c, options: o, std: std, byLevel: map[float64]*finished{}}
	f := s.Next(nil)
	for ; f.Next > 0 && ctx.Err() == nil; f = s.Next(t.trials) {
		if err := t.try(ctx, f.Next); err != nil {
			return err
		}
	}
	return t.conclude(ctx, f)
}

func newSearch(c *scenarios.Compiled, o capacityOptions) (capacity.Search, error) {
	s := capacity.Search{Factor: 2, Precision: o.precision / 100, To: o.to}
	switch {
	case len(c.Objectives) == 0:
		return s, errors.New("capacity needs an objective to meet: give --slo 'p95 < 200ms', or objectives in the scenario")
	case c.Plan.Closed != nil:
		s.From, s.Whole = float64(c.Plan.Closed.Users), true
	case c.Plan.Open.Replay == nil && len(c.Plan.Open.Stages) == 1 && c.Plan.Open.Stages[0].From == c.Plan.Open.Stages[0].To:
		s.From = c.Plan.Open.Stages[0].From
	default:
		return s, errors.New("capacity makes its own stages: give --rate or --users, the level to start from")
	}
	if s.To == 0 {
		s.To = 1000 * s.From
	}
	if !(s.Precision > 0 && s.Precision < 1) {
		return s, fmt.Errorf("--precision %g: want percent above 0 and below 100", o.precision)
	}
	if !(s.To >= s.From) || math.IsInf(s.To, 0) {
		return s, fmt.Errorf("--to %g: want at least the first level, %g", o.to, s.From)
	}
	return s, nil
}

// tries are the runs of a search.
type tries struct {
	compiled *scenarios.Compiled
	options  capacityOptions
	std      stdio
	trials   []capacity.Trial
	rows     []report.Trial
	byLevel  map[float64]*finished // the last run at each level
	last     *finished
}

// finished is a run with its report.
type finished struct {
	report *report.Report
	result *loadgen.Result
}

// try runs the scenario at a level.
func (t *tries) try(ctx context.Context, level float64) error {
	if len(t.trials) > 0 {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(t.options.pause):
		}
	}
	c := atLevel(t.compiled, level)
	o := t.options.load
	told, err := o.metrics.telling(c, t.std)
	if err != nil {
		return err
	}
	defer told.end()
	o.told = told
	r, result, err := perform(ctx, c, o, t.std)
	if err != nil {
		return err
	}
	t.last = &finished{r, result}
	t.byLevel[level] = t.last
	row := report.NewTrial(level, r)
	t.rows = append(t.rows, row)
	t.trials = append(t.trials, capacity.Trial{Level: level, Outcome: outcomeOf(r)})
	t.options.load.ui.say(fmt.Sprintf("%s: %s", loadInWords(&c.Plan), row))
	if !t.options.load.quiet {
		fmt.Fprintf(t.std.err, "%s: %s\n", loadInWords(&c.Plan), row)
	}
	return nil
}

func outcomeOf(r *report.Report) capacity.Outcome {
	switch decision.Verdict(r.Verdict) {
	case decision.Go:
		return capacity.Met
	case decision.NoGo, decision.ConditionalGo:
		return capacity.Missed
	default:
		return capacity.Unsure
	}
}

// atLevel is the scenario with another load.
func atLevel(c *scenarios.Compiled, level float64) *scenarios.Compiled {
	at := *c
	if c.Plan.Closed != nil {
		model := *c.Plan.Closed
		model.Users = int(level)
		at.Plan.Closed = &model
		at.Protocol = c.Protocol.For(&at.Plan)
		return &at
	}
	model := *c.Plan.Open
	stage := model.Stages[0]
	stage.From, stage.To = level, level
	model.Stages = []loadgen.Stage{stage}
	if c.Origins["load.max_in_flight"] == "default" {
		model.MaxInFlight = scenarios.DefaultInFlight(level, c.Plan.Timeout)
	}
	at.Plan.Open = &model
	at.Protocol = c.Protocol.For(&at.Plan)
	return &at
}

// conclude reports the run at the level found, or the last one where none was.
func (t *tries) conclude(ctx context.Context, f capacity.Finding) error {
	shown := t.last
	if best := t.byLevel[f.Best]; best != nil {
		shown = best
	}
	if shown == nil {
		return &exitError{code: signalCode(ctx)}
	}
	unit := "/s"
	if t.compiled.Plan.Closed != nil {
		unit = "users"
	}
	found := report.Capacity{Unit: unit, Highest: f.Best, Missed: f.Missed, Sure: f.Sure, Why: f.Why, Trials: t.rows}
	if ctx.Err() != nil {
		found.Why = "stopped early"
	}
	r := report.OfCapacity(shown.report, found)
	return finish(ctx, r, shown.result.Summary.Series(), t.options.load, t.std)
}
