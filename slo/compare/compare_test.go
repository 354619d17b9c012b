package compare

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

// rowsOf are the rows by metric.
func rowsOf(c Comparison) map[string]Row {
	all := map[string]Row{}
	for _, r := range c.Rows {
		all[r.Metric.String()] = r
	}
	return all
}

func metrics(t *testing.T, text string) []Metric {
	t.Helper()
	all, err := ParseMetrics(text)
	require.NoError(t, err)
	return all
}

// slowed is a long world in which the candidate is so many times as slow.
func slowed(times float64) world {
	w := calm()
	w.seconds, w.own, w.ownPhi, w.slower = 120, 0.05, 0.5, times
	return w
}

func TestVerdictsOfConcurrentSides(t *testing.T) {
	failing := func(baseline, candidate float64) world {
		w := slowed(1)
		w.failing = [2]float64{baseline, candidate}
		return w
	}
	tests := []struct {
		name               string
		w                  world
		p95, success, rule string
	}{
		{"no difference", slowed(1), "pass", "pass", `p95 is at most [\d.]+% longer than the baseline's, 10% is allowed`},
		{"slower", slowed(1.3), "fail", "pass", `p95 is at least 2\d\.?\d?% longer than the baseline's, 10% is allowed`},
		{"faster", slowed(0.7), "pass", "pass", `p95 is at least 2\d\.?\d?% shorter than the baseline's`},
		{"on the margin", slowed(1.1), "inconclusive", "pass", `p95 may be [\d.]+% longer to 1[\d.]+% longer, 10% longer is allowed; \d+ times as long may tell`},
		{"nearer than it takes to tell", slowed(1.1129), "inconclusive", "pass", `p95 may be .*, 10% longer is allowed; it is too near to the margin to tell`},
		{"a candidate that fails", failing(0, 0.005), "inconclusive", "fail", ""},
		{"a candidate that fails more often than the percentile allows", failing(0, 0.2), "fail", "fail", `p95 falls on requests that failed, and the baseline's does not`},
		{"a baseline that fails", failing(0.08, 0), "pass", "pass", `p95 is at least 100% shorter than the baseline's`},
		{"both fail alike", failing(0.08, 0.08), "inconclusive", "inconclusive", `p95: it falls on requests that failed, on both sides`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, c := test.w.sides(3)
			got := rowsOf(Sides(Concurrent, b, c, usualOptions()))
			require.Equal(t, slo.Verdict(test.p95), got["p95"].Verdict, got["p95"].Rule)
			require.Equal(t, slo.Verdict(test.success), got["success"].Verdict, got["success"].Rule)
			require.Regexp(t, "^"+test.rule, got["p95"].Rule)
		})
	}
}

func TestRowsHoldWhatWasMeasured(t *testing.T) {
	w := slowed(1.3)
	w.failing = [2]float64{0, 0.08}
	b, c := w.sides(1)
	got := Sides(Concurrent, b, c, usualOptions())
	require.Equal(t, 20, got.Blocks)
	rows := rowsOf(got)
	p50, p95, success, rate := rows["p50"], rows["p95"], rows["success"], rows["rate"]
	require.InDelta(t, 1.3, p50.Candidate/p50.Baseline, 0.15)
	require.InDelta(t, p50.Candidate/p50.Baseline-1, p50.Change, 1e-12)
	require.Equal(t, [2]bool{false, true}, p95.Failed)
	require.True(t, math.IsInf(p95.Change, 1))
	require.InDelta(t, 100*float64(c.OK)/float64(c.Due), success.Candidate, 1e-9)
	require.InDelta(t, success.Candidate-100, success.Change, 1e-9)
	require.InDelta(t, float64(b.OK)/120, rate.Baseline, 1e-9)
	require.Empty(t, rate.Verdict)
	require.Equal(t, "the plan fixes it", rate.Rule)
	require.Greater(t, got.Slower, 0.7)
}

// Whatever is missing or wrong, it is never a pass, nor a fail.
func TestWhatCannotBeTold(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(b, c *Side)
		want  string
	}{
		{"no request", func(_, c *Side) { *c = Side{Length: c.Length} }, "the candidate has no request"},
		{"nothing at all", func(b, c *Side) { *b, *c = Side{}, Side{} }, "the baseline has no request"},
		{"a length below zero", func(b, _ *Side) { b.Length = -time.Second }, "the baseline was measured too short"},
		{"too short", func(b, c *Side) { *b, *c = *of(9), *of(9) }, "the baseline was measured too short: for 9s, bounds need 10s at least"},
		{"stretches are missing", func(_, c *Side) { c.Stretches = c.Stretches[1:] }, "the candidate has 6036 requests, of which 5986 are kept by time"},
		{"more OK than due", func(b, _ *Side) { b.Stretches[3].OK = b.Stretches[3].Due + 1 }, "the baseline has counters that do not add up"},
		{"below zero", func(b, _ *Side) { b.Stretches[3].Due = -1 }, "the baseline has counters that do not add up"},
		{"a histogram of something else", func(_, c *Side) { c.Stretches[3].Response.Record(1) }, "the candidate has counters that do not add up"},
		{"gaps", func(_, c *Side) { *c = *without(c, 20, 50) }, "the candidate had no request due in 4 of 20 blocks of time"},
		{"other seconds", func(_, c *Side) { c.later(10 * time.Second) }, "the sides were not measured in the same seconds"},
		{"another length", func(_, c *Side) { c.Length -= 10 * time.Second }, "the sides were not measured in the same seconds"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, c := slowed(1).sides(3)
			test.spoil(b, c)
			o := usualOptions()
			o.Shared, o.GivenRate = true, ""
			got := Sides(Concurrent, b, c, o)
			require.Len(t, got.Rows, 5)
			for _, r := range got.Rows {
				require.Equal(t, slo.Inconclusive, r.Verdict, r.Rule)
				require.Contains(t, r.Rule, test.want)
				require.Contains(t, r.Doubt, test.want)
			}
		})
	}
}

// What cannot be told of response times may be told of success.
func TestWhatCannotBeToldOfResponseTimes(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(b, c *Side)
		want  string
	}{
		{"a redirect", func(b, c *Side) { b.Statuses, c.Statuses = map[int]int64{302: 99, 200: 1}, map[int]int64{200: 100} }, "the baseline mostly answers 302 and the candidate 200: they do not do the same work"},
		{"waiting for each other", func(b, _ *Side) { b.Waited = 30 * time.Millisecond }, "requests to the baseline waited up to 30ms (p95)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, c := slowed(1).sides(3)
			test.spoil(b, c)
			o := usualOptions()
			o.Shared, o.GivenRate = true, ""
			for name, r := range rowsOf(Sides(Concurrent, b, c, o)) {
				if name == "success" {
					require.Equal(t, slo.Pass, r.Verdict, r.Rule)
					continue
				}
				require.Equal(t, slo.Inconclusive, r.Verdict, r.Rule)
				require.Contains(t, r.Rule, test.want)
			}
		})
	}
}

// A candidate that answers nothing but errors does other work, too; that is no excuse.
func TestFailingIsNoOtherWork(t *testing.T) {
	w := slowed(1)
	w.failing = [2]float64{0, 1}
	b, c := w.sides(3)
	b.Statuses, c.Statuses = map[int]int64{200: b.Due}, map[int]int64{503: c.Due}
	got := rowsOf(Sides(Concurrent, b, c, usualOptions()))
	require.Equal(t, slo.Fail, got["success"].Verdict, got["success"].Rule)
	require.Equal(t, slo.Fail, got["p50"].Verdict, got["p50"].Rule)
}

// A candidate that dies half-way is one that fails, although its blocks are all alike.
func TestDyingHalfWayFails(t *testing.T) {
	w := slowed(1)
	b, c := w.sides(3)
	w.failing = [2]float64{0, 1}
	_, dead := w.sides(3)
	died := &Side{Length: c.Length}
	for i := range c.Stretches {
		if i < len(c.Stretches)/2 {
			died.add(c.Stretches[i])
		} else {
			died.add(dead.Stretches[i])
		}
	}
	require.Equal(t, slo.Fail, rowsOf(Sides(Concurrent, b, died, usualOptions()))["success"].Verdict)
}

// of is a side of so many seconds.
func of(seconds int) *Side {
	w := calm()
	w.seconds = seconds
	b, _ := w.sides(1)
	return b
}

// without is the side less the stretches from one second to before another.
func without(s *Side, from, to int) *Side {
	left := &Side{Length: s.Length}
	for i, st := range s.Stretches {
		if i < from || i >= to {
			left.add(st)
		}
	}
	return left
}

func TestTooFewRequestsForAPercentile(t *testing.T) {
	w := slowed(1)
	w.rate = 5
	b, c := w.sides(3)
	o := usualOptions()
	o.Metrics = metrics(t, "p50,p99")
	got := rowsOf(Sides(Concurrent, b, c, o))
	require.Empty(t, got["p50"].Doubt)
	require.Regexp(t, `^p99: 6\d\d requests are too few, it takes 1000 on each side$`, got["p99"].Rule)
}

// Waves that are as long as the blocks are mistaken for differences.
func TestWavesAreNoDifference(t *testing.T) {
	w := calm()
	w.own, w.ownPhi = 0.5, 0.99
	doubted := 0
	for seed := range uint64(10) {
		b, c := w.sides(seed)
		if r := Sides(Concurrent, b, c, usualOptions()).Rows[0]; r.Doubt != "" {
			require.Contains(t, r.Rule, "resembles the one before")
			doubted++
		}
	}
	require.Equal(t, 10, doubted)
}

func TestOneAfterTheOtherIsConditionalAtMost(t *testing.T) {
	w := slowed(1)
	w.common, w.seconds, w.rate = 0, 300, 100
	b, c := w.sides(3)
	c.later(time.Hour)
	got := Sides(Sequential, b, c, usualOptions())
	p95 := rowsOf(got)["p95"]
	require.Equal(t, slo.Conditional, p95.Verdict, p95.Rule)
	require.Regexp(t, `10% is allowed; but one ran after the other, so the cause may be the time between them$`, p95.Rule)

	w.slower = 1.3
	b, c = w.sides(3)
	p95 = rowsOf(Sides(Sequential, b, c, usualOptions()))["p95"]
	require.Equal(t, slo.Fail, p95.Verdict, "what is worse stays so, whatever the cause")
}

// later moves a side in time.
func (s *Side) later(by time.Duration) {
	s.Start += by
	for i := range s.Stretches {
		s.Stretches[i].Start += by
	}
}

// The rate is the target's doing in the closed model, of sides of their own.
func TestRateOfSides(t *testing.T) {
	tests := []struct {
		name    string
		faster  float64
		verdict slo.Verdict
		rule    string
	}{
		{"alike", 1, slo.Pass, `rate is at most [\d.]+% lower than the baseline's, 10% is allowed`},
		{"a third less", 0.67, slo.Fail, `rate is at least (2|3)[\d.]+% lower than the baseline's`},
		{"more", 1.5, slo.Pass, `rate is at least 4[\d.]+% higher than the baseline's`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := slowed(1)
			w.common = 0
			b, _ := w.sides(3)
			w.rate *= test.faster
			c, _ := w.sides(4)
			o := usualOptions()
			o.GivenRate = ""
			got := rowsOf(Sides(Concurrent, b, c, o))["rate"]
			require.Equal(t, test.verdict, got.Verdict, got.Rule)
			require.Regexp(t, "^"+test.rule, got.Rule)
			require.LessOrEqual(t, got.Lo, got.Change)
			require.GreaterOrEqual(t, got.Hi, got.Change)
		})
	}
	w := slowed(1)
	w.failing = [2]float64{0, 1}
	b, c := w.sides(3)
	o := usualOptions()
	o.GivenRate = ""
	got := rowsOf(Sides(Concurrent, b, c, o))
	require.Equal(t, "rate: a side has no good answer", got["rate"].Rule)
	require.Equal(t, slo.Fail, got["success"].Verdict)
}

func TestSlower(t *testing.T) {
	tests := []struct {
		name                string
		baseline, candidate []float64
		want                float64
	}{
		{"all slower", []float64{1, 2}, []float64{3, 4}, 1},
		{"all faster", []float64{3, 4}, []float64{1, 2}, 0},
		{"alike", []float64{1, 2, 3}, []float64{3, 1, 2}, 0.5},
		{"a tie is half a pair", []float64{1}, []float64{1, 2}, 0.75},
		{"nothing to compare", nil, []float64{1}, math.NaN()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := slower(test.baseline, test.candidate)
			require.Equal(t, math.IsNaN(test.want), math.IsNaN(got))
			if !math.IsNaN(got) {
				require.InDelta(t, test.want, got, 1e-12)
			}
		})
	}
}
