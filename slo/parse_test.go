package slo

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

func TestParseTarget(t *testing.T) {
	tests := []struct {
		name, text, canonical string
		want                  Target
	}{
		{"a percentile", "p95 < 200ms", "p95 < 200ms", Target{Metric: Percentile, Quantile: Decimal{95, 0}, Op: Less, Limit: Decimal{200, 0}}},
		{"a percentile with a fraction", "p99.9 <= 1s", "p99.9 <= 1s", Target{Metric: Percentile, Quantile: Decimal{999, 1}, Op: LessEqual, Limit: Decimal{1000, 0}}},
		{"zeros at the end mean nothing", "p95.0 < 0.200s", "p95 < 200ms", Target{Metric: Percentile, Quantile: Decimal{95, 0}, Op: Less, Limit: Decimal{200, 0}}},
		{"no space is needed", "p95<200ms", "p95 < 200ms", Target{Metric: Percentile, Quantile: Decimal{95, 0}, Op: Less, Limit: Decimal{200, 0}}},
		{"space is taken anywhere", "  mean\t> 1.5 s ", "mean > 1.5s", Target{Metric: Mean, Op: Greater, Limit: Decimal{1500, 0}}},
		{"durations add up", "max >= 1m30s", "max >= 90s", Target{Metric: Max, Op: GreaterEqual, Limit: Decimal{90000, 0}}},
		{"a nanosecond is kept", "min < 200.000001ms", "min < 200.000001ms", Target{Metric: Min, Op: Less, Limit: Decimal{200000001, 6}}},
		{"both signs for micro", "min < 15µs", "min < 15us", Target{Metric: Min, Op: Less, Limit: Decimal{15, 3}}},
		{"a percentage is exact", "success > 99.5%", "success > 99.5%", Target{Metric: Success, Op: Greater, Limit: Decimal{995, 1}}},
		{"an error rate", "error_rate < 1 %", "error_rate < 1%", Target{Metric: ErrorRate, Op: Less, Limit: Decimal{1, 0}}},
		{"a rate", "rate >= 450/s", "rate >= 450/s", Target{Metric: Rate, Op: GreaterEqual, Limit: Decimal{450, 0}}},
		{"a status", "status_429 == 0", "status_429 == 0", Target{Metric: StatusCount, Status: 429, Op: Equal}},
		{"a status that must come", "status_304 != 0", "status_304 != 0", Target{Metric: StatusCount, Status: 304, Op: NotEqual}},
		{"a step", "p95{checkout} < 300ms", "p95{checkout} < 300ms", Target{Metric: Percentile, Quantile: Decimal{95, 0}, Step: "checkout", Op: Less, Limit: Decimal{300, 0}}},
		{"a step with space and slash", "success{ GET /health } > 99%", "success{GET /health} > 99%", Target{Metric: Success, Step: "GET /health", Op: Greater, Limit: Decimal{99, 0}}},
		{"a step with an operator", "max{a<b} < 1s", "max{a<b} < 1s", Target{Metric: Max, Step: "a<b", Op: Less, Limit: Decimal{1000, 0}}},
		{"a step with a brace", `max{"a}b"} < 1s`, `max{"a}b"} < 1s`, Target{Metric: Max, Step: "a}b", Op: Less, Limit: Decimal{1000, 0}}},
		{"every window", "p95<200ms every 60s", "p95 < 200ms every 1m", Target{Metric: Percentile, Quantile: Decimal{95, 0}, Op: Less, Limit: Decimal{200, 0}, Scope: Scope{Window: time.Minute, Share: Decimal{100, 0}}}},
		{"all windows are every window", "max < 1s in 100.0% of 1m30s", "max < 1s every 90s", Target{Metric: Max, Op: Less, Limit: Decimal{1000, 0}, Scope: Scope{Window: 90 * time.Second, Share: Decimal{100, 0}}}},
		{"a share of the windows", "success > 99% in 99.5% of 1h", "success > 99% in 99.5% of 1h", Target{Metric: Success, Op: Greater, Limit: Decimal{99, 0}, Scope: Scope{Window: time.Hour, Share: Decimal{995, 1}}}},
		{"any window", "rate < 5 /s  in  any 10s", "rate < 5/s in any 10s", Target{Metric: Rate, Op: Less, Limit: Decimal{5, 0}, Scope: Scope{Window: 10 * time.Second}}},
		{"a phase", "p50{a} < 1s during warm-up", "p50{a} < 1s during warm-up", Target{Metric: Percentile, Quantile: Decimal{50, 0}, Step: "a", Op: Less, Limit: Decimal{1000, 0}, Scope: Scope{During: "warm-up"}}},
		{"the measure phase goes without saying", "mean < 1s during measure", "mean < 1s", Target{Metric: Mean, Op: Less, Limit: Decimal{1000, 0}}},
		{"windows of a phase", "error_rate < 1% every 5s during ramp", "error_rate < 1% every 5s during ramp", Target{Metric: ErrorRate, Op: Less, Limit: Decimal{1, 0}, Scope: Scope{Window: 5 * time.Second, Share: Decimal{100, 0}, During: "ramp"}}},
		{"a count takes no unit from the scope", "status_429 == 0 during ramp", "status_429 == 0 during ramp", Target{Metric: StatusCount, Status: 429, Op: Equal, Scope: Scope{During: "ramp"}}},
		{"a step in needless quotes", `max{"a b"} < 1s`, `max{a b} < 1s`, Target{Metric: Max, Step: "a b", Op: Less, Limit: Decimal{1000, 0}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseTarget(test.text)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, test.canonical, got.String())
		})
	}
}

func TestParseTargetSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		name, text string
		column     int
		found      string
		want, mean string // want: its beginning
	}{
		{"nothing at all", "", 1, "", "a metric", ""},
		{"an unknown metric", "latency < 200ms", 1, "latency", "a metric", ""},
		{"a percentile without its point", "p950 < 200ms", 1, "p950", "a metric", "p95"},
		{"three nines without the point", "p999 < 200ms", 1, "p999", "a metric", "p99.9"},
		{"k6's way to write a percentile", "p(95)<200", 1, "p(95)", "a metric", "p95"},
		{"an upper-case percentile", "P95 < 200ms", 1, "P95", "a metric", "p95"},
		{"the hundredth percentile", "p100 < 200ms", 1, "p100", "a metric", "max"},
		{"the zeroth percentile", "p0 < 200ms", 1, "p0", "a metric", "min"},
		{"a percentile spelt out", "percentile95 < 200ms", 1, "percentile95", "a metric", "p95"},
		{"a misspelt metric", "sucess > 99.5%", 1, "sucess", "a metric", "success"},
		{"another tool's metric", "avg < 20ms", 1, "avg", "a metric", "mean"},
		{"the median", "median < 20ms", 1, "median", "a metric", "p50"},
		{"throughput", "rps > 20/s", 1, "rps", "a metric", "rate"},
		{"errors", "errors < 1%", 1, "errors", "a metric", "error_rate"},
		{"the rate of success", "success_rate > 1%", 1, "success_rate", "a metric", "success"},
		{"a status out of range", "status_42 == 0", 1, "status_42", "a metric", "status_429"},
		{"a status of four digits", "status_0429 == 0", 1, "status_0429", "a metric", "status_429"},
		{"a status that is a class", "status_4xx == 0", 1, "status_4xx", "a metric", "status_429"},
		{"a signed percentile", "p+9 < 200ms", 1, "p+9", "a metric", ""},
		{"a brace that stays open", "p95{checkout < 200ms", 4, "{checkout < 200ms", "a step", ""},
		{"an empty step", "p95{ } < 200ms", 4, "{ } < 200ms", "a step", ""},
		{"an empty step in quotes", `p95{""} < 200ms`, 4, `{""} < 200ms`, "a step", ""},
		{"a quote that stays open", `p95{"a} < 200ms`, 4, `{"a} < 200ms`, "a step", ""},
		{"no operator", "p95 200ms", 5, "200ms", "an operator", ""},
		{"nothing after the metric", "p95", 4, "", "an operator", ""},
		{"one equals sign", "status_429 = 0", 12, "=", "an operator", "=="},
		{"a typeset operator", "p95 ≤ 200ms", 5, "≤", "an operator", "<="},
		{"an operator the wrong way round", "p95 => 200ms", 5, "=>", "an operator", ">="},
		{"columns are characters", `p95{größe} =< 200ms`, 12, "=<", "an operator", "<="},
		{"a latency without a unit", "p95 < 200", 7, "200", "a duration", "200ms"},
		{"a latency without a number", "p95 < ms", 7, "ms", "a duration", ""},
		{"no latency", "p95 <", 6, "", "a duration", ""},
		{"a latency in percent", "p95 < 20%", 7, "20%", "a duration", ""},
		{"a unit spelt out", "p95 < 2 sec", 7, "2 sec", "a duration", "2s"},
		{"an upper-case unit", "p95 < 200MS", 7, "200MS", "a duration", "200ms"},
		{"a negative latency", "p95 < -1ms", 7, "-1ms", "a duration", ""},
		{"a fraction of a nanosecond", "p95 < 0.5ns", 7, "0.5ns", "a duration", ""},
		{"a latency of days", "p95 < 25h", 7, "25h", "a duration", ""},
		{"a sum of days", "p95 < 20h20h", 7, "20h20h", "a duration", ""},
		{"two points", "p95 < 1.2.3ms", 7, "1.2.3ms", "a duration", ""},
		{"a number of too many digits", "p95 < 1.000000000000001s", 7, "1.000000000000001s", "a duration", ""},
		{"a share", "success > 0.995", 11, "0.995", "a percentage", "99.5%"},
		{"a percentage without its sign", "success > 99.5", 11, "99.5", "a percentage", "99.5%"},
		{"more than everything", "success > 101%", 11, "101%", "a percentage", ""},
		{"more than everything, without a sign", "success > 101", 11, "101", "a percentage", ""},
		{"a percentage in milliseconds", "success > 99ms", 11, "99ms", "a percentage", ""},
		{"a rate without a unit", "rate >= 450", 9, "450", "a rate", "450/s"},
		{"a rate in another tool's unit", "rate >= 450 rps", 9, "450 rps", "a rate", "450/s"},
		{"a rate a minute", "rate >= 450/m", 9, "450/m", "a rate", ""},
		{"a count with a unit", "status_429 == 0/s", 15, "0/s", "a count", "0"},
		{"a count as a share", "status_429 < 1%", 14, "1%", "a count", ""},
		{"half an answer", "status_429 < 0.5", 14, "0.5", "a count", ""},
		{"another word for every", "p95 < 200ms for 5m", 13, "for 5m", "nothing", "every"},
		{"the windows behind the phase", "p95 < 1s during ramp every 5s", 22, "every 5s", "nothing", "every"},
		{"a window without a unit", "p95 < 1s every 60", 16, "60", "the length of a window", "60s"},
		{"a window in fractions", "p95 < 1s every 1.5s", 16, "1.5s", "the length of a window", ""},
		{"a window below a second", "p95 < 1s every 500ms", 16, "500ms", "the length of a window", ""},
		{"a window of no length", "p95 < 1s every 0s", 16, "0s", "the length of a window", ""},
		{"no window", "p95 < 1s every", 15, "", "the length of a window", ""},
		{"a window that is too long for an integer", "p95 < 1s every 99999999999h", 16, "99999999999h", "the length of a window", ""},
		{"windows of more than a week", "p95 < 1s every 100h100h", 16, "100h100h", "the length of a window", ""},
		{"a share without its sign", "p95 < 1s in 99 of 1m", 13, "99", "any, or a share", ""},
		{"a share of nothing", "p95 < 1s in 0% of 1m", 13, "0%", "any, or a share", ""},
		{"more than all", "p95 < 1s in 101% of 1m", 13, "101%", "any, or a share", ""},
		{"a share of what", "p95 < 1s in 99% 1m", 17, "1m", "of, and the length", ""},
		{"a mean in windows", "mean < 1s every 1m", 11, "every", "no windows", ""},
		{"a status in windows", "status_429 == 0 in any 1m", 17, "in", "no windows", ""},
		{"the mean of a step in a phase", "mean{a} < 1s during ramp", 14, "during", "no phase", ""},
		{"a phase that there is not", "p95 < 1s during warm_up", 17, "warm_up", "a phase", "warm-up"},
		{"a latency without a unit before a scope", "p95 < 200 every 1m", 7, "200", "a duration", "200ms"},
		{"more after the limit", "p95 < 200ms and more", 13, "and more", "nothing", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseTarget(test.text)
			var got *ParseError
			require.ErrorAs(t, err, &got)
			require.True(t, strings.HasPrefix(got.Want, test.want), got.Want)
			got.Want = ""
			require.Equal(t, &ParseError{What: "target", Text: test.text, Column: test.column, Found: test.found, Mean: test.mean}, got)
		})
	}
}

func TestParseErrorReadsAsOneLine(t *testing.T) {
	_, err := ParseTarget("success > 0.995")
	require.EqualError(t, err, `read target "success > 0.995": column 11: found "0.995", want a percentage from 0% to 100%, such as 99.5% (did you mean "99.5%"?)`)
	_, err = ParseTarget("p95 <")
	require.EqualError(t, err, `read target "p95 <": column 6: found the end, want a duration with its unit, such as 200ms, 1.5s or 2m, in whole nanoseconds and up to 24h`)
}

func TestTargetLatencyIsExact(t *testing.T) {
	require.Equal(t, 200*time.Millisecond+time.Nanosecond, mustParse(t, "p95 < 200.000001ms").Latency())
	require.Equal(t, time.Duration(0), mustParse(t, "success > 99%").Latency())
}

func TestTargetsOfUnknownOrForeignPartsStayQuiet(t *testing.T) {
	require.Equal(t, "mean ~ 0s", Target{Metric: Mean, Op: "~"}.String())
	require.False(t, Op("~").holds(0))
	require.Equal(t, 0.005, Decimal{5, 3}.Float())
	require.Equal(t, "0.005", Decimal{5, 3}.String())
}

func TestScopesNamePhasesAsMeasureDoes(t *testing.T) {
	require.Equal(t, measure.Ramp.String(), DuringRamp)
	require.Equal(t, measure.WarmUp.String(), DuringWarmUp)
	for p := range measure.Drain {
		require.Equal(t, p, mustParse(t, "p95 < 1s during "+p.String()).phase())
	}
}

func mustParse(t *testing.T, text string) Target {
	t.Helper()
	target, err := ParseTarget(text)
	require.NoError(t, err)
	return target
}

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{
		"p95 < 200ms", "p99.9 <= 1s", "mean > 1.5 s", "max >= 1m30s", "success > 99.5%", "error_rate < 1%",
		"rate >= 450/s", "status_429 == 0", "p95{GET /health} < 300ms", `p95{"a}b"} != 15µs`, "p950 < 1", "p95 ≤ 1ms", "p95{\xff}<1ns",
		"p95 < 200ms every 1m", "success > 99% in 99.5% of 1h during ramp", "rate < 5/s in any 10s", "p95 < 1s during warm-up", "max < 1s in 100% of 90s",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := ParseTarget(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		again, err := ParseTarget(target.String())
		require.NoError(t, err)
		require.Equal(t, target, again)
		require.Equal(t, target.String(), again.String())
		_ = Objective{Go: target}.Lint()
	})
}
