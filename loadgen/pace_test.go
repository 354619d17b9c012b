package loadgen

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

func openPlan(o Open) *Plan {
	p := &Plan{Open: &o, Timeout: time.Second, Grace: time.Second, Steps: []Step{{Name: "a", Weight: 1}}}
	for _, s := range o.Stages {
		p.Measure += s.For
	}
	return p
}

func dues(p *Plan) []time.Duration {
	var all []time.Duration
	for a := p.Arrivals(); ; {
		due, more := a.Next()
		if !more {
			return all
		}
		all = append(all, due)
	}
}

func TestConstantArrivalsLieOnAGrid(t *testing.T) {
	all := dues(openPlan(Open{Stages: []Stage{{2 * time.Second, 500, 500}}}))
	require.Len(t, all, 1000)
	for i, due := range all {
		require.Equal(t, time.Duration(i)*2*time.Millisecond, due)
	}
}

func TestStagesFollowEachOtherWithoutAGap(t *testing.T) {
	all := dues(openPlan(Open{Stages: []Stage{{time.Second, 10, 10}, {time.Second, 100, 100}}}))
	require.Len(t, all, 110)
	require.Equal(t, 900*time.Millisecond, all[9])
	require.Equal(t, time.Second, all[10])
	require.Equal(t, 1010*time.Millisecond, all[11])
}

// With a rate that rises from 0 to r in d, arrival n is due at d·√(2n/(r·d)).
func TestARampGrowsLinearly(t *testing.T) {
	p := openPlan(Open{Stages: []Stage{{time.Second, 100, 100}}})
	p.Ramp = 2 * time.Second
	all := dues(p)
	require.Len(t, all, 200) // 100 in the ramp, which is half of what the full rate gives
	for n, due := range all[:100] {
		want := 2 * math.Sqrt(float64(n)/100)
		require.InDelta(t, want, due.Seconds(), 1e-6)
	}
	require.Equal(t, 2*time.Second, all[100])
	require.Equal(t, measure.Ramp, p.PhaseAt(all[99]))
	require.Equal(t, measure.Measure, p.PhaseAt(all[100]))
}

func TestAFallingRateEndsAtNothing(t *testing.T) {
	all := dues(openPlan(Open{Stages: []Stage{{10 * time.Second, 100, 0}}}))
	require.Len(t, all, 500)
	require.True(t, slices.IsSorted(all))
	require.Less(t, all[499], 10*time.Second)
}

func TestARateOfNothingHasNoArrivals(t *testing.T) {
	all := dues(openPlan(Open{Stages: []Stage{{time.Second, 0, 0}, {time.Second, 5, 5}}}))
	require.Equal(t, []time.Duration{1000, 1200, 1400, 1600, 1800}, inMillis(all))
}

func inMillis(all []time.Duration) []time.Duration {
	out := slices.Clone(all)
	for i := range out {
		out[i] /= time.Millisecond
	}
	return out
}

func TestPoissonArrivalsDependOnTheSeedAlone(t *testing.T) {
	p := openPlan(Open{Poisson: true, Stages: []Stage{{10 * time.Second, 1000, 1000}}})
	p.Seed = 7
	first := dues(p)
	require.Equal(t, first, dues(p))
	p.Seed = 8
	require.NotEqual(t, first, dues(p))
}

// The gaps of a Poisson process are exponential: their distribution function
// lies within a distance that a right one exceeds once in a million times.
func TestPoissonGapsAreExponential(t *testing.T) {
	p := openPlan(Open{Poisson: true, Stages: []Stage{{10 * time.Second, 1000, 1000}}})
	all := dues(p)
	require.InDelta(t, 10_000, len(all), 5*math.Sqrt(10_000))
	gaps := make([]float64, len(all)-1)
	for i := range gaps {
		gaps[i] = (all[i+1] - all[i]).Seconds() * 1000
	}
	slices.Sort(gaps)
	distance := 0.0
	for i, g := range gaps {
		theory := 1 - math.Exp(-g)
		distance = max(distance, math.Abs(theory-float64(i)/float64(len(gaps))))
	}
	require.Less(t, distance, 2.7/math.Sqrt(float64(len(gaps))))
}

func TestExpectedAndPeakRate(t *testing.T) {
	p := openPlan(Open{Stages: []Stage{{10 * time.Second, 0, 100}, {10 * time.Second, 100, 100}}})
	require.Equal(t, 1500.0, p.Expected(measure.Measure))
	p.Ramp, p.WarmUp, p.Open.Stages[0].From = 2*time.Second, time.Second, 100
	require.Equal(t, 2000.0, p.Expected(measure.Measure))
	require.Equal(t, 100.0, p.Expected(measure.Ramp))
	require.Equal(t, 100.0, p.Expected(measure.WarmUp))
	require.Zero(t, p.Expected(measure.Drain))
	p.Ramp, p.WarmUp, p.Open.Stages[0].From = 0, 0, 0
	require.Equal(t, 100.0, p.PeakRate())
	require.Equal(t, 50.0, p.RateAt(5*time.Second))
}

func TestStepsArePickedByWeight(t *testing.T) {
	p := &Plan{Seed: 1, Closed: &Closed{}, Steps: []Step{{Weight: 1}, {Weight: 0}, {Weight: 3}}}
	pick := p.picker(p.Loads()[0], p.random(pickRow), nobody)
	var n [3]int
	for range 10_000 {
		n[pick.pick().n]++
	}
	require.Zero(t, n[1])
	require.InDelta(t, 2500, n[0], 5*math.Sqrt(1875))
}
