package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSentence(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	tests := []struct {
		name string
		r    *Report
		want string
	}{
		{"a GO says what holds", &Report{Verdict: "GO"}, "GO: every objective holds"},
		{
			"a GO of a comparison alone says what it is about", &Report{Verdict: "GO", Comparison: &Comparison{}},
			"GO: the candidate is no worse than the baseline, within the margins",
		},
		{
			"a GO of both says both", &Report{Verdict: "GO", Comparison: &Comparison{}, Objectives: []Objective{{}}},
			"GO: every objective holds, and the candidate is no worse than the baseline, within the margins",
		},
		{
			"a GO with a reason of its own gives that", &Report{Verdict: "GO", Reasons: []string{"capacity is at least 500/s: the highest level was met"}},
			"GO: capacity is at least 500/s: the highest level was met",
		},
		{
			"three reasons are told", &Report{Verdict: "NO-GO", Reasons: []string{"p95: a", "p99: b", "success: c"}},
			"NO-GO: p95: a; p99: b; success: c",
		},
		{
			"of more reasons the number is told", &Report{Verdict: "INVALID", Reasons: []string{"a", "b", "c", "d", "e"}},
			"INVALID: a; b; c; and 2 more reasons",
		},
		{"no reason is given where there is none", &Report{Verdict: "NO-GO"}, "NO-GO"},
		{
			"what is hostile is inert and cut", &Report{Verdict: "NO-GO\n::error::", Reasons: []string{"\x1b[31m\n" + long}},
			`NO-GO\n::error::: \x1b[31m\n` + long[:389] + "…",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, test.r.Sentence())
		})
	}
}
