package drift

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// daily makes a day of 72 blocks of a p95 of about 100 ms, from the share of the
// day that has passed, with 1 % of noise.
func daily(shape func(part float64) float64) Series { return over(72, shape) }

func over(blocks int, shape func(part float64) float64) Series {
	s := Series{Name: "p95", Values: make([]float64, blocks)}
	for i, z := range noise(7, blocks, 0) {
		s.Values[i] = 100 * shape((float64(i)+0.5)/float64(blocks)) * math.Exp(0.01*z)
	}
	return s
}

// smooth has so little noise that blocks repeat each other wherever there is a curve.
func smooth(blocks int, shape func(part float64) float64) Series {
	s := over(blocks, shape)
	for i := range s.Values {
		part := (float64(i) + 0.5) / float64(blocks)
		s.Values[i] = 100 * shape(part) * math.Pow(s.Values[i]/100/shape(part), 0.1)
	}
	return s
}

func flatly(float64) float64 { return 1 }

func runOf(s ...Series) Run {
	return Run{Start: time.Date(2026, 1, 5, 22, 0, 0, 0, time.UTC), Block: 20 * time.Minute, Series: s}
}

func judged(t *testing.T, r Run, o Options) Judgement {
	t.Helper()
	d, err := Judge(r, o)
	require.NoError(t, err)
	require.Len(t, d.Judgements, len(r.Series))
	return d.Judgements[0]
}

func TestVerdicts(t *testing.T) {
	after := func(when, by float64) func(float64) float64 {
		return func(part float64) float64 {
			if part > when {
				return 1 + by
			}
			return 1
		}
	}
	tests := []struct {
		name    string
		series  Series
		verdict Verdict
		rule    string
	}{
		{"nothing happens", daily(flatly), Pass, "the drift over 24h is -0.2%, at worst +0.6%: inside the margin of +10%"},
		{"a drift inside the margin", daily(func(x float64) float64 { return 1 + 0.05*x }), Pass, "inside the margin"},
		{"a drift beyond it", daily(func(x float64) float64 { return 1 + 0.2*x }), Fail, "the drift over 24h is +19.7%, at best +19.1%: beyond the margin of +10%"},
		{"a drift close to it", daily(func(x float64) float64 { return 1 + 0.1*x }), Inconclusive, "neither kept nor broken for certain"},
		{"it gets better", daily(func(x float64) float64 { return 1 - 0.3*x }), Pass, "the drift over 24h is -29.9%"},
		{"a growing leak", daily(func(x float64) float64 { return 1 + 0.3*x*x*x*x }), Fail, "beyond the margin"},
		{"a jump late in the day", daily(after(0.88, 0.3)), Fail, "it changed by +29.7% after 21h and stayed there: beyond the margin of +10%, and as clear by chance in 0.1% of runs"},
		{"a jump early in the day", daily(after(0.1, 0.3)), Fail, "beyond the margin"},
		{"a jump inside the margin", daily(after(0.5, 0.05)), Pass, "inside the margin"},
		{"a jump for the better", daily(after(0.5, -0.3)), Pass, "no block is worse by half the margin of +10% than one before it"},
		{"a bad hour that passes", daily(func(x float64) float64 { return 1 + after(0.4, 1)(x) - after(0.44, 1)(x) }), Pass, "inside the margin"},
		{"a bad hour at the end", daily(after(0.96, 1)), Inconclusive, "the last blocks are worse than all before by more than the margin of +10%: too few to tell whether that stays"},
		{"a rhythm", daily(func(x float64) float64 { return 1 - 0.1*math.Sin(2*math.Pi*x) }), Pass, "inside the margin"},
		{"a walk", daily(func(x float64) float64 { return 1 + 0.05*math.Sin(17*x+1) }), Inconclusive, "repeat each other (correlation 0.95)"},
		{"a short walk", daily(func(x float64) float64 { return 1 + 0.01*math.Sin(17*x+1) }), Pass, "inside the margin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := judged(t, runOf(test.series), Options{})
			require.Contains(t, j.Rule, test.rule)
			require.Equal(t, test.verdict, j.Verdict, j.Rule)
			require.True(t, j.Confounded)
			require.Contains(t, j.Notes[0], "confounded with the time of day: the first quarter is Mon 22:00 to Tue 04:00, the last Tue 16:00 to Tue 22:00")
		})
	}
}

// Where blocks repeat each other nothing is inferred, but what is plain is said.
func TestVerdictsWithoutInference(t *testing.T) {
	leak := func(x float64) float64 { return 1 + 0.5*x*x }
	fills := func(x float64) float64 { return 1 + 0.3*(1-math.Exp(-10*x)) }
	twice := func(shape func(float64) float64) func(float64) float64 {
		return func(x float64) float64 { return shape(x) * (1 - 0.3*math.Sin(4*math.Pi*x)) }
	}
	tests := []struct {
		name    string
		series  Series
		verdict Verdict
		rule    string
	}{
		{"a growing leak", smooth(72, leak), Fail, "every block at the end is worse than every one at the start by more than the margin of +10%"},
		{"a leak that begins late", smooth(72, func(x float64) float64 { return 1 + 2.5*max(0, x-0.8) }), Fail, "every block at the end is worse"},
		{"a leak that fills up", smooth(72, fills), Fail, "every block at the end is worse"},
		{"a small one", smooth(72, func(x float64) float64 { return 1 + 0.04*x*x*x }), Pass, "inside the margin"},
		{"one in between", smooth(72, func(x float64) float64 { return 1 + 0.06*(1-math.Exp(-10*x)) }), Inconclusive, "repeat each other"},
		{"a slow swing", smooth(72, func(x float64) float64 { return 1 + 0.02*math.Sin(17*x) }), Pass, "no block is worse by half the margin of +10% than one before it"},
		{
			"a drift over two days", smooth(144, twice(func(x float64) float64 { return 1 + 0.6*x + 0.05*math.Sin(17*x) })), Fail,
			"every block of the last cycle is worse than the same one of the first by more than the margin of +10%",
		},
		{
			"a slow swing over two days", smooth(144, twice(func(x float64) float64 { return 1 + 0.01*math.Sin(17*x) })), Pass,
			"no block is worse by half the margin of +10% than one before it at the same time of day",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := judged(t, runOf(test.series), Options{})
			require.Contains(t, j.Rule, test.rule)
			require.Equal(t, test.verdict, j.Verdict)
		})
	}
}

// The same run upside down has the same verdict, in the other words.
func TestThroughputIsWorseWhenItFalls(t *testing.T) {
	s := daily(func(x float64) float64 { return 1 - 0.2*x })
	s.Name, s.Worse = "throughput", Down
	j := judged(t, runOf(s), Options{})
	require.Equal(t, Fail, j.Verdict)
	require.Equal(t, "the drift over 24h is -20.2%, at best -19.8%: beyond the margin of -10%", j.Rule)
	require.Less(t, j.Drift.Lower, j.Drift.Value)
	require.Less(t, j.Drift.Value, j.Drift.AtLeast)
	require.Less(t, j.Drift.AtLeast, j.Drift.Upper)
	require.InDelta(t, 100, j.Level, 1)
	require.InDelta(t, -20.0/24, j.PerHour.Value, 0.05)

	s = daily(func(x float64) float64 { return 1 + 0.5*x })
	s.Worse = Down
	require.Equal(t, Pass, judged(t, runOf(s), Options{}).Verdict, "more throughput is no degradation")
}

func TestFiguresOfADrift(t *testing.T) {
	j := judged(t, runOf(daily(func(x float64) float64 { return 1 + 0.2*x })), Options{})
	require.Equal(t, 24*time.Hour, j.Span)
	require.Equal(t, []int{72, 0}, []int{j.Blocks, j.Missing})
	require.Equal(t, 0.1, j.Margin)
	require.InDelta(t, 100, j.Level, 1)
	require.InDelta(t, 0.2, j.Drift.Value, 0.01)
	require.Less(t, j.Drift.Lower, j.Drift.AtLeast)
	require.Less(t, j.Drift.AtLeast, j.Drift.Value)
	require.Less(t, j.Drift.Value, j.Drift.Upper)
	require.InDelta(t, 20.0/24, j.PerHour.Value, 0.05, "milliseconds an hour")
	require.Less(t, j.PerHour.Lower, j.PerHour.Value)
	require.InDelta(t, 1.175/1.025-1, j.Quarters.Value, 0.01)
	require.InDelta(t, 0, j.Lag1, 0.25)
	require.Greater(t, j.Effective, 40.0)
	require.Nil(t, j.Jump, "either side of one still drifts")
	require.NotNil(t, j.Rhythm)
	require.False(t, j.Rhythm.Visible)
}

func TestWhatIsNoEvidenceNeverPasses(t *testing.T) {
	value := func(i int, v float64) Series {
		s := daily(flatly)
		s.Values[i] = v
		return s
	}
	gaps := func(from, to int) Series {
		s := daily(flatly)
		for i := from; i < to; i++ {
			s.Values[i] = math.NaN()
		}
		return s
	}
	same := func(scale Scale, v float64) Series {
		return Series{Name: "same", Scale: scale, Values: constant(v)}
	}
	margin := func(m float64) Series {
		s := daily(flatly)
		s.Margin = m
		return s
	}
	samples := func(n int64) Series {
		s := same(Share, 0)
		for range s.Values {
			s.Samples = append(s.Samples, n)
		}
		return s
	}
	tests := []struct {
		name   string
		series Series
		rule   string
	}{
		{"no values", gaps(0, 72), "0 blocks have a value, it takes 20"},
		{"too few", over(19, flatly), "19 blocks have a value"},
		{"a hole", gaps(30, 40), "10 of 72 blocks have no value"},
		{"no end", gaps(66, 72), ""},
		{"no half of the last quarter", gaps(62, 72), "blocks have no value"},
		{"infinite", value(3, math.Inf(1)), "block 4 of 72: +Inf has no relative change"},
		{"minus infinite", value(3, math.Inf(-1)), "block 4 of 72"},
		{"zero", value(70, 0), "block 71 of 72: 0 has no relative change"},
		{"negative", value(70, -5), "-5 has no relative change"},
		{"constant", same(Relative, 100), "every block has the same value, and nothing tells how finely it was measured"},
		{"no error, of nobody knows how many", same(Share, 0), "every block has the same value"},
		{"no error, of few", samples(100), "neither kept nor broken for certain"},
		{"no error, of none", samples(0), "0 blocks have a value"},
		{"more than all", same(Share, 1.5), "1.5 is no share"},
		{"a margin below nothing", margin(-0.1), "makes no sense"},
		{"a margin that is no number", margin(math.NaN()), "makes no sense"},
		{"an infinite margin", margin(math.Inf(1)), "makes no sense"},
		{"values that overflow", huge(), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := judged(t, runOf(test.series), Options{})
			if test.name == "no end" {
				require.Equal(t, Pass, j.Verdict, "six of 72 blocks may be missing")
				require.Contains(t, j.Notes, "6 of 72 blocks have no value")
				return
			}
			require.NotEqual(t, Pass, j.Verdict)
			require.Contains(t, j.Rule, test.rule)
		})
	}
}

func constant(v float64) []float64 {
	values := make([]float64, 72)
	for i := range values {
		values[i] = v
	}
	return values
}

// huge goes from the smallest number to the greatest.
func huge() Series {
	s := Series{Name: "huge"}
	for i := range 72 {
		s.Values = append(s.Values, math.Exp(-740+20.5*float64(i)))
	}
	return s
}

// A series that never changes is evidence if it could have shown a change.
func TestConstantPassesWithItsResolution(t *testing.T) {
	s := Series{Name: "p50", Values: constant(4), Resolution: 0.001}
	j := judged(t, runOf(s), Options{})
	require.Equal(t, Pass, j.Verdict)
	require.Equal(t, "the drift over 24h is 0%, at worst +0.1%: inside the margin of +10%", j.Rule)

	s.Resolution = 0.2
	require.Equal(t, Inconclusive, judged(t, runOf(s), Options{}).Verdict, "a step as coarse as that hides a drift")
}

func TestNoErrorsPassWithTheRequestsBehindThem(t *testing.T) {
	s := Series{Name: "errors", Scale: Share, Values: constant(0)}
	for range s.Values {
		s.Samples = append(s.Samples, 12_000)
	}
	j := judged(t, runOf(s), Options{})
	require.Equal(t, Pass, j.Verdict)
	require.Equal(t, DefaultShareMargin, j.Margin)
	require.Positive(t, j.Drift.Upper)

	success := s
	success.Worse, success.Values = Down, constant(1)
	require.Equal(t, Pass, judged(t, runOf(success), Options{}).Verdict, "the same of successes")
}

func TestGapsDoNotHideADrift(t *testing.T) {
	s := daily(func(x float64) float64 { return 1 + 0.3*x })
	for i := 20; i < 40; i++ {
		s.Values[i] = math.NaN()
	}
	j := judged(t, runOf(s), Options{})
	require.Equal(t, Fail, j.Verdict)
	require.Equal(t, 20, j.Missing)
}

func TestReferenceTakesTheRhythmOut(t *testing.T) {
	rhythm := func(x float64) float64 { return 1 - 0.3*math.Sin(2*math.Pi*x) }
	s := daily(func(x float64) float64 { return rhythm(x) * (1 + 0.2*x) })
	s.Reference = daily(rhythm).Values
	for i, z := range noise(8, 72, 0) {
		s.Reference[i] *= 0.1 * math.Exp(0.01*z)
	}
	j := judged(t, runOf(s), Options{})
	require.Equal(t, Fail, j.Verdict)
	require.False(t, j.Confounded)
	require.Equal(t, []string{"judged against the reference"}, j.Notes)
	require.InDelta(t, 0.2, j.Drift.Value, 0.02)

	s.Reference[4] = math.Inf(1)
	j = judged(t, runOf(s), Options{})
	require.Equal(t, Inconclusive, j.Verdict)
	require.Contains(t, j.Rule, "the reference: +Inf")
}

func TestOwnPartIsTakenOut(t *testing.T) {
	s := daily(flatly)
	s.Own = make([]float64, 72)
	for i := range s.Own {
		s.Own[i] = 30 * float64(i) / 72 // the generator alone gets slower
		s.Values[i] += s.Own[i]
	}
	j := judged(t, runOf(s), Options{})
	require.Equal(t, Pass, j.Verdict, j.Rule)
	require.Contains(t, j.Notes, "the generator's own part was taken out")
	require.InDelta(t, 100, j.Level, 1)

	s.Own = nil
	require.Equal(t, Fail, judged(t, runOf(s), Options{}).Verdict, "and without it is blamed on the target")

	for own, rule := range map[float64]string{500: "has no relative change", -1: "the generator's own part is -1"} {
		s.Own = make([]float64, 72)
		s.Own[9] = own
		j := judged(t, runOf(s), Options{})
		require.Equal(t, Inconclusive, j.Verdict)
		require.Contains(t, j.Rule, rule)
	}
}

func TestWatchedGeneratorInvalidates(t *testing.T) {
	for _, by := range []float64{0.5, -0.4} {
		r := runOf(daily(flatly))
		r.Watched = []Watched{{"CPU", daily(func(x float64) float64 { return 1 + by*x }).Values}}
		d, err := Judge(r, Options{})
		require.NoError(t, err)
		require.Contains(t, d.Invalid, "the generator's own CPU changed: the drift over 24h is")
		require.Equal(t, Inconclusive, d.Verdict)
		require.Equal(t, Inconclusive, d.Judgements[0].Verdict)
		require.Contains(t, d.Judgements[0].Rule, "the run does not count: ")
		require.InDelta(t, 0, d.Judgements[0].Drift.Value, 0.01, "the figures are there all the same")
	}
	r := runOf(daily(flatly))
	r.Watched = []Watched{{"CPU", daily(flatly).Values}, {"lag", constant(0)}}
	d, err := Judge(r, Options{})
	require.NoError(t, err)
	require.Equal(t, Pass, d.Verdict)
	require.Equal(t, []string{"the generator's own lag could not be watched: block 1 of 72: 0 has no relative change"}, d.Notes)
}

func TestWarmUp(t *testing.T) {
	cold := func(x float64) float64 { return 1 + 2*math.Exp(-100*x) }
	means := func(shape func(float64) float64) []float64 {
		values := noise(9, 86_400, 0)
		for i := range values {
			values[i] = 50 * shape(float64(i)/86_400) * math.Exp(0.1*values[i])
		}
		return values
	}
	r := runOf(daily(cold))
	r.Means = means(cold)
	d, err := Judge(r, Options{})
	require.NoError(t, err)
	require.Equal(t, Pass, d.Verdict)
	require.True(t, d.WarmUp.Estimated)
	require.InDelta(t, time.Hour, d.WarmUp.Length, float64(30*time.Minute))
	require.Less(t, d.Judgements[0].Span, 24*time.Hour)

	d, err = Judge(r, Options{WarmUp: 130 * time.Minute})
	require.NoError(t, err)
	require.Equal(t, WarmUp{Length: 130 * time.Minute}, d.WarmUp, "what is declared wins")
	require.Equal(t, 22*time.Hour-20*time.Minute, d.Judgements[0].Span, "blocks with warm-up in them are left out")

	r.Means = means(func(x float64) float64 { return 1 + 2*math.Exp(-4*x) })
	d, err = Judge(r, Options{})
	require.NoError(t, err)
	require.Equal(t, Inconclusive, d.Verdict)
	require.Equal(t, "response times had not settled when a quarter of the run, 6h, was over: run longer, or declare the warm-up", d.Invalid)

	for _, all := range []time.Duration{24 * time.Hour, math.MaxInt64} {
		d, err = Judge(r, Options{WarmUp: all})
		require.NoError(t, err)
		require.Equal(t, Inconclusive, d.Verdict, "all of it is warm-up")
	}
}

func TestTwoDaysAreComparedByTimeOfDay(t *testing.T) {
	rhythm := func(x float64) float64 { return 1 - 0.3*math.Sin(4*math.Pi*x) }
	after := func(when float64) func(float64) float64 {
		return func(x float64) float64 {
			if x > when {
				return 1.3 * rhythm(x)
			}
			return rhythm(x)
		}
	}
	tests := []struct {
		name    string
		shape   func(float64) float64
		verdict Verdict
		rule    string
	}{
		{"a rhythm alone", rhythm, Pass, "inside the margin"},
		{"and a drift", func(x float64) float64 { return rhythm(x) * (1 + 0.3*x) }, Fail, "the drift over 48h is +"},
		{"and a jump in the last hours", after(0.93), Fail, "it changed by +30.8% after 44h40m"},
		{"and one between the days", after(0.5), Fail, "beyond the margin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := judged(t, runOf(over(144, test.shape)), Options{})
			require.Equal(t, test.verdict, j.Verdict, j.Rule)
			require.Contains(t, j.Rule, test.rule)
			require.True(t, j.Seasonal)
			require.False(t, j.Confounded)
			require.Empty(t, j.Notes)
		})
	}
	half := over(144, rhythm)
	for i := 80; i < 140; i++ {
		half.Values[i] = math.NaN()
	}
	require.True(t, judged(t, runOf(half), Options{}).Confounded, "too little of the second day is there")
	j := judged(t, runOf(over(144, rhythm)), Options{WarmUp: time.Hour})
	require.True(t, j.Seasonal, "a warm-up does not cost the second day")
	j = judged(t, runOf(over(130, rhythm)), Options{})
	require.True(t, j.Confounded, "but a day and three quarters are not two")
}
