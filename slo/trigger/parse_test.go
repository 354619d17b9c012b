package trigger

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

func TestParse(t *testing.T) {
	p95 := slo.NewDecimal(95, 0)
	tests := []struct {
		name, text, canonical string
		want                  Rule
	}{
		{"an error rate", "error_rate > 5% for 5m", "error_rate > 5% for 5m", Rule{Target: slo.Target{Metric: slo.ErrorRate, Op: slo.Greater, Limit: slo.NewDecimal(5, 0)}, For: 5 * time.Minute}},
		{"success", "success <= 99.5 % for 120s", "success <= 99.5% for 2m", Rule{Target: slo.Target{Metric: slo.Success, Op: slo.LessEqual, Limit: slo.NewDecimal(995, 1)}, For: 2 * time.Minute}},
		{"a percentile", " p99.9>=1.5s\tfor 1h30m ", "p99.9 >= 1.5s for 1h30m", Rule{Target: slo.Target{Metric: slo.Percentile, Quantile: slo.NewDecimal(999, 1), Op: slo.GreaterEqual, Limit: slo.NewDecimal(1500, 0)}, For: 90 * time.Minute}},
		{"a step", "p95{checkout} > 1s for 1d", "p95{checkout} > 1s for 24h", Rule{Target: slo.Target{Metric: slo.Percentile, Quantile: p95, Step: "checkout", Op: slo.Greater, Limit: slo.NewDecimal(1000, 0)}, For: 24 * time.Hour}},
		{"a step whose name is a rule", "p95{a > 1s for 5m} > 1s for 1s", "p95{a > 1s for 5m} > 1s for 1s", Rule{Target: slo.Target{Metric: slo.Percentile, Quantile: p95, Step: "a > 1s for 5m", Op: slo.Greater, Limit: slo.NewDecimal(1000, 0)}, For: time.Second}},
		{"a step in quotes", `error_rate{ "} for 1s" } > 1% for 1m`, `error_rate{"} for 1s"} > 1% for 1m`, Rule{Target: slo.Target{Metric: slo.ErrorRate, Step: "} for 1s", Op: slo.Greater, Limit: slo.NewDecimal(1, 0)}, For: time.Minute}},
		{"a multiple of a baseline", "p95{a} > 1.50 x  baseline for 5m", "p95{a} > 1.5x baseline for 5m", Rule{Target: slo.Target{Metric: slo.Percentile, Quantile: p95, Step: "a", Op: slo.Greater}, Factor: slo.NewDecimal(15, 1), For: 5 * time.Minute}},
		{"a step called baseline", "p95{baseline} > 1s for 5m", "p95{baseline} > 1s for 5m", Rule{Target: slo.Target{Metric: slo.Percentile, Quantile: p95, Step: "baseline", Op: slo.Greater, Limit: slo.NewDecimal(1000, 0)}, For: 5 * time.Minute}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.text)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, test.canonical, got.String())
		})
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		name, text string
		column     int
		found      string
		want, mean string // want: its beginning
	}{
		{"nothing at all", "", 1, "", "a metric", ""},
		{"only a hold", "for 5m", 1, "for 5m", "a metric", ""},
		{"a misspelt metric", "errors > 5% for 5m", 1, "errors", "a metric", "error_rate"},
		{"a metric that is no share", "  rate < 100/s for 5m", 3, "rate", "a metric that is a share", ""},
		{"an extreme", "max{a} > 1s for 5m", 1, "max{a}", "a metric that is a share", ""},
		{"a count", "status_500 > 3 for 5m", 1, "status_500", "a metric that is a share", ""},
		{"no operator", "p95 for 5m", 5, "for 5m", "an operator", ""},
		{"a typeset operator", "p95 ≥ 1s for 5m", 5, "≥", "an operator", ">="},
		{"what is good", "p95 < 1s for 5m", 5, "<", "> or >=", ">"},
		{"success that is good", "success >= 95% for 5m", 9, ">=", "< or <=", "<="},
		{"an equality", "error_rate == 5% for 5m", 12, "==", "> or >=", ""},
		{"no limit", "p95 > for 5m", 7, "for 5m", "a duration", ""},
		{"a limit without a unit", "p95 > 1000 for 5m", 7, "1000", "a duration", "1000ms"},
		{"a limit without a sign", "error_rate > 0.05 for 5m", 14, "0.05", "a percentage", "5%"},
		{"a limit that is always exceeded", "error_rate >= 0% for 5m", 15, "0%", "a limit that is neither", ""},
		{"a limit that is never exceeded", "error_rate > 100% for 5m", 14, "100%", "a limit that is neither", ""},
		{"success below nothing", "success < 0% for 5m", 11, "0%", "a limit that is neither", ""},
		{"a latency above nothing", "p95 > 0s for 5m", 7, "0s", "a limit that is neither", ""},
		{"no hold", "p95 > 1s", 9, "", `"for" and how long`, ""},
		{"a hold without for", "p95 > 1s 5m", 10, "5m", `"for" and how long`, ""},
		{"for without a hold", "p95 > 1s for", 13, "", "how long", ""},
		{"something before for", "p95 > 1s and more for 5m", 10, "and more", `"for" and how long`, ""},
		{"an objective's windows", "p95 > 1s every 1m for 5m", 7, "1s every 1m", "a limit and no window", ""},
		{"an objective's phase", "p95 > 1s during ramp for 5m", 7, "1s during ramp", "a limit and no window", ""},
		{"a hold without a unit", "p95 > 1s for 300", 14, "300", "how long", "300s"},
		{"a unit that is spelt out", "p95 > 1s for 5 minutes", 14, "5 minutes", "how long", "5m"},
		{"a hold of no time", "p95 > 1s for 0s", 14, "0s", "how long", ""},
		{"a part of a second", "p95 > 1s for 500ms", 14, "500ms", "how long", ""},
		{"half an hour as a part", "p95 > 1s for 0.5h", 14, "0.5h", "how long", ""},
		{"more than a day", "p95 > 1s for 25h", 14, "25h", "how long", ""},
		{"more than a day in parts", "p95 > 1s for 23h61m", 14, "23h61m", "how long", ""},
		{"more after the hold", "p95 > 1s for 5m or so", 14, "5m or so", "how long", ""},
		{"columns are characters", "p95{größe} > 1s for 5x", 21, "5x", "how long", ""},
		{"a step that stays open", "p95{a > 1s for 5m", 4, "{a > 1s", "a step", ""},
		{"a factor that is none", "p95 > x baseline for 5m", 7, "x baseline", "a multiple", ""},
		{"the baseline itself", "p95 > baseline for 5m", 7, "baseline", "a multiple", ""},
		{"less than the baseline", "p95 > 0.5x baseline for 5m", 7, "0.5x baseline", "a multiple", ""},
		{"once the baseline", "p95 > 1.0x baseline for 5m", 7, "1.0x baseline", "a multiple", ""},
		{"a thousand times the baseline and more", "p95 > 1000.1x baseline for 5m", 7, "1000.1x baseline", "a multiple", ""},
		{"a share of the baseline", "p95 > 150% of baseline for 5m", 7, "150% of baseline", "a multiple", "1.5x baseline"},
		{"a product", "p95 > baseline * 1.2 for 5m", 7, "baseline * 1.2", "a multiple", "1.2x baseline"},
		{"a wrong metric of a baseline", "latency > 2x baseline for 5m", 1, "latency", "a metric", ""},
		{"an error rate of a baseline", "error_rate > 2x baseline for 5m", 14, "2x baseline", "a limit of its own", ""},
		{"an extreme of a baseline", "max > 2x baseline for 5m", 7, "2x baseline", "a limit of its own", ""},
		{"better than the baseline", "p95 < 2x baseline for 5m", 5, "<", "> or >=", ">"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.text)
			var got *ParseError
			require.ErrorAs(t, err, &got)
			require.True(t, strings.HasPrefix(got.Want, test.want), got.Want)
			got.Want = ""
			require.Equal(t, &ParseError{What: "trigger", Text: test.text, Column: test.column, Found: test.found, Mean: test.mean}, got)
		})
	}
}

func TestParseErrorReadsAsOneLine(t *testing.T) {
	_, err := Parse("p95 < 1s for 5m")
	require.EqualError(t, err, `read trigger "p95 < 1s for 5m": column 5: found "<", want > or >=: a trigger says what is too bad, not what is good (did you mean ">"?)`)
	_, err = Parse("p95 > 1s")
	require.EqualError(t, err, `read trigger "p95 > 1s": column 9: found the end, want "for" and how long, such as for 5m`)
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"error_rate > 5% for 5m", "success < 95% for 2m", "p95 > 1000ms for 5m", "p95{checkout} > 1s for 5m", "p95 > 1.5x baseline for 5m",
		`p95{"} for 1s"} >= 15µs for 1h30m`, "p95{a for 5m", "p95 ≥ 1s for 5m", "for for for", "p95 > baseline for", "p95 > 1sfor 5m", "p95{\xff} > 1ns for 1d",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := Parse(text)
		if err != nil {
			var e *ParseError
			require.ErrorAs(t, err, &e)
			require.GreaterOrEqual(t, e.Column, 1)
			require.LessOrEqual(t, e.Column, len([]rune(text))+1)
			require.Contains(t, text, e.Found)
			return
		}
		again, err := Parse(rule.String())
		require.NoError(t, err)
		require.Equal(t, rule, again)
		require.Equal(t, rule.String(), again.String())
		if rule.NeedsBaseline() {
			_, err = New(rule, Defaults())
			require.ErrorContains(t, err, "baseline")
			rule = rule.Against(Baseline{Latency: time.Millisecond})
		}
		_, err = New(rule, Defaults())
		require.NoError(t, err)
	})
}
