package drift

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestArgumentsThatMakeNoSense(t *testing.T) {
	good := runOf(daily(flatly))
	change := func(with func(*Run)) Run {
		r := runOf(daily(flatly))
		with(&r)
		return r
	}
	tests := []struct {
		name string
		run  Run
		o    Options
		err  string
	}{
		{"no series", Run{Block: time.Minute}, Options{}, "judge drift: want a series, got none"},
		{"no block", change(func(r *Run) { r.Block = 0 }), Options{}, "judge drift: want blocks longer than 0, got 0s"},
		{"a block of a century", change(func(r *Run) { r.Block = math.MaxInt64 }), Options{}, "want up to 2000 blocks of at most"},
		{"too many blocks", change(func(r *Run) { r.Series[0].Values = make([]float64, 2001) }), Options{}, "got 2001 of 20m0s"},
		{"another length", change(func(r *Run) { r.Series = append(r.Series, Series{Name: "p50"}) }), Options{}, "judge drift of p50: want 72 values, samples and controls, got 0"},
		{"few samples", change(func(r *Run) { r.Series[0].Samples = []int64{1} }), Options{}, "got 1"},
		{"few of a reference", change(func(r *Run) { r.Series[0].Reference = []float64{1} }), Options{}, "got 1"},
		{"few of an own part", change(func(r *Run) { r.Series[0].Own = []float64{1} }), Options{}, "got 1"},
		{"an own part of a share", change(func(r *Run) { r.Series[0].Scale, r.Series[0].Own = Share, constant(1) }), Options{}, "judge drift of p95: want no own part of a share"},
		{"few watched", change(func(r *Run) { r.Watched = []Watched{{Name: "CPU"}} }), Options{}, "judge drift: watch CPU: want 72 values, got 0"},
		{"alpha", good, Options{Alpha: 0.5}, "judge drift: want error rates above 0 and below 0.5, got 0.5"},
		{"alpha is no number", good, Options{FailAlpha: math.NaN()}, "got NaN"},
		{"warm-up", good, Options{WarmUp: -1}, "want a warm-up of 0 or more"},
		{"cycle", good, Options{Cycle: -1}, "want a cycle above 0"},
		{"permutations", good, Options{Permutations: 1_000_000}, "want 1 to 100000 permutations"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Judge(test.run, test.o)
			require.ErrorContains(t, err, test.err)
		})
	}
}

func TestWorstJudgementIsTheVerdict(t *testing.T) {
	clean, drifts, unclear := daily(flatly), daily(func(x float64) float64 { return 1 + 0.2*x }), over(72, func(x float64) float64 { return 1 + 0.1*x })
	for _, test := range []struct {
		series []Series
		want   Verdict
	}{
		{[]Series{clean, clean}, Pass},
		{[]Series{clean, unclear}, Inconclusive},
		{[]Series{unclear, drifts, clean}, Fail},
	} {
		d, err := Judge(runOf(test.series...), Options{})
		require.NoError(t, err)
		require.Equal(t, test.want, d.Verdict)
	}
}

func TestEqualArgumentsGiveEqualAnswers(t *testing.T) {
	s := daily(func(x float64) float64 { return 1 + 0.1*x })
	s.Resolution = 0.001
	r := runOf(s, s)
	first, err := Judge(r, Options{})
	require.NoError(t, err)
	second, err := Judge(r, Options{})
	require.NoError(t, err)
	require.Equal(t, first, second)
}

// The quarters have a say of their own, unless a rhythm may be what they show.
func TestQuartersInTheVerdict(t *testing.T) {
	small := estimate{sd: 0.01, df: 50}
	open, large := small, small
	open.value, large.value = 0.09, 0.2
	unknown := estimate{value: math.NaN(), sd: math.NaN()}
	steady := memory{inflation: 1, effective: 72}
	wavy := &rhythm{drift: small, memory: steady}
	for _, test := range []struct {
		name string
		f    figures
		want Verdict
		rule string
	}{
		{"inside", figures{quarters: small}, Pass, "the drift over 24h is 0%"},
		{"open", figures{quarters: open}, Inconclusive, "the change from the first quarter to the last may be anything from"},
		{"beyond", figures{quarters: large}, Fail, "the change from the first quarter to the last is +22.1%"},
		{"unknown", figures{quarters: unknown}, Inconclusive, "half of the first or of the last quarter has no value"},
		{"beyond, perhaps a rhythm", figures{quarters: large, rhythm: wavy, suspect: true}, Inconclusive, "may be anything from"},
		{"beyond, by a rhythm", figures{quarters: large, rhythm: wavy, suspect: true, visible: true}, Pass, "the drift over 24h is 0%"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Series{Name: "p95"}
			l := lineOf(constant(0)...)
			l.margin = s.toward(s.margin())
			if test.f.rhythm != nil {
				test.f.rhythm.wave = func(point) float64 { return 0 }
			}
			test.f.drift, test.f.memory = small, steady
			r := runOf(s)
			o := Options{}.defaults()
			got, rule := l.verdict(&test.f, o, words{&s, &r, o, &l, &test.f})
			require.Equal(t, test.want, got)
			require.Contains(t, rule, test.rule)
		})
	}
}

// The margin and the error rates are what the options and the series say.
func TestStrictness(t *testing.T) {
	s := daily(func(x float64) float64 { return 1 + 0.2*x })
	s.Margin = 0.3
	require.Equal(t, Pass, judged(t, runOf(s), Options{}).Verdict)
	s.Margin = 0.2
	require.Equal(t, Inconclusive, judged(t, runOf(s), Options{}).Verdict)
	loose := judged(t, runOf(s), Options{})
	strict := judged(t, runOf(s), Options{Alpha: 0.001, FailAlpha: 0.001})
	require.Greater(t, strict.Drift.Upper, loose.Drift.Upper)
	require.Less(t, strict.Drift.AtLeast, loose.Drift.AtLeast)
}

func TestWordsKeepTheirSideOfTheMargin(t *testing.T) {
	relative, share := &Series{}, &Series{Scale: Share}
	down := &Series{Worse: Down}
	for _, test := range []struct {
		s    *Series
		y    float64
		want string
	}{
		{relative, math.Log(1.0999996), "+9.99996%"},
		{relative, math.Log(1.0996), "+9.96%"},
		{relative, math.Log(1.1001), "+10.01%"},
		{relative, math.Log(1.25), "+25%"},
		{relative, 0, "0%"},
		{relative, -1e-9, "0%"},
		{down, -math.Log(0.9001), "-9.99%"},
		{down, -math.Log(0.75), "-25%"},
		{share, 0.00099, "+0.099 points"},
		{share, 0.025, "+2.5 points"},
		{share, -0.025, "-2.5 points"},
	} {
		require.Equal(t, test.want, words{s: test.s}.size(test.y))
	}
	require.Equal(t, "+10%", words{s: relative}.margin())
	require.Equal(t, "-10%", words{s: down}.margin())
	require.Equal(t, "+0.1 points", words{s: share}.margin())
	for d, want := range map[time.Duration]string{24 * time.Hour: "24h", 90 * time.Minute: "1h30m", 90 * time.Second: "1m30s", 20 * time.Minute: "20m"} {
		require.Equal(t, want, short(d))
	}
}

func TestBlockLength(t *testing.T) {
	const day = 24 * time.Hour
	for run, want := range map[time.Duration]time.Duration{
		0: time.Minute, time.Hour: time.Minute, 3 * time.Hour: 2 * time.Minute, 8 * time.Hour: 5 * time.Minute,
		12 * time.Hour: 10 * time.Minute, day: 20 * time.Minute, 7 * day: 20 * time.Minute, 28 * day: time.Hour,
	} {
		require.Equal(t, want, BlockLength(run), run)
	}
}

// Whatever the values are: no panic, and no pass of what is no evidence.
func FuzzJudge(f *testing.F) {
	f.Add([]byte{}, []byte{}, uint8(0))
	f.Add(make([]byte, 72), []byte{1, 2, 3}, uint8(1))
	f.Add([]byte("a long enough series of bytes, of which each is a block of a run, and so on, and on"), []byte("zyx"), uint8(6))
	f.Add([]byte{250, 251, 252, 253, 254, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 248}, []byte{}, uint8(15))
	f.Fuzz(func(t *testing.T, data, other []byte, kind uint8) {
		if len(data) > 200 {
			return
		}
		s := Series{Name: "any", Values: decode(data), Scale: Scale(kind & 1), Worse: Worse(kind >> 1 & 1)}
		controls := decode(append(other, data...))[:len(data)]
		if kind>>2&1 == 1 {
			s.Reference = controls
		}
		if kind>>3&1 == 1 && s.Scale == Relative {
			s.Own = controls
		}
		r := runOf(s)
		r.Watched = []Watched{{"other", controls}}
		r.Means = controls
		d, err := Judge(r, Options{Cycle: time.Duration(kind>>4) * time.Hour, Permutations: 9})
		require.NoError(t, err)
		j := d.Judgements[0]
		require.NotEmpty(t, j.Rule)
		if d.Verdict != Pass {
			return
		}
		require.Empty(t, d.Invalid)
		require.GreaterOrEqual(t, j.Blocks, minBlocks)
		for _, v := range []float64{j.Drift.Value, j.Drift.Lower, j.Drift.Upper, j.Level} {
			require.False(t, math.IsNaN(v) || math.IsInf(v, 0))
		}
		for i, v := range s.Values[len(s.Values)-j.Blocks-j.Missing:] {
			require.False(t, math.IsInf(v, 0) || v < 0, "block %d", i)
		}
	})
}
