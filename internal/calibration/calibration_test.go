package main

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/slo/stats"
)

func TestWorldsHaveTheTruthTheySay(t *testing.T) {
	tests := []struct {
		world     world
		share     float64
		tolerance float64 // of an hour of it
	}{
		{queue(0.5), 0.05, 0.002},
		{queue(0.8), 0.01, 0.002},
		{queue(0.9), 0.05, 0.015},
		{weather(), 0.05, 0.015},
		{coins(), 0.05, 0.002},
		{outages(), 0.005, 0.004},
	}
	for _, test := range tests {
		t.Run(test.world.name, func(t *testing.T) {
			draw := rand.New(rand.NewPCG(1, 2))
			seen := test.world.observe(draw, 3600, test.world.limit(test.share))
			total := stats.Sum(seen.cells)
			require.InDelta(t, test.share, total.Share(), test.tolerance)
			require.InDelta(t, test.world.rate, float64(total.N)/3600, test.world.rate/100)

			median, tail := stats.Sum(seen.background.Median), stats.Sum(seen.background.Tail)
			require.Equal(t, total.N, median.N)
			require.Equal(t, total.N, tail.N)
			require.InDelta(t, 0.5, median.Share(), 0.01)
			require.InDelta(t, 0.1, tail.Share(), 0.01)
		})
	}
}

func TestSecondsWithoutRequestsAreCells(t *testing.T) {
	sparse := world{rate: 1, play: func(_ *rand.Rand, _ int, due func(int, float64)) {
		for _, second := range []int{1, 1, 4} {
			due(second, float64(second))
		}
	}}
	seen := sparse.observe(nil, 6, 2)
	require.Equal(t, []stats.Block{{}, {N: 2}, {}, {}, {N: 1, Bad: 1}, {}}, seen.cells)
	require.Equal(t, []stats.Block{{}, {N: 2}, {}, {}, {N: 1, Bad: 1}, {}}, seen.background.Median)
}

// Simulation must not depend on which core does which run.
func TestTheSameNameGivesTheSameRuns(t *testing.T) {
	one := func(draw *rand.Rand) uint64 { return draw.Uint64() }
	first := simulate(newEffort(100), "a", one)
	require.Equal(t, first, simulate(newEffort(100), "a", one))
	require.Equal(t, first[:50], simulate(newEffort(50), "a", one))
	require.NotEqual(t, first, simulate(newEffort(100), "b", one))
}

// The part of the whole calibration that takes seconds: its promises, with a margin for
// 100 runs instead of 2,000. The draws are fixed, so that it fails if the judge changes and not else.
func TestPromisesInShort(t *testing.T) {
	e := newEffort(100)
	for _, load := range []float64{0.5, 0.8, 0.9} {
		all := onLimit(queue(load), 0.05, 10).verdicts(e)
		covered := count(all, verdict.isLongEnough, verdict.isCovered)
		require.Greater(t, covered.of, 95, "load %v: runs long enough", load)
		require.GreaterOrEqual(t, covered.share(), 0.9, "load %v: coverage", load)
		require.LessOrEqual(t, count(all, always, verdict.isGo).share(), 0.10, "load %v: GO on the limit", load)
		require.Less(t, count(all, always, verdict.isNaiveCovered).share(), 0.65, "load %v: as if independent", load)
	}

	busy := onLimit(queue(0.95), 0.05, 10).verdicts(e)
	require.GreaterOrEqual(t, count(busy, always, verdict.isTooShort).share(), 0.75, "load 0.95: too short")
	require.GreaterOrEqual(t, count(busy, always, verdict.isInconclusive).share(), 0.90, "load 0.95: inconclusive")

	few := onLimit(queue(0.9), 0.01, 10).verdicts(e)
	require.LessOrEqual(t, count(few, always, verdict.isGo).share(), 0.10, "GO on the limit of p99")
}

func TestStopsInShort(t *testing.T) {
	e := newEffort(100)
	stops := func(truth float64) []watched {
		s := scene{queue(0.8), truth, 0.05, 600}
		return simulate(e, s.String(), func(draw *rand.Rand) watched { return s.watch(s.observe(draw), 10) })
	}
	healthy, limit, twice := stops(0.03), stops(0.05), stops(0.10)
	require.Zero(t, count(healthy, always, watched.isStopped).hits)
	require.LessOrEqual(t, count(limit, always, watched.isStopped).share(), 0.03)
	require.GreaterOrEqual(t, count(twice, always, watched.isStopped).share(), 0.99)
	require.LessOrEqual(t, meanOf(twice, watched.length), 1.0/3)
	require.GreaterOrEqual(t, count(twice, always, watched.isCovered).share(), 0.95, "bounds after a stop")
	require.Greater(t, count(healthy, always, watched.isPolled).share(), 0.3, "the usual way stops healthy runs")
}

func TestRates(t *testing.T) {
	require.Equal(t, "95.0 % (93.6 – 96.2)", rate{1900, 2000}.String())
	require.Equal(t, "0.0 % (0.0 – 0.3)", rate{0, 2000}.String())
	require.Equal(t, "100.0 % (99.7 – 100.0)", rate{2000, 2000}.String())
	require.Equal(t, "–", rate{}.String())
	require.Equal(t, rate{1, 2}, count([]int{1, 2, 3, 4}, func(i int) bool { return i > 2 }, func(i int) bool { return i > 3 }))
}

func TestThePageSaysWhatIsNotHeld(t *testing.T) {
	p := page{Runs: 7, Sections: []section{{
		experiment{title: "Coins", about: "Thrown.", texts: 1, head: []string{"coin", "heads"}},
		result{
			rows:     [][]string{{"fair", "50 %"}},
			promises: []promise{atMost("heads", 0.6, rate{5, 10}), atLeast("tails", 0.6, rate{5, 10})},
		},
	}}}
	var text strings.Builder
	require.NoError(t, p.render(&text))
	require.Contains(t, text.String(), "from 7 simulated runs a row")
	require.Contains(t, text.String(), "| heads | ≤ 60 % | 50.0 % (12.8 – 87.2) | held |\n| tails | ≥ 60 % | 50.0 % (12.8 – 87.2) | **not held** |\n")
	require.Contains(t, text.String(), "## Coins\n\nThrown.\n\n| coin | heads |\n|---|---:|\n| fair | 50 % |\n")
	require.EqualError(t, p.broken(), "tails: want ≥ 60 %, measured 50.0 % (12.8 – 87.2)")
}

func TestAnUnknownExperimentIsAnError(t *testing.T) {
	require.ErrorContains(t, command([]string{"-only", "luck"}), `"luck"`)
}
