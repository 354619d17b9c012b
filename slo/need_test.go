package slo

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNeeds(t *testing.T) {
	usual := Assumption{Rate: 100, Part: 0.6, Deff: 1, Power: 0.8}
	tests := []struct {
		name, target string
		a            Assumption
		planned      time.Duration
		want         time.Duration
		requests     float64
		enough       bool
		why          string
	}{
		{"the design's example", "p95 < 200ms", usual, time.Minute, 20 * time.Second, 631, true, ""},
		{"requests that are alike", "p95 < 200ms", Assumption{Rate: 100, Part: 0.6, Deff: 70, Power: 0.8}, time.Minute, 684 * time.Second, 631, false, ""},
		{"a plan that is just long enough", "p95 < 200ms", Assumption{Rate: 100, Part: 0.6, Deff: 70, Power: 0.8}, 684 * time.Second, 684 * time.Second, 631, true, ""},
		{"waves that are long", "p95 < 200ms", Assumption{Rate: 100, Part: 0.6, Deff: 70, Waves: 400, Power: 0.8}, time.Hour, 2000 * time.Second, 631, true, ""},
		{"a success rate", "success > 99.5%", usual, time.Hour, 102 * time.Second, 6565, true, ""},
		{"an error rate that is too high", "error_rate < 5%", Assumption{Rate: 100, Part: 2, Deff: 1, Power: 0.8}, time.Hour, 20 * time.Second, 150, true, ""},
		{"a rate of one a minute", "p95 < 200ms", Assumption{Rate: 1. / 60, Part: 0.6, Deff: 1, Power: 0.8}, time.Hour, 58575 * time.Second, 631, false, ""},
		{"what is expected is the limit", "p95 < 200ms", Assumption{Rate: 100, Part: 1, Deff: 1, Power: 0.8}, time.Hour, 0, 0, false, "what is expected lies on the limit: no run is long enough to tell"},
		{"everything has to succeed", "success >= 100%", usual, time.Hour, 0, 0, false, "no run can show that not a single request in the world is bad"},
		{"no rate", "p95 < 200ms", Assumption{Part: 0.6, Deff: 1, Power: 0.8}, time.Hour, 0, 631, false, "it would take more than a century"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := inferring(t, test.target, "", "").Needs(test.a, test.planned)
			require.Equal(t, test.why, n.Why)
			require.Equal(t, test.want, n.Duration)
			require.Equal(t, test.enough, n.Enough)
			if test.requests > 0 {
				require.Equal(t, test.requests, n.Requests)
			}
			if n.Why == "" && n.Enough && test.want > leastInferred {
				require.GreaterOrEqual(t, n.Below, n.Expected*(1-1e-3), "a plan that is long enough tells what is expected")
			}
		})
	}
	n := bandsOf(t, "max < 1s", "", "").Needs(usual, time.Second)
	require.True(t, n.Enough)
	require.Equal(t, "this run is counted, however long it is", n.Why)
}

// What a pilot saw is what the next run is planned with.
func TestPilot(t *testing.T) {
	o := inferring(t, "p95 < 2ms", "", "")
	random := rand.New(rand.NewPCG(2, 2))
	r := RunOf(overTime([]Objective{o}, chance(random, 400, 0.03, 0, true)), 400*time.Second)
	a, doubt := r.Pilot(o)
	require.Empty(t, doubt)
	require.InDelta(t, 19.5, a.Rate, 1)
	require.InDelta(t, 0.6, a.Part, 0.25)
	require.Greater(t, a.Deff, 5.0)

	success := inferring(t, "success > 99%", "", "")
	a, doubt = r.Pilot(success)
	require.Empty(t, doubt, "the p90 lends")
	require.Zero(t, a.Part)
	require.Greater(t, a.Deff, 5.0)

	bare := RunOf(overTime(nil, []moment{{0, 1}, {20, 1}}), 21*time.Second)
	a, doubt = bare.Pilot(success)
	require.InDelta(t, UsualDeff, a.Deff, 0)
	require.Equal(t, "no request is bad, so how alike they are cannot be seen", doubt)

	a, doubt = bare.Pilot(o)
	require.Zero(t, a.Deff)
	require.Equal(t, "it cannot be judged from what is kept: 2ms was not counted by second in this run (a run counts the limits of its own objectives: give it this one)", doubt)

	_, doubt = RunOf(overTime(nil, nil), 0).Pilot(o)
	require.Equal(t, "no samples", doubt)
}
