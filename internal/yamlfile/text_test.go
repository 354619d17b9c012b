package yamlfile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDuration(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
		back string
	}{
		{"0", 0, "0s"},
		{"86400", 24 * time.Hour, "1d"},
		{"0.5", 500 * time.Millisecond, "500ms"},
		{"24h", 24 * time.Hour, "1d"},
		{"1d12h", 36 * time.Hour, "1d12h"},
		{"500ms", 500 * time.Millisecond, "500ms"},
		{"1.5h", 90 * time.Minute, "1h30m"},
		{"1h30m", 90 * time.Minute, "1h30m"},
		{"250us", 250 * time.Microsecond, "250us"},
		{"250µs", 250 * time.Microsecond, "250us"},
		{"250μs", 250 * time.Microsecond, "250us"},
		{"1ns", 1, "1ns"},
		{"2s3ns", 2*time.Second + 3, "2s3ns"},
		{".5s", 500 * time.Millisecond, "500ms"},
		{"0.1s", 100 * time.Millisecond, "100ms"},
	}
	for _, tt := range tests {
		d, err := ParseDuration(tt.text)
		require.NoError(t, err, tt.text)
		require.Equal(t, tt.want, time.Duration(d), tt.text)
		require.Equal(t, tt.back, d.String(), tt.text)
	}
}

func TestNoDuration(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "no duration is written; want a duration such as 500ms, 30s, 24h or 1d12h"},
		{"-5s", `"-5s" is negative; want a duration of 0 or more`},
		{"5 min", `"5 min" has the unknown unit " min"; want d, h, m, s, ms, us or ns`},
		{"5S", `"5S" has the unknown unit "S"; want d, h, m, s, ms, us or ns`},
		{"1h30", `"1h30" has a number without a unit at its end; want a duration such as 500ms, 30s, 24h or 1d12h`},
		{"30s1h", `"30s1h" has its units out of order; want each unit once, from the largest to the smallest, as in 1d12h`},
		{"1m1m", `"1m1m" has its units out of order; want each unit once, from the largest to the smallest, as in 1d12h`},
		{"s", `"s" is not a duration; want a duration such as 500ms, 30s, 24h or 1d12h`},
		{"1.2.3s", `"1.2.3s" is not a duration; want a duration such as 500ms, 30s, 24h or 1d12h`},
		{".", `"." is not a duration; want a duration such as 500ms, 30s, 24h or 1d12h`},
		{"NaN", `"NaN" is not a duration; want a duration such as 500ms, 30s, 24h or 1d12h`},
		{"1e3s", `"1e3s" has the unknown unit "e"; want d, h, m, s, ms, us or ns`},
		{"300000000h", `"300000000h" is longer than can be counted; want less than 290 years`},
		{"99999999999999999999", `"99999999999999999999" is longer than can be counted; want less than 290 years`},
		{"106751d24h", `"106751d24h" is longer than can be counted; want less than 290 years`},
	}
	for _, tt := range tests {
		_, err := ParseDuration(tt.text)
		require.EqualError(t, err, tt.want)
	}
}

func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"86400", "24h", "1d12h", "500ms", "-1s", "1.5h", "9223372036854775807ns", "106751d23h47m16.85477581s", "9223300000", "µs"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			require.Zero(t, d)
			return
		}
		require.GreaterOrEqual(t, d, Duration(0))
		back, err := ParseDuration(d.String())
		require.NoError(t, err)
		require.Equal(t, d, back)
	})
}

func TestNearest(t *testing.T) {
	keys := []string{"users", "think_time", "ramp", "rate", "duration", "on"}
	tests := []struct{ text, want string }{
		{"usres", "users"},
		{"thinkTime", "think_time"},
		{"think-time", "think_time"},
		{"Users", "users"},
		{"durration", "duration"},
		{"rat", "rate"},
		{"headers", ""},
		{"xyz", ""},
		{"", ""},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, Nearest(tt.text, keys), tt.text)
	}
}

func TestOneOf(t *testing.T) {
	require.NoError(t, OneOf("queue", "queue", "drop"))
	require.EqualError(t, OneOf("quue", "queue", "drop"), `"quue" is not known; did you mean "queue"?`)
	require.EqualError(t, OneOf("later", "queue", "drop", "wait"), `"later" is not known; want queue, drop or wait`)
}
