package capacity

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// run searches a world that meets every level up to its capacity.
func run(t *testing.T, s Search, met func(level float64) Outcome) (Finding, []Trial) {
	t.Helper()
	var trials []Trial
	for range 100 {
		f := s.Next(trials)
		if f.Next == 0 {
			return f, trials
		}
		trials = append(trials, Trial{f.Next, met(f.Next)})
	}
	t.Fatalf("no end after %d trials: %v", len(trials), trials)
	return Finding{}, nil
}

func upTo(capacity float64) func(float64) Outcome {
	return func(level float64) Outcome {
		if level <= capacity {
			return Met
		}
		return Missed
	}
}

func TestSearchFindsTheCapacityWithinItsPrecision(t *testing.T) {
	for _, capacity := range []float64{1.5, 10, 99, 100, 101, 1234, 77_777} {
		s := Search{From: 100, To: 1e6, Factor: 2, Precision: 0.05}
		f, trials := run(t, s, upTo(capacity))
		require.True(t, f.Sure, "%v", f)
		require.LessOrEqual(t, f.Best, capacity)
		require.GreaterOrEqual(t, f.Best*1.06, capacity, "in trials %v", trials)
		require.Less(t, len(trials), 25)
	}
}

func TestSearchOfWholeLevels(t *testing.T) {
	for capacity := 1.0; capacity < 60; capacity++ {
		f, _ := run(t, Search{From: 10, To: 1000, Factor: 2, Precision: 0.001, Whole: true}, upTo(capacity))
		require.Equal(t, capacity, f.Best)
		require.Equal(t, capacity+1, f.Missed)
	}
}

func TestSearchEnds(t *testing.T) {
	s := Search{From: 100, To: 1000, Factor: 2, Precision: 0.05}
	for _, odd := range []Search{ // no level that is round
		{From: 100, To: 1234, Factor: 2, Precision: 0.05},
		{From: 123.6, To: 130, Factor: 2, Precision: 0.05},
		{From: 100, To: 150.4, Factor: 2, Precision: 0.05, Whole: true},
	} {
		f, _ := run(t, odd, upTo(1e9))
		require.Equal(t, "the highest level to be tried was met", f.Why)
		f, _ = run(t, odd, upTo(0))
		require.Equal(t, "the objectives were missed at the lowest level", f.Why)
	}
	tests := []struct {
		name string
		met  func(float64) Outcome
		best float64
		sure bool
		why  string
	}{
		{"at the top", upTo(1e9), 1000, true, "the highest level to be tried was met"},
		{"at the bottom", upTo(0), 0, false, "the objectives were missed at the lowest level"},
		{"where the generator gives up", func(l float64) Outcome {
			if l > 300 {
				return Unsure
			}
			return Met
		}, 200, false, "the generator or the run could not tell at the last level"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, _ := run(t, s, test.met)
			require.Equal(t, test.best, f.Best)
			require.Equal(t, test.sure, f.Sure)
			require.Equal(t, test.why, f.Why)
		})
	}
}

// A level that was met by luck and is missed when tried again is no capacity.
func TestSearchGoesBelowALevelThatIsMissedTheSecondTime(t *testing.T) {
	lucky := true
	f, _ := run(t, Search{From: 100, To: 1000, Factor: 2, Precision: 0.05}, func(l float64) Outcome {
		if l > 150 && l <= 400 && lucky {
			return Met
		}
		lucky = lucky && l <= 150 // once a level was missed, luck is over
		return upTo(150)(l)
	})
	require.True(t, f.Sure)
	require.LessOrEqual(t, f.Best, 150.0)
}

// Whatever a noisy world answers, the search ends and claims nothing it missed.
func TestSearchEndsInANoisyWorld(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		from := 0.1 + 1000*r.Float64()
		s := Search{From: from, To: from * (1 + 100*r.Float64()), Factor: 1.001 + r.Float64(), Precision: 0.05, Whole: seed%2 == 0}
		if s.Whole {
			s.From = math.Ceil(s.From)
			s.To = max(s.To, s.From)
		}
		f, trials := run(t, s, func(float64) Outcome { return Outcome(r.IntN(2)) })
		for _, trial := range trials {
			if trial.Outcome == Missed {
				require.Less(t, f.Best, trial.Level)
			}
		}
	}
}
