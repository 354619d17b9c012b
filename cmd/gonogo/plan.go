package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/scenarios"
	"gonogo/slo"
)

// planOptions are the flags of plan beside those of the scenario.
type planOptions struct {
	likely string
	deff   float64
	rate   float64
	pilot  string
	json   bool
}

func newPlan(std stdio) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan URL | FILE | NAME",
		Short: "Say how long a run must be for a verdict; send nothing",
		Long: `plan says for each objective that is to be inferred how long the measure phase must
be, and what the planned one can tell. A plan that cannot reach a verdict is refused.

It takes three things that are known for sure only afterwards: what share of the requests
will be bad, how many of them count as one because neighbours resemble each other, and, of
a closed load, how many there are a second. A short run with --claim inferred is a pilot
that tells all three. What objectives observe in the run itself needs no length.

Defaults are those of load. For a soak give --claim inferred and its --duration.`,
		Example: `  gonogo plan burst.yaml --claim inferred --deff 20
  gonogo load burst.yaml --claim inferred --duration 2m
  gonogo plan burst.yaml --claim inferred --pilot load_test_report_20251214_090212.json`,
		Args:              oneScenario,
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := readScenario(args[0], std)
			if err != nil {
				return usageError(err)
			}
			applySettings(f, cmd.Flags(), std)
			c, err := f.Draft(compiling(std, 0))
			if err != nil {
				return usageError(err)
			}
			return plan(c, o, std)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	addSettings(cmd)
	flags.StringVar(&o.likely, "likely", "50%", "the bad requests that are likely, as a `share` of those that are allowed")
	flags.Float64Var(&o.deff, "deff", slo.UsualDeff, "how many requests count as one, a `number`: 1 if independent, about 70 behind a busy queue")
	flags.Float64Var(&o.rate, "assumed-rate", 0, "requests a second, a `number`, where the load does not say it")
	flags.StringVar(&o.pilot, "pilot", "", "the `report` of a short run that tells all of these")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("pilot", "deff")
	cmd.MarkFlagsMutuallyExclusive("pilot", "likely")
	return cmd
}

// plan prints what every objective needs, and ends with an error where one is not met.
func plan(c *scenarios.Compiled, o planOptions, std stdio) error {
	if len(c.Objectives) == 0 {
		return usageError(errors.New("nothing to plan for: give --slo 'p95 < 200ms', or objectives in the scenario"))
	}
	p, err := o.planning(c, std)
	if err != nil {
		return usageError(err)
	}
	if o.json {
		err = p.printJSON(std.out)
	} else {
		_, err = io.WriteString(std.out, p.text())
	}
	if err != nil {
		return failure(fmt.Errorf("print the plan: %w", err))
	}
	return p.refusal()
}

// A planning is what the objectives of a scenario need.
type planning struct {
	compiled *scenarios.Compiled
	options  planOptions
	power    float64
	needs    []slo.Need
	doubts   []string // of each need: what the pilot could not see
}

// planning works them out. The more objectives there are, the likelier each has to get
// a verdict for all of them to get one.
func (o planOptions) planning(c *scenarios.Compiled, std stdio) (*planning, error) {
	part, err := partOf(o.likely)
	switch {
	case err != nil:
		return nil, err
	case !(o.deff >= 1 && o.deff <= 1e9):
		return nil, fmt.Errorf("--deff %g: want a number from 1 on", o.deff)
	case !(o.rate >= 0 && o.rate <= 1e9):
		return nil, fmt.Errorf("--assumed-rate %g: want requests a second", o.rate)
	}
	inferred := 0
	for _, objective := range c.Objectives {
		if objective.Claim == slo.Inferred {
			inferred++
		}
	}
	p := &planning{compiled: c, options: o, power: 1 - 0.2/float64(max(1, inferred))}
	pilot, err := o.readPilot(std)
	if err != nil {
		return nil, err
	}
	for _, objective := range c.Objectives {
		a, doubt := slo.Assumption{Part: part, Deff: o.deff, Waves: o.deff, Power: p.power}, ""
		if objective.Claim == slo.Inferred {
			if doubt, err = o.assume(&a, objective, &c.Plan, pilot); err != nil {
				return nil, err
			}
		}
		p.needs = append(p.needs, objective.Needs(a, c.Plan.Measure))
		p.doubts = append(p.doubts, doubt)
	}
	return p, nil
}

// partOf reads "50%".
func partOf(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !percent || !(v >= 0 && v <= 10_000) {
		return 0, fmt.Errorf("--likely %q: want a share of what is allowed, such as 50%%", text)
	}
	return v / 100, nil
}

// readPilot returns the run of the pilot, nil without one.
func (o planOptions) readPilot(std stdio) (*slo.Run, error) {
	if o.pilot == "" {
		return nil, nil
	}
	r, err := readReport(o.pilot, std)
	if err != nil {
		return nil, fmt.Errorf("--pilot: %w", err)
	}
	run, _, err := r.Observed()
	if err != nil {
		return nil, fmt.Errorf("--pilot: read report %s: %w", r.Run.ID, err)
	}
	return &run, nil
}

// assume fills in what is known of the objective's requests, from the pilot and the plan.
func (o planOptions) assume(a *slo.Assumption, objective slo.Objective, p *loadgen.Plan, pilot *slo.Run) (doubt string, err error) {
	rate := requestRate(p, objective.Go.Step)
	if pilot != nil {
		power := a.Power
		*a, doubt = pilot.Pilot(objective)
		if a.Power = power; a.Deff == 0 {
			return "", fmt.Errorf("--pilot: it says nothing about %s: %s", objective.Go, doubt)
		}
		rate = cmp.Or(rate, a.Rate)
	}
	if a.Rate = cmp.Or(rate, o.rate); a.Rate == 0 {
		return "", errors.New("how many requests a second users make depends on the target: give --pilot REPORT or --assumed-rate N")
	}
	return doubt, nil
}

// requestRate is how many requests of a step, or of all, or runs of a group are due a
// second of the measure phase; 0 where that is the target's doing.
func requestRate(p *loadgen.Plan, step string) float64 {
	if group := slices.Index(p.Groups, step); group >= 0 {
		return requestRate(ofOnly(p, group), "")
	}
	rates := p.RatesOf(func(l loadgen.Load) (float64, bool) {
		switch {
		case l.Open != nil:
			return p.ExpectedOf(l.Open, measure.Measure) / p.Measure.Seconds(), true
		case l.Closed.Pacing > 0:
			return float64(l.Closed.Users) / l.Closed.Pacing.Seconds(), true
		}
		return 0, false
	})
	if !rates.Known {
		return 0
	}
	if step == "" {
		return rates.Total()
	}
	sum := 0.0
	for i, s := range p.Steps {
		if s.Name == step {
			sum += rates.Steps[i]
		}
	}
	return sum
}

// refusal is an error for each objective that the plan gives no verdict.
func (p *planning) refusal() error {
	var all []error
	longest := time.Duration(0)
	for _, n := range p.needs {
		switch {
		case n.Enough:
		case n.Why != "":
			all = append(all, fmt.Errorf("objective %q cannot get a verdict: %s", n.Name, n.Why))
		default:
			all = append(all, fmt.Errorf("objective %q cannot get a verdict: that takes %s, and %s are planned", n.Name, upTo(n.Duration), short(p.compiled.Plan.Measure)))
			longest = max(longest, n.Duration)
		}
	}
	switch {
	case len(all) == 0:
		return nil
	case longest > 0:
		return usageError(errors.Join(all...), "measure for longer: --duration "+upTo(longest)+"; or claim less: --claim observed is about the run alone")
	}
	return usageError(errors.Join(all...), "ask for less, or claim less: --claim observed is about the run alone")
}

// upTo rounds a long duration up to minutes.
func upTo(d time.Duration) string {
	if d > 10*time.Minute {
		d = (d + time.Minute - 1) / time.Minute * time.Minute
	}
	return short(d)
}
