package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSparkKeepsAShortStall(t *testing.T) {
	at := func(t, p95 float64) Interval { return Interval{T: t, Length: 1, Phase: "measure", P95: &p95} }
	tests := []struct {
		name      string
		intervals []Interval
		want      string
	}{
		{"nothing measured", []Interval{{T: 0, Length: 1, Phase: "ramp"}}, ""},
		{"one interval", []Interval{at(0, 5)}, "█"},
		{"the worst second of a block shows", []Interval{at(0, 10), at(1, 80), at(2, 10), at(3, 10)}, "█▂"},
		{"the ramp takes no room", []Interval{{T: 0, Length: 1, Phase: "ramp"}, at(1, 80), at(2, 40)}, "█▅"},
		{"a second without requests in a block is none", []Interval{at(0, 80), {T: 1, Length: 1, Phase: "measure"}, at(2, 80), at(3, 80)}, "██"},
		{"a block without requests is a gap", []Interval{at(0, 80), at(1, 40), at(9, 40)}, "█▅"},
		{"a long interval fills its blocks", []Interval{{T: 0, Length: 60, Phase: "measure", P95: ptr(80.0)}, at(60, 40)}, "██"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, spark(test.intervals, 2))
		})
	}
}

func TestObjectivesAreNamedOnce(t *testing.T) {
	tests := []struct{ name, target, wantName, wantTarget string }{
		{"p95 < 200ms", "p95 < 200ms", "p95", "< 200ms"},
		{"p95", "p95 < 200ms", "p95", "< 200ms"},
		{"p95{a < b}", "p95{a < b} < 200ms", "p95{a < b}", "< 200ms"},
		{"fast", "p95 < 200ms", "fast", "p95 < 200ms"},
		{"odd", "odd", "odd", ""},
		{"odd", "", "odd", ""},
	}
	for _, test := range tests {
		name, target := (&Objective{Name: test.name, Target: test.target}).named()
		require.Equal(t, []string{test.wantName, test.wantTarget}, []string{name, target})
	}
}
