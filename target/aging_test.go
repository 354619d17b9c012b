package target

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAgingByTime(t *testing.T) {
	slow := SlowStart{600 * time.Millisecond, 30 * time.Second}
	leak := Drift{10 * time.Millisecond, time.Hour}
	tests := []struct {
		name    string
		aging   Aging
		elapsed time.Duration
		extra   time.Duration
		share   float64
	}{
		{"nothing ages by itself", Aging{}, time.Hour, 0, 0},
		{"a slow start begins with all of it", Aging{SlowStart: slow}, 0, 600 * time.Millisecond, 0},
		{"half-way it is half of it", Aging{SlowStart: slow}, 15 * time.Second, 300 * time.Millisecond, 0},
		{"and then it is over", Aging{SlowStart: slow}, 30 * time.Second, 0, 0},
		{"a drift begins with nothing", Aging{Drift: leak}, 0, 0, 0},
		{"a drift adds its part", Aging{Drift: leak}, 30 * time.Minute, 5 * time.Millisecond, 0},
		{"a drift goes on", Aging{Drift: leak}, 24 * time.Hour, 240 * time.Millisecond, 0},
		{"a drift has an end all the same", Aging{Drift: Drift{time.Hour, time.Second}}, 24 * time.Hour, MaxDelay, 0},
		{"both add up", Aging{SlowStart: slow, Drift: Drift{15 * time.Millisecond, 15 * time.Second}}, 15 * time.Second, 315 * time.Millisecond, 0},
		{"errors begin with none", Aging{Growth: Growth{0.01, time.Hour}}, 0, 0, 0},
		{"errors grow", Aging{Growth: Growth{0.01, time.Hour}}, 150 * time.Minute, 0, 0.025},
		{"up to all", Aging{Growth: Growth{0.5, time.Minute}}, time.Hour, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, test.aging.Validate())
			require.Equal(t, test.extra, test.aging.Extra(test.elapsed))
			require.InDelta(t, test.share, test.aging.ErrorShare(test.elapsed), 1e-12)
		})
	}
}

func TestAgingAsAClientSeesIt(t *testing.T) {
	b := Behaviour{Delay: ConstDelay(20 * time.Millisecond), Aging: Aging{
		SlowStart: SlowStart{100 * time.Millisecond, 10 * time.Second},
		Drift:     Drift{20 * time.Millisecond, time.Minute},
	}}
	inTime(t, b, func(t *testing.T, s *Server, ln *memListener) {
		c := ln.dial()
		defer c.Close()
		ask := func() time.Duration { return since(func() { _, _, _ = c.ask(get) }) }
		require.Equal(t, 120*time.Millisecond, ask())
		time.Sleep(5*time.Second - 120*time.Millisecond)
		require.Equal(t, 20*time.Millisecond+50*time.Millisecond+20*time.Millisecond/12, ask())
		time.Sleep(2*time.Minute - 5*time.Second - 70*time.Millisecond - 20*time.Millisecond/12)
		require.Equal(t, 60*time.Millisecond, ask())
		require.Nil(t, s.Truth().Configured)
	})
}

func TestErrorsGrow(t *testing.T) {
	b := Behaviour{Seed: 1, Aging: Aging{Growth: Growth{0.5, time.Minute}}}
	inTime(t, b, func(t *testing.T, s *Server, ln *memListener) {
		c := ln.dial()
		defer c.Close()
		batch := func() int64 {
			s.Reset()
			require.NoError(t, repeat(1000, func() error { _, _, err := c.ask(get); return err }))
			return s.Truth().Statuses["503"]
		}
		require.Zero(t, batch())
		time.Sleep(time.Minute)
		require.InDelta(t, 500, batch(), 60)
		time.Sleep(time.Minute)
		require.EqualValues(t, 1000, batch())
	})
}

// What each parser takes, and what it says of what it does not.
func TestParseAging(t *testing.T) {
	parsers := map[string]struct {
		parse func(string) (any, error)
		good  map[string]any
		bad   []string
		want  string
	}{
		"slow start": {
			func(text string) (any, error) { return ParseSlowStart(text) },
			map[string]any{"500ms,30s": SlowStart{500 * time.Millisecond, 30 * time.Second}},
			[]string{"", ",", "0s,0s", "1s", "1s,0s", "0s,1s", "1s/1s", "1s,2h", "-1s,1s", "1,1"},
			"want EXTRA,LENGTH",
		},
		"drift": {
			func(text string) (any, error) { return ParseDrift(text) },
			map[string]any{"10ms/1h0m0s": Drift{10 * time.Millisecond, time.Hour}},
			[]string{"", "/", "0s/0s", "10ms", "10ms/0s", "0s/1h", "10ms/h", "2h/1h", "10ms,1h"},
			"want EXTRA/PERIOD",
		},
		"error growth": {
			func(text string) (any, error) { return ParseGrowth(text) },
			map[string]any{"1%/1h0m0s": Growth{0.01, time.Hour}},
			[]string{"", "/", "0%/0s", "1%", "1/1h", "101%/1h", "1%/0s", "0%/1h", "NaN%/1h"},
			"want SHARE/PERIOD",
		},
	}
	for name, test := range parsers {
		t.Run(name, func(t *testing.T) {
			for text, want := range test.good {
				got, err := test.parse(text)
				require.NoError(t, err)
				require.Equal(t, want, got)
				require.Equal(t, text, got.(interface{ String() string }).String())
			}
			for _, text := range test.bad {
				_, err := test.parse(text)
				require.ErrorContains(t, err, "parse "+name, text)
				require.ErrorContains(t, err, test.want, text)
			}
		})
	}
}

func TestValidateSeesAging(t *testing.T) {
	for name, a := range map[string]Aging{
		"slow start": {SlowStart: SlowStart{Extra: time.Second}},
		"drift":      {Drift: Drift{Extra: -1, Period: time.Hour}},
		"growth":     {Growth: Growth{Share: math.NaN(), Period: time.Hour}},
	} {
		require.ErrorContains(t, Behaviour{Aging: a}.Validate(), name)
	}
	b := Behaviour{Aging: Aging{SlowStart{time.Second, time.Minute}, Drift{time.Second, time.Minute}, Growth{0.1, time.Minute}}}
	require.NoError(t, b.Validate())
	require.Contains(t, b.String(), "slow start 1s,1m0s, drift 1s/1m0s, error growth 10%/1m0s")
}

// What is taken is valid, and is read again from its own text.
func FuzzParseAging(f *testing.F) {
	for _, text := range []string{"500ms,30s", "10ms/1h", "1%/1h", "", ",", "/", "1e-9%/1ns", "1h,1h", "9999h/1s", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseSlowStart(text); err == nil {
			again, err := ParseSlowStart(s.String())
			require.NoError(t, err)
			require.Equal(t, s, again)
		}
		if d, err := ParseDrift(text); err == nil {
			again, err := ParseDrift(d.String())
			require.NoError(t, err)
			require.Equal(t, d, again)
		}
		if g, err := ParseGrowth(text); err == nil {
			require.NoError(t, Aging{Growth: g}.Validate())
			_, err := ParseGrowth(g.String())
			require.NoError(t, err)
		}
	})
}
