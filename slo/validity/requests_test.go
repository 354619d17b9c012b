package validity

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/slo"
)

// Whatever is counted twice or not at all must show, in whichever of the books.
func TestAccountingFindsWhatDoesNotAddUp(t *testing.T) {
	tests := []struct {
		name   string
		tamper func(*measure.Summary)
		want   string
	}{
		{"a request without a response time", func(s *measure.Summary) { s.Steps()[0].Class[measure.OK]++ }, `step "a": ok response times: 1, and not 2; planned in all steps: 3, and not 2`},
		{"a failure without a response time", func(s *measure.Summary) { s.Steps()[0].Class[measure.Reset]++ }, `step "a": other response times: 0, and not 1; planned in all steps: 3, and not 2`},
		{"a response time without a request", func(s *measure.Summary) { s.Steps()[0].Charged.Record(time.Second) }, `step "a": other response times: 1, and not 0`},
		{"a request of no step", func(s *measure.Summary) { s.Total().Class[measure.OK]++ }, `planned in all steps: 2, and not 3`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := oneOfEach([]string{"a", "b"})
			require.True(t, Of(slo.RunOf(s, 0), Facts{}, nil).Valid)
			test.tamper(s)
			v := Of(slo.RunOf(s, 0), Facts{}, nil)
			require.False(t, v.Valid)
			require.Equal(t, test.want, v.Checks[0].Reason)
		})
	}
}

// oneOfEach returns the Summary of a run that sent each step once, quickly.
func oneOfEach(steps []string) *measure.Summary {
	c := measure.Config{Steps: steps}
	r, s := measure.NewRecorder(c), measure.NewSummary(c)
	for step := range steps {
		r.Record(&measure.Outcome{Step: step, Phase: measure.Measure, Sent: 1, Done: time.Millisecond, Read: time.Millisecond})
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	return s
}

func TestCoverageNamesTheFirstFewOfManySteps(t *testing.T) {
	c := measure.Config{Steps: []string{"a", "b", "c", "d", "e", "f", "g"}}
	v := Of(slo.RunOf(measure.NewSummary(c), 0), Facts{}, nil)
	require.False(t, v.Valid)
	last := v.Checks[len(v.Checks)-1]
	require.Equal(t, "coverage", last.Name)
	require.Equal(t, `never started in the measure phase: "a", "b", "c", "d", "e" and 2 more`, last.Reason)
}

func TestRoundTextKeepsThreeDigits(t *testing.T) {
	tests := map[time.Duration]string{
		0:                       "0s",
		999:                     "999ns",
		1234567:                 "1.23ms",
		9995 * time.Microsecond: "10ms",
		50 * time.Millisecond:   "50ms",
		3723 * time.Second:      "3720s",
		24 * time.Hour:          "86400s",
		time.Millisecond - 1:    "1ms",
	}
	for d, want := range tests {
		require.Equal(t, want, roundText(d), d)
	}
}

// A step of a setup, or behind an if, may never run: nothing is missing then.
func TestStepsThatMayRestNeedNotRun(t *testing.T) {
	c := measure.Config{Steps: []string{"a", "b", "c"}, Charge: time.Second}
	r := measure.NewRecorder(c)
	r.Record(&measure.Outcome{Step: 0, Phase: measure.Measure, Done: time.Millisecond, Read: time.Millisecond})
	s := measure.NewSummary(c)
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	coverage := func(rest ...int) Check {
		for _, k := range Of(slo.RunOf(s, time.Second), Facts{Measure: time.Second, Measured: time.Second, MayRest: rest}, nil).Checks {
			if k.Name == "coverage" {
				return k
			}
		}
		return Check{}
	}
	require.False(t, coverage(1).OK)
	require.Contains(t, coverage(1).Reason, `"c"`)
	require.True(t, coverage(1, 2).OK)
}

// Users whose setup fails send nothing: more connections, or a longer run, would not help.
func TestAFailedSetupIsNamedAsTheCause(t *testing.T) {
	const remedy = "look at the errors of (setup): a setup has to succeed in every run, also where an earlier one left its traces"
	tests := []struct {
		name                  string
		setup                 measure.Class
		drops, coverage       string
		dropsDo, coverageDoes string
	}{
		{
			"a setup that fails", measure.Status,
			"users whose setup failed did not send what was due, so the target was given less than the planned load",
			`never started in the measure phase: "log in", "cart", as users failed in their setup`, remedy, remedy,
		},
		{
			"a setup that is well", measure.OK,
			"requests were due and never sent, so the target was given less than the planned load",
			`never started in the measure phase: "log in", "cart"`,
			"plan more connections (max-in-flight) or a lower rate", "measure for longer, or give these steps more weight",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := measure.Config{Steps: []string{"log in", "cart"}, Charge: time.Second}
			r, s := measure.NewRecorder(c), measure.NewSummary(c)
			r.Record(&measure.Outcome{Step: 0, Phase: measure.Setup, Class: tt.setup, Done: time.Millisecond, Read: time.Millisecond})
			r.Record(&measure.Outcome{Step: 0, Phase: measure.Measure, Class: measure.Dropped})
			for _, i := range r.Seal() {
				s.Merge(i)
			}
			found := map[string]Check{}
			for _, k := range Of(slo.RunOf(s, time.Second), Facts{Measure: time.Second, Measured: time.Second}, nil).Checks {
				found[k.Name] = k
			}
			require.Equal(t, []string{tt.drops, tt.dropsDo}, []string{found["drops"].Reason, found["drops"].Remedy})
			require.Equal(t, []string{tt.coverage, tt.coverageDoes}, []string{found["coverage"].Reason, found["coverage"].Remedy})
		})
	}
}
