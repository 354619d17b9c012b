package compare

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseMetrics(t *testing.T) {
	tests := []struct{ text, want, err string }{
		{UsualMetrics, UsualMetrics, ""},
		{" p99.9 , success", "p99.9,success", ""},
		{"p95.0", "p95", ""},
		{"", "", `"" cannot be compared`},
		{"p95,", "", `"" cannot be compared`},
		{"p0", "", `"p0" cannot be compared`},
		{"p100", "", `"p100" cannot be compared`},
		{"p-5", "", "cannot be compared"},
		{"p.5", "", "cannot be compared"},
		{"p+5", "", "cannot be compared"},
		{"p5.", "", "cannot be compared"},
		{"p99.99999", "", "cannot be compared"},
		{"95", "", "cannot be compared"},
		{"mean", "", `"mean" cannot be compared: want percentiles, success and rate with commas between, such as p50,p95,p99,success,rate`},
		{"p95,p95.0", "", "p95 is there twice"},
		{"p1,p2,p3,p4,p5,p6,p7,p8,p9,p10,p11,p12,p13,p14,p15,p16,p17,p18,p19,p20,p21", "", "more than 20 metrics"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			all, err := ParseMetrics(test.text)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, joined(all))
		})
	}
}

func joined(all []Metric) string {
	var words []string
	for _, m := range all {
		words = append(words, m.String())
	}
	return strings.Join(words, ",")
}

func TestParseMargins(t *testing.T) {
	tests := []struct {
		text          string
		share, points float64 // 0: refused
	}{
		{"10%", 0.1, 10},
		{" 2.5 %", 0.025, 2.5},
		{"0.1pt", 0, 0.1},
		{"1000%", 10, 0},
		{"1001%", 0, 0},
		{"100pt", 0, 0},
		{"0%", 0, 0},
		{"-5%", 0, 0},
		{"10", 0, 0},
		{"", 0, 0},
		{"%", 0, 0},
		{"NaN%", 0, 0},
		{"1e3%", 0, 0},
		{"10%%", 0, 0},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			share, err := ParseShare(test.text)
			require.InDelta(t, test.share, share, 1e-12)
			require.Equal(t, test.share == 0, err != nil)
			points, err := ParsePoints(test.text)
			require.InDelta(t, test.points, points, 1e-12)
			require.Equal(t, test.points == 0, err != nil)
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{UsualMetrics, "p99.9", "10%", "0.1pt", "p95,p95", "p\u0665", "1e9%", ",,", "p00000001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if all, err := ParseMetrics(text); err == nil {
			again, err := ParseMetrics(joined(all))
			require.NoError(t, err)
			require.Equal(t, all, again)
			for _, m := range all {
				if m.Unit() == "ms" {
					require.Greater(t, m.rest(), 0.0)
					require.Less(t, m.rest(), 1.0)
					require.LessOrEqual(t, m.rank(1_000_000), int64(1_000_000))
				}
			}
		}
		if v, err := ParseShare(text); err == nil {
			require.True(t, v > 0 && v <= 10)
		}
		if v, err := ParsePoints(text); err == nil {
			require.True(t, v > 0 && v < 100)
		}
	})
}
