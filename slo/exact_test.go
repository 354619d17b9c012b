package slo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// recorded returns the Summary of a run of one step. A time of failed is a
// request that timed out.
func recorded(objectives []Objective, times []time.Duration) *measure.Summary {
	c := measure.Config{Steps: []string{"only"}, Limits: Limits(objectives, []string{"only"}), Highest: time.Hour, Charge: 10 * time.Millisecond}
	r, s := measure.NewRecorder(c), measure.NewSummary(c)
	for _, d := range times {
		o := measure.Outcome{Phase: measure.Measure, Sent: 1, Done: d, Read: d}
		if d == failed {
			o.Class, o.Done, o.Read = measure.Timeout, 10*time.Millisecond, 10*time.Millisecond
		}
		r.Record(&o)
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	return s
}

const failed = time.Duration(math.MaxInt64)

// oracle sorts and looks, with integers: quantile is in thousandths of a percent.
func oracle(t Target, times []time.Duration, quantile int) bool {
	sorted := slices.Sorted(slices.Values(times))
	k := (quantile*len(times) + 99_999) / 100_000
	value, limit := sorted[k-1], t.Latency()
	return map[Op]bool{
		Less: value < limit, LessEqual: value <= limit, Greater: value > limit,
		GreaterEqual: value >= limit, Equal: value == limit, NotEqual: value != limit,
	}[t.Op]
}

// Every objective that a percentile can have, on small runs whose times lie on the
// limit, a nanosecond beside it, or nowhere.
func TestPercentilesAreThoseOfASort(t *testing.T) {
	const limit = 200 * time.Microsecond
	random := rand.New(rand.NewPCG(1, 2))
	quantiles := []int{1, 50_000, 90_000, 95_000, 99_000, 99_900, 33_333, 99_999}
	choices := []time.Duration{limit - 1, limit, limit + 1, failed, 0, time.Second}
	for _, n := range []int{1, 2, 19, 20, 21, 40, 100, 101} {
		for range 20 {
			times := make([]time.Duration, n)
			good := random.Float64()
			for i := range times {
				if times[i] = limit - 1; random.Float64() > good {
					times[i] = choices[random.IntN(len(choices))]
				}
			}
			requireOracle(t, times, quantiles, limit)
		}
	}
}

func requireOracle(t *testing.T, times []time.Duration, quantiles []int, limit time.Duration) {
	t.Helper()
	var objectives []Objective
	for _, q := range append(quantiles, 0, 100_000) {
		target := Target{Metric: Percentile, Quantile: NewDecimal(int64(q), 3), Limit: NewDecimal(int64(limit), 6)}
		switch q {
		case 0:
			target.Metric = Min
		case 100_000:
			target.Metric = Max
		}
		for _, op := range []Op{Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual} {
			target.Op = op
			objectives = append(objectives, Objective{Go: target})
		}
	}
	s := recorded(objectives, times)
	for _, o := range objectives {
		e, problem := gather(o.Go, RunOf(s, time.Second))
		require.Empty(t, problem)
		got, known := e.holds(o.Go)
		require.True(t, known)
		q := max(1, int(o.Go.Quantile.Float()*1000+0.5))
		if o.Go.Metric == Min {
			q = 1
		}
		require.Equal(t, oracle(o.Go, times, q), got, "%s of %v", o.Go, times)
	}
}

// The edge itself: p95 of n allows floor(n/20) bad requests and not one more.
func TestPercentileAllowsItsShareRoundedDown(t *testing.T) {
	objectives := []Objective{{Go: mustParse(t, "p95 < 1ms")}}
	for _, n := range []int{1, 19, 20, 21, 39, 40, 41, 1000} {
		for _, bad := range []int{0, n/20 - 1, n / 20, n/20 + 1, n} {
			if bad < 0 || bad > n {
				continue
			}
			times := slices.Concat(slices.Repeat([]time.Duration{time.Millisecond - 1}, n-bad), slices.Repeat([]time.Duration{failed}, bad))
			want := Fail
			if bad <= n/20 {
				want = Pass
			}
			j := Judge(objectives, recorded(objectives, times), time.Second)[0]
			require.Equal(t, want, j.Verdict, "%d of %d are bad", bad, n)
			require.Equal(t, int64(n), j.Samples)
		}
	}
}

// A float would put some of these on the wrong side.
func TestSharesAreJudgedAsIntegers(t *testing.T) {
	for n := int64(1); n <= 3000; n += 7 {
		for _, text := range []string{"success > 99.5%", "success >= 99.9%", "error_rate < 0.1%", "error_rate <= 0.7%", "success == 100%"} {
			target := mustParse(t, text)
			for _, ok := range []int64{0, n * 993 / 1000, n * 995 / 1000, n * 999 / 1000, n - 1, n} {
				counts := measure.Counts{Class: [measure.Classes]int64{measure.OK: ok, measure.Status: n - ok}}
				e := evidence{figures: &measure.Figures{Counts: counts}, samples: n}
				share := map[Metric]int64{Success: ok, ErrorRate: n - ok}[target.Metric]
				scale := power10(target.Limit.Scale).Int64()
				left, right := share*100*scale, target.Limit.Coefficient*n
				want := map[Op]bool{Less: left < right, LessEqual: left <= right, Greater: left > right, GreaterEqual: left >= right, Equal: left == right}[target.Op]
				got, known := e.holds(target)
				require.True(t, known)
				require.Equal(t, want, got, "%s, %d of %d ok", text, ok, n)
			}
		}
	}
}

func TestRankIsExactForAnyLength(t *testing.T) {
	p95, p999999 := mustParse(t, "p95 < 1ms"), mustParse(t, "p99.9999 < 1ms")
	require.Equal(t, int64(19), p95.rank(20))
	require.Equal(t, int64(20), p95.rank(21))
	require.Equal(t, int64(8_640_000_000*95/100), p95.rank(8_640_000_000)) // a day at 100,000/s
	require.Equal(t, int64(8_639_991_360), p999999.rank(8_640_000_000))
}

func TestLimitsAreTheCountersThatJudgingTakes(t *testing.T) {
	objectives := []Objective{
		bandsOf(t, "p95 < 200ms", "p95 <= 300ms", "p95 > 300ms"),
		bandsOf(t, "p99{b} < 200ms", "", ""),
		bandsOf(t, "max < 200ms", "", "max >= 200ms"),
		bandsOf(t, "min == 0s", "", ""),
		bandsOf(t, "mean < 200ms", "", ""),
		bandsOf(t, "success > 99%", "", ""),
		bandsOf(t, "p99{c} < 200ms", "", ""),
	}
	ms := time.Millisecond
	require.Equal(t, []measure.Limit{
		{Step: measure.AllSteps, Latency: 300 * ms, Inclusive: true},
		{Step: measure.AllSteps, Latency: 200 * ms},
		{Step: 1, Latency: 200 * ms},
		{Step: measure.AllSteps},
		{Step: measure.AllSteps, Inclusive: true},
	}, Limits(objectives, []string{"a", "b"}))
}

func TestARateNeedsATime(t *testing.T) {
	objectives := []Objective{bandsOf(t, "rate > 1/s", "", "")}
	j := Judge(objectives, recorded(objectives, []time.Duration{time.Millisecond}), 0)[0]
	require.Equal(t, Inconclusive, j.Verdict)
	require.Equal(t, "no samples: the measure phase never began", j.Rule)
}

// A value from a histogram must not contradict the verdict beside it.
func TestMeasuredStandsOnTheSideItWasCountedOn(t *testing.T) {
	const limit = 200 * time.Millisecond
	for _, d := range []time.Duration{limit - 1, limit, limit + 1, limit - time.Microsecond, 199_500 * time.Nanosecond, failed} {
		for _, op := range []Op{Less, LessEqual} {
			o := Objective{Go: Target{Metric: Percentile, Quantile: Decimal{95, 0}, Op: op, Limit: Decimal{200, 0}}}
			j := Judge([]Objective{o}, recorded([]Objective{o}, slices.Repeat([]time.Duration{d}, 100)), time.Second)[0]
			holds := op.holds(int(math.Copysign(1, j.Measured-200)))
			if j.Measured == 200 {
				holds = op == LessEqual
			}
			require.Equal(t, j.Verdict == Pass, holds, "%v %s", d, j.MeasuredText())
			require.Equal(t, j.Verdict == Pass && j.Measured != 200, j.Margin > 0, "%v %s", d, j.MeasuredText())
		}
	}
}

func TestMeasuredTextIsShortAndOnTheRightSide(t *testing.T) {
	tests := []struct {
		name, target string
		measured     float64
		want         string
	}{
		{"milliseconds", "p95 < 200ms", 187.43, "187ms"},
		{"a few milliseconds", "p95 < 200ms", 3.14159, "3.14ms"},
		{"seconds", "p95 < 200ms", 1234.5, "1.23s"},
		{"next to the limit", "p95 < 200ms", 199.96, "199.96ms"},
		{"a nanosecond from the limit", "p95 < 200ms", 199.999999, "199.999999ms"},
		{"on the limit", "p95 < 200ms", 200, "200ms"},
		{"seconds next to the limit", "p95 < 2s", 1999.9, "1.9999s"},
		{"a share", "success > 99.5%", 99.917, "99.92%"},
		{"a share next to the limit", "success > 99.5%", 99.4996, "99.4996%"},
		{"nearly everything", "success > 99.5%", 99.9999, "99.9999%"},
		{"nearly nothing", "error_rate < 1%", 0.0004, "0.0004%"},
		{"everything", "success > 99.5%", 100, "100.00%"},
		{"a rate", "rate > 450/s", 2183.4, "2183/s"},
		{"a low rate", "rate > 1/s", 4.5, "4.50/s"},
		{"a rate next to the limit", "rate >= 450/s", 449.7, "449.7/s"},
		{"a count", "status_429 == 0", 3, "3"},
		{"nothing", "p95 < 200ms", math.NaN(), "–"},
		{"closer than nine digits", "rate > 1/s", 1.0000000000000002, "1.0000000000000002/s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			target := mustParse(t, test.target)
			j := Judgement{Objective: Objective{Go: target}, Measured: test.measured, Unit: target.Unit()}
			require.Equal(t, test.want, j.MeasuredText())
		})
	}
}

func TestMarginCountsTowardsTheGoodSide(t *testing.T) {
	tests := []struct {
		target   string
		measured float64
		want     float64
	}{
		{"p95 < 200ms", 187, 0.065},
		{"p95 < 200ms", 231, -0.155},
		{"rate >= 400/s", 500, 0.25},
		{"success > 99.5%", 99.92, 0.42},
		{"success > 99.5%", 99, -0.5},
		{"error_rate < 1%", 0.25, 0.75},
		{"status_429 == 0", 3, -3},
		{"status_429 == 5", 3, -2},
		{"status_429 != 0", 3, 3},
		{"status_429 <= 10", 3, 7},
		{"max <= 0s", 3, math.NaN()},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.target, " at ", test.measured), func(t *testing.T) {
			require.InDelta(t, test.want, mustParse(t, test.target).margin(test.measured), 1e-9)
		})
	}
}
