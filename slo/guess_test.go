package slo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGuesses(t *testing.T) {
	guess := map[string]func(string) string{
		"metric": guessMetric, "op": guessOp, "duration": guessDuration, "count": guessCount,
		"percentage": func(text string) string { number, unit, _ := cutQuantity(text); return guessPercentage(number, unit) },
		"rate":       func(text string) string { number, unit, _ := cutQuantity(text); return guessRate(number, unit) },
	}
	tests := []struct{ what, found, want string }{
		{"metric", "p99_9", "p99.9"},
		{"metric", "p9999", "p99.99"},
		{"metric", "95", "p95"},
		{"metric", "p95%", "p95"},
		{"metric", "p000", "min"},
		{"metric", "0", ""},
		{"metric", "Mean", "mean"},
		{"metric", "maximum", ""},
		{"metric", "error-rate", "error_rate"},
		{"metric", "", ""},
		{"op", "===", "=="},
		{"op", "=<", "<="},
		{"op", "≥", ">="},
		{"op", "<>", "!="},
		{"op", "<<", ""},
		{"duration", "2 min", ""},
		{"duration", "2min", "2m"},
		{"duration", "15usec", "15us"},
		{"duration", "2seconds", "2s"},
		{"duration", "1s2", ""},
		{"duration", "2days", ""},
		{"duration", "99999", "99999ms"},
		{"percentage", "0.5", "50%"},
		{"percentage", "0.9951", "99.51%"},
		{"percentage", "1", "1%"},
		{"percentage", "99pct", "99%"},
		{"percentage", "99ms", ""},
		{"percentage", "-1", ""},
		{"rate", "450req/s", "450/s"},
		{"rate", "450/sec", "450/s"},
		{"rate", "rps", ""},
		{"rate", "1/h", ""},
		{"count", "5x", "5"},
		{"count", "5%", ""},
		{"count", "many", ""},
	}
	for _, test := range tests {
		t.Run(test.what+" "+test.found, func(t *testing.T) {
			require.Equal(t, test.want, guess[test.what](test.found))
		})
	}
}

func TestEditsIsTheLevenshteinDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "abc", 0}, {"", "abc", 3}, {"abc", "", 3}, {"sucess", "success", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 2},
	}
	for _, test := range tests {
		require.Equal(t, test.want, edits(test.a, test.b), "%q to %q", test.a, test.b)
	}
}
