package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

// pairsOf are runs of worlds whose level differs from run to run: that of both runs of
// a pair, and that of each run by itself.
func pairsOf(n int, w world, together, alone float64) []Pair {
	r := rand.New(rand.NewPCG(8, 16))
	w.seconds = 20
	var pairs []Pair
	for i := range n {
		level := together * r.NormFloat64()
		run := func(side int, slower float64) *Side {
			at := w
			at.slower = slower * math.Exp(level+alone*r.NormFloat64())
			at.failing = [2]float64{0, w.failing[side]}
			_, s := at.sides(uint64(2*i + side))
			return s
		}
		pairs = append(pairs, Pair{run(0, 1), run(1, w.slower)})
	}
	return pairs
}

func TestRuns(t *testing.T) {
	fails := func(baseline, candidate float64) world {
		w := slowed(1)
		w.common, w.failing = 0, [2]float64{baseline, candidate}
		return w
	}
	of := func(slower float64) world {
		w := slowed(slower)
		w.common = 0
		return w
	}
	tests := []struct {
		name         string
		pairs        []Pair
		p50, success slo.Verdict
		rule         string
	}{
		{"no difference, and levels that differ from pair to pair", pairsOf(6, of(1), 0.3, 0), slo.Pass, slo.Pass, `p50 is at most [\d.]+% longer`},
		{"a third slower", pairsOf(6, of(1.33), 0.3, 0.02), slo.Fail, slo.Pass, `p50 is at least \d\d[\d.]*% longer`},
		{"levels that differ from run to run", pairsOf(6, of(1), 0, 0.3), slo.Inconclusive, slo.Inconclusive, `p50 may be`},
		{"too few pairs", pairsOf(4, of(1), 0, 0), slo.Inconclusive, slo.Inconclusive, `p50: 4 pairs of runs are too few, it takes 5`},
		{"no pair at all", nil, slo.Inconclusive, slo.Inconclusive, `p50: 0 pairs`},
		{"a candidate that fails", pairsOf(6, fails(0, 0.05), 0, 0), slo.Pass, slo.Fail, ``},
		{"a candidate whose half fails", pairsOf(6, fails(0, 0.6), 0, 0), slo.Inconclusive, slo.Fail, `p50: in some runs it falls on requests that failed`},
		{"a run without a request", append(pairsOf(5, of(1), 0, 0), Pair{&Side{}, &Side{}}), slo.Inconclusive, slo.Inconclusive, `p50: a run of the baseline has no request`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := usualOptions()
			o.GivenRate = ""
			c := Runs(test.pairs, o)
			require.Equal(t, Interleaved, c.Design)
			require.Equal(t, len(test.pairs), c.Blocks)
			got := rowsOf(c)
			require.Equal(t, test.p50, got["p50"].Verdict, got["p50"].Rule)
			require.Equal(t, test.success, got["success"].Verdict, got["success"].Rule)
			require.Regexp(t, "^"+test.rule, got["p50"].Rule)
		})
	}
}

// A run counts as one, so five runs of one length say what five of another do.
func TestRunsAreMirroredToo(t *testing.T) {
	w := slowed(1.2)
	w.common = 0
	pairs := pairsOf(5, w, 0.1, 0.05)
	var swapped []Pair
	for _, p := range pairs {
		swapped = append(swapped, Pair{p.Candidate, p.Baseline})
	}
	o := usualOptions()
	o.GivenRate = ""
	there, back := rowsOf(Runs(pairs, o)), rowsOf(Runs(swapped, o))
	for _, name := range []string{"p50", "p95", "p99", "rate"} {
		requireInverse(t, there[name].Change, back[name].Change, name)
		requireInverse(t, there[name].Lo, back[name].Hi, name)
	}
	require.InDelta(t, there["success"].Lo, -back["success"].Hi, 1e-9)
}

func TestConfoundedRunsAreConditional(t *testing.T) {
	w := slowed(1)
	w.common = 0
	o := usualOptions()
	o.Confounded = "all runs of one side came first"
	p50 := rowsOf(Runs(pairsOf(6, w, 0, 0), o))["p50"]
	require.Equal(t, slo.Conditional, p50.Verdict)
	require.Contains(t, p50.Rule, "; but all runs of one side came first")
}
