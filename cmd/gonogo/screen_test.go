package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"gonogo/soak"
)

// aSighting is a run of a day after two hours.
func aSighting(now time.Time) *sighting {
	cells := func(v float64) []float64 {
		all := make([]float64, 40)
		for i := range all {
			if all[i] = v; i > 3 {
				all[i] = -1
			}
		}
		return all
	}
	s := &sighting{
		condition: soak.Lives,
		state: &soak.State{
			Run: "20251213_160000", Length: 86460, Phase: soak.Running,
			Limits: soak.Limits{P95: "200ms", Err: "1%"},
		},
		live: &soak.Live{
			Updated: now, Elapsed: 7560, Done: 7560, Phase: "measure", Users: 200, InFlight: 37,
			Rate: 412.3, OK: new(99.987), P50: new(41.2), P95: new(118.0), P99: new(203.0), Lag: new(0.04),
			Verdict: "pass", RSS: 86 << 20, Budget: new(92.4), Forecast: new(76.2),
			Strip: soak.Strip{P95: cells(118), Err: cells(0)}, Saved: now.Add(-22 * time.Second),
			Events: []string{`16:00:00Z start load="200 users, ramp 1m, hold 24h"`, "18:01:10Z slo_breach slo=errors window=5m value=1.4% target=1% verdict=fail"},
		},
	}
	s.live.Strip.Err[2] = 1.4
	return s
}

func TestThePictureOfARun(t *testing.T) {
	now := time.Date(2025, 12, 13, 18, 6, 0, 0, time.UTC)
	require.Equal(t, `SOAK 20251213_160000  02:06:00 of 24:01:00 [##-------------------------] 8.7%
✔ on track   error budget left 92.4%, forecast 76%   ends 14 Dec 16:01Z
now (10s)  412/s   ok 99.98%   p50 41ms   p95 118ms   p99 203ms   in flight 37…
p95   ▅▅▅▅▅▅.................................................   limit 200ms
err   ▁▁▁██▁.................................................   limit 1%
generator rss 86 MiB   lag p99 0.0ms   checkpoint 22s ago
16:00:00Z start load="200 users, ramp 1m, hold 24h"
18:01:10Z slo_breach slo=errors window=5m value=1.4% target=1% verdict=fail
[s] snapshot report   [q] detach (the run continues)`, strings.Join(picture(aSighting(now), now, 80, false), "\n"))
}

func TestTheStatusOfARun(t *testing.T) {
	now := time.Date(2025, 12, 13, 18, 6, 0, 0, time.UTC)
	tests := []struct {
		name string
		turn func(*sighting)
		want string
	}{
		{"nothing is told yet", func(s *sighting) { s.live = nil }, "? it has told nothing yet"},
		{"in its ramp", func(s *sighting) { s.live.Verdict, s.live.Phase, s.live.Budget = "-", "ramp", nil }, "? ramp   ends "},
		{"the last minutes are bad", func(s *sighting) { s.live.Breached = []string{"errors", "p95"} }, "▲ missed in the last 5m: errors, p95   error"},
		{"the whole is bad", func(s *sighting) { s.live.Verdict = "fail" }, "✖ the run so far misses an objective   "},
		{"between the bands", func(s *sighting) { s.live.Verdict = "conditional" }, "▲ within a conditional band   "},
		{"it drains", func(s *sighting) { s.state.Phase = soak.Stopping }, "▲ stopping: open requests end   "},
		{"it tells nothing any more", func(s *sighting) { s.live.Updated = now.Add(-time.Minute) }, "✔ on track   error budget left 92.4%, forecast 76%   ends 14 Dec 16:01Z   (as …"},
		{"on another machine", func(s *sighting) { s.condition, s.state.Process.Host = soak.Elsewhere, "there" }, "✔ on track (on there)   "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := aSighting(now)
			tt.turn(s)
			require.Contains(t, picture(s, now, 80, false)[1], tt.want)
		})
	}
}

// Whatever the size of the terminal, no line is wider, and what others wrote is no
// command to it.
func TestThePictureFitsEveryTerminal(t *testing.T) {
	now := time.Now()
	s := aSighting(now)
	s.live.Events = append(s.live.Events, "\x1b[2J\x07 evil\r\n"+strings.Repeat("ä", 500))
	s.live.Notes = []string{"drift p95 +0.2ms/h (95% CI -0.3..+0.7)"}
	for _, width := range []int{0, 1, 40, 60, 80, 200, 500} {
		for _, line := range picture(s, now, width, false) {
			require.LessOrEqual(t, utf8.RuneCountInString(line), max(width-1, narrowest), "%d: %q", width, line)
			require.False(t, strings.ContainsAny(line, "\x1b\x07\r\n"), "%q", line)
		}
	}
	text := screenText(picture(s, now, 80, true), 5)
	require.Equal(t, 3, strings.Count(text, "\n"), "no more lines than the screen has")
	require.Contains(t, text, "\x1b[32m✔\x1b[0m on track")
	require.Contains(t, strings.Join(picture(s, now, 80, false), "\n"), "drift p95 +0.2ms/h")
}

func TestStretch(t *testing.T) {
	require.Equal(t, []float64{1, 1, 2, 2}, stretch([]float64{1, 2}, 4))
	require.Equal(t, []float64{2, 9}, stretch([]float64{1, 2, 9, 3}, 2), "the worst counts")
	require.Equal(t, []float64{1, -1}, stretch([]float64{1, -1, -1, -1}, 2))
	require.Nil(t, stretch(nil, 10))
	require.Len(t, stretch([]float64{1}, 500), 60)
	require.Equal(t, []float64{9}, stretch([]float64{1, 9}, -3))
}
