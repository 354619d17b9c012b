package scenarios

import (
	"encoding"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

func TestRate(t *testing.T) {
	tests := []struct {
		text string
		want Rate
	}{
		{"500", 500},
		{"0.5", 0.5},
		{"500/s", 500},
		{"30000/min", 500},
		{"30000/m", 500},
		{"7200/h", 2},
		{"1e3", 1000},
	}
	for _, tt := range tests {
		var got Rate
		require.NoError(t, got.UnmarshalText([]byte(tt.text)), tt.text)
		require.Equal(t, tt.want, got, tt.text)
	}
}

// Each text is read, and written in its shortest form.
func TestTexts(t *testing.T) {
	tests := []struct {
		text string
		into encoding.TextUnmarshaler
		want any
		back string
	}{
		{"30s:100", new(Stage), Stage{For: 30 * time.Second, From: 100, To: 100}, "30s:100"},
		{"30:100", new(Stage), Stage{For: 30 * time.Second, From: 100, To: 100}, "30s:100"},
		{"2m:100..1000", new(Stage), Stage{For: 2 * time.Minute, From: 100, To: 1000}, "2m:100..1000"},
		{"30s:2x", new(Stage), Stage{For: 30 * time.Second, From: 2, To: 2, Times: true}, "30s:2x"},
		{"30s:0.5x..3x", new(Stage), Stage{For: 30 * time.Second, From: 0.5, To: 3, Times: true}, "30s:0.5x..3x"},
		{"1d:0.5..60/min", new(Stage), Stage{For: 24 * time.Hour, From: 0.5, To: 1}, "1d:0.5..1"},

		{"500ms", new(ThinkTime), ThinkTime{A: 500 * time.Millisecond}, "500ms"},
		{"2", new(ThinkTime), ThinkTime{A: 2 * time.Second}, "2s"},
		{"constant:1s", new(ThinkTime), ThinkTime{A: time.Second}, "1s"},
		{"uniform:1s,3s", new(ThinkTime), ThinkTime{Law: loadgen.Uniform, A: time.Second, B: 3 * time.Second}, "uniform:1s,3s"},
		{"uniform:1s, 3s", new(ThinkTime), ThinkTime{Law: loadgen.Uniform, A: time.Second, B: 3 * time.Second}, "uniform:1s,3s"},
		{"exponential:2s", new(ThinkTime), ThinkTime{Law: loadgen.Exponential, A: 2 * time.Second}, "exponential:2s"},

		{"200", new(StatusRange), StatusRange{From: 200, To: 200}, "200"},
		{"201-204", new(StatusRange), StatusRange{From: 201, To: 204}, "201-204"},
		{"2xx", new(StatusRange), StatusRange{From: 200, To: 299}, "200-299"},
		{"5XX", new(StatusRange), StatusRange{From: 500, To: 599}, "500-599"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			require.NoError(t, tt.into.UnmarshalText([]byte(tt.text)))
			require.EqualValues(t, tt.want, deref(tt.into))
			back, err := tt.into.(encoding.TextMarshaler).MarshalText()
			require.NoError(t, err)
			require.Equal(t, tt.back, string(back))
		})
	}
}

func deref(v any) any {
	switch v := v.(type) {
	case *Stage:
		return *v
	case *ThinkTime:
		return *v
	case *StatusRange:
		return *v
	}
	return v
}

func TestBadTexts(t *testing.T) {
	tests := []struct {
		text string
		into encoding.TextUnmarshaler
		want string
	}{
		{"", new(Rate), `"" is not a rate; want a rate such as 500, 500/s, 30000/min or 7200/h`},
		{"5/", new(Rate), `"5/" has an unknown unit; want a rate such as 500, 500/s, 30000/min or 7200/h`},
		{"100", new(Stage), `"100" is not a stage; want a stage such as 30s:100 (hold 100/s) or 30s:100..1000 (go from one to the other)`},
		{":100", new(Stage), `no duration is written; want a duration such as 500ms, 30s, 24h or 1d12h`},
		{"5s:1..", new(Stage), `"" is not a rate; want a rate such as 500, 500/s, 30000/min or 7200/h`},
		{"5s:-1", new(Stage), `"-1" is negative; want a rate of 0 or more`},
		{"uniform:1s", new(ThinkTime), `"uniform:1s" has the wrong number of durations; want 500ms, uniform:1s,3s or exponential:2s`},
		{"1s,2s", new(ThinkTime), `"1s,2s" has the wrong number of durations; want 500ms, uniform:1s,3s or exponential:2s`},
		{"uniform:3s,1s", new(ThinkTime), `"uniform:3s,1s" ends before it starts; want the shorter duration first`},
		{"unifrom:1s,3s", new(ThinkTime), `"unifrom" is not known; did you mean "uniform"?`},
		{"204-201", new(StatusRange), `"204-201" is not a status; want a status such as 200, 201-204 or 2xx`},
		{"20x", new(StatusRange), `"20x" is not a status; want a status such as 200, 201-204 or 2xx`},
		{"xx", new(StatusRange), `"xx" is not a status; want a status such as 200, 201-204 or 2xx`},
		{"99", new(StatusRange), `"99" is not a status; want a status such as 200, 201-204 or 2xx`},
	}
	for _, tt := range tests {
		require.EqualError(t, tt.into.UnmarshalText([]byte(tt.text)), tt.want)
	}
}

// What is read can be written, and is read again as the same.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"30s:100", "30s:100..1000", "1:1e3..0/h", "uniform:1s,3s", "exponential:2s", "201-204", "2xx", "7200/h", "..", ":", ",", "NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var rate Rate
		if rate.UnmarshalText([]byte(text)) == nil {
			require.GreaterOrEqual(t, rate, Rate(0))
		}
		for _, pair := range [][2]encoding.TextUnmarshaler{
			{new(Stage), new(Stage)}, {new(ThinkTime), new(ThinkTime)}, {new(StatusRange), new(StatusRange)}, {new(Target), new(Target)},
		} {
			if pair[0].UnmarshalText([]byte(text)) != nil {
				continue
			}
			back, err := pair[0].(encoding.TextMarshaler).MarshalText()
			require.NoError(t, err)
			require.NoError(t, pair[1].UnmarshalText(back), string(back))
			require.Equal(t, pair[0], pair[1])
		}
	})
}
