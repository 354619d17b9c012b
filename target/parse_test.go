package target

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDelay(t *testing.T) {
	tests := []struct {
		name, text string
		want       Delay
		wrong      string // part of the error
	}{
		{"a duration alone is constant", "20ms", ConstDelay(20 * time.Millisecond), ""},
		{"constant", "const:1s", ConstDelay(time.Second), ""},
		{"zero needs no unit", "0", Delay{}, ""},
		{"uniform", "uniform:10ms,30ms", UniformDelay(10*time.Millisecond, 30*time.Millisecond), ""},
		{"lognormal", "lognormal:20ms,0.5", LognormalDelay(20*time.Millisecond, 0.5), ""},
		{"bimodal", "bimodal:10ms,500ms,5%", BimodalDelay(10*time.Millisecond, 500*time.Millisecond, 0.05), ""},
		{"exponential", "exponential:20ms", ExponentialDelay(20 * time.Millisecond), ""},
		{"nothing", "", Delay{}, "want a duration"},
		{"a unit is needed", "20", Delay{}, "with its unit"},
		{"negative", "const:-1s", Delay{}, "from 0 to 1h0m0s"},
		{"longer than an hour", "const:2h", Delay{}, "from 0 to 1h0m0s"},
		{"an unknown law", "pareto:1s", Delay{}, `got "pareto"`},
		{"too few arguments", "lognormal:20ms", Delay{}, "want lognormal:MEDIAN,SIGMA, such as lognormal:20ms,0.5"},
		{"too many arguments", "const:1s,2s", Delay{}, "want const:D"},
		{"the wrong way round", "uniform:30ms,10ms", Delay{}, "shorter duration first"},
		{"bimodal, the wrong way round", "bimodal:3s,1s,5%", Delay{}, "shorter duration first"},
		{"sigma of zero", "lognormal:20ms,0", Delay{}, "sigma above 0"},
		{"sigma is a typing error", "lognormal:20ms,50", Delay{}, "at most 4"},
		{"sigma is not a number", "lognormal:20ms,NaN", Delay{}, "want a number"},
		{"a share without its sign", "bimodal:1s,2s,0.05", Delay{}, "want a percentage"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseDelay(test.text)
			if test.wrong != "" {
				require.ErrorContains(t, err, test.wrong)
				require.ErrorContains(t, err, "parse delay")
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestParseStall(t *testing.T) {
	tests := []struct {
		name, text string
		want       Stall
		ok         bool
	}{
		{"length and period", "1s/5s", Stall{time.Second, 5 * time.Second}, true},
		{"no period", "1s", Stall{}, false},
		{"no length", "/5s", Stall{}, false},
		{"a length of zero", "0s/5s", Stall{}, false},
		{"a stall without end", "5s/5s", Stall{}, false},
		{"longer than its period", "6s/5s", Stall{}, false},
		{"negative", "-1s/5s", Stall{}, false},
		{"no unit", "1/5", Stall{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseStall(test.text)
			require.Equal(t, test.want, got)
			if !test.ok {
				require.ErrorContains(t, err, "want LENGTH/PERIOD")
			} else {
				require.NoError(t, err)
				require.Equal(t, test.text, got.String())
			}
		})
	}
}

func TestParseShare(t *testing.T) {
	for text, want := range map[string]float64{"0%": 0, "0.2%": 0.002, "100%": 1, "1e-1%": 0.001} {
		got, err := ParseShare(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, got, 1e-15, text)
	}
	for _, text := range []string{"", "%", "0.2", "-1%", "101%", "NaN%", "Inf%", "1 %", "1%%"} {
		_, err := ParseShare(text)
		require.ErrorContains(t, err, "want a percentage from 0% to 100%, such as 0.2%", text)
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		name, text string
		want       []ErrorShare
		wrong      string
	}{
		{"a share alone is 503", "0.5%", []ErrorShare{{503, 0.005}}, ""},
		{"several", "503:0.5%,429:1%", []ErrorShare{{503, 0.005}, {429, 0.01}}, ""},
		{"nothing", "", nil, "want a percentage"},
		{"an empty item", "1%,", nil, "want a percentage"},
		{"not a status", "teapot:1%", nil, "want a status from 200 to 599"},
		{"a sign is not a digit", "+50:1%", nil, "want a status from 200 to 599"},
		{"an interim status", "100:1%", nil, "want a status from 200 to 599"},
		{"twice the same", "503:1%,1%", nil, "want each status once, got 503 twice"},
		{"more than all", "503:60%,500:60%", nil, "want at most 100% together, got 120%"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseErrors(test.text)
			if test.wrong != "" {
				require.ErrorContains(t, err, test.wrong)
				require.ErrorContains(t, err, "parse errors")
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestParseSize(t *testing.T) {
	tests := []struct {
		name, text string
		want       Size
		ok         bool
	}{
		{"bytes", "512", Size{512, 512}, true},
		{"bytes with their unit", "512B", Size{512, 512}, true},
		{"binary unit", "4KiB", Size{4096, 4096}, true},
		{"decimal unit", "const:4kB", Size{4000, 4000}, true},
		{"the largest", "1GiB", Size{MaxBody, MaxBody}, true},
		{"uniform", "uniform:1KiB,1MiB", Size{1 << 10, 1 << 20}, true},
		{"nothing", "", Size{}, false},
		{"only a unit", "KiB", Size{}, false},
		{"an unknown unit", "4TiB", Size{}, false},
		{"half a unit", "4Ki", Size{}, false},
		{"negative", "-1", Size{}, false},
		{"too large", "2GiB", Size{}, false},
		{"one bound", "uniform:1KiB", Size{}, false},
		{"the wrong way round", "uniform:2,1", Size{}, false},
		{"one law in the other", "uniform:const:1,2", Size{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseSize(test.text)
			require.Equal(t, test.want, got)
			require.Equal(t, test.ok, err == nil, "%v", err)
		})
	}
}

func TestParseRateLimit(t *testing.T) {
	for text, want := range map[string]RateLimit{
		"1000/1m": {1000, time.Minute}, "1000/m": {1000, time.Minute}, "5/s": {5, time.Second}, "1/250ms": {1, 250 * time.Millisecond},
	} {
		got, err := ParseRateLimit(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "1000", "0/1s", "-1/1s", "1/0s", "x/1s", "1/x", "1.5/s", "1/2/3"} {
		_, err := ParseRateLimit(text)
		require.ErrorContains(t, err, "want REQUESTS/WINDOW", text)
	}
}

func TestParseDrip(t *testing.T) {
	got, err := ParseDrip("2s")
	require.NoError(t, err)
	require.Equal(t, 2*time.Second, got)
	_, err = ParseDrip("slowly")
	require.ErrorContains(t, err, "want a duration")
}

func TestValidateTellsEverythingAtOnce(t *testing.T) {
	require.NoError(t, Behaviour{}.Validate())
	err := Behaviour{
		Delay: UniformDelay(2, 1), Stall: Stall{2, 1}, Reset: -1, Hang: math.NaN(),
		Errors: []ErrorShare{{99, 3}}, Body: Size{2, 1}, Drip: -1, RateLimit: RateLimit{Requests: 1}, Idle: -1,
	}.Validate()
	for _, part := range []string{"delay uniform", "stall 2ns/1ns", "reset -100%", "hang NaN%", "errors 99", "body 2 to 1", "drip -1ns", "rate limit 1/0s", "idle -1ns"} {
		require.ErrorContains(t, err, part)
	}
	require.ErrorContains(t, Behaviour{Reset: 0.6, Garbage: 0.6}.Validate(), "want at most 100% together, got 120%")
	require.ErrorContains(t, Behaviour{Drip: 1}.Validate(), "want a body to spread")
}

func TestBehaviourSaysWhatItDoes(t *testing.T) {
	b := Behaviour{
		Delay: LognormalDelay(20*time.Millisecond, 0.5), Stall: Stall{time.Second, 5 * time.Second}, Seed: 7,
		Errors: []ErrorShare{{503, 0.002}}, FastErrors: true, Hang: 0.01, Body: Size{1, 2}, RateLimit: RateLimit{10, time.Second},
	}
	require.Equal(t, "body uniform:1B,2B, delay lognormal:20ms,0.5, stall 1s/5s, hang 1%, errors 503 0.2%, fast errors, rate limit 10/1s, seed 7", b.String())
	require.Equal(t, "body 0B", Behaviour{}.String())
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"20ms", "const:1s", "uniform:10ms,30ms", "lognormal:20ms,0.5", "bimodal:10ms,500ms,5%",
		"exponential:1m", "1s/5s", "503:0.2%,429:1%", "uniform:1KiB,64KiB", "1000/m", "0.2%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDelay(text); err == nil {
			require.NoError(t, Behaviour{Delay: d}.Validate())
			same, err := ParseDelay(d.String())
			require.NoError(t, err)
			require.InDelta(t, float64(d.Quantile(0.9)), float64(same.Quantile(0.9)), 1e-6*float64(d.Quantile(0.9))+1)
		}
		if s, err := ParseStall(text); err == nil {
			same, err := ParseStall(s.String())
			require.NoError(t, err)
			require.Equal(t, s, same)
		}
		if s, err := ParseSize(text); err == nil {
			same, err := ParseSize(s.String())
			require.NoError(t, err)
			require.Equal(t, s, same)
		}
		if l, err := ParseRateLimit(text); err == nil {
			same, err := ParseRateLimit(l.String())
			require.NoError(t, err)
			require.Equal(t, l, same)
		}
		if list, err := ParseErrors(text); err == nil {
			require.NoError(t, Behaviour{Errors: list}.Validate())
		}
	})
}
