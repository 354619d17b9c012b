package main

import (
	"slices"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo"
)

// names are those of the plan's steps and behind them of its groups, as what is
// measured counts them.
func names(p *loadgen.Plan) []string {
	var all []string
	for _, s := range p.Steps {
		all = append(all, s.Name)
	}
	return slices.Concat(all, p.Groups)
}

// ofOnly is the plan as far as it runs a group, each run as the request of a step.
func ofOnly(p *loadgen.Plan, group int) *loadgen.Plan {
	only := *p
	only.Steps, only.Against = make([]loadgen.Step, 1), nil
	only.Flows = slices.Clone(p.Flows)
	for i := range only.Flows {
		f := &only.Flows[i]
		f.Setup, f.Actions, f.Teardown = nil, runsOf(group, f.Actions), nil
	}
	return &only
}

// runsOf are actions that do step 0 wherever others run the group.
func runsOf(group int, actions []loadgen.Action) (all []loadgen.Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case loadgen.Repeat:
			a.Actions = runsOf(group, a.Actions)
			all = append(all, a)
		case loadgen.While:
			a.Actions = runsOf(group, a.Actions)
			all = append(all, a)
		case loadgen.If:
			a.Then, a.Else = runsOf(group, a.Then), runsOf(group, a.Else)
			all = append(all, a)
		case loadgen.Pick:
			a.Choices = slices.Clone(a.Choices)
			for i := range a.Choices {
				a.Choices[i].Actions = runsOf(group, a.Choices[i].Actions)
			}
			all = append(all, a)
		case loadgen.Group:
			if a.Group == group {
				all = append(all, loadgen.Do{})
			}
			all = append(all, runsOf(group, a.Actions)...)
		}
	}
	return all
}

// besides are the phases beside the others, as far as users had something to send
// before their first iteration or after their last.
func besides(s *measure.Summary) (all []report.Span) {
	run := slo.RunOf(s, 0)
	for _, p := range []measure.Phase{measure.Setup, measure.Teardown} {
		if s.Phase(p).Planned() > 0 {
			all = append(all, report.Span{Phase: p, Start: run.Spans[p].Start, Length: run.Spans[p].Length})
		}
	}
	return all
}
