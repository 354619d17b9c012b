package main

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/decision"
	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/slo/trigger"
	"gonogo/soak"
)

// checkingOut compiles a scenario whose flow has two steps, which are measured as a
// whole, too.
func checkingOut(t *testing.T) *scenarios.Compiled {
	t.Helper()
	file, err := scenarios.Parse("shop.yaml", []byte("target: http://h.test\nload: {users: 1, duration: 1m}\nsteps: [{name: log in, path: /a}, {name: pay, path: /b}]\n"))
	require.NoError(t, err)
	c, err := file.Compile(scenarios.Options{})
	require.NoError(t, err)
	checkout(&c.Plan)
	return c
}

func checkout(p *loadgen.Plan) {
	p.Groups = []string{"checkout"}
	p.Flows = []loadgen.Flow{{
		Name: "shop", Weight: 1, Setup: []loadgen.Action{loadgen.Do{}}, Teardown: []loadgen.Action{loadgen.Do{}},
		Actions: []loadgen.Action{loadgen.Group{Actions: []loadgen.Action{loadgen.Do{}, loadgen.Pause{Distribution: loadgen.Distribution{A: time.Second}}, loadgen.Do{Step: 1}}}},
	}}
}

func about(t *testing.T, target string) slo.Objective {
	t.Helper()
	parsed, err := slo.ParseTarget(target)
	require.NoError(t, err)
	return slo.Objective{Name: target, Go: parsed, Source: "--slo"}
}

// stopOfGroups is how a guard ended a run of a minute whose steps are well, and of whose
// groups as many in twenty fail from the half of it on.
func stopOfGroups(t *testing.T, c *scenarios.Compiled, failing int) *report.Stop {
	t.Helper()
	g, err := newGuard(c, 0)
	require.NoError(t, err)
	r := measure.NewRecorder((&loadgen.Engine{Plan: &c.Plan, Limits: g.limits}).Config())
	for second := range 60 {
		at := time.Duration(second) * time.Second
		for i := range 20 {
			for step := range 3 {
				o := measure.Outcome{Step: step, Phase: measure.Measure, Due: at, Sent: at, Done: at + 10*time.Millisecond, Read: at + 10*time.Millisecond}
				if step == 2 && i < failing && second >= 30 {
					o.Class = measure.Status
				}
				r.Record(&o)
			}
		}
		g.Observe(soak.Second{At: at + time.Second, Phase: measure.Measure, Settled: at + time.Second, Intervals: r.Seal()})
	}
	return g.stop
}

func TestARuleMayBeAboutAGroup(t *testing.T) {
	for text, ends := range map[string]bool{
		"error_rate{checkout} > 50% for 10s": true, "p95{checkout} > 5ms for 10s": true, "p95{checkout} > 15ms for 10s": true,
		"error_rate{pay} > 50% for 10s": false, "error_rate > 10% for 10s": false, "p95 > 15ms for 10s": false,
	} {
		t.Run(text, func(t *testing.T) {
			rule, err := trigger.Parse(text)
			require.NoError(t, err)
			c := checkingOut(t)
			c.Aborts = []scenarios.AbortRule{{Rule: rule, Reading: trigger.Both, Source: "--abort-when"}}
			stop := stopOfGroups(t, c, 20)
			require.Equal(t, ends, stop != nil)
			if ends {
				require.Equal(t, report.StopAbort, stop.Kind)
				require.Contains(t, stop.Why, `in "checkout"`)
			}
		})
	}
}

func TestAnObjectiveOnAGroupEndsTheRunWhenItIsSureToFail(t *testing.T) {
	for target, ends := range map[string]bool{
		"success{checkout} > 99%": true, "p95{checkout} < 15ms": true, "success{pay} > 99%": false, "success > 99%": false,
	} {
		t.Run(target, func(t *testing.T) {
			c := checkingOut(t)
			c.Objectives, c.StopOnFail = []slo.Objective{about(t, target)}, true
			stop := stopOfGroups(t, c, 20)
			require.Equal(t, ends, stop != nil)
			if ends {
				require.Equal(t, target, stop.Objective)
			}
		})
	}
}

func TestTheExactCountersOfAGroup(t *testing.T) {
	c := checkingOut(t)
	c.Objectives = []slo.Objective{about(t, "p95{checkout} < 200ms"), about(t, "max{pay} < 1s")}
	require.Equal(t, []measure.Limit{{Step: 2, Latency: 200 * time.Millisecond}, {Step: 1, Latency: time.Second}}, limitsOf(c))
	require.Equal(t, "requests of 200ms and longer in checkout, or not answered well", limitInWords(limitsOf(c)[0], names(&c.Plan)))
}

func TestHowOftenAGroupRuns(t *testing.T) {
	group := func(n int, actions ...loadgen.Action) loadgen.Action {
		return loadgen.Group{Group: n, Actions: actions}
	}
	do := loadgen.Do{}
	tests := []struct {
		name    string
		actions []loadgen.Action
		want    float64 // a second, of 10 iterations
	}{
		{"once", []loadgen.Action{group(0, do, do)}, 10},
		{"never", []loadgen.Action{do}, 0},
		{"another one", []loadgen.Action{group(1, do)}, 0},
		{"three times", []loadgen.Action{loadgen.Repeat{Times: 3, Actions: []loadgen.Action{do, group(0, do)}}}, 30},
		{"in one of four choices", []loadgen.Action{loadgen.Pick{Choices: []loadgen.Choice{{Weight: 1, Actions: []loadgen.Action{group(0, do)}}, {Weight: 3}}}}, 2.5},
		{"in half of all decisions", []loadgen.Action{loadgen.If{Else: []loadgen.Action{group(0, do)}}}, 5},
		{"while something holds, taken for once", []loadgen.Action{loadgen.While{Most: 5, Actions: []loadgen.Action{group(0, do)}}}, 10},
		{"within another, and beside it", []loadgen.Action{group(1, do, group(0, do)), loadgen.Mark{Name: "x"}, group(0), loadgen.Goto{Mark: "x"}}, 20},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := checkingOut(t).Plan
			p.Closed, p.Open = nil, &loadgen.Open{Stages: []loadgen.Stage{{For: time.Minute, From: 10, To: 10}}, MaxInFlight: 5}
			p.Groups = append(p.Groups, "other")
			p.Flows[0].Actions = test.actions
			require.InDelta(t, test.want, requestRate(&p, "checkout"), 1e-9)
			require.Equal(t, test.actions, p.Flows[0].Actions, "the plan itself stays")
		})
	}
}

// A sustained run with a group: the journal, the report from it, and judging that
// again by other objectives.
func TestAGroupFromTheEngineToTheReport(t *testing.T) {
	dir := t.TempDir()
	var whole measure.Counts
	synctest.Test(t, func(t *testing.T) {
		a := soaking(t, dir, &fakeTarget{takes: steady, fails: func(_ time.Duration, n int64) bool { return n%101 == 0 }}, map[string]string{"users": "20", "duration": "900", "think-time": "1s"})
		a.c.Plan.Steps = append(a.c.Plan.Steps, a.c.Plan.Steps[0])
		a.c.Plan.Steps[1].Name = "pay"
		checkout(&a.c.Plan)
		a.c.Objectives = []slo.Objective{about(t, "p95{checkout} < 165ms"), about(t, "p50{checkout} < 90ms"), about(t, "success{checkout} > 90% every 1m")}
		require.NoError(t, ignoring(a.begin(t.Context(), "x"), decision.ExitCode(decision.NoGo)))
		whole = a.keeper.standing.of.Whole().Groups()[0].Counts
	})
	r, _, err := reportFromJournal(dir, time.Now())
	require.NoError(t, err)
	require.Equal(t, "NO-GO", r.Verdict, "%v", r.Reasons)
	require.Equal(t, []string{"pass", "fail", "pass"}, []string{r.Objectives[0].Verdict, r.Objectives[1].Verdict, r.Objectives[2].Verdict})
	require.Len(t, r.Groups, 1)
	g := r.Groups[0]
	require.Equal(t, "checkout", g.Name)
	require.Equal(t, whole.Planned(), g.Requests)
	require.Equal(t, whole.OK(), g.Accounting.OK)
	require.InDelta(t, 8000, g.Requests, 1000)
	require.Less(t, r.Totals.Requests, 2*g.Requests, "where the first step failed there is no second")
	require.Less(t, *g.Answered.P99, 170., "the pause between the steps is no part of it")
	require.True(t, r.Accounting.Closes())
	for _, name := range []string{"setup", "teardown"} {
		found := false
		for _, p := range r.Phases {
			if p.Name == name {
				found = true
				require.EqualValues(t, 20, p.Accounting.Planned, name)
			}
		}
		require.True(t, found, name)
	}

	var text bytes.Buffer
	require.NoError(t, report.Encode(&text, r))
	read, err := report.Read(bytes.NewReader(text.Bytes()))
	require.NoError(t, err)
	asked, err := read.Asked()
	require.NoError(t, err)
	require.NoError(t, slo.LintSteps(asked, namesIn(read)))
	again, err := read.Rejudge(asked)
	require.NoError(t, err)
	var same bytes.Buffer
	require.NoError(t, report.Encode(&same, again))
	require.Equal(t, text.String(), same.String())
}
