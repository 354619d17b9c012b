package slo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// bandsOf reads an objective's bands; an empty one is left out.
func bandsOf(t *testing.T, goText, conditional, noGo string) Objective {
	t.Helper()
	o := Objective{Name: "x", Go: mustParse(t, goText)}
	if conditional != "" {
		c := mustParse(t, conditional)
		o.Conditional = &c
	}
	if noGo != "" {
		n := mustParse(t, noGo)
		o.NoGo = &n
	}
	return o
}

func TestLintAcceptsBandsThatMeanSomething(t *testing.T) {
	tests := []struct{ name, goText, conditional, noGo string }{
		{"one band", "p95 < 200ms", "", ""},
		{"the bands of a checklist, with a gap", "p95 < 200ms", "p95 < 300ms", "p95 > 500ms"},
		{"bands without a gap", "p95 < 200ms", "p95 <= 500ms", "p95 > 500ms"},
		{"only one point between the bands", "p95 < 200ms", "", "p95 > 200ms"},
		{"a conditional band of one nanosecond", "p95 < 200ms", "p95 <= 200ms", ""},
		{"larger is better", "success > 99.5%", "success >= 99%", "success < 99%"},
		{"all of it", "success == 100%", "success > 99%", "success <= 99%"},
		{"none of it", "error_rate == 0%", "error_rate < 1%", "error_rate >= 1%"},
		{"no such answer", "status_429 == 0", "status_429 < 10", "status_429 >= 10"},
		{"no such answer, said the other way", "status_429 < 1", "", "status_429 != 0"},
		{"at least one such answer", "status_429 != 0", "", "status_429 == 0"},
		{"many such answers", "status_429 > 100", "status_429 > 50", "status_429 < 10"},
		{"a number of answers, where no side is better", "status_304 == 12", "status_304 != 13", ""},
		{"a number of answers that is not wanted", "status_304 != 12", "", "status_304 == 12"},
		{"a rate", "rate >= 450/s", "rate >= 400/s", "rate < 400/s"},
		{"a step", "max{a b} < 1s", "max{a b} < 2s", ""},
		{"everything but nothing", "rate > 0/s", "", ""},
		{"an answer within the shortest time", "min <= 0s", "", ""},
	}
	tests = append(tests, []struct{ name, goText, conditional, noGo string }{
		{"windows", "p95 < 200ms every 1m", "p95 < 300ms every 1m", "p95 > 500ms in any 1m"},
		{"fewer windows are a conditional", "p95 < 200ms every 1m", "p95 < 200ms in 99% of 1m", ""},
		{"fewer windows and a lower limit, too", "p95 < 200ms every 1m", "p95 < 100ms in 95% of 1m", ""},
		{"a no_go of some windows", "success > 99% in 99% of 10s", "", "success < 95% in 5% of 10s"},
		{"a phase", "p95 < 1s during ramp", "", "p95 > 2s during ramp"},
	}...)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, bandsOf(t, test.goText, test.conditional, test.noGo).Lint())
		})
	}
}

func TestLintRefusesWithAWitness(t *testing.T) {
	tests := []struct{ name, goText, conditional, noGo, want string }{
		{
			"go and no_go overlap", "p95 < 300ms", "", "p95 > 200ms",
			"go and no_go overlap: p95 < 300ms and p95 > 200ms both hold at 250ms",
		},
		{
			"go and no_go share one point", "success >= 99.5%", "", "success <= 99.5%",
			"go and no_go overlap: success >= 99.5% and success <= 99.5% both hold at 99.5%",
		},
		{
			"conditional and no_go overlap, as in the checklist's 95-99 %", "success > 99.5%", "success >= 95%", "success < 99%",
			"conditional and no_go overlap: success >= 95% and success < 99% both hold at 95%",
		},
		{
			"conditional lies inside go", "p95 < 200ms", "p95 < 100ms", "",
			"conditional can never be reached: wherever p95 < 100ms holds, p95 < 200ms holds as well, as at 50ms",
		},
		{
			"conditional is go", "success > 99%", "success > 99%", "",
			"conditional can never be reached: wherever success > 99% holds, success > 99% holds as well, as at 100%",
		},
		{
			"conditional adds no whole nanosecond", "p95 <= 199.999999ms", "p95 < 200ms", "",
			"conditional can never be reached: wherever p95 < 200ms holds, p95 <= 199.999999ms holds as well, as at 199.999999ms",
		},
		{
			"conditional adds no whole answer", "status_429 <= 9", "status_429 < 10", "",
			"conditional can never be reached: wherever status_429 < 10 holds, status_429 <= 9 holds as well, as at 9",
		},
		{
			"go praises slowness", "p95 > 200ms", "", "",
			"go: p95 > 200ms points the wrong way: it holds at 300ms and not at 200ms, and p95 is better when it is smaller",
		},
		{
			"go praises failure", "success < 99%", "", "",
			"go: success < 99% points the wrong way: it holds at 49.5% and not at 99%, and success is better when it is larger",
		},
		{
			"go asks for one very rate", "rate == 450/s", "", "",
			"go: rate == 450/s points the wrong way: it holds at 450/s and not at 675/s, and rate is better when it is larger",
		},
		{
			"go asks for anything but one latency", "max != 1s", "", "",
			"go: max != 1s points the wrong way: it holds at 1.5s and not at 1s, and max is better when it is smaller",
		},
		{
			"conditional looks the other way", "p95 < 200ms", "p95 >= 200ms", "",
			"conditional: p95 >= 200ms points the wrong way: it holds at 200ms and not at 100ms, and p95 is better when it is smaller",
		},
		{
			"no_go looks the other way", "p95 < 200ms", "", "p95 < 500ms",
			"no_go: p95 < 500ms points the wrong way: it holds at 350ms and not at 500ms, and p95 is better when it is smaller",
		},
		{
			"no_go of a count looks the other way", "status_429 == 0", "", "status_429 < 5",
			"no_go: status_429 < 5 points the wrong way: it holds at 2 and not at 5, and status_429 is better when it is smaller",
		},
		{
			"go is out of reach", "p95 < 0s", "", "",
			"go: p95 < 0s can never hold, neither at 0s nor at 1ms",
		},
		{
			"more than everything", "success > 100%", "", "",
			"go: success > 100% can never hold, neither at 0% nor at 100%",
		},
		{
			"go holds whatever happens", "success >= 0%", "", "",
			"go: success >= 0% holds whatever is measured, at 0% and at 100%",
		},
		{
			"no_go is out of reach", "rate > 1/s", "", "rate < 0/s",
			"no_go: rate < 0/s can never hold, neither at 0/s nor at 2/s",
		},
		{
			"two metrics", "p95 < 200ms", "p99 < 300ms", "",
			"conditional: want a limit for p95, which go is about, found p99 < 300ms",
		},
		{
			"two steps", "p95{a} < 200ms", "", "p95{b} > 300ms",
			"no_go: want a limit for p95{a}, which go is about, found p95{b} > 300ms",
		},
		{
			"conditional in no fewer windows", "p95 < 200ms in 95% of 1m", "p95 < 100ms every 1m", "",
			"conditional can never be reached: wherever p95 < 100ms every 1m holds, p95 < 200ms in 95% of 1m holds as well, as at 50ms",
		},
		{
			"windows of two lengths", "p95 < 200ms every 1m", "p95 < 300ms every 2m", "",
			"conditional: want a target over windows of 1m of the measure phase, which go is about, found p95 < 300ms every 2m",
		},
		{
			"windows and none", "p95 < 200ms", "", "p95 > 500ms in any 1m",
			"no_go: want a target over the whole measure phase, which go is about, found p95 > 500ms in any 1m",
		},
		{
			"two phases", "p95 < 1s during ramp", "", "p95 > 2s",
			"no_go: want a target over the whole ramp phase, which go is about, found p95 > 2s",
		},
		{
			"one good window", "p95 < 200ms in any 1m", "", "",
			"go: p95 < 200ms in any 1m holds as soon as one window is good: want every 1m, or in a share of 1m",
		},
		{
			"a no_go that waits for the last window", "p95 < 200ms every 1m", "", "p95 > 500ms every 1m",
			"no_go: p95 > 500ms every 1m only holds when no window is any better: want in any 1m, or in a share of 1m",
		},
		{
			"two statuses", "status_429 == 0", "status_503 < 5", "",
			"conditional: want a limit for status_429, which go is about, found status_503 < 5",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.EqualError(t, bandsOf(t, test.goText, test.conditional, test.noGo).Lint(), `objective "x": `+test.want)
		})
	}
}

func TestLintRefusesAnObjectiveWithoutATarget(t *testing.T) {
	require.EqualError(t, Objective{Name: "x"}.Lint(), `objective "x": go: want a target such as p95 < 200ms, found none`)
}

func TestLintTellsAllAtOnceAndWhere(t *testing.T) {
	good, bad := bandsOf(t, "p95 < 200ms", "", ""), bandsOf(t, "success < 99%", "", "")
	bad.Source = "launch.yaml:7"
	unnamed := bandsOf(t, "max < 0s", "", "")
	unnamed.Name = ""
	require.NoError(t, Lint([]Objective{good}))
	require.NoError(t, Lint(nil))
	require.EqualError(t, Lint([]Objective{good, bad, unnamed}), `launch.yaml:7: objective "x": name: want one of its own, it is that of p95 < 200ms already
launch.yaml:7: objective "x": go: success < 99% points the wrong way: it holds at 49.5% and not at 99%, and success is better when it is larger
objective "max < 0s": go: max < 0s can never hold, neither at 0s nor at 1ms`)
}

func TestLintStepsKnowsThePlan(t *testing.T) {
	all, checkout, login := bandsOf(t, "p95 < 200ms", "", ""), bandsOf(t, "p95{chekout} < 200ms", "", ""), bandsOf(t, "p95{xyz} < 200ms", "", "")
	require.NoError(t, LintSteps([]Objective{all, bandsOf(t, "max{login} < 1s", "", "")}, []string{"login", "checkout"}))
	require.EqualError(t, LintSteps([]Objective{all, checkout, login}, []string{"login", "checkout"}),
		`objective "x": p95{chekout} < 200ms: want the name of a step or group, found "chekout" (did you mean "checkout"?)
objective "x": p95{xyz} < 200ms: want the name of a step or group, found "xyz"`)
}
