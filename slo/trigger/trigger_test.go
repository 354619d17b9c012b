package trigger

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

func TestOptionsSayWhatIsWrong(t *testing.T) {
	require.NoError(t, Defaults().Check())
	tests := []struct {
		name, option string
		set          func(*Options)
	}{
		{"no reading", "reading: want sustained, windowed or both, got ", func(o *Options) { o.Reading = "" }},
		{"another reading", "reading", func(o *Options) { o.Reading = "all" }},
		{"no word for no data", "on_no_data: want pause, no-go or ignore, got ", func(o *Options) { o.OnNoData = "" }},
		{"a start before the run", "start: want 0s or more, got -1s", func(o *Options) { o.Start = -time.Second }},
		{"evaluations within a second", "every", func(o *Options) { o.Every = 1500 * time.Millisecond }},
		{"no evaluations", "every", func(o *Options) { o.Every = 0 }},
		{"no window", "window", func(o *Options) { o.Window = 0 }},
		{"no samples", "min_samples", func(o *Options) { o.MinSamples = 0 }},
		{"no bad ones", "min_bad", func(o *Options) { o.MinBad = 0 }},
		{"it never clears", "hysteresis", func(o *Options) { o.Hysteresis = 0 }},
		{"it clears above the limit", "hysteresis", func(o *Options) { o.Hysteresis = 1.1 }},
		{"no number", "hysteresis", func(o *Options) { o.Hysteresis = math.NaN() }},
		{"clears before it does", "clear_for", func(o *Options) { o.ClearFor = -1 }},
		{"no patience", "patience", func(o *Options) { o.Patience = -1 }},
		{"no data before there is none", "no_data_after", func(o *Options) { o.NoDataAfter = -1 }},
		{"a cooldown that is over", "cooldown", func(o *Options) { o.Cooldown = -1 }},
		{"fewer than no returns", "max_returns", func(o *Options) { o.MaxReturns = -1 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Defaults()
			test.set(&o)
			_, err := New(parsed(t, "error_rate > 5% for 5m"), o)
			require.ErrorContains(t, err, "read option "+test.option)
		})
	}
	require.ErrorContains(t, Options{}.Check(), "reading")
	require.ErrorContains(t, Options{}.Check(), "min_bad", "all at once")
}

func TestStopOptionsSayWhatIsWrong(t *testing.T) {
	require.NoError(t, StopDefaults().Check())
	for name, set := range map[string]func(*StopOptions){
		"start": func(o *StopOptions) { o.Start = -1 }, "alpha": func(o *StopOptions) { o.Alpha = 0 },
		"block": func(o *StopOptions) { o.Block = time.Second / 2 }, "protect_share": func(o *StopOptions) { o.ProtectShare = 0 },
		"protect_for": func(o *StopOptions) { o.ProtectFor = 0 }, "protect_min": func(o *StopOptions) { o.ProtectMin = 0 },
	} {
		o := StopDefaults()
		set(&o)
		_, err := NewStopper(nil, o)
		require.ErrorContains(t, err, "read option "+name)
	}
}

func TestCounterIsWhatTheRuleNeeds(t *testing.T) {
	tests := []struct {
		text string
		want Counter
	}{
		{"error_rate > 5% for 5m", Counter{}},
		{"success{login} < 95% for 5m", Counter{Step: "login"}},
		{"p95 > 1s for 5m", Counter{Latency: time.Second, Inclusive: true}},
		{"p95 >= 1s for 5m", Counter{Latency: time.Second}},
		{"p95{login} > 1.5x baseline for 5m", Counter{Step: "login", Latency: 300 * time.Microsecond, Inclusive: true}},
	}
	for _, test := range tests {
		rule := parsed(t, test.text).Against(Baseline{Latency: 200 * time.Microsecond})
		got, err := rule.Counter()
		require.NoError(t, err)
		require.Equal(t, test.want, got, test.text)
		tr, err := New(rule, Defaults())
		require.NoError(t, err)
		require.Equal(t, test.want, tr.Counter())
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	good := parsed(t, "p95 > 1.5x baseline for 5m")
	tests := []struct {
		name string
		rule Rule
		want string
	}{
		{"nothing", Rule{}, "resolve trigger: read trigger"},
		{"no hold", Rule{Target: parsed(t, "p95 > 1s for 1s").Target}, "whole seconds from 1s to 24h"},
		{"part of a second", Rule{Target: parsed(t, "p95 > 1s for 1s").Target, For: 1500 * time.Millisecond}, "whole seconds from 1s to 24h"},
		{"no baseline", good, `"p95 > 1.5x baseline for 5m": it needs the baseline's p95 and has none: name the run to compare with, or write the limit itself, such as p95 > 1s`},
		{"a baseline of no time", good.Against(Baseline{Latency: -1}), "it needs the baseline's p95"},
		{"a baseline of days", good.Against(Baseline{Latency: 17 * time.Hour}), "want a limit up to 24h, got 1.5 of 61200s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.rule, Defaults())
			require.ErrorContains(t, err, test.want)
			_, err = test.rule.Counter()
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestCellsThatAreRefused(t *testing.T) {
	tr, err := New(parsed(t, "error_rate > 5% for 5m"), Defaults())
	require.NoError(t, err)
	s, err := NewStopper(nil, StopDefaults())
	require.NoError(t, err)
	for _, c := range []Cell{{Second: -1}, {Second: 1, Due: -1, Bad: -1}, {Second: 1, Bad: 1}, {Second: 1, Due: 1, Bad: -1}} {
		require.ErrorContains(t, tr.Add(c), "want 0 <= bad <= due")
		require.ErrorContains(t, s.Add(Counter{}, c), "want 0 <= bad <= due")
	}
	tr.Decide(10 * time.Second)
	require.EqualError(t, tr.Add(Cell{Second: 9}), `trigger "error_rate > 5% for 5m": add cell of second 9: want a second that is not decided yet, those before 10s are`)
	require.NoError(t, tr.Add(Cell{Second: 10}))
	require.Empty(t, tr.Decide(3*time.Second), "what is decided stays so")
	require.ErrorContains(t, s.Add(Counter{Step: "other"}), "one of the counters asked for")
}

func TestMoreCellsThanAreDecidedWait(t *testing.T) {
	tr, err := New(parsed(t, "error_rate > 5% for 1s"), Defaults())
	require.NoError(t, err)
	for second := range 100 {
		require.NoError(t, tr.Add(Cell{second, 100, 100}))
	}
	require.Empty(t, tr.Decide(999*time.Millisecond))
	require.Len(t, tr.Decide(time.Second), 1)
	require.Equal(t, Status{State: Pending}, tr.Status())
	require.Equal(t, time.Second, tr.Since())
	require.Equal(t, Fire, tr.Decide(2 * time.Second)[0].Act)
}

func TestReleaseOfWhatDidNotFire(t *testing.T) {
	tr, err := New(parsed(t, "error_rate > 5% for 5m"), Defaults())
	require.NoError(t, err)
	require.Empty(t, tr.Release("Ann"))
}

// A stop must not come of a block before its last second is decided, whatever the
// strides in which seconds are.
func TestStopsWaitForTheirBlock(t *testing.T) {
	o := objective(t, "success: go success > 99.5%")
	for _, stride := range []time.Duration{time.Second, 3 * time.Second, 7 * time.Second, time.Minute} {
		s, err := NewStopper([]slo.Objective{o}, StopDefaults())
		require.NoError(t, err)
		for second := range 120 {
			require.NoError(t, s.Add(Counter{}, Cell{second, 100, 5}))
		}
		var stop *Stop
		until := time.Duration(0)
		for ; stop == nil; until += stride {
			stop = s.Decide(until)
		}
		require.Equal(t, 30*time.Second, stop.At)
		require.Equal(t, 3, stop.Blocks)
		require.GreaterOrEqual(t, until-stride, stop.At)
		require.GreaterOrEqual(t, stop.E, stop.Needed)
		require.InDelta(t, stop.P, 1/stop.E, 1e-12)
		require.Equal(t, []Evidence{{"success", "success <= 99.5%", 3, stop.P, 0.05}}, s.Evidence())
	}
}

func TestEvidenceBeginsWithNone(t *testing.T) {
	s, err := NewStopper([]slo.Objective{objective(t, "a: go success > 99.5%"), objective(t, "b: go success == 100%")}, StopDefaults())
	require.NoError(t, err)
	require.Equal(t, []Evidence{{"a", "success <= 99.5%", 0, 1, 0.025}, {"b", "success < 100%", 0, 1, 0.025}}, s.Evidence())
}

func TestObjectivesThatAreRefused(t *testing.T) {
	wrong := objective(t, "p95: go p95 > 200ms")
	_, err := NewStopper([]slo.Objective{wrong}, StopDefaults())
	require.ErrorContains(t, err, "watch objectives")
	wrong.Go = slo.Target{Metric: slo.ErrorRate, Op: slo.Less, Limit: slo.Decimal{Coefficient: 1, Scale: 40}}
	_, err = NewStopper([]slo.Objective{wrong}, StopDefaults())
	require.ErrorContains(t, err, "watch objective")
}

// Shares are compared exactly up to the largest counts, and said on their side.
func TestSharesAreExact(t *testing.T) {
	s := allowed(slo.Target{Metric: slo.ErrorRate, Op: slo.Greater, Limit: slo.NewDecimal(5, 0)})
	require.False(t, s.exceededBy(5, 100))
	require.True(t, s.exceededBy(5_000_000_000_001, 100_000_000_000_000))
	require.False(t, s.exceededBy(0, 0))
	require.Equal(t, "5.000000000001%", s.beside(5_000_000_000_001, 100_000_000_000_000))
	require.Equal(t, "4.9999%", s.beside(49999, 1_000_000))
	require.Equal(t, "5%", s.beside(5, 100))
	require.Equal(t, "7.1%", s.beside(71, 1000))
	require.True(t, s.part(0.8).undercutBy(3999, 100_000))
	require.False(t, s.part(0.8).undercutBy(4000, 100_000))
	require.Equal(t, "4%", s.part(0.8).String())

	finest := allowed(slo.Target{Metric: slo.ErrorRate, Op: slo.Greater, Limit: slo.Decimal{Coefficient: 1, Scale: 14}})
	require.True(t, finest.exceededBy(2, 1e16))
	require.False(t, finest.exceededBy(1, 1e16))
	require.True(t, finest.part(1).exceededBy(2, 1e16))
	require.Equal(t, "0.1%", allowed(slo.Target{Metric: slo.Percentile, Quantile: slo.NewDecimal(999, 1)}).String())
}

func parsed(t *testing.T, text string) Rule {
	t.Helper()
	rule, err := Parse(text)
	require.NoError(t, err)
	return rule
}
