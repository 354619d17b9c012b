package target

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantilesByConstruction(t *testing.T) {
	tests := []struct {
		name  string
		delay Delay
		want  map[float64]time.Duration
	}{
		{"const is the same for all", ConstDelay(20 * time.Millisecond), map[float64]time.Duration{0: 20e6, 0.5: 20e6, 1: 20e6}},
		{"uniform is a straight line", UniformDelay(10*time.Millisecond, 30*time.Millisecond), map[float64]time.Duration{0: 10e6, 0.5: 20e6, 0.95: 29e6, 1: 30e6}},
		{"lognormal has its median, and one sigma above it at 84.13%", LognormalDelay(20*time.Millisecond, 0.5), map[float64]time.Duration{0: 0, 0.5: 20e6, 0.8413447460685429: 32974425, 0.95: 45520332}},
		{"bimodal turns where the share begins", BimodalDelay(10*time.Millisecond, 500*time.Millisecond, 0.05), map[float64]time.Duration{0: 10e6, 0.95: 10e6, 0.9501: 500e6, 1: 500e6}},
		{"exponential halves", ExponentialDelay(time.Second), map[float64]time.Duration{0: 0, 0.5: 693147180, 0.75: 1386294361}},
		{"a tail ends at the longest delay", LognormalDelay(time.Minute, 4), map[float64]time.Duration{1: MaxDelay, 0.999999: MaxDelay}},
		{"outside of 0 to 1 is the nearest", UniformDelay(1, 2), map[float64]time.Duration{-1: 1, 2: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for q, want := range test.want {
				require.InDelta(t, float64(want), float64(test.delay.Quantile(q)), 2, "q=%g", q)
			}
		})
	}
}

// Connections are numbered one after the other, and many make one request only:
// the first numbers of their streams have to be as good as one stream's.
func TestFirstDrawsOfConnectionsAreUniformAndUnrelated(t *testing.T) {
	const n = 20000
	s := New(Behaviour{Seed: 1})
	draws := make([]float64, n)
	related := 0.0
	for i := range draws {
		c := conn{random: *rand.NewPCG(s.behaviour.Seed, uint64(i))}
		draws[i] = c.uniform()
		if i > 0 {
			related += (draws[i] - 0.5) * (draws[i-1] - 0.5) * 12 / n
		}
	}
	require.InDelta(t, 0, related, 4/math.Sqrt(n))
	slices.Sort(draws)
	for i, u := range draws { // Kolmogorov-Smirnov at 0.1 %
		require.InDelta(t, float64(i)/n, u, 1.95/math.Sqrt(n))
	}
}

func TestStallWait(t *testing.T) {
	s := Stall{Length: time.Second, Period: 5 * time.Second}
	tests := []struct {
		name          string
		elapsed, want time.Duration
	}{
		{"the period begins open", 0, 0},
		{"just before the stall", 4*time.Second - 1, 0},
		{"its first instant waits for all of it", 4 * time.Second, time.Second},
		{"half-way", 4500 * time.Millisecond, 500 * time.Millisecond},
		{"its last instant", 5*time.Second - 1, 1},
		{"its end is open", 5 * time.Second, 0},
		{"the next period is the same", 9250 * time.Millisecond, 750 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, s.Wait(test.elapsed))
			require.Zero(t, Stall{}.Wait(test.elapsed))
		})
	}
}

func TestAnswerAt(t *testing.T) {
	s := Stall{Length: time.Second, Period: 5 * time.Second}
	tests := []struct {
		name                 string
		arrived, delay, want time.Duration
	}{
		{"outside of a stall the delay is all", time.Second, time.Second, 2 * time.Second},
		{"the delay begins when the stall ends", 4500 * time.Millisecond, time.Second, 6 * time.Second},
		{"what becomes ready in a stall is sent at its end", 3500 * time.Millisecond, time.Second, 5 * time.Second},
		{"from one stall into the next", 4 * time.Second, 4200 * time.Millisecond, 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, s.answerAt(test.arrived, test.delay))
		})
	}
}

// Arrivals every millisecond over whole periods, their waits sorted: the closed
// form has to be what comes out.
func TestStallQuantiles(t *testing.T) {
	s := Stall{Length: time.Second, Period: 5 * time.Second}
	var waits []time.Duration
	for at := time.Duration(0); at < 20*time.Second; at += time.Millisecond {
		waits = append(waits, s.Wait(at))
	}
	slices.Sort(waits)
	for q, want := range map[float64]time.Duration{0.5: 0, 0.8: 0, 0.9: 500e6, 0.95: 750e6, 0.99: 950e6, 1: 1e9} {
		require.InDelta(t, float64(want), float64(s.Quantile(q)), 1000, "q=%g", q)
		rank := max(int(q*float64(len(waits)))-1, 0)
		require.InDelta(t, float64(want), float64(waits[rank]), 2e6, "q=%g", q)
	}
}

func TestConfiguredQuantilesAreThereOnlyWhereTheyAreKnown(t *testing.T) {
	delay, stall := ConstDelay(time.Second), Stall{time.Second, 5 * time.Second}
	require.Equal(t, 1000.0, Behaviour{Delay: delay}.Quantiles().P50)
	require.Equal(t, 3000.0, Behaviour{Delay: delay, Drip: 2 * time.Second, Body: Size{1, 1}}.Quantiles().P50)
	require.InDelta(t, 950, Behaviour{Stall: stall}.Quantiles().P99, 0.001)
	require.Nil(t, Behaviour{Delay: delay, Stall: stall}.Quantiles())
	require.Nil(t, Behaviour{Drip: 1, Body: Size{0, 1}}.Quantiles())
}

func TestSizeQuantileReachesBothEnds(t *testing.T) {
	s := Size{1, 3}
	require.Equal(t, []int64{1, 1, 2, 3, 3}, []int64{s.quantile(0), s.quantile(0.33), s.quantile(0.34), s.quantile(0.67), s.quantile(0.9999)})
}
