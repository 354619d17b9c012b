package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/scenarios"
)

// before does what is done once before the run, and lets every user of the plan know
// what it learned.
func before(ctx context.Context, c *scenarios.Compiled, plan *loadgen.Plan) error {
	if c.Before.Plan == nil {
		return nil
	}
	c.Before.Plan.Known = plan.Known
	result, err := once(ctx, c, c.Before)
	if err != nil {
		return &exitError{code: exitUnreachable, err: fmt.Errorf("setup: %w", masked(c, err)), hint: []string{"no load was made: it needs what setup does"}}
	}
	plan.Known = result.Known
	return nil
}

// after does what is done once after the run, also after one that was stopped. It
// has the run's grace period.
func after(ctx context.Context, c *scenarios.Compiled, plan *loadgen.Plan, std stdio) {
	if c.After.Plan == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(plan.Grace, time.Second))
	defer cancel()
	c.After.Plan.Known = plan.Known
	if _, err := once(ctx, c, c.After); err != nil {
		fmt.Fprintf(std.err, "gonogo: warning: teardown: %v\n", masked(c, err))
	}
}

// once performs a plan of one iteration. Its error is that of the first step that
// failed.
func once(ctx context.Context, c *scenarios.Compiled, what scenarios.Once) (*loadgen.Result, error) {
	plan := what.Plan
	way, err := network(c)
	if err != nil {
		return nil, err
	}
	client, err := clientOver(way, c, plan.Steps, what.Sockets)
	if err != nil {
		return nil, err
	}
	if what.Sockets.Calls != nil && c.Calls.Descriptors == nil { // they are asked for there
		looking, cancel := context.WithTimeout(ctx, min(preflightTime, plan.Timeout))
		defer cancel()
		if err := client.Preflight(looking); err != nil {
			return nil, err
		}
	}
	result := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(ctx)
	for _, e := range result.Summary.Errors() {
		if e.Class == measure.Check || e.Class.Failed() {
			return nil, fmt.Errorf("step %q: %s", plan.Steps[e.Step].Name, strings.Join(strings.Fields(e.Example), " "))
		}
	}
	if result.StoppedEarly {
		return nil, errors.New("it was stopped, or took too long")
	}
	return result, nil
}
