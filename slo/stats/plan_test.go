package stats

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRequestsForAVerdict(t *testing.T) {
	tests := []struct {
		name            string
		limit, expected float64
		want            float64
	}{
		{"p95, 3 % slow", 0.05, 0.03, 631},
		{"p95, 4 % slow", 0.05, 0.04, 2740},
		{"p95, 2.5 % slow", 0.05, 0.025, 384},
		{"99.5 %, 99.7 % expected", 0.005, 0.003, 6565},
		{"99.5 %, 99.8 % expected", 0.005, 0.002, 2623},
		{"p99, 0.5 % slow", 0.01, 0.005, 1990},
		{"no failure at all, 99.5 %", 0.005, 0, 598},
		{"no failure at all, 99 %", 0.01, 0, 299},
		{"on the limit nothing is enough", 0.05, 0.05, math.Inf(1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, Aim{Limit: test.limit, Alpha: 0.05, Power: 0.8}.Requests(test.expected))
		})
	}
}

func TestResolvesIsTheInverseOfRequests(t *testing.T) {
	a := Aim{Limit: 0.05, Alpha: 0.05, Power: 0.8}
	below, above := a.Resolves(631)
	require.InDelta(t, 0.03, below, 0.0001)
	require.Equal(t, 631.0, a.Requests(above))
	require.Greater(t, above, 0.05)

	below, above = a.Resolves(20)
	require.Equal(t, -1.0, below, "20 good requests do not show less than 5 %")
	require.Less(t, above, 1.0)
}

func TestDurationCountsCorrelation(t *testing.T) {
	d, ok := Duration(631, 70, 80)
	require.True(t, ok)
	require.Equal(t, 855*time.Second, d) // 631·70/80, a tenth for the variance that is not known, and caution

	require.InDelta(t, 631, Worth(d, 70, 80), 1)

	_, ok = Duration(math.Inf(1), 1, 100)
	require.False(t, ok)
	_, ok = Duration(1, 1, 0)
	require.False(t, ok)
}

func TestLongEnough(t *testing.T) {
	d, ok := LongEnough(20, 80)
	require.True(t, ok)
	require.Equal(t, 125*time.Second, d) // 250·20/80, twice

	d, ok = LongEnough(1.5, 80)
	require.True(t, ok)
	require.Zero(t, d, "waves that may be chance ask for nothing")

	_, ok = LongEnough(20, 0)
	require.False(t, ok)
}

func TestFurther(t *testing.T) {
	a := Aim{Limit: 0.05, Alpha: 0.05, Power: 0.8}
	tests := []struct {
		name string
		seen Share
		want time.Duration
		ok   bool
	}{
		{"half of what it takes", Share{N: 9000, Waves: 1, Value: 0.03, Effective: 631 * caution / 2}, 10 * time.Minute, true},
		{"enough", Share{N: 9000, Waves: 1, Value: 0.03, Effective: 1000}, 0, true},
		{"enough, but waves are long", Share{N: 5000, Waves: 40, Value: 0.03, Effective: 1000}, 10 * time.Minute, true},
		{"on the limit no run is long enough", Share{N: 9000, Value: 0.05, Effective: 1000}, 0, false},
		{"nothing seen", Share{}, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, ok := a.Further(test.seen, 10*time.Minute)
			require.Equal(t, test.ok, ok)
			require.Equal(t, test.want, d)
		})
	}
}
