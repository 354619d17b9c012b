package slo

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// chance makes seconds of about 20 requests of which the shares given are slow and
// failed. In waves, all requests of a second share their fate.
func chance(random *rand.Rand, seconds int, slow, lost float64, waves bool) []moment {
	var all []moment
	for s := range seconds {
		fate := random.Float64()
		for range 10 + random.IntN(20) {
			if !waves {
				fate = random.Float64()
			}
			took := time.Duration(random.Int64N(int64(time.Millisecond)))
			switch {
			case fate < lost:
				took = failed
			case fate < lost+slow:
				took += 2 * time.Millisecond
			}
			all = append(all, moment{s, took})
		}
	}
	return all
}

func inferring(t *testing.T, goText, conditional, noGo string) Objective {
	t.Helper()
	o := bandsOf(t, goText, conditional, noGo)
	o.Claim = Inferred
	return o
}

func TestInferring(t *testing.T) {
	tests := []struct {
		name       string
		slow, lost float64
		waves      bool
		seconds    int
		target     string
		want       Verdict
	}{
		{"far below the limit", 0.02, 0, false, 600, "p95 < 2ms", Pass},
		{"far beyond it", 0.08, 0, false, 600, "p95 < 2ms", Fail},
		{"on the limit", 0.05, 0, false, 600, "p95 < 2ms", Inconclusive},
		{"below it, in a short run", 0.03, 0, false, 12, "p95 < 2ms", Inconclusive},
		{"below it, and yet each second counts once", 0.03, 0, true, 100, "p95 < 2ms", Inconclusive},
		{"below it, and many seconds", 0.01, 0, true, 3000, "p95 < 2ms", Pass},
		{"enough succeed", 0, 0.001, false, 600, "success > 99.5%", Pass},
		{"too few succeed", 0, 0.02, false, 600, "success > 99.5%", Fail},
		{"too many fail", 0, 0.02, false, 600, "error_rate <= 1%", Fail},
		{"all fail", 0, 1, false, 600, "error_rate <= 1%", Fail},
		{"the quantile falls on those that failed", 0.1, 0.5, false, 600, "p95 < 2ms", Fail},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := inferring(t, test.target, "", "")
			all := chance(rand.New(rand.NewPCG(uint64(i), 7)), test.seconds, test.slow, test.lost, test.waves)
			j := Judge([]Objective{o}, overTime([]Objective{o}, all), time.Duration(test.seconds)*time.Second)[0]
			require.Equal(t, test.want, j.Verdict, j.Rule)
			require.Equal(t, Inferred, j.Claim)
		})
	}
}

// Whatever happens, the bounds hold the value, agree with the verdict, and a
// verdict that is inferred is never better than the one that is observed.
func TestBoundsAgreeWithTheVerdict(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	verdicts := map[Verdict]int{}
	for range 60 {
		o := inferring(t, "p90 < 2ms", "p90 < 2500us", "p90 > 2900us")
		all := chance(random, 20+random.IntN(300), 0.3*random.Float64(), 0.1*random.Float64()*float64(random.IntN(2)), random.IntN(2) == 0)
		s := overTime([]Objective{o}, all)
		j := Judge([]Objective{o}, s, 300*time.Second)[0]
		verdicts[j.Verdict]++
		observed := o
		observed.Claim = Observed
		seen := Judge([]Objective{observed}, s, 300*time.Second)[0]
		if j.Inference.Doubt != "" {
			require.Equal(t, Inconclusive, j.Verdict)
			continue
		}
		require.Equal(t, seen.Measured, j.Measured)
		if !j.Failed {
			require.LessOrEqual(t, j.Bounds.Lo, j.Measured)
			require.GreaterOrEqual(t, j.Bounds.Hi, j.Measured)
		}
		switch j.Verdict {
		case Pass:
			require.Less(t, j.Bounds.Hi, 2.0)
			require.Equal(t, Pass, seen.Verdict)
		case Conditional:
			require.GreaterOrEqual(t, j.Bounds.Lo, 2.0)
			require.LessOrEqual(t, j.Bounds.Hi, 2.9)
		case Fail:
			require.Greater(t, j.Bounds.Lo, 2.9)
			require.Equal(t, Fail, seen.Verdict)
		default:
			require.Contains(t, j.Touches, seen.Verdict)
			require.Greater(t, len(j.Touches), 1)
		}
	}
	require.Len(t, verdicts, 4, "%v", verdicts)
}

// Bounds of a percentile hold its truth as often as they say: of 200 runs, each
// bound may miss about 10.
func TestBoundsOfAPercentileHoldItsTruth(t *testing.T) {
	o := inferring(t, "p90 < 900us", "", "")
	random := rand.New(rand.NewPCG(9, 9))
	below, above := 0, 0
	for range 200 {
		all := make([]moment, 0, 2000)
		for s := range 100 {
			for range 20 {
				all = append(all, moment{s, time.Duration(random.Int64N(int64(time.Millisecond)))})
			}
		}
		j := Judge([]Objective{o}, overTime([]Objective{o}, all), 100*time.Second)[0]
		if j.Bounds.Lo > 0.9 {
			below++
		}
		if j.Bounds.Hi < 0.9 {
			above++
		}
	}
	require.Less(t, below, 21)
	require.Less(t, above, 21)
	require.Positive(t, below+above, "they are not just wide")
}

func TestBorrowedFromTheStepOrFromAll(t *testing.T) {
	o := inferring(t, "success{only} > 99%", "", "")
	all := chance(rand.New(rand.NewPCG(1, 1)), 600, 0.1, 0, true)
	r := RunOf(overTime([]Objective{o}, all), 600*time.Second)
	j := r.Judge([]Objective{o})[0]
	require.True(t, j.Inference.Borrowed)
	require.Greater(t, j.Inference.Deff, 5.0)
	require.Contains(t, j.Rule, "as these are few, they are taken to be as alike as those beyond 1ms")

	bare := Objective{Go: o.Go} // counts no limits at all
	s := overTime([]Objective{bare}, all)
	j = Judge([]Objective{o}, s, 600*time.Second)[0]
	require.Equal(t, Inconclusive, j.Verdict)
	require.InDelta(t, 18, j.Inference.Effective, 1)
	require.Contains(t, j.Rule, "each twentieth of the run counts as one")
}

func TestClaimed(t *testing.T) {
	open := []Objective{
		bandsOf(t, "p95 < 1s", "", ""), bandsOf(t, "mean < 1s", "", ""), bandsOf(t, "p95 < 1s every 1m", "", ""),
		bandsOf(t, "success == 100%", "", ""), bandsOf(t, "success > 99%", "", ""), bandsOf(t, "p95 < 1s during ramp", "", ""),
	}
	open[4].Claim = Observed
	var claims []Claim
	for _, o := range Claimed(open, Inferred) {
		claims = append(claims, o.Claim)
		require.NoError(t, o.Lint())
	}
	require.Equal(t, []Claim{Inferred, Observed, Observed, Observed, Observed, Observed}, claims)
	require.Equal(t, Claim(""), open[0].Claim, "the objectives themselves stay")
	require.Equal(t, Observed, Claimed(open, Observed)[0].Claim)
}

// Only who infers pays for the limits that lend.
func TestLimitsForInferring(t *testing.T) {
	o := inferring(t, "p95 < 500ms", "", "")
	limits := Limits([]Objective{o}, []string{"only"})
	require.Len(t, limits, 1+32)
	require.Equal(t, measure.Limit{Step: measure.AllSteps, Latency: 350 * time.Microsecond}, limits[2])
	require.Equal(t, measure.Limit{Step: measure.AllSteps, Latency: 8192 * time.Millisecond}, limits[31])
	o.Claim = Observed
	require.Len(t, Limits([]Objective{o}, []string{"only"}), 1)
}

func TestAnUnknownClaimIsRefused(t *testing.T) {
	o := bandsOf(t, "p95 < 1s", "", "")
	o.Claim = "guessed"
	require.EqualError(t, o.Lint(), `objective "x": claim: want observed or inferred, found "guessed"`)
	o = inferring(t, "max < 1s", "", "")
	require.EqualError(t, o.Lint(), `objective "x": claim: want observed, as of max no bounds are known`)
	require.True(t, math.IsNaN(Judge([]Objective{o}, overTime([]Objective{o}, nil), 0)[0].Measured))
}
